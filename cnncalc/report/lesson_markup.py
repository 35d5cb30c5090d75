"""Lessons as Markdown, LaTeX and HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cnncalc.report.lesson import TITLES, arrow, equation
from cnncalc.report.markup import STYLE, latex_escaped
from cnncalc.teaching.formula import LATEX

if TYPE_CHECKING:
    from cnncalc.teaching.derivation import Lesson, Section


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


def escaped(text: str) -> str:
    """Return text as LaTeX prints it; letters that its fonts lack are named by their number."""
    known = "".join(c if c.isascii() or c in LATEX_KNOWS else f"[U+{ord(c):04X}]" for c in text)
    return latex_escaped(known)


#: Characters beyond ASCII that `latex_escaped` has commands for, or every LaTeX's fonts have.
LATEX_KNOWS = "…×·→≤−–áàâäãåæçéèêëíìîïñóòôöõøúùûüýÿßÁÀÂÄÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝ"

PREAMBLE = r"""\documentclass{article}
\usepackage{amsmath}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\begin{document}
"""


def latex(lesson: Lesson) -> str:
    """Return a lesson as a LaTeX document that needs amsmath alone."""
    lines = [PREAMBLE + rf"\section*{{{escaped(lesson.title)}}}"]
    lines += [rf"\emph{{{escaped(note)}}}\par" for note in lesson.notes]
    for explanation in lesson.explanations:
        name = rf"\texttt{{{escaped(explanation.name)}}}: " if explanation.name else ""
        lines.append(rf"\subsection*{{{name}\texttt{{{escaped(explanation.call)}}}}}")
        lines.append(escaped(arrow(explanation, lesson.layout)).replace("-$>$", r"$\to$"))
        lines += latex_sections(explanation.sections)
    if lesson.totals:
        lines += [r"\subsection*{Total of the main path}", *latex_sections(lesson.totals)]
    legend = "; ".join(
        f"${LATEX.symbol(name)}$: {escaped(text)}" for name, text in lesson.legend().items()
    )
    if legend:
        lines += ["", rf"\medskip Where {legend}."]
    return "\n".join([*lines, r"\end{document}"]) + "\n"


def latex_sections(sections: Iterable[Section]) -> Iterator[str]:
    """Yield the paragraphs of all sections: words as text, derivations as aligned equations."""
    for section in sections:
        title = escaped(TITLES[section.quantity])
        yield rf"\paragraph{{{title}: {escaped(section.result)}}}"
        for line in section.lines:
            if isinstance(line, str):
                yield escaped(line) + r"\par"
                continue
            stages = [rf"&= {stage}" for stage in line.stages(LATEX)]
            if line.remark:
                stages[-1] += rf" && \text{{({escaped(line.remark)})}}"
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


FORMATS = {"markdown": markdown, "latex": latex, "html": html}
