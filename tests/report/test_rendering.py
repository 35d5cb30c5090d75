"""Tables in every format: what was put in comes out, whatever the text and the width."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cnncalc.report import markup, text
from cnncalc.report.table import Column, Table, TableRow, cut
from cnncalc.report.text import render
from cnncalc.report.words import byte_size, integer, percent

printable = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"))
words = st.text(printable, max_size=30)
numbers = st.integers(0, 10**13).map(lambda n: f"{n:,}")


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Draw a table of names, numbers and decorations with any text in it."""
    columns = [Column("name", "name", flexible=True), Column("macs", "MACs", "right")]
    cells = [words, numbers]
    for number in range(draw(st.integers(0, 3))):
        level = draw(st.integers(1, 9))
        columns.append(Column(f"c{number}", draw(words), dispensable=level))
        cells.append(words)
    kinds = st.sampled_from(["node", "group", "heading"])
    rows = [
        TableRow(tuple([draw(cell) for cell in cells]), draw(st.integers(0, 3)), draw(kinds))
        for _ in range(draw(st.integers(0, 5)))
    ]
    rows.append(TableRow(("total", draw(numbers), *[""] * (len(cells) - 2)), kind="total"))
    footer = draw(st.lists(st.tuples(words.filter(bool), words), max_size=2))
    warnings = draw(st.lists(words, max_size=2))
    return Table(draw(words), tuple(columns), tuple(rows), tuple(footer), tuple(warnings))


@given(tables())
def test_csv_can_be_read_back(table: Table) -> None:
    read = list(csv.reader(io.StringIO(text.csv(table), newline="")))
    assert read[0] == [column.key for column in table.columns]
    assert read[1:] == [list(row.cells) for row in table.rows if row.kind != "total"]


class Cells(HTMLParser):
    """The text of every table cell of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002  # the base's
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


@given(tables())
def test_html_shows_every_cell_as_it_is(table: Table) -> None:
    page = Cells()
    page.feed(markup.html(table))
    assert page.rows[0] == [column.title for column in table.columns]
    assert page.rows[1:] == [list(row.cells) for row in table.rows]
    assert "<script" not in markup.html(table).replace("&lt;script", "")


@given(tables())
def test_markdown_has_as_many_cells_in_every_row(table: Table) -> None:
    lines = [line for line in markup.markdown(table).splitlines() if line.startswith("| ")]
    assert len(lines) == len(table.rows) + 2
    for line in lines:
        assert len(re.findall(r"(?<!\\)\|", line.replace("\\\\", ""))) == len(table.columns) + 1


@given(tables())
def test_latex_is_balanced_and_has_as_many_cells_in_every_row(table: Table) -> None:
    lines = markup.latex(table).splitlines()
    rows = [line for line in lines if line.endswith(r" \\")]
    assert len(rows) == len(table.rows) + 1
    for row in rows:
        plain = re.sub(r"\\[\\{}&%$#_]", "", row.removesuffix(r" \\"))
        assert plain.count("&") == len(table.columns) - 1
        assert plain.count("{") == plain.count("}")
        assert plain.count("$") % 2 == 0
        assert not set(plain) & set("%#~^")


@given(tables(), st.integers(20, 120))
def test_plain_text_is_aligned_and_never_cuts_a_number(table: Table, width: int) -> None:
    lines = text.plain(table, width).splitlines()
    fitted = table.fitted(width)
    assert [c for c in table.columns if not c.dispensable] == [
        c for c in fitted.columns if not c.dispensable
    ]
    for full, row in zip(table.rows, fitted.rows, strict=True):
        assert row.cells[1] == full.cells[1]
    rules = {len(line) for line in lines if line and set(line) == {"─"}}
    assert rules == {fitted.natural_width()}
    if fitted.natural_width() > width:  # only when nothing is left to leave out
        assert not any(c.dispensable for c in fitted.columns)
        assert max(len(row.cells[0]) for row in fitted.rows) <= 8


@given(tables())
def test_without_a_width_nothing_is_left_out(table: Table) -> None:
    printed = text.plain(table, None)
    for row in table.rows:
        for cell in row.cells:
            assert cell.rstrip() in printed


@given(words, st.integers(2, 40))
def test_a_cut_text_fits_and_keeps_both_ends(value: str, width: int) -> None:
    result = cut(value, width)
    assert len(result) <= max(width, 1)
    if len(value) <= width:
        assert result == value
    else:
        head, _, tail = result.partition("…")
        assert value.startswith(head)
        assert value.endswith(tail) or "…" in value


@given(st.lists(st.text("ab ", max_size=8), max_size=30).map(" ".join), st.integers(10, 60))
def test_wrapping_keeps_the_words(value: str, width: int) -> None:
    lines = text.folded(value, width)
    assert " ".join(lines).split() == value.split()
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize("format", ["table", "csv", "markdown", "latex", "html"])
def test_every_format_ends_with_a_line(format: str) -> None:
    table = Table("t", (Column("a", "a"),), (TableRow(("x",)),))
    assert render(table, format).endswith("\n")


@given(st.integers(0, 10**16))
@example(999_499)
@example(999_500)
@example(999_999_999)
@example(9_995)
def test_units_keep_three_digits(value: int) -> None:
    shown = integer(value, units=True)
    number, _, unit = shown.partition(" ")
    scale = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}[unit]
    number = number.replace(",", "")
    assert abs(float(number) * scale - value) * 2 <= scale * 10 ** -len(number.partition(".")[2])
    assert unit == "T" or float(number) < 1000
    if unit:
        assert sum(char.isdigit() for char in number) >= 3


@given(st.integers(0, 10**13))
def test_exact_integers_have_separators(value: int) -> None:
    assert int(integer(value).replace(",", "")) == value
    assert re.fullmatch(r"\d{1,3}(,\d{3})*", integer(value))


@given(st.integers(1, 10**15))
def test_bytes_never_show_nothing(count: int) -> None:
    number, unit = byte_size(count).split()
    scale = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[unit]
    assert float(number.replace(",", "")) > 0
    assert abs(float(number.replace(",", "")) * scale - count) <= scale / 200 + 1e-6


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_shares_show_zero_only_for_nothing(part: int, whole: int) -> None:
    part = min(part, whole)
    shown = percent(part, whole)
    assert (shown == "0") == (part == 0)
    if shown == "<0.1":
        assert part / whole < 0.001
    else:
        assert abs(float(shown) - 100 * part / whole) <= 0.0501
