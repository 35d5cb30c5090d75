"""The working that leads to a right answer, as `cnncalc explain` gives it."""

from __future__ import annotations

from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import SpecError
from cnncalc.grading.answers import show_number
from cnncalc.grading.model import Item, Network
from cnncalc.grading.quantities import QUANTITIES, is_of_shape, title_of, total

MAX_TERMS = 12

#: What `explain` calls a quantity asked for; operations that conventions count otherwise begin
#: with its multiply-accumulates.
_SECTIONS = {
    "params": "params", "weights": "params", "biases": "params", "macs": "macs", "flops": "macs",
    "connections": "macs", "receptive_field": "receptive_field", "weight_bytes": "memory",
    "activation_bytes": "memory",
}  # fmt: skip
#: Lines of a section that are about another quantity than the one asked for.
_OTHERS = {"weight_bytes": ("activations",), "activation_bytes": ("weights", "buffers")}


def show_truth(item: Item) -> str:
    """Return the right answer to an item, as a sheet with answers prints it."""
    return item.truth.show(item)


def working(item: Item, network: Network | None) -> list[str]:
    """Return the lines that lead to the right answer; empty where there is no short working.

    They end with the value asked for, whatever the conventions: where `explain` counts otherwise
    (biases included, every operation), a last line leads from its figure to the value.
    """
    if network is None or not item.nodes or item.quantity == "fits":
        return item.truth.working(item)
    known = QUANTITIES.get(item.quantity)
    value = total(known, network.right, item.nodes, item.conventions) if known else None
    if item.whole:
        return _terms(item, network, value)
    if item.quantity in ("activations", "neurons"):
        channels, *sides = network.right.shapes[item.nodes[-1]] or (0,)
        return ["·".join(map(str, [*sides, channels])) + f" = {value:,}"] if sides else []
    section = "shape" if is_of_shape(item.quantity) else _SECTIONS.get(item.quantity, "")
    lines = _explained(item, network, section) if section else []
    return lines if value is None or not lines else lines + _last(item, network, value, lines)


def _explained(item: Item, network: Network, section: str) -> list[str]:
    """Return the lines of a section of `explain` for a node."""
    from cnncalc.teaching.derivation import Derivation
    from cnncalc.teaching.explain import explain
    from cnncalc.teaching.formula import TEXT

    layout = "chw" if item.conventions.layout == "chw" else "hwc"
    try:
        analysis = analyze(network.graph, 1, item.conventions.dtype)
        lesson = explain(analysis, [item.nodes[-1]], (section,), layout)
    except SpecError:
        return []
    lines = []
    parts = [part for one in lesson.explanations[:1] for part in one.sections]
    for line in (line for part in parts for line in part.lines):
        if not isinstance(line, Derivation):
            lines.append(line)
        elif line.symbol not in _OTHERS.get(item.quantity, ()):
            stages = " = ".join([line.symbol, *line.stages(TEXT)])
            lines.append(stages + (f" ({line.remark})" if line.remark else ""))
    return lines


def _last(item: Item, network: Network, value: int, lines: list[str]) -> list[str]:
    """Return the line that leads from the layer's figures to the value, if one is wanting."""
    shown, facts, quantity = f"{value:,}", network.right.facts(item.nodes[-1]), item.quantity
    arrays, macs = (facts.params, facts.ops.macs or 0) if facts else ((), 0)
    biases = sum(array.count for array in arrays if array.name == "bias")
    kept = sum(array.count for array in arrays if not array.trainable)
    trained = sum(array.count for array in arrays if array.trainable)
    if quantity == "flops":
        if item.conventions.flops == "default":
            return _explained(item, network, "flops")[-1:]
        twice = f"2·MACs = 2·{macs:,}" if item.conventions.flops == "2macs" else "MACs"
        return [f"FLOPs = {twice} = {shown}"]
    if quantity == "connections":
        more = f" + a bias per output = {macs:,} + {value - macs:,}" if value != macs else ""
        return [f"connections = MACs{more} = {shown}"]
    if quantity == "params" and biases and value == trained - biases:
        return [f"without biases: {trained:,} - {biases:,} = {shown}"]
    if quantity == "params" and kept and value == trained + kept:
        return [f"with the running statistics: {trained:,} + {kept:,} = {shown}"]
    if any(shown in line for line in lines):
        return []
    if quantity in _OTHERS:
        size = item.conventions.itemsize
        return [f"{value // size:,} values of {size} bytes: {shown} bytes"]
    return [f"{title_of(quantity)}: {shown}"]


def _terms(item: Item, network: Network, value: int | None) -> list[str]:
    """Return the sum over nodes, with the name of each that counts."""
    parts = []
    for index in item.nodes:
        one = total(QUANTITIES[item.quantity], network.right, (index,), item.conventions)
        if one:
            parts.append(f"{one:,} ({network.graph.nodes[index].name})")
    if value is None or not 1 < len(parts) <= MAX_TERMS:
        return []
    return [" + ".join(parts) + f" = {show_number(value)}"]
