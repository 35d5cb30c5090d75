"""The conventions of an assignment: what is counted, how sizes round, how answers are read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.grading.answers.units import DecimalMark
from cnncalc.grading.yaml_keys import KeyFaults, Values, keys_of
from cnncalc.layers.batch_norm import BatchNorm
from cnncalc.layers.dense import Linear
from cnncalc.layers.window import Windowed
from cnncalc.quantities import DTYPE_BYTES

if TYPE_CHECKING:
    from cnncalc.graph import Graph
    from cnncalc.language.tree import Node
    from cnncalc.layers.base import Layer

#: The conventions that a file may set, with their values.
VALUES: Values = {
    "rounding": ("floor", "ceil", "strict"),
    "bias": ("counted", "apart"),
    "batch_norm": (2, 4),
    "flops": ("2macs", "macs", "default"),
    "layout": ("free", "hwc", "chw"),
    "kilobyte": (1000, 1024),
    "dtype": tuple(DTYPE_BYTES),
    "tolerance": None,
    "decimal_mark": ("point", "comma"),
}
ALIASES = {
    "locale": "decimal_mark", "decimal": "decimal_mark", "order": "layout", "mac": "flops",
    "macs": "flops", "batchnorm": "batch_norm", "bn": "batch_norm", "biases": "bias",
    "kb": "kilobyte", "units": "kilobyte", "type": "dtype", "rel_tol": "tolerance",
}  # fmt: skip


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


def read_conventions(node: Node | None, base: Conventions, faults: KeyFaults) -> Conventions:
    """Return `base` with what a located mapping changes; None changes nothing."""
    keys = keys_of(node, "conventions", VALUES, faults, ALIASES)
    return base if keys is None else replace(base, **keys.fields(base, VALUES))


_ROUNDING = {
    "floor": "a window that does not fit exactly is cut off: sizes are rounded down",
    "ceil": "a last, partly filled window counts: sizes are rounded up",
    "strict": "a window that does not fit exactly is an error",
}
_LAYOUT = {
    "free": "shapes in any order of axes that is clear, such as height × width × channels",
    "hwc": "shapes as height × width × channels",
    "chw": "shapes as channels × height × width",
}
_FLOPS = {
    "2macs": "one multiply-accumulate is 2 FLOPs, nothing else is counted",
    "macs": "one multiply-accumulate is 1 FLOP, nothing else is counted",
    "default": "one multiply-accumulate is 2 FLOPs, every other operation 1, bias adds included",
}
_SIZES = frozenset(
    ("shape", "spatial", "height", "width", "length", "size", "activations", "neurons",
     "activation_bytes", "peak_bytes", "macs", "flops", "connections")
)  # fmt: skip
_OF_FIELDS = frozenset(("receptive_field", "start"))
_WITH_BIASES = frozenset(("params", "weight_bytes", "fan_in", "connections"))
_WITH_STATISTICS = frozenset(("params", "weight_bytes"))
#: Quantities that are counts, for which nearly right can be right; a length never is.
COUNTS = frozenset(
    ("params", "weights", "biases", "buffers", "macs", "flops", "activations", "neurons",
     "connections", "weight_bytes", "activation_bytes")
)  # fmt: skip
_OUTPUTS = (
    "the outputs of all layers count, of activation functions and reshapes too; the input does not"
)
_WHOLE = {
    "activations": _OUTPUTS,
    "neurons": "the outputs of all layers with weights count",
    "activation_bytes": _OUTPUTS,
}


def stated(
    conventions: Conventions,
    quantities: Collection[str],
    graph: Graph | None = None,
    nodes: Collection[int] = (),
    *,
    whole: bool = False,
    unit: str = "",
) -> tuple[str, ...]:
    """Return the conventions that matter for a question, as sentences to print.

    `nodes` of `graph` are those asked about: batch norm's parameters, for instance, are only
    spoken of where there is one. `whole` if a sum over several nodes is asked for.
    """
    asked = frozenset(quantities)
    layers = [graph.nodes[index].layer for index in nodes] if graph else []
    lines = []
    if asked & _SIZES or (asked & _WITH_STATISTICS and _reads_maps(graph, layers)):
        lines.append(_rounding(conventions, graph))
    if "shape" in asked:
        lines.append(_LAYOUT[conventions.layout])
    if asked & _WITH_BIASES:
        counted = "counted" if conventions.bias == "counted" else "not counted"
        lines.append(f"biases are {counted}")
    if asked & _WITH_STATISTICS and any(isinstance(layer, BatchNorm) for layer in layers):
        what = "scale and shift" if conventions.batch_norm == 2 else "running statistics included"
        lines.append(f"batch norm has {conventions.batch_norm} values per channel ({what})")
    lines += [line for name, line in _WHOLE.items() if whole and name in asked]
    if "flops" in asked:
        lines.append(_FLOPS[conventions.flops])
    if "peak_bytes" in asked:
        lines.append("the input and all outputs still to be read count, weights do not")
    if asked & _OF_FIELDS:
        lines.append("padding belongs to a receptive field: it is not cut at the image's edge")
    if any(name.endswith("bytes") for name in asked):
        size = conventions.itemsize
        lines.append(f"{size} byte{'s' * (size != 1)} per value ({conventions.dtype})")
        if "i" not in unit:
            lines.append(f"1 KB is {conventions.kilobyte} bytes")
    if conventions.tolerance and asked & COUNTS:
        lines.append(f"a count within {float(conventions.tolerance * 100):g}% is right")
    if conventions.decimal_mark == "comma":
        lines.append("the comma is the decimal mark")
    return tuple(dict.fromkeys(lines))


def _reads_maps(graph: Graph | None, layers: list[Layer]) -> bool:
    """Tell whether a fully connected layer's weights depend on the size of a map."""
    flattened = graph is not None and any(node.layer.flattens for node in graph.nodes)
    return flattened and any(isinstance(layer, Linear) for layer in layers)


def _rounding(conventions: Conventions, graph: Graph | None) -> str:
    """Return how sizes round: as the layers do it, which may differ from one to the other."""
    by_word: dict[str, list[str]] = {}
    for node in graph.nodes if graph else ():
        if isinstance(node.layer, Windowed):
            by_word.setdefault(node.layer.rounding_in_force(), []).append(node.name)
    if not by_word:
        return _ROUNDING[conventions.rounding or "floor"]
    usual, *others = sorted(by_word, key=lambda word: -len(by_word[word]))
    text = _ROUNDING[usual]
    for word in others:
        names = by_word[word]
        where = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
        text += f"; but in {where}: {_ROUNDING[word]}"
    return text
