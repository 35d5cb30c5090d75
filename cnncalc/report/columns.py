"""The columns of a summary: what there is, and the value of each for any row."""

from __future__ import annotations

from cnncalc.diagnostics import UsageError, did_you_mean
from cnncalc.quantities import AtLeast, sum_of
from cnncalc.record import Record
from cnncalc.report.table import DECORATION, Column
from cnncalc.report.words import describe, field_words, integer, percent, seconds, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.analysis.summary import Summary
    from cnncalc.report.costs import Costs
    from cnncalc.report.tree import TreeRow

    Cell = int | float | str | tuple[int, ...] | AtLeast | None

#: Every column, by key. The first group is what a summary shows unless asked for others.
COLUMNS = {
    "#": Column("#", "#", "right", dispensable=3),
    "name": Column("name", "name", flexible=True),
    "layer": Column("layer", "layer", flexible=True, least=24),
    "from": Column("from", "from", flexible=True, dispensable=4),
    "output": Column("output", "output", "right"),
    "params": Column("params", "params", "right"),
    "macs": Column("macs", "MACs", "right"),
    "%": Column("%", "%", "right", dispensable=2),
    "bar": Column("bar", "of MACs", dispensable=DECORATION),
    "rf": Column("rf", "RF", "right", dispensable=1),
    "input": Column("input", "input", "right"),
    "flops": Column("flops", "FLOPs", "right"),
    "trainable": Column("trainable", "trainable", "right"),
    "buffers": Column("buffers", "buffers", "right"),
    "weights": Column("weights", "weight shapes"),
    "memory": Column("memory", "bytes", "right"),
    "activations": Column("activations", "elements", "right"),
    "connections": Column("connections", "connections", "right"),
    "frozen": Column("frozen", "frozen", "right"),
    "dtype": Column("dtype", "type"),
    "read": Column("read", "bytes read", "right"),
    "written": Column("written", "bytes written", "right"),
    "intensity": Column("intensity", "FLOPs/byte", "right"),
    "training_macs": Column("training_macs", "training MACs", "right"),
    "training_flops": Column("training_flops", "training FLOPs", "right"),
    "time": Column("time", "ideal time", "right"),
    "bound": Column("bound", "bound by"),
}
USUAL = ("#", "name", "layer", "from", "output", "params", "macs", "%", "rf", "bar")
WIDE = ("#", "name", "layer", "from", "input", "output", "params", "trainable", "buffers",
        "macs", "flops", "%", "memory", "rf", "weights")  # fmt: skip
RAW = ("#", "name", "layer", "from", "input", "output", "params", "trainable", "buffers", "macs",
       "flops", "activations", "memory", "rf")  # fmt: skip
#: The columns that have a total.
SUMMED = (
    "params", "trainable", "frozen", "buffers", "macs", "flops", "memory", "activations", "read",
    "written", "intensity", "training_macs", "training_flops", "time",
)  # fmt: skip
#: The columns that `costs` works out.
OF_COSTS = (
    "dtype", "read", "written", "intensity", "training_macs", "training_flops", "time", "bound",
)  # fmt: skip
#: What stands in a table for a count that is not known.
UNKNOWN = "?"
BAR = 8


class SummaryOptions(Record):
    """What a summary shows: columns by key, nesting depth, order, layout and units.

    `raw` numbers have no separators (CSV).
    """

    columns: tuple[str, ...] = USUAL
    depth: int | None = None
    sort: str | None = None
    layout: str = "chw"
    units: bool = False
    raw: bool = False


def column(key: str) -> Column:
    """Return a column by key or title; raises `UsageError`."""
    for known, found in COLUMNS.items():
        if key in (known, found.title):
            return found
    help = did_you_mean(key, COLUMNS, "there are " + ", ".join(COLUMNS))
    raise UsageError(f"there is no column `{key}`", help)


class SummaryCells:
    """Cells of a summary: every column's value for any row, sums where a row is many nodes."""

    def __init__(self, summary: Summary) -> None:
        self.summary = summary
        self.analysis = summary.analysis
        self.kept: dict[str, Any] = {}

    def costs(self) -> Costs:
        """Return bytes, times and training costs of the nodes, worked out when first asked for."""
        found: Costs | None = self.kept.get("costs")
        if found is None:
            from cnncalc.report.costs import Costs

            found = self.kept["costs"] = Costs(self.summary)
        return found

    def value(self, key: str, row: TreeRow, raw: bool = False) -> Cell:
        """Return the value of a column for a row; None where a heading or a sum has none."""
        if key == "name":
            return row.label if raw else "  " * row.level + row.label
        if key == "layer":
            return self.layer(row)
        if not row.nodes:
            return None
        if key == "#":
            first = len(self.analysis.graph.inputs) - 1
            start, end = row.nodes[0] - first, row.nodes[-1] - first
            return start if start == end else f"{start}–{end}"
        if key == "from":
            return self.sources(row)
        if key in ("input", "output", "rf", "weights", "connections"):
            return self.of_end(key, row)
        if key in OF_COSTS:
            return self.costs().cell(key, row.nodes)
        numbers = self.numbers(key)
        if len(row.nodes) == 1:
            return numbers[row.nodes[0]]
        return sum_of(numbers[index] for index in row.nodes)

    def layer(self, row: TreeRow) -> str:
        """Return what a row is, in a few words."""
        nodes = self.analysis.graph.nodes
        if row.kind == "node":
            node = nodes[row.nodes[0]]
            rank = len(self.analysis.facts[node.inputs[0]].output) - 1
            words = describe(node.layer, rank) + self.remarks(row.nodes[0])
            if node.shares is not None and self.analysis.figures(row.nodes[0]).arrays:
                return f"{words} (weights of {nodes[node.shares].name})"
            return words
        what = row.block or (nodes[row.nodes[-1]].layer.keyword if row.nodes else "merge")
        times = f" ×{row.copies}" if row.copies > 1 else ""
        return f"{what}{times}, as {row.like}" if row.like else what + times

    def remarks(self, index: int) -> str:
        """Return what the spec says of a node beside its layer: its type, and that it is frozen."""
        node = self.analysis.graph.nodes[index]
        said = [] if node.dtype is None else [node.dtype]
        if node.trainable is False and self.analysis.facts[index].trainable != 0:
            said.append("frozen")
        return "".join(f", {word}" for word in said)

    def sources(self, row: TreeRow) -> str:
        """Return the names of the nodes outside the row that it reads, shortened to what tells."""
        nodes = self.analysis.graph.nodes
        inside = set(row.nodes)
        outside = dict.fromkeys(
            source for index in row.nodes for source in nodes[index].inputs if source not in inside
        )
        own = nodes[row.nodes[0]].name
        # A merge reads its branches, which lie below its name and go by theirs.
        shown = [
            name[len(own) + 1 :].partition("/")[0] if name.startswith(own + "/")
            else relative(name, own.rpartition("/")[0])
            for name in [nodes[source].name for source in outside]
        ]  # fmt: skip
        return ", ".join(shown)

    def of_end(self, key: str, row: TreeRow) -> Cell:
        """Return a value that belongs to the row's last node (its input: to the first)."""
        if key == "output":
            return self.analysis.facts[row.nodes[-1]].output
        if key == "input":
            first = self.analysis.facts[row.nodes[0]].inputs
            return first[0] if len(first) == 1 else ", ".join(shape(s) for s in first)
        if key == "rf":
            return field_words(self.summary.fields[row.nodes[-1]])
        if row.kind != "node":
            return None
        last = self.analysis.figures(row.nodes[-1])
        if key == "connections":
            return last.connections
        return ", ".join(f"{array.name} {shape(array.shape)}" for array in last.arrays)

    def numbers(self, key: str) -> list[int | None]:
        """Return the counts of all nodes in a column with sums, worked out when first asked for."""
        found: list[int | None] | None = self.kept.get(key)
        if found is None:
            every = range(len(self.analysis.facts))
            found = self.kept[key] = [self.number(key, index) for index in every]
        return found

    def number(self, key: str, index: int) -> int | None:
        """Return a count of one node, None if it is not known; these are columns with sums."""
        facts = self.analysis.facts[index]
        if key == "macs":
            return facts.ops.macs
        if key == "flops":
            return self.summary.flops[index]
        if key == "activations":
            return facts.elements
        if key == "memory":
            return self.analysis.output_bytes(index)
        if key == "params":
            return self.analysis.params(index)
        if key == "frozen":
            return self.analysis.frozen(index)
        count: int | None = getattr(self.analysis.figures(index), key)
        return count


def relative(name: str, scope: str) -> str:
    """Return a node's name without the scopes that it has in common with another."""
    while scope:
        if name.startswith(scope + "/"):
            return name[len(scope) + 1 :]
        scope = scope.rpartition("/")[0]
    return name


def cell(cells: SummaryCells, key: str, row: TreeRow, options: SummaryOptions) -> str:
    """Return a cell as text."""
    if key in ("%", "bar"):
        if not row.nodes:
            return ""
        return share(cells, key, row)
    value = cells.value(key, row, options.raw)
    if value is None:
        return "" if options.raw or key not in SUMMED or not row.nodes else UNKNOWN
    if isinstance(value, AtLeast):
        return f"≥ {figure(key, value.value, options)}"
    if isinstance(value, float):
        return figure(key, value, options)
    if isinstance(value, int):
        return str(value) if options.raw else integer(value, options.units)
    if isinstance(value, tuple):
        return shape(value, options.layout)
    return value


def figure(key: str, value: float, options: SummaryOptions) -> str:
    """Return a number as a column shows it: counts, times, and operations for each byte."""
    if isinstance(value, int):
        return str(value) if options.raw else integer(value, options.units)
    if options.raw:
        return f"{value:.6g}"
    return seconds(value) if key == "time" else f"{value:,.2f}"


def share(cells: SummaryCells, key: str, row: TreeRow) -> str:
    """Return a row's share of the MACs, as a number or as a bar.

    Where not all MACs are known a share is no larger than it is of those that are.
    """
    part, everything = cells.value("macs", row), cells.summary.everything
    if isinstance(part, int):
        if key == "bar":
            return bar(part, everything.ops.macs)
        shown = percent(part, everything.ops.macs) if part else ""
        return f"≤ {shown}" if shown and "macs" in everything.at_least else shown
    return "" if key == "bar" else UNKNOWN


def bar(part: int, whole: int) -> str:
    """Return a bar whose length is a share, in eighths of a character."""
    eighths = -(-part * BAR * 8 // whole) if whole and part else 0
    return "█" * (eighths // 8) + "▏▎▍▌▋▊▉"[eighths % 8 - 1] * (eighths % 8 > 0)
