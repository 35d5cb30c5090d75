"""What the tests of the shipped networks share: a figure of a network, and a figure as printed."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from functools import cache
from pathlib import Path

import cnncalc
from cnncalc.geometry import Field
from cnncalc.layers.window import Windowed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.analysis.walk import Analysis

DATA = Path(__file__).parent.parent / "data"
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9}
WITH_WEIGHTS = ("conv", "conv_transpose", "linear", "rbf")


def table(name: str) -> list[dict[str, str]]:
    """Return the rows of a table in tests/data; a first line with `#` names its source."""
    with (DATA / name).open(newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


@cache
def analysis(name: str, input: str | None = None, **settings: str | bool) -> Analysis:
    """Return the analysis of a shipped network, kept for the next test."""
    return cnncalc.analyze(cnncalc.load(name, input=input, **settings))


def agrees(printed: str, value: int | str) -> bool:
    """Return whether a printed figure is the value, rounded to the digits that are printed."""
    if isinstance(value, str):
        return printed == value
    match = re.fullmatch(r"(\d+(?:\.(\d+))?)(?:([KMGB])|e(\d+))?", printed)
    assert match, printed
    number, decimals, unit, power = match.groups()
    scale = 10 ** int(power) if power else UNITS[unit or ""]
    return abs(Decimal(value) / scale - Decimal(number)) * 2 <= Decimal(10) ** -len(decimals or "")


def measure(found: Analysis, quantity: str, node: str | None) -> int | str:
    """Return a quantity of a whole network, or of one of its nodes or scopes."""
    graph = found.graph
    if node is None:
        inside: list[int] = [i for i, n in enumerate(graph.nodes) if not n.aux]
    else:
        inside = graph.within(node)
        assert inside, f"no node {node}"
    if quantity == "output":
        return "x".join(map(str, found.figures(inside[-1]).output))
    if quantity in ("params", "trainable"):
        return found.sums(inside).params
    if quantity == "params_with_aux":
        return found.totals().params
    if quantity == "macs_with_aux":
        return found.totals().ops.macs
    if quantity == "macs":
        return found.sums(inside).ops.macs
    if quantity == "activations":
        return found.figures(inside[-1]).elements
    if quantity == "connections":
        return sum(found.figures(i).connections or 0 for i in inside)
    if quantity == "depth":
        return depth(found, inside)
    field = receptive_field(found, inside[-1])
    return {"receptive_field": field.size, "effective_stride": field.jump}.get(
        quantity, -field.start
    )


def depth(found: Analysis, inside: Iterable[int]) -> int:
    """Return the largest number of layers with weights on a path through these nodes."""
    depths: dict[int, int] = {}
    for i in inside:
        node = found.graph.nodes[i]
        before = max([depths.get(source, 0) for source in node.inputs], default=0)
        depths[i] = before + (node.layer.keyword in WITH_WEIGHTS)
    return max(depths.values())


def receptive_field(found: Analysis, end: int) -> Field:
    """Return the field of a node of a net with square windows, by the forward recurrence.

    At a merge the jumps must agree, or the test fails; a unit then sees what its branches see.
    """
    fields: list[Field] = []
    for i, node in enumerate(found.graph.nodes[: end + 1]):
        above = [fields[source] for source in node.inputs]
        if not above:
            fields.append(Field())
            continue
        assert len({f.jump for f in above}) == 1
        start, stop = min(f.start for f in above), max(f.start + f.size for f in above)
        field = Field(size=stop - start, jump=above[0].jump, start=start)
        if isinstance(node.layer, Windowed):
            shape = found.figures(i).inputs[0]
            field = step(field, node.layer, shape)
        fields.append(field)
    return fields[end]


def step(field: Field, layer: Windowed, shape: tuple[int, ...]) -> Field:
    """Return the field behind a layer along the height."""
    window = layer.windows(shape)[0]
    return Field(
        size=field.size + (window.extent - 1) * field.jump,
        jump=field.jump * window.stride,
        start=field.start - window.before * field.jump,
    )
