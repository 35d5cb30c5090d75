"""The kinds of fields that a layer may have: what each accepts, and in which normal form."""

from __future__ import annotations

from cnncalc.geometry import MAX_LENGTH
from cnncalc.layers.option import MOST_PARTS, LayerField, fraction, is_integer, numbers_in, whole
from cnncalc.record import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LONGEST_NAME = 60  # characters
PADDING_WORDS = ("valid", "same", "same_lower")


class IntegerField(LayerField):
    """An integer of at least `minimum`."""

    __slots__ = ("minimum",)
    kind = "integer"

    def __init__(self, doc: str, default: Any = MISSING, minimum: int = 1) -> None:
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

    def __init__(
        self, doc: str, default: Any = MISSING, minimum: float = -1e38, maximum: float = 1e38
    ) -> None:
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

    def __init__(self, doc: str, default: Any = MISSING) -> None:
        super().__init__(default, doc, "true or false")

    def accept(self, value: Any) -> tuple[bool, Any]:
        return type(value) is bool or (type(value) is int and value in (0, 1)), bool(value)


class WordField(LayerField):
    """One of a few words."""

    __slots__ = ("choices",)
    kind = "word"

    def __init__(self, doc: str, choices: tuple[str, ...], default: Any = MISSING) -> None:
        super().__init__(default, doc, "one of " + ", ".join(choices))
        self.choices = choices

    def accept(self, value: Any) -> tuple[bool, Any]:
        return value in self.choices, value


class AxesField(IntegerField):
    """One integer for every spatial axis, or a list with one per axis."""

    __slots__ = ()
    kind = "axes"

    def __init__(self, doc: str, default: Any = MISSING, minimum: int = 1) -> None:
        super().__init__(doc, default, minimum)
        self.wanted += " or a list with one per axis"

    def accept(self, value: Any) -> tuple[bool, Any]:
        if isinstance(value, list | tuple):
            good = 1 <= len(value) <= 3 and all(is_integer(v, self.minimum) for v in value)
            return good, tuple(value)
        return super().accept(value)


class FactorsField(LayerField):
    """One positive factor for every spatial axis, or a list with one per axis.

    A factor is a whole number or a fraction with a denominator of at most `MOST_PARTS`.
    """

    __slots__ = ()
    kind = "factors"

    def __init__(self, doc: str, default: Any = MISSING) -> None:
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


class PaddingField(LayerField):
    """Padding: an integer, one per axis, a pair per axis, or (where allowed) a word."""

    __slots__ = ("words",)
    kind = "padding"

    def __init__(self, doc: str, default: Any = 0, words: tuple[str, ...] = PADDING_WORDS) -> None:
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
        self,
        doc: str,
        wanted: str,
        default: Any = MISSING,
        depth: int = 1,
        length: int = 0,
        minimum: int = 0,
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

    def __init__(self, doc: str, choices: tuple[str, ...], default: Any = MISSING) -> None:
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

    def __init__(self, doc: str) -> None:
        super().__init__(doc, (), True)
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

    def __init__(self, doc: str, default: Any = MISSING) -> None:
        super().__init__(default, doc, f"a name of at most {LONGEST_NAME} characters")

    def accept(self, value: Any) -> tuple[bool, Any]:
        good = isinstance(value, str) and 0 < len(value) <= LONGEST_NAME
        return good and value.isprintable(), value


class FormulaField(LayerField):
    """A count: an integer, or the text of a formula over the shapes of the layer."""

    __slots__ = ()
    kind = "formula"
    is_formula = True

    def __init__(self, doc: str) -> None:
        super().__init__(None, doc, "a whole number, or a formula over the shapes")

    def accept(self, value: Any) -> tuple[bool, Any]:
        return type(value) is str or (type(value) is int and value >= 0), value


class ShapeField(LayerField):
    """A shape: a list of lengths that are integers or formulas, or a formula for all of it."""

    __slots__ = ()
    kind = "shape"
    is_formula = True

    def __init__(self, doc: str) -> None:
        wanted = "a list of lengths, channels first: numbers or formulas"
        super().__init__(MISSING, doc, wanted)

    def accept(self, value: Any) -> tuple[bool, Any]:
        if type(value) is str:
            return True, value
        lengths = tuple(value) if isinstance(value, list | tuple) else (value,)
        good = all(type(item) is str or is_integer(item, 1) for item in lengths)
        return good and 1 <= len(lengths) <= 4, lengths
