"""Compares one typed answer with what is right, without knowing anything else of the student."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Literal, NamedTuple

from cnncalc.grading.answers import (
    Formula,
    Number,
    NumberStyle,
    Unread,
    differs,
    lacks_rounding,
    read_assignment,
    read_choice,
    read_fit,
    read_formula,
    read_number,
    read_shape,
    read_values,
    rounds_in_vain,
    show_number,
)
from cnncalc.grading.answers.formula import renamed, show_formula
from cnncalc.grading.marking.arrange import Arrangement, arrangements, parts_of, says_whole
from cnncalc.grading.model import (
    ChoiceTruth,
    FitTruth,
    FormulaTruth,
    Item,
    NumberTruth,
    ShapeTruth,
    ValuesTruth,
)

#: How an answer stands: `blank` if nothing was answered, `unreadable` if nothing was understood.
Word = Literal["accept", "accept_note", "partial", "wrong", "unreadable", "blank"]

ZERO, ONE = Fraction(0), Fraction(1)
#: A size typed in MB is rounded; with this many units in its last place it is precise enough.
FINEST = 50
#: What is a shape, whatever it is asked for.
_CROSSED = re.compile(r"\d+(?: ?[x×] ?\d+)+")


class Candidate(NamedTuple):
    """One meaning of an answer: a shape `(C, *spatial)` or a number, with its notes."""

    value: tuple[int, ...] | Fraction
    ulp: Fraction = ZERO
    rounded: bool = False
    notes: tuple[str, ...] = ()


class Judged(NamedTuple):
    """The comparison: `shown` is what was understood, `credit` the share earned by itself.

    `reason` is `exact`, `note`, `order`, `parts`, `wrong`, `unreadable` or `blank`; `slip` a
    misconception that the writing itself shows. `candidates` serve the search for other reasons.
    """

    verdict: Word
    reason: str
    shown: str
    credit: Fraction = ZERO
    notes: tuple[str, ...] = ()
    slip: str = ""
    candidates: tuple[Candidate, ...] = ()


def judge(item: Item, raw: str) -> Judged:
    """Return how an answer compares with the right one."""
    truth = item.truth
    if isinstance(truth, ShapeTruth):
        return _shape(item, truth, raw)
    if isinstance(truth, NumberTruth):
        return _number(item, truth, raw)
    if isinstance(truth, ChoiceTruth):
        return _choice(truth, raw)
    if isinstance(truth, FitTruth):
        return _fit(item, truth, raw)
    if isinstance(truth, FormulaTruth):
        return _formula(item, truth, raw)
    if isinstance(truth, ValuesTruth):
        return _values(item, truth, raw)
    raise TypeError(f"{type(truth).__name__} is not compared as text")


def unread(reading: Unread) -> Judged:
    """Return the judgement of an answer that was not understood."""
    word: Word = "blank" if reading.blank else "unreadable"
    return Judged(word, word, "", notes=(reading.problem,))


def right(item: Item, shown: str, notes: tuple[str, ...], candidate: Candidate) -> Judged:
    """Return the judgement of a right answer; notes make it accepted with a note."""
    if notes:
        return Judged("accept_note", "note", shown, item.rubric.note, notes, "", (candidate,))
    return Judged("accept", "exact", shown, ONE, (), "", (candidate,))


def style_of(item: Item, truth: NumberTruth) -> NumberStyle:
    """Return how numbers are read for an item."""
    conventions = item.conventions
    return NumberStyle(
        conventions.decimal_mark, truth.sizes, conventions.kilobyte, truth.unit, item.quantity
    )


def near(candidate: Candidate, value: Fraction, tolerance: Fraction) -> str | None:
    """Return why a number counts as `value`: '' if exactly, a note if within tolerance, or None."""
    given = candidate.value
    if not isinstance(given, Fraction):
        return None
    if given == value:
        return ""
    if not tolerance and not candidate.rounded:
        return None  # the usual case: differences of fractions are slow
    off = abs(given - value)
    if off <= tolerance * abs(value):
        return "rounded, within the tolerance"
    if candidate.rounded and off <= candidate.ulp / 2 and abs(value) >= FINEST * candidate.ulp:
        return "rounded"
    return None


def _number(item: Item, truth: NumberTruth, raw: str) -> Judged:
    reading = read_number(raw, style_of(item, truth))
    if isinstance(reading, Unread):
        return unread(reading)
    candidates = _meanings(reading, truth)
    for candidate in candidates:
        how = near(candidate, truth.value, item.conventions.tolerance)
        if how is not None:
            notes = (*reading.notes, *candidate.notes, *((how,) if how else ()))
            shown = reading.shown
            if candidate is not candidates[0] and isinstance(candidate.value, Fraction):
                shown = show_number(candidate.value) + (" bytes" if truth.sizes else "")
            return right(item, shown, notes, candidate)
    notes = reading.notes
    if reading.value.denominator != 1 and truth.value.denominator == 1 and not truth.sizes:
        notes = (*notes, "a whole number is asked for")
    elif reading.literal and reading.ulp > 1 and _is_rounded(reading, truth):
        notes = (*notes, "rounded: give the exact number")
    return Judged("wrong", "wrong", reading.shown, ZERO, notes, "", candidates)


def _is_rounded(reading: Number, truth: NumberTruth) -> bool:
    return abs(reading.value - truth.value) <= reading.ulp / 2


def _meanings(reading: Number, truth: NumberTruth) -> tuple[Candidate, ...]:
    rounded = truth.sizes and reading.literal and reading.ulp > 1
    first = Candidate(reading.value, reading.ulp, rounded)
    others = [Candidate(o.value, o.ulp, rounded, (o.why,)) for o in reading.others]
    return (first, *others)


def _shape(item: Item, truth: ShapeTruth, raw: str) -> Judged:
    if len(truth.shape) == 1 and not truth.spatial and not _CROSSED.fullmatch(raw):
        number = read_number(raw, NumberStyle(item.conventions.decimal_mark))
        # `7x7x40` is the volume before it was flattened, and not its length worked out.
        if isinstance(number, Number) and number.literal and number.value == truth.shape[0]:
            return right(item, number.shown, number.notes, Candidate(truth.shape))
    if truth.whole and says_whole(raw):
        return right(item, "the whole input", (), Candidate(truth.shape))
    volume = read_shape(raw, item.conventions.decimal_mark)
    if isinstance(volume, Unread):
        return unread(volume)
    found = arrangements(volume, truth, item.conventions.layout)
    if isinstance(found, str):
        return Judged("wrong", "wrong", volume.shown, ZERO, (found,))
    for arrangement in found:
        if arrangement.shape == truth.shape:
            return _arranged(item, volume.shown, (*volume.notes, *arrangement.notes), arrangement)
    return _parts(item, truth, volume.shown, found)


def _arranged(item: Item, shown: str, notes: tuple[str, ...], arrangement: Arrangement) -> Judged:
    candidate = Candidate(arrangement.shape or ())
    if arrangement.reordered:
        order = {"hwc": "height × width × channels", "chw": "channels × height × width"}
        wanted = order[item.conventions.layout]
        text = f"the order of the axes is swapped: {wanted} was asked for"
        return Judged("accept_note", "order", shown, item.rubric.order, (text,), "", (candidate,))
    return right(item, shown, notes, candidate)


def _parts(item: Item, truth: ShapeTruth, shown: str, found: tuple[Arrangement, ...]) -> Judged:
    """Return the judgement of a wrong shape, with its meanings, the likeliest first.

    A meaning is the likelier the more parts of it are right, and if its spatial axes are equal
    where the right ones are.
    """
    square = len(set(truth.shape[1:])) == 1
    ranked = [(parts_of(arrangement, truth), arrangement) for arrangement in found]
    if len(ranked) > 1:
        ranked.sort(key=lambda one: -2 * one[0].rank - (square and len(set(one[1].spatial)) == 1))
    candidates = tuple([
        Candidate(arrangement.shape, notes=arrangement.notes)
        for _, arrangement in ranked
        if arrangement.shape is not None and not arrangement.reordered
    ])  # fmt: skip
    best = ranked[0][0]
    if not best.rank:
        return Judged("wrong", "wrong", shown, ZERO, best.notes, best.slip, candidates)
    credit = (item.rubric.spatial * best.spatial + item.rubric.depth * best.depth) / 2
    word: Word = "partial" if credit else "wrong"
    return Judged(
        word, "parts" if credit else "wrong", shown, credit, best.notes, best.slip, candidates
    )


def _choice(truth: ChoiceTruth, raw: str) -> Judged:
    reading = read_choice(raw, truth.options)
    if isinstance(reading, Unread):
        return unread(reading)
    if reading.position == truth.index:
        return Judged("accept", "exact", reading.shown, ONE)
    return Judged("wrong", "wrong", reading.shown)


def _fit(item: Item, truth: FitTruth, raw: str) -> Judged:
    reading = read_fit(raw, item.conventions.decimal_mark)
    if isinstance(reading, Unread):
        return unread(reading)
    if reading.fits is truth.fits:
        return Judged("accept", "exact", reading.shown, ONE)
    if reading.fits is not None:
        return Judged("wrong", "wrong", reading.shown)
    broken = next((v for v in truth.value if v.denominator != 1), truth.value[0])
    if reading.value is not None and abs(reading.value - broken) < Fraction(1, 100):
        notes = ("the value is right; say whether it fits",)
        return Judged("accept_note", "note", reading.shown, item.rubric.note, notes)
    if not truth.fits and reading.value == broken.__floor__():
        notes = ("this is the size rounded down; the question is whether the window fits exactly",)
        return Judged("wrong", "wrong", reading.shown, ZERO, notes)
    return Judged("wrong", "wrong", reading.shown)


def _formula(item: Item, truth: FormulaTruth, raw: str) -> Judged:
    reading = read_formula(raw, truth.symbols)
    if isinstance(reading, Unread) and truth.further and not reading.blank:
        wider = read_formula(raw, (*truth.symbols, *truth.further))
        if isinstance(wider, Formula):
            expr = renamed(wider.expr, truth.further)
            reading = wider._replace(expr=expr, shown=show_formula(expr))
    if isinstance(reading, Unread):
        return unread(reading)
    other = differs(reading, truth.points)
    if other is None:
        notes = ("the rounding changes nothing at the allowed values",)
        vain = rounds_in_vain(reading, truth.points)
        return right(item, reading.shown, notes if vain else (), Candidate(ZERO))
    why = _counterexample(reading, other)
    if truth.rounds and lacks_rounding(reading, truth.points):
        text = "the quotient has to be rounded to a whole number"
        return Judged("partial", "parts", reading.shown, item.rubric.misconception, (text, why))
    return Judged("wrong", "wrong", reading.shown, ZERO, (why,))


def _counterexample(reading: Formula, point: dict[str, Fraction]) -> str:
    from cnncalc.grading.answers.arithmetic import evaluate
    from cnncalc.grading.answers.tokens import AnswerError

    where = ", ".join(f"{name} = {show_number(value)}" for name, value in point.items())
    try:
        given = show_number(evaluate(reading.expr, point))
    except AnswerError as error:
        return f"for {where} it cannot be worked out ({error})"
    return f"for {where} it gives {given}, which is not right"


def _values(item: Item, truth: ValuesTruth, raw: str) -> Judged:
    several = len(truth.unknowns) > 1
    reading = read_assignment(raw, truth.unknowns) if several else read_values(raw)
    if isinstance(reading, Unread):
        return unread(reading)
    if several:
        given = {tuple(int(v) for v in reading.values)} if _whole(reading.values) else set()
    else:
        given = {(int(v),) for v in reading.values} if _whole(reading.values) else set()
    if not given:
        return Judged("wrong", "wrong", reading.shown)
    solutions = set(truth.solutions)
    if given == solutions or (not truth.every and given <= solutions):
        notes = ("several values given, all of them right",) if len(given) > 1 else ()
        return right(item, reading.shown, () if truth.every else notes, Candidate(ZERO))
    hit = len(given & solutions)
    if truth.every and hit:
        missing, wrong = len(solutions - given), len(given - solutions)
        credit = Fraction(max(0, hit - wrong), len(solutions)) / 2
        notes = (f"{hit} right, {wrong} wrong, {missing} missing",)
        return Judged("partial" if credit else "wrong", "parts", reading.shown, credit, notes)
    notes = ("one of the values is not right",) if hit else ()
    return Judged("wrong", "wrong", reading.shown, ZERO, notes)


def _whole(values: tuple[Fraction, ...]) -> bool:
    return all(value.denominator == 1 for value in values)
