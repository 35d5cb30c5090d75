"""Arithmetic in specs: equal to Python's where both speak, bounded, and precise about faults."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.language.expressions import (
    ExpressionError,
    compile_expression,
    decode_bool,
    decode_float,
    decode_int,
    decode_word,
    exact_int,
)

if TYPE_CHECKING:
    from cnncalc.language.literals import Value

NAMES: dict[str, Value] = {
    "width": 64,
    "half": 0.5,
    "depths": (3, 4, 6, 3),
    "stages": ((1, 2), (3, 4)),
    "mode": "same",
    "wide": True,
}


def value_of(text: str) -> Value:
    return compile_expression(text).evaluate(NAMES)


def attempt(text: str) -> Value | ExpressionError:
    try:
        return value_of(text)
    except ExpressionError as fault:
        return fault


def fault_of(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        value_of(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("64", 64),
        ("1_000", 1000),
        ("1e-5", 1e-5),
        (".5", 0.5),
        ("true", True),
        ("not True", False),
        ("width // 2", 32),
        ("-width + 3 * (2 + 1)", -55),
        ("7 // -2", -4),
        ("-7 % 3", 2),
        ("depths[0] * stages[1][-1]", 12),
        ("depths[1:]", (4, 6, 3)),
        ("depths[:2][1]", 4),
        ("[width, [1, 2],]", (64, (1, 2))),
        ("1 < 2 <= 2 != 3", True),
        ("3 > 2 > 2", False),
        ("8 if width >= 64 else 4", 8),
        ("1 if 0 else 2 if 0 else 3", 3),
        ("width and 0 or 5", 5),
        ("mode == mode", True),
        ("min(3, width) + max(depths) + sum(depths) + len(depths)", 29),
        ("ceil(1.2) + floor(-1.5) + abs(-3)", 3),
        ("make_divisible(width * 0.75, 8)", 48),
        ("make_divisible(35, 8)", 32),
        ("make_divisible(4, 8)", 8),
        ("make_divisible(11, 8)", 16),  # 8 would lose more than a tenth
        ("pow(2, 10)", 1024),
        ("round(2.4) + round(-2.6)", -1),
        ("[round(0.5), round(1.5), round(2.5)]", (0, 2, 2)),
        ("[1, 7] // 2", (0, 3)),
        ("depths * 2 - [1, 1, 1, 1]", (5, 7, 11, 5)),
        ("-[1, -2]", (-1, 2)),
        ("stages * [10, 100]", ((10, 20), (300, 400))),
        ("pow(1.5, 2)", 2.25),
        ("pow(width, 0)", 1),
        ("width\n  + 1", 65),
    ],
)
def test_values(text: str, value: Value) -> None:
    assert value_of(text) == value
    assert type(value_of(text)) is type(value)


def test_division_stays_an_integer_where_it_comes_out_even() -> None:
    assert isinstance(value_of("width / 2"), int)
    assert exact_int(value_of("width / 2")) == 32
    assert exact_int(value_of("width * 0.75")) == 48
    assert exact_int(value_of("width / 3")) is None
    assert exact_int(value_of("depths")) is None


def test_names_are_known_before_anything_is_evaluated() -> None:
    assert compile_expression("a + b[c] if min(d, 1) else true").names == {"a", "b", "c", "d"}


def test_only_the_chosen_side_is_evaluated() -> None:
    assert value_of("1 if true else 1 // 0") == 1
    assert value_of("true or nothing") is True
    assert value_of("false and nothing") is False


def test_a_lookup_may_be_a_function() -> None:
    assert compile_expression("x + y").evaluate({"x": 1, "y": 2}.__getitem__) == 3


@pytest.mark.parametrize(
    ("text", "caret", "message", "help"),
    [
        ("2 * widht", "widht", "unknown name `widht`", "did you mean `width`?"),
        ("2 * q", "q", "unknown name `q`", "known here: `width`, `half`, `depths`"),
        ("9**9**9", "**", "`**` is not part", "pow(2, 3)"),
        ("width.real", ".", "`.` is not part", "an expression may have numbers"),
        ("__class__", "__class__", "`__class__` is not part", "an expression may"),
        ("()", ")", "`)` where a value should stand", None),
        ("'text'", "'", "is not part", None),
        ("[x for x in depths]", "for", "`for` where `]` should stand", None),
        ("lambda: 1", ":", "`:` where an operator should stand", None),
        ("eval(1)", "eval", "no function `eval`", "min, max, len"),
        ("mni(1, 2)", "mni", "no function `mni`", "did you mean `min`?"),
        ("width = 3", "=", "`=` is not part", "`==` compares"),
        ("width && 1", "&", "`&` is not part", "write `and`"),
        ("1 ? 2 : 3", "?", "`?` is not part", "`a if condition else b`"),
        ("1 if 2", "", "ends where `else` should stand", None),
        ("1 2", "2", "`2` where an operator should stand", None),
        ("1 +", "", "ends where a value should stand", None),
        ("", "", "an expression is missing", None),
        ("(1, 2)", ",", "a list stands in square brackets", "[3, 3]"),
        ("min(1, 2", "(", "`(` is never closed", "needs quotes"),
        ("3x3", "3x3", "`3x3` is not a number", "[3, 3]"),
        ("0x10", "0x10", "`0x10` is not a number", "write 16"),
        ("010", "010", "`010` begins with a zero", "write 10"),
        ("1__0", "1__0", "is not a number", None),
        ("1e999", "1e999", "too large", None),
        ("width // 0", "//", "division by zero", None),
        ("width % 0.0", "%", "division by zero", None),
        ("depths[4]", "[", "no item 4: the list has 4 items, numbered from 0", None),
        ("depths[0.5]", "[", "must be an integer", None),
        ("width[0]", "[", "only a list has items", None),
        ("depths[]", "]", "`]` where a value should stand", None),
        ("depths + stages", "+", "`+` of lists with 4 and 2 items", "of one length"),
        ("depths + mode", "+", "`+` needs numbers, got the word `same`", None),
        ("depths // [1, 2, 3, 0]", "//", "division by zero", None),
        ("1 < depths", "<", "`<` needs numbers, got a list", "choose an item of it"),
        ("round(depths)", "round", "`round` needs numbers, got a list", None),
        ("mode < 1", "<", "needs numbers, got the word `same`", None),
        ("1 if mode else 2", "if", "needs true, false or a number", None),
        ("len(width)", "len", "`len` needs a list, got 64", None),
        ("abs(1, 2)", "abs", "takes one argument, got 2", None),
        ("min()", "min", "`min` of nothing", None),
        ("make_divisible(8, 0)", "make_divisible", "positive integer divisor", None),
        ("9223372036854775807 + 1", "+", "beyond 9,223,372,036,854,775,807", None),
        ("9223372036854775808", "9223372036854775808", "is larger than", None),
        ("1e308 * 10", "*", "not a finite number", None),
        ("1e308 * 10 - 1e308 * 10", "*", "not a finite number", None),
        ("\u0663", "\u0663", "is not a number", "0 to 9"),
        ("\u00b2", "\u00b2", "is not a number", None),
        ("$width", "$", "`$` is not part", None),
    ],
)
def test_faults(text: str, caret: str, message: str, help: str | None) -> None:
    fault = fault_of(text)
    assert message in fault.message
    assert help is None or help in (fault.help or "")
    assert text[fault.offset : fault.offset + fault.length] == caret


HOSTILE = [
    "9**9**9**9",
    "9" * 10_000,
    "(" * 499 + "1" + ")" * 499,
    "[" * 500 + "]" * 500,
    "-" * 999 + "1",
    "not " * 249 + "1",
    "1 if 1 else " * 83 + "1",
    "depths[" * 140,
    "x" * 100_000,
    "*".join(["9999999999"] * 90),
    "[" + "1," * 499 + "]" + "[0]" * 300,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_refused(text: str) -> None:
    fault = fault_of(text)
    assert 0 <= fault.offset <= len(text)
    assert len(fault.message) < 300


def test_a_long_chain_needs_no_deep_stack() -> None:
    assert value_of("+".join(["1"] * 500)) == 500
    assert value_of("1" + "[0]" * 0 + " and 1" * 150) == 1
    assert value_of("1" + "<2" + "<3" * 400) is False


# A generator of texts within the grammar, to be read by Python as well.
numbers = st.integers(0, 50).map(str) | st.sampled_from(["0.5", "2.25", "1e2"])
atoms = numbers | st.sampled_from(["width", "half", "depths[1]", "stages[0][1]", "True", "wide"])


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.sampled_from(["+", "-", "*", "/", "//", "%"])
    comparison = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    return st.one_of(
        st.builds("{} {} {}".format, inner, binary, inner),
        st.builds("({} {} {})".format, inner, binary, inner),
        st.builds("({} {} {})".format, inner, comparison, inner),
        st.builds("{} {} {} {} {}".format, inner, comparison, inner, comparison, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
        st.builds("(not {})".format, inner),
        st.builds("-{}".format, inner),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
        st.builds("sum([{}, {}])".format, inner, inner),
        st.builds("len([{}])".format, inner),
        st.builds("[{}, {}][0]".format, inner, inner),
        st.builds("abs({})".format, inner),
        st.builds("ceil({})".format, inner),
        st.builds("floor({})".format, inner),
    )


PYTHON = {"ceil": math.ceil, "floor": math.floor, "__builtins__": {}} | {
    function.__name__: function for function in (min, max, sum, len, abs)
}


@given(st.recursive(atoms, _grow, max_leaves=12))
def test_values_are_pythons(text: str) -> None:
    try:
        expected = eval(text, PYTHON, dict(NAMES))
    except ZeroDivisionError:
        assert "division by zero" in fault_of(text).message
        return
    value = attempt(text)
    if isinstance(value, ExpressionError):  # Python's integers have no bound; ours do
        assert "beyond" in value.message or "finite" in value.message
    elif abs(expected) < 2**53:  # Python's even division loses digits beyond, and ours does not
        assert value == expected


letters = st.sampled_from("width depths[]()+-*/%<>=!if else and or not,:.0123e_ ")


@given(st.text(max_size=60) | st.text(letters, max_size=40))
def test_any_text_gives_a_value_or_a_fault_within_it(text: str) -> None:
    result = attempt(text)
    if isinstance(result, ExpressionError):
        assert 0 <= result.offset <= len(text)
        assert result.length >= 1
        assert result.message


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3), ("-3", -3), ("+3", 3), ("1_000", 1000), ("0", 0)]
)
def test_integers(text: str, value: int) -> None:
    assert decode_int(text) == value


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("010", "begins with a zero", "write 10"),
        ("0x10", "not a number", "write 16"),
        ("3.0", "`3.0` is not an integer", "write 3"),
        ("1e3", "`1e3` is not an integer", "write 1000"),
        ("2.5", "`2.5` is not an integer", None),
        ("three", "`three` is not an integer", None),
        ("nan", "numbers are finite", None),
        ("-inf", "numbers are finite", None),
        ("", "an integer is missing", None),
        ("12:30", "is not a number", None),
        ("9" * 30, "is larger than", "write a smaller number"),
        ("9" * 5000, "is too long", None),
    ],
)
def test_no_integers(text: str, message: str, help: str | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        decode_int(text)
    assert message in caught.value.message
    assert caught.value.help == help


def test_floats() -> None:
    assert decode_float("1e-5") == 1e-5
    assert decode_float("-2") == -2.0
    for text in ("nan", ".inf", "1e999", "x", ""):
        with pytest.raises(ExpressionError):
            decode_float(text)


def test_truths() -> None:
    assert decode_bool("true") is True
    assert decode_bool("False") is False
    for text, help in [
        ("yes", "write true"),
        ("off", "write false"),
        ("TRUE", "write true"),
        ("1", "write true or false"),
    ]:
        with pytest.raises(ExpressionError) as caught:
            decode_bool(text)
        assert caught.value.help == help


def test_words() -> None:
    assert decode_word("same") == "same"
    for text in ("", "two words"):
        with pytest.raises(ExpressionError):
            decode_word(text)
