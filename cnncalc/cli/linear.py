"""`cnncalc linear`: one fully connected layer worked out, no file needed."""

from __future__ import annotations

import click

from cnncalc.cli.single import calculator, print_lesson
from cnncalc.quantities import product
from cnncalc.teaching.typed import numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.teaching.single import Call
    from cnncalc.teaching.typed import TypedShape


@click.command()
@calculator
@click.option(
    "-n",
    "--units",
    "--out-features",
    "units",
    metavar="N",
    default="1",
    help="Units, as a number or as a volume such as 10x10x8.",
)
@click.option("--bias/--no-bias", default=True, help="Whether each unit has a bias (yes).")
def command(units: str, bias: bool, **shared: Any) -> int:
    """Work out one fully connected layer on INPUT: a number, or a volume that is flattened.

    \b
      cnncalc linear 3072 --units 100
      cnncalc linear 32x32x3 --units 10
      cnncalc linear 256x256x3 --units 256x256x60 --no-bias
    """
    fields = {"out_features": product(numbers(units, units)), "bias": bias}

    def calls(typed: TypedShape) -> list[Call]:
        linear: Call = ("linear", fields)
        return [linear] if len(typed.shape) == 1 else [("flatten", {"name": "flatten"}), linear]

    return print_lesson(calls, flat=True, **shared)
