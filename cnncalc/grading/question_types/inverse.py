"""Inverse questions: which parameters lead to a wanted result. Any right value counts.

The set of right answers comes from `cnncalc solve`: of one layer (`layer: conv`), of a network's
input size or batch; or, for the parameters of a spec, from trying every value of stated ranges.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import prod
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, SpecError
from cnncalc.grading.model import Item, Question, ValuesTruth
from cnncalc.grading.question_types.parameter_search import MAX_CANDIDATES, Search, spread
from cnncalc.grading.question_types.solved import solved
from cnncalc.grading.question_types.solved_layer import Solved

if TYPE_CHECKING:
    from cnncalc.grading.question_types.question import QuestionReader
    from cnncalc.language.tree import Node


def inverse_question(reader: QuestionReader) -> Question:
    """Return a question for what leads to a wanted result; refuses one without a solution."""
    place = reader.keys.node("unknown")
    if place is None:
        help = "add `unknown: P`, `range: 0..9` and `want: {spatial: 32x32}`"
        what = "an inverse question needs an unknown, its range and what is wanted"
        raise SpecError(Diagnostic(what, reader.mapping.span, help))
    found = solved(reader) or _searched(reader, place)
    every = reader.keys.word("answer", ("any", "all"), "any") == "all"
    pick = reader.keys.word("pick", ("any", "smallest", "largest"), "any")
    solutions = _picked(reader, found, pick)
    if not solutions:
        help = "change the range or what is wanted"
        what = "the question has no solution" + (f": {found.why}" if found.why else " in its range")
        raise SpecError(Diagnostic(what, place.span, help))
    if len(solutions) == found.tried and found.tried > 1 and not every:
        help = "ask for something that not every value gives"
        raise SpecError(Diagnostic("every value of the range is a solution", place.span, help))
    if every and len(found.unknowns) > 1:
        help = "leave out `answer: all`: any of them is right then"
        what = "all solutions can be asked for of one unknown only"
        raise SpecError(Diagnostic(what, place.span, help))
    return _question(reader, found, solutions, every, pick)


def _picked(reader: QuestionReader, found: Solved, pick: str) -> tuple[tuple[int, ...], ...]:
    """Return the solutions, or the one that is largest or smallest."""
    if pick == "any" or not found.solutions:
        return tuple(found.solutions)
    if len(found.unknowns) > 1:
        place = reader.keys.node("pick") or reader.mapping
        what = f"there is no {pick} of several unknowns"
        raise SpecError(Diagnostic(what, place.span, "ask for one unknown"))
    return ((max if pick == "largest" else min)(found.solutions),)


def _question(
    reader: QuestionReader,
    found: Solved,
    solutions: tuple[tuple[int, ...], ...],
    every: bool,
    pick: str,
) -> Question:
    truth = ValuesTruth(found.unknowns, solutions, every)
    item = Item(
        reader.id, "inverse", "", (), reader.points, truth, reader.conventions, reader.rubric
    )
    names = _listed(found.titles)
    which = f"the {pick} value" if pick != "any" else "all values" if every else "a value"
    if found.pick:
        text = f"Give {found.pick}."
    else:
        several = not every and pick == "any" and len(found.unknowns) > 1
        which = "values" if several else which
        ranges = f" ({found.ranges})" if found.ranges else ""
        text = f"{found.lead}Give {which} of {names}{ranges} for which {found.wanted}."
    return reader.finish(
        "inverse", found.quantities, (item,), None, text, found.example, ranges=found.ranges
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join(", ".join(names).rsplit(", ", 1))


def _searched(reader: QuestionReader, place: Node) -> Solved:
    """Return what trying every value of the spec's parameters finds."""
    search = Search(reader)
    unknowns = search.names("unknown")
    count = prod(len(values) for _, values in unknowns)
    if not unknowns or not search.wants:
        where = place if search.reader.keys.node("want") is None else search.reader.mapping
        help = "add what is wanted, such as `want: {spatial: 32x32}`"
        raise SpecError(Diagnostic("the question says nothing that is wanted", where.span, help))
    if count > MAX_CANDIDATES:
        text = f"{count:,} combinations are too many to try"
        raise SpecError(Diagnostic(text, place.span, "make the ranges smaller"))
    solutions = list(search.solutions(unknowns, {}))
    if search.example is None and search.trouble is not None:
        raise search.trouble
    quantities: Collection[str] = [want.quantity for want in search.wants]
    return Solved(
        tuple([name for name, _ in unknowns]),
        solutions,
        count,
        ", ".join(f"{name} {spread(values)}" for name, values in unknowns),
        " and ".join(want.sentence() for want in search.wants),
        quantities,
        example=search.example,
    )
