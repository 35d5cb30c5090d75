"""`cnncalc sweep`: figures over a grid of inputs and parameters."""

from __future__ import annotations

import click

from cnncalc.cli.options import (
    emit,
    format_option,
    load_graph,
    memory_options,
    output_option,
)
from cnncalc.diagnostics import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.graph import Graph

DEFAULT = ("params", "macs", "peak")


@click.command()
@click.argument("spec", metavar="SPEC")
@click.option("--variant", metavar="NAME", help="Which variant of a family, such as vgg16.")
@click.option(
    "--input", "inputs", metavar="A..B:STEP", help="Sizes of every spatial axis: 128..512:32."
)
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUES", help="width=32,48 or width=8..64:8."
)
@click.option(
    "--rounding",
    type=click.Choice(["floor", "ceil", "strict", "caffe"]),
    help="What to do where a window does not fit exactly.",
)
@click.option(
    "--what", metavar="A,B,...", help="Which figures (params,macs,peak); a wrong name lists all."
)
@memory_options
@format_option("table", "csv", "markdown", "latex", "html", "json", "svg")
@output_option
def command(
    spec: str,
    variant: str | None,
    inputs: str | None,
    settings: tuple[str, ...],
    rounding: str | None,
    what: str | None,
    batch: int,
    dtype: str,
    format: str,
    output: str | None,
) -> int:
    """Compute figures of SPEC over a grid; points where it does not fit are marked.

    \b
      cnncalc sweep vgg16 --input 128..512:32
      cnncalc sweep wrn_16_8 --set widen=1,2,4,8 --input 32,64 --what params,macs --format csv
      cnncalc sweep alexnet --input 32..256:16 --what macs --format svg -o macs.svg
    """
    from cnncalc.report.comparison import sweep_json, sweep_table
    from cnncalc.search.sweep import sweep, variables
    from cnncalc.teaching.figures import chosen

    names = chosen(what, DEFAULT)
    axes = variables(inputs, settings)
    channels: list[str] = []

    def load(size: str | None, more: tuple[str, ...]) -> Graph:
        shape: tuple[str, ...] = ()
        if size is not None:
            shape = (input_text(size, channels, load),)
        return load_graph(spec, variant, more, shape, rounding)

    result = sweep(spec, axes, load, names, batch, dtype)
    if format == "json":
        emit(sweep_json(result), output)
    elif format == "svg":
        from cnncalc.report.chart import svg

        emit(svg(result, names[0]), output)
    else:
        from cnncalc.report.formats import render

        emit(render(sweep_table(result, raw=format == "csv"), format, None), output)
    return 0


def input_text(size: str, channels: list[str], load: Loader) -> str:
    """Return an input shape: `size` itself if it is one, else that size along every axis.

    `channels` remembers the channels and the number of axes of the spec's own input.
    """
    if "x" in size:
        return size
    if not size.isdigit():
        raise UsageError(f"an input cannot be `{size}` long", "--input 128..512:32")
    if not channels:
        graph = load(None, ())
        own = graph.nodes[graph.inputs[0]].layer.output_shape(())
        channels += [str(own[0]), *["size"] * (len(own) - 1)]
    return "x".join(size if part == "size" else part for part in channels)


if TYPE_CHECKING:
    from collections.abc import Callable

    Loader = Callable[[str | None, tuple[str, ...]], Graph]
