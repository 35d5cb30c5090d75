"""`cnncalc conv`, `conv-transpose`, `pool`, `linear`: one layer worked out, no file needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.single import (
    bias_option,
    calculator,
    groups_option,
    print_lesson,
    print_matrix,
    rounding_option,
    window_options,
)
from cnncalc.cli.valued import (
    TypedValues,
    bias_of,
    read_values,
    value_options,
    weight_fields,
    weights,
)
from cnncalc.diagnostics import UsageError
from cnncalc.layers.conv import KERNEL_NAMES
from cnncalc.quantities import product
from cnncalc.record import Record
from cnncalc.teaching.typed import numbers, parse_size, same_transposed, window_fields

if TYPE_CHECKING:
    from cnncalc.teaching.single import Call
    from cnncalc.teaching.typed import TypedShape

#: The ways in which filters may be shared or split; they exclude one another.
WAYS = ("depthwise", "separable", "local")


@click.command()
@calculator
@option("-n, --filters, --out-channels", "Filters (1).", low=1)
@window_options
@groups_option
@flag("--depthwise", "One filter per channel: groups = channels.")
@flag("--separable", "Depthwise, then 1x1: against the full convolution.")
@flag("--local", "Locally connected: no weights are shared.")
@bias_option
@rounding_option
@value_options(*weights)
@flag("--matrix", "Print the convolution as a sparse matrix.")
def conv(
    filters: int | None,
    kernel: str | None,
    stride: str | None,
    padding: str | None,
    dilation: str | None,
    groups: int,
    bias: bool,
    rounding: str | None,
    matrix: bool,
    **shared: Any,
) -> int:
    """Work out one convolution on INPUT, typed as height x width x channels.

    \b
      cnncalc conv 32x32x3 --filters 10 --kernel 5 --padding 2
      cnncalc conv 7x7 -k 3 -s 3 --rounding strict
      cnncalc conv 3x224x224 --layout chw -n 64 -k 7 -s 2 -p 3 --no-bias
      cnncalc conv 112x112x32 -n 64 -k 3 -p same --separable
      cnncalc conv 4x4 -k 3 --matrix
      cnncalc conv 3x3 -k 2 --numbers '[[1,2,3],[4,5,6],[7,8,9]]' --weight '[[0,1],[2,0]]'
    """
    values = TypedValues.taken(shared)
    ways = [way for way in WAYS if shared.pop(way)]
    if kernel is None and values.weight is None:
        raise UsageError("the kernel's size is missing", "add --kernel 3 (or -k 3)")
    fields = window_fields(kernel or "1", stride, padding, dilation) | {"bias": bias}
    if rounding is not None:
        fields["rounding"] = rounding
    if len(ways) + (groups > 1) > 1:
        raise UsageError("--groups, --depthwise, --separable and --local exclude one another")
    asked = FiltersAsked(fields, filters, groups, ways[0] if ways else "", kernel is not None)
    calls = asked.calls if values.numbers is None else lambda typed: asked.valued(typed, values)
    if matrix:
        return print_matrix(calls, **shared)
    remark = asked.against_full if "separable" in ways else None
    return print_lesson(calls, remark=remark, values=values, **shared)


class FiltersAsked(Record):
    """The convolution that is asked for: its fields, and what depends on the input's channels."""

    fields: dict[str, Any]
    filters: int | None
    groups: int
    way: str
    has_kernel: bool

    def calls(self, typed: TypedShape) -> list[Call]:
        """Return the layers: one, or two for a separable convolution."""
        channels, fields = typed.shape[0], self.fields
        if self.way == "local":
            return [("locally_connected", fields | {"out_channels": self.filters or 1})]
        if self.way == "":
            return [("conv", fields | {"out_channels": self.filters or 1, "groups": self.groups})]
        each = fields | {"groups": channels}
        if self.way == "depthwise":
            return [("conv", each | {"out_channels": self.filters or channels})]
        first = each | {"out_channels": channels, "name": "depthwise"}
        second = {"out_channels": self.filters or channels, "kernel_size": 1}
        return [("conv", first), ("conv", second | {"bias": fields["bias"], "name": "pointwise"})]

    def against_full(self, typed: TypedShape) -> str:
        """Return in words what the full convolution would cost."""
        from cnncalc.teaching.single import against

        full = self.fields | {"out_channels": self.filters or typed.shape[0]}
        return against(typed.shape, self.calls(typed), [("conv", full)], "the full convolution")

    def valued(self, typed: TypedShape, values: TypedValues) -> list[Call]:
        """Return the one convolution whose weights are given; raises `UsageError`."""
        if self.way in ("separable", "local"):
            raise UsageError("--numbers works on one plain convolution")
        own = weight_fields(values, typed, KERNEL_NAMES)
        size = self.fields["kernel_size"]
        found = own.get("kernel_size", size)
        if self.has_kernel and found not in (size, (size,) * (len(typed.shape) - 1)):
            raise UsageError(f"the weights are {found}, and --kernel says {size}")
        channels = typed.shape[0]
        groups = channels if self.way == "depthwise" else self.groups
        count = self.filters or own.get("out_channels") or (channels if self.way else 1)
        return [("conv", self.fields | own | {"out_channels": count, "groups": groups})]


@click.command()
@calculator
@option("-n, --filters, --out-channels", "Filters.", low=1, default=1)
@window_options
@option("--output-padding A", "Elements added at the output's end.")
@groups_option
@bias_option
def conv_transpose(
    filters: int,
    kernel: str | None,
    stride: str | None,
    padding: str | None,
    dilation: str | None,
    output_padding: str | None,
    groups: int,
    bias: bool,
    **shared: Any,
) -> int:
    """Work out one transposed convolution on INPUT, typed as height x width x channels.

    \b
      cnncalc conv-transpose 5x5x3 -n 4 -k 2 -s 2
      cnncalc conv-transpose 16x16x64 -n 32 -k 3 -s 2 -p 1 --output-padding 1
      cnncalc conv-transpose 7x7x256 -n 128 -k 5 -s 2 -p same

    With same the output is the input times the stride, as in Keras.
    """
    if kernel is None:
        raise UsageError("the kernel's size is missing", "add --kernel 2 (or -k 2)")
    fields = window_fields(kernel, stride, padding, dilation)
    if fields.get("padding") == "valid":
        fields["padding"] = 0
    elif fields.get("padding") == "same":
        fields |= same_transposed(fields)
    elif isinstance(fields.get("padding"), str):
        raise UsageError(
            f"a transposed convolution has no padding `{padding}`",
            "give numbers: they are cut from the output's edges; or same, or valid",
        )
    fields |= {"out_channels": filters, "groups": groups, "bias": bias}
    if output_padding is not None:
        fields["output_padding"] = parse_size(output_padding, "--output-padding", 0)
    return print_lesson(lambda _typed: [("conv_transpose", fields)], **shared)


KINDS = {"max": "max_pool", "avg": "avg_pool", "min": "min_pool", "l2": "lp_pool"}


@click.command()
@calculator
@option("--kind", "What is kept.", of=KINDS, default="max")
@flag("--global", "One window over everything.", name="whole")
@window_options
@flag("--ceil", "Keep a last, partly filled window.")
@rounding_option
@value_options()
def pool(
    kind: str,
    whole: bool,
    kernel: str | None,
    stride: str | None,
    padding: str | None,
    dilation: str | None,
    ceil: bool,
    rounding: str | None,
    **shared: Any,
) -> int:
    """Work out one pooling layer on INPUT, typed as height x width x channels.

    The stride is the kernel's size if none is given. --numbers pools real numbers.

    \b
      cnncalc pool 32x32x16 -k 2
      cnncalc pool 112x112x64 -k 3 -s 2 --ceil
      cnncalc pool 7x7x2048 --kind avg --global
      cnncalc pool 2x4 -k 2 --numbers '[[1,1,2,4],[5,6,7,8]]' --cell 0,0,1
    """
    shared["values"] = TypedValues.taken(shared)
    if whole:
        if kind not in ("max", "avg"):
            raise UsageError(f"there is no global {kind} pool", "use --kind max or --kind avg")
        if any((kernel, stride, padding, dilation, ceil, rounding)):
            help = "leave out --kernel, --stride, --padding, --dilation and the rounding"
            raise UsageError("the window of a global pool is the whole map", help)
        return print_lesson(lambda _typed: [(f"global_{kind}_pool", {})], **shared)
    if kernel is None:
        raise UsageError("the window's size is missing", "add --kernel 2 (or -k 2)")
    if dilation is not None and kind not in ("max", "min"):
        raise UsageError(f"{kind} pooling has no dilation", "leave --dilation out")
    fields = window_fields(kernel, stride, padding, dilation)
    if ceil and rounding not in (None, "ceil", "caffe"):
        raise UsageError(f"--ceil contradicts --rounding {rounding}")
    if ceil or rounding is not None:
        fields["rounding"] = "ceil" if ceil else rounding
    return print_lesson(lambda _typed: [(KINDS[kind], fields)], **shared)


@click.command()
@calculator
@option(
    "-n, --units, --out-features N",
    "Units, as a number or as a volume such as 10x10x8.",
    default="1",
)
@bias_option
@value_options(*weights)
def linear(units: str, bias: bool, **shared: Any) -> int:
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
