"""Alike units become one blueprint with parameters: a class, or a function, and its calls.

Copies may differ in numbers, in functions such as activations, in how often a unit repeats, and in
parts that some of them lack, such as the projection on a shortcut.
"""

from __future__ import annotations

from cnncalc.exchange.source.likeness import lacking, places_in, skeleton
from cnncalc.exchange.source.units import Builder, Unit, UnitStep, find_runs
from cnncalc.exchange.source.values import (
    ABSENT,
    CHANNELS,
    ArgumentSeries,
    BlueprintExpression,
    BlueprintValues,
    is_constant,
    series_of,
)
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from cnncalc.exchange.source.forms import Form
    from cnncalc.graph import Graph

    #: Gives the channels of a node, where a function can ask its input for them.
    Entering = Callable[[int], int] | None


class BlueprintStep:
    """An item of a blueprint: the item of the first copy that has it, and its values.

    `values` are those of a layer's form by key, or a call's arguments in the order of the callee's
    parameters. `series` are the arguments of a run, `count` how often it repeats. `condition` is
    the source of a test that tells which copies have it; empty if all do.
    """

    def __init__(self, item: UnitStep) -> None:
        self.item = item
        self.values: dict[str, BlueprintExpression] = {}
        self.arguments: list[BlueprintExpression] = []
        self.series: list[ArgumentSeries] = []
        self.count: BlueprintExpression | None = None
        self.group: int | None = None  # steps that the same copies lack, one after the other
        self.condition: Condition | None = None


class Condition(Record):
    """Which copies have a part: whether two values differ, or a parameter is set."""

    value: BlueprintExpression
    other: BlueprintExpression | None = None

    def text(self) -> str:
        """Return the test as source."""
        return self.value.text() + ("" if self.other is None else f" != {self.other.text()}")


class Blueprint:
    """What alike units have in common: their kind, steps, parameters, and the units themselves."""

    def __init__(
        self, kind: str, units: list[Unit], missing: dict[Unit, set[int]], entering: Entering
    ) -> None:
        self.kind = kind
        self.units = units
        self.model = units[0]
        known = kind and entering is not None and len(units[0].inputs) == 1
        channels = [entering(unit.inputs[0]) for unit in units] if known and entering else None
        self.values = BlueprintValues(None if channels is None else tuple(channels))
        self.steps = [BlueprintStep(item) for item in self.model.items]
        places = {unit: places_in(self.model, missing.get(unit, set())) for unit in units}
        gone = {
            index: tuple([index in missing.get(unit, set()) for unit in units])
            for index in range(len(self.steps))
        }
        group, before = 0, tuple([False] * len(units))
        for index, step in enumerate(self.steps):
            copies = [
                None if gone[index][k] else unit.items[places[unit][index]]
                for k, unit in enumerate(units)
            ]
            self.fill(step, copies)
            if any(gone[index]):
                group += gone[index] != before
                step.group = group
            before = gone[index]
        self.conditions(gone)
        first = ("in_channels", "in_features")
        self.values.parameters.sort(key=lambda p: (p.hint not in first, p.hint not in CHANNELS))
        for unit in units:
            unit.blueprint = self

    @property
    def parameters(self) -> list[Any]:
        """The parameters in the order in which they are passed."""
        return self.values.parameters

    def arguments(self, unit: Unit) -> list[Any]:
        """Return the values of the parameters for one copy."""
        place = self.units.index(unit)
        return [parameter.values[place] for parameter in self.parameters]

    def fill(self, step: BlueprintStep, copies: list[UnitStep | None]) -> None:
        """Find the expressions of a step from its copies; None for units that lack it."""
        item, owner = step.item, step.item.path
        if item.form is not None:
            rows = [None if c is None or c.form is None else c.form.slots() for c in copies]
            for number, (key, _value, hint) in enumerate(item.form.slots()):
                column = tuple([ABSENT if row is None else row[number][1] for row in rows])
                step.values[key] = self.values.expression(column, hint, owner)
        elif item.run:
            self.fill_run(step, copies)
        elif item.unit is not None:
            callee = item.unit.blueprint
            calls = [
                None if c is None or c.unit is None else callee.arguments(c.unit) for c in copies
            ]
            for number, parameter in enumerate(callee.parameters):
                column = tuple([ABSENT if call is None else call[number] for call in calls])
                expression = self.values.expression(column, parameter.hint, owner, parameter)
                step.arguments.append(expression)

    def fill_run(self, step: BlueprintStep, copies: list[UnitStep | None]) -> None:
        """Find how often a run repeats, and how its arguments go on from call to call."""
        item = step.item
        callee = item.run[0].blueprint
        calls = [None if c is None else [callee.arguments(u) for u in c.run] for c in copies]
        found = {}
        rows = [
            [None if c is None else [call[number] for call in c] for c in calls]
            for number in range(len(callee.parameters))
        ]
        # What stays the same over a run comes first: what changes may follow from it.
        for number in sorted(range(len(rows)), key=lambda i: not is_constant(rows[i])):
            parameter = callee.parameters[number]
            found[number] = series_of(
                rows[number], parameter.hint, item.path, self.values, parameter
            )
        step.series = [found[number] for number in range(len(rows))]
        counts = tuple([ABSENT if c is None else len(c) for c in calls])
        if any(series.kind == "table" for series in step.series):
            return  # the table says how often
        plural = item.label if item.label[-1:] in "s0123456789" else f"{item.label}s"
        step.count = self.values.expression(counts, f"num_{plural}", item.path)

    def conditions(self, gone: dict[int, tuple[bool, ...]]) -> None:
        """Find a test for every group of steps that some copies lack."""
        groups: dict[int, list[int]] = {}
        for index, step in enumerate(self.steps):
            if step.group is not None:
                groups.setdefault(step.group, []).append(index)
        for indices in groups.values():
            there = tuple([not missing for missing in gone[indices[0]]])
            condition = self.condition(there, [self.steps[i] for i in indices])
            for index in indices:
                self.steps[index].condition = condition

    def condition(self, there: tuple[bool, ...], steps: list[BlueprintStep]) -> Condition:
        """Return a test that is true for just the copies that have some steps."""
        used = [e for step in steps for e in (*step.values.values(), *step.arguments)]
        varying = [e for e in used if e.parameter is not None]
        if self.values.entering is not None:
            varying.insert(
                0, BlueprintExpression(self.values.entering.values, self.values.entering)
            )
        ones = [e for e in used if e.parameter is None and e.constant == 1][:1]
        strides = [e for e in varying if e.parameter is not None and e.parameter.hint == "stride"]
        pairs = [(a, b) for a in varying for b in varying] + [(a, b) for a in strides for b in ones]
        for one, other in pairs:
            values = zip(one.column, other.column, strict=True)
            if tuple([a != (1 if b is ABSENT else b) for a, b in values]) == there:
                return Condition(one, other)
        for one in used:
            plain = one.parameter is not None and one.times == one.over == 1
            counts = all(type(value) is int for value in one.column)
            if plain and counts and there == tuple([value != 0 for value in one.column]):
                return Condition(one)
        first = steps[0].item
        label = first.unit.kind if first.auto and first.unit is not None else first.label
        return Condition(self.values.expression(there, label, first.path))


#: A scope of at most so many items is no unit of its own if it is alone of its kind.
FEW_ITEMS = 3


def planned(graph: Graph, forms: dict[int, Form], entering: Entering = None) -> list[Blueprint]:
    """Return the blueprints of a graph, that of the whole network last."""
    dissolved: set[str] = set()
    while True:
        result = blueprints(Builder(graph, forms, dissolved).root(), entering)
        kinds = [blueprint.kind for blueprint in result]
        small = {
            blueprint.units[0].path
            for blueprint in result
            if blueprint.kind and len(blueprint.units) == 1 and len(blueprint.steps) <= FEW_ITEMS
            and kinds.count(blueprint.kind) > 1
        }  # fmt: skip
        if not small:
            return result
        dissolved |= small


def blueprints(root: Unit, entering: Entering) -> list[Blueprint]:
    """Return the blueprints of all units within a unit, those called before those that call."""
    by_kind: dict[str, list[Unit]] = {}
    for unit in within(root):
        by_kind.setdefault(unit.kind, []).append(unit)
    result: list[Blueprint] = []
    done: set[str] = set()

    def visit(kind: str) -> None:
        if kind in done:
            return
        done.add(kind)
        for unit in by_kind[kind]:
            for item in unit.items:
                if item.unit is not None and item.unit.kind != kind:
                    visit(item.unit.kind)
        for unit in by_kind[kind]:
            find_runs(unit)
        result.extend(grouped(kind, by_kind[kind], entering))

    for kind in by_kind:
        visit(kind)
    return result


def within(unit: Unit) -> Iterator[Unit]:
    """Yield all units within a unit, innermost first, and the unit itself."""
    for item in unit.items:
        if item.unit is not None:
            yield from within(item.unit)
    yield unit


def grouped(kind: str, units: list[Unit], entering: Entering) -> list[Blueprint]:
    """Return as few blueprints as units of one kind need."""
    groups: dict[Any, list[Unit]] = {}
    for unit in units:
        groups.setdefault(skeleton(unit, set()), []).append(unit)
    largest_first = sorted(groups.values(), key=lambda group: -len(group[0].items))
    hosts: list[tuple[list[Unit], dict[Unit, set[int]]]] = []
    for group in largest_first:
        for members, missing in hosts:
            lacks = lacking(members[0], group[0])
            if lacks is not None:
                members.extend(group)
                missing.update(dict.fromkeys(group, lacks))
                break
        else:
            hosts.append((list(group), {}))
    result = []
    for members, missing in hosts:
        order = sorted(
            members, key=lambda unit: units.index(unit) if unit is not members[0] else -1
        )
        result.append(Blueprint(kind, order, missing, entering))
    return result
