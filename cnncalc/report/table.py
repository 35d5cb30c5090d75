"""A table as a value: titled columns, rows of text, a total, and lines below."""

from __future__ import annotations

from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal


#: How dispensable a column is that only repeats another; it goes before any text is cut.
DECORATION = 9


class Column(Record):
    """One column: its key on the command line, its title, and how it is aligned.

    `flexible` columns may be shortened where space is short; of those that may be left out
    altogether the one with the highest `dispensable` goes first (0: never).
    """

    key: str
    title: str
    align: Literal["left", "right"] = "left"
    flexible: bool = False
    dispensable: int = 0


class TableRow(Record):
    """One row of cells, with what a renderer needs to style it."""

    cells: tuple[str, ...]
    level: int = 0
    kind: Literal["node", "group", "heading", "total"] = "node"


class Table(Record):
    """What a renderer prints: a title, columns and rows, then labelled lines and warnings."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    footer: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()

    def natural_width(self) -> int:
        """Return the characters that the longest line of columns takes."""
        cells = [row.cells for row in self.rows]
        widths = [
            max([len(column.title), *[len(row[i]) for row in cells]])
            for i, column in enumerate(self.columns)
        ]
        return sum(widths) + 2 * (len(widths) - 1)

    def fitted(self, width: int) -> Table:
        """Return the table with columns dropped and texts shortened to fit a line of `width`."""
        columns, rows = list(self.columns), [row.cells for row in self.rows]
        while True:
            widths = [
                max([len(column.title), *[len(cells[i]) for cells in rows]], default=0)
                for i, column in enumerate(columns)
            ]
            excess = sum(widths) + 2 * (len(widths) - 1) - width
            slack = sum(max(0, widths[i] - 12) for i, c in enumerate(columns) if c.flexible)
            drop = max(range(len(columns)), key=lambda i: columns[i].dispensable)
            decoration = columns[drop].dispensable == DECORATION
            if excess <= (0 if decoration else slack) or not columns[drop].dispensable:
                break
            del columns[drop]
            rows = [cells[:drop] + cells[drop + 1 :] for cells in rows]
        if excess > 0:
            rows = shortened(columns, rows, widths, excess)
        kept = [row.replace(cells=cells) for row, cells in zip(self.rows, rows, strict=True)]
        return self.replace(columns=tuple(columns), rows=tuple(kept))


def shortened(
    columns: list[Column], rows: list[tuple[str, ...]], widths: list[int], excess: int
) -> list[tuple[str, ...]]:
    """Return rows whose flexible cells are cut in the middle, the widest columns first."""
    limits = list(widths)
    for _ in range(excess):
        flexible = [i for i, c in enumerate(columns) if c.flexible and limits[i] > 8]
        if not flexible:
            break
        limits[max(flexible, key=lambda i: limits[i])] -= 1
    return [tuple([cut(cell, limits[i]) for i, cell in enumerate(cells)]) for cells in rows]


def cut(text: str, width: int) -> str:
    """Return a text of at most `width` characters, its middle left out where it is longer."""
    if len(text) <= width:
        return text
    tail = (width - 1) * 2 // 3
    return text[: width - 1 - tail] + "…" + text[len(text) - tail :]


def plain(table: Table, width: int | None = 100) -> str:
    """Return the table as aligned text, without styles; `width` None leaves nothing out."""
    if width is not None:
        table = table.fitted(width)
    cells = [tuple([column.title for column in table.columns])]
    cells.extend([row.cells for row in table.rows])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rights = [column.align == "right" for column in table.columns]

    def line(texts: tuple[str, ...]) -> str:
        parts = [
            text.rjust(size) if right else text.ljust(size)
            for text, size, right in zip(texts, widths, rights, strict=True)
        ]
        return "  ".join(parts).rstrip()

    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    lines = [table.title, "", line(cells[0]), rule] if table.title else [line(cells[0]), rule]
    for row in table.rows:
        if row.kind == "total":
            lines.append(rule)
        lines.append(line(row.cells))
    if table.footer:
        lines.append("")
        lines.extend(footer_lines(table, width))
    if table.warnings:
        lines.append("")
        lines.extend(f"warning: {text}" for text in table.warnings)
    return "\n".join(lines) + "\n"


def footer_lines(table: Table, width: int | None) -> list[str]:
    """Return the labelled lines below a table, wrapped under their labels."""
    margin = max(len(label) for label, _ in table.footer) + 2
    lines = []
    for label, text in table.footer:
        for position, piece in enumerate(wrapped(text, (width or 10**6) - margin)):
            lines.append((label if position == 0 else "").ljust(margin) + piece)
    return lines


def wrapped(text: str, width: int) -> list[str]:
    """Return a text broken at spaces into lines of at most `width` where it can be."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] += (" " if lines[-1] else "") + word
    return lines


def csv(table: Table) -> str:
    """Return the rows as CSV (RFC 4180), without the total."""
    rows = [tuple([column.key for column in table.columns])]
    rows.extend([row.cells for row in table.rows if row.kind != "total"])
    return "".join(",".join([csv_cell(cell) for cell in row]) + "\r\n" for row in rows)


def csv_cell(text: str) -> str:
    """Return a CSV cell, quoted where it must be."""
    if any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def markdown(table: Table) -> str:
    """Return the table as GitHub-flavoured Markdown."""

    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    marks = tuple(["---:" if c.align == "right" else ":---" for c in table.columns])
    lines = [f"**{table.title}**", ""] if table.title else []
    lines += [line(tuple([c.title for c in table.columns])), line(marks)]
    for row in table.rows:
        cells = tuple([markdown_escaped(cell) for cell in row.cells])
        if row.kind == "total":
            cells = tuple([f"**{cell}**" if cell else "" for cell in cells])
        elif row.level:
            cells = tuple([indent_kept(cell) for cell in cells])
        lines.append(line(cells))
    for label, text in table.footer:
        lines += ["", f"**{label}:** {markdown_escaped(text)}"]
    for text in table.warnings:
        lines += ["", f"> warning: {markdown_escaped(text)}"]
    return "\n".join(lines) + "\n"


def markdown_escaped(text: str) -> str:
    """Return text in which Markdown sees no markup."""
    return "".join("\\" + char if char in "*_`<" else char for char in text)


def indent_kept(cell: str) -> str:
    """Return a cell whose leading spaces survive in Markdown and HTML."""
    bare = cell.lstrip(" ")
    return "&nbsp;" * (len(cell) - len(bare)) + bare


LATEX = {
    "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}",
    "…": r"\ldots{}", "×": r"$\times$", "█": "", "▏": "", "·": r"$\cdot$", "→": r"$\to$",
    "<": r"$<$", ">": r"$>$", "≤": r"$\leq$", "−": "-", "–": "--",
}  # fmt: skip


def latex_escaped(text: str) -> str:
    """Return text that LaTeX prints as it is."""
    return "".join(LATEX.get(char, char) for char in text)


def latex(table: Table) -> str:
    """Return the table as a LaTeX `tabular` (packages: none), footer below it."""
    columns = "".join("r" if c.align == "right" else "l" for c in table.columns)
    lines = [f"% {table.title}", rf"\begin{{tabular}}{{{columns}}}", r"\hline"]

    def line(cells: tuple[str, ...]) -> str:
        shown = []
        for cell in cells:
            bare = cell.lstrip(" ")
            space = (
                rf"\hspace*{{{(len(cell) - len(bare)) / 2:g}em}}" if len(cell) > len(bare) else ""
            )
            shown.append(space + latex_escaped(bare))
        return " & ".join(shown) + r" \\"

    lines += [line(tuple([c.title for c in table.columns])), r"\hline"]
    for row in table.rows:
        if row.kind == "total":
            lines.append(r"\hline")
        lines.append(line(row.cells))
    lines += [r"\hline", r"\end{tabular}"]
    for label, text in table.footer:
        lines += ["", rf"\noindent\textit{{{latex_escaped(label)}}}: {latex_escaped(text)}\par"]
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
    from html import escape

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
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>{escape(table.title)}</title><style>{STYLE}</style></head>\n<body>\n"
        f"<h1>{escape(table.title)}</h1>\n<table>\n<thead>{head}</thead>\n<tbody>\n{body}\n"
        f"</tbody>\n</table>\n<dl>{footer}</dl>\n{warnings}</body>\n</html>\n"
    )


def terminal(table: Table, width: int) -> None:
    """Print the table with rich: headings bold, groups dim, the total below a line."""
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    table = table.fitted(width)
    # Wide enough for every number: a cut number would be a wrong one.
    console = Console(width=max(width, table.natural_width()), highlight=False)
    grid = RichTable(
        box=None, padding=(0, 2, 0, 0), show_edge=False, pad_edge=False, header_style="bold"
    )
    for column in table.columns:
        grid.add_column(column.title, justify=column.align, no_wrap=True)
    styles = {"heading": "bold cyan", "group": "cyan", "total": "bold"}
    for row in table.rows:
        if row.kind == "total":
            grid.add_section()
        cells = [Text(cell) for cell in row.cells]
        grid.add_row(*cells, style=styles.get(row.kind))
    if table.title:
        console.print(Text(table.title, style="bold"))
    console.print(grid)
    if table.footer:
        console.print()
        margin = max(len(label) for label, _ in table.footer) + 2
        for line in footer_lines(table, width):
            console.print(Text.assemble((line[:margin], "bold"), line[margin:]))
    for text in table.warnings:
        console.print(Text(f"warning: {text}", style="yellow"))
