"""Lessons as text, Markdown, LaTeX, HTML and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cnncalc.quantities import show_shape
from cnncalc.report.markup import STYLE, latex_escaped
from cnncalc.report.text import wrapped
from cnncalc.teaching.formula import LATEX, TEXT

if TYPE_CHECKING:
    from cnncalc.teaching.derivation import Derivation, Explanation, Lesson, Line, Section

WIDTH = 100
TITLES = {
    "shape": "shape",
    "params": "params",
    "macs": "MACs",
    "flops": "FLOPs",
    "connections": "connections",
    "receptive_field": "field",
    "memory": "memory",
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
        lines += ["", *wrapped(f"where: {legend}", width)]
    return "\n".join(lines).lstrip("\n") + "\n"


def heading(explanation: Explanation, layout: str, width: int) -> list[str]:
    """Return the line or two that name a layer, with its input and output."""
    shapes = arrow(explanation, layout)
    name = f"{explanation.name}  " if explanation.name else ""
    line = f"{name}{explanation.call}   {shapes}"
    if len(line) <= width:
        return [line]
    return [*wrapped(f"{name}{explanation.call}", width), f"  {shapes}"]


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
        return wrapped(line, width)
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
    return pieces + [indent + "  " + piece for piece in wrapped(remark.strip(), width - 8)]


def broken(piece: str, width: int) -> list[str]:
    """Return a line of an equation in as many lines as it needs, indented alike."""
    indent = " " * (len(piece) - len(piece.lstrip()))
    first, *rest = wrapped(piece.strip(), max(width - len(indent), 20))
    return [indent + first, *[f"{indent}  {part}" for part in rest]]


def markdown(lesson: Lesson) -> str:
    """Return a lesson as Markdown that needs no mathematics extension."""
    lines = [f"# {lesson.title}", ""] if lesson.title else []
    lines += [f"*{note}*  " for note in lesson.notes] + ([""] if lesson.notes else [])
    for explanation in lesson.explanations:
        name = f"`{explanation.name}`: " if explanation.name else ""
        lines += [f"## {name}`{explanation.call}`", ""]
        lines += [f"`{arrow(explanation, lesson.layout)}`", ""]
        lines += [*bullets(explanation.sections), ""]
    if lesson.totals:
        lines += ["## Total of the main path", "", *bullets(lesson.totals), ""]
    lines += [f"- `{name}`: {text}" for name, text in lesson.legend().items()]
    return "\n".join(lines).rstrip() + "\n"


def bullets(sections: Iterable[Section]) -> Iterator[str]:
    """Yield a bullet for each line of each section."""
    for section in sections:
        yield f"- **{TITLES[section.quantity]}**: {section.result}"
        for line in section.lines:
            if isinstance(line, str):
                yield f"  - {line}"
            else:
                remark = f" ({line.remark})" if line.remark else ""
                yield f"  - `{equation(line)}`{remark}"


PREAMBLE = r"""\documentclass{article}
\usepackage{amsmath}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\begin{document}
"""


def latex(lesson: Lesson) -> str:
    """Return a lesson as a LaTeX document that needs amsmath alone."""
    lines = [PREAMBLE + rf"\section*{{{latex_escaped(lesson.title)}}}"]
    lines += [rf"\emph{{{latex_escaped(note)}}}\par" for note in lesson.notes]
    for explanation in lesson.explanations:
        name = rf"\texttt{{{latex_escaped(explanation.name)}}}: " if explanation.name else ""
        lines.append(rf"\subsection*{{{name}\texttt{{{latex_escaped(explanation.call)}}}}}")
        lines.append(latex_escaped(arrow(explanation, lesson.layout)).replace("-$>$", r"$\to$"))
        lines += latex_sections(explanation.sections)
    if lesson.totals:
        lines += [r"\subsection*{Total of the main path}", *latex_sections(lesson.totals)]
    legend = "; ".join(
        f"${LATEX.symbol(name)}$: {latex_escaped(text)}" for name, text in lesson.legend().items()
    )
    if legend:
        lines += ["", rf"\medskip Where {legend}."]
    return "\n".join([*lines, r"\end{document}"]) + "\n"


def latex_sections(sections: Iterable[Section]) -> Iterator[str]:
    """Yield the paragraphs of all sections: words as text, derivations as aligned equations."""
    for section in sections:
        title = latex_escaped(TITLES[section.quantity])
        yield rf"\paragraph{{{title}: {latex_escaped(section.result)}}}"
        for line in section.lines:
            if isinstance(line, str):
                yield latex_escaped(line) + r"\par"
                continue
            stages = [rf"&= {stage}" for stage in line.stages(LATEX)]
            if line.remark:
                stages[-1] += rf" && \text{{({latex_escaped(line.remark)})}}"
            body = " \\\\\n".join(stages)
            # Long sums would leave the page: they may break as text does.
            if max(map(len, stages)) > 160:
                inline = " = ".join(line.stages(LATEX)).replace(" + ", "$ $+ ")
                yield rf"${LATEX.symbol(line.symbol)} = {inline}$\par"
            else:
                yield f"\\begin{{align*}}\n{LATEX.symbol(line.symbol)} {body}\n\\end{{align*}}"


def html(lesson: Lesson) -> str:
    """Return a lesson as one HTML page that needs nothing else."""
    from html import escape

    parts = [f"<h1>{escape(lesson.title)}</h1>"]
    parts += [f"<p><em>{escape(note)}</em></p>" for note in lesson.notes]
    for explanation in lesson.explanations:
        name = f"{escape(explanation.name)}: " if explanation.name else ""
        parts.append(f"<h2>{name}<code>{escape(explanation.call)}</code></h2>")
        parts.append(f"<p>{escape(arrow(explanation, lesson.layout))}</p>")
        parts += html_sections(explanation.sections)
    if lesson.totals:
        parts += ["<h2>Total of the main path</h2>", *html_sections(lesson.totals)]
    legend = "".join(
        f"<dt>{html_math(escape(name))}</dt><dd>{escape(text)}</dd>"
        for name, text in lesson.legend().items()
    )
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>{escape(lesson.title)}</title><style>{STYLE}</style></head>\n<body>\n{body}\n"
        f"<dl>{legend}</dl>\n</body>\n</html>\n"
    )


def html_sections(sections: Iterable[Section]) -> Iterator[str]:
    """Yield a paragraph for each section, its lines below its title."""
    from html import escape

    for section in sections:
        rows = []
        for line in section.lines:
            if isinstance(line, str):
                rows.append(f"<li>{escape(line)}</li>")
            else:
                remark = f" ({escape(line.remark)})" if line.remark else ""
                rows.append(f"<li>{html_math(escape(equation(line)))}{remark}</li>")
        yield (
            f"<p><strong>{TITLES[section.quantity]}: {escape(section.result)}</strong></p>"
            f"<ul>{''.join(rows)}</ul>"
        )


def html_math(text: str) -> str:
    """Return a formula with its indices set as such."""
    import re

    return re.sub(r"([A-Za-z]+)_([A-Za-z0-9]+)", r"<var>\1</var><sub>\2</sub>", text)


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


def number(value: int | Fraction) -> int | float:
    """Return a number as JSON can hold it: an integer where it is one."""
    return int(value) if value == int(value) else float(value)


RENDERERS = {"text": text, "markdown": markdown, "latex": latex, "html": html, "json": as_json}
