"""What differs between equal parts of a network, as the parameters of a block."""

from __future__ import annotations

from cnncalc.exchange.drafts import ExpressionText

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from cnncalc.exchange.drafts import Draft

    Values: TypeAlias = tuple[Any, ...]

#: What the parameters of a block are called, by the field they fill.
PARAMETER_NAMES = {
    "out_channels": "channels", "out_features": "features", "kernel_size": "size",
    "scale_factor": "scale",
}  # fmt: skip

CHANNELS = "channels"
CHANNEL_FIELDS = ("out_channels", "out_features", "groups", "num_groups", "num_parameters",
                  "channels", "features")  # fmt: skip


class Slots:
    """What differs between parts of one likeness: the arguments, and the text for each slot.

    `arguments` holds a parameter's value at every part; `texts` for each slot the expression that
    stands for its values, None where all are equal.
    """

    def __init__(self, parts: list[list[Draft]]) -> None:
        columns = [[slot for entry in part for slot in entry.slots()] for part in parts]
        self.first = columns[0]
        self.arguments: dict[str, Values] = {}
        self.families: dict[str, str] = {}
        self.texts: list[str | None] = []
        for row in zip(*columns, strict=True):  # one row per slot: its place in every part
            values = tuple([entry.value(field) for entry, field in row])
            if all(value == values[0] for value in values):
                self.texts.append(None)
                continue
            entering = tuple([entry.entering for entry, _ in row])
            text = self.computed(values, row[0][1], entering)
            self.texts.append(text or self.new(row[0][1], values))

    def computed(self, values: Values, field: str, entering: Values) -> str | None:
        """Return an expression that gives these values at every part, or None if none is at hand.

        Only what is of one kind is compared, channels with channels: that a stride is a part of
        some width is chance.
        """
        family = family_of(field)
        known = {n: v for n, v in self.arguments.items() if self.families[n] == family}
        if family == CHANNELS:
            known["in_channels"] = entering
        for name, others in known.items():
            if values == others:
                return name
        sizes = self.arguments.get("size", ())
        if field == "padding" and all(type(size) is int for size in sizes):
            return "size // 2" if values == tuple([size // 2 for size in sizes]) else None
        if family != CHANNELS or not all(type(value) is int for value in values):
            return None
        for name, others in known.items():
            if not all(type(other) is int for other in others):
                continue
            factor = values[0] // others[0]
            if factor > 1 and values == tuple([factor * other for other in others]):
                return f"{factor} * {name}"
            factor = others[0] // values[0]
            if factor > 1 and values == tuple([other // factor for other in others]):
                return f"{name} // {factor}"
        return None

    def new(self, field: str, values: Values) -> str:
        """Return the name of a new parameter that fills a field."""
        stem = name = PARAMETER_NAMES.get(field, field)
        number = 1
        while name in self.arguments:
            number += 1
            name = f"{stem}_{number}"
        self.arguments[name] = values
        self.families[name] = family_of(field)
        return name

    def fill(self) -> None:
        """Put the expressions into the first part, which becomes the block's."""
        for (entry, field), text in zip(self.first, self.texts, strict=True):
            if text is not None:
                entry.fields[field] = ExpressionText(text)
                entry.varying.remove(field)


def family_of(field: str) -> str:
    """Return what a field's values are comparable with."""
    return CHANNELS if field in CHANNEL_FIELDS else field
