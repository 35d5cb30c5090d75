"""The conventions of an assignment: what is counted, how sizes round, how answers are read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from cnncalc.grading.answers.numerals import DecimalMark
from cnncalc.grading.located import Faults, Keys
from cnncalc.quantities import DTYPE_BYTES
from cnncalc.spec.tree import Mapping

KEYS = (
    "rounding", "bias", "batch_norm", "flops", "layout", "kilobyte", "dtype", "tolerance",
    "decimal_mark",
)  # fmt: skip
ALIASES = {
    "locale": "decimal_mark", "decimal": "decimal_mark", "order": "layout", "mac": "flops",
    "macs": "flops", "batchnorm": "batch_norm", "bn": "batch_norm", "biases": "bias",
    "kb": "kilobyte", "units": "kilobyte", "type": "dtype", "rel_tol": "tolerance",
}  # fmt: skip
FLOPS = ("2macs", "macs", "default")


@dataclass(frozen=True, slots=True)
class Conventions:
    """What holds for a question.

    `rounding` is None where the spec's own holds. `bias` says whether parameters include biases,
    `batch_norm` whether the running statistics count too (4 per channel) or not (2). `flops` is
    the name of an operation-count convention. `layout` fixes the order of axes or leaves it free.
    `kilobyte` is the meaning of K in KB; `tolerance` is relative.
    """

    rounding: str | None = None
    bias: str = "counted"
    batch_norm: int = 2
    flops: str = "2macs"
    layout: str = "free"
    kilobyte: int = 1000
    dtype: str = "float32"
    tolerance: Fraction = Fraction(0)
    decimal_mark: DecimalMark = "point"

    @property
    def itemsize(self) -> int:
        """Bytes of one value."""
        return DTYPE_BYTES[self.dtype]


def read_conventions(node: object, base: Conventions, faults: Faults) -> Conventions:
    """Return `base` with what a located mapping changes; None changes nothing."""
    if not isinstance(node, Mapping):
        return base
    keys = Keys(node, "`conventions`", KEYS, faults, ALIASES)
    rounding = keys.word("rounding", ("floor", "ceil", "strict"), base.rounding or "")
    mark = keys.word("decimal_mark", ("point", "comma"), base.decimal_mark)
    return replace(
        base,
        rounding=rounding or None,
        bias=keys.word("bias", ("counted", "apart"), base.bias),
        batch_norm=int(keys.word("batch_norm", ("2", "4"), str(base.batch_norm))),
        flops=keys.word("flops", FLOPS, base.flops),
        layout=keys.word("layout", ("free", "hwc", "chw"), base.layout),
        kilobyte=int(keys.word("kilobyte", ("1000", "1024"), str(base.kilobyte))),
        dtype=keys.word("dtype", DTYPE_BYTES, base.dtype),
        tolerance=keys.share("tolerance", base.tolerance, Fraction(1)),
        decimal_mark="comma" if mark == "comma" else "point",
    )


_ROUNDING = {
    "floor": "a window that does not fit exactly is cut off: sizes are rounded down",
    "ceil": "a last, partly filled window counts: sizes are rounded up",
    "strict": "a window that does not fit exactly is an error",
}
_LAYOUT = {
    "free": "shapes in any order that is plain, such as height × width × channels",
    "hwc": "shapes as height × width × channels",
    "chw": "shapes as channels × height × width",
}
_FLOPS = {
    "2macs": "one multiply-accumulate is 2 FLOPs, nothing else is counted",
    "macs": "one multiply-accumulate is 1 FLOP, nothing else is counted",
    "default": "one multiply-accumulate is 2 FLOPs, every other operation 1, bias adds included",
}
_SIZES = (
    "shape", "spatial", "height", "width", "length", "size", "activations", "neurons",
    "activation_bytes",
)  # fmt: skip
_COUNTS = ("params", "weights", "buffers", "weight_bytes", "fan_in")


def stated(conventions: Conventions, quantity: str, layers: frozenset[str]) -> tuple[str, ...]:
    """Return the conventions that matter for a question, as sentences to print.

    `layers` are the keywords of the network's layers: batch norm's parameters, for instance, are
    only spoken of where there is a batch norm.
    """
    lines = []
    if quantity in (*_SIZES, "macs", "flops", "table", "connections"):
        lines.append(_ROUNDING[conventions.rounding or "floor"])
    if quantity == "shape":
        lines.append(_LAYOUT[conventions.layout])
    if quantity in _COUNTS and conventions.bias == "apart":
        lines.append("biases are not counted")
    elif quantity in _COUNTS and quantity != "weights":
        lines.append("biases are counted")
    if quantity in _COUNTS and "batch_norm" in layers:
        what = "scale and shift" if conventions.batch_norm == 2 else "running statistics included"
        lines.append(f"batch norm has {conventions.batch_norm} values per channel ({what})")
    if quantity == "flops":
        lines.append(_FLOPS[conventions.flops])
    if quantity.endswith("bytes"):
        lines.append(f"{conventions.itemsize} bytes per value ({conventions.dtype})")
        lines.append(f"1 KB is {conventions.kilobyte} bytes")
    if conventions.tolerance and quantity not in ("shape", "choice", "fits"):
        lines.append(f"within {float(conventions.tolerance * 100):g}% counts as right")
    if conventions.decimal_mark == "comma":
        lines.append("the comma is the decimal mark")
    return tuple(lines)
