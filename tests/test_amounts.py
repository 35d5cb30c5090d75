"""The one reader of printed numbers: what is written is read back, whatever its scale and unit."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.amounts import amount, count, size
from cnncalc.diagnostics import UsageError

POWERS = {"": 0, "K": 3, "M": 6, "G": 9, "B": 9, "T": 12, "P": 15}


@given(
    st.integers(0, 10**12),
    st.integers(0, 6),
    st.sampled_from([*POWERS]),
    st.sampled_from(["", "FLOPs", " MACs", "MAC", " mult-adds", " params"]),
)
def test_a_count_is_read_to_its_last_digit(n: int, decimals: int, letter: str, unit: str) -> None:
    number = Fraction(n, 10**decimals)
    text = f"{n // 10**decimals:,}" + (f".{n % 10**decimals:0{decimals}d}" if decimals else "")
    found = amount(text + letter + unit)
    assert found is not None
    assert found.value == number * 10 ** POWERS[letter]
    assert found.digit == Fraction(10) ** (POWERS[letter] - decimals)
    assert found.unit == {
        "FLOPs": "FLOPs",
        " MACs": "MACs",
        "MAC": "MACs",
        " mult-adds": "MACs",
    }.get(unit, "")
    assert count(text + letter.lower() + unit) == int(found.value)


@given(st.integers(0, 10**9), st.sampled_from(["", "K", "M", "G", "T"]), st.booleans())
def test_a_size_counts_in_steps_of_1000_or_with_an_i_of_1024(n: int, letter: str, i: bool) -> None:
    binary = i and letter != ""
    steps = 1024 if binary else 1000
    expected = n * steps ** ["", "K", "M", "G", "T"].index(letter)
    for end in ("B", "b", " bytes", ""):
        assert size(f"{n}{letter}{'i' * binary}{end}") == expected


@pytest.mark.parametrize(
    "text", ["", "G", "M5", "1..2", "1.G", "-5M", "5Q", "5 apples", "1e400", "٣G", "9" * 40, "1e"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    assert amount(text) is None
    for read in (count, size):
        with pytest.raises(UsageError):
            read(text)
