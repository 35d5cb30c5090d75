"""A table as a value: titled columns, rows of text, a total, and lines below."""

from __future__ import annotations

from cnncalc.escaping import visible
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal


#: How dispensable a column is that only repeats another; it goes before any text is cut.
DECORATION = 9


class Column(Record):
    """One column: its key on the command line, its title, and how it is aligned.

    `flexible` columns may be shortened where space is short, as far as `least` characters; of those
    that may be left out altogether the one with the highest `dispensable` goes first (0: never).
    """

    key: str
    title: str
    align: Literal["left", "right"] = "left"
    flexible: bool = False
    dispensable: int = 0
    least: int = 12


class TableRow(Record):
    """One row of cells, with what a renderer needs to style it."""

    cells: tuple[str, ...]
    level: int = 0
    kind: Literal["node", "group", "heading", "total"] = "node"


class Table(Record):
    """What a renderer prints: a title, columns and rows, then labelled lines and warnings.

    `left_out` are the titles of columns for which there was no room, `lead` lines that must be
    read before any number.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    footer: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()

    def visible(self) -> Table:
        """Return the table with control characters in its texts shown as escapes."""
        texts = [
            self.title,
            *self.lead,
            *self.warnings,
            *[text for line in self.footer for text in line],
        ]
        texts += [cell for row in self.rows for cell in row.cells]
        if "".join(texts).isprintable():  # the usual case
            return self
        rows = [
            row.replace(cells=tuple([visible(cell) for cell in row.cells])) for row in self.rows
        ]
        return self.replace(
            title=visible(self.title),
            rows=tuple(rows),
            footer=tuple([(visible(a), visible(b)) for a, b in self.footer]),
            warnings=tuple([visible(text) for text in self.warnings]),
            lead=tuple([visible(text) for text in self.lead]),
        )

    def without(self, key: str) -> Table:
        """Return the table without the column of that key, if it has it."""
        kept = [i for i, column in enumerate(self.columns) if column.key != key]
        rows = [row.replace(cells=tuple([row.cells[i] for i in kept])) for row in self.rows]
        return self.replace(columns=tuple([self.columns[i] for i in kept]), rows=tuple(rows))

    def natural_width(self) -> int:
        """Return the characters that the longest line of columns takes."""
        widths = widths_of(self.columns, [row.cells for row in self.rows])
        return sum(widths) + 2 * (len(widths) - 1)

    def fitted(self, width: int) -> Table:
        """Return the table with columns dropped and texts shortened to fit a line of `width`."""
        columns, rows = list(self.columns), [row.cells for row in self.rows]
        left_out: list[str] = []
        while True:
            widths = widths_of(columns, rows)
            excess = sum(widths) + 2 * (len(widths) - 1) - width
            slack = sum(
                max(0, widths[i] - max(c.least, len(c.title)))
                for i, c in enumerate(columns)
                if c.flexible
            )
            drop = max(range(len(columns)), key=lambda i: columns[i].dispensable)
            decoration = columns[drop].dispensable == DECORATION
            if excess <= (0 if decoration else slack) or not columns[drop].dispensable:
                break
            if not decoration:
                left_out.append(columns[drop].title)
            del columns[drop]
            rows = [cells[:drop] + cells[drop + 1 :] for cells in rows]
        if excess > 0:
            rows = shortened(columns, rows, widths, excess)
        kept = [row.replace(cells=cells) for row, cells in zip(self.rows, rows, strict=True)]
        return self.replace(
            columns=tuple(columns), rows=tuple(kept), left_out=(*self.left_out, *left_out)
        )

    def within(self, width: int) -> Table:
        """Return the table no wider than that: columns that must not go do, the last one first."""
        table = self
        while (found := table.fitted(width)).natural_width() > width and len(table.columns) > 2:
            last = table.columns[-1]
            table = table.without(last.key).replace(left_out=(*table.left_out, last.title))
        return found


def widths_of(columns: Sequence[Column], rows: list[tuple[str, ...]]) -> list[int]:
    """Return the characters that each column takes."""
    return [
        max([len(column.title), *[len(cells[i]) for cells in rows]])
        for i, column in enumerate(columns)
    ]


def shortened(
    columns: list[Column], rows: list[tuple[str, ...]], widths: list[int], excess: int
) -> list[tuple[str, ...]]:
    """Return rows whose flexible cells are cut in the middle, the widest columns first."""
    limits = list(widths)
    for _ in range(excess):
        flexible = [
            i for i, c in enumerate(columns) if c.flexible and limits[i] > max(8, len(c.title))
        ]
        if not flexible:
            break
        # Names give way first; the last characters of a layer tell its stride and padding.
        limits[max(flexible, key=lambda i: limits[i] - columns[i].least)] -= 1
    return [tuple([cut(cell, limits[i]) for i, cell in enumerate(cells)]) for cells in rows]


def cut(text: str, width: int) -> str:
    """Return a text of at most `width` characters, its middle left out where it is longer.

    Of a path the parts in the middle go first: `stage1_1/…/conv_1`.
    """
    if len(text) <= width:
        return text
    head, slash, rest = text.partition("/")
    tail = rest.rpartition("/")[2]
    if slash and tail != rest and len(head) + len(tail) + 3 <= width:
        middle = rest[: -len(tail) - 1].split("/")
        while middle and len(head) + 3 + len("/".join([*middle, tail])) > width:
            middle.pop(0)
        return "/".join([head, "…", *middle, tail])
    kept = (width - 1) * 2 // 3
    return text[: width - 1 - kept] + "…" + text[len(text) - kept :]
