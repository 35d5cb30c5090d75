"""What the report page knows of a network: plain values that its script shows and never computes.

Only additions and choices are left to the script: every figure here is the one that the commands
print.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.analysis.conventions import CONVENTIONS
from cnncalc.analysis.machine import Machine, load
from cnncalc.analysis.memory import alive_bytes
from cnncalc.analysis.summary import convention_flops, summarize
from cnncalc.diagnostics import SpecError
from cnncalc.fields.api import receptive_field
from cnncalc.fields.tables import unit_tables
from cnncalc.quantities import exact_sum
from cnncalc.report.lesson.text import TITLES, equation
from cnncalc.report.words import describe, field_words
from cnncalc.teaching.align import align
from cnncalc.teaching.explain import DEFAULT, explain, titled

if TYPE_CHECKING:
    from cnncalc.analysis.summary import Summary
    from cnncalc.analysis.walk import Analysis
    from cnncalc.fields.tables import Table
    from cnncalc.teaching.derivation import Explanation, Line


def conventions() -> list[dict[str, str]]:
    """Return the conventions by which operations may be counted."""
    return [convention.as_dict() for convention in CONVENTIONS.values()]


def network(analysis: Analysis, machine: Machine) -> dict[str, Any]:
    """Return everything that the page shows of one network on one input."""
    summary = summarize(analysis)
    graph = analysis.graph
    tables, hulls = field_tables(analysis)
    lessons, lesson_of = workings(analysis)
    counts = [counted(analysis, name) for name in CONVENTIONS]
    alive = alive_bytes(analysis)

    def total(count: tuple[int | None, ...]) -> int | str | None:
        main = [own for node, own in zip(graph.nodes, count, strict=True) if not node.aux]
        return exact(exact_sum(main))

    nodes = [
        {
            **described(summary, index),
            "flops": [None if count is None else exact(count[index]) for count in counts],
            "alive": alive[index],
            "lesson": lesson_of.get(index),
            "hull": hulls[index],
            "time": ideal(analysis, index, machine),
        }
        for index in range(len(graph.nodes))
    ]
    return {
        "name": titled(graph),
        "source": graph.source,
        "input": ", ".join(["x".join(map(str, analysis.facts[i].output)) for i in graph.inputs]),
        "inputs": list(graph.inputs),
        "batch": analysis.batch,
        "dtype": analysis.dtype,
        "pixels": list(analysis.facts[graph.inputs[0]].output[1:]),
        "nodes": nodes,
        "tables": tables,
        "lessons": lessons,
        "stages": stages(analysis),
        "totals": {
            **totals(summary),
            "flops": [None if count is None else total(count) for count in counts],
        },
        "warnings": [
            {"message": w.message, "help": w.help, "code": w.code, "node": w.node}
            for w in summary.warnings
        ],
    }


def described(summary: Summary, index: int) -> dict[str, Any]:
    """Return a node's own figures."""
    analysis = summary.analysis
    figures = analysis.figures(index)
    node, field = figures.node, summary.fields[index]
    axes = field.axes or field.without
    return {
        "name": node.name,
        "layer": describe(node.layer, max(1, len(figures.inputs[0]) - 1) if figures.inputs else 2),
        "role": node.layer.role,
        "from": list(node.inputs),
        "output": list(figures.output),
        "params": exact(figures.params),
        "buffers": figures.buffers,
        "macs": exact(figures.ops.macs),
        "bytes": analysis.output_bytes(index),
        "weights": [[array.name, list(array.shape), array.trainable] for array in figures.arrays],
        "shares": figures.shares,
        "aux": node.aux,
        "field": field_words(field),
        "whole": field.whole,
        "axes": None if axes is None else [[a.size, a.jump, a.start] for a in axes],
    }


def totals(summary: Summary) -> dict[str, Any]:
    """Return the sums of the main path, and its memory; `at_least` names those not all known."""
    main, memory = summary.main, summary.memory
    assert memory is not None
    return {
        "params": exact(main.params),
        "buffers": main.buffers,
        "macs": exact(main.macs),
        "at_least": [*main.at_least, *memory.at_least],
        "depth": summary.depth,
        "weights": memory.weights,
        "activation_bytes": memory.activations,
        "peak": memory.peak,
        "peak_node": memory.peak_node,
        "training": memory.training,
    }


def exact(value: int | None) -> int | str | None:
    """Return a number as a script reads it exactly: as text above 2⁵³; None if not known."""
    return value if value is None or value < 2**53 else str(value)


def counted(analysis: Analysis, name: str) -> tuple[int | None, ...] | None:
    """Return a convention's figure for every node; None where it has no count for some layer."""
    try:
        return convention_flops(analysis, CONVENTIONS[name])
    except SpecError:
        return None


def workings(analysis: Analysis) -> tuple[list[Any], dict[int, int]]:
    """Return the different workings of a network's layers, and for each node which is its own."""
    lesson = explain(analysis, None, DEFAULT)
    found: dict[Any, int] = {}
    lesson_of = {}
    first = len(analysis.graph.inputs)
    for index, explanation in enumerate(lesson.explanations, first):
        lesson_of[index] = found.setdefault(working(explanation), len(found))
    return list(found), lesson_of


def working(explanation: Explanation) -> tuple[Any, ...]:
    """Return the derivations of one layer: per quantity its title, result and lines."""
    sections = [
        (TITLES[section.quantity], section.result, tuple(map(line_words, section.lines)))
        for section in explanation.sections
    ]
    return explanation.call, tuple(sections)


def line_words(line: Line) -> str:
    """Return a line of a working: words, or an equation and a remark."""
    if isinstance(line, str):
        return line
    return equation(line) + (f"   ({line.remark})" if line.remark else "")


def field_tables(analysis: Analysis) -> tuple[list[Any], list[list[int] | None]]:
    """Return the different tables of what units read along an axis, and each node's, by axis.

    A table lists first and last pixel for each unit, end exclusive; -1 where a unit reads none.
    """
    found: dict[Table, int] = {}
    hulls: list[list[int] | None] = []
    for held in unit_tables(receptive_field(analysis)):
        if held is None:
            hulls.append(None)
        else:
            hulls.append([found.setdefault(table, len(found)) for table in held.axes])
    flat = [[end for pair in table for end in (pair or (-1, -1))] for table in found]
    return flat, hulls


def stages(analysis: Analysis) -> list[dict[str, Any]]:
    """Return the parts of a network in order: its outermost blocks, and the layers between."""
    result: list[dict[str, Any]] = []
    open_block: str | None = None
    for index in range(len(analysis.graph.inputs), len(analysis.facts)):
        name, inside, _ = analysis.graph.nodes[index].name.partition("/")
        block = name if inside else ""
        if not result or block != open_block:
            result.append({"name": name, "nodes": []})
            open_block = block
        elif not block:
            result[-1]["name"] = result[-1]["name"].partition(" … ")[0] + f" … {name}"
        result[-1]["nodes"].append(index)
    return result


def ideal(analysis: Analysis, index: int, machine: Machine) -> float | None:
    """Return the ideal time of a node at the stated peak, in seconds; None without one."""
    if machine.flops is None and machine.bandwidth is None:
        return None
    return load(analysis, index).seconds(machine)


def aligned(old: Analysis, new: Analysis) -> list[list[Any]]:
    """Return two networks layer by layer: the kind of each pair, both nodes, what changed."""
    places = [{node.name: i for i, node in enumerate(a.graph.nodes)} for a in (old, new)]
    return [
        [
            pair.kind,
            None if pair.old is None else places[0][pair.old.node.name],
            None if pair.new is None else places[1][pair.new.node.name],
            [f"{name} {a} → {b}" for name, a, b in pair.changes],
            pair.params,
            pair.macs,
        ]
        for pair in align(old, new)
    ]
