"""The tail of the normal distribution, which NumPy lacks and the exact GELU needs."""

from __future__ import annotations

from math import log, sqrt

import numpy as np

from cnncalc.executor.workspace import Array

# erfc(z) = t * exp(P(2t - 1) - z*z) with t = 1 / (1 + z/2) for z >= 0: the exponent is smooth in t
# over the whole half line (the form is that of Numerical Recipes, section 6.2). P: Chebyshev
# interpolation at 64 nodes in 50 digits, cut after the terms that each type can resolve, written
# out in powers; relative error of erfc at most 3e-6 in float32 and 6e-14 in float64, most of it
# from the rounding of z*z.
SINGLE = (
    -0.6717940760543342, 0.6726304842529677, 0.047343106290901014, -0.046718449478591675,
    -0.009873768747331393, 0.008140632714248018, 0.0017765646350106873, -0.0012978289992021915,
    -0.00020790912059481928,
)  # fmt: skip
DOUBLE = (
    -0.6717940840566906, 0.6726432239776583, 0.04734330684142489, -0.04689561023132892,
    -0.00987268934319109, 0.008824938561312326, 0.0017589331171176884, -0.002345812552995894,
    -0.00014624252395767715, 0.0006736791352568864, -9.376035760297014e-05, -0.00017430412986925938,
    7.149530982602198e-05, 3.174693542327236e-05, -3.0421097531594203e-05, 1.3989370477611051e-07,
    8.952692300720023e-06, -2.963484230959699e-06, -1.7128780471140371e-06, 1.283394915356199e-06,
    1.5975482569412025e-07, -2.895626567435524e-07, 7.992047577730608e-10, 2.980513364515168e-08,
)  # fmt: skip


def normal_tail(size: Array, out: Array) -> None:
    """`out` = the probability that a normal number exceeds `size` (not negative).

    Its relative error is small however far out. `size` and `out` must not overlap.
    """
    kind = size.dtype.type
    coefficients = SINGLE if size.dtype == np.float32 else DOUBLE
    z_half = np.multiply(size, kind(sqrt(0.5) / 2))
    y = np.subtract(1, z_half)
    np.add(z_half, 1, out=z_half)
    np.divide(y, z_half, out=y)
    np.multiply(y, kind(coefficients[-1]), out=out)
    for coefficient in coefficients[-2:0:-1]:
        np.add(out, kind(coefficient), out=out)
        np.multiply(out, y, out=out)
    # Half of erfc, and half of 1 + y for t: both halves go into the constant of the exponent.
    np.add(out, kind(coefficients[0] + 2 * log(0.5)), out=out)
    square = np.multiply(size, size, out=z_half)
    np.multiply(square, kind(0.5), out=square)
    np.subtract(out, square, out=out)
    np.exp(out, out=out)
    np.add(y, 1, out=y)
    np.multiply(out, y, out=out)
