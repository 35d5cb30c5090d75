"""Words for questions: what a layer is, what is asked, a whole network in a few lines."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.grading.answers import show_axes
from cnncalc.grading.quantities import MEASURES, QUANTITIES
from cnncalc.graph import Graph
from cnncalc.layers.base import Layer
from cnncalc.layers.option import show

if TYPE_CHECKING:
    from cnncalc.quantities import Shape

_NAMES = {
    "conv": "convolution", "conv_transpose": "transposed convolution", "max_pool": "max pool",
    "avg_pool": "average pool", "min_pool": "min pool", "lp_pool": "Lp pool",
    "linear": "fully connected layer", "batch_norm": "batch norm", "flatten": "flatten",
    "global_avg_pool": "global average pool", "global_max_pool": "global max pool",
    "locally_connected": "locally connected layer", "concat": "concatenation", "add": "sum",
}  # fmt: skip
_WINDOW = ("stride", "padding", "dilation")


def show_shape(shape: Shape, layout: str = "hwc") -> str:
    """Return a shape as a sheet prints it: channels last unless the layout is `chw`."""
    ordered = shape if layout == "chw" else (*shape[1:], shape[0])
    return show_axes(tuple(Fraction(length) for length in ordered))


def describe(layer: Layer) -> str:
    """Return a layer in words: `convolution, 10 filters 5×5, stride 1, padding 2`."""
    value = {name: getattr(layer, name) for name in layer.fields()}
    parts = [_NAMES.get(layer.keyword, layer.keyword.replace("_", " "))]
    kernel = _times(value.get("kernel_size"))
    if "out_channels" in value:
        count = value["out_channels"]
        parts.append(f"{count} filter{'s' * (count != 1)} {kernel}".strip())
    elif kernel:
        parts.append(kernel)
    if "out_features" in value:
        parts.append(f"{value['out_features']} outputs")
    for field in _WINDOW:
        own = value.get(field)
        if field == "stride" and field in value and own is None:
            own = value["kernel_size"]
        if own is not None and (field != "dilation" or own != 1):
            parts.append(f"{field} {_plain(own)}")
    if value.get("groups", 1) != 1:
        parts.append(f"{value['groups']} groups")
    if value.get("bias") is False:
        parts.append("no bias")
    if value.get("ceil_mode"):
        parts.append("rounded up")
    return ", ".join(parts)


def _times(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value}×{value}"
    return "×".join(str(one) for one in value) if isinstance(value, tuple) else str(value)


def _plain(value: object) -> str:
    return str(value) if isinstance(value, int) else show(value)


def network_lines(graph: Graph, layout: str = "hwc") -> list[str]:
    """Return a network for a question sheet: its input, then a line per layer."""
    lines = []
    readers = graph.readers()
    for index, node in enumerate(graph.nodes):
        if index in graph.inputs:
            shape = node.layer.output_shape(())
            lines.append(f"{node.name}: {show_shape(shape, layout)}")
            continue
        line = f"{node.name}: {describe(node.layer)}"
        before = index - 1
        if node.inputs != (before,) or any(len(readers[i]) > 1 for i in node.inputs):
            line += " (from " + ", ".join(graph.nodes[i].name for i in node.inputs) + ")"
        lines.append(line)
    return lines


def title_of(quantity: str, whole: bool = False) -> str:
    """Return what a quantity is called in a question; with `whole` a sum over several nodes."""
    known = QUANTITIES.get(quantity)
    if whole and known is not None and known.all_title:
        return known.all_title
    return MEASURES.get(quantity, quantity.replace("_", " "))


def ask(quantity: str, target: str, layer: Layer | None, whole: bool, unit: str = "") -> str:
    """Return the sentence that asks for a quantity, for a question without a text of its own."""
    what = title_of(quantity, whole)
    where = f"of `{target}`" if target else "of the whole network"
    words = f" ({describe(layer)})" if layer is not None and not whole and target else ""
    measure = f", in {unit}" if unit else ""
    return f"What is the {what} {where}{words}{measure}?"
