"""Lessons as Markdown, LaTeX and HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cnncalc import escaping
from cnncalc.report.lesson.text import TITLES, arrow, equation
from cnncalc.report.markup import STYLE
from cnncalc.teaching.formula import LATEX

if TYPE_CHECKING:
    from cnncalc.teaching.derivation import Lesson, Section


def markdown(lesson: Lesson) -> str:
    """Return a lesson as Markdown that needs no mathematics extension."""
    lines = [f"# {escaping.markdown(lesson.title)}", ""] if lesson.title else []
    lines += [f"*{escaping.markdown(note)}*  " for note in lesson.notes]
    lines += [""] if lesson.notes else []
    for explanation in lesson.explanations:
        name = f"{escaping.markdown_code(explanation.name)}: " if explanation.name else ""
        lines += [f"## {name}{escaping.markdown_code(explanation.call)}", ""]
        lines += [escaping.markdown_code(arrow(explanation, lesson.layout)), ""]
        lines += [*bullets(explanation.sections), ""]
    if lesson.totals:
        lines += ["## Total of the main path", "", *bullets(lesson.totals), ""]
    lines += [f"- `{name}`: {escaping.markdown(text)}" for name, text in lesson.legend().items()]
    return "\n".join(lines).rstrip() + "\n"


def bullets(sections: Iterable[Section]) -> Iterator[str]:
    """Yield a bullet for each line of each section."""
    for section in sections:
        yield f"- **{TITLES[section.quantity]}**: {escaping.markdown(section.result)}"
        for line in section.lines:
            if isinstance(line, str):
                yield f"  - {escaping.markdown(line)}"
            else:
                remark = f" ({escaping.markdown(line.remark)})" if line.remark else ""
                yield f"  - {escaping.markdown_code(equation(line))}{remark}"


PREAMBLE = r"""\documentclass{article}
\usepackage{amsmath}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\begin{document}
"""


def latex(lesson: Lesson) -> str:
    """Return a lesson as a LaTeX document that needs amsmath alone."""
    lines = [PREAMBLE + rf"\section*{{{escaping.latex(lesson.title)}}}"]
    lines += [rf"\emph{{{escaping.latex(note)}}}\par" for note in lesson.notes]
    for explanation in lesson.explanations:
        name = rf"\texttt{{{escaping.latex(explanation.name)}}}: " if explanation.name else ""
        lines.append(rf"\subsection*{{{name}\texttt{{{escaping.latex(explanation.call)}}}}}")
        lines.append(escaping.latex(arrow(explanation, lesson.layout)).replace("-$>$", r"$\to$"))
        lines += latex_sections(explanation.sections)
    if lesson.totals:
        lines += [r"\subsection*{Total of the main path}", *latex_sections(lesson.totals)]
    legend = "; ".join(
        f"${LATEX.symbol(name)}$: {escaping.latex(text)}" for name, text in lesson.legend().items()
    )
    if legend:
        lines += ["", rf"\medskip Where {legend}."]
    return "\n".join([*lines, r"\end{document}"]) + "\n"


def latex_sections(sections: Iterable[Section]) -> Iterator[str]:
    """Yield the paragraphs of all sections: words as text, derivations as aligned equations."""
    for section in sections:
        title = escaping.latex(TITLES[section.quantity])
        yield rf"\paragraph{{{title}: {escaping.latex(section.result)}}}"
        for line in section.lines:
            if isinstance(line, str):
                yield escaping.latex(line) + r"\par"
                continue
            stages = [rf"&= {stage}" for stage in line.stages(LATEX)]
            if line.remark:
                stages[-1] += rf" && \text{{({escaping.latex(line.remark)})}}"
            body = " \\\\\n".join(stages)
            # Long sums would leave the page: they may break as text does.
            if max(map(len, stages)) > 160:
                inline = " = ".join(line.stages(LATEX)).replace(" + ", "$ $+ ")
                yield rf"${LATEX.symbol(line.symbol)} = {inline}$\par"
            else:
                yield f"\\begin{{align*}}\n{LATEX.symbol(line.symbol)} {body}\n\\end{{align*}}"


def html(lesson: Lesson) -> str:
    """Return a lesson as one HTML page that needs nothing else."""
    parts = [f"<h1>{escaping.html(lesson.title)}</h1>"]
    parts += [f"<p><em>{escaping.html(note)}</em></p>" for note in lesson.notes]
    for explanation in lesson.explanations:
        name = f"{escaping.html(explanation.name)}: " if explanation.name else ""
        parts.append(f"<h2>{name}<code>{escaping.html(explanation.call)}</code></h2>")
        parts.append(f"<p>{escaping.html(arrow(explanation, lesson.layout))}</p>")
        parts += html_sections(explanation.sections)
    if lesson.totals:
        parts += ["<h2>Total of the main path</h2>", *html_sections(lesson.totals)]
    legend = "".join(
        f"<dt>{html_math(escaping.html(name))}</dt><dd>{escaping.html(text)}</dd>"
        for name, text in lesson.legend().items()
    )
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>{escaping.html(lesson.title)}</title><style>{STYLE}</style></head>\n<body>\n{body}\n"
        f"<dl>{legend}</dl>\n</body>\n</html>\n"
    )


def html_sections(sections: Iterable[Section]) -> Iterator[str]:
    """Yield a paragraph for each section, its lines below its title."""
    for section in sections:
        rows = []
        for line in section.lines:
            if isinstance(line, str):
                rows.append(f"<li>{escaping.html(line)}</li>")
            else:
                remark = f" ({escaping.html(line.remark)})" if line.remark else ""
                rows.append(f"<li>{html_math(escaping.html(equation(line)))}{remark}</li>")
        yield (
            f"<p><strong>{TITLES[section.quantity]}: {escaping.html(section.result)}</strong></p>"
            f"<ul>{''.join(rows)}</ul>"
        )


def html_math(text: str) -> str:
    """Return a formula with its indices set as such."""
    import re

    return re.sub(r"([A-Za-z]+)_([A-Za-z0-9]+)", r"<var>\1</var><sub>\2</sub>", text)


FORMATS = {"markdown": markdown, "latex": latex, "html": html}
