"""Tables on a terminal, through rich."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from cnncalc.report.text import footer_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.report.table import Table


def terminal(table: Table, width: int) -> None:
    """Print the table with rich: headings bold, groups dim, the total below a line."""
    table = table.visible().fitted(width)
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
