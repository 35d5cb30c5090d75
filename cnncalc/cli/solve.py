"""`cnncalc solve`: inverse questions, about one layer and about whole networks."""

from __future__ import annotations

import click

from cnncalc.cli.options import (
    emit,
    format_option,
    load_graph,
    pairs,
    spec_options,
)
from cnncalc.diagnostics import UsageError
from cnncalc.quantities import DTYPE_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from cnncalc.graph import Graph
    from cnncalc.teaching.solve.answer import Answer

    Command = TypeVar("Command", bound=Callable[..., Any])


def output_options(command: Command) -> Command:
    """Add `--format` and `-o`; `tell` takes them. (`--output` is a shape here.)"""
    file = click.option("-o", "file", metavar="FILE", help="Write the answer to a file.")
    return format_option("text", "markdown", "json")(file(command))


def tell(answer: Answer, format: str, file: str | None) -> int:
    """Print an answer; returns 0, or 1 if there is no solution."""
    from cnncalc.report.answer import RENDERERS

    emit(RENDERERS[format](answer), file)
    return 0 if answer.found else 1


def window_question(command: Command) -> Command:
    """Add the options of a window of which something is unknown."""
    option = click.option
    for decorate in reversed(
        (
            option("--input", "given", metavar="SHAPE|any", help="32x32x3, 32x32, 32 or any."),
            option("--output", "wanted", metavar="SHAPE", help="The output; none: an exact fit."),
            option("-k", "--kernel", metavar="K|any", help="3, any or 1..7."),
            option("-s", "--stride", metavar="S|any", help="2, any or 1..4."),
            option("-p", "--padding", metavar="P|any", help="1, any, 0..3, same or valid."),
            option("--layout", type=click.Choice(["hwc", "chw"]), default="hwc", help="Of shapes."),
            option("--dims", type=click.IntRange(1, 3), help="Spatial axes of the shapes."),
        )
    ):
        command = decorate(command)
    return command


rounding_choice = click.option(
    "--rounding",
    type=click.Choice(["floor", "ceil", "strict"]),
    help="How a window must fit: floor, or strict where no output is given.",
)
dilation_choice = click.option("-d", "--dilation", metavar="D|any", help="1, any or 1..4.")


@click.group()
def command() -> None:
    """Answer inverse questions: which sizes, paddings, widths and depths do it?

    Of one layer, `any` marks what is unknown; ranges such as 1..7 limit the search.

    \b
      cnncalc solve conv --input 32x32 -k 5 -s 2 -p any
      cnncalc solve conv --input 227x227x3 --output 55x55x96 -k 11 -s any -p 0
      cnncalc solve conv --params 760 --input 32x32x3 -k 5 --filters any
      cnncalc solve input vgg16 --lossless
      cnncalc solve batch resnet50 --memory 8GiB --training
      cnncalc solve depth --cover 11 -k 3
    """


@command.command("conv")
@window_question
@dilation_choice
@click.option(
    "--filters", metavar="N|any", help="Filters, or any to find them from --params/--macs."
)
@click.option("--channels", metavar="C|any", help="Input channels, or any likewise.")
@click.option("-g", "--groups", metavar="G|any", help="Groups of channels.")
@click.option("--params", metavar="N", help="The wanted number of parameters.")
@click.option("--macs", metavar="N", help="The wanted number of MACs.")
@click.option("--bias/--no-bias", default=True, help="Whether each filter has a bias (yes).")
@rounding_choice
@output_options
def conv(format: str, file: str | None, **options: Any) -> int:
    """Find what a convolution needs.

    \b
      cnncalc solve conv --input 32 --output 32 -k 5 -p any
      cnncalc solve conv --input any --output 55 -k 11 -s 4
      cnncalc solve conv --input 28x28x192 --filters any -k 5 --params 153632
    """
    from cnncalc.teaching.solve.typed import counts_question, window_of

    if options["params"] or options["macs"] or is_unknown(options, "filters", "channels", "groups"):
        from cnncalc.teaching.solve.counts import solve_counts

        return tell(solve_counts(counts_question(options)), format, file)
    return told_window(window_of("conv", options), format, file)


@command.command("pool")
@window_question
@dilation_choice
@rounding_choice
@output_options
def pool(format: str, file: str | None, **options: Any) -> int:
    """Find what a pool needs; its stride is its kernel's size if none is given.

    \b
      cnncalc solve pool --input 28x28 --output 14x14 -k any
    """
    from cnncalc.teaching.solve.typed import window_of

    return told_window(window_of("pool", options), format, file)


@command.command("conv-transpose")
@window_question
@dilation_choice
@click.option("--output-padding", metavar="A|any", help="0, any or 0..1.")
@output_options
def conv_transpose(format: str, file: str | None, **options: Any) -> int:
    """Find what a transposed convolution needs.

    \b
      cnncalc solve conv-transpose --input 16 --output 32 -k any -s 2 -p any
    """
    from cnncalc.teaching.solve.typed import window_of

    return told_window(window_of("conv_transpose", options | {"rounding": None}), format, file)


def is_unknown(options: dict[str, Any], *names: str) -> bool:
    """Return whether any of some options is left open."""
    return any(options[name] is not None and not options[name].isdigit() for name in names)


def told_window(question: Any, format: str, file: str | None) -> int:
    """Solve a question about a window and print the answer."""
    from cnncalc.teaching.solve.window import solve_window
    from cnncalc.teaching.solve.window_words import answer

    return tell(answer(solve_window(question)), format, file)


@command.command("input")
@spec_options
@click.option("--smallest", is_flag=True, help="The smallest legal input (the default).")
@click.option("--lossless", is_flag=True, help="Sizes at which every pixel is read.")
@click.option("--output-size", metavar="SHAPE", help="Sizes that give this output, such as 7x7.")
@click.option("--at", metavar="NODE", help="With --output-size: the output of this layer.")
@click.option("--up-to", type=click.IntRange(1, 4096), default=512, show_default=True)
@click.option("--axis", type=click.IntRange(0, 2), help="Only this spatial axis varies.")
@output_options
def input_sizes(
    smallest: bool,
    lossless: bool,
    output_size: str | None,
    at: str | None,
    up_to: int,
    axis: int | None,
    format: str,
    file: str | None,
    **options: Any,
) -> int:
    """Find input sizes of the network SPEC: the smallest, lossless ones, ones for an output.

    \b
      cnncalc solve input alexnet
      cnncalc solve input vgg16 --lossless --up-to 320
      cnncalc solve input resnet50 --output-size 7x7
    """
    from cnncalc.teaching.solve import sizes
    from cnncalc.teaching.typed import numbers

    if sum((smallest, lossless, output_size is not None)) > 1:
        raise UsageError("--smallest, --lossless and --output-size exclude one another")
    graph = load_graph(**options)
    if lossless:
        return tell(sizes.lossless(graph, up_to, axis), format, file)
    if output_size is None:
        return tell(sizes.smallest(graph, axis), format, file)
    if at is not None and not graph.within(at):
        raise UsageError(f"there is no layer `{at}` in {graph.name}", "`cnncalc show` lists them")
    wanted = numbers(output_size, output_size)
    return tell(sizes.with_output(graph, wanted, up_to, axis, at), format, file)


@command.command("batch")
@spec_options
@click.option("--memory", required=True, metavar="SIZE", help="Such as 8GiB or 500MB.")
@click.option("--training", is_flag=True, help="Training (an estimate) instead of inference.")
@click.option("--dtype", type=click.Choice(list(DTYPE_BYTES)), default="float32", show_default=True)
@output_options
def batch(
    memory: str, training: bool, dtype: str, format: str, file: str | None, **options: Any
) -> int:
    """Find the largest batch of SPEC that fits in memory.

    \b
      cnncalc solve batch resnet50 --memory 8GiB --training
    """
    from cnncalc.teaching.solve.budget import largest_batch, parse_bytes

    size = parse_bytes(memory)
    return tell(largest_batch(load_graph(**options), size, dtype, training), format, file)


@command.command("parameter")
@spec_options
@click.argument("name")
@click.option("--range", "values", required=True, metavar="A..B:STEP", help="16..128:16 or 8,16.")
@click.option("--max-params", metavar="N", help="Such as 5M.")
@click.option("--max-macs", metavar="N", help="Such as 300M.")
@click.option("--max-flops", metavar="N", help="Such as 600M.")
@output_options
def parameter(
    name: str,
    values: str,
    max_params: str | None,
    max_macs: str | None,
    max_flops: str | None,
    format: str,
    file: str | None,
    **options: Any,
) -> int:
    """Find the largest value of a parameter of SPEC, such as its width, within a budget.

    \b
      cnncalc solve parameter mobilenet_v1 width --range 0.25..2:0.05 --max-params 3M
    """
    from cnncalc.teaching.solve.budget import grid, largest_parameter, limits

    budgets = limits(max_params, max_macs, max_flops)
    load = loader(name, options)
    return tell(largest_parameter(load, name, grid(values), budgets), format, file)


def loader(name: str, options: dict[str, Any]) -> Callable[[str], Graph]:
    """Return a function that loads the network with a parameter set to a value."""
    if name in pairs(options["settings"], "--set"):
        raise UsageError(f"`{name}` is both set and solved for", f"leave --set {name} out")

    def load(value: str) -> Graph:
        settings = (*options["settings"], f"{name}={value}")
        return load_graph(**(options | {"settings": settings}))

    return load


@command.command("depth")
@click.argument("spec", required=False)
@click.option("--cover", type=click.IntRange(1, 10**9), help="Pixels to be seen.")
@click.option("--input", "given", type=click.IntRange(1, 10**9), help="A length to bring down.")
@click.option("--output", "wanted", type=click.IntRange(1, 10**9), help="The length wanted.")
@click.option("-k", "--kernel", type=click.IntRange(1, 10**6), help="Layers of this kernel.")
@click.option("-s", "--stride", type=click.IntRange(1, 10**6), default=1, help="Their stride.")
@click.option("-d", "--dilation", type=click.IntRange(1, 10**6), default=1, help="Their dilation.")
@click.option("-p", "--padding", type=click.IntRange(0, 10**6), default=0, help="Their padding.")
@click.option("--parameter", metavar="NAME", help="A parameter of SPEC, such as its depth.")
@click.option("--range", "values", metavar="A..B", default="1..32", help="Its values.")
@output_options
def depth(
    spec: str | None,
    cover: int | None,
    given: int | None,
    wanted: int | None,
    kernel: int | None,
    stride: int,
    dilation: int,
    padding: int,
    parameter: str | None,
    values: str,
    format: str,
    file: str | None,
) -> int:
    """Find the fewest layers, or repetitions of SPEC, whose receptive field covers N pixels.

    With --input and --output: the fewest layers that bring one length down to the other.

    \b
      cnncalc solve depth --cover 11 -k 3
      cnncalc solve depth --input 224 --output 7 -k 2 -s 2
      cnncalc solve depth block.yaml --cover 200
      cnncalc solve depth net.yaml --cover 200 --parameter blocks
    """
    from cnncalc.geometry import Window
    from cnncalc.teaching.solve import cover as covering

    if (given is None) != (wanted is None) or (cover is None) == (given is None):
        raise UsageError("give --cover, or both --input and --output", "--cover 11 -k 3")
    if given is not None and wanted is not None:
        if kernel is None:
            raise UsageError("the kernel's size is missing", "add --kernel 2 --stride 2")
        window = Window(kernel, stride, padding, padding, dilation)
        return tell(covering.layers_to_shrink(given, wanted, window), format, file)
    assert cover is not None
    if (spec is None) == (kernel is None):
        raise UsageError("give either a kernel or a SPEC", "cnncalc solve depth --cover 11 -k 3")
    if kernel is not None:
        window = Window(kernel, stride, dilation=dilation)
        return tell(covering.layers_to_cover(cover, window), format, file)
    options: dict[str, Any] = {"spec": spec, "settings": ()}
    if parameter is None:
        return tell(covering.blocks_to_cover(cover, load_graph(**options)), format, file)
    from cnncalc.teaching.solve.budget import grid

    load = loader(parameter, options)
    fields = [(value, covering.field_of(load(value))) for value in grid(values)]
    return tell(covering.parameter_to_cover(fields, parameter, cover), format, file)
