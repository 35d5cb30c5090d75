"""Formulas over the shapes of a layer: the counts of a layer that a spec describes itself."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError, quoted, suggest
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from cnncalc.quantities import Shape

    Formula: TypeAlias = "int | str"

#: What the spatial axes are called, by how many there are.
AXES = {0: (), 1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
#: What a formula may read of the first input; `shape` is a list, `shapes` one for every input.
OF_INPUT = ("in_channels", "length", "depth", "height", "width", "positions", "elements", "shape",
            "shapes")  # fmt: skip
#: What it may read of the output, where that is known already.
OF_OUTPUT = ("out_channels", "out_length", "out_depth", "out_height", "out_width", "out_positions",
             "out_elements", "out_shape")  # fmt: skip
NAMES = (*OF_INPUT, *OF_OUTPUT)


def values(inputs: tuple[Shape, ...], output: Shape | None = None) -> dict[str, Any]:
    """Return what each name stands for: the axes that there are, and products of them."""
    first = inputs[0]
    result = {"in_channels": first[0], **measures(first, ""), "shape": first, "shapes": inputs}
    if output is not None:
        result |= {"out_channels": output[0], **measures(output, "out_"), "out_shape": output}
    return result


def measures(shape: Shape, prefix: str) -> dict[str, int]:
    """Return the spatial axes of a shape by name, its positions and its elements."""
    lengths = dict(zip([prefix + name for name in AXES[len(shape) - 1]], shape[1:], strict=True))
    return {
        **lengths,
        prefix + "positions": product(shape[1:]),
        prefix + "elements": product(shape),
    }


def check(formula: Formula, field: str, names: tuple[str, ...] = NAMES) -> None:
    """Raise `LayerError` unless a formula is a number, or reads no other names than these."""
    if not isinstance(formula, str):
        return
    expression = compiled(formula, field)
    for name in sorted(expression.names):
        if name not in names:
            near = suggest(name, names)
            help = f"did you mean `{near}`?" if near else "it may read " + ", ".join(names)
            raise LayerError(f"a formula cannot read {quoted(name)}", help, field)


def compiled(formula: str, field: str) -> Any:
    """Return a formula's expression in the arithmetic of specs; raises `LayerError`."""
    from cnncalc.language.expressions import ExpressionError, compile_expression

    try:
        return compile_expression(formula)
    except ExpressionError as error:
        raise LayerError(f"`{field}`: {error.message}", error.help, field) from None


def value(formula: Formula, field: str, given: dict[str, Any]) -> Any:
    """Return what a formula comes to, a whole number as an integer; raises `LayerError`."""
    if not isinstance(formula, str):
        return formula
    from cnncalc.language.expressions import ExpressionError

    try:
        found = compiled(formula, field).evaluate(given)
    except ExpressionError as error:
        message = f"`{field}`, {quoted(formula)}: {error.message}"
        raise LayerError(message, error.help, field) from None
    return int(found) if type(found) is float and found.is_integer() else found


def count(formula: Formula | None, field: str, given: dict[str, Any]) -> int | None:
    """Return a count by its formula, None if there is none; raises `LayerError`."""
    if formula is None:
        return None
    found = value(formula, field, given)
    if type(found) is not int or found < 0:
        raise LayerError(
            f"`{field}` must come to a whole number from 0, but {quoted(str(formula))} is {found}",
            help="`//` divides whole numbers; ceil() and floor() round",
            field=field,
        )
    return found
