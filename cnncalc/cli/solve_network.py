"""`cnncalc solve input|batch|parameter|depth`: what a whole network needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.options import DECLARED, load_graph, pairs, spec_options
from cnncalc.cli.solve_layer import output_options, tell
from cnncalc.diagnostics import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.graph import Graph
    from cnncalc.solve.answer import Answer


@click.command("input")
@spec_options
@flag("--smallest", "The smallest legal input (the default).")
@flag("--lossless", "Sizes at which every map is read whole.")
@option("--output-size SHAPE", "Sizes that give this output, such as 7x7.")
@option("--at NODE", "With --output-size: the output of this layer.")
@option("--up-to", low=1, high=4096, default=512)
@option("--axis", "Only this spatial axis varies.", low=0, high=2)
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
    from cnncalc.solve import sizes
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


@click.command("batch")
@spec_options
@option("--memory SIZE", "Such as 8GiB or 500MB.", required=True)
@flag("--training", "Training (an estimate) instead of inference.")
@DECLARED["dtype"]
@output_options
def batch(
    memory: str, training: bool, dtype: str, format: str, file: str | None, **options: Any
) -> int:
    """Find the largest batch of SPEC that fits in memory.

    \b
      cnncalc solve batch resnet50 --memory 8GiB --training
    """
    from cnncalc.amounts import size as parsed
    from cnncalc.solve.budget import largest_batch

    size = parsed(memory)
    return tell(largest_batch(load_graph(**options), size, dtype, training), format, file)


@click.command("parameter")
@spec_options
@click.argument("name")
@option("--range A..B:STEP", "16..128:16 or 8,16.", name="values", required=True)
@option("--max-params N", "Such as 5M.")
@option("--max-macs N", "Such as 300M.")
@option("--max-flops N", "Such as 600M.")
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
      cnncalc solve parameter wrn_16_8 widen --range 1..10 --max-params 5M
    """
    from cnncalc.solve.budget import grid, largest_parameter, limits

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


@click.command("depth")
@click.argument("spec", required=False)
@option("--cover", "Pixels to be seen.", low=1, high=10**9)
@option("--input", "A length to begin with.", name="given", low=1, high=10**9)
@option("--output-size, --output", "The length wanted.", name="wanted", low=1, high=10**9)
@option("-k, --kernel", "Layers of this kernel.", low=1, high=10**6)
@option("-s, --stride", "Their stride.", low=1, high=10**6, default=1)
@option("-d, --dilation", "Their dilation.", low=1, high=10**6, default=1)
@option("-p, --padding", "Their padding.", low=0, high=10**6, default=0)
@option("--parameter NAME", "A parameter of SPEC, such as its depth.")
@option("--range A..B", "Its values.", name="values", default="1..32")
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

    With --input and --output-size: the fewest layers that bring one length to the other.

    \b
      cnncalc solve depth --cover 11 -k 3
      cnncalc solve depth --input 224 --output-size 7 -k 2 -s 2
      cnncalc solve depth block.yaml --cover 200
      cnncalc solve depth net.yaml --cover 200 --parameter blocks
    """
    from cnncalc.geometry import Window
    from cnncalc.solve import cover as covering

    if (given is None) != (wanted is None) or (cover is None) == (given is None):
        raise UsageError("give --cover, or both --input and --output-size", "--cover 11 -k 3")
    if given is not None and wanted is not None:
        if kernel is None:
            raise UsageError("the kernel's size is missing", "add --kernel 2 --stride 2")
        window = Window(kernel, stride, padding, padding, dilation)
        return tell(covering.layers_between(given, wanted, window), format, file)
    assert cover is not None
    if (spec is None) == (kernel is None):
        raise UsageError("give either a kernel or a SPEC", "cnncalc solve depth --cover 11 -k 3")
    if spec is not None:
        return tell(depth_of(spec, cover, parameter, values), format, file)
    assert kernel is not None
    window = Window(kernel, stride, dilation=dilation)
    return tell(covering.layers_to_cover(cover, window), format, file)


def depth_of(spec: str, cover: int, parameter: str | None, values: str) -> Answer:
    """Return how often a spec, or a parameter of it, must repeat to see so many pixels."""
    from cnncalc.solve import cover as covering
    from cnncalc.solve.budget import grid

    if parameter is None:
        return covering.blocks_to_cover(cover, load_graph(spec))
    load = loader(parameter, {"spec": spec, "settings": ()})
    fields = [(value, covering.field_of(load(value))) for value in grid(values)]
    return covering.parameter_to_cover(fields, parameter, cover)
