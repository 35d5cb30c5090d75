"""What a search found as a Parquet file, for data frames; needs the extra `parquet`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import UsageError
from cnncalc.report.found import header, records
from cnncalc.search.store import number

if TYPE_CHECKING:
    from cnncalc.search.found import Found

AT_ONCE = 20_000  # rows of one group in the file


def write_parquet(found: Found, path: str) -> None:
    """Write the points; numbers stay numbers. Raises `UsageError` without pyarrow."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UsageError(
            "writing Parquet needs pyarrow", "python -m pip install 'cnncalc[parquet]'"
        ) from None
    names, rows = header(found), list(records(found))
    count = len(found.variables)
    columns: list[list[Any]] = [[] for _ in names]
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    for at in range(count):
        columns[at] = alike([number(text) for text in columns[at]])
    columns[count:] = [alike(column) for column in columns[count:]]
    try:
        table = pyarrow.table(dict(zip(names, columns, strict=True)))
        pyarrow.parquet.write_table(table, path, row_group_size=AT_ONCE)
    except OSError as error:
        raise UsageError(f"cannot write `{path}`: {error}", "choose another file") from None


def alike(values: list[Any]) -> list[Any]:
    """Return values of one kind: as texts if words are among them, as floats if fractions are."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) < 2:
        return values
    kind: type = str if str in kinds else float
    return [None if value is None else kind(value) for value in values]
