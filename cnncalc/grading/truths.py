"""Shows what is right: the answer in words, and the working that leads to it."""

from __future__ import annotations

from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import SpecError
from cnncalc.grading.answers import show_number
from cnncalc.grading.answers.units import unit
from cnncalc.grading.model import (
    ChoiceTruth,
    FitTruth,
    FormulaTruth,
    Item,
    Network,
    NetworkTruth,
    NumberTruth,
    ShapeTruth,
    ValuesTruth,
)
from cnncalc.grading.phrase import show_shape

#: What `explain` calls a quantity asked for.
_SECTIONS = {
    "shape": "shape", "spatial": "shape", "height": "shape", "width": "shape", "size": "shape",
    "channels": "shape", "length": "shape", "fits": "shape", "params": "params",
    "weights": "params", "biases": "params", "macs": "macs", "flops": "flops",
    "connections": "connections", "receptive_field": "receptive_field",
    "weight_bytes": "memory", "activation_bytes": "memory",
}  # fmt: skip


def show_truth(item: Item) -> str:
    """Return the right answer to an item, as a sheet with answers prints it."""
    truth = item.truth
    if isinstance(truth, ShapeTruth):
        if truth.spatial:
            lengths = "×".join(show_number(length) for length in truth.shape)
            return f"{lengths} (the whole input)" if truth.whole else lengths
        return show_shape(truth.shape, "chw" if item.conventions.layout == "chw" else "hwc")
    if isinstance(truth, NumberTruth):
        return _shown_size(item, truth) if truth.sizes else show_number(truth.value)
    if isinstance(truth, ChoiceTruth):
        label, text = truth.options[truth.index]
        return f"{label}: {text}"
    if isinstance(truth, FitTruth):
        values = "×".join(dict.fromkeys(show_number(value) for value in truth.value))
        return f"fits ({values})" if truth.fits else f"does not fit ({values})"
    if isinstance(truth, ValuesTruth):
        shown = [", ".join(map(str, solution)) for solution in truth.solutions[:12]]
        names = ", ".join(truth.unknowns)
        more = " …" if len(truth.solutions) > 12 else ""
        joined = ("; " if len(truth.unknowns) > 1 else ", ").join(shown)
        free = " (any of them)" if len(truth.solutions) > 1 and not truth.every else ""
        return f"{names} = {joined}{more}{free}"
    if isinstance(truth, FormulaTruth):
        if truth.formula:
            return truth.formula
        point, value = truth.points[len(truth.points) // 2]
        where = ", ".join(f"{name} = {show_number(number)}" for name, number in point.items())
        return f"a formula that gives, for instance, {show_number(value)} for {where}"
    if isinstance(truth, NetworkTruth):
        return "; ".join(one.sentence() for one in truth.constraints)
    raise TypeError(f"{type(truth).__name__} cannot be shown")


def _shown_size(item: Item, truth: NumberTruth) -> str:
    asked = unit(truth.unit, sizes=True, kilo=item.conventions.kilobyte) if truth.unit else None
    whole = f"{show_number(truth.value)} bytes"
    if asked is None or asked.scale == 1:
        return whole
    return f"{float(truth.value / asked.scale):,.4g} {truth.unit} ({whole})"


def working(item: Item, network: Network | None) -> list[str]:
    """Return the lines that lead to the right answer; empty where there is no short working."""
    section = _SECTIONS.get(item.quantity)
    if section is None or network is None or item.whole or not item.nodes:
        return []
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
    for part in lesson.explanations[0].sections if lesson.explanations else ():
        for one in part.lines:
            if isinstance(one, Derivation):
                stages = " = ".join([one.symbol, *one.stages(TEXT)])
                lines.append(stages + (f" ({one.remark})" if one.remark else ""))
            else:
                lines.append(one)
    return lines
