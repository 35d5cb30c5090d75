"""What a field of a layer is: its default, its meaning, what it accepts, how it says no."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.geometry import MAX_LENGTH
from cnncalc.record import MISSING, FieldSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WHOLE_KINDS = ("integer", "axes", "padding", "integers", "boolean", "bias", "formula",
               "shape")  # fmt: skip
#: Of each kind of field a value that is accepted.
EXAMPLES = {
    "integer": "64", "axes": "3", "factors": "2", "padding": "1", "number": "0.5",
    "boolean": "true", "word": "floor", "integers": "[[0, 1], [1, 2]]",
    "values": "[[0, 1], [1, 0]]", "value": "1", "bias": "true", "reference": "conv_1",
    "name": "deform_conv", "formula": "elements", "shape": "[64, height, width]",
}  # fmt: skip
LONGEST_SHOWN = 60  # characters of a value that a message repeats
MOST_PARTS = 1000  # denominator of a factor


class LayerField(FieldSpec):
    """One field of a layer: its default, its meaning, and what it accepts.

    `wanted` names the accepted values in words; `optional` fields also take `null`.
    """

    __slots__ = ("doc", "wanted")
    kind = "value"
    #: Whether a value may be a formula over the shapes of the layer, and stays one until then.
    is_formula = False
    #: Whether a value is a name of the user's own, whatever else is called so.
    is_name = False

    def __init__(self, default: Any, doc: str, wanted: str) -> None:
        super().__init__(default)
        self.doc = doc
        self.wanted = wanted

    @property
    def optional(self) -> bool:
        """Whether `null` (leave it to the layer) is a legal value."""
        return self.default is None

    @property
    def required(self) -> bool:
        """Whether the field must be given."""
        return self.default is MISSING

    def check(self, name: str, value: Any) -> Any:
        """Return the value in normal form; raises `LayerError` with the field's name."""
        if value is None and self.optional:
            return None
        accepted, normal = self.accept(value)
        if not accepted and self.kind in WHOLE_KINDS:
            accepted, normal = self.accept(whole(value))
        if not accepted:
            help = self.advice(name)
            if type(value) is float and self.kind in WHOLE_KINDS:
                help = "`//` divides whole numbers; ceil() and floor() round"
            message = self.refusal(value) or f"must be {self.wanted}, not {brief(value)}"
            raise LayerError(f"`{name}` {message}", help, name)
        return normal

    def advice(self, name: str) -> str:
        """Return what to type instead of a value that is not accepted."""
        if self.default is MISSING or self.default is None:
            return f"such as `{name}: {EXAMPLES[self.kind]}`"
        return f"leave it out, or write the default, {show(self.default)}"

    def refusal(self, _value: Any) -> str | None:
        """Return what is wrong with a value that is not accepted, where that can be put shortly."""
        return None

    def accept(self, value: Any) -> tuple[bool, Any]:
        """Return whether the value is legal, and its normal form."""
        raise LayerError(f"a {self.kind} field accepts nothing, so not {value!r} either")


def show(value: Any) -> str:
    """Return a value as it would be typed in a spec."""
    if isinstance(value, tuple | list):
        return "[" + ", ".join(show(item) for item in value) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def brief(value: Any) -> str:
    """Return what `show` does, cut to a part of a line: what a message says of a value."""
    if isinstance(value, tuple | list) and len(value) > LONGEST_SHOWN:
        value = value[:LONGEST_SHOWN]
    text = show(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def numbers_in(value: Any) -> list[int]:
    """Return the whole numbers of a value, those of inner lists included."""
    if isinstance(value, list | tuple):
        return [number for item in value for number in numbers_in(item)]
    return [value] if type(value) is int else []


def whole(value: Any) -> Any:
    """Return a value with its floats as integers where they are: arithmetic gives 32.0."""
    if isinstance(value, tuple):
        return tuple([whole(item) for item in value])
    return int(value) if type(value) is float and value.is_integer() else value


def is_integer(value: Any, minimum: int) -> bool:
    """Return whether a value is an integer (no bool) within the bounds of a dimension."""
    return type(value) is int and minimum <= value <= MAX_LENGTH


def fraction(factor: float) -> tuple[int, int] | None:
    """Return a factor as numerator and denominator, None if it is no fraction of few parts."""
    if type(factor) is int:
        return factor, 1
    for parts in range(1, MOST_PARTS + 1):
        count = round(factor * parts)
        if count and abs(count / parts - factor) <= 1e-12 * factor:
            return count, parts
    return None
