"""What may be drawn in a template: values for parameters, and conditions that a draw must meet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import gcd, prod
from random import Random

from cnncalc.diagnostics import Diagnostic, Source, SpecError
from cnncalc.grading.assignment import AssignmentReader, read_question
from cnncalc.grading.model import Question
from cnncalc.grading.question_types.parameter_search import steps
from cnncalc.grading.yaml_keys import KeyFaults
from cnncalc.language import tree
from cnncalc.language.expressions import Expression, ExpressionError, compile_expression
from cnncalc.language.tree import Scalar

_WORD = re.compile(r"\w+")
FITS = ("exactly", "never", "any")
Draw = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Drawable:
    """One question of a template: `values` by name, `where` the conditions, `fits` the windows.

    Or a network of `networks:`, drawn once for all questions that share it: `networks/NAME`. `fits`
    is `exactly` (no window leaves pixels over), `never` (one does) or `any`. `shaping` are the
    names that windows may depend on.
    """

    id: str
    mapping: tree.Mapping
    values: tuple[tuple[str, tuple[str, ...]], ...]
    where: tuple[tuple[Expression, tree.Scalar], ...]
    fits: str
    shaping: tuple[str, ...]

    @property
    def space(self) -> int:
        """How many different draws there are."""
        return prod(len(values) for _, values in self.values)

    def some(self, random: Random, tries: int, most: int) -> Iterator[dict[str, str]]:
        """Yield draws: some at random, then all in turn from a random one on, at most so many."""
        for _ in range(min(tries, most)):
            yield {name: random.choice(values) for name, values in self.values}
        space = self.space
        place, stride = random.randrange(space), random.randrange(1, space + 1)
        while gcd(stride, space) > 1:  # or it would come back before it has been everywhere
            stride += 1
        for _ in range(min(space, most - tries)):
            place = (place + stride) % space
            yield self._at(place)

    def _at(self, place: int) -> dict[str, str]:
        """Return one of all draws by its number."""
        result = {}
        for name, values in self.values:
            place, digit = divmod(place, len(values))
            result[name] = values[digit]
        return result

    def allows(self, draw: Draw) -> bool:
        """Tell whether a draw meets the conditions; raises SpecError for a faulty one."""
        numbers = {name: int(value) for name, value in draw.items() if value.isdigit()}
        for expression, place in self.where:
            try:
                if not expression.evaluate(numbers):
                    return False
            except ExpressionError as error:
                span = place.span_within(error.offset, error.length)
                raise SpecError(Diagnostic(error.message, span, error.help)) from None
        return True


class Template(AssignmentReader):
    """A template: its questions, and how one of them is read at a draw."""

    def __init__(
        self, source: Source, folder: str = ".", texts: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(source, folder, texts)
        self.drawables = tuple(self._drawables())
        self.reading.faults.stop()

    @property
    def title(self) -> str:
        """The title of the quiz."""
        return self.keys.text("title") or self.source.name

    @property
    def name(self) -> str:
        """What tells this quiz from others in the keyed hash."""
        return self.keys.text("id") or self.title

    def _drawables(self) -> Iterator[Drawable]:
        for name, shared in self.reading.shared.items():
            yield self._drawable(f"networks/{name}", shared.mapping)
        for node in self.keys.items("questions"):
            if not isinstance(node, tree.Mapping):
                continue
            own, draw = node.get("id"), node.get("draw")
            if draw is not None and self._shared(node):
                help = "draw everything under `networks`, or name a spec"
                what = "the network of this question is drawn once, for several questions"
                self.reading.faults.add(draw, what, help)
            yield self._drawable(own.text if isinstance(own, Scalar) else "", node)

    def _drawable(self, name: str, node: tree.Mapping) -> Drawable:
        faults = self.reading.faults
        values = tuple(_values(node, faults))
        conditions = tuple(_conditions(node, faults))
        place = node.get("spec") or self.reading.spec
        if isinstance(place, Scalar):  # what stands elsewhere is not looked into
            place = self.reading.networks.named.get(place.text)
        names = shaping(place, [name for name, _ in values])
        return Drawable(name, node, values, conditions, _fits(node, faults), names)

    def _shared(self, node: tree.Mapping) -> str:
        """Return how the network that a question shares is drawn, `networks/NAME`, or ''."""
        spec = node.get("spec")
        name = spec.text if isinstance(spec, Scalar) else ""
        return f"networks/{name}" if name in self.reading.shared else ""

    def question(self, drawable: Drawable, draw: Draw) -> Question:
        """Return a question at a draw; of a network that several share, all of them as one.

        Raises SpecError if there is no answer at this draw.
        """
        faults = KeyFaults()
        reading = replace(self.reading, faults=faults, draws={drawable.id: draw})
        self.reading.networks.forget()
        nodes = [drawable.mapping]
        if drawable.id.startswith("networks/"):
            nodes = [one for one in self.reading.questions if self._shared(one) == drawable.id]
        found = [question for node in nodes if (question := read_question(node, reading))]
        faults.stop()
        if not found:
            what = "no question asks about this network" if not nodes else "it cannot be read"
            raise SpecError(Diagnostic(what, drawable.mapping.span))
        if len(found) == 1:
            return found[0]
        text = "\n".join(question.text for question in found)
        items = tuple(item for question in found for item in question.items)
        return replace(found[0], text=text, items=items)


def shaping(spec: tree.Node | None, names: Sequence[str]) -> tuple[str, ...]:
    """Return those of a spec's parameters that its windows, and what they read, may depend on.

    That is every name that stands elsewhere than as the width of a layer, unless the spec speaks
    of channels again, or has blocks, within which a word can mean anything.
    """
    if not isinstance(spec, tree.Mapping) or spec.get("blocks") is not None:
        return tuple(names)
    words = set(_words(spec))
    if "in_channels" in words:
        return tuple(names)
    return tuple(name for name in names if name in words or name == "input")


def _words(node: tree.Node | None) -> Iterator[str]:
    """Yield the words of all values below a node but the widths of layers."""
    if isinstance(node, tree.Mapping):
        for name, value in node.entries:
            if name.text not in ("out_channels", "out_features"):
                yield from _words(value)
    elif isinstance(node, tree.Sequence):
        for item in node.items:
            yield from _words(item)
    elif node is not None:
        yield from _WORD.findall(node.text)


def _values(node: tree.Mapping, faults: KeyFaults) -> Iterator[tuple[str, tuple[str, ...]]]:
    place = node.get("draw")
    if place is None:
        return
    if not isinstance(place, tree.Mapping):
        faults.add(place, "`draw` must be a mapping, such as {W: 24..64, F: [3, 5]}")
        return
    for name, values in place.entries:
        if name.text == "input":
            items = values.items if isinstance(values, tree.Sequence) else [values]
            yield "input", tuple(_text(item) for item in items)
            continue
        try:
            yield name.text, tuple(str(value) for value in steps(values, name.text))
        except SpecError as error:
            faults.extend(error)


def _text(node: object) -> str:
    if isinstance(node, Scalar):
        return node.text
    items = node.items if isinstance(node, tree.Sequence) else []
    return "x".join(_text(item) for item in items)


def _conditions(node: tree.Mapping, faults: KeyFaults) -> Iterator[tuple[Expression, Scalar]]:
    place = node.get("where")
    items = place.items if isinstance(place, tree.Sequence) else [place] if place else []
    for item in items:
        if not isinstance(item, Scalar):
            faults.add(item, "a condition is an expression such as `F > 2*P`")
            continue
        try:
            yield compile_expression(item.text), item
        except ExpressionError as error:
            span = item.span_within(error.offset, error.length)
            faults.found.append(Diagnostic(error.message, span, error.help))


def _fits(node: tree.Mapping, faults: KeyFaults) -> str:
    kind = node.get("kind")
    default = "any" if isinstance(kind, Scalar) and kind.text == "fits" else "exactly"
    place = node.get("fits")
    word = place.text if isinstance(place, Scalar) else ""
    if place is not None and word not in FITS:
        faults.add(place, f"`fits` cannot be `{word}`", "one of " + ", ".join(FITS))
    return word or default
