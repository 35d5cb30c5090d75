"""`cnncalc conv`: one convolution worked out, no file needed."""

from __future__ import annotations

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.single import (
    bias_option,
    calculator,
    dilation_option,
    groups_option,
    print_lesson,
    print_matrix,
    rounding_option,
    window_options,
)
from cnncalc.cli.valued import TypedValues, value_options, weight_fields, weights
from cnncalc.diagnostics import UsageError
from cnncalc.layers.conv import KERNEL_NAMES
from cnncalc.teaching.typed import window_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.teaching.single import Call
    from cnncalc.teaching.typed import TypedShape


@click.command()
@calculator
@option("-n", "--filters", "--out-channels", "filters", low=1, help="Filters (1).")
@window_options
@dilation_option
@groups_option
@flag("--depthwise", help="One filter per channel: groups = channels.")
@flag("--separable", help="Depthwise, then 1x1: against the full convolution.")
@flag("--local", help="Locally connected: no weights are shared.")
@bias_option
@rounding_option
@value_options(*weights)
@flag("--matrix", help="Print the convolution as a sparse matrix.")
def command(
    filters: int | None,
    kernel: str | None,
    stride: str | None,
    padding: str | None,
    dilation: str | None,
    groups: int,
    depthwise: bool,
    separable: bool,
    local: bool,
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
    if kernel is None and values.weight is None:
        raise UsageError("the kernel's size is missing", "add --kernel 3 (or -k 3)")
    fields = window_fields(kernel or "1", stride, padding, dilation)
    fields |= {"bias": bias}
    if rounding is not None:
        fields["rounding"] = rounding
    if sum((depthwise, separable, local, groups > 1)) > 1:
        raise UsageError("--groups, --depthwise, --separable and --local exclude one another")

    def calls(typed: TypedShape) -> list[Call]:
        channels = typed.shape[0]
        if values.numbers is not None:
            return [("conv", valued(typed))]
        if local:
            return [("locally_connected", fields | {"out_channels": filters or 1})]
        if depthwise:
            fields["groups"] = channels
            return [("conv", fields | {"out_channels": filters or channels})]
        if separable:
            first = fields | {"out_channels": channels, "groups": channels, "name": "depthwise"}
            second = {"out_channels": filters or channels, "kernel_size": 1, "bias": bias}
            return [("conv", first), ("conv", second | {"name": "pointwise"})]
        return [("conv", fields | {"out_channels": filters or 1, "groups": groups})]

    def against_full(typed: TypedShape) -> str:
        from cnncalc.teaching.single import against

        full = fields | {"out_channels": filters or typed.shape[0]}
        return against(typed.shape, calls(typed), [("conv", full)], "the full convolution")

    def valued(typed: TypedShape) -> dict[str, Any]:
        if separable or local:
            raise UsageError("--numbers works on one plain convolution")
        own = weight_fields(values, typed, KERNEL_NAMES)
        if kernel is not None and own.get("kernel_size", fields["kernel_size"]) not in (
            fields["kernel_size"],
            (fields["kernel_size"],) * (len(typed.shape) - 1),
        ):
            raise UsageError(f"the weights are {own['kernel_size']}, and --kernel says {kernel}")
        channels = typed.shape[0]
        count = filters or own.get("out_channels") or (channels if depthwise else 1)
        return fields | own | {"out_channels": count, "groups": channels if depthwise else groups}

    if matrix:
        return print_matrix(calls, **shared)
    remark = against_full if separable else None
    return print_lesson(calls, remark=remark, values=values, **shared)
