"""The words by which layers declare their fields: `stride: Axes = options.axes("the step", 1)`.

A field is declared once, in the class body of its layer, and serves the decoder of specs, the
validation, the JSON Schema, the help text and the errors. `check` takes a plain value (numbers,
words, tuples; expressions are evaluated before) and returns it in its one normal form.
"""

from __future__ import annotations

from cnncalc.layers import option_kinds as kinds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ParamSpec

    from cnncalc.layers.option import LayerField

    P = ParamSpec("P")

ROUNDINGS = ("floor", "ceil", "strict", "caffe")
PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def declares(kind: Callable[P, LayerField]) -> Callable[P, Any]:
    """Return what declares a field of a kind; to a type checker it gives the field's value."""
    return kind


integer = declares(kinds.IntegerField)
number = declares(kinds.NumberField)
boolean = declares(kinds.BooleanField)
word = declares(kinds.WordField)
axes = declares(kinds.AxesField)
factors = declares(kinds.FactorsField)
padding = declares(kinds.PaddingField)
integers = declares(kinds.IntegersField)
#: The name of another node.
reference = declares(kinds.ReferenceField)
#: Numbers given by value, or by one of a few names for them.
values = declares(kinds.ValuesField)
#: A bias: learned, left out, or given by value.
bias = declares(kinds.BiasField)
#: A name of the user's own.
name = declares(kinds.NameField)
#: A count that a formula over shapes gives; null if it is not known.
formula = declares(kinds.FormulaField)
#: A shape that formulas over the shape of the input give.
shape = declares(kinds.ShapeField)


def rounding() -> Any:
    """Declare the field that says what happens when a window does not fit exactly."""
    return kinds.WordField("what to do when the window does not fit exactly", ROUNDINGS, None)
