"""What the calculators of one layer share: options, reading them, printing the lesson."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.cli.declare import Declared, flag, option, together
from cnncalc.cli.options import DECLARED, ROUNDING, emit, printed
from cnncalc.cli.screen import text_width
from cnncalc.cli.valued import show_values
from cnncalc.diagnostics import UsageError
from cnncalc.teaching.typed import LAYOUTS, parse_shape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnncalc.cli.valued import TypedValues
    from cnncalc.teaching.single import Call
    from cnncalc.teaching.typed import TypedShape

#: The quantities that a calculator works out by default.
WHAT = "shape,params,macs,flops,connections,receptive_field,memory"


#: INPUT and the options that every calculator has; `print_lesson` takes them.
calculator = together(
    Declared("INPUT"),
    option("--layout", "Order of the numbers of INPUT; n is a batch.", of=LAYOUTS, default="hwc"),
    option(
        "--dims",
        "Spatial axes, where INPUT does not tell: 1 for a length and channels.",
        low=1,
        high=3,
    ),
    option("--batch", "Samples at once, for memory.", low=1, high=2**31),
    DECLARED["dtype"],
    option("--what A,B,...", "Which quantities to work out."),
    printed("text", "json", "markdown", "latex", "html", "svg"),
)
#: Kernel, stride and padding; `window_fields` reads them.
window_options = together(
    option("-k, --kernel, --kernel-size K", "3, or 3x5 per axis."),
    option("-s, --stride S", "2, or 2x1 per axis."),
    option("-p, --padding P", "1, 1x2 per axis, 0:1 before:after, same, valid or full."),
    option("-d, --dilation D", "1 is an ordinary window."),
)
rounding_option = option(
    "--rounding", "What to do where the window does not fit exactly; strict refuses.", of=ROUNDING
)
groups_option = option("-g, --groups", "Groups of channels.", low=1, default=1)
bias_option = flag("--bias/--no-bias", "Whether each output has a bias (yes).", default=True)


def print_matrix(
    calls: Callable[[TypedShape], Sequence[Call]],
    input: str,
    layout: str,
    dims: int | None,
    format: str,
    output: str | None,
    **_unused: Any,
) -> int:
    """Print one layer on the typed input as a matrix; raises `UsageError` for several."""
    from cnncalc.analysis.walk import analyze
    from cnncalc.report.matrix import render
    from cnncalc.teaching.cells import call
    from cnncalc.teaching.matrix import matrix
    from cnncalc.teaching.single import chain

    if format not in ("text", "markdown", "latex", "json"):
        raise UsageError(f"a matrix has no format {format}", "text, markdown, latex or json")
    typed = parse_shape(input, layout, dims)
    graph = chain(typed.shape, calls(typed), typed.doubt)
    if len(graph.nodes) != 2:
        raise UsageError("--matrix shows one layer", "leave --separable out")
    analyze(graph)  # says what would fit, where the layer cannot take its input
    node = graph.nodes[1]
    emit(render(matrix(node.layer, typed.shape, call(node)), format, text_width(output)), output)
    return 0


def print_lesson(
    calls: Callable[[TypedShape], Sequence[Call]],
    input: str,
    layout: str,
    dims: int | None,
    batch: int | None,
    dtype: str,
    what: str | None,
    format: str,
    output: str | None,
    flat: bool = False,
    remark: Callable[[TypedShape], str] | None = None,
    values: TypedValues | None = None,
) -> int:
    """Work out the layers that `calls` makes of the typed input, and print the working.

    With `flat`, an input of one number is a flat vector; `remark` adds a note to the answer. With
    numbers among the `values` the layers run on them instead.
    """
    from cnncalc.report.lesson import render
    from cnncalc.teaching.explain import quantities
    from cnncalc.teaching.single import lesson

    typed = parse_shape(input, layout, dims, flat)
    if batch is not None:
        typed = typed.with_batch(batch)
    if values is not None:
        values.check()
        if values.numbers is not None:
            return show_values(calls(typed), typed, values, format, output)
    if format == "svg":
        raise UsageError("a figure is no picture", "--format svg draws the --steps over --numbers")
    notes = (remark(typed),) if remark is not None else ()
    worked_out = lesson(typed, calls(typed), quantities(what or WHAT), dtype, notes)
    emit(render(worked_out, format, text_width(output)), output)
    return 0
