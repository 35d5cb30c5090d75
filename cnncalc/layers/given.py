"""Arrays that a spec gives by value or by name: whether they fit the layer."""

from __future__ import annotations

from math import exp, fsum

from cnncalc.diagnostics import LayerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Named kernels that exist in one size only, written as they slide (cross-correlation, not
#: flipped). `sobel_x` and `sobel_y` answer to what grows to the right and downwards; `sobel_left`
#: and `sobel_top`, their negatives, have the +1 where the name says, as many lectures draw them.
FIXED: dict[str, tuple[tuple[float, ...], ...]] = {
    "sobel_x": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "sobel_y": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    "sobel_left": ((1, 0, -1), (2, 0, -2), (1, 0, -1)),
    "sobel_top": ((1, 2, 1), (0, 0, 0), (-1, -2, -1)),
    "laplacian": ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
    "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "emboss": ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
    "line_horizontal": ((-1, -1, -1), (2, 2, 2), (-1, -1, -1)),
    "line_vertical": ((-1, 2, -1), (-1, 2, -1), (-1, 2, -1)),
    "line_rising": ((-1, -1, 2), (-1, 2, -1), (2, -1, -1)),
    "line_falling": ((2, -1, -1), (-1, 2, -1), (-1, -1, 2)),
    "gaussian_273": tuple(
        tuple(weight / 273 for weight in row)
        for row in (
            (1, 4, 7, 4, 1), (4, 16, 26, 16, 4), (7, 26, 41, 26, 7), (4, 16, 26, 16, 4),
            (1, 4, 7, 4, 1),
        )
    ),
}  # fmt: skip


def gaussian(kernel: tuple[int, ...], sigma: float) -> Any:
    """Return samples of a Gaussian around the middle of a kernel, divided by their sum, nested."""
    if not kernel:
        return 1.0
    weights = [exp(-((i - (kernel[0] - 1) / 2) ** 2) / (2 * sigma**2)) for i in range(kernel[0])]
    inner, total = gaussian(kernel[1:], sigma), fsum(weights)
    return tuple([scaled(inner, weight / total) for weight in weights])


def scaled(values: Any, factor: float) -> Any:
    """Return nested values times a number."""
    if isinstance(values, tuple):
        return tuple([scaled(value, factor) for value in values])
    return values * factor


def check_given(given: Any, shape: tuple[int, ...]) -> None:
    """Raise `LayerError` unless a given kernel fills weights (out, in/groups, *kernel).

    One kernel serves every pair of channels; lists one level deeper give one per output channel,
    two levels deeper everything. A length of 1 stands for all.
    """
    kernel = shape[2:]
    if isinstance(given, str):
        if given in FIXED and kernel != (len(FIXED[given]),) * 2:
            size = len(FIXED[given])
            raise LayerError(
                f"{given} is a {size}x{size} kernel, but this one is {'x'.join(map(str, kernel))}",
                help=f"use kernel_size {size} on an input with two spatial axes, or give the"
                " values",
                field="weight",
            )
        return
    sizes = lengths(given)
    wanted = {len(kernel): kernel, len(kernel) + 1: (shape[0], *kernel), len(shape): shape}
    fits = wanted.get(len(sizes), ())
    if not fits or any(n not in (1, m) for n, m in zip(sizes, fits, strict=True)):
        raise LayerError(
            f"the given kernel is {'x'.join(map(str, sizes)) or 'one number'}, but the layer's is"
            f" {'x'.join(map(str, kernel))}",
            help=f"give {'x'.join(map(str, kernel))} numbers for all channels, or"
            f" {'x'.join(map(str, shape))} for each pair of them",
            field="weight",
        )


def check_values(given: Any, shape: tuple[int, ...], field: str) -> None:
    """Raise `LayerError` unless values fill an array; one row, or one number, stands for all."""
    sizes = lengths(given, field)
    fits = shape[len(shape) - len(sizes) :] if len(sizes) <= len(shape) else ()
    if len(fits) != len(sizes) or any(n not in (1, m) for n, m in zip(sizes, fits, strict=True)):
        wanted = "x".join(map(str, shape))
        raise LayerError(
            f"`{field}` has {'x'.join(map(str, sizes))} values, but the layer needs {wanted}",
            help=f"give {wanted} number{'s' if shape != (1,) else ''}"
            + (", a list for each row" if len(shape) > 1 else ""),
            field=field,
        )


def lengths(given: Any, field: str = "weight") -> tuple[int, ...]:
    """Return the lengths of nested lists; raises `LayerError` if they differ within a level."""
    if not isinstance(given, tuple):
        return ()
    inner = {lengths(item, field) for item in given}
    if len(inner) > 1:
        what = "the given kernel" if field == "weight" else f"`{field}`"
        raise LayerError(
            f"the rows of {what} differ in length",
            help="write as many numbers in every row",
            field=field,
        )
    return (len(given), *inner.pop())
