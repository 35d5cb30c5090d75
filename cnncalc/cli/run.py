"""`cnncalc run`: a network on given numbers and weights."""

from __future__ import annotations

import sys

import click

from cnncalc.cli.limits import memory_limit, refuse_too_large
from cnncalc.cli.options import emit, format_option, load_graph, output_option, some_spec_options
from cnncalc.cli.progress import progress
from cnncalc.diagnostics import UsageError, quoted, suggest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
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
@click.option("--weights", "weights", metavar="FILE", help="An .npz file of weights.")
@click.option(
    "--init",
    type=click.Choice(["zeros", "ones", "normal", "kaiming"]),
    help="Invent the weights instead of reading them.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63), default=0, show_default=True, help="For --init."
)
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
    graph, arrays = build(spec, options["files"], chosen)
    analysis = analyze(graph, max(len(array) for array in arrays), options["dtype"])
    refuse_too_large(analysis, options["max_memory"], True, "-", chosen)
    results = execute(graph, arrays, options)
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


def build(spec: str, files: tuple[str, ...], chosen: dict[str, Any]) -> tuple[Graph, list[Array]]:
    """Return the graph for inputs of these sizes, and the inputs as batches, in its order."""
    from cnncalc.executor.files import read_input

    graph = load_graph(spec, **chosen)
    names = [graph.nodes[index].name for index in graph.inputs]
    ranks = [len(graph.nodes[index].layer.output_shape(())) for index in graph.inputs]
    given: dict[str, Array] = {}
    for text in files:
        name, equals, path = text.rpartition("=")
        if not equals and len(names) > 1:
            help = f"--input {names[0]}={path}"
            raise UsageError(f"{graph.name} has the inputs {', '.join(names)}: say which", help)
        name = name or names[0]
        if name not in names:
            raise UsageError(f"{graph.name} has no input `{name}`", f"it has {', '.join(names)}")
        given[name] = batch(read_input(path), ranks[names.index(name)], path)
    missing = [name for name in names if name not in given]
    if missing:
        raise UsageError(f"the input `{missing[0]}` is missing", f"--input {missing[0]}=FILE")
    if len({len(array) for array in given.values()}) > 1:
        raise UsageError("the inputs have different numbers of samples")
    shapes = [f"{name}={'x'.join(map(str, given[name].shape[1:]))}" for name in names]
    if len(names) == 1:
        shapes = [shapes[0].partition("=")[2]]
    return load_graph(spec, inputs=tuple(shapes), **chosen), [given[name] for name in names]


def batch(array: Array, rank: int, path: str) -> Array:
    """Return numbers from a file as a batch of samples with `rank` axes; raises `UsageError`."""
    if array.ndim == rank - 1:
        array = array[None]  # one channel, left out
    if array.ndim == rank:
        array = array[None]
    if array.ndim != rank + 1 or not array.size:
        wanted = "(channels, " + ", ".join(("depth", "height", "width")[4 - rank :]) + ")"
        raise UsageError(
            f"{quoted(path)} holds an array of shape {array.shape}",
            f"wanted {wanted if rank > 1 else '(features,)'}, or a batch of such",
        )
    return array


def execute(graph: Graph, arrays: list[Array], options: dict[str, Any]) -> Results:
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


def weights_of(graph: Graph, options: dict[str, Any]) -> Mapping[str, Array]:
    """Return the weights that the options mean; none for a spec that gives all its kernels."""
    if options["weights"]:
        from cnncalc.executor.files import Archive

        return Archive(options["weights"])
    if options["init"]:
        from cnncalc.executor.initial import initial_arrays

        return dict(initial_arrays(graph, options["init"], options["seed"], options["dtype"]))
    from cnncalc.executor.initial import declared_arrays
    from cnncalc.executor.weights import kernel_in_spec

    if any(kernel_in_spec(node, array) is None for _, node, array in declared_arrays(graph)):
        raise UsageError(
            f"{graph.name} needs weights: --weights FILE or --init kaiming",
            "`cnncalc weights` writes a file to fill in",
        )
    return {}


def save(path: str, results: Results) -> None:
    """Write the outputs under the names of their layers; raises `UsageError`."""
    from cnncalc.executor.files import write_archive

    if not path.endswith(".npz"):
        raise UsageError(f"results go to an .npz file, not `{path}`", f"--save {path}.npz")
    write_archive(path, results.outputs.items())
