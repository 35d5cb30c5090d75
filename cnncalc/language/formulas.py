"""Formulas over the shapes of a layer, in its fields: they wait until the shapes are known."""

from __future__ import annotations

from cnncalc.language.expressions import ExpressionError, compile_expression
from cnncalc.language.tokens import tokenize
from cnncalc.language.tree import Scalar, Sequence
from cnncalc.language.values import Computed, Constant, Listed, compile_value, fault, located
from cnncalc.layers.formulas import AXES, NAMES
from cnncalc.layers.option import show

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.language.tree import Node
    from cnncalc.language.values import Lookup, Value


class Formula(Computed):
    """A formula: its text, in which the parameters that it reads get their values here."""

    __slots__ = ()

    def evaluate(self, lookup: Lookup) -> Any:
        return inserted(self.expression.text, {name: lookup(name) for name in self.names})


def inserted(text: str, values: dict[str, Any]) -> str:
    """Return a formula with values in the place of names."""
    pieces, end = [], 0
    for token in tokenize(text):
        if token.kind == "name" and token.text in values:
            shown = show(values[token.text])
            pieces += [text[end : token.offset], f"({shown})" if shown[0] == "-" else shown]
            end = token.offset + len(token.text)
    return "".join([*pieces, text[end:]])


def compile_formula(node: Node, known: tuple[str, ...], wanted: str) -> Value:
    """Return the value of a field that may be a formula, or a list of them.

    `known` are the names of parameters. Raises `SpecError`, also where a name may mean a parameter
    as well as a shape.
    """
    if isinstance(node, Sequence):
        items = [compile_formula(item, known, wanted) for item in node.items]
        if all(isinstance(item, Constant) for item in items):
            return Constant(node, tuple([item.constant for item in items]))
        return Listed(node, items)
    if not isinstance(node, Scalar):
        return compile_value(node, known, (), wanted)
    try:
        expression = compile_expression(node.text)
    except ExpressionError as error:
        raise located(node, error) from None
    shapes = [name for name in sorted(expression.names) if name in NAMES]
    if not shapes or not expression.names.issubset((*known, *NAMES)):
        return compile_value(node, (*known, *NAMES), (), wanted)  # which knows what is meant
    for name in shapes:
        if name in known:
            axis = name.rpartition("_")[2]
            place = next((axes.index(axis) + 1 for axes in AXES.values() if axis in axes), None)
            before = "out_shape" if name.startswith("out_") else "shape"
            other = f", or write `{before}[{place or 0}]` for the shape's"
            fault(
                node,
                f"`{name}` is a parameter here, and in a formula it is a shape's as well",
                "rename the parameter" + (other if place or "channels" in name else ""),
            )
    if not expression.names.difference(NAMES):
        return Constant(node, node.text)
    return Formula(node, expression, frozenset(NAMES))
