"""How layers, shapes, numbers and receptive fields are put into words."""

from __future__ import annotations

from cnncalc.layers.option import show
from cnncalc.layers.window import Windowed
from cnncalc.quantities import show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.fields.result import AxisField, NodeField
    from cnncalc.layers.base import Layer
    from cnncalc.quantities import Shape

#: Fields that `describe` prints with a letter, and the value that goes without saying.
LETTERS = (("stride", "s", 1), ("padding", "p", 0), ("dilation", "d", 1), ("groups", "g", 1))
UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "K"))
TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
BYTE_UNITS = ((1, "bytes"), (2**10, "KiB"), (2**20, "MiB"), (2**30, "GiB"))


def describe(layer: Layer, rank: int = 2) -> str:
    """Return a layer in a few words: `conv 3x3 s2 p1 g32`."""
    words = [layer.keyword]
    values = layer.as_dict()
    kernel = values.pop("kernel_size", None)
    if kernel is None:
        return " ".join([*words, *layer.in_few_words()])
    words.append("x".join(map(str, kernel if isinstance(kernel, tuple) else (kernel,) * rank)))
    for field, letter, usual in LETTERS:
        value = values.get(field, usual)
        if field == "stride" and value is None:
            value = kernel
        if value == usual:
            continue
        if isinstance(value, str):
            words.append(value)
        elif isinstance(value, tuple):
            words.append(letter + show(value).replace(" ", ""))
        else:
            words.append(f"{letter}{value}")
    way = layer.rounding_in_force() if isinstance(layer, Windowed) else "floor"
    words += [way] * (way != "floor")
    if values.get("connections") is not None:
        words.append("table")
    return " ".join(words)


def integer(value: int, units: bool = False) -> str:
    """Return a count with separators, or with `units` to three digits and K, M, G or T."""
    return short(value, 3) if units else f"{value:,}"


def least(text: str, is_least: bool) -> str:
    """Return a figure in words, which may be only what is known of it: `at least 1,234`."""
    return f"at least {text}" if is_least else text


def short(value: int, digits: int = 4) -> str:
    """Return a count with so many significant digits and a prefix: `4.112 G`."""
    for size, letter in UNITS:
        scaled = abs(value) / size
        if scaled >= 1 - 0.5 / 10**digits:  # which the digits show as this unit's 1.00
            whole = next(n for n in range(1, 16) if scaled < 10**n - 0.5 / 10 ** (digits - n))
            return f"{value / size:.{max(digits - whole, 0)}f} {letter}"
    return f"{value:,}"


def quantity(value: float) -> str:
    """Return a rate with its prefix, such as `19.5 T`; the unit follows."""
    for size, letter in UNITS:
        if value >= size:
            return f"{value / size:.4g} {letter}"
    return f"{value:.4g} "


def byte_sizes(*counts: int) -> list[str]:
    """Return bytes in the one unit that the largest of them asks for.

    Several go no further than MiB, so that a small one beside gigabytes still shows a figure.
    """
    units = BYTE_UNITS if len(counts) == 1 else BYTE_UNITS[:3]
    unit, name = units[sum([max(counts) >= unit for unit, _ in units[1:]])]
    return [
        f"{count:,} {name}" if unit == 1 else f"{scaled(count, unit)} {name}" for count in counts
    ]


def scaled(count: int, unit: int) -> str:
    """Return a count of units with two decimals; never `0.00` for something."""
    digits = 2
    while count and round(count / unit, digits) == 0:
        digits += 1
    return f"{count / unit:,.{digits}f}"


def byte_size(count: int) -> str:
    """Return bytes in the unit that fits: bytes, KiB, MiB or GiB."""
    return byte_sizes(count)[0]


def seconds(value: float) -> str:
    """Return a time with three digits in the unit that fits: `1.23 ms`."""
    for size, unit in TIME_UNITS:
        if value >= size:
            return f"{value / size:.3g} {unit}" if value < 1000 else f"{value:,.0f} s"
    return f"{value * 1e9:.3g} ns" if value else "0"


def percent(part: int, whole: int) -> str:
    """Return a share with one decimal; never `0.0` for something."""
    if not whole or not part:
        return "0"
    share = 100 * part / whole
    return f"{share:.1f}" if share >= 0.05 else "<0.1"


def shape(value: Shape, layout: str = "chw") -> str:
    """Return a shape as the report shows it."""
    return show_shape(value, layout)


def field_words(field: NodeField) -> str:
    """Return the size of a node's field: `11`, `7x5`, `WHOLE`, `43*` if misaligned.

    Where only gates or a norm's statistics see everything: `WHOLE (11)`. `?` stands for a size
    that is not known; the text is empty for nodes that do not depend on the first input.
    """
    mark = "" if field.aligned else "*"
    if field.axes is not None:
        return (extent(field.axes) or "-") + mark
    if not field.whole:
        return ""
    return f"WHOLE ({extent(field.without)}{mark})" if field.without else "WHOLE"


def extent(axes: tuple[AxisField, ...]) -> str:
    """Return the size along each axis, once where all are equal."""
    sizes = ["?" if axis.size is None else str(axis.size) for axis in axes]
    return sizes[0] if len(set(sizes)) == 1 else "x".join(sizes)


def field_object(field: NodeField) -> dict[str, Any]:
    """Return a node's field as programs read it; figures are None where `whole`, or unknown."""
    figures: dict[str, Any] = dict.fromkeys(("size", "jump", "start", "end_padding"))
    if field.axes is not None:
        figures = {name: [getattr(axis, name) for axis in field.axes] for name in figures}
    return {"whole": field.whole, "aligned": field.aligned, **figures}
