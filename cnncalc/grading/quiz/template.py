"""Templates: values that may be drawn for parameters, and conditions that a draw must meet.

Of a network alone a template is made: questions about its layers at other input sizes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, permutations
from math import prod
from operator import add
from random import Random
from typing import TYPE_CHECKING

from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import Diagnostic, Source, SpecError, UsageError
from cnncalc.grading.assignment import AssignmentReader, read_question
from cnncalc.grading.assignment_keys import NETWORK
from cnncalc.grading.marking.believed_network import explore
from cnncalc.grading.model import Question
from cnncalc.grading.question_types.parameter_search import steps
from cnncalc.grading.yaml_keys import KeyFaults, Keys, word_of
from cnncalc.graph import Graph
from cnncalc.language import Options, build, find, tree
from cnncalc.language.expressions import Expression, ExpressionError, compile_expression
from cnncalc.language.tree import Scalar
from cnncalc.layers.option import show
from cnncalc.quantities import show_shape

if TYPE_CHECKING:
    from cnncalc.quantities import Shape

#: Of a network alone: how many questions, lengths of an axis, and shapes of its input.
QUESTIONS, MAX_LENGTHS, MAX_SHAPES = 6, 24, 600
Draw = Mapping[str, str]
Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawable:
    """One question of a template, or a network, `networks/NAME`, that several `questions` share.

    `values` are those of each name, `where` the conditions; `fits` is `exactly` (no window leaves
    pixels over), `never` (one does) or `any`. `shaping` are the names that windows may depend on.
    """

    id: str
    mapping: tree.Mapping
    questions: tuple[tree.Mapping, ...]
    values: dict[str, tuple[str, ...]]
    where: tuple[tuple[Expression, Scalar], ...]
    fits: str
    shaping: frozenset[str]

    def place(self, key: str) -> tree.Node:
        """Return the place of a key, or that of the whole."""
        return self.mapping.get(key) or self.mapping

    def some(self, random: Random, most: int) -> Iterator[Values]:
        """Yield draws at random, at most so many, and of few again and again."""
        space = prod(map(len, self.values.values()))
        for _ in range(min(most, 50 * space)):  # so often hardly a draw is left out
            yield tuple([random.choice(values) for values in self.values.values()])

    def named(self, values: Values) -> dict[str, str]:
        """Return the values of a draw by their names."""
        return dict(zip(self.values, values, strict=True))

    def shape(self, values: Values) -> Values:
        """Return what of a draw its windows may depend on: draws alike in that are as much work."""
        return tuple([text for name, text in self.named(values).items() if name in self.shaping])

    def allows(self, values: Values) -> bool:
        """Tell whether a draw meets the conditions; raises SpecError for a faulty one."""
        numbers = {
            name: int(value) for name, value in self.named(values).items() if value.isdigit()
        }
        for expression, place in self.where:
            try:
                if not expression.evaluate(numbers):
                    return False
            except ExpressionError as error:
                raise _faulty(error, place) from None
        return True


class Template(AssignmentReader):
    """A template: its questions, and how one of them is read at a draw.

    Its `name` tells this quiz from others in the keyed hash.
    """

    def __init__(
        self, source: Source, folder: str = ".", texts: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(source, folder, texts)
        title = self.keys.text("title")
        self.title = title or os.path.splitext(os.path.basename(source.name))[0]
        self.name = self.keys.text("id") or title or source.name
        self.drawables = tuple(self._drawables())
        self.reading.faults.stop()

    def _drawables(self) -> Iterator[Drawable]:
        faults, shared, every = self.reading.faults, self.reading.shared, self.reading.questions
        for name, keys in shared.items():
            own = tuple([node for node in every if word_of(node.get("spec")) == name])
            if not own:
                faults.add(keys.mapping, "no question asks about this network")
            yield self._drawable(f"networks/{name}", keys.mapping, own)
        for node in every:
            draw = node.get("draw")
            if draw is not None and word_of(node.get("spec")) in shared:
                help = "draw everything under `networks`, or name a spec"
                what = "the network of this question is drawn once, for several questions"
                faults.add(draw, what, help)
            yield self._drawable(word_of(node.get("id")), node, (node,))

    def _drawable(self, name: str, node: tree.Mapping, own: tuple[tree.Mapping, ...]) -> Drawable:
        keys = Keys(node, "a question", tuple(node.values), self.reading.faults)
        usual = "any" if word_of(node.get("kind")) == "fits" else "exactly"
        fits = keys.word("fits", usual, NETWORK["fits"].choices)
        spec = node.get("spec") or self.reading.spec
        spec = self.reading.networks.named.get(spec.text) if isinstance(spec, Scalar) else spec
        values = dict(_values(keys))
        names = shaping(spec, values)
        return Drawable(name, node, own, values, tuple(_conditions(keys)), fits, names)

    def question(self, drawable: Drawable, draw: Draw) -> Question:
        """Return a question at a draw; of a network that several share, all of them as one.

        Raises SpecError if there is no answer at this draw.
        """
        faults = KeyFaults()
        reading = replace(self.reading, faults=faults, draws={drawable.id: draw})
        self.reading.networks.forget()
        found = [read_question(node, reading) for node in drawable.questions]
        faults.stop()
        text = "\n".join(question.text for question in found)
        items = tuple(item for question in found for item in question.items)
        return replace(found[0], text=text, items=items)


def shaping(spec: tree.Node | None, names: Collection[str]) -> frozenset[str]:
    """Return those of a spec's parameters that its windows, and what they read, may depend on.

    That is every name that stands elsewhere than as the width of a layer, unless the spec speaks
    of channels again, has blocks, within which a word can mean anything, or stands elsewhere.
    """
    words = set(_words(spec))
    if not isinstance(spec, tree.Mapping) or spec.get("blocks") or "in_channels" in words:
        return frozenset(names)
    return frozenset(name for name in names if name in words or name == "input")


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
        yield from re.findall(r"\w+", node.text)


def _values(keys: Keys) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what `draw` says: names of parameters, or `input`, with their values."""
    for name, values in keys.entries("draw"):
        if name.text == "input":
            items = values.items if isinstance(values, tree.Sequence) else [values]
            yield "input", tuple(_shape(item) for item in items)
            continue
        try:
            yield name.text, tuple(str(value) for value in steps(values, name.text))
        except SpecError as error:
            keys.faults.extend(error)


def _shape(node: tree.Node) -> str:
    if isinstance(node, Scalar):
        return node.text
    return "x".join(map(_shape, node.items)) if isinstance(node, tree.Sequence) else ""


def _conditions(keys: Keys) -> Iterator[tuple[Expression, Scalar]]:
    for place in keys.texts("where"):
        try:
            yield compile_expression(place.text), place
        except ExpressionError as error:
            keys.faults.extend(_faulty(error, place))


def _faulty(error: ExpressionError, place: Scalar) -> SpecError:
    span = place.span_within(error.offset, error.length)
    return SpecError(Diagnostic(error.message, span, error.help))


def network_template(name: str) -> tuple[str, dict[str, str]]:
    """Return a template of questions about a network, and the texts of the specs it names.

    They ask for shapes of windows and for multiply-accumulates, which differ from size to size; the
    input's size is drawn from sizes at which the network can be computed. Raises UsageError for a
    name that fits nothing, and SpecError for a faulty spec.
    """
    source, variant = find(name)
    graph = build(source, Options(variant))
    analyze(graph)
    right, asked = explore(graph), []
    for index, node in enumerate(graph.nodes):
        if node.layer.opaque:
            break  # what comes after it could not be checked by running it
        asked += [("shape", node.name)] if right.windows(index) is not None else []
        asked += [("macs", node.name)] if node.layer.role == "weighted" else []
    if not asked:
        raise UsageError(f"`{name}` has no layers to ask about")
    shapes = list(map(show_shape, _shapes(source, variant, graph)))
    draw = f", draw: {{input: [{', '.join(shapes)}]}}" if len(shapes) > 1 else ""
    step = max(1, len(asked) // QUESTIONS)
    spec = _quoted(variant or source.name)
    lines = [f"title: {show(graph.name)} quiz", f"specs:\n  net: {spec}", "questions:"]
    for number, (kind, node_name) in enumerate(asked[::step][:QUESTIONS], 1):
        own = f"id: q{number}, kind: {kind}, node: {_quoted(node_name)}, fits: any{draw}"
        lines.append(f"  - {{{own}}}")
    return "\n".join(lines) + "\n", {} if variant else {source.name: source.text}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _shapes(source: Source, variant: str | None, graph: Graph) -> list[Shape]:
    """Return input shapes around the network's own at which every layer can be computed.

    No two axes are of the same length, so that there are many, and each as much work.
    """
    shape = graph.nodes[graph.inputs[0]].layer.output_shape(())
    if len(shape) < 2 or len(graph.inputs) > 1:
        return [shape]
    channels, *sides = shape
    unit = max(1, min(sides) // 28)
    offsets: list[int] = []
    for number in range(1, 4 * MAX_LENGTHS):
        offset = unit * (number // 2) * (1 if number % 2 else -1)
        other = (channels, *[side + offset for side in sides])
        if min(other) < 1 or len(offsets) >= MAX_LENGTHS:
            continue
        try:
            analyze(build(source, Options(variant, {}, {"": show_shape(other)})))
        except (SpecError, UsageError):
            continue
        offsets.append(offset)
    chosen = islice(permutations(offsets, len(sides)), MAX_SHAPES)
    return [(channels, *map(add, sides, own)) for own in chosen] or [shape]
