"""`cnncalc linear`: one fully connected layer worked out, no file needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import option
from cnncalc.cli.single import bias_option, calculator, print_lesson
from cnncalc.cli.valued import TypedValues, bias_of, read_values, value_options, weights
from cnncalc.diagnostics import UsageError
from cnncalc.quantities import product
from cnncalc.teaching.typed import numbers

if TYPE_CHECKING:
    from cnncalc.teaching.single import Call
    from cnncalc.teaching.typed import TypedShape


@click.command()
@calculator
@option(
    "-n, --units, --out-features N",
    "Units, as a number or as a volume such as 10x10x8.",
    default="1",
)
@bias_option
@value_options(*weights)
def command(units: str, bias: bool, **shared: Any) -> int:
    """Work out one fully connected layer on INPUT: a number, or a volume that is flattened.

    \b
      cnncalc linear 3072 --units 100
      cnncalc linear 32x32x3 --units 10
      cnncalc linear 256x256x3 --units 256x256x60 --no-bias
      cnncalc linear 3 --numbers '[1,2,3]' --weight '[[1,0,1],[0,2,0]]' --bias-values '[1,0]'
    """
    values = TypedValues.taken(shared)
    fields: dict[str, Any] = {"out_features": product(numbers(units, units)), "bias": bias}
    if values.numbers is not None:
        fields = dense_fields(values)

    def calls(typed: TypedShape) -> list[Call]:
        linear: Call = ("linear", fields)
        return [linear] if len(typed.shape) == 1 else [("flatten", {"name": "flatten"}), linear]

    return print_lesson(calls, flat=True, values=values, **shared)


def dense_fields(values: TypedValues) -> dict[str, Any]:
    """Return the fields of a layer whose weights are given; raises `UsageError`."""
    if values.weight is None:
        raise UsageError("the weights are missing", "--weight '[[1,0],[0,1]]': a row for each unit")
    weight = read_values(values.weight, "--weight")
    rows = weight if isinstance(weight[0], tuple) else (weight,)
    return {"out_features": len(rows), "bias": bias_of(values), "weight": rows}
