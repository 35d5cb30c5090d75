"""`cnncalc weights`: write a file of weights for a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import option
from cnncalc.cli.numbers import INITS
from cnncalc.cli.options import DECLARED, SPEC_OPTIONS, declared, emit, load_graph, pairs
from cnncalc.diagnostics import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.executor.workspace import Array
    from cnncalc.graph import Graph


@click.command()
@click.argument("spec", metavar="[SPEC]", required=False)
@declared(*SPEC_OPTIONS)
@option(
    "--from FILE",
    "Take the numbers of a model file, such as model.onnx or model.keras.",
    name="source",
)
@option(
    "--init",
    "First values: zeros, ones, normal (deviation 0.01), or kaiming (He et al. 2015).",
    of=INITS,
    default="kaiming",
)
@option("--seed", "Of the numbers.", low=0, high=2**63, default=0)
@DECLARED["run_dtype"]
@option("-o, --output FILE", "The .npz file to write.", required=True)
def command(
    spec: str | None,
    source: str | None,
    init: str,
    seed: int,
    dtype: str,
    output: str,
    **options: Any,
) -> int:
    """Write every array of weights of a network to an .npz file, with first values.

    The file is a template for `cnncalc run --weights`: arrays are named by the path of their node
    and have PyTorch's shapes, such as `conv_1.weight` (out, in/groups, height, width). Biases and
    running means are 0, scales and running variances 1; kernels that the spec gives stay as given.

    With --from the numbers are those of a model file: for that model, or for SPEC where it is what
    `cnncalc import` printed of it.

    \b
      cnncalc weights lenet5 -o lenet5.npz
      cnncalc weights lenet5 --init zeros -o template.npz
      cnncalc weights --from resnet50.onnx -o resnet50.npz
    """
    from cnncalc.analysis.walk import analyze
    from cnncalc.executor.files import write_archive
    from cnncalc.executor.initial import initial_arrays

    if not output.endswith(".npz"):
        raise UsageError(f"weights go to an .npz file, not `{output}`", f"-o {output}.npz")
    if source is None:
        if spec is None:
            raise UsageError(
                "name a network, or a model file with --from", "cnncalc weights lenet5"
            )
        graph = load_graph(spec, **options)
        arrays = initial_arrays(graph, init, seed, dtype)
    else:
        graph, arrays = taken(source, spec, dtype, options)
    totals = analyze(graph).totals()
    count = write_archive(output, arrays)
    emit(
        f"{output}: {count:,} arrays of {graph.name}, {totals.params:,} params"
        + (f" and {totals.buffers:,} buffers" if totals.buffers else "")
    )
    return 0


def taken(
    source: str, spec: str | None, dtype: str, options: dict[str, Any]
) -> tuple[Graph, Iterator[tuple[str, Array]]]:
    """Return the network that weights are for, and the arrays of a model file by their names."""
    from cnncalc.language import Options
    from cnncalc.networks import load_weights
    from cnncalc.writing import arrays_from

    sizes = pairs(options["inputs"], "--input", nameless=True)
    model, array = load_weights(source, Options(inputs=sizes, layout=options["layout"]))
    graph = model if spec is None else load_graph(spec, **options)
    arrays = arrays_from(model, array, graph)
    return graph, ((name, numbers.astype(dtype)) for name, numbers in arrays)
