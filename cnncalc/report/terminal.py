"""Tables on a terminal, through rich."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from cnncalc.diagnostics import folded
from cnncalc.report.text import TEXT_WIDTH, footer_lines, left_out_line, warning_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.report.table import Table


def terminal(table: Table, width: int | None) -> None:
    """Print the table with rich: headings bold, groups dim, the total below a line.

    `width` None leaves nothing out.
    """
    table = table.visible() if width is None else table.visible().fitted(width)
    # Wide enough for every number: a cut number would be a wrong one.
    console = Console(width=max(width or 0, table.natural_width()), highlight=False)
    text_width = min(width or TEXT_WIDTH, TEXT_WIDTH)
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
        for line in folded(table.title, text_width):
            console.print(Text(line, style="bold"))
    for text in table.lead:
        for line in folded(text, text_width):
            console.print(Text(line, style="yellow"))
    console.print(grid)
    if table.left_out:
        console.print()
        console.print(Text(left_out_line(table), style="dim"))
    if table.footer:
        console.print()
        margin = max(len(label) for label, _ in table.footer) + 2
        for line in footer_lines(table, text_width):
            console.print(Text.assemble((line[:margin], "bold"), line[margin:]))
    for text in table.warnings:
        for line in warning_lines(text, text_width):
            console.print(Text(line, style="yellow"))
