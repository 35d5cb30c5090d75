"""What somebody meets who uses the commands for the first time: marks set by hand that survive,
wrong uses, and texts as they are read."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest

from cnncalc import grading
from cnncalc.cli import run
from cnncalc.diagnostics import UsageError
from cnncalc.grading.answers import show_number
from cnncalc.grading.points import out_of

HOMEWORK = """
specs:
  net:
    input: 3x32x32
    layers:
      - conv: {name: conv, out_channels: 8, kernel_size: 5, padding: 2}
      - max_pool: {name: pool, kernel_size: 2}
questions:
  - {id: q1, kind: shape, node: conv}
  - {id: q2, kind: params, node: conv, points: 2}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hw.yaml").write_text(HOMEWORK)
    (tmp_path / "ada.txt").write_text("q1: 28x28x8\nq2: 5\n")
    return tmp_path


def totals(folder: str) -> dict[str, str]:
    with open(f"{folder}/gradebook.csv", encoding="utf-8", newline="") as file:
        return {row["student"]: row["total"] for row in csv.DictReader(file)}


def test_marks_set_by_hand_survive_whatever_their_file_was_called(place: Path) -> None:
    (place / "mine.csv").write_text('ada,q2,1/3,"=half, nearly"\n')
    assert run(["grade", "hw.yaml", "ada.txt", "-o", "a", "--overrides", "mine.csv"]) == 0
    first = totals("a")
    assert first == {"ada": "0.8333"}
    (place / "mine.csv").unlink()
    assert run(["regrade", "hw.yaml", "a"]) == 0
    assert totals("a") == first
    assert run(["regrade", "hw.yaml", "a", "-o", "b"]) == 0
    assert run(["regrade", "hw.yaml", "b"]) == 0
    assert totals("b") == first
    assert run(["grade", "hw.yaml", "ada.txt", "-o", "b"]) == 0
    assert totals("b") == first
    assert not (place / "b/overrides.previous.csv").exists()


def test_marks_set_by_hand_that_are_replaced_are_kept_and_told(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "one.csv").write_text("ada,q2,1,oral\n")
    (place / "two.csv").write_text("ada,q1,1,typo\n")
    command = ["grade", "hw.yaml", "ada.txt", "-o", "a", "--overrides"]
    assert run([*command, "one.csv"]) == run([*command, "one.csv"]) == 0
    assert "overrides" not in capsys.readouterr().out
    assert run([*command, "two.csv"]) == 0
    assert "overrides.previous.csv" in capsys.readouterr().out
    assert "oral" in (place / "a/overrides.previous.csv").read_text()
    assert totals("a") == {"ada": "1"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("grade lenet5", "`lenet5` is a network, not an assignment"),
        ("grade --make-gradescope hw.yaml ada.txt -o a.zip", "takes the assignment alone"),
        ("quiz lenet5 --seed s --students ada.txt --count 3", "exclude one another"),
        ("quiz lenet5 --seed s", "for whom?"),
        ("quiz lenet5 --seed s --count 1 --format pdf", "there is no quiz format `pdf`"),
        ("grade hw.yaml ada.txt --canvas-id 4x", "is not an assignment's number"),
    ],
)
@pytest.mark.usefixtures("place")
def test_what_makes_no_sense_is_refused(
    words: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words.split()) == 2
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("name", ["level", "markup", "outputs", "attempts", "deadline"])
@pytest.mark.usefixtures("place")
def test_a_program_is_told_of_words_that_fit_nothing(name: str) -> None:
    with pytest.raises(UsageError, match="sometimes"):
        grading.grade("hw.yaml", ["ada.txt"], "a", **{name: "sometimes"})


def test_points_of_cells_are_read_without_a_calculator() -> None:
    third, seventh = Fraction(1, 3), Fraction(100, 7)
    assert out_of(Fraction(1, 2), Fraction(1)) == "0.5 of 1"
    assert out_of(Fraction(1, 6), third) == "1/6 of 1/3"
    assert out_of(third - third, third) == "0 of 1/3"
    assert out_of(seventh, seventh) == "14 2/7 of 14 2/7"
    assert out_of(Fraction(2), 2 + third) == "2 of 2 1/3"
    assert out_of(Fraction(1, 997), Fraction(1)) == "1/997 of 1"


TEMPLATE = """
title: Quiz <1>
specs:
  one:
    parameters: {W: 32, K: 4}
    input: [3, W, W]
    layers: [conv: {name: conv, out_channels: K, kernel_size: 3}]
questions:
  - {id: q1, kind: shape, node: conv, draw: {W: 20..60, K: 4..16}}
"""


def test_no_student_gets_anothers_answers_and_all_sheets_can_be_printed(place: Path) -> None:
    (place / "quiz.yaml").write_text(TEMPLATE)
    (place / "roster.csv").write_text("id\nada\nada.answers\nada-answers\n")
    command = ["quiz", "quiz.yaml", "--seed", "s", "--students", "roster.csv"]
    assert run([*command, "--format", "sheets,html", "-o", "q"]) == 0
    for folder, file in (("sheets", "md"), ("html", "html")):
        own = {path.name: path.read_text() for path in (place / "q" / folder).iterdir()}
        keys = {path.name: path.read_text() for path in (place / f"q/{folder}-answers").iterdir()}
        assert own.keys() == keys.keys()
        assert len(own) == len(set(own.values())) == 3
        assert all("Answer:" not in text for text in own.values())
        assert all("Answer:" in text for text in keys.values())
        assert all(name.endswith(file) for name in own)
    for name, file in (("html", "print"), ("html-answers", "print-answers")):
        whole = (place / "q" / f"{file}.html").read_text()
        assert whole.count("<section>") == whole.count("</section>") == 3
        assert whole.count("<title>") == whole.count("</html>") == 1
        for page in (place / "q" / name).iterdir():
            body = page.read_text().split("<body>\n")[1].removesuffix("</body>\n</html>\n")
            assert body in whole


TABLE = """
specs:
  net:
    input: 3x32x32
    layers:
      - conv: {name: conv, out_channels: 16, kernel_size: 5, padding: 2}
      - flatten: {name: flat}
      - linear: {name: fc, out_features: 10}
questions:
  - {id: q1, kind: table, rows: all, columns: [shape, params], total: true, points: 7}
"""


@pytest.mark.parametrize(
    "rows",
    [
        "conv: 32x32x16, 1,216\nflat: 16,384, 0\nfc: 10, 163,850\ntotal: 165,066",
        "conv: 32x32x16, 1216\nflat: 16384, 0\nfc: 10, 163850\ntotal: 165066",
        "conv, (32, 32, 16), 1,216\nflat, 16384, 0\nfc, 10, 163,850\ntotal, -, 165,066",
        "conv: 32x32x16, 1,216\nflat: 16384, none\nfc: 10,163850\ntotal: , 165,066",
    ],
)
def test_commas_in_the_numbers_of_a_table_cut_no_cells(place: Path, rows: str) -> None:
    (place / "table.yaml").write_text(TABLE)
    (place / "bob.txt").write_text(f"q1:\n{rows}\n")
    assert run(["grade", "table.yaml", "bob.txt", "-o", "t"]) == 0
    assert totals("t") == {"bob": "7"}


def test_a_choice_may_ask_for_the_order_that_is_fixed(place: Path) -> None:
    question = "{id: q1, kind: choice, node: conv, options: [28x28x8, 32x32x8, 8x32x32]"
    fixed = HOMEWORK.split("questions:")[0] + f"questions:\n  - {question}"
    (place / "free.yaml").write_text(fixed + "}\n")
    assert run(["grade", "free.yaml"]) == 1
    (place / "bob.txt").write_text("q1: c\n")
    for layout, points in (("chw", "1"), ("hwc", "0")):
        (place / "hw.yaml").write_text(fixed + f", conventions: {{layout: {layout}}}}}\n")
        assert run(["grade", "hw.yaml", "bob.txt", "-o", layout]) == 0
        assert totals(layout) == {"bob": points}


@pytest.mark.parametrize(("end", "encoding"), [("\n", "utf-8"), ("\r\n", "utf-16")])
def test_rows_of_a_class_are_told_by_their_lines(place: Path, end: str, encoding: str) -> None:
    lines = [
        "Homework 1",
        "",
        "student,q1,q2",
        'ada,"32x32x8',
        'I think",608',
        "",
        "bob,1,2",
        ",3,4",
    ]
    (place / "class.csv").write_bytes(end.join(lines).encode(encoding))
    assert run(["grade", "hw.yaml", "class.csv", "-o", "c"]) == 0
    with open("c/submissions.csv", encoding="utf-8", newline="") as file:
        rows = {row["student"]: row["file"] for row in csv.DictReader(file)}
    assert rows == {"ada": "class.csv:4", "bob": "class.csv:7", "line 8": "class.csv:8"}


def test_a_key_in_another_order_than_the_fixed_one_differs(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "key.csv").write_text("id,answer\nq1,8x32x32\nq2,608\n")
    assert run(["check-key", "hw.yaml", "key.csv"]) == 0
    assert "1 same, 1 written otherwise" in capsys.readouterr().out
    fixed = HOMEWORK.replace("node: conv}", "node: conv, conventions: {layout: hwc}}")
    (place / "hw.yaml").write_text(fixed)
    assert run(["check-key", "hw.yaml", "key.csv"]) == 1
    assert "the order of the axes is swapped" in capsys.readouterr().out


def test_words_in_the_place_of_a_table_do_not_vanish(place: Path) -> None:
    (place / "table.yaml").write_text(TABLE)
    (place / "bob.txt").write_text("q1: see the sheet I handed in\n")
    (place / "cy.txt").write_text("q1:\nconv: 32x32x16, 1216\n")
    assert run(["grade", "table.yaml", "bob.txt", "cy.txt", "-o", "t"]) == 0
    rows = (place / "t/submissions.csv").read_text().splitlines()
    assert rows[1].endswith("q1: none of the table's rows was found in the answer")
    assert rows[2].endswith("partial,2,")
    assert "none of the table's rows" in (place / "t/feedback/bob.md").read_text()


@pytest.mark.parametrize(
    ("value", "shown"),
    [("38604.8", "38,604.8"), ("0.5", "0.5"), ("4000/3", "1,333.3333…"), ("-12345.5", "-12,345.5")],
)
def test_numbers_with_decimals_have_marks_of_thousands_too(value: str, shown: str) -> None:
    assert show_number(Fraction(value)) == shown


@pytest.mark.parametrize(
    ("policy", "penalty", "line", "total"),
    [("best", "80%", "2", "1"), ("best", "50%", "3", "1.5"), ("best", "0%", "3", "3"),
     ("first", "0%", "2", "1"), ("latest", "0%", "4", "3")],
)  # fmt: skip
def test_the_attempt_counts_that_the_policy_says_and_the_best_earns_most(
    place: Path, policy: str, penalty: str, line: str, total: str
) -> None:
    rows = ["student,time,q1,q2", "ada,2026-10-01 10:00,32x32x8,1"]
    rows += ["ada,2026-10-03 10:00,32x32x8,608", "ada,2026-10-09 10:00,32x32x8,608"]
    (place / "class.csv").write_text("\n".join(rows))
    command = ["grade", "hw.yaml", "class.csv", "--attempts", policy, "-o", "a"]
    assert run([*command, "--deadline", "2026-10-02 10:00", "--late-penalty", penalty]) == 0
    with open("a/submissions.csv", encoding="utf-8", newline="") as file:
        counts = [row["file"] for row in csv.DictReader(file) if row["status"] != "duplicate"]
    assert (counts, totals("a")) == ([f"class.csv:{line}"], {"ada": total})


@pytest.mark.parametrize(
    ("words", "message", "help"),
    [
        ("grade hw.yml", "there is no file `hw.yml`", "did you mean `hw.yaml`?"),
        ("grade hw.yaml adda.txt", "no file or folder `adda.txt`", "did you mean `ada.txt`?"),
        ("grade far/hw.yaml", "there is no file `far/hw.yaml`", "no folder `far` either"),
        ("check-key hw.yaml adda.txt", "there is no key `adda.txt`", "did you mean `ada.txt`?"),
        ("quiz net.yaml --seed 1 --students rooster.csv", "no roster", "mean `roster.csv`?"),
        ("regrade hw.yaml marks", "`marks` holds no results of `cnncalc grade`", "what `-o` named"),
        ("grade net.yaml ada.txt", "`net.yaml` is a network", "`cnncalc quiz net.yaml`"),
        ("grade drawn ada.txt", "`drawn` is the folder of a quiz", "`drawn/manifest.json`"),
        ("practice drawn/manifest.json", "is a quiz that has been drawn", "`cnncalc grade drawn"),
        ("report net.yaml -o net.pdf", "a report is no PDF", "end it in .html"),
        (
            "summary net.yaml --width 2",
            "no such option",
            "parameter of the network: `--set width=...`",
        ),
        ("summary nett.onnx", "there is no file `nett.onnx`", "did you mean `net.onnx`?"),
        ("sheet hw.yaml -o sheet.docx", "no format for .docx files", "there are md, html, word"),
        ("summary net.yaml -o net.pdf", "no format for .pdf files", "there are table, json"),
    ],
)
def test_a_wrong_path_is_told_with_the_one_that_is_meant(
    words: str, message: str, help: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "net.yaml").write_text(
        "input: 3x32x32\nlayers:\n  - linear: {axis: 0, out_features: 2}\n"
    )
    (place / "roster.csv").write_text("student\nada\n")
    (place / "net.onnx").write_text("")
    (place / "drawn").mkdir()
    (place / "drawn/manifest.json").write_text('{"schema": "cnncalc.quiz/1"}')
    assert run(words.split()) == 2
    said = capsys.readouterr().err
    assert message in said
    assert help in said


def test_a_sheet_is_what_the_end_of_its_name_says(place: Path) -> None:
    for name in ("a.md", "a.html"):
        assert run(["sheet", "hw.yaml", "-o", name]) == 0
    assert (place / "a.md").read_text().startswith("#")
    assert (place / "a.html").read_text().startswith("<!DOCTYPE html>")
