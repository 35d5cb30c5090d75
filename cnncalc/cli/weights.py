"""`cnncalc weights`: write a file of weights for a network."""

from __future__ import annotations

import click

from cnncalc.cli.options import emit, load_graph, spec_options
from cnncalc.diagnostics import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from cnncalc.executor.workspace import Array


@click.command()
@spec_options
@click.option(
    "--init",
    type=click.Choice(["zeros", "ones", "normal", "kaiming"]),
    default="kaiming",
    show_default=True,
    help="First values: zeros, ones, normal (deviation 0.01), or kaiming (He et al. 2015).",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63), default=0, show_default=True, help="Of the numbers."
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float64"]),
    default="float32",
    show_default=True,
    help="The type of the numbers.",
)
@click.option("-o", "--output", metavar="FILE", required=True, help="The .npz file to write.")
def command(spec: str, init: str, seed: int, dtype: str, output: str, **options: Any) -> int:
    """Write every array of weights of a network to an .npz file, with first values.

    The file is a template for `cnncalc run --weights`: arrays are named by the path of their node
    and have PyTorch's shapes, such as `conv_1.weight` (out, in/groups, height, width). Biases and
    running means are 0, scales and running variances 1; kernels that the spec gives stay as given.

    \b
      cnncalc weights lenet5 -o lenet5.npz
      cnncalc weights lenet5 --init zeros -o template.npz
    """
    from cnncalc.analysis.walk import analyze
    from cnncalc.executor.files import write_archive
    from cnncalc.executor.initial import initial_arrays

    if not output.endswith(".npz"):
        raise UsageError(f"weights go to an .npz file, not `{output}`", f"-o {output}.npz")
    graph = load_graph(spec, **options)
    totals = analyze(graph).totals()
    count = Count(initial_arrays(graph, init, seed, dtype))
    write_archive(output, count)
    emit(
        f"{output}: {count.arrays:,} arrays of {graph.name}, {totals.params:,} params"
        + (f" and {totals.buffers:,} buffers" if totals.buffers else "")
    )
    return 0


class Count:
    """Counts arrays as they pass."""

    def __init__(self, arrays: Iterable[tuple[str, Array]]) -> None:
        self.source = arrays
        self.arrays = 0

    def __iter__(self) -> Iterator[tuple[str, Array]]:
        for named in self.source:
            self.arrays += 1
            yield named
