"""The summary of a network: rows folded, columns chosen, figures below."""

from __future__ import annotations

from cnncalc.quantities import AtLeast
from cnncalc.report.columns import SUMMED, USUAL, SummaryCells, cell, column
from cnncalc.report.table import Column, Table, TableRow
from cnncalc.report.tree import TreeRow, rows
from cnncalc.report.words import byte_size, byte_sizes, integer, least, quantity, seconds, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.analysis.conventions import Convention
    from cnncalc.analysis.memory import Memory
    from cnncalc.analysis.summary import Part, Summary
    from cnncalc.analysis.walk import Analysis
    from cnncalc.diagnostics import Diagnostic
    from cnncalc.report.columns import Cell, SummaryOptions

MOST_WARNINGS = 8
#: A longer rule would hide the figures below a table; `cnncalc why` has it.
LONGEST_RULE = 100


def summary_table(summary: Summary, options: SummaryOptions) -> Table:
    """Return the table of a summary. Raises `UsageError` for a column that does not exist."""
    analysis, cells = summary.analysis, SummaryCells(summary)
    parts = chosen_rows(cells, options)
    shown = chosen_columns(analysis, parts, options)
    body = []
    end = len(analysis.graph.inputs) - 1
    for row in parts:
        texts = {c.key: cell(cells, c.key, row, options) for c in shown}
        if "from" in texts and not options.raw and reads_only(analysis, row, end):
            texts["from"] = ""  # the row above goes without saying
        body.append(TableRow(tuple(texts.values()), row.level, row.kind))
        end = row.nodes[-1] if row.nodes else end
    if not options.raw and any(c.key in SUMMED for c in shown):
        body.append(total_row(cells, shown, options))
    graph = analysis.graph
    variant = f" ({graph.variant})" if graph.variant else ""
    inputs = ", ".join(shape(analysis.facts[i].output, options.layout) for i in graph.inputs)
    return Table(
        title=f"{graph.name}{variant}: input {inputs}",
        columns=tuple(shown),
        rows=tuple(body),
        footer=footer(cells, options),
        warnings=warning_lines(summary.warnings),
        lead=lead(summary),
    )


def lead(summary: Summary) -> tuple[str, ...]:
    """Return how many layers of each kind have counts that are not all known."""
    nodes = summary.graph.nodes
    kinds: dict[str, int] = {}
    for index in summary.unknown:
        kind = nodes[index].layer.in_few_words()[0]
        kinds[kind] = kinds.get(kind, 0) + 1
    if not kinds:
        return ()
    count = sum(kinds.values())
    what = ", ".join(f"{kind} ({number})" for kind, number in kinds.items())
    return (
        f"not all is known of {count} layer{'s' * (count > 1)}: {what}; a total with ≥ is what is"
        " known, and the true one at least so large",
    )


def chosen_rows(cells: SummaryCells, options: SummaryOptions) -> list[TreeRow]:
    """Return the rows: a tree down to a depth, or all nodes flat, sorted if that is wanted."""
    analysis = cells.analysis
    if not (options.sort or options.raw):
        return rows(analysis, options.depth)
    parts = flat(analysis, rows(analysis, 0))
    if options.sort:
        key = column(options.sort).key
        parts = sorted(parts, key=lambda row: rank(cells.value(key, row)))
    return parts


def chosen_columns(
    analysis: Analysis, parts: list[TreeRow], options: SummaryOptions
) -> list[Column]:
    """Return the columns that say something about these rows."""
    shown = [column(key) for key in options.columns]
    if options.sort and options.columns == USUAL:
        # Out of order the room is worth more to the names, which tell equal layers apart.
        shown = [c for c in shown if c.key not in ("from", "rf") or c.key == options.sort]
    if is_chain(analysis, parts) and not options.raw:
        shown = [c for c in shown if c.key != "from"]
    return shown


def flat(analysis: Analysis, parts: Iterable[TreeRow]) -> list[TreeRow]:
    """Return one row per node, with full names, in the order of the graph."""
    indices = sorted({index for row in parts for index in row.nodes})
    return [TreeRow(analysis.graph.nodes[index].name, (index,)) for index in indices]


def rank(value: Cell) -> tuple[int, float, str]:
    """Return a sort key: large numbers first, then words in order, then what has no value."""
    if value is None:
        return 2, 0, ""
    if isinstance(value, AtLeast):
        value = value.value
    if isinstance(value, int | float):
        return 0, -value, ""
    if isinstance(value, tuple):
        result = 1
        for length in value:
            result *= length
        return 0, -result, ""
    return 1, 0, value


def is_chain(analysis: Analysis, parts: list[TreeRow]) -> bool:
    """Return whether every row reads just the row before it."""
    end = len(analysis.graph.inputs) - 1
    for row in parts:
        if not reads_only(analysis, row, end):
            return False
        end = row.nodes[-1] if row.nodes else end
    return True


def reads_only(analysis: Analysis, row: TreeRow, end: int) -> bool:
    """Return whether a row reads nothing from outside but the node `end`."""
    nodes = analysis.graph.nodes
    inside = set(row.nodes)
    return all(s in inside or s == end for i in row.nodes for s in nodes[i].inputs)


def total_row(cells: SummaryCells, shown: list[Column], options: SummaryOptions) -> TableRow:
    """Return the sums over all nodes, auxiliary heads included."""
    summary = cells.summary
    everything = TreeRow("total", tuple(summary.indices))
    name = "total with aux" if summary.has_aux else "total"
    texts = []
    for c in shown:
        if c.key == "name":
            texts.append(name if summary.is_complete else "total so far")
        elif c.key in SUMMED:
            texts.append(cell(cells, c.key, everything, options) or "0")
        else:
            texts.append("")
    return TableRow(tuple(texts), kind="total")


def footer(cells: SummaryCells, options: SummaryOptions) -> tuple[tuple[str, str], ...]:
    """Return the lines below the table: parameters, operations by which rule, memory, time."""
    summary = cells.summary
    main, aux, both = summary.main, summary.aux, summary.everything

    def count(value: int, part: Part | None = None, name: str = "") -> str:
        return least(integer(value, options.units), part is not None and name in part.at_least)

    params = f"{count(main.trainable, main, 'trainable')} trainable"
    if main.frozen or "frozen" in main.at_least:
        params += f" · {count(main.frozen, main, 'frozen')} frozen"
    if main.buffers:
        params += f" · {count(main.buffers, main, 'buffers')} in buffers"
    elif "buffers" in main.at_least:
        params += " · how many in buffers is not known"
    if any(node.shares is not None for node in summary.graph.nodes):
        params += " · shared weights counted once"
    lines = [("parameters", params)]
    if aux.activations:
        lines.append(
            (
                "auxiliary heads",
                f"{count(aux.params, aux, 'params')} params · {count(aux.macs, aux, 'macs')} MACs"
                f" · with them {count(both.params, both, 'params')} params"
                f" · {count(both.macs, both, 'macs')} MACs",
            )
        )
    convention = summary.convention
    lines.append(("MACs", count(main.macs, main, "macs")))
    # A tool's MACs are other MACs than those of the line above.
    label = convention.unit if convention.unit != "MACs" else f"{convention.name} MACs"
    flops = count(main.flops, main, "flops")
    lines.append((label, f"{flops} by convention `{convention.name}`: {how(convention)}"))
    if summary.memory is None:
        return tuple([(f"{label} so far", text) for label, text in lines])
    lines += memory_lines(summary.analysis, summary.memory)
    return (*lines, *time_lines(cells)) if summary.machine is not None else tuple(lines)


def time_lines(cells: SummaryCells) -> list[tuple[str, str]]:
    """Return the line on the ideal time at the stated peak, of the main path."""
    summary, costs = cells.summary, cells.costs()
    nodes = summary.graph.nodes
    main = tuple([index for index in summary.indices if not nodes[index].aux])
    machine, found = costs.machine, costs.cell("time", main)
    if found is None or isinstance(found, str):
        return []
    is_part = isinstance(found, AtLeast)
    time = seconds(found.value if isinstance(found, AtLeast) else found)
    stated = []
    if machine.flops:
        stated.append(f"{quantity(machine.flops)}FLOP/s")
    if machine.bandwidth:
        stated.append(f"{quantity(machine.bandwidth)}B/s")
    text = f"{least(time, is_part)} at the stated peak of {' and '.join(stated)}"
    if len(stated) > 1:
        bounds = costs.bounded(main)
        many = "layer" if bounds["arithmetic"] == 1 else "layers"
        text += f": arithmetic bounds {bounds['arithmetic']} {many}, memory {bounds['memory']}"
    return [("ideal time", text + "; a lower bound, layer by layer, and no device's forecast")]


def how(convention: Convention) -> str:
    """Return how a convention counts, or whose it is where that takes many words."""
    rule = convention.rule.partition(":")[0].rstrip(".")
    return rule if len(rule) <= LONGEST_RULE else convention.title


def memory_lines(analysis: Analysis, memory: Memory) -> list[tuple[str, str]]:
    """Return the lines on memory for the batch and the type in force."""
    given, weights, buffers, activations = byte_sizes(
        memory.input, memory.weights, memory.buffers, memory.activations
    )
    peak, all_at_peak = byte_sizes(memory.peak, memory.peak + memory.weights + memory.buffers)
    lacking = memory.at_least
    weights, buffers = [
        least(size, name in lacking) for size, name in ((weights, "weights"), (buffers, "buffers"))
    ]
    all_at_peak = least(all_at_peak, bool({"weights", "buffers"}.intersection(lacking)))
    about = "at least" if "training" in lacking else "about"
    return [
        (
            "memory",
            f"{types(analysis)}, batch {analysis.batch}: input {given} · weights {weights}"
            + (f" + buffers {buffers}" if memory.buffers else "")
            + f" · all activations {activations}",
        ),
        (
            "inference peak",
            f"{peak} of activations alive at once, at {memory.peak_node}"
            f" · {all_at_peak} with weights",
        ),
        ("training", f"{about} {byte_size(memory.training)}: {memory.rule.in_words()}"),
    ]


def types(analysis: Analysis) -> str:
    """Return the types of numbers in a network, its own first."""
    said = [node.dtype for node in analysis.graph.nodes if node.dtype is not None]
    return " and ".join(dict.fromkeys([analysis.dtype, *said]))


def warning_lines(warnings: tuple[Diagnostic, ...]) -> tuple[str, ...]:
    """Return the first warnings, each in one line: what it says, its place, and what to do."""
    lines = []
    for warning in warnings[:MOST_WARNINGS]:
        place = f" ({warning.span.source.name}:{warning.span.line})" if warning.span else ""
        notes = "".join(f" ({note})" for note in warning.notes)
        help = f"; {warning.help}" if warning.help else ""
        lines.append(f"{warning.message}{place}{notes}{help}")
    if len(warnings) > MOST_WARNINGS:
        lines.append(f"{len(warnings) - MOST_WARNINGS} more; `cnncalc lint` shows all")
    return tuple(lines)
