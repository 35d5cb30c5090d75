"""Broken submissions: one broken answer voids no other, in any format, under any name."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from cnncalc.diagnostics import Source
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.submissions.read import SubmissionReader
from cnncalc.grading.submissions.text import Unreadable

READER = SubmissionReader(
    read_assignment_text(
        Source(
            "hw.yaml",
            """
specs:
  net:
    input: 3x32x32
    layers:
      - conv: {name: conv1, out_channels: 8, kernel_size: 5, padding: 2}
      - max_pool: {name: pool1, kernel_size: 2}
      - conv: {name: conv2, out_channels: 16, kernel_size: 3}
questions:
  - {id: q1, kind: shape, node: conv1}
  - {id: q2, kind: params, node: conv1}
  - {id: q3, kind: table, rows: [pool1, conv2], columns: [shape, params]}
  - {id: q4, kind: receptive_field, node: conv2}
  - {id: q5, kind: macs, node: conv2}
  - {id: q6, kind: choice, node: conv2, options: [14x14x16, 16x16x16]}
""",
        )
    )
)
SINGLE = {"q1": "32x32x8", "q2": "608", "q4": "10", "q5": "225,792", "q6": "a"}
ROWS = {"pool1": ("16x16x8", "0"), "conv2": ("14x14x16", "1,168")}
CELLS = {f"q3/{row}/{column}": text for row, texts in ROWS.items()
         for column, text in zip(("shape", "params"), texts, strict=True)}  # fmt: skip
RIGHT = SINGLE | CELLS
#: A line of a submission: the items it answers, and its text.
Line = tuple[set[str], str]


def lines(form: str) -> list[Line]:
    return [({item}, form.format(item, text)) for item, text in RIGHT.items()]


def around(table: list[Line], form: str) -> list[Line]:
    """Return single answers with a table in their middle."""
    own: list[Line] = [({item}, form.format(item, text)) for item, text in SINGLE.items()]
    return [*own[:2], *table, *own[2:]]


def row(form: str) -> list[Line]:
    return [({f"q3/{name}/shape", f"q3/{name}/params"}, form.format(name, *texts))
            for name, texts in ROWS.items()]  # fmt: skip


JSON_ROWS = row('    "{}": {{"shape": "{}", "params": "{}"}},')
JSON_ROWS[-1] = (JSON_ROWS[-1][0], JSON_ROWS[-1][1].rstrip(","))
FORMATS: dict[str, tuple[str, list[Line]]] = {
    "text": (".txt", lines("{}: {}")),
    "dashes": (".txt", lines("{} - {}")),
    "brackets": (".txt", lines("({}) {}")),
    "tabs": (".tsv", lines("{}\t{}")),
    "csv": (".csv", [(set(), "id,answer"), *lines('{},"{}"')]),
    "semicolons": (".csv", [(set(), "id;answer"), *lines("{};{}")]),
    "yaml": (".yaml", around(
        [(set(), "q3:"), *row('  {}: {{shape: {}, params: "{}"}}')], "{}: {}")),
    "markdown": (".md", around(
        [(set(), "\n## q3\n"), (set(), "| layer | shape | params |"), (set(), "|---|---|---|"),
         *row("| {} | {} | {} |"), (set(), "")], "**{}**: {}")),
}  # fmt: skip


JSON = [(set(), "{"), *around([(set(), '  "q3": {'), *JSON_ROWS, (set(), "  },")], '  "{}": "{}",'),
        (set(), '"end": 0}')]  # fmt: skip


def text_of(found: list[Line]) -> str:
    return "".join(text + "\n" for _, text in found)


def read(data: str | bytes, name: str) -> dict[str, str]:
    raw = data if isinstance(data, bytes) else data.encode()
    answers = READER.read(raw, name).answers
    return {item: text.strip() for item, text in answers.items()}


WHOLE: dict[str, Callable[[str], str | bytes]] = {
    "as it is": lambda text: text,
    "old line ends": lambda text: text.replace("\n", "\r"),
    "blank lines": lambda text: text.replace("\n", "\n\n"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16 without a mark": lambda text: text.encode("utf-16-be"),
    "a stray byte": lambda text: text.encode() + b"Gr\xfc\xdfe\n",
    "hard spaces": lambda text: text.replace(" ", "\xa0"),
    "indented": lambda text: "".join("   " + line for line in text.splitlines(True)),
    "twice": lambda text: text + text,
    "a conflict": lambda text: f"<<<<<<< HEAD\n{text}=======\n>>>>>>> main\n",
    "a fence": lambda text: f"```\n{text}```\n",
}


@pytest.mark.parametrize("mutation", WHOLE)
@pytest.mark.parametrize("form", FORMATS)
def test_what_happens_to_a_whole_file_loses_no_answer(form: str, mutation: str) -> None:
    suffix, found = FORMATS[form]
    assert read(WHOLE[mutation](text_of(found)), "a" + suffix) == RIGHT


DAMAGE: dict[str, Callable[[str], str]] = {
    "other words": lambda _: "%%% what @@@ is this?",
    "an open quote": lambda line: line.replace(" ", ' "', 1) if " " in line else line + '"',
    "an open bracket": lambda line: line + " [[[",
    "an open brace": lambda line: line + " {",
    "no signs": lambda line: "".join(char for char in line if char.isalnum()),
    "endless": lambda line: line + "9" * 150_000,
    "a tag": lambda line: line.replace(": ", ": !!python/object "),
    "NUL bytes": lambda line: line[:4] + "\0\0" + line[4:],
    "a rule": lambda _: "---",
    "deep": lambda line: line + " " + '{"a": [' * 3000,
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("form", FORMATS)
def test_a_broken_line_loses_only_its_own_answers(form: str, damage: str) -> None:
    suffix, found = FORMATS[form]
    places = [i for i, (items, _) in enumerate(found) if items]
    for place in random.Random(form + damage).sample(places, 3):
        items, line = found[place]
        broken = [*found[:place], (items, DAMAGE[damage](line)), *found[place + 1 :]]
        answers = read(text_of(broken), "a" + suffix)
        assert {item: answers.get(item) for item in RIGHT if item not in items} == {
            item: text for item, text in RIGHT.items() if item not in items
        }, place


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_cut_off_keeps_its_whole_lines(form: str) -> None:
    suffix, found = FORMATS[form]
    for count in range(4, len(found)):
        items = set().union(*(items for items, _ in found[:count]))
        answers = read(text_of(found[:count]), "a" + suffix)
        assert {item: answers.get(item) for item in items} == {item: RIGHT[item] for item in items}


@pytest.mark.parametrize(
    "label",
    ["{}) ", "({}) ", "Q{}. ", "**Q{}.** ", "Question {}: ", "Q {}: ", "q_{}: ", "Q{} - ", "Q{}: ",
     "Q{} (2 points): ", "q{} => ", "### Question {}\n", "Aufgabe {}: ", "#{}: "],
)  # fmt: skip
def test_questions_are_numbered_in_many_ways(label: str) -> None:
    text = "".join(f"{label.format(item[1:])}{text}\n" for item, text in SINGLE.items())
    assert read(text, "a.txt") == SINGLE


def test_several_answers_in_one_line_and_one_answer_in_several() -> None:
    assert read("q1: 32x32x8, q2: 608; q4: 10\n", "a.txt") == {
        "q1": "32x32x8", "q2": "608", "q4": "10",
    }  # fmt: skip
    text = "q5: 14*14*16\n   *3*3*8\nq4: 10\nBest regards\n"
    assert read(text, "a.txt") == {"q5": "14*14*16 *3*3*8", "q4": "10"}


def test_an_answer_that_is_a_number_of_a_question_is_no_heading() -> None:
    assert read("q1,2\nq2,4\n", "a.csv") == {"q1": "2", "q2": "4"}
    assert read('q3/pool1/params,1,4"\nq2,608\n', "a.csv")["q2"] == "608"


def test_commas_in_a_row_do_not_cut_its_cells() -> None:
    text = (
        "q3:\n  pool1: {shape: (16, 16, 8), params: 0}\n  conv2: {shape: 14x14x16, params: 1,168}\n"
    )
    assert read(text, "a.yaml") == CELLS | {"q3/pool1/shape": "(16, 16, 8)"}


def test_notebooks_and_pages() -> None:
    cells = '{"cells": [{"cell_type": "markdown", "source": ["q1: 32x32x8\\n", "q6: a"]}, '
    assert read(cells + '{"cell_type": "code", "source": "q2 = \\"608\\""}]}', "a.ipynb") == {
        "q1": "32x32x8", "q6": "a", "q2": "608",
    }  # fmt: skip
    table = "<table><tr><td>q1</td><td>32x32x8</td></tr></table><p>q2: 608</p>"
    assert read("<script>var q1: 5</script>" + table, "a.txt") == {"q1": "32x32x8", "q2": "608"}


@pytest.mark.parametrize("mutation", list(WHOLE)[:6])
def test_json_is_read_whole(mutation: str) -> None:
    if mutation != "a stray byte":
        assert read(WHOLE[mutation](text_of(JSON)), "a.json") == RIGHT


@pytest.mark.parametrize("damage", DAMAGE)
def test_broken_json_is_left_to_a_person(damage: str) -> None:
    text = text_of([*JSON[:2], (set(), DAMAGE[damage](JSON[2][1])), *JSON[3:]])
    if damage != "NUL bytes":
        with pytest.raises(Unreadable, match="not valid JSON"):
            read(text, "a.json")
