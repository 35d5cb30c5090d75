"""The kinds of fields that a layer may have: what they accept, how they say no.

A field is declared once, in the class body of its layer, and serves the decoder of specs, the
validation, the JSON Schema, the help text and the errors. `check` takes a plain value (numbers,
words, tuples; expressions are evaluated before) and returns it in its one normal form.
"""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.geometry import MAX_LENGTH
from cnncalc.record import MISSING, FieldSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ROUNDINGS = ("floor", "ceil", "strict", "caffe")
PADDING_WORDS = ("valid", "same", "same_lower")
WHOLE_KINDS = ("integer", "axes", "padding", "integers", "boolean", "bias", "formula",
               "shape")  # fmt: skip
#: Of each kind of field a value that is accepted.
EXAMPLES = {
    "integer": "64", "axes": "3", "factors": "2", "padding": "1", "number": "0.5",
    "boolean": "true", "word": "floor", "integers": "[[0, 1], [1, 2]]",
    "values": "[[0, 1], [1, 0]]", "value": "1", "bias": "true", "reference": "conv_1",
    "name": "deform_conv", "formula": "elements", "shape": "[64, height, width]",
}  # fmt: skip
MOST_PARTS = 1000  # denominator of a factor
LONGEST_SHOWN = 60  # characters of a value that a message repeats
PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


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


class IntegerField(LayerField):
    """An integer of at least `minimum`."""

    __slots__ = ("minimum",)
    kind = "integer"

    def __init__(self, default: Any, doc: str, minimum: int) -> None:
        super().__init__(default, doc, f"an integer of at least {minimum}")
        self.minimum = minimum

    def check(self, name: str, value: Any) -> Any:
        if type(value) is int and self.minimum <= value <= MAX_LENGTH:
            return value  # by far the most frequent
        return super().check(name, value)

    def accept(self, value: Any) -> tuple[bool, Any]:
        return is_integer(value, self.minimum), value


class NumberField(LayerField):
    """A number, whole or with a fraction, within closed bounds."""

    __slots__ = ("maximum", "minimum")
    kind = "number"

    def __init__(self, default: Any, doc: str, minimum: float, maximum: float) -> None:
        wanted = "a number"
        if minimum > -1e30:
            wanted += f" of at least {minimum:g}"
        if maximum < 1e30:
            wanted += f" and at most {maximum:g}"
        super().__init__(default, doc, wanted)
        self.minimum = minimum
        self.maximum = maximum

    def accept(self, value: Any) -> tuple[bool, Any]:
        good = type(value) in (int, float) and self.minimum <= value <= self.maximum
        return good, float(value) if good else value


class BooleanField(LayerField):
    """`true` or `false`; a whole number 1 or 0 (from arithmetic) counts as such."""

    __slots__ = ()
    kind = "boolean"

    def __init__(self, default: Any, doc: str) -> None:
        super().__init__(default, doc, "true or false")

    def accept(self, value: Any) -> tuple[bool, Any]:
        return type(value) is bool or (type(value) is int and value in (0, 1)), bool(value)


class WordField(LayerField):
    """One of a few words."""

    __slots__ = ("choices",)
    kind = "word"

    def __init__(self, default: Any, doc: str, choices: tuple[str, ...]) -> None:
        super().__init__(default, doc, "one of " + ", ".join(choices))
        self.choices = choices

    def accept(self, value: Any) -> tuple[bool, Any]:
        return value in self.choices, value


class AxesField(LayerField):
    """One integer for every spatial axis, or a list with one per axis."""

    __slots__ = ("minimum",)
    kind = "axes"

    def __init__(self, default: Any, doc: str, minimum: int) -> None:
        wanted = f"an integer of at least {minimum} or a list with one per axis"
        super().__init__(default, doc, wanted)
        self.minimum = minimum

    def accept(self, value: Any) -> tuple[bool, Any]:
        if isinstance(value, list | tuple):
            good = 1 <= len(value) <= 3 and all(is_integer(v, self.minimum) for v in value)
            return good, tuple(value)
        return is_integer(value, self.minimum), value


class FactorsField(LayerField):
    """One positive factor for every spatial axis, or a list with one per axis.

    A factor is a whole number or a fraction with a denominator of at most `MOST_PARTS`.
    """

    __slots__ = ()
    kind = "factors"

    def __init__(self, default: Any, doc: str) -> None:
        super().__init__(default, doc, "a factor above 0 or a list with one per axis")

    def refusal(self, value: Any) -> str | None:
        parts = value if isinstance(value, list | tuple) else (value,)
        if parts and all(type(v) in (int, float) and 0 < v <= MAX_LENGTH for v in parts):
            return f"is no fraction with a denominator of at most {MOST_PARTS}: write `size`"
        return None

    def accept(self, value: Any) -> tuple[bool, Any]:
        if isinstance(value, list | tuple):
            parts = [self.accept(v) for v in value if not isinstance(v, list | tuple)]
            good = 1 <= len(parts) == len(value) <= 3 and all(one for one, _ in parts)
            return good, tuple([v for _, v in parts])
        if type(value) not in (int, float) or not 0 < value <= MAX_LENGTH:
            return False, value
        whole_value = whole(value)
        return fraction(whole_value) is not None, whole_value


def fraction(factor: float) -> tuple[int, int] | None:
    """Return a factor as numerator and denominator, None if it is no fraction of few parts."""
    if type(factor) is int:
        return factor, 1
    for parts in range(1, MOST_PARTS + 1):
        count = round(factor * parts)
        if count and abs(count / parts - factor) <= 1e-12 * factor:
            return count, parts
    return None


class PaddingField(LayerField):
    """Padding: an integer, one per axis, a pair per axis, or (where allowed) a word."""

    __slots__ = ("words",)
    kind = "padding"

    def __init__(self, default: Any, doc: str, words: tuple[str, ...] = PADDING_WORDS) -> None:
        wanted = "an integer, a list with one per axis, a list of [before, after] pairs"
        if words:
            wanted += ", or " + ", ".join(words)
        super().__init__(default, doc, wanted)
        self.words = words

    def refusal(self, value: Any) -> str | None:
        negative = [v for v in numbers_in(value) if v < 0]
        return f"cannot be negative, and {negative[0]} is: `crop` cuts off" if negative else None

    def accept(self, value: Any) -> tuple[bool, Any]:
        if isinstance(value, str):
            return value in self.words, value
        if not isinstance(value, list | tuple):
            return is_integer(value, 0), value
        if not 1 <= len(value) <= 3:
            return False, value
        if all(is_integer(v, 0) for v in value):
            return True, tuple(value)
        pairs = tuple(tuple(v) if isinstance(v, list | tuple) else (v,) for v in value)
        good = all(len(pair) == 2 and all(is_integer(v, 0) for v in pair) for pair in pairs)
        return good, pairs


class ReferenceField(LayerField):
    """The name of another node, looked up as `from` is."""

    __slots__ = ()
    kind = "reference"

    def __init__(self, doc: str) -> None:
        super().__init__(None, doc, "the name of an earlier layer")

    def accept(self, value: Any) -> tuple[bool, Any]:
        return isinstance(value, str) and bool(value), value


class IntegersField(LayerField):
    """A list of integers (`depth` 1), or a list of lists of them (`depth` 2)."""

    __slots__ = ("depth", "length", "minimum")
    kind = "integers"

    def __init__(
        self, default: Any, doc: str, wanted: str, depth: int = 1, length: int = 0, minimum: int = 0
    ) -> None:
        super().__init__(default, doc, wanted)
        self.depth = depth
        self.length = length
        self.minimum = minimum

    def accept(self, value: Any) -> tuple[bool, Any]:
        if type(value) is int and self.depth == 1 and not self.length:
            value = (value,)  # one number is a list of one
        if not isinstance(value, list | tuple) or not value:
            return False, value
        if self.length and len(value) != self.length:
            return False, value
        if self.depth == 1:
            return all(is_integer(v, self.minimum) for v in value), tuple(value)
        good = all(
            isinstance(row, list | tuple) and row and all(is_integer(v, 0) for v in row)
            for row in value
        )
        return good, tuple(tuple(row) for row in value) if good else value


class ValuesField(LayerField):
    """Numbers given by value, nested in lists, or one of a few names for them."""

    __slots__ = ("choices",)
    kind = "values"

    def __init__(self, default: Any, doc: str, choices: tuple[str, ...]) -> None:
        wanted = "nested lists of numbers" + (", or " + ", ".join(choices) if choices else "")
        super().__init__(default, doc, wanted)
        self.choices = choices

    def accept(self, value: Any) -> tuple[bool, Any]:
        if isinstance(value, str):
            return value in self.choices, value
        return self._numbers(value)

    def _numbers(self, value: Any) -> tuple[bool, Any]:
        if not isinstance(value, list | tuple):
            # The bounds refuse infinity, and NaN too, which lies within none.
            return type(value) in (int, float) and -1e38 <= value <= 1e38, value
        parts = [self._numbers(item) for item in value]
        return bool(parts) and all(good for good, _ in parts), tuple(item for _, item in parts)


class BiasField(ValuesField):
    """`true` or `false`, or the values of the bias in a list: a list is true as well."""

    __slots__ = ()
    kind = "bias"

    def __init__(self, default: Any, doc: str) -> None:
        super().__init__(default, doc, ())
        self.wanted = "true or false, or a list of its values"

    def accept(self, value: Any) -> tuple[bool, Any]:
        if isinstance(value, list | tuple):
            return self._numbers(value)
        return type(value) is bool or (type(value) is int and value in (0, 1)), bool(value)


class NameField(LayerField):
    """A name of the user's own, which means nothing here."""

    __slots__ = ()
    kind = "name"
    is_name = True

    def accept(self, value: Any) -> tuple[bool, Any]:
        good = isinstance(value, str) and 0 < len(value) <= LONGEST_SHOWN
        return good and value.isprintable(), value


class FormulaField(LayerField):
    """A count: an integer, or the text of a formula over the shapes of the layer."""

    __slots__ = ()
    kind = "formula"
    is_formula = True

    def accept(self, value: Any) -> tuple[bool, Any]:
        return type(value) is str or (type(value) is int and value >= 0), value


class ShapeField(LayerField):
    """A shape: a list of lengths that are integers or formulas, or a formula for all of it."""

    __slots__ = ()
    kind = "shape"
    is_formula = True

    def accept(self, value: Any) -> tuple[bool, Any]:
        if type(value) is str:
            return True, value
        lengths = tuple(value) if isinstance(value, list | tuple) else (value,)
        good = all(type(item) is str or is_integer(item, 1) for item in lengths)
        return good and 1 <= len(lengths) <= 4, lengths


def integer(doc: str, default: Any = MISSING, minimum: int = 1) -> Any:
    """Declare an integer field."""
    return IntegerField(default, doc, minimum)


def number(doc: str, default: Any = MISSING, minimum: float = -1e38, maximum: float = 1e38) -> Any:
    """Declare a field that takes a number."""
    return NumberField(default, doc, minimum, maximum)


def boolean(doc: str, default: Any = MISSING) -> Any:
    """Declare a field that is true or false."""
    return BooleanField(default, doc)


def bias(doc: str) -> Any:
    """Declare a bias: learned, left out, or given by value."""
    return BiasField(True, doc)


def word(doc: str, choices: tuple[str, ...], default: Any = MISSING) -> Any:
    """Declare a field that takes one of a few words."""
    return WordField(default, doc, choices)


def axes(doc: str, default: Any = MISSING, minimum: int = 1) -> Any:
    """Declare a field with one integer per spatial axis."""
    return AxesField(default, doc, minimum)


def reference(doc: str) -> Any:
    """Declare a field that names another node."""
    return ReferenceField(doc)


def factors(doc: str, default: Any = MISSING) -> Any:
    """Declare a field with one factor per spatial axis."""
    return FactorsField(default, doc)


def padding(doc: str, default: Any = 0, words: tuple[str, ...] = PADDING_WORDS) -> Any:
    """Declare a padding field."""
    return PaddingField(default, doc, words)


def rounding() -> Any:
    """Declare the field that says what happens when a window does not fit exactly."""
    return WordField(None, "what to do when the window does not fit exactly", ROUNDINGS)


def integers(
    doc: str,
    wanted: str,
    default: Any = MISSING,
    depth: int = 1,
    length: int = 0,
    minimum: int = 0,
) -> Any:
    """Declare a field with a list of integers, or a list of lists of them."""
    return IntegersField(default, doc, wanted, depth, length, minimum)


def values(doc: str, choices: tuple[str, ...], default: Any = MISSING) -> Any:
    """Declare a field with numbers given by value or by a name."""
    return ValuesField(default, doc, choices)


def name(doc: str, default: Any = MISSING) -> Any:
    """Declare a field that takes a name of the user's own."""
    return NameField(default, doc, f"a name of at most {LONGEST_SHOWN} characters")


def formula(doc: str) -> Any:
    """Declare a field with a count that a formula over shapes gives; None if it is not known."""
    return FormulaField(None, doc, "a whole number, or a formula over the shapes")


def shape(doc: str) -> Any:
    """Declare a field with a shape that formulas over the shape of the input give."""
    return ShapeField(MISSING, doc, "a list of lengths, channels first: numbers or formulas")
