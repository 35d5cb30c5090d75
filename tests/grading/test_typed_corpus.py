"""Answers as students type them, each with the verdict of a fair and strict teacher.

`typed_answers.txt` has lines `question mark answer ¦ answer …`. The marks: `+` is right, `-` is
not, `~` is right but for the fixed order of axes, `?` may be right and is refused as unreadable,
`0` answers nothing. `⏎` is a new line, `{U+2009}` a character.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cnncalc.grading import load
from cnncalc.grading.answers import (
    Number,
    NumberStyle,
    Unread,
    read_choice,
    read_fit,
    read_formula,
    read_number,
    read_shape,
    read_values,
)
from cnncalc.grading.marking.marker import Marker
from cnncalc.grading.model import Judged

HERE = Path(__file__).parent
ASSIGNMENT = load(HERE / "typed_answers.yaml")
ITEMS = {item.id: item for item in Marker(ASSIGNMENT).items}
LINES = (HERE / "typed_answers.txt").read_text(encoding="utf-8").splitlines()
CORPUS: dict[tuple[str, str], list[str]] = {}
for line in LINES:
    question, mark, answers = line.split(" ", 2)
    CORPUS.setdefault((question, mark), []).extend(answers.split(" ¦ "))


def typed(answer: str) -> str:
    answer = answer.replace("⏎", "\n")
    return re.sub(r"\{U\+([0-9A-F]{4})\}", lambda code: chr(int(code[1], 16)), answer)


def agrees(mark: str, judged: Judged) -> bool:
    accepted = judged.verdict in ("accept", "accept_note") and judged.reason != "order"
    return {
        "+": accepted,
        "-": not accepted,
        "~": judged.reason == "order",
        "?": judged.verdict == "unreadable",
        "0": judged.verdict == "blank",
    }[mark]


@pytest.mark.parametrize(("question", "mark"), CORPUS)
def test_typed_answers_are_judged_as_a_teacher_would(question: str, mark: str) -> None:
    answers = CORPUS[question, mark]
    judged = {answer: ITEMS[question].judge(typed(answer)) for answer in answers}
    assert not {answer: found for answer, found in judged.items() if not agrees(mark, found)}


def test_a_formula_without_its_rounding_is_half_right() -> None:
    for typed_formula in ("(W-F+2P)/S+1", r"\frac{W - F + 2P}{S} + 1"):
        assert ITEMS["E2"].judge(typed_formula).credit == Fraction(1, 2)
    assert not ITEMS["E2"].judge("(W-F+2P)/S").credit
    assert not ITEMS["E1"].judge("F/2").credit  # its right formula rounds nothing


READ_AS = {
    "H x W x C = 28 x 20 x 6": "H=28, W=20, C=6", "(W, H, C): (20, 28, 6)": "W=20, H=28, C=6",
    "28×20, 6 channels": "28, 20, C=6", "H×W = 28×20, 6 channels": "H=28, W=20, C=6",
    "H_out = (32-5)+1 = 28; W_out = 20; C = 6": "H=28, W=20, C=6",
    "W2 = 20, H2 = 28, D2 = 6": "W=20, H=28, C=6", "Height: 28\nWidth: 20\nDepth: 6":
    "H=28, W=20, C=6", "20 (width) x 28 (height) x 6": "W=20, H=28, C=6",
    "7 pixels wide and 5 pixels high": "W=7, H=5", "28-by-20-by-6": "28×20×6",
    "(32-5)+1 = 28; 28 x 28 x 6": "28×28×6", "28x28x6 (4704 values)": "28×28×6",
    r"\mathbb{R}^{28 \times 20 \times 6}": "28×20×6", "seven": "7",
    "- height 28\n- width 20\n- channels 6": "H=28, W=20, C=6",
    "28x20 maps, 6 of them": "28×20×6", "28x28x6 (stride 1)": "28×28×6",
    "torch.Size([-1, 6, 28, 28])": "N×6×28×28",
    "28x28x6, 14x14x6": None, "28x28x": None, "27-29x28x6": None, "> 28x28": None,
    "28x28xNaN": None, "28x28x6 MB": None, "H=28, H=20, C=6": None, "28x28x6 is wrong": None,
}  # fmt: skip


@pytest.mark.parametrize(("answer", "shown"), READ_AS.items())
def test_shapes_are_shown_as_they_were_meant(answer: str, shown: str | None) -> None:
    reading = read_shape(answer)
    assert (None if isinstance(reading, Unread) else reading.shown) == shown


@pytest.mark.parametrize(
    ("answer", "quantity", "problem"),
    [
        ("896 KB", "params", "KB"), ("896 FLOPs", "params", "FLOPs"), ("896 px", "params", "px"),
        ("28 per filter", "params", "per filter"), ("896 params", "weight_bytes", "params"),
        ("896 bytes", "neurons", "bytes"), ("28 MB", "height", "MB"),
    ],
)  # fmt: skip
def test_a_wrong_unit_is_refused_and_named(answer: str, quantity: str, problem: str) -> None:
    reading = read_number(answer, NumberStyle(sizes=quantity == "weight_bytes", quantity=quantity))
    assert isinstance(reading, Unread)
    assert problem in reading.problem


def test_a_negated_difference_keeps_its_brackets() -> None:
    assert "-(1 - F)" in getattr(read_formula("-(1-F)/2", ("F",)), "shown", "")


@given(st.integers(10**4, 10**10))
@example(27_000_100)
def test_every_way_to_write_a_number_is_that_number(value: int) -> None:
    grouped = f"{value:,}"
    forms = [f"{grouped} parameters", f"params = {value}", f"**{grouped}**", f"${value}$"]
    forms += [grouped.replace(",", mark) for mark in ("", " ", "'", "\u202f", "{,}", r"\,", "_")]
    forms += [f"{value - 7} + 7", f"{value * 2}/2 = {value}", f"{value / 10**6:.6f} million"]
    forms += [f"{value:.12e}", f"{grouped} (exact)", f"{value}, because it is", f"~{value}"]
    for form in forms:
        assert getattr(read_number(form), "value", None) == value, form


@given(st.integers(1000, 10**9), st.data())
def test_a_changed_digit_or_word_is_another_number(value: int, data: st.DataObject) -> None:
    text = str(value)
    at = data.draw(st.integers(0, len(text) - 1))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != text[at]]))
    forms = [text[:at] + digit + text[at + 1 :], text + "0", text[:-1], "-" + text, f"{text}.5"]
    forms += [f"not {text}", f"{text} or {value + 1}", f"{value - 1} to {value + 1}", f"0x{text}"]
    forms += [f"{text} = {value + 1}", f"< {text}", f"{text}%", f"half of {text}", f"{text}K"]
    for form in forms:
        reading = read_number(form)
        assert not isinstance(reading, Number) or reading.value != value, form


@given(st.lists(st.integers(2, 999), min_size=3, max_size=3, unique=True))
def test_every_way_to_write_a_shape_is_that_shape(sizes: list[int]) -> None:
    h, w, c = sizes
    forms = [
        f"{c}@{h}x{w}", f"H={h}, W={w}, C={c}", f"C={c}; W={w}; H={h}", f"{h}x{w}, depth {c}",
        f"H x W x C = {h} x {w} x {c}", f"(W, H, C) = ({w}, {h}, {c})", f"{c}x{h}x{w} (CHW)",
        f"height {h}, width {w}, depth {c}", f"{c} maps of {h} rows and {w} columns",
        f"H = {h + 2}-3+1 = {h}, W = {w + 2}-3+1 = {w}, C = {c}", f"{h}x{w} with {c} channels",
        f"Height: {h}\nWidth: {w}\nDepth: {c}",
    ]  # fmt: skip
    for form in forms:
        reading = read_shape(form)
        assert not isinstance(reading, Unread), form
        named = dict(zip(reading.names, reading.axes, strict=True))
        bare = [axis for name, axis in zip(reading.names, reading.axes, strict=True) if not name]
        found = [named.get("H", bare and bare[0]), named.get("W", bare and bare[-1]), named["C"]]
        assert found == sizes, form


READERS = (
    read_number, read_shape, read_fit, read_values,
    lambda text: read_number(text, NumberStyle("comma", True, 1024, "MiB", "weight_bytes")),
    lambda text: read_formula(text, ("F", "W", "k_1")),
    lambda text: read_choice(text, (("a", "28x28x6"), ("b", "fc6"), ("c", "does not fit"))),
)  # fmt: skip
WORDS = sorted({word for group in CORPUS.values() for answer in group for word in answer.split()})

#: Any character; drawn as a number, since the tables of `st.text` take seconds to make.
ANY = (st.integers(1, 0xD7FF) | st.integers(0xE000, 0x10FFFF)).map(chr)


@given(st.lists(st.sampled_from(WORDS) | ANY, max_size=9), st.booleans())
@example(["⓵"], False)  # a digit for Python, but no number
@example(["k²²_²"], True)
def test_no_mixture_of_answers_breaks_a_reader(words: list[str], spaced: bool) -> None:
    text = typed((" " if spaced else "").join(words))
    for reader in READERS:
        reader(text)


@pytest.mark.parametrize(
    "piece", ["(", "28x", "+", "because ", "not ", "H=", "5,", "^F", "\\frac{", "b "]
)
def test_ten_thousand_characters_are_read_or_refused(piece: str) -> None:
    for reader in READERS:
        reader(piece * (10_000 // len(piece)))


@pytest.mark.parametrize("level", ["-3 (", "1*2 a (", "3 ^2 (", "2 (3 (", "1 (1+1 "])
def test_brackets_in_brackets_take_no_longer_at_every_level(level: str) -> None:
    for depth in (16, 30, 60):  # twice as long at every level would never end
        text = level * depth + "1" + ")" * depth
        for reader in READERS:
            reader(text)


def test_small_fractions_are_no_whole_numbers() -> None:
    assert getattr(read_number("4.5 = 4"), "value", None) == Fraction(4)
