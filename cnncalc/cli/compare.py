"""`cnncalc compare`, `diff`, `sweep`: networks side by side, aligned, and over a grid."""

from __future__ import annotations

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.machine import freeze_option, frozen
from cnncalc.cli.options import DECLARED, emit, load_graph, memory_options, printed
from cnncalc.cli.output import emit_table
from cnncalc.cli.progress import progress

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
def compare(
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


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@flag("--all", "Show equal layers too.", name="everything")
@flag("--exit-code", "Exit with 1 if there are differences.")
@printed("table", "csv", "markdown", "latex", "html", "json", wide=True)
def diff(
    first: str, second: str, everything: bool, exit_code: bool, format: str, output: str | None
) -> int:
    """Align networks A and B layer by layer, and say what each change costs.

    Parameters and the input may follow a name: `vgg16@input=3x64x64`.

    \b
      cnncalc diff vgg11 vgg13
      cnncalc diff resnet50 resnext50_32x4d
      cnncalc diff old.yaml new.yaml --exit-code
    """
    from cnncalc.analysis.walk import analyze
    from cnncalc.report.differences import as_json, table
    from cnncalc.teaching.align import align

    old, new = (analyze(loaded(text, None, None)[1]) for text in (first, second))
    pairs = align(old, new)
    if format == "json":
        emit(as_json(pairs, old, new), output)
    else:
        title = f"{first} -> {second}"
        shown = table(pairs, old, new, title, everything or format == "csv")
        emit_table(shown, format, output, 110)
    return 1 if exit_code and any(pair.kind != "equal" for pair in pairs) else 0


DEFAULT = ("params", "macs", "peak")


@click.command()
@click.argument("spec", metavar="SPEC")
@DECLARED["variant"]
@option("--input A..B:STEP", "Sizes of every spatial axis: 128..512:32.", name="inputs")
@option("--set NAME=VALUES", "width=32,48 or width=8..64:8.", name="settings", multiple=True)
@DECLARED["rounding"]
@option("--what A,B,...", "Which figures (params,macs,peak); a wrong name lists all.")
@memory_options
@DECLARED["jobs"]
@printed("table", "csv", "markdown", "latex", "html", "json", "svg", wide=True)
def sweep(
    spec: str,
    variant: str | None,
    inputs: str | None,
    settings: tuple[str, ...],
    rounding: str | None,
    what: str | None,
    batch: int,
    dtype: str,
    jobs: int,
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
    from cnncalc.search.request import Request
    from cnncalc.search.sweep import sweep, variables
    from cnncalc.teaching.figures import chosen

    names = chosen(what, DEFAULT)
    problem = Request(
        spec,
        variant=variant,
        rounding=rounding,
        batch=batch,
        dtype=dtype,
        variables=variables(inputs, settings),
    ).problem()
    with progress("sweeping", problem.space.size, rate=True) as advance:
        result = sweep(problem, names, jobs, advance)
    if format == "json":
        emit(sweep_json(result), output)
    elif format == "svg":
        from cnncalc.report.chart import svg

        emit(svg(result), output)
    else:
        emit_table(sweep_table(result, raw=format == "csv"), format, output, None)
    return 0
