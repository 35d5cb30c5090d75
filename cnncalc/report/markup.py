"""Tables as Markdown, LaTeX and HTML."""

from __future__ import annotations

from cnncalc import escaping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.report.table import Table


def markdown(table: Table) -> str:
    """Return the table as GitHub-flavoured Markdown."""

    line = escaping.markdown_row
    marks = tuple(["---:" if c.align == "right" else ":---" for c in table.columns])
    lines = [f"**{escaping.markdown(table.title)}**", ""] if table.title else []
    for text in table.lead:
        lines += [escaping.markdown(text), ""]
    lines += [line(tuple([escaping.markdown(c.title) for c in table.columns])), line(marks)]
    for row in table.rows:
        cells = tuple([escaping.markdown(cell) for cell in row.cells])
        if row.kind == "total":
            cells = tuple([f"**{cell}**" if cell else "" for cell in cells])
        elif row.level:
            cells = tuple([indent_kept(cell) for cell in cells])
        lines.append(line(cells))
    for label, text in table.footer:
        lines += ["", f"**{escaping.markdown(label)}:** {escaping.markdown(text)}"]
    for text in table.warnings:
        lines += ["", f"> warning: {escaping.markdown(text)}"]
    return "\n".join(lines) + "\n"


def indent_kept(cell: str) -> str:
    """Return a cell whose leading spaces survive in Markdown and HTML."""
    bare = cell.lstrip(" ")
    return "&nbsp;" * (len(cell) - len(bare)) + bare


def latex(table: Table) -> str:
    """Return the table as a LaTeX `tabular` (packages: none), footer and warnings below it.

    Bars are left out: they are drawn with signs that LaTeX's fonts lack.
    """
    table = table.without("bar")
    columns = "".join("r" if c.align == "right" else "l" for c in table.columns)
    lines = [f"% {escaping.visible(table.title)}"]
    lines += [rf"\noindent {escaping.latex(text)}\par" for text in table.lead]
    lines += [rf"\begin{{tabular}}{{{columns}}}", r"\hline"]

    def line(cells: tuple[str, ...]) -> str:
        shown = []
        for cell in cells:
            bare = cell.lstrip(" ")
            space = (
                rf"\hspace*{{{(len(cell) - len(bare)) / 2:g}em}}" if len(cell) > len(bare) else ""
            )
            shown.append(space + escaping.latex(bare))
        return " & ".join(shown) + r" \\"

    lines += [line(tuple([c.title for c in table.columns])), r"\hline"]
    for row in table.rows:
        if row.kind == "total":
            lines.append(r"\hline")
        lines.append(line(row.cells))
    lines += [r"\hline", r"\end{tabular}"]
    for label, text in table.footer:
        lines += ["", rf"\noindent\textit{{{escaping.latex(label)}}}: {escaping.latex(text)}\par"]
    for text in table.warnings:
        lines += ["", rf"\noindent\textit{{warning}}: {escaping.latex(text)}\par"]
    return "\n".join(lines) + "\n"


STYLE = """
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif; }
body { margin: 2em; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .15em .7em; white-space: pre; } th { border-bottom: 2px solid currentColor; }
td.right, th.right { text-align: right; } tr.heading td { font-weight: 600; }
tr.group td { font-style: italic; } tr.total td { border-top: 2px solid; font-weight: 600; }
dt { font-weight: 600; } p.warning { color: light-dark(#a40, #fa6); }
"""


def html(table: Table) -> str:
    """Return the table as one HTML page that needs nothing else."""
    title = escaping.html(table.title)
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>{title}</title><style>{STYLE}</style></head>\n<body>\n"
        f"<h1>{title}</h1>\n{html_body(table)}</body>\n</html>\n"
    )


def html_part(table: Table) -> str:
    """Return the table as a part of a page that has its own style, such as a notebook."""
    title = escaping.html(table.title)
    return f"<div><p><strong>{title}</strong></p>\n{html_body(table)}</div>\n"


def html_body(table: Table) -> str:
    """Return the elements of a table, its footer and its warnings."""
    escape = escaping.html

    def line(cells: tuple[str, ...], tag: str, kind: str) -> str:
        shown = [
            f"<{tag}{' class=right' if c.align == 'right' else ''}>{escape(cell)}</{tag}>"
            for c, cell in zip(table.columns, cells, strict=True)
        ]
        return f'<tr class="{kind}">' + "".join(shown) + "</tr>"

    head = line(tuple([c.title for c in table.columns]), "th", "head")
    body = "\n".join(line(row.cells, "td", row.kind) for row in table.rows)
    footer = "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in table.footer)
    warnings = "".join(f'<p class="warning">{escape(text)}</p>' for text in table.warnings)
    lead = "".join(f"<p>{escape(text)}</p>\n" for text in table.lead)
    return (
        f"{lead}<table>\n<thead>{head}</thead>\n<tbody>\n{body}\n"
        f"</tbody>\n</table>\n<dl>{footer}</dl>\n{warnings}"
    )


FORMATS: dict[str, Callable[[Table], str]] = {"markdown": markdown, "latex": latex, "html": html}
