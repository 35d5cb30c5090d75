"""`cnncalc sweep`: figures over a grid of inputs and parameters."""

from __future__ import annotations

import click

from cnncalc.cli.declare import option
from cnncalc.cli.options import DECLARED, emit, memory_options, printed
from cnncalc.cli.output import emit_table
from cnncalc.cli.progress import progress

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
def command(
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
