"""Inverse questions: which sizes lead to a wanted result. Any right value counts.

All values of stated ranges are tried: of the parameters of a spec, or of one layer, which becomes a
spec of its own in which the unknowns vary. Only the largest batch for a memory is worked out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from math import prod

from cnncalc.amounts import size
from cnncalc.diagnostics import Source, UsageError
from cnncalc.grading.answers import Unread, read_assignment, read_values
from cnncalc.grading.model import Form, Item, Judged, Question, Truth
from cnncalc.grading.networks import network_lines
from cnncalc.grading.quantities import joined
from cnncalc.grading.question_types.parameter_search import (
    MAX_CANDIDATES,
    OWN,
    Bounds,
    FreeParameter,
    ParameterSearch,
    Want,
    parameters_under,
    ranges_under,
    read_wants,
    spread,
)
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.yaml_keys import refused, word_of
from cnncalc.language import tree
from cnncalc.language.source import parse
from cnncalc.layers.base import Layer
from cnncalc.layers.conv import Conv
from cnncalc.layers.pool import MaxPool
from cnncalc.layers.transposed import ConvTranspose

MAX_SHOWN = 12
#: So many solutions beyond what anybody needs are without end.
MANY = 3
#: The words of a question for layers.
KINDS: dict[str, type[Layer]] = {"conv": Conv, "pool": MaxPool, "conv_transpose": ConvTranspose}
#: Sizes of a layer: what a question calls them, and from where and how far they are tried where no
#: range is given, alone and beside another unknown.
SIZES = {
    "kernel_size": ("kernel size", 1, 255, 15), "stride": ("stride", 1, 64, 8),
    "padding": ("padding", 0, 127, 7), "dilation": ("dilation", 1, 64, 4),
    "output_padding": ("output padding", 0, 15, 7), "groups": ("number of groups", 1, 1024, 64),
    "in_channels": ("number of input channels", 1, 1024, 64),
    "out_channels": ("number of filters", 1, 1024, 64),
    "input": ("side of the input", 1, 1024, 64), "layers": ("number of layers", 1, 64, 64),
}  # fmt: skip
_FIELDS = ("kernel_size", "stride", "padding", "dilation", "output_padding", "groups")
_WANTED = ("params", "macs", "receptive_field")
GIVEN = (*_FIELDS, "in_channels", "out_channels", "input", "output", *_WANTED)
_SHAPE = re.compile(r"\d{1,6}(x\d{1,6}){0,3}")
#: A side from which no field of a question is cut.
WIDE = "4096"


@dataclass(frozen=True, slots=True)
class ValuesTruth(Truth):
    """The solutions of an inverse question, one tuple per solution in the order of `unknowns`.

    With `every` all of them must be listed; otherwise any one is right.
    """

    unknowns: tuple[str, ...]
    solutions: tuple[tuple[int, ...], ...]
    every: bool = False

    def judge(self, item: Item, raw: str) -> Judged | Unread:
        several = len(self.unknowns) > 1
        reading = read_assignment(raw, self.unknowns) if several else read_values(raw)
        if isinstance(reading, Unread):
            return reading
        if not reading.values or any(value.denominator != 1 for value in reading.values):
            return Judged.wrong(reading.shown)
        values = tuple([int(value) for value in reading.values])
        given = {values} if several else {(value,) for value in values}
        solutions = set(self.solutions)
        if given == solutions or (not self.every and given <= solutions):
            many = len(given) > 1 and not self.every
            notes = ("several values given, all of them right",) * many
            return item.right(reading.shown, notes)
        hit, off = len(given & solutions), len(given - solutions)
        if not (self.every and hit):
            return Judged.wrong(reading.shown, *["one of the values is not right"] * bool(hit))
        credit = Fraction(max(0, hit - off), len(solutions)) / 2
        notes = (f"{hit} right, {off} wrong, {len(solutions - given)} missing",)
        return Judged("partial" if credit else "wrong", "parts", reading.shown, credit, notes)

    def show(self, item: Item) -> str:
        solutions = [map(str, solution) for solution in self.solutions[:MAX_SHOWN]]
        if len(self.unknowns) > 1:  # as they are read: `F = 3, P = 1`
            pairs = [zip(self.unknowns, solution, strict=True) for solution in solutions]
            shown = "; ".join([", ".join(map(" = ".join, pair)) for pair in pairs])
        else:
            shown = f"{self.unknowns[0]} = " + ", ".join([value for (value,) in solutions])
        more = " …" if len(self.solutions) > MAX_SHOWN else ""
        free = " (any of them)" if len(self.solutions) > 1 and not self.every else ""
        return f"{shown}{more}{free}"

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
        raise refused(reader.mapping, "an inverse question needs an unknown", help)
    lead, pick = "", reader.keys.word("pick", "", ("smallest", "largest"))
    if reader.keys.node("layer") is not None:
        search, lead = _one_layer(reader)
    elif word_of(place) == "batch" and "batch" not in reader.networks.parameters(reader.spec):
        return _batch(reader, place)
    else:
        unknowns, wants = parameters_under(reader, "unknown"), read_wants(reader)
        search = ParameterSearch(reader, reader.spec, unknowns, wants)
    every = reader.keys.word("answer", "any", ("any", "all")) == "all"
    names = tuple([one.called for one in search.unknowns])
    pick = "smallest" if lead and "layers" in names else pick
    item = reader.item(ValuesTruth(names, _solutions(search, pick, every), every))
    which = f"the {pick} value" if pick else "all values" if every else "a value"
    which = "values" if len(names) > 1 else which
    titles = joined([one.title for one in search.unknowns])
    stated = [one for one in search.unknowns if one.stated]
    ranges = ", ".join(f"{one.title.removeprefix('the ')} {spread(one.values)}" for one in stated)
    wanted = " and ".join(want.sentence() for want in search.wants)
    text = f"{lead}Give {which} of {titles}{f' ({ranges})' if ranges else ''}"
    text += f" for which {wanted}." if wanted else " at which the network can be computed."
    asked = {"spatial" if w.quantity == "lossless" else w.quantity for w in search.wants}
    # A layer's spec is not the question's own.
    shown, written = (None, "") if lead else (search.example, search.written())
    asks = asked or {"spatial"}
    return reader.question(text, item, asks=asks, example=shown, ranges=ranges, written=written)


def _solutions(search: ParameterSearch, pick: str, every: bool) -> tuple[tuple[int, ...], ...]:
    """Return what trying every value of the unknowns finds; refuses what makes no question."""
    reader, unknowns, place = search.reader, search.unknowns, search.reader.at("unknown")
    count = prod(len(one.values) for one in unknowns)
    if not unknowns or not (search.wants or pick):
        help = "add what is wanted, such as `want: {spatial: 32x32}`"
        raise refused(place, "the question says nothing that is wanted", help)
    if len(unknowns) > 1 and (every or pick):
        key, what = ("answer", "all solutions") if every else ("pick", f"the {pick} solution")
        raise refused(reader.at(key), f"{what} can be asked for of one unknown only")
    if count > MAX_CANDIDATES:
        raise refused(place, f"{count:,} combinations are too many: make the ranges smaller")
    first = unknowns[0]
    if pick:  # the first solution is the one
        ordered = sorted(first.values, reverse=pick == "largest")
        search.unknowns = [first._replace(values=tuple(ordered))]
    solutions = tuple(islice(search.solutions(), 1 if pick else None))
    if search.example is None and search.trouble is not None:
        raise search.trouble
    if not solutions:
        raise refused(place, "the question has no solution in its range", "change the range")
    if len(solutions) == count > 1 and not every:
        raise refused(place, "every value of the range is a solution", "ask for something else")
    late = [one for one in solutions if one[0] >= first.values[len(first.values) // 2]]
    if not first.stated and len(late) >= MANY:
        help = f"give the unknown a range, such as `unknown: {{{first.called}: 1..64}}`"
        raise refused(place, "there are solutions without end", help)
    return solutions


def _one_layer(reader: QuestionReader) -> tuple[ParameterSearch, str]:
    """Return the search for what makes a layer, or equal ones, do what is given, and what it is."""
    layer = KINDS[reader.keys.word("layer", "conv", KINDS)]
    place, given = _given(reader)
    pairs = ranges_under(reader, "unknown", SIZES, "size")
    unknowns = []
    for name, values in pairs:
        title, low, alone, beside = SIZES[name]
        tried = values or tuple(range(low, 1 + (beside if len(pairs) > 1 else alone)))
        stated = bool(values) or len(pairs) > 1
        unknowns.append(FreeParameter(OWN + name, tried, f"the {title}", stated))
        if name in given:
            raise refused(place, f"`{name}` is both given and unknown", "leave one of them out")
    asked = {one.called: one.name for one in unknowns}
    if "kernel_size" not in (*given, *asked):
        help = "add `kernel_size: 3` to what is given, or to the unknowns"
        raise refused(place, "the kernel's size is missing", help)
    axes = given.get("input", given.get("output", "1")).count("x") + 1
    rank = axes - 1 if axes > 2 and "input" in given else axes  # channels may stand before them
    wants = _wants(given, rank, place, several="layers" in asked)
    spec = parse(Source("the layer", _spec(layer, {**given, **asked}, asked, rank)))
    return ParameterSearch(reader, spec, unknowns, wants), _lead(layer, given, asked)


def _given(reader: QuestionReader) -> tuple[tree.Node, dict[str, str]]:
    """Return what is given of the layer; `any` gives nothing."""
    keys = reader.keys.part("given", GIVEN)
    if keys is None:
        help = "write `given: {input: 32x32, output: 32x32, kernel_size: 5}`"
        raise refused(reader.at("given"), "nothing is given", help)
    given = {name: keys.text(name) for name in GIVEN if keys.text(name) not in ("", "any")}
    for name in ("input", "output"):
        if not _SHAPE.fullmatch(given.get(name, "1")):
            raise refused(reader.at("given"), f"`{given[name]}` is no shape", "write 32x32")
    return keys.mapping, given


def _wants(given: dict[str, str], rank: int, place: tree.Node, *, several: bool) -> list[Want]:
    """Return what is wanted: output or counts, else that the window fits; bounds of several."""
    output, wants = given.get("output"), []
    if output is not None:
        quantity = "shape" if output.count("x") + 1 > rank else "spatial"
        wants.append(Want(quantity, output, place))
    wants += [Want(name, given[name], place) for name in _WANTED if name in given]
    if not several:
        return wants or [Want("fits", "true", place)]
    if not wants or not wants[-1].text.isdecimal():
        help = "give `receptive_field: 11`, or `input: 224` and `output: 7`"
        raise refused(place, "nothing says how many layers it takes", help)
    number = Fraction(wants[-1].text)
    limit = Bounds(high=number) if wants[-1].quantity == "spatial" else Bounds(low=number)
    return [wants[-1]._replace(bounds=limit)]


def _lead(layer: type[Layer], given: dict[str, str], asked: dict[str, str]) -> str:
    """Return what the layer is, and what it reads."""
    noun = layer.noun or layer.keyword.replace("_", " ")
    tied = given.get("kernel_size", "equal to the kernel")
    known = {"stride": tied if layer.role == "pool" else "1", "padding": "0", **given}
    named = [name for name in SIZES if name in known and name not in (*asked, "input")]
    parts = [f"{name.replace('_', ' ')} {known[name]}" for name in named]
    sizes, read = joined(parts), given.get("input")
    if "layers" in asked:
        end = f"read {read}" if read else "are given"
        return f"Equal {noun} layers with {sizes}, one after the other, {end}. "
    return f"A {noun} with {sizes} {f'reads {read}' if read else 'is given'}. "


def _spec(layer: type[Layer], known: dict[str, str], asked: dict[str, str], rank: int) -> str:
    """Return the spec of the layer; the names of its unknowns are parameters."""
    sides, channels = known.get("input", WIDE).split("x"), known.get("in_channels", "1")
    if "input" in asked or "input" not in known:
        sides *= rank
    elif len(sides) > 2:
        channels, *sides = sides
    fields = {name: known[name] for name in _FIELDS if name in known}
    if layer.role != "pool":
        fields["out_channels"] = known.get("out_channels", channels if "layers" in asked else "1")
    if "layers" in asked:
        fields["repeat"] = known["layers"]
    inner = ", ".join(f"{name}: {text}" for name, text in fields.items())
    parameters = ", ".join(f"{name}: 1" for name in asked.values())
    head = f"input: [{', '.join([channels, *sides])}]\nparameters: {{{parameters}}}"
    return f"{head}\nlayers: [{layer.keyword}: {{{inner}}}]\n"


def _batch(reader: QuestionReader, place: tree.Node) -> Question:
    """Return a question for the largest batch with which a network fits in memory."""
    from cnncalc.solve.budget import largest_batch

    keys = reader.keys.part("want", ("memory", "training"))
    memory = keys.text("memory") if keys else ""
    if not keys or not memory:
        help = "write `want: {memory: 8GiB}`, with `training: true` if it is trained"
        raise refused(reader.at("want"), "a batch is limited by memory", help)
    training, network = keys.truth("training"), reader.network()
    try:
        most = size(memory)
    except UsageError as error:
        raise refused(reader.at("want"), error.message, error.help) from None
    found = largest_batch(network.graph, most, reader.conventions.dtype, training)
    if not found.found or not isinstance(found.value, int):
        raise refused(place, f"the question has no solution: {found.summary}")
    parts = "weights, buffers and the largest activations alive at once"
    if training:
        parts = "weights, gradients, two moments of Adam and all activations"
    text = f"Give the largest batch for which the network takes at most {memory} ({parts})."
    item = reader.item(ValuesTruth(("batch",), ((found.value,),)))
    written = network_lines(network)
    return reader.question(text, item, asks=("weight_bytes",), example=network, written=written)


INVERSE = QuestionType(
    "inverse", read_inverse, "what leads to a result: any right value counts",
    ("node", "unknown", "range", "want", "answer", "pick", "layer", "given"),
)  # fmt: skip
