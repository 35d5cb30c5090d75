"""Readers of typed answers: what is understood, what is refused, and that nothing breaks them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.grading.answers import (
    Number,
    NumberStyle,
    Unread,
    Volume,
    read_assignment,
    read_choice,
    read_fit,
    read_formula,
    read_number,
    read_shape,
    read_values,
)

NUMBERS = {
    "760": 760, "760.": 760, "= 760": 760, "'760": 760, "**760**": 760, "`760`": 760, "$760$": 760,
    r"\boxed{760}": 760, r"\(10\times(5\cdot 5\cdot 3+1)=760\)": 760, r"\frac{1520}{2}": 760,
    "5²·3·10+10": 760, "5<sup>2</sup>*30+10": 760, "7.6 x 10^2": 760, "7,60E2": None,
    "(5x5x3+1)x10": 760, "10 (5*5*3+1)": 760, "760 (with bias)": 760,
    "760 params (750 weights + 10 biases)": 760, "weights: 750, biases: 10, total: 760": 760,
    "the answer is 760": 760, "760 is the answer": 760, "75*10 = 750\n750+10 = 760": 760,
    "750+10 =": 760, "0.76 thousand": 760, "010": 10, "seven": 7, "no parameters": 0,
    "1 234 567": 1234567, "1\u2009234\u2009567": 1234567, "1'234'567": 1234567,
    "1_234_567": 1234567, "1.234.567": 1234567, "12,34,567": 1234567, "７６０": 760, "٧٦٠": 760,
    "~760": 760, "about 760": 760, "62.4 million": 62_400_000, "1.45 GFLOPs": 1_450_000_000,
    "conv1: 760": 760, "760 or 760.0": 760, "5^2*3*10+10": 760, "2(380)": 760, "-760": -760,
    "760 or 750": None, "760, 750": None, "760\n750": None, "700-800": None, "700 to 800": None,
    "between 700 and 800": None, "760±10": None, "> 700": None, "0:@=": None, "at least 760": None,
    "not 760": None, "12,34": None, "1,2345": None, "0x2F8": None, "0b1011111000": None,
    "1e400": None, "9**9**9": None, "9" * 50: None, "seven hundred": 700, "": None, "?": None,
    "__import__('os').getcwd()": None, "760 and 10": None, "(" * 200: None, "760/0": None,
}  # fmt: skip


@pytest.mark.parametrize(("typed", "value"), NUMBERS.items())
def test_numbers(typed: str, value: int | None) -> None:
    reading = read_number(typed)
    if value is None:
        assert isinstance(reading, Unread)
        assert reading.problem
    else:
        assert isinstance(reading, Number)
        assert reading.value == value


def test_working_that_contradicts_its_result_is_told() -> None:
    reading = read_number("(5*5*3+1)*10 = 770")
    assert isinstance(reading, Number)
    assert reading.value == 770
    assert "760" in reading.notes[0]


def test_the_decimal_mark_is_the_courses() -> None:
    comma = NumberStyle("comma")
    assert getattr(read_number("1.234", comma), "value", None) == 1234
    assert getattr(read_number("7,6e2", comma), "value", None) == 760
    assert getattr(read_number("1.234"), "value", None) == pytest.approx(1.234)


SHAPES = {
    "- 32x32x10": "32×32×10", "32, 32, 10\n32, 32, 10": "32×32×10",
    "Answer: H = 33-1 = 32, W = 32, C = 10": "H=32, W=32, C=10", "Answer: 32x32x10": "32×32×10",
    "= H = 31 + 1 = 32, W = 16, C = 10": "H=32, W=16, C=10",
    "32x32x10": "32×32×10", "(32, 32, 10,)": "32×32×10", "[32][32][10]": "32×32×10",
    "<32,32,10>": "32×32×10", "32 by 32 by 10": "32×32×10", "32:32:10": "32×32×10",
    "32;32;10": "32×32×10", "32 32 10": "32×32×10", "32^2 x 10": "32×32×10",
    "32²×10": "32×32×10", "(32x32)x10": "32×32×10", "32x32x(5*2)": "32×32×10",
    r"$32\times32\times10$": "32×32×10", "32&times;32&times;10": "32×32×10",
    "(32-5+4)/1+1 = 32 so 32x32x10": "32×32×10", "32x32x10 = 10240": "32×32×10",
    "output shape: 32x32x10": "32×32×10", "C1: 6x28x28": "6×28×28", "1,024x7x7": "1,024×7×7",
    "10@32x32": "C=10, 32, 32", "32x32@10": "32, 32, C=10", "32x32, depth 10": "32, 32, C=10",
    "10 feature maps of size 32x32": "C=10, 32, 32", "10 32x32 maps": "C=10, 32, 32",
    "H=W=32, C=10": "H=32, W=32, C=10", "H:32 W:32 C:10": "H=32, W=32, C=10",
    "32x32x10 (HWC)": "H=32, W=32, C=10", "32 wide, 32 high, 10 deep": "W=32, H=32, C=10",
    "torch.Size([1, 10, 32, 32])": "1×10×32×32", "(None, 32, 32, 10)": "N×32×32×10",
    "Nx10x32x32": "N×10×32×32", "(-1, 10, 32, 32)": "N×10×32×32", "(?, 32, 32, 10)": "N×32×32×10",
    "10240": "10,240", "ten 32x32 maps": "C=10, 32, 32",
    "32x32x10 or 28x28x10": None, "28x28\n32x32": None, "2010-05-05": None, "": None,
    "between 28 and 32": None, "no idea": None, "Answer:": None, "=": None, "- ": None,
}  # fmt: skip


@pytest.mark.parametrize(("typed", "shown"), SHAPES.items())
def test_shapes(typed: str, shown: str | None) -> None:
    reading = read_shape(typed)
    if shown is None:
        assert isinstance(reading, Unread)
    else:
        assert isinstance(reading, Volume)
        assert reading.shown == shown


OPTIONS = (("a", "28x28x32"), ("b", "30x30x32"), ("c", "29x29x32"), ("d", "none of these"))


@pytest.mark.parametrize(
    ("typed", "index"),
    [
        ("c", 2), ("C)", 2), ("(c)", 2), ("option C", 2), ("The correct answer is (c).", 2),
        ("c. 29x29x32", 2), ("29 × 29 × 32", 2), ("(29,29,32)", 2), ("3", 2),
        ("none of these", 3), ("c because of the stride", 2),
        ("a, it's b", None), ("c) 31x31x32", None), ("29x29x32 or c", None),
        ("c and d", None), ("e", None), ("a) 29x29x32", None), ("", None),
    ],
)  # fmt: skip
def test_options(typed: str, index: int | None) -> None:
    assert getattr(read_choice(typed, OPTIONS), "position", None) == index


@pytest.mark.parametrize(
    ("typed", "fits"),
    [
        ("does not fit", False), ("doesn't fit", False), ("invalid (4.5)", False), ("no", False),
        ("not an integer", False), ("4.5 so invalid", False), ("impossible", False),
        ("it fits, output 3x3", True), ("yes", True), ("valid", True), ("4.5", None),
    ],
)  # fmt: skip
def test_fits(typed: str, fits: bool | None) -> None:
    reading = read_fit(typed)
    assert not isinstance(reading, Unread)
    assert reading.fits is fits


def test_yes_and_no_at_once_is_no_answer() -> None:
    assert isinstance(read_fit("yes, it does not fit"), Unread)


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("5, 6", (5, 6)), ("5 or 6", (5, 6)), ("{5,6}", (5, 6)), ("P=2 or P=3", (2, 3)),
        ("0..3", (0, 1, 2, 3)), ("2 to 4", (2, 3, 4)), ("none", ()), ("5±1", None), ("?", None),
        ("(5-1)/2", (2,)), ("(5-1)/2, 3", (2, 3)), ("5 and not 6", None), ("2P = 4", None),
    ],
)  # fmt: skip
def test_sets_of_values(typed: str, values: tuple[int, ...] | None) -> None:
    assert getattr(read_values(typed), "values", None) == values


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("F=3, P=1", (3, 1)), ("P = 1; F = 3", (3, 1)), ("3 and 1", (3, 1)), ("(3, 1)", (3, 1)),
        ("F=3, P=1 or F=5, P=2", None), ("F is not 3, P=1", None), ("F > 3, P = 1", None),
        ("F, P = 3, 1", (3, 1)), ("(P, F) = (1, 3)", (3, 1)), ("F, P = 3, 1; 5, 2", None),
        ("3", None), ("?", None),
    ],
)  # fmt: skip
def test_one_value_for_each_unknown(typed: str, values: tuple[int, ...] | None) -> None:
    assert getattr(read_assignment(typed, ("F", "P")), "values", None) == values


def test_a_formula_must_use_the_questions_symbols() -> None:
    assert isinstance(read_formula("(Q-1)/2", ("F",)), Unread)
    assert getattr(read_formula("W_{out} = nk^2", ("n", "k")), "shown", "") == "n·k^2"


@pytest.mark.parametrize(
    ("typed", "rounds"),
    [("⌊F/2⌋", True), ("floor(F/2)", True), ("int(F/2)+1", True), ("F//2", True), ("F/2", False),
     (r"\left\lceil \frac{F}{2} \right\rceil", True), ("max(F, 2)/2", False)],
)  # fmt: skip
def test_a_formula_tells_whether_it_rounds(typed: str, rounds: bool) -> None:
    assert getattr(read_formula(typed, ("F",)), "rounds", None) is rounds


@given(st.text(alphabet="0123456789.,'_ x×*+-/()[]{}=~^eEkKMB\\\n@:;", max_size=40))
def test_no_run_of_signs_breaks_a_reader(text: str) -> None:
    read_number(text, NumberStyle(sizes=True))
    read_shape(text)
    read_formula(text, ("F",))
    read_values(text)


@given(st.lists(st.integers(1, 9999), min_size=2, max_size=4))
def test_a_shape_is_read_back_in_every_spelling(sizes: list[int]) -> None:
    texts = [str(size) for size in sizes]
    forms = ["x".join(texts), " × ".join(texts), f"({', '.join(texts)})", f"[{','.join(texts)}]"]
    forms += [r"\times".join(texts), " by ".join(texts)]
    for form in forms:
        reading = read_shape(form)
        assert isinstance(reading, Volume), form
        assert list(reading.axes) == sizes, form


@pytest.mark.parametrize("typed", ["4x4", "4 x 4", "4x4x1", "1x4x4", "4×4 pixels"])
def test_a_square_says_its_side_where_the_side_is_asked(typed: str) -> None:
    side = read_number(typed, NumberStyle(quantity="size"))
    assert isinstance(side, Number)
    assert side.value == 4
    assert getattr(read_number("2x2x4", NumberStyle(quantity="size")), "value", None) == 16
