"""What conventions call the products and sums that they count, and what their terms look like.

A *term* is `(name, factor, count)`, such as `("batch-norm elements", 2, 802816)`; the figure of a
layer is the sum of factor * count over its terms.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Term: TypeAlias = tuple[str, int, int]
    Terms: TypeAlias = tuple[Term, ...]

PRODUCTS = "products"
BIAS_ADDS = "bias adds"
