"""Equivariance, measured: what happens layer by layer when the input is moved by some pixels.

The network runs on random numbers, and again on the same numbers moved; what leaves on one side
enters on the other. A layer commutes with the shift where its second output is its first, moved by
as many units as its jump says.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm
from typing import TYPE_CHECKING

from cnncalc.diagnostics import UsageError
from cnncalc.executor.execution import Executor
from cnncalc.executor.verify import random_inputs
from cnncalc.executor.weights import RandomWeights
from cnncalc.fields.api import receptive_field
from cnncalc.quantities import product, show_shape
from cnncalc.record import Record
from cnncalc.teaching.moved import EXACT, INTERIOR, MULTIPLES, NONE, close, compared, rolled

if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis
    from cnncalc.executor.execution import Step
    from cnncalc.executor.workspace import Array
    from cnncalc.fields.result import NodeField
    from cnncalc.graph import Node

#: Numbers that may be kept of the first run.
MOST_NUMBERS = 200_000_000


class Moved(Record):
    """What one layer does with a shift of the input.

    `units` is by how many of its units its output should move, per axis (None: it has no places,
    so nothing should change). `border` is (before, after) along each axis, where it does not
    commute. `multiples_of` are the shifts per axis, in pixels, whose multiples it can follow;
    `then` is what such a shift gives, `None` if that was not tried.
    """

    name: str
    layer: str
    output: tuple[int, ...]
    commutes: str
    units: tuple[int, ...] | None
    border: tuple[tuple[int, int], ...]
    multiples_of: tuple[int, ...] | None
    then: str | None
    why: str


class Shifted(Record):
    """A network's layers, and what each does with a shift of its input by so many pixels."""

    name: str
    shift: tuple[int, ...]
    nodes: tuple[Moved, ...]


def measure(analysis: Analysis, shift: Sequence[int], seed: int = 0) -> Shifted:
    """Return what every layer of a network does with a shift of its input.

    Raises `UsageError` for a shift that the input does not have, and for a network too large.
    """
    graph = analysis.graph
    shapes = [facts.output for facts in analysis.facts]
    lengths = shapes[graph.inputs[0]][1:]
    check(analysis, shift, lengths)
    fields = receptive_field(analysis).nodes
    inputs = random_inputs(graph, 1, seed, "float64")
    executor = Executor(graph, RandomWeights(graph, seed, "float64"), "float64")
    still = outputs_of(executor, inputs)
    moved = outputs_of(executor, [rolled(array, shift) for array in inputs])
    steps = [needed(field) for field in fields]
    retries = {}
    for period in {step for step in steps if step is not None}:
        if any(s % p for s, p in zip(shift, period, strict=True)):
            wide = tuple([lcm(s, p) if s else 0 for s, p in zip(shift, period, strict=True)])
            fits = all(abs(w) < n for w, n in zip(wide, lengths, strict=True))
            if fits:
                retries[period] = outputs_of(executor, [rolled(a, wide) for a in inputs])
    found = []
    for index, node in enumerate(graph.nodes):
        if index in graph.inputs:
            continue
        facts = ShiftComparison(node, fields[index], shapes[index], tuple(shift))
        step = steps[index]
        again = None if step is None else retries.get(step)
        other = None if again is None else again[index]
        found.append(facts.judge(still[index], moved[index], other))
    return Shifted(graph.name, tuple(shift), tuple(found))


def check(analysis: Analysis, shift: Sequence[int], lengths: tuple[int, ...]) -> None:
    """Raise `UsageError` for a shift that cannot be made, and for a network too large to keep."""
    graph = analysis.graph
    if any(analysis.facts[index].output[1:] != lengths for index in graph.inputs):
        raise UsageError("the inputs differ in size, so one shift does not move them all alike")
    if not lengths:
        raise UsageError("the input is a flat vector: it has no places to be moved")
    if len(shift) != len(lengths):
        example = ",".join("1" for _ in lengths)
        raise UsageError(
            f"the input is {show_shape(lengths)}, and the shift has {len(shift)}"
            f" number{'s' * (len(shift) > 1)}",
            f"one for each axis: --shift {example}",
        )
    if any(abs(s) >= n for s, n in zip(shift, lengths, strict=True)):
        raise UsageError(f"the shift is larger than the input of {show_shape(lengths)}")
    if not any(shift):
        raise UsageError("a shift by 0 moves nothing", "--shift 1,0 moves down by one row")
    numbers = sum(facts.elements for facts in analysis.facts)
    if numbers > MOST_NUMBERS:
        raise UsageError(
            f"the outputs of all layers are {numbers:,} numbers, too many to keep",
            "give a smaller --input",
        )


def outputs_of(executor: Executor, inputs: Sequence[Array]) -> list[Array]:
    """Return what every node gives, channels first, of the one sample."""
    import numpy as np

    found: list[Array] = []

    def keep(step: Step) -> None:
        found.append(np.moveaxis(step.output[0], -1, 0).copy())

    executor.run(list(inputs), watch=keep)
    return found


def needed(field: NodeField) -> tuple[int, ...] | None:
    """Return the pixels after which a node's fields repeat, per axis; None if they do not."""
    axes = field.axes if field.axes is not None else field.without
    if axes is None:
        return None
    found = []
    for axis in axes:
        if axis.jump is None and axis.period is None:
            return None
        found.append(axis.period[1] if axis.period is not None else int(axis.jump or 1))
    return tuple(found)


class ShiftComparison(Record):
    """One layer's outputs on the input and on the moved input."""

    node: Node
    field: NodeField
    output: tuple[int, ...]
    shift: tuple[int, ...]

    @property
    def period(self) -> tuple[int, ...] | None:
        """The pixels after which the layer's fields repeat, per axis."""
        return needed(self.field)

    def judge(self, still: Array, moved: Array, again: Array | None) -> Moved:
        """Return what the layer does; `again` is its output for a shift that it can follow."""
        if self.period is None or len(self.output) == 1 or product(self.output[1:]) == 1:
            return self.without_places(still, moved)
        if any(s % p for s, p in zip(self.shift, self.period, strict=True)):
            then: str | None = None
            border: tuple[tuple[int, int], ...] = ()
            if again is not None:
                wide = [lcm(s, p) if s else 0 for s, p in zip(self.shift, self.period, strict=True)]
                then, border = compared(still, again, self.in_units(wide))
            step = " or ".join(str(p) for p in dict.fromkeys(self.period))
            why = (
                f"units lie {step} pixels apart, so a smaller shift falls between them and reads"
                " other pixels"
            )
            return self.found(MULTIPLES, None, border, then, why)
        units = self.in_units(self.shift)
        word, border = compared(still, moved, units)
        return self.found(word, units, border, None, self.reason(word))

    def in_units(self, shift: Sequence[int]) -> tuple[int, ...]:
        """Return a shift in units of the layer."""
        axes = self.field.axes or self.field.without or ()
        return tuple(
            [
                s * (axis.period[0] if axis.period else 1) // period
                for s, period, axis in zip(shift, self.period or (), axes, strict=True)
            ]
        )

    def without_places(self, still: Array, moved: Array) -> Moved:
        """Return whether a layer that has no places any more gives the same numbers."""
        same = close(still, moved)
        if bool(same.all()):
            return self.found(EXACT, None, (), None, "it has no places, and nothing changes")
        if self.node.layer.weighs_places:
            why = "every place has weights of its own"
        elif self.node.layer.flattens:
            why = "places become features, so a moved pattern is another pattern"
        else:
            why = "what it reads has changed, at a border or in a stride before it"
        return self.found(NONE, None, (), None, why)

    def reason(self, word: str) -> str:
        """Return why a layer with places does what was found."""
        layer = self.node.layer
        if word == EXACT:
            return "every unit does the same at its place, and none sees padding"
        if word == INTERIOR:
            return (
                "every unit does the same at its place, but units at the border see padding, which"
                " does not move along"
            )
        if layer.weighs_places:
            return "every place has weights of its own"
        if self.field.whole:
            return "units depend on the whole map, its border included"
        return "the border is as wide as the map, or a layer before it does not commute"

    def found(
        self,
        word: str,
        units: tuple[int, ...] | None,
        border: tuple[tuple[int, int], ...],
        then: str | None,
        why: str,
    ) -> Moved:
        """Return the value for this layer."""
        multiples = self.period if word == MULTIPLES else None
        node = self.node
        return Moved(
            node.name, node.layer.keyword, self.output, word, units, border, multiples, then, why
        )
