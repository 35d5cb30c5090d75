"""The complementary error function, which NumPy lacks and the exact GELU needs."""

from __future__ import annotations

import numpy as np

from cnncalc.executor.workspace import Array

# erfc(z) = t * exp(P(2t - 1) - z*z) with t = 1 / (1 + z/2) for z >= 0: the exponent is smooth in t
# over the whole
# half line (the form is that of Numerical Recipes, section 6.2). P: Chebyshev interpolation at 64
# nodes in 50
# digits, cut after the terms that each type can resolve, and written out in powers; relative error
# at most 3e-6
# in float32 and 6e-14 in float64, most of it from the rounding of z*z.
SINGLE = (
    -0.6717940760543342, 0.6726422171554879, 0.047343106290901014, -0.04687488817886134,
    -0.009873768747331393, 0.008703812035218805, 0.0017765646350106873, -0.002048734760496573,
    -0.00020790912059481928, 0.00033373589390861395,
)  # fmt: skip
DOUBLE = (
    -0.6717940840566906, 0.6726432239776583, 0.04734330684142489, -0.04689561023132892,
    -0.00987268934319109, 0.008824938561312326, 0.0017589331171176884, -0.002345812552995894,
    -0.00014624252395767715, 0.0006736791352568864, -9.376035760297014e-05, -0.00017430412986925938,
    7.149530982602198e-05, 3.174693542327236e-05, -3.0421097531594203e-05, 1.3989370477611051e-07,
    8.952692300720023e-06, -2.963484230959699e-06, -1.7128780471140371e-06, 1.283394915356199e-06,
    1.5975482569412025e-07, -2.895626567435524e-07, 7.992047577730608e-10, 2.980513364515168e-08,
)  # fmt: skip


def erfc(z: Array, out: Array) -> None:
    """`out = 1 - erf(z)` with small relative error on both sides; `out` may be `z`."""
    coefficients = SINGLE if z.dtype == np.float32 else DOUBLE
    size = np.abs(z)
    t = np.reciprocal(size * z.dtype.type(0.5) + 1)
    y = 2 * t - 1
    exponent = np.full_like(y, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        np.multiply(exponent, y, out=exponent)
        np.add(exponent, z.dtype.type(coefficient), out=exponent)
    np.multiply(size, size, out=size)
    np.subtract(exponent, size, out=exponent)
    np.exp(exponent, out=exponent)
    np.multiply(exponent, t, out=exponent)
    negative = z < 0
    np.copyto(out, exponent)
    np.subtract(2, exponent, out=out, where=negative)
