"""The values of a blueprint: parameters, expressions that give the value of every copy, series."""

from __future__ import annotations

from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    #: For every copy of the blueprint the values of one argument, None where it has no such run.
    Rows = list[list[Any] | None]


class Absent:
    """The value of a part that a copy does not have."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()
#: What channels are called; only these are multiples of one another on purpose.
CHANNELS = ("in_channels", "channels", "in_features", "features", "groups", "num_groups",
            "units")  # fmt: skip


class Parameter:
    """A value that differs between copies: its `values`, and what it is called in the end.

    `hint` says what it is, `owner` is the path of the item that uses it first, and `source` the
    parameter that it is there, if that item is a call.
    """

    def __init__(
        self, hint: str, owner: str, values: tuple[Any, ...], source: Parameter | None = None
    ) -> None:
        self.hint = hint
        self.owner = owner
        self.values = values
        self.source = source
        self.name = hint


class BlueprintExpression(Record):
    """A value in a blueprint: a constant, or a parameter, multiplied or divided by a number.

    `column` holds its value in every copy.
    """

    column: tuple[Any, ...]
    parameter: Parameter | None = None
    times: int = 1
    over: int = 1

    @property
    def constant(self) -> Any:
        """The value of an expression without a parameter."""
        return next((v for v in self.column if v is not ABSENT), None)

    def text(self, prefix: str = "") -> str:
        """Return the expression as source; `prefix` stands before the parameter's name."""
        from cnncalc.exchange.source.text import literal

        if self.parameter is None:
            return literal(self.constant)
        name = prefix + self.parameter.name
        if self.times > 1:
            return f"{self.times} * {name}"
        return f"{name} // {self.over}" if self.over > 1 else name


class BlueprintValues:
    """The parameters that a blueprint has so far, and expressions over them."""

    def __init__(self, entering: tuple[int, ...] | None = None) -> None:
        self.parameters: list[Parameter] = []
        self.entering = None  # the channels of the input, where they need not be passed
        if entering is not None:
            self.entering = Parameter("in_channels", "", entering)

    def expression(
        self, values: tuple[Any, ...], hint: str, owner: str, source: Parameter | None = None
    ) -> BlueprintExpression:
        """Return an expression with these values; it takes a new parameter where none serves."""
        present = [value for value in values if value is not ABSENT]
        if all(same(value, present[0]) for value in present):
            return BlueprintExpression(values)
        found = self.over_known(values, hint)
        if found is None:
            parameter = Parameter(hint, owner, filled(values, present), source)
            self.parameters.append(parameter)
            found = BlueprintExpression(parameter.values, parameter)
        return found

    def over_known(self, values: tuple[Any, ...], hint: str) -> BlueprintExpression | None:
        """Return an expression over the parameters there are, or None."""
        family = hint in CHANNELS
        parameters = [*self.parameters, *([self.entering] if self.entering else [])]
        known = [p for p in parameters if (p.hint in CHANNELS) == family]
        if not family:
            known = [p for p in known if p.hint == hint]
        for parameter in known:
            if agree(values, parameter.values):
                return BlueprintExpression(parameter.values, parameter)
        if hint == "padding":
            return self.half_of_kernel(values)
        present = [value for value in values if value is not ABSENT]
        if not family or not all(type(value) is int for value in present):
            return None
        place = values.index(present[0])
        for parameter in known:
            if not all(type(value) is int for value in parameter.values):
                continue
            first = parameter.values[place]
            times, over = present[0] // max(first, 1), first // max(present[0], 1)
            if times > 1 and agree(values, tuple([times * v for v in parameter.values])):
                whole = tuple([times * v for v in parameter.values])
                return BlueprintExpression(whole, parameter, times=times)
            if over > 1 and agree(values, tuple([v // over for v in parameter.values])):
                whole = tuple([v // over for v in parameter.values])
                return BlueprintExpression(whole, parameter, over=over)
        return None

    def half_of_kernel(self, values: tuple[Any, ...]) -> BlueprintExpression | None:
        """Return the padding that keeps the size of a map, if these values are that."""
        for parameter in self.parameters:
            sizes = parameter.values
            if parameter.hint == "kernel_size" and all(type(size) is int for size in sizes):
                halves = tuple([size // 2 for size in sizes])
                if agree(values, halves):
                    return BlueprintExpression(halves, parameter, over=2)
        return None

    def name(self, taken: set[str], owners: dict[str, str]) -> None:
        """Give the parameters their names: what they are, and where used if that is not enough.

        `owners` says what items are called by their paths.
        """
        stems = [p.hint if p.source is None else p.source.name for p in self.parameters]
        used = set(taken)
        for parameter, stem in zip(self.parameters, stems, strict=True):
            if stems.count(stem) > 1 and stem not in ("in_channels", "in_features"):
                stem = f"{owners.get(parameter.owner, '')}_{stem}".strip("_")
            name, number = stem, 1
            while name in used:
                number += 1
                name = f"{stem}_{number}"
            used.add(name)
            parameter.name = name


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal, and of one type: True is not 1."""
    return type(one) is type(other) and bool(one == other)


def agree(values: tuple[Any, ...], others: tuple[Any, ...]) -> bool:
    """Return whether values are equal wherever they are present."""
    return all(v is ABSENT or same(v, o) for v, o in zip(values, others, strict=True))


def filled(values: tuple[Any, ...], present: list[Any]) -> tuple[Any, ...]:
    """Return values in which copies that lack the part have 0, or the first value there is."""
    stand_in = 0 if type(present[0]) is int else present[0]
    return tuple([stand_in if value is ABSENT else value for value in values])


class ArgumentSeries(Record):
    """The values of one argument over the calls of a run.

    `kind` is `constant` (`first`), `rest` (`first`, and `rest` for all later calls), `steps`
    (`first + rest * i`) or `table` (`first` holds all values).
    """

    kind: str
    first: BlueprintExpression
    rest: BlueprintExpression | None = None

    def text(self) -> str:
        """Return the argument of call `i` as source, where no table says it."""
        first = self.first.text()
        if self.rest is None:
            return first
        rest = self.rest.text()
        return f"{first} + {rest} * i" if self.kind == "steps" else f"{first} if i == 0 else {rest}"


def series_of(
    rows: Rows, hint: str, owner: str, values: BlueprintValues, source: Parameter | None = None
) -> ArgumentSeries:
    """Return the simplest series that all copies follow."""

    def column(pick: Any) -> tuple[Any, ...]:
        return tuple([ABSENT if row is None else pick(row) for row in rows])

    present = [row for row in rows if row is not None]
    if is_constant(rows):
        return ArgumentSeries(
            "constant", values.expression(column(lambda row: row[0]), hint, owner, source)
        )
    if all(same(value, row[1]) for row in present for value in row[1:]):
        first = values.expression(column(lambda row: row[0]), hint, owner, source)
        rest = column(lambda row: row[1] if len(row) > 1 else ABSENT)
        return ArgumentSeries("rest", first, values.expression(rest, hint, owner, source))
    if all(is_even(row) for row in present):
        first = values.expression(column(lambda row: row[0]), hint, owner, source)
        steps = column(lambda row: row[1] - row[0] if len(row) > 1 else ABSENT)
        return ArgumentSeries("steps", first, values.expression(steps, hint, owner, source))
    return ArgumentSeries("table", values.expression(column(tuple), f"{hint}_list", owner))


def is_constant(rows: Rows) -> bool:
    """Return whether the argument of no copy changes over its run."""
    return all(same(value, row[0]) for row in rows if row is not None for value in row)


def is_even(row: list[Any]) -> bool:
    """Return whether whole numbers grow by equal steps."""
    if not all(type(value) is int for value in row):
        return False
    return all(row[i + 1] - row[i] == row[1] - row[0] > 0 for i in range(len(row) - 1))
