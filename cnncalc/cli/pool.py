"""`cnncalc pool`: one pooling layer worked out, no file needed."""

from __future__ import annotations

from typing import Any

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.single import calculator, print_lesson, rounding_option, window_options
from cnncalc.cli.valued import TypedValues, value_options
from cnncalc.diagnostics import UsageError
from cnncalc.teaching.typed import window_fields

KINDS = {"max": "max_pool", "avg": "avg_pool", "min": "min_pool", "l2": "lp_pool"}


@click.command()
@calculator
@option("--kind", "What is kept.", of=KINDS, default="max")
@flag("--global", "One window over everything.", name="whole")
@window_options
@flag("--ceil", "Keep a last, partly filled window.")
@rounding_option
@value_options()
def command(
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
