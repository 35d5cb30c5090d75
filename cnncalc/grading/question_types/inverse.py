"""Inverse questions: which sizes lead to a wanted result. Any right value counts.

All values of stated ranges are tried: of the parameters of a spec, or of one layer, which becomes a
spec of its own in which the unknowns vary. Only the largest batch for a memory is worked out.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from math import prod
from typing import TYPE_CHECKING

from cnncalc.amounts import size
from cnncalc.diagnostics import UsageError
from cnncalc.grading.answers import Unread, read_assignment, read_values
from cnncalc.grading.judgement import ZERO, Judged, Meaning, right, unread, wrong
from cnncalc.grading.model import Form, Item, Question, Truth
from cnncalc.grading.question_types.one_layer import one_layer
from cnncalc.grading.question_types.parameter_search import (
    MAX_CANDIDATES,
    ParameterSearch,
    parameters_under,
    read_wants,
    spread,
)
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.yaml_keys import Keys, refused
from cnncalc.language.tree import Mapping, Scalar

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

MAX_SHOWN = 12
#: So many solutions beyond what anybody needs are without end.
MANY = 3


@dataclass(frozen=True, slots=True)
class ValuesTruth(Truth):
    """The solutions of an inverse question, one tuple per solution in the order of `unknowns`.

    With `every` all of them must be listed; otherwise any one is right.
    """

    unknowns: tuple[str, ...]
    solutions: tuple[tuple[int, ...], ...]
    every: bool = False

    def judge(self, item: Item, raw: str) -> Judged:
        several = len(self.unknowns) > 1
        reading = read_assignment(raw, self.unknowns) if several else read_values(raw)
        if isinstance(reading, Unread):
            return unread(reading)
        if not reading.values or any(value.denominator != 1 for value in reading.values):
            return wrong(reading.shown)
        values = tuple([int(value) for value in reading.values])
        given = {values} if several else {(value,) for value in values}
        solutions = set(self.solutions)
        if given == solutions or (not self.every and given <= solutions):
            many = len(given) > 1 and not self.every
            notes = ("several values given, all of them right",) * many
            return right(item.rubric, reading.shown, notes, Meaning(ZERO))
        hit, off = len(given & solutions), len(given - solutions)
        if not (self.every and hit):
            return wrong(reading.shown, *["one of the values is not right"] * bool(hit))
        credit = Fraction(max(0, hit - off), len(solutions)) / 2
        notes = (f"{hit} right, {off} wrong, {len(solutions - given)} missing",)
        return Judged("partial" if credit else "wrong", "parts", reading.shown, credit, notes)

    def show(self, item: Item) -> str:
        shown = [", ".join(map(str, solution)) for solution in self.solutions[:MAX_SHOWN]]
        more = " …" if len(self.solutions) > MAX_SHOWN else ""
        joined = ("; " if len(self.unknowns) > 1 else ", ").join(shown)
        free = " (any of them)" if len(self.solutions) > 1 and not self.every else ""
        return f"{', '.join(self.unknowns)} = {joined}{more}{free}"

    @property
    def differs(self) -> str:
        return "that is not the set of solutions" if self.every else "that is no solution"

    @property
    def form(self) -> Form:
        return "number" if len(self.unknowns) == 1 and not self.every else "essay"

    def texts(self, item: Item) -> tuple[str, ...]:
        if self.form == "essay":
            return (self.show(item),)
        return tuple([str(solution[0]) for solution in self.solutions])


def read_inverse(reader: QuestionReader) -> Question:
    """Return a question for what leads to a wanted result; refuses one without a solution."""
    place = reader.keys.node("unknown")
    if place is None:
        help = "add `unknown: P`, `range: 0..9` and `want: {spatial: 32x32}`"
        what = "an inverse question needs an unknown, its range and what is wanted"
        raise refused(reader.mapping, what, help)
    if reader.keys.node("layer") is not None:
        search = one_layer(reader)
    else:
        reader.need_spec()
        word = place.text if isinstance(place, Scalar) else ""
        if word == "batch" and word not in reader.networks.parameters(reader.place):
            return _batch(reader, place)
        unknowns, wants = parameters_under(reader, "unknown"), read_wants(reader)
        search = ParameterSearch(reader, reader.place, unknowns, wants)
    every = reader.keys.word("answer", ("any", "all"), "any") == "all"
    pick = search.pick or reader.keys.word("pick", ("any", "smallest", "largest"), "any")
    names = tuple([one.called for one in search.unknowns])
    truth = ValuesTruth(names, _solutions(search, pick, every), every)
    which = "values" if len(names) > 1 else "all values" if every else "a value"
    which = which if pick == "any" else f"the {pick} value"
    titles = " and ".join(", ".join(one.title for one in search.unknowns).rsplit(", ", 1))
    stated = [one for one in search.unknowns if one.stated]
    ranges = ", ".join(f"{one.title.removeprefix('the ')} {spread(one.values)}" for one in stated)
    wanted = " and ".join(want.sentence() for want in search.wants)
    text = f"{search.lead}Give {which} of {titles}{f' ({ranges})' if ranges else ''}"
    text += f" for which {wanted}." if wanted else " at which the network can be computed."
    asked = [want.quantity for want in search.wants] or ["spatial"]
    asked = ["spatial" if name == "lossless" else name for name in asked]
    example = None if search.lead else search.example  # a layer's spec is not the question's own
    item = reader.item("inverse", truth)
    return reader.finish("inverse", asked, (item,), None, text, example, ranges)


def _solutions(search: ParameterSearch, pick: str, every: bool) -> tuple[tuple[int, ...], ...]:
    """Return what trying every value of the unknowns finds; refuses what makes no question."""
    reader, unknowns, place = search.reader, search.unknowns, search.reader.at("unknown")
    count = prod(len(one.values) for one in unknowns)
    if not unknowns or not (search.wants or pick != "any"):
        help = "add what is wanted, such as `want: {spatial: 32x32}`"
        raise refused(place, "the question says nothing that is wanted", help)
    if len(unknowns) > 1 and (every or pick != "any"):
        what = "all solutions can" if every else f"the {pick} solution can"
        help = "without it any solution is right"
        key = "answer" if every else "pick"
        raise refused(reader.at(key), f"{what} be asked for of one unknown only", help)
    if count > MAX_CANDIDATES:
        what = f"{count:,} combinations are too many to try"
        raise refused(place, what, "make the ranges smaller")
    first = unknowns[0]
    if pick != "any":  # the first solution is the one
        ordered = sorted(first.values, reverse=pick == "largest")
        search.unknowns = [first._replace(values=tuple(ordered))]
    solutions = tuple(islice(search.solutions(), None if pick == "any" else 1))
    if search.example is None and search.trouble is not None:
        raise search.trouble
    if not solutions:
        help = "change the range or what is wanted"
        raise refused(place, "the question has no solution in its range", help)
    if len(solutions) == count > 1 and not every:
        help = "ask for something that not every value gives"
        raise refused(place, "every value of the range is a solution", help)
    late = [one for one in solutions if one[0] >= first.values[len(first.values) // 2]]
    if not first.stated and len(late) >= MANY:
        help = f"give the unknown a range, such as `unknown: {{{first.called}: 1..64}}`"
        raise refused(place, "there are solutions without end", help)
    return solutions


def _batch(reader: QuestionReader, place: Node) -> Question:
    """Return a question for the largest batch with which a network fits in memory."""
    from cnncalc.solve.budget import largest_batch

    want = reader.keys.node("want")
    known = ("memory", "training")
    keys = Keys(want, "`want`", known, reader.faults) if isinstance(want, Mapping) else None
    if keys is None or not keys.text("memory"):
        help = "write `want: {memory: 8GiB}`, with `training: true` if it is trained"
        raise refused(want or place, "a batch is limited by memory", help)
    training, memory, network = keys.truth("training", False), keys.text("memory"), reader.network()
    try:
        most = size(memory)
    except UsageError as error:
        raise refused(keys.mapping, error.message, error.help) from None
    found = largest_batch(network.graph, most, reader.conventions.dtype, training)
    if not found.found or not isinstance(found.value, int):
        what = f"the question has no solution: {found.summary}"
        raise refused(place, what, "change what is wanted")
    parts = "weights, buffers and the largest activations alive at once"
    if training:
        parts = "weights, gradients, two moments of Adam and all activations"
    text = f"Give the largest batch for which the network takes at most {memory} ({parts})."
    item = reader.item("inverse", ValuesTruth(("batch",), ((found.value,),)))
    return reader.finish("inverse", ("weight_bytes",), (item,), None, text, network)


INVERSE = QuestionType(
    "inverse",
    read_inverse,
    "what leads to a result: any right value counts",
    ("node", "unknown", "range", "want", "answer", "pick", "layer", "given"),
    ("solve",),
)
