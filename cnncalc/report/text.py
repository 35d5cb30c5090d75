"""Tables as aligned text and as CSV, what goes into a pipe, and the door to other formats."""

from __future__ import annotations

from cnncalc.diagnostics import folded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.report.table import Table

#: The widest lines of words: longer ones are hard to read, however wide a terminal is.
TEXT_WIDTH = 100


def plain(table: Table, width: int | None = 100) -> str:
    """Return the table as aligned text, without styles; `width` None leaves nothing out."""
    table = table.visible()
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
    lines = [table.title] if table.title else []
    lines += [piece for text in table.lead for piece in folded(text, TEXT_WIDTH)]
    lines += ["", line(cells[0]), rule] if lines else [line(cells[0]), rule]
    for row in table.rows:
        if row.kind == "total":
            lines.append(rule)
        lines.append(line(row.cells))
    if table.left_out:
        lines.extend(["", left_out_line(table)])
    text_width = max(TEXT_WIDTH, len(rule)) if width is None else min(width, TEXT_WIDTH)
    if table.footer:
        lines.append("")
        lines.extend(footer_lines(table, text_width))
    if table.warnings:
        lines.append("")
        lines.extend(
            line for text in table.warnings for line in warning_lines(text, width and text_width)
        )
    return "\n".join(lines) + "\n"


def left_out_line(table: Table) -> str:
    """Return which columns there was no room for."""
    return f"left out: {', '.join(table.left_out)} (--wide shows all columns)"


def warning_lines(text: str, width: int | None) -> list[str]:
    """Return a warning, folded at words where a width is given."""
    lines = folded(f"warning: {text}", width - 2) if width else [f"warning: {text}"]
    return [lines[0], *[f"  {line}" for line in lines[1:]]]


def footer_lines(table: Table, width: int) -> list[str]:
    """Return the labelled lines below a table, wrapped under their labels."""
    margin = max(len(label) for label, _ in table.footer) + 2
    lines = []
    for label, text in table.footer:
        for position, piece in enumerate(folded(text, width - margin)):
            lines.append((label if position == 0 else "").ljust(margin) + piece)
    return lines


def csv(table: Table) -> str:
    """Return the rows as CSV (RFC 4180), without the total."""
    rows = [tuple([column.key for column in table.columns])]
    rows.extend([row.cells for row in table.visible().rows if row.kind != "total"])
    return "".join(",".join([csv_cell(cell) for cell in row]) + "\r\n" for row in rows)


def csv_cell(text: str) -> str:
    """Return a CSV cell, quoted where it must be."""
    if any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def render(table: Table, format: str, width: int | None = 100) -> str:
    """Return a table as text: `table` (fitted to a width), `csv`, `markdown`, `latex`, `html`."""
    if format in ("table", "csv"):
        from cnncalc.report import text

        return text.plain(table, width) if format == "table" else text.csv(table)
    from cnncalc.report import markup

    return markup.FORMATS[format](table)
