"""`cnncalc conv`: one convolution worked out, no file needed."""

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
from cnncalc.cli.valued import TypedValues, value_options, weight_fields, weights
from cnncalc.diagnostics import UsageError
from cnncalc.layers.conv import KERNEL_NAMES
from cnncalc.record import Record
from cnncalc.teaching.typed import window_fields

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
def command(
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
