"""Lessons as text for a terminal and as JSON, and the words of every format."""

from __future__ import annotations

import json
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import folded
from cnncalc.quantities import show_shape
from cnncalc.teaching.formula import LATEX, TEXT

if TYPE_CHECKING:
    from cnncalc.teaching.derivation import Derivation, Explanation, Lesson, Line, Section

WIDTH = 100


def text(lesson: Lesson, width: int = WIDTH) -> str:
    """Return a lesson for the terminal; lines break before an equals sign where they must."""
    lines = [lesson.title] if lesson.title else []
    lines += [f"  {note}" for note in lesson.notes]
    for explanation in lesson.explanations:
        lines += ["", *heading(explanation, lesson.layout, width)]
        lines += section_lines(explanation.sections, width)
    if lesson.totals:
        lines += ["", "total of the main path", *section_lines(lesson.totals, width)]
    legend = ", ".join(f"{name} {text}" for name, text in lesson.legend().items())
    if legend:
        lines += ["", *folded(f"where: {legend}", width)]
    return "\n".join(lines).lstrip("\n") + "\n"


def heading(explanation: Explanation, layout: str, width: int) -> list[str]:
    """Return the line or two that name a layer, with its input and output."""
    shapes = arrow(explanation, layout)
    name = f"{explanation.name}  " if explanation.name else ""
    line = f"{name}{explanation.call}   {shapes}"
    if len(line) <= width:
        return [line]
    return [*folded(f"{name}{explanation.call}", width), f"  {shapes}"]


def section_lines(sections: Iterable[Section], width: int) -> list[str]:
    """Return the lines of all sections, their titles in a margin."""
    lines = []
    sections = list(sections)
    widest = max([len(TITLES[section.quantity]) for section in sections], default=0)
    for section in sections:
        title = TITLES[section.quantity]
        margin = f"  {title:<{widest}}  "
        for line in section.lines:
            for piece in line_pieces(line, width - len(margin), title):
                lines.append(margin + piece)
                margin = " " * len(margin)
    return lines


def line_pieces(line: Line, width: int, title: str = "") -> list[str]:
    """Return a line, broken where it is too long: an equation before its equals signs."""
    if isinstance(line, str):
        return folded(line, width)
    remark = f"   ({line.remark})" if line.remark else ""
    # A symbol that only repeats the title of its section is left out.
    left = "" if line.symbol == title else f"{line.symbol} = "
    first, *stages = line.stages(TEXT)
    whole = left + " = ".join([first, *stages]) + remark
    if len(whole) <= width:
        return [whole]
    pieces = [left + first]
    indent = " " * max(len(left) - 2, 0)
    for stage in stages:
        if len(pieces[-1]) + len(stage) + 3 <= width:
            pieces[-1] += f" = {stage}"
        else:
            pieces.append(f"{indent}= {stage}")
    pieces = [part for piece in pieces for part in broken(piece, width)]
    if len(pieces[-1]) + len(remark) <= width:
        pieces[-1] += remark
        return pieces
    return pieces + [indent + "  " + piece for piece in folded(remark.strip(), width - 8)]


def broken(piece: str, width: int) -> list[str]:
    """Return a line of an equation in as many lines as it needs, indented alike."""
    indent = " " * (len(piece) - len(piece.lstrip()))
    first, *rest = folded(piece.strip(), max(width - len(indent), 20))
    return [indent + first, *[f"{indent}  {part}" for part in rest]]


def as_json(lesson: Lesson) -> str:
    """Return a lesson for programs: every derivation with formula, values and result."""
    layers = []
    for one in lesson.explanations:
        layers.append(
            {
                "name": one.name,
                "layer": one.layer,
                "inputs": [list(shape) for shape in one.inputs],
                "output": list(one.output),
                "quantities": {s.quantity: section_json(s) for s in one.sections},
            }
        )
    value = {
        "schema": "cnncalc.explain/1",
        "name": lesson.title,
        "notes": list(lesson.notes),
        "layers": layers,
        "totals": {s.quantity: section_json(s) for s in lesson.totals},
        "symbols": lesson.legend(),
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def section_json(section: Section) -> dict[str, Any]:
    """Return one quantity: its value and its lines."""
    return {
        "value": section.value,
        "derivation": [
            line
            if isinstance(line, str)
            else {
                "symbol": line.symbol,
                "formula": line.formula,
                "values": {name: number(value) for name, value in line.values.items()},
                "result": number(line.computed),
                "meaning": line.meaning,
                "remark": line.remark or None,
                "text": equation(line),
                "latex": " = ".join([LATEX.symbol(line.symbol), *line.stages(LATEX)]),
            }
            for line in section.lines
        ],
    }


def number(value: int | Fraction | float) -> int | float:
    """Return a number as JSON can hold it: an integer where it is one."""
    return int(value) if value == int(value) else float(value)


TITLES = {
    "shape": "shape",
    "params": "params",
    "macs": "MACs",
    "flops": "FLOPs",
    "connections": "connections",
    "receptive_field": "field",
    "memory": "memory",
    "training": "training",
    "units": "units",
    "dense": "dense",
    "kept": "kept",
}
LAYOUTS = {"chw": "channels x height x width", "hwc": "height x width x channels"}


def arrow(explanation: Explanation, layout: str) -> str:
    """Return what goes in and what comes out: `1x32x32 -> 6x28x28`."""
    given = ", ".join(show_shape(shape, layout) for shape in explanation.inputs[:6])
    if len(explanation.inputs) > 6:
        given += f", ... ({len(explanation.inputs)} inputs)"
    return f"{given} -> {show_shape(explanation.output, layout)}"


def equation(derivation: Derivation) -> str:
    """Return a derivation on one line: symbol, formula, numbers, result."""
    return " = ".join([derivation.symbol, *derivation.stages(TEXT)])
