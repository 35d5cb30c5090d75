"""The frame with the caret, the JSON of an error, and the suggestion of a word."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.diagnostics import (
    LINE_WIDTH,
    Diagnostic,
    Source,
    Span,
    SpecError,
    UsageError,
    as_json,
    frame,
    quoted,
    suggest,
)


def at(text: str, column: int, length: int = 1, line: int = 1) -> Span:
    return Span(Source("net.yaml", text), line, column, length)


def cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "FW" else 1 for char in text)


def test_the_frame_of_the_design() -> None:
    text = "\n" * 11 + "  - conv: {out_channels: 64, kernal_size: 7, stride: 2}\n"
    diagnostic = Diagnostic(
        "conv has no field `kernal_size`", at(text, 30, 11, 12), "did you mean `kernel_size`?"
    )
    assert frame(diagnostic) == "\n".join(
        [
            "error: conv has no field `kernal_size`",
            " --> net.yaml:12:30",
            "12 |   - conv: {out_channels: 64, kernal_size: 7, stride: 2}",
            "   |                              ^^^^^^^^^^^",
            "   = help: did you mean `kernel_size`?",
        ]
    )


def test_node_and_notes_follow_the_help() -> None:
    diagnostic = Diagnostic(
        "bad", at("a: 1", 4), "good", ("first", "second"), "warning", "stage1/conv_1", "dead-branch"
    )
    assert frame(diagnostic).splitlines() == [
        "warning[dead-branch]: bad",
        " --> net.yaml:1:4",
        "1 | a: 1",
        "  |    ^",
        "  = in: stage1/conv_1",
        "  = help: good",
        "  = note: first",
        "  = note: second",
    ]


def test_without_a_place_only_the_remarks_remain() -> None:
    assert frame(Diagnostic("bad", help="good")) == "error: bad\n  = help: good"


def test_further_lines_of_a_text_are_indented_below_the_first() -> None:
    shown = frame(Diagnostic("one\ntwo", help="three\nfour"))
    assert shown == "error: one\n       two\n  = help: three\n          four"


@pytest.mark.parametrize(
    ("text", "column", "length", "carets"),
    [
        ("a: 漢字 x", 4, 2, "   ^^^^"),  # a wide character takes two cells
        ("漢字: x", 5, 1, "      ^"),
        ("a:\tb", 4, 1, "    ^"),  # a tab runs to the next stop
        ("\ta: b", 2, 1, "    ^"),
        ("a: e\u0301x", 6, 1, "    ^"),  # a combining accent takes no cell
        ("a: \x1bx", 5, 1, "       ^"),  # an escape is shown as \x1b
        ("a: b", 5, 1, "    ^"),  # the end of the line
        ("a: b", 99, 7, "    ^"),  # beyond it
        ("a: b", 4, 99, "   ^"),  # no further than the text
    ],
)
def test_carets_stand_under_the_text(text: str, column: int, length: int, carets: str) -> None:
    shown = frame(Diagnostic("m", at(text, column, length))).splitlines()
    assert shown[3] == "  | " + carets


def test_control_and_direction_characters_never_reach_the_terminal() -> None:
    evil = "a\x1b[2J\u202eb\x07\x85\u2028"
    source = Source(evil + ".yaml", evil)
    shown = frame(Diagnostic(evil, Span(source, 1, 1), evil, (evil,), node=evil))
    assert all(char.isprintable() for char in shown.replace("\n", ""))
    assert "\\x1b" in shown
    assert "\\u202e" in shown


def test_a_long_line_is_cut_around_the_caret() -> None:
    text = "a" * 5000 + "BAD" + "b" * 5000
    shown = frame(Diagnostic("m", at(text, 5001, 3))).splitlines()
    assert len(shown[2]) <= len("1 | ") + LINE_WIDTH
    assert shown[2].startswith("1 | …a")
    assert shown[2].endswith("b…")
    assert shown[2][shown[3].index("^") : shown[3].rindex("^") + 1] == "BAD"


@given(
    st.text(st.sampled_from("ab 漢字\t#é"), max_size=300),
    st.integers(1, 310),
    st.integers(1, 310),
)
def test_any_caret_is_within_the_shown_line(text: str, column: int, length: int) -> None:
    shown = frame(Diagnostic("m", at(text, column, length))).splitlines()
    line, carets = shown[2], shown[3]
    assert cells(line) <= LINE_WIDTH + len("1 | ")
    assert carets.endswith("^")
    assert len(carets) <= LINE_WIDTH + len("  | ^")


@given(st.text(st.sampled_from("ab漢é"), min_size=1, max_size=200), st.data())
def test_carets_cover_the_marked_characters(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(1, min(10, len(text) - start)))
    shown = frame(Diagnostic("m", at(text, start + 1, length))).splitlines()
    line, carets = shown[2], shown[3]
    covered, position = "", 0
    for char in line:
        if position < len(carets) and carets[position] == "^":
            covered += char
        position += cells(char)
    assert covered == text[start : start + length]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_like(end: str) -> None:
    source = Source("x", end.join(["one", "two", "three"]))
    assert [source.line(number) for number in (0, 1, 2, 3, 4)] == ["", "one", "two", "three", ""]


def test_json_has_the_promised_keys() -> None:
    diagnostic = Diagnostic("m", at("a: 1", 4), "h", node="conv_1")
    assert as_json(diagnostic) == {
        "file": "net.yaml",
        "line": 1,
        "column": 4,
        "message": "m",
        "help": "h",
        "node": "conv_1",
    }
    assert as_json(Diagnostic("m"))["line"] is None


def test_a_spec_error_prints_all_its_frames() -> None:
    error = SpecError(Diagnostic("one"), Diagnostic("two"))
    assert str(error) == "error: one\n\nerror: two"


FIELDS = ("out_channels", "kernel_size", "stride", "padding")
ALIASES = {"filters": "out_channels", "units": "out_features", "kernel": "kernel_size"}


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("kernal_size", "kernel_size"),
        ("Kernel-Size", "kernel_size"),
        ("strides", "stride"),
        ("filters", "out_channels"),  # another tool's name
        ("fliters", "out_channels"),  # and that misspelt
        ("units", None),  # it means a field that this layer does not have
        ("banana", None),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_the_word_that_was_meant(word: str, meant: str | None) -> None:
    assert suggest(word, FIELDS, ALIASES) == meant


def test_quoted_text_is_short_and_on_one_line() -> None:
    assert quoted("conv") == "`conv`"
    assert quoted("a\nb") == "`a\\nb`"
    assert quoted("`x`") == '"`x`"'
    assert len(quoted("x" * 10_000)) < 70


def test_a_program_that_uses_the_library_sees_the_help_too() -> None:
    assert str(UsageError("there is no file `a`", "write b")).endswith("write b")
    assert str(UsageError("there is no file `a`")) == "there is no file `a`"
