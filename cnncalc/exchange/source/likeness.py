"""Which units are alike: what they have in common, and which items some of them lack."""

from __future__ import annotations

from cnncalc.exchange.source.series import Series, is_constant, series_of
from cnncalc.exchange.source.units import Item, Ref, Unit, results_of
from cnncalc.exchange.source.values import ABSENT, CHANNELS, Expression, Values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    #: Gives the channels of a node, where a function can ask its input for them.
    Entering = Callable[[int], int] | None

#: What a condition may compare: an expression, and one or a number.
Pair = tuple[Expression, Expression]


class Step:
    """An item of a blueprint: the item of the first copy that has it, and its values.

    `values` are those of a layer's form by key, or a call's arguments in the order of the callee's
    parameters. `series` are the arguments of a run, `count` how often it repeats. `condition` is
    the source of a test that tells which copies have it; empty if all do.
    """

    def __init__(self, item: Item) -> None:
        self.item = item
        self.values: dict[str, Expression] = {}
        self.arguments: list[Expression] = []
        self.series: list[Series] = []
        self.count: Expression | None = None
        self.group: int | None = None  # steps that the same copies lack, one after the other
        self.condition: Condition | None = None


class Condition:
    """A test of which copies have a part: whether two values differ, or a parameter is set."""

    def __init__(self, pair: Pair | None, flag: Expression | None) -> None:
        self.pair = pair
        self.flag = flag

    def text(self, prefix: str = "") -> str:
        """Return the test as source."""
        if self.pair is not None:
            return f"{self.pair[0].text(prefix)} != {self.pair[1].text(prefix)}"
        assert self.flag is not None
        return self.flag.text(prefix)


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
        self.values = Values(None if channels is None else tuple(channels))
        self.steps = [Step(item) for item in self.model.items]
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

    def fill(self, step: Step, copies: list[Item | None]) -> None:
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

    def fill_run(self, step: Step, copies: list[Item | None]) -> None:
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

    def condition(self, there: tuple[bool, ...], steps: list[Step]) -> Condition:
        """Return a test that is true for just the copies that have some steps."""
        used = [e for step in steps for e in (*step.values.values(), *step.arguments)]
        varying = [e for e in used if e.parameter is not None]
        if self.values.entering is not None:
            varying.insert(0, Expression(self.values.entering.values, self.values.entering))
        ones = [e for e in used if e.parameter is None and e.constant == 1][:1]
        strides = [e for e in varying if e.parameter is not None and e.parameter.hint == "stride"]
        pairs = [(a, b) for a in varying for b in varying] + [(a, b) for a in strides for b in ones]
        for one, other in pairs:
            values = zip(one.values, other.values, strict=True)
            if tuple([a != (1 if b is ABSENT else b) for a, b in values]) == there:
                return Condition((one, other), None)
        for one in used:
            plain = one.parameter is not None and one.times == one.over == 1
            counts = all(type(value) is int for value in one.values)
            if plain and counts and there == tuple([value != 0 for value in one.values]):
                return Condition(None, one)
        first = steps[0].item
        label = first.unit.kind if first.auto and first.unit is not None else first.label
        return Condition(None, self.values.expression(there, label, first.path))


#: A scope of at most so many items is no unit of its own if it is alone of its kind.
FEW_ITEMS = 3


def places_in(model: Unit, missing: set[int]) -> dict[int, int]:
    """Return for each item of the model where a copy that lacks some has its own."""
    kept = [index for index in range(len(model.items)) if index not in missing]
    return {index: place for place, index in enumerate(kept)}


def lacking(host: Unit, guest: Unit) -> set[int] | None:
    """Return which items of one unit another one lacks, if that is all the difference."""
    own = [key_of(item) for item in guest.items]
    missing, place = set(), 0
    for index, item in enumerate(host.items):
        if place < len(own) and key_of(item) == own[place]:
            place += 1
        else:
            missing.add(index)
    if not missing or place < len(own):
        return None
    if not all(in_chain(host, index, missing) for index in missing):
        return None
    return missing if skeleton(host, missing) == skeleton(guest, set()) else None


def key_of(item: Item) -> str:
    """Return what items of two copies must be called alike; functions have no name to keep."""
    return item.path if item.form is None or item.form.head else ""


def in_chain(unit: Unit, index: int, missing: set[int]) -> bool:
    """Return whether an item may be missing: a part with a name, in a chain with what is too."""
    item = unit.items[index]
    called = item.called
    if called is None and item.auto:
        return False
    if len(item.reads) != 1 or (called is not None and len(called.results) != 1):
        return False
    if index + 1 not in missing:
        return True
    readers = [i for i, other in enumerate(unit.items) if (index, 0) in other.reads]
    return readers == [index + 1]


def skeleton(unit: Unit, missing: set[int]) -> tuple[Any, ...]:
    """Return what units of one blueprint have in common, without the items that are missing."""
    moved: dict[int, int] = {}
    rows: list[Any] = []

    def real(ref: Ref) -> Ref:
        while ref[0] in missing:
            ref = unit.items[ref[0]].reads[0]
        return (moved[ref[0]], ref[1]) if ref[0] >= 0 else ref

    for index, item in enumerate(unit.items):
        if index in missing:
            continue
        moved[index] = len(rows)
        reads = tuple([real(ref) for ref in item.reads])
        called = item.called
        what: Any = item.form.likeness() if item.form is not None else None
        if called is not None:
            what = (id(called.blueprint), bool(item.run))
        rows.append((key_of(item), what, reads, item.shares))
    places = {index: place for place, index in enumerate(i for i in range(len(unit.items))
                                                         if i not in missing)}  # fmt: skip
    results = tuple([result_of(unit, node, places, missing) for node in unit.results])
    return (*rows, len(unit.inputs), results)


def result_of(unit: Unit, node: int, places: dict[int, int], missing: set[int]) -> Ref:
    """Return which item gives a result of a unit."""
    for index, item in enumerate(unit.items):
        found = results_of(item)
        if node in found:
            ref: Ref = (index, found.index(node))
            while ref[0] in missing:
                ref = unit.items[ref[0]].reads[0]
            return (places[ref[0]], ref[1]) if ref[0] >= 0 else ref
    return (-1, unit.inputs.index(node))
