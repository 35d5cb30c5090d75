"""A sheet to hand out: its blocks, how Markdown and HTML write each, and the working of the key.

What holds for several questions stands once at the top: conventions, and networks. An answer has a
place of its own, a line that begins with its id; `submissions/lines.py` takes out of what comes
back everything that was printed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import SpecError
from cnncalc.grading.markup import MARKUPS
from cnncalc.grading.model import Assignment, Item, Network, Question, show_points
from cnncalc.grading.networks import network_lines
from cnncalc.grading.quantities import QUANTITIES, is_of_shape, title_of, total

#: What draws a network as SVG, if anything does.
Figure = Callable[[Network], str]
LINE = "_" * 30
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


class SheetPart(NamedTuple):
    """A part of a sheet: `h1`, `h2`, `p`, `pre`, `list`, `code`, `table`, `answer` or `svg`.

    Lines of a list, and rows of a table with their cells between tabs, are divided by line ends.
    """

    kind: str
    text: str


def sheet(
    assignment: Assignment, student: str = "", answers: bool = False, figure: Figure | None = None
) -> list[SheetPart]:
    """Return a student's sheet; with `answers` the key and its working."""
    shared = shared_networks(assignment)
    blocks = [
        SheetPart("h1", assignment.title + (" (answers)" if answers else "")),
        SheetPart("p", f"Student: {student or LINE}"),
        *preamble(assignment, figure),
    ]
    for question in assignment.questions:
        points = f"{show_points(question.points)} point{'s' * (question.points != 1)}"
        blocks += [SheetPart("h2", f"{question.id} ({points})"), *asked(question, shared)]
        blocks += _answers(question) if answers else [_place(question)]
    return blocks


def preamble(assignment: Assignment, figure: Figure | None = None) -> list[SheetPart]:
    """Return what stands above the first question: conventions, and networks of several."""
    blocks = []
    lines: dict[str, list[str]] = {}
    for question in assignment.questions:
        for line in question.stated:
            lines.setdefault(line, []).append(question.id)
    if lines:
        several = len(assignment.questions) > 1
        told = [f"{line} ({', '.join(ids)})" if several else line for line, ids in lines.items()]
        blocks += [SheetPart("p", "Conventions:"), SheetPart("list", "\n".join(told))]
    shared = shared_networks(assignment)
    for text, network in shared.items():
        blocks += [SheetPart("p", f"{_called(shared, text)}:"), SheetPart("pre", text)]
        if figure is not None:
            blocks.append(SheetPart("svg", figure(network)))
    return blocks


def shared_networks(assignment: Assignment) -> dict[str, Network]:
    """Return the networks that several questions speak of, by their printed lines."""
    found: dict[str, list[Network]] = {}
    for question in assignment.questions:
        if question.network is not None and (lines := network_shown(question, whole=True)):
            found.setdefault(lines, []).append(question.network)
    return {text: networks[0] for text, networks in found.items() if len(networks) > 1}


def _called(shared: dict[str, Network], lines: str) -> str:
    return f"Network {list(shared).index(lines) + 1}" if len(shared) > 1 else "The network"


def asked(question: Question, shared: dict[str, Network]) -> list[SheetPart]:
    """Return the text of a question, its network unless that stands at the top, and options."""
    blocks = [SheetPart("p", question.text)]
    lines = network_shown(question, whole=True)
    if lines and lines not in shared:
        blocks.append(SheetPart("pre", network_shown(question)))
    elif lines and len(shared) > 1:
        blocks.append(SheetPart("p", f"({_called(shared, lines)})"))
    options = question.items[0].truth.choices if question.items else ()
    if options:
        blocks.append(SheetPart("pre", "\n".join(f"{label}) {text}" for label, text in options)))
    return blocks


def statement(question: Question) -> str:
    """Return a question by itself: its text, the network it speaks of, and its conventions."""
    stated = "Conventions: " + "; ".join(question.stated) + "." if question.stated else ""
    return "\n\n".join(filter(None, (question.text, network_shown(question), stated)))


def network_shown(question: Question, whole: bool = False) -> str:
    """Return the lines of a question's network, '' if it has none: those on which the answer
    depends, or the `whole`.

    A single layer is not shown where the instructor's own text describes it.
    """
    network = question.network
    if network is None:
        return question.written
    if question.own_text and len(network.graph.nodes) - len(network.graph.inputs) <= 1:
        return ""
    nodes = {node for item in question.items for node in item.nodes}
    all_of_it = whole or any(item.whole or not item.nodes for item in question.items)
    ends = all_of_it or not nodes.isdisjoint(network.graph.outputs)
    return network_lines(network, nodes=() if ends else tuple(sorted(nodes)))


def _place(question: Question) -> SheetPart:
    """Return where a question is answered."""
    if question.kind == "table":
        return SheetPart("table", _grid(question, answers=False))
    return SheetPart("code" if question.kind == "network" else "answer", f"{question.id}:")


def _answers(question: Question) -> list[SheetPart]:
    if question.kind == "table":
        return [SheetPart("table", _grid(question, answers=True))]
    blocks = []
    for item in question.items:
        blocks.append(SheetPart("p", f"Answer: {item.right_answer}"))
        if lines := working(item, question.network):
            blocks.append(SheetPart("pre", "\n".join(lines)))
    return blocks


def _grid(question: Question, answers: bool) -> str:
    """Return a table as lines of cells joined by tabs, the head first."""
    columns = dict.fromkeys(item.column for item in question.items)
    cells = {(item.row, item.column): item for item in question.items}
    lines = ["\t".join(["layer", *map(title_of, columns)])]
    for row in dict.fromkeys(item.row for item in question.items):
        items = [cells.get((row, column)) for column in columns]
        shown = ["—" if item is None else item.right_answer * answers for item in items]
        lines.append("\t".join([row, *shown]))
    return "\n".join(lines)


def rendered(blocks: Sequence[SheetPart], markup: str) -> str:
    """Return a sheet as `md`, `html`, or HTML for word processors (`word`: without pictures)."""
    own = MARKUPS["md" if markup == "md" else "html"]
    return own.page(blocks[0].text, body(blocks, markup)).rstrip("\n") + "\n"


def body(blocks: Sequence[SheetPart], markup: str) -> str:
    """Return a sheet as a part of a page."""
    own = MARKUPS["md" if markup == "md" else "html"]
    safe = str if markup == "md" else own.prose
    md, html = (" " * 7, "```yaml\n\n```\n\n"), ("&nbsp;", "<pre>\n\n\n\n\n</pre>\n")
    empty, room = md if markup == "md" else html
    parts = []
    for kind, text in blocks:
        lines = text.split("\n")
        if kind in ("h1", "h2"):
            parts.append(own.heading(int(kind[1]), safe(text)))
        elif kind == "table":
            rows = [[safe(cell) or empty for cell in line.split("\t")] for line in lines]
            parts.append(own.table(rows[0], [own.row(row) for row in rows[1:]]))
        elif kind in ("pre", "list"):
            parts.append(own.lines(lines, "- " if kind == "list" else "    "))
        elif kind == "svg":
            parts.append(text if markup == "html" else "")
        else:
            line = own.paragraph(safe(text) + f" {LINE}" * (kind == "answer"))
            parts.append(line + room * (kind == "code"))
    return "".join(parts)


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
    (explained,) = lesson.explanations
    for line in (line for part in explained.sections for line in part.lines):
        if not isinstance(line, Derivation):
            lines.append(line)
        elif line.symbol not in _OTHERS.get(item.quantity, ()):
            stages = " = ".join([line.symbol, *line.stages(TEXT)])
            lines.append(stages + (f" ({line.remark})" if line.remark else ""))
    return lines


def _last(item: Item, network: Network, value: int, lines: list[str]) -> list[str]:
    """Return the line that leads from the layer's figures to the value, if one is wanting."""
    shown, facts = f"{value:,}", network.right.facts(item.nodes[-1])
    macs = (facts.ops.macs or 0) if facts else 0
    if item.quantity == "flops":
        if item.conventions.flops == "default":
            return _explained(item, network, "flops")[-1:]
        twice = f"2·MACs = 2·{macs:,}" if item.conventions.flops == "2macs" else "MACs"
        return [f"FLOPs = {twice} = {shown}"]
    if item.quantity == "connections":
        more = f" + a bias per output = {macs:,} + {value - macs:,}" if value != macs else ""
        return [f"connections = MACs{more} = {shown}"]
    if any(shown in line for line in lines):
        return []
    return [f"{title_of(item.quantity)}, by the conventions: {shown}"]


def _terms(item: Item, network: Network, value: int | None) -> list[str]:
    """Return the sum over nodes, with the name of each that counts."""
    known, nodes = QUANTITIES[item.quantity], network.graph.nodes
    terms = [(total(known, network.right, (i,), item.conventions), nodes[i]) for i in item.nodes]
    parts = [f"{count:,} ({node.name})" for count, node in terms if count]
    if value is None or not 1 < len(parts) <= MAX_TERMS:
        return []
    return [" + ".join(parts) + f" = {value:,}"]
