"""What a search found: a table, rows for programs, JSON, and Parquet (extra `parquet`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import UsageError
from cnncalc.report.table import Column, Table, TableRow
from cnncalc.report.words import byte_size
from cnncalc.search.figures import FIGURES
from cnncalc.search.store import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.search.found import Census, Found, Point

SCHEMA = "cnncalc.found/1"
MOST_REASONS = 8


def shown(name: str, value: Any) -> str:
    """Return a figure as a cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if name in FIGURES and FIGURES[name][1] == "bytes":
        return byte_size(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def table(found: Found) -> Table:
    """Return the points as rows; the last column marks those on the front."""
    columns = [Column(name, name, "right") for name in found.variables]
    columns += [Column(name, name, "right") for name in found.figures]
    marks = bool(found.objectives) and not all(point.on_front for point in found.points)
    if marks:
        columns.append(Column("front", "front"))
    rows = []
    for point in found.points:
        texts = found.texts(point.key)
        cells = [texts[name] for name in found.variables]
        cells += [shown(name, point.figures.get(name)) for name in found.figures]
        if marks:
            cells.append("*" if point.on_front else "")
        rows.append(TableRow(tuple(cells)))
    return Table(title(found), tuple(columns), tuple(rows), footer(found, marks))


def title(found: Found) -> str:
    """Return what the points are, in a line."""
    number, passed = len(found.points), found.census.passed
    if found.objectives and number and all(point.on_front for point in found.points):
        what = f"the front of {passed:,}" if number == found.front else f"{number} of the front"
        return f"{found.spec}: {what} by {', '.join(found.objectives)}"
    return f"{found.spec}: {number:,} of {passed:,} that pass"


def footer(found: Found, marks: bool) -> tuple[tuple[str, str], ...]:
    """Return the census, and the command that shows the first point."""
    lines = census_lines(found.census, found.size)
    if marks:
        lines.append(("*", f"on the front of {found.front:,} by {', '.join(found.objectives)}"))
    if found.points:
        lines.append(("the first", found.command(found.points[0].key)))
    return tuple(lines)


def census_lines(census: Census, size: int) -> list[tuple[str, str]]:
    """Return how many candidates were tried, passed, and failed for which reason."""
    lines = [("tried", f"{census.tried:,} of {size:,}"), ("pass", f"{census.passed:,}")]
    lines += [("fail", f"{times:,}  {text}") for text, times in census.failed]
    lines += [("unknown", f"{times:,}  {text}") for text, times in census.unknown]
    for text, times in census.misfits[:MOST_REASONS]:
        lines.append(("no network", f"{times:,}  {text}"))
    rest = census.misfits[MOST_REASONS:]
    if rest:
        lines.append(("", f"{sum(times for _, times in rest):,}  {len(rest)} other reasons"))
    if census.undecided:
        lines.append(
            ("undecided", f"{census.undecided:,}  `cnncalc search --resume` computes what is asked")
        )
    return lines


def header(found: Found) -> list[str]:
    """Return the names of `records`' values."""
    return [
        *found.variables,
        *[f"net.{name}" if name in found.variables else name for name in found.figures],
        "front",
        "command",
    ]


def records(found: Found) -> Iterator[list[Any]]:
    """Yield the values of each point for programs: exact figures, None where one is not known."""
    for point in found.points:
        yield [
            *found.texts(point.key).values(),
            *[figure(point, name) for name in found.figures],
            point.on_front,
            found.command(point.key),
        ]


def figure(point: Point, name: str) -> Any:
    """Return a figure, None if it is not known."""
    value = point.figures.get(name)
    return None if value == "unknown" else value


def csv(found: Found) -> str:
    """Return the points as comma-separated values; the front is marked by 1."""
    import csv as writer
    import io

    text = io.StringIO()
    rows = writer.writer(text, lineterminator="\n")
    rows.writerow(header(found))
    for *values, on_front, command in records(found):
        rows.writerow(["" if v is None else v for v in values] + [int(on_front), command])
    return text.getvalue()


def as_json(found: Found) -> str:
    """Return the points and the census for programs."""
    points = []
    for point in found.points:
        points.append(
            {
                "values": found.texts(point.key),
                "figures": {name: figure(point, name) for name in found.figures},
                "objectives": list(point.values),
                "front": point.on_front,
                "command": found.command(point.key),
            }
        )
    census = found.census
    value = {
        "schema": SCHEMA,
        "name": found.spec,
        "size": found.size,
        "tried": census.tried,
        "passed": census.passed,
        "failed": dict(census.failed),
        "unknown": dict(census.unknown),
        "no_network": dict(census.misfits),
        "undecided": census.undecided,
        "objectives": list(found.objectives),
        "points": points,
    }
    return json.dumps(value, indent=2) + "\n"


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
