"""`cnncalc compare`: networks side by side."""

from __future__ import annotations

import click

from cnncalc.cli.declare import option
from cnncalc.cli.machine import freeze_option, frozen
from cnncalc.cli.options import DECLARED, emit, load_graph, memory_options, printed
from cnncalc.cli.output import emit_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.graph import Graph


@click.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@option("--columns A,B,...", "Which figures; a wrong name lists all.")
@DECLARED["convention"]
@option("--input SHAPE", "The same input for all of them.", name="shape")
@option("--layout", "The order of that input.", of="chw hwc")
@DECLARED["rounding"]
@memory_options
@freeze_option
@printed("table", "csv", "markdown", "latex", "html", "json", wide=True)
def command(
    specs: tuple[str, ...],
    columns: str | None,
    shape: str | None,
    layout: str | None,
    rounding: str | None,
    convention: str,
    batch: int,
    dtype: str,
    freeze: tuple[str, ...],
    format: str,
    output: str | None,
) -> int:
    """Compare networks; each further line gives multiples of the first.

    Parameters, the input and what is frozen may follow a name: `wrn_28_10@widen=4,input=3x64x64`.

    \b
      cnncalc compare alexnet vgg16 resnet50
      cnncalc compare vgg16 mobilenet_v2 --columns params,macs,depth --format csv
    """
    from cnncalc.analysis.conventions import convention as counting
    from cnncalc.report.comparison import as_json, table
    from cnncalc.teaching.figures import DEFAULT, chosen, compare

    names = chosen(columns, DEFAULT)
    networks = [loaded(text, shape, rounding, layout, freeze) for text in specs]
    result = compare(networks, names, batch, dtype, counting(convention))
    if format == "json":
        emit(as_json(result), output)
        return 0
    emit_table(table(result, raw=format == "csv"), format, output, None)
    return 0


def loaded(
    text: str,
    shape: str | None,
    rounding: str | None,
    layout: str | None = None,
    freeze: tuple[str, ...] = (),
) -> tuple[str, Graph]:
    """Return the label and the graph of one network of the command line."""
    from cnncalc.analysis.walk import analyze
    from cnncalc.teaching.figures import request

    wanted = request(text)
    inputs = wanted.inputs or ((shape,) if shape is not None else ())
    graph = load_graph(wanted.spec, wanted.variant, wanted.settings, inputs, rounding, layout)
    names = (*freeze, *wanted.frozen)
    return text, frozen(analyze(graph), names).graph if names else graph
