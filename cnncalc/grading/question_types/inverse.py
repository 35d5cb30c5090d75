"""Inverse questions: which sizes lead to a wanted result. Any right value counts.

All values of stated ranges are tried: of the parameters of a spec, or of one layer, which becomes a
spec of its own (`one_layer`). Only the largest batch for a memory is worked out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

from cnncalc.amounts import size
from cnncalc.diagnostics import Diagnostic, SpecError, UsageError
from cnncalc.grading.answers import Unread, read_assignment, read_values
from cnncalc.grading.judgement import ZERO, Judged, Meaning, right, unread, wrong
from cnncalc.grading.model import Form, Item, Question, Truth
from cnncalc.grading.question_types.one_layer import Layered, one_layer
from cnncalc.grading.question_types.parameter_search import (
    INPUT,
    MAX_CANDIDATES,
    ParameterSearch,
    Unknowns,
    spread,
)
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.yaml_keys import Keys
from cnncalc.language.tree import Mapping, Scalar

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

#: How far an input's side is looked for where no range is given.
UP_TO = 512
MAX_SHOWN = 12


@dataclass(frozen=True, slots=True)
class ValuesTruth(Truth):
    """The solutions of an inverse question, one tuple per solution in the order of `unknowns`.

    With `every` all of them must be listed; otherwise any one is right.
    """

    unknowns: tuple[str, ...]
    solutions: tuple[tuple[int, ...], ...]
    every: bool

    def judge(self, item: Item, raw: str) -> Judged:
        """Return how typed values compare; where all are asked for, some earn a part."""
        several = len(self.unknowns) > 1
        reading = read_assignment(raw, self.unknowns) if several else read_values(raw)
        if isinstance(reading, Unread):
            return unread(reading)
        whole = all(value.denominator == 1 for value in reading.values)
        values = [int(value) for value in reading.values] if whole else []
        given = {tuple(values)} if several else {(value,) for value in values}
        if not values:
            return wrong(reading.shown)
        solutions = set(self.solutions)
        if given == solutions or (not self.every and given <= solutions):
            notes = ("several values given, all of them right",) if len(given) > 1 else ()
            return right(item.rubric, reading.shown, () if self.every else notes, Meaning(ZERO))
        hit = len(given & solutions)
        if not (self.every and hit):
            return wrong(reading.shown, *(("one of the values is not right",) if hit else ()))
        missing, off = len(solutions - given), len(given - solutions)
        credit = Fraction(max(0, hit - off), len(solutions)) / 2
        notes = (f"{hit} right, {off} wrong, {missing} missing",)
        return Judged("partial" if credit else "wrong", "parts", reading.shown, credit, notes)

    def show(self, item: Item) -> str:
        """Return the solutions, as far as they are few."""
        shown = [", ".join(map(str, solution)) for solution in self.solutions[:MAX_SHOWN]]
        more = " …" if len(self.solutions) > MAX_SHOWN else ""
        joined = ("; " if len(self.unknowns) > 1 else ", ").join(shown)
        free = " (any of them)" if len(self.solutions) > 1 and not self.every else ""
        return f"{', '.join(self.unknowns)} = {joined}{more}{free}"

    def differs(self) -> str:
        """Return what is wrong with values that are no solution."""
        return "that is not the set of solutions" if self.every else "that is no solution"

    def form(self) -> Form:
        """Return a number where one value will do."""
        return "number" if len(self.unknowns) == 1 and not self.every else "essay"

    def texts(self, item: Item) -> tuple[str, ...]:
        """Return every value that is right."""
        if self.form() == "essay":
            return (self.show(item),)
        return tuple(str(solution[0]) for solution in self.solutions)


def read_inverse(reader: QuestionReader) -> Question:
    """Return a question for what leads to a wanted result; refuses one without a solution."""
    place = reader.keys.node("unknown")
    if place is None:
        help = "add `unknown: P`, `range: 0..9` and `want: {spatial: 32x32}`"
        what = "an inverse question needs an unknown, its range and what is wanted"
        raise SpecError(Diagnostic(what, reader.mapping.span, help))
    if reader.keys.node("layer") is not None:
        layered = one_layer(reader)
        return _searched(reader, place, layered.search, layered.unknowns, layered)
    if _single(place) == "batch" and "batch" not in _parameters(reader):
        return _batch(reader, place)
    search = ParameterSearch(reader)
    unknowns = search.names("unknown")
    if [name for name, _ in unknowns] == [INPUT] and not _has_range(reader, place):
        unknowns = [(INPUT, tuple(range(1, UP_TO + 1)))]
    return _searched(reader, place, search, unknowns)


def _has_range(reader: QuestionReader, place: Node) -> bool:
    return isinstance(place, Mapping) or reader.keys.node("range") is not None


def _parameters(reader: QuestionReader) -> tuple[str, ...]:
    reader.need_spec()
    return reader.networks.parameters(reader.place)


def _single(place: Node) -> str:
    """Return the only unknown of a question; empty if there are several."""
    return place.text if isinstance(place, Scalar) else ""


def _searched(
    reader: QuestionReader,
    place: Node,
    search: ParameterSearch,
    unknowns: Unknowns,
    layered: Layered | None = None,
) -> Question:
    """Return the question whose key trying every value of the unknowns finds."""
    every = reader.keys.word("answer", ("any", "all"), "any") == "all"
    pick = layered.pick if layered and layered.pick else _pick(reader, unknowns)
    count = prod(len(values) for _, values in unknowns)
    if not unknowns or not (search.wants or pick != "any"):
        where = place if reader.keys.node("want") is None else reader.mapping
        help = "add what is wanted, such as `want: {spatial: 32x32}`"
        raise SpecError(Diagnostic("the question says nothing that is wanted", where.span, help))
    if count > MAX_CANDIDATES:
        text = f"{count:,} combinations are too many to try"
        raise SpecError(Diagnostic(text, place.span, "make the ranges smaller"))
    found = search.solutions(_in_order(unknowns, pick), {})
    solutions = tuple(found) if pick == "any" else tuple(found)[:1]
    if search.example is None and search.trouble is not None:
        raise search.trouble
    if not solutions:
        what = "the question has no solution in its range"
        raise SpecError(Diagnostic(what, place.span, "change the range or what is wanted"))
    if len(solutions) == count > 1 and not every:
        help = "ask for something that not every value gives"
        raise SpecError(Diagnostic("every value of the range is a solution", place.span, help))
    if layered:
        layered.refuse_endless(solutions, place)
    if every and len(unknowns) > 1:
        help = "leave out `answer: all`: any of them is right then"
        what = "all solutions can be asked for of one unknown only"
        raise SpecError(Diagnostic(what, place.span, help))
    return _question(reader, search, unknowns, solutions, every, pick, layered)


def _pick(reader: QuestionReader, unknowns: Unknowns) -> str:
    pick = reader.keys.word("pick", ("any", "smallest", "largest"), "any")
    if pick != "any" and len(unknowns) > 1:
        place = reader.keys.node("pick") or reader.mapping
        what = f"there is no {pick} of several unknowns"
        raise SpecError(Diagnostic(what, place.span, "ask for one unknown"))
    return pick


def _in_order(unknowns: Unknowns, pick: str) -> Unknowns:
    """Return unknowns whose first solution is the one picked."""
    if pick == "any":
        return unknowns
    return [(name, tuple(sorted(values, reverse=pick == "largest"))) for name, values in unknowns]


def _question(
    reader: QuestionReader,
    search: ParameterSearch,
    unknowns: Unknowns,
    solutions: tuple[tuple[int, ...], ...],
    every: bool,
    pick: str,
    layered: Layered | None,
) -> Question:
    names = layered.names if layered else tuple([name for name, _ in unknowns])
    ranges = ", ".join(f"{name} {spread(values)}" for name, values in unknowns)
    if [name for name, _ in unknowns] == [INPUT]:
        ranges = f"the side of the input {spread(unknowns[0][1])}"
    wanted = " and ".join(want.sentence() for want in search.wants)
    titles, lead = names, ""
    if layered:
        ranges, wanted, titles, lead = layered.words()
    which = f"the {pick} value" if pick != "any" else "all values" if every else "a value"
    if not every and pick == "any" and len(names) > 1:
        which = "values"
    text = f"{lead}Give {which} of {_listed(titles)}{f' ({ranges})' if ranges else ''}"
    text += f" for which {wanted}." if wanted else " at which the network can be computed."
    asked = layered.quantities if layered else [want.quantity for want in search.wants]
    asked = ["spatial" if name == "lossless" else name for name in asked or ["spatial"]]
    item = reader.item("inverse", ValuesTruth(names, solutions, every))
    example = None if layered else search.example
    return reader.finish("inverse", asked, (item,), None, text, example, ranges=ranges)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(", ".join(names).rsplit(", ", 1))


def _batch(reader: QuestionReader, place: Node) -> Question:
    """Return a question for the largest batch with which a network fits in memory."""
    from cnncalc.solve.budget import largest_batch

    want = reader.keys.node("want")
    known = ("memory", "training")
    keys = Keys(want, "`want`", known, reader.faults) if isinstance(want, Mapping) else None
    if keys is None or not keys.text("memory"):
        help = "write `want: {memory: 8GiB}`, with `training: true` if it is trained"
        raise SpecError(Diagnostic("a batch is limited by memory", (want or place).span, help))
    training = keys.truth("training", False)
    network, memory = reader.network(), keys.text("memory")
    try:
        most = size(memory)
    except UsageError as error:
        raise SpecError(Diagnostic(error.message, (want or place).span, error.help)) from None
    found = largest_batch(network.graph, most, reader.conventions.dtype, training)
    if not found.found or not isinstance(found.value, int):
        what = f"the question has no solution: {found.summary}"
        raise SpecError(Diagnostic(what, place.span, "change what is wanted"))
    parts = "weights, buffers and the largest activations alive at once"
    if training:
        parts = "weights, gradients, two moments of Adam and all activations"
    text = f"Give the largest batch for which the network takes at most {memory} ({parts})."
    item = reader.item("inverse", ValuesTruth(("batch",), ((found.value,),), False))
    return reader.finish("inverse", ("weight_bytes",), (item,), None, text, network)


INVERSE = QuestionType(
    "inverse",
    read_inverse,
    "what leads to a result: any right value counts",
    ("node", "unknown", "range", "want", "answer", "pick", "layer", "given"),
    ("solve",),
)
