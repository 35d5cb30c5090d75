"""`cnncalc run`: a network on given numbers and weights."""

from __future__ import annotations

import sys

import click

from cnncalc.cli.limits import memory_limit, refuse_too_large
from cnncalc.cli.numbers import (
    PICTURE_OPTIONS,
    build,
    noted,
    picture_options,
    weight_options,
    weights_of,
)
from cnncalc.cli.options import emit, format_option, output_option, some_spec_options
from cnncalc.cli.progress import progress
from cnncalc.diagnostics import SpecError, UsageError, suggest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from cnncalc.executor.run import Results
    from cnncalc.executor.workspace import Array
    from cnncalc.graph import Graph


@click.command()
@some_spec_options("spec", "variant", "settings", "rounding")
@click.option(
    "--input",
    "files",
    multiple=True,
    required=True,
    metavar="[NAME=]FILE",
    help="Numbers for the input: a .npy file, an image, or lists such as '[[1, 2], [3, 4]]'.",
)
@picture_options
@weight_options
@click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="NAME",
    help="Show the output of this layer, not the network's; may be repeated.",
)
@click.option("--save", metavar="FILE", help="Write the outputs to an .npz file.")
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float64"]),
    default="float32",
    show_default=True,
    help="The type of the numbers.",
)
@memory_limit
@format_option("text", "json")
@output_option
def command(spec: str, format: str, output: str | None, **options: Any) -> int:
    """Run a network on real numbers and real weights.

    The input is an array (channels, height, width), or a batch of them, in an .npy file or typed
    as lists, or an image, whose values become 0 to 1; the network is built for its size. Weights
    are read by node: `cnncalc weights` writes a file to fill in. Kernels that the spec gives need
    no file. Exit status 1 if the weights do not fit, or if a result is not finite.

    \b
      cnncalc run lenet5 --input digit.npy --weights lenet5.npz
      cnncalc run examples/pooling --input '[[1,1,2,4],[5,6,7,8],[3,2,1,0],[1,2,3,4]]'
      cnncalc run examples/edges --input photo.png --save edges.npz
    """
    from cnncalc.analysis.walk import analyze
    from cnncalc.report.results import results_json, results_text

    if options["weights"] and options["init"]:
        raise UsageError("--weights reads weights and --init invents them: give one of the two")
    chosen = {name: options[name] for name in ("variant", "settings", "rounding")}
    picture = {name: options[name] for name in PICTURE_OPTIONS}
    given = build(spec, options["files"], chosen, picture)
    graph = given.graph
    try:
        analysis = analyze(graph, max(len(array) for array in given.arrays), options["dtype"])
        refuse_too_large(analysis, options["max_memory"], True, "-", chosen)
        results = execute(graph, given.arrays, options)
    except SpecError as error:
        raise noted(error, given.notes) from None
    if options["save"]:
        save(options["save"], results)
    if format == "json":
        emit(results_json(graph.name, graph.variant, results), output)
    else:
        emit(results_text(graph.name, results), output)
    if results.not_finite is None:
        return 0
    sys.stdout.flush()
    print(f"warning: numbers are not finite from layer `{results.not_finite}` on", file=sys.stderr)
    return 1


def execute(graph: Graph, arrays: Sequence[Array], options: dict[str, Any]) -> Results:
    """Return the results; raises `UsageError` for a layer that is not there."""
    from cnncalc.executor.run import run

    names = [node.name for node in graph.nodes]
    for layer in options["layers"]:
        if not graph.within(layer):
            meant = suggest(layer, [*names, *(graph.scopes or ())])
            help = f"did you mean `{meant}`?" if meant else "`cnncalc show SPEC` lists the layers"
            raise UsageError(f"{graph.name} has no layer `{layer}`", help)
    layers = options["layers"] or None
    with progress(f"running {graph.name}", len(names)) as advance:
        return run(
            graph,
            weights_of(graph, options),
            arrays,
            layers,
            options["dtype"],
            lambda _step: advance(1),
        )


def save(path: str, results: Results) -> None:
    """Write the outputs under the names of their layers; raises `UsageError`."""
    from cnncalc.executor.files import write_archive

    if not path.endswith(".npz"):
        raise UsageError(f"results go to an .npz file, not `{path}`", f"--save {path}.npz")
    write_archive(path, results.outputs.items())
