"""The summary of a network: rows folded, columns chosen, figures below."""

from __future__ import annotations

from cnncalc.analysis.memory import measure
from cnncalc.report.columns import USUAL, Figures, cell, column
from cnncalc.report.table import Column, Table, TableRow
from cnncalc.report.tree import Row, rows
from cnncalc.report.words import integer, mebibytes, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.analysis.conventions import Convention
    from cnncalc.analysis.walk import Analysis
    from cnncalc.report.columns import Cell, SummaryOptions

#: The columns that have a total.
SUMMED = ("params", "trainable", "buffers", "macs", "flops", "memory", "activations")


def summary_table(
    analysis: Analysis,
    convention: Convention,
    options: SummaryOptions,
    warnings: tuple[str, ...] = (),
) -> Table:
    """Return the table of a summary. Raises `UsageError` for a column that does not exist."""
    figures = Figures(analysis, convention)
    shown = [column(key) for key in options.columns]
    parts = rows(analysis, 0 if options.sort or options.raw else options.depth)
    if options.sort or options.raw:
        parts = flat(analysis, parts)
    if options.sort:
        key = column(options.sort).key
        parts = sorted(parts, key=lambda row: rank(figures.value(key, row)))
    if options.sort and options.columns == USUAL:
        # Out of order the room is worth more to the names, which tell equal layers apart.
        shown = [c for c in shown if c.key not in ("from", "rf") or c.key == options.sort]
    if is_chain(analysis, parts) and not options.raw:
        shown = [c for c in shown if c.key != "from"]
    body = []
    end = len(analysis.graph.inputs) - 1
    for row in parts:
        cells = {c.key: cell(figures, c.key, row, options) for c in shown}
        if "from" in cells and not options.raw and reads_only(analysis, row, end):
            cells["from"] = ""  # the row above goes without saying
        body.append(TableRow(tuple(cells.values()), row.level, row.kind))
        end = row.nodes[-1] if row.nodes else end
    if not options.raw and any(c.key in SUMMED for c in shown):
        body.append(total_row(figures, shown, options))
    graph = analysis.graph
    variant = f" ({graph.variant})" if graph.variant else ""
    inputs = ", ".join(shape(analysis.facts[i].output, options.layout) for i in graph.inputs)
    return Table(
        title=f"{graph.name}{variant}: input {inputs}",
        columns=tuple(shown),
        rows=tuple(body),
        footer=footer(analysis, figures, options),
        warnings=warnings,
    )


def flat(analysis: Analysis, parts: Iterable[Row]) -> list[Row]:
    """Return one row per node, with full names, in the order of the graph."""
    indices = sorted({index for row in parts for index in row.nodes})
    return [Row(analysis.graph.nodes[index].name, (index,)) for index in indices]


def rank(value: Cell) -> tuple[int, int, str]:
    """Return a sort key: large numbers first, then words in order, then what has no value."""
    if value is None:
        return 2, 0, ""
    if isinstance(value, int):
        return 0, -value, ""
    if isinstance(value, tuple):
        result = 1
        for length in value:
            result *= length
        return 0, -result, ""
    return 1, 0, value


def is_chain(analysis: Analysis, parts: list[Row]) -> bool:
    """Return whether every row reads just the row before it."""
    end = len(analysis.graph.inputs) - 1
    for row in parts:
        if not reads_only(analysis, row, end):
            return False
        end = row.nodes[-1] if row.nodes else end
    return True


def reads_only(analysis: Analysis, row: Row, end: int) -> bool:
    """Return whether a row reads nothing from outside but the node `end`."""
    nodes = analysis.graph.nodes
    inside = set(row.nodes)
    return all(s in inside or s == end for i in row.nodes for s in nodes[i].inputs)


def total_row(figures: Figures, shown: list[Column], options: SummaryOptions) -> TableRow:
    """Return the sums over all nodes, auxiliary heads included."""
    everything = Row(
        "total", tuple(range(len(figures.analysis.graph.inputs), len(figures.analysis.facts)))
    )
    cells = []
    for c in shown:
        if c.key == "name":
            cells.append(total_name(figures.analysis))
        elif c.key in SUMMED:
            cells.append(cell(figures, c.key, everything, options) or "0")
        else:
            cells.append("")
    return TableRow(tuple(cells), kind="total")


def total_name(analysis: Analysis) -> str:
    """Return what the row of sums holds: not always the whole network, or that alone."""
    if not is_complete(analysis):
        return "total so far"
    return "total with aux" if any(node.aux for node in analysis.graph.nodes) else "total"


def is_complete(analysis: Analysis) -> bool:
    """Return whether the figures of every layer are known: no layer refused its input."""
    return len(analysis.facts) == len(analysis.graph.nodes)


def footer(
    analysis: Analysis, figures: Figures, options: SummaryOptions
) -> tuple[tuple[str, str], ...]:
    """Return the lines below the table: parameters, operations by which rule, memory."""
    main, aux, both = analysis.totals(False), analysis.totals(True), analysis.totals()
    units = options.units

    def count(value: int) -> str:
        return integer(value, units)

    nodes = analysis.graph.nodes
    first = len(analysis.graph.inputs)
    split: dict[bool, int] = {False: 0, True: 0}
    for index in range(first, len(analysis.facts)):
        split[nodes[index].aux] += figures.flops[index]
    params = f"{count(main.params)} trainable"
    if main.buffers:
        params += f" · {count(main.buffers)} in buffers"
    if any(node.shares is not None for node in nodes):
        params += " · shared weights counted once"
    lines = [("parameters", params)]
    if aux.activations:
        lines.append(
            (
                "auxiliary heads",
                f"{count(aux.params)} params · {count(aux.ops.macs)} MACs"
                f" · with them {count(both.params)} params · {count(both.ops.macs)} MACs",
            )
        )
    convention = figures.convention
    lines.append(("MACs", count(main.ops.macs)))
    lines.append(
        (
            convention.unit,
            f"{count(split[False])} by convention `{convention.name}`: {convention.rule}",
        )
    )
    if is_complete(analysis):
        lines.extend(memory_lines(analysis))
    else:
        lines = [(f"{label} so far", text) for label, text in lines]
    return tuple(lines)


def memory_lines(analysis: Analysis) -> list[tuple[str, str]]:
    """Return the lines on memory for the batch and the type in force."""
    memory = measure(analysis)
    buffers = f" + buffers {mebibytes(memory.buffers)}" if memory.buffers else ""
    return [
        (
            "memory",
            f"{analysis.dtype}, batch {analysis.batch}: input {mebibytes(memory.input)}"
            f" · weights {mebibytes(memory.weights)}{buffers}"
            f" · all activations {mebibytes(memory.activations)}",
        ),
        (
            "inference peak",
            f"{mebibytes(memory.peak)} of activations alive at once, at {memory.peak_node}"
            f" · {mebibytes(memory.peak + memory.weights + memory.buffers)} with weights",
        ),
        (
            "training",
            f"about {mebibytes(memory.training)}: weights, gradients, two Adam moments and all"
            " activations",
        ),
    ]
