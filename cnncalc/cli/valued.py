"""Calculators of one layer on given numbers: no file needed, not even a spec."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from cnncalc.cli.declare import option, together
from cnncalc.cli.showing import show
from cnncalc.cli.stepping import ALL
from cnncalc.diagnostics import UsageError, did_you_mean, quoted
from cnncalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.cli.declare import Declared
    from cnncalc.executor.workspace import Array
    from cnncalc.teaching.single import Call
    from cnncalc.teaching.typed import TypedShape

#: What the options of this file are called; `Values.taken` takes them out of the rest.
NAMES = ("numbers", "weight", "bias_values", "cells", "steps", "save")
VALUES = "LISTS|FILE"


class TypedValues(Record):
    """What was typed for the numbers of one layer; see `value_options`."""

    numbers: str | None
    weight: str | None
    bias_values: str | None
    cells: tuple[str, ...]
    steps: str | None
    save: str | None

    @staticmethod
    def taken(options: dict[str, Any]) -> TypedValues:
        """Return the values among a command's options, which lose them."""
        return TypedValues(*[options.pop(name, None) for name in NAMES])

    def check(self) -> None:
        """Raise `UsageError` for values that nothing is computed from."""
        given = {
            "--weight": self.weight, "--bias-values": self.bias_values, "--cell": self.cells,
            "--steps": self.steps, "--save": self.save,
        }  # fmt: skip
        for name, value in given.items():
            if value and self.numbers is None:
                help = "--numbers '[[1, 2], [3, 4]]'"
                raise UsageError(f"{name} needs numbers to work on", help)


weights = (
    option(f"--weight {VALUES}", "The weights, or a kernel's name (sobel_x)."),
    option(f"--bias-values {VALUES}", "A bias for each output (none)."),
)


def value_options(*more: Declared) -> Declared:
    """Return `--numbers`, what goes with it, and more, as `weights`."""
    return together(
        option(
            f"--numbers {VALUES}",
            "Compute with these numbers: lists such as '[[1,2],[3,4]]', or a file.",
        ),
        *more,
        option("--cell C,Y,X", "Work out one cell by hand.", name="cells", multiple=True),
        option("--steps [N]", "Walk over the map, N cells or all.", is_flag=False, flag_value=ALL),
        option("--save FILE", "Write the result to an .npz file."),
    )


def read_values(text: str, option: str) -> Any:
    """Return typed or stored numbers as nested tuples; raises `UsageError`."""
    from cnncalc.executor.inputs import is_picture, read_input

    if is_picture(text):
        raise UsageError(f"{option} takes numbers, and {quoted(text)} is a picture")
    try:
        array = read_input(text)
        if not array.size:
            raise UsageError("an empty list holds no numbers", f"{option} '[[0,1],[1,0]]'")
        return nested(array.tolist())
    except UsageError as error:
        raise UsageError(f"{option}: {error.message}", error.help) from None


def nested(value: Any) -> Any:
    """Return nested lists as tuples, and floats that are whole as integers."""
    if isinstance(value, list):
        return tuple([nested(item) for item in value])
    return int(value) if isinstance(value, float) and value.is_integer() else value


def weight_fields(values: TypedValues, typed: TypedShape, named: Sequence[str]) -> dict[str, Any]:
    """Return the fields of a convolution that its weights say: them, its size, its filters."""
    if values.weight is None:
        raise UsageError("the weights are missing", "--weight '[[0,1],[1,0]]', or a kernel's name")
    fields: dict[str, Any] = {"bias": bias_of(values)}
    if values.weight in named:
        return fields | {"weight": values.weight}
    if values.weight.isidentifier() and not os.path.exists(values.weight):
        help = did_you_mean(values.weight, named, "kernels: " + ", ".join(named))
        raise UsageError(f"there is no kernel and no file {quoted(values.weight)}", help)
    weight = read_values(values.weight, "--weight")
    sizes = lengths(weight)
    rank = len(typed.shape) - 1
    if not rank <= len(sizes) <= rank + 2:
        raise UsageError(
            f"the weights are nested {len(sizes)} deep, and the input has {rank} spatial axes",
            f"wanted {rank} levels for one kernel, up to {rank + 2} for filters and channels",
        )
    kernel = sizes[len(sizes) - rank :]
    fields |= {"weight": weight, "kernel_size": kernel[0] if len(set(kernel)) == 1 else kernel}
    if len(sizes) > rank:
        fields["out_channels"] = sizes[0]
    return fields


def lengths(value: Any) -> tuple[int, ...]:
    """Return the lengths of nested tuples that are as long everywhere."""
    return (len(value), *lengths(value[0])) if isinstance(value, tuple) else ()


def bias_of(values: TypedValues) -> Any:
    """Return the bias that is given: a list of numbers, or false."""
    if values.bias_values is None:
        return False
    bias = read_values(values.bias_values, "--bias-values")
    if not isinstance(bias, tuple) or any(isinstance(item, tuple) for item in bias):
        raise UsageError("the biases are one list of numbers", "--bias-values '[1, 0]'")
    return bias


def show_values(
    calls: Sequence[Call], typed: TypedShape, values: TypedValues, format: str, output: str | None
) -> int:
    """Run one layer, or a few in a row, on the numbers given, and print what is asked for."""
    from cnncalc.analysis.walk import analyze
    from cnncalc.cli.numbers import Given
    from cnncalc.executor.inputs import read_input
    from cnncalc.teaching.single import chain, headline

    graph = chain(typed.shape, calls)
    graph = graph.replace(name=headline(analyze(graph), typed))
    array = fitted(read_input(values.numbers or ""), typed)
    options = {
        "layers": (), "cells": values.cells, "steps": values.steps, "sample": 0,
        "save": values.save, "dtype": "float64", "weights": None, "init": None, "seed": 0,
        "training": False, "momentum": None, "maps": False, "jacobian": False,
    }  # fmt: skip
    return show(Given(graph, (array,)), options, format, output)


def fitted(array: Array, typed: TypedShape) -> Array:
    """Return the numbers as a batch of the typed shape; raises `UsageError` for another one."""
    shape = typed.shape
    single = array.reshape(shape) if array.shape == shape[1:] and shape[0] == 1 else array
    if single.shape == shape:
        return single[None]
    if single.shape[1:] == shape:
        return single
    shown = " x ".join(map(str, array.shape))
    wanted = " x ".join(map(str, shape[1:] if shape[0] == 1 and len(shape) > 1 else shape))
    raise UsageError(
        f"the numbers are {shown}, and the input is {wanted}",
        "list them channel by channel, each with its rows" if len(shape) > 1 else None,
    )
