"""The same answers are read alike in whatever format they are handed in."""

from __future__ import annotations

import csv
import html
import io
import json
import random
from collections.abc import Callable

import pytest

from cnncalc.diagnostics import Source
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.submissions.read import SubmissionReader

READER = SubmissionReader(
    read_assignment_text(
        Source(
            "hw.yaml",
            """
specs:
  net:
    input: 3x32x48
    layers:
      - conv: {name: conv1, out_channels: 8, kernel_size: 5, padding: 2}
      - max_pool: {name: pool1, kernel_size: 2}
      - conv: {name: conv2, out_channels: 16, kernel_size: 3}
questions:
  - {id: q1, kind: shape, node: conv1}
  - {id: q2, kind: params, node: conv1}
  - {id: q3, kind: table, rows: [pool1, conv2], columns: [shape, params]}
  - {id: q4, kind: receptive_field, node: conv2}
  - {id: q10, kind: choice, node: conv2, options: [14x22x16, 16x24x16]}
""",
        )
    )
)
ITEMS = ("q1", "q2", "q3/pool1/shape", "q3/pool1/params", "q3/conv2/shape", "q3/conv2/params",
         "q4", "q10")  # fmt: skip
#: Answers that hold what divides answers elsewhere.
TYPED = (
    "32x48x8", "(32, 48, 8)", "[32,48,8]", "{32,48,8}", r"\(32\times 48\times 8\)", "8@32x48",
    "C: 8, H: 32, W: 48", "(None, 32, 48, 8)", "32*48*8", "32|48|8", "<32, 48, 8>", "= 608",
    "(5*5*3+1)*8 = 608", "1{,}234", "#params = 608", "608 # ok", "600 weights + 8 biases: 608",
    "**608**", "`608`", '"608"', "it doesn't fit", "b) 14x22x16", "608 (from q2)",
    "same as q1: 32x48x8", "-> 32x48x8", "1'234", "no; 4.5", "?", "", "608.", "$608$", "[x] 608",
)  # fmt: skip
Sheet = dict[str, str]


def lines(form: str, change: Callable[[str], str] = str) -> Callable[[Sheet], str]:
    return lambda sheet: "".join(form.format(key, change(text)) for key, text in sheet.items())


def nested(sheet: Sheet) -> dict[str, dict[str, dict[str, str]] | str]:
    result: dict[str, dict[str, dict[str, str]] | str] = {}
    for key, text in sheet.items():
        name, *cell = key.split("/")
        if cell:
            table = result.setdefault(name, {})
            assert isinstance(table, dict)
            table.setdefault(cell[0], {})[cell[1]] = text
        else:
            result[name] = text
    return result


def sections(single: str, head: str, row: str, cell: Callable[[str], str], end: str = "") -> (
    Callable[[Sheet], str]
):  # fmt: skip
    def write(sheet: Sheet) -> str:
        parts = []
        for name, answer in nested(sheet).items():
            if isinstance(answer, str):
                parts.append(single.format(name, answer if cell is barred else cell(answer)))
            else:
                rows = [row.format(label, *map(cell, texts.values()))
                        for label, texts in answer.items()]  # fmt: skip
                parts.append(head.format(name) + "".join(rows) + end)
        return "".join(parts)

    return write


def barred(text: str) -> str:
    return text.replace("|", "\\|")


def delimited(mark: str, wide: bool = False, heads: bool = True) -> Callable[[Sheet], str]:
    def write(sheet: Sheet) -> str:
        page = io.StringIO()
        rows = [tuple(sheet), tuple(sheet.values())] if wide else list(sheet.items())
        first = [("id", "answer")] if heads and not wide else []
        csv.writer(page, delimiter=mark).writerows([*first, *rows])
        return page.getvalue()

    return write


FORMATS: dict[str, Callable[[Sheet], str]] = {
    "colon.txt": lines("{}: {}\n"),
    "close.txt": lines("{}:{}\n"),
    "equals.txt": lines("{} = {}\n"),
    "tab.txt": lines("{}\t{}\n"),
    "bracket.txt": lines("{}) {}\n"),
    "dash.txt": lines("{} - {}\n"),
    "below.txt": lines("{}:\n{}\n\n"),
    "list.md": lines("- **{}**: {}\n"),
    "bold.md": lines("**{}** {}\n\n"),
    "heading.md": lines("# {0}\n\n{0}: {1}\n\n"),
    "numbered.md": lines("1. **{}**: {}\n"),
    "rows.md": lambda sheet: "| id | answer |\n|--|--|\n" + lines("| {} | {} |\n", barred)(sheet),
    "points.md": lambda sheet: (
        "| id | points | answer |\n|--|--|--|\n" + lines("| {} | 2 | {} |\n", barred)(sheet)
    ),
    "sections.md": sections(
        "## {}\n\n{}\n\n", "## {}\n\n| layer | shape | params |\n|--|--|--|\n",
        "| {} | {} | {} |\n", barred, "\n",
    ),
    "flat.yaml": lines("{}: {}\n", json.dumps),
    "quoted.yaml": lines("{}: '{}'\n", lambda text: text.replace("'", "''")),
    "block.yaml": lines("{}: |\n  {}\n"),
    "list.yaml": lines("- id: {}\n  answer: {}\n", json.dumps),
    "list.json": lambda sheet: json.dumps([{"id": k, "answer": v} for k, v in sheet.items()]),
    "nested.yaml": sections(
        "{}: {}\n", "{}:\n", "  {}:\n    shape: {}\n    params: {}\n", json.dumps
    ),
    "flat.json": json.dumps,
    "nested.json": lambda sheet: json.dumps({"answers": nested(sheet)}),
    "heads.csv": delimited(","),
    "bare.csv": delimited(",", heads=False),
    "semicolon.csv": delimited(";"),
    "wide.csv": delimited(",", wide=True),
    "list.html": lines("<li><strong>{}</strong> {}</li>\n", html.escape),
    "paragraphs.html": lines("<p>{}: {}</p>\n", html.escape),
    "unclosed.html": lines("<p>{}: {}", html.escape),
    "rows.html": lambda sheet: (
        "<table>" + lines("<tr><td>{}</td><td>{}</td></tr>", html.escape)(sheet) + "</table>"
    ),
    "sections.html": sections(
        "<p><b>{}</b>: {}</p>", "<h2>{}</h2><table><tr><th>layer<th>shape<th>params</tr>",
        "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", html.escape, "</table>",
    ),
}  # fmt: skip


def sheets(count: int) -> list[Sheet]:
    draw = random.Random(7)
    return [{item: draw.choice(TYPED) for item in ITEMS} for _ in range(count)]


def bare(answers: dict[str, str]) -> Sheet:
    """Return answers without what only quotes, emphasises or leads to them."""
    texts = {item: answers.get(item, "").strip("\"'*` ") for item in ITEMS}
    return {item: text.lstrip("=-> ") for item, text in texts.items()}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_answers(name: str) -> None:
    for sheet in sheets(40):
        found = READER.read(FORMATS[name](sheet).encode(), name).answers
        assert bare(found) == bare(sheet), FORMATS[name](sheet)


SHAPE, COUNT = "32x48x8", "608"
#: Pages on which `q1` is answered with SHAPE and `q2` with COUNT, among other things.
PAGES = {
    "headed.md": "**q1**\n\n32x48x8\n\n**q2** (1 point)\n\n608\n",
    "told.md": "**q1** asks for the shape, **q2** for more.\n\nq1: 32x48x8\nq2: 608\n",
    "empty.txt": "q1:\nq2:\nq1: 32x48x8\nq2: 608\n",
    "line.txt": "q1: 32x48x8 q2: 608",
    "chinese.txt": "q1：32x48x8\nq2： 608\n",
    "ticked.md": "- [x] q1: 32x48x8\n- [ ] q2: 608\n",
    "wide.md": "| q1 | q2 |\n|--|--|\n| 32x48x8 | 608 |\n",
    "text.md": "| id | text | answer |\n|-|-|-|\n| q1 | Shape? | 32x48x8 |\n| q2 | ? | 608 |\n",
    "numbers.html": "<ol><li>32x48x8</li><li><p>608</p></li></ol>",
    "wide.html": "<table><tr><th>q1<th>q2<tr><td>32x48x8<td>608</table>",
    "spaced.html": "<p><strong>q1</strong><br>32x48x8</p><p><strong>q2 </strong>608</p>",
}


@pytest.mark.parametrize("name", PAGES)
def test_answers_are_found_however_a_page_is_made(name: str) -> None:
    found = READER.read(PAGES[name].encode(), name).answers
    assert (found.get("q1", "").strip(), found.get("q2", "").strip()) == (SHAPE, COUNT)


def test_an_unsure_answer_is_an_answer() -> None:
    found = READER.read(b"q1: 32x48x8?\nI am not sure\nq2: 600? No: 608\n", "a.txt").answers
    assert (found["q1"], found["q2"]) == ("32x48x8?", "600? No: 608")


@pytest.mark.parametrize(
    "rows",
    [
        "pool1 16x24x8 0\nconv2 14x22x16 1,168", "pool1: 16x24x8, 0\nconv2: 14x22x16, 1,168",
        "pool1: 16x24x8; 0\nconv2: 14x22x16; 1,168",
    ],
)  # fmt: skip
def test_rows_of_a_table_are_divided_by_any_sign(rows: str) -> None:
    found = READER.read(f"q1: 32x48x8\nq3:\n{rows}\nq4: 10\n".encode(), "a.txt").answers
    cells = ("q3/pool1/shape", "q3/pool1/params", "q3/conv2/shape", "q3/conv2/params", "q4")
    assert [found[cell] for cell in cells] == ["16x24x8", "0", "14x22x16", "1,168", "10"]


def test_a_table_without_a_head_that_says_which_cell_is_the_answer_is_left_to_a_person() -> None:
    raw = READER.read(b"| Q | Pts | Antwort |\n|--|--|--|\n| q1 | 2 | 32x48x8 |\n", "a.md")
    assert raw.answers["q1"] == ""
    assert raw.problems == ["q1: which of the cells is the answer?"]


@pytest.mark.parametrize("filler", [" ", "<b> ", "<ol>", "<td>|", "<p>"])
def test_a_page_of_nothing_is_read_in_linear_time(filler: str) -> None:
    page = "<table><tr><td>q1</td><td>608</td></tr>" + filler * (100_000 // len(filler)) + "x"
    assert READER.read(page.encode(), "a.html").answers["q1"].startswith("608")
