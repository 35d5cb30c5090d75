"""What may be drawn in a template: values for parameters, and conditions that a draw must meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from random import Random

from cnncalc.diagnostics import Diagnostic, Source, SpecError
from cnncalc.grading.assignment import open_assignment, read_question
from cnncalc.grading.located import Faults
from cnncalc.grading.model import Question
from cnncalc.grading.questions import Reading
from cnncalc.grading.search import steps
from cnncalc.spec import tree
from cnncalc.spec.expressions import Expression, ExpressionError, compile_expression
from cnncalc.spec.tree import Scalar

FITS = ("exactly", "never", "any")
Draw = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Drawable:
    """One question of a template: `values` by name, `where` the conditions, `fits` the windows.

    `fits` is `exactly` (no window leaves pixels over), `never` (one does) or `any`.
    """

    id: str
    mapping: tree.Mapping
    values: tuple[tuple[str, tuple[str, ...]], ...]
    where: tuple[tuple[Expression, tree.Scalar], ...]
    fits: str

    @property
    def space(self) -> int:
        """How many different draws there are."""
        count = 1
        for _, values in self.values:
            count *= len(values)
        return count

    def any(self, random: Random) -> dict[str, str]:
        """Return one draw, all equally likely."""
        return {name: random.choice(values) for name, values in self.values}

    def all(self) -> Iterator[dict[str, str]]:
        """Yield every draw."""
        names = [name for name, _ in self.values]
        for values in product(*[values for _, values in self.values]):
            yield dict(zip(names, values, strict=True))

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


class Template:
    """A template: its questions, and how one of them is read at a draw."""

    def __init__(
        self, source: Source, folder: str = ".", texts: Mapping[str, str] | None = None
    ) -> None:
        self.source = source
        self.keys, self.reading = open_assignment(source, folder, texts)
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
        faults = self.reading.faults
        for node in self.keys.items("questions"):
            if isinstance(node, tree.Mapping):
                own = node.get("id")
                yield Drawable(
                    own.text if isinstance(own, Scalar) else "",
                    node,
                    tuple(_values(node, faults)),
                    tuple(_conditions(node, faults)),
                    _fits(node, faults),
                )

    def question(self, drawable: Drawable, draw: Draw) -> Question:
        """Return a question at a draw; raises SpecError if it has no answer there."""
        faults = Faults()
        reading = Reading(
            self.reading.networks, self.reading.conventions, self.reading.rubric,
            self.reading.spec, faults, {drawable.id: draw},
        )  # fmt: skip
        self.reading.networks.forget()
        question = read_question(drawable.mapping, reading)
        faults.stop()
        if question is None:
            raise SpecError(Diagnostic("the question cannot be read", drawable.mapping.span))
        return question


def _values(node: tree.Mapping, faults: Faults) -> Iterator[tuple[str, tuple[str, ...]]]:
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


def _conditions(node: tree.Mapping, faults: Faults) -> Iterator[tuple[Expression, Scalar]]:
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


def _fits(node: tree.Mapping, faults: Faults) -> str:
    kind = node.get("kind")
    default = "any" if isinstance(kind, Scalar) and kind.text == "fits" else "exactly"
    place = node.get("fits")
    word = place.text if isinstance(place, Scalar) else ""
    if place is not None and word not in FITS:
        faults.add(place, f"`fits` cannot be `{word}`", "one of " + ", ".join(FITS))
    return word or default
