"""The formats a table can be printed in, by the word that `--format` takes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.report.table import Table


def render(table: Table, format: str, width: int | None = 100) -> str:
    """Return a table as text: `table` (fitted to a width), `csv`, `markdown`, `latex`, `html`."""
    if format in ("table", "csv"):
        from cnncalc.report import text

        return text.plain(table, width) if format == "table" else text.csv(table)
    from cnncalc.report import markup

    return markup.FORMATS[format](table)
