"""`cnncalc conv-transpose`: one transposed convolution worked out, no file needed."""

from __future__ import annotations

from typing import Any

import click

from cnncalc.cli.declare import option
from cnncalc.cli.single import bias_option, calculator, groups_option, print_lesson, window_options
from cnncalc.diagnostics import UsageError
from cnncalc.teaching.typed import parse_size, same_transposed, window_fields


@click.command()
@calculator
@option("-n, --filters, --out-channels", "Filters.", low=1, default=1)
@window_options
@option("--output-padding A", "Elements added at the output's end.")
@groups_option
@bias_option
def command(
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
