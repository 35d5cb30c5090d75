"""`cnncalc export`: a network in the format of another tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import option
from cnncalc.cli.options import emit, load_graph, spec_options
from cnncalc.diagnostics import UsageError
from cnncalc.networks import check_name, suffix_of
from cnncalc.writing import TARGETS

if TYPE_CHECKING:
    from cnncalc.graph import Graph


@click.command()
@spec_options
@option("--to", "The format; a FILE that ends in .onnx says it too.", of=TARGETS)
@option(
    "--weights FILE", "An .npz file of weights for ONNX; without it, first values as for training."
)
@option("--batch N|free", "Samples at once, for ONNX; free leaves the number open.", default="free")
@option("-o, --output FILE", "Where to write it.")
def command(
    spec: str, to: str | None, weights: str | None, batch: str, output: str | None, **options: Any
) -> None:
    """Write a network for another tool: an ONNX model, or source for PyTorch or Keras.

    What is written computes what `cnncalc run` computes: padding, rounding and normalisations are
    those of the network, whatever the tool's own rules are. What the tool cannot say is an error
    that names the layer, the field, and what would be lost.

    Source is meant to be read and kept: blocks are classes (in Keras functions), repeats are loops,
    names are kept, and a function in it loads the weights that `cnncalc weights` writes.

    \b
      cnncalc export resnet50 --to pytorch -o resnet50.py
      cnncalc export googlenet --to keras -o googlenet.py
      cnncalc export resnet50 -o resnet50.onnx
      cnncalc export lenet5 --to onnx --weights lenet5.npz --batch 1 -o lenet5.onnx
    """
    size = batch_size(batch)
    to = to or target_of(output)
    if output is not None:
        what = "an ONNX model" if to == "onnx" else f"source for {to}"
        check_name(output, what, ".onnx" if to == "onnx" else ".py")
    graph = load_graph(spec, **options)
    if to == "onnx":
        to_onnx(graph, weights, size, output)
        return
    if weights is not None:
        raise UsageError(
            f"source for {to} has no weights in it",
            'leave --weights out; `load_npz(model, "w.npz")` in the source loads them',
        )
    from cnncalc.writing import as_source

    emit(as_source(graph, to), output, is_source=True)


def target_of(output: str | None) -> str:
    """Return the format that the name of a file says; raises `UsageError` where it says none."""
    suffix = suffix_of(output or "")
    if suffix == ".onnx":
        return "onnx"
    tools = "onnx, pytorch or keras"
    if suffix == ".py":
        tools = "pytorch or keras"
    raise UsageError(
        f"for which tool? --to wants {tools}", "cnncalc export resnet50 --to pytorch -o resnet50.py"
    )


def batch_size(text: str) -> int | None:
    """Return a number of samples, None for `free`; raises `UsageError`."""
    if text == "free":
        return None
    if not text.isdecimal() or not 1 <= int(text) < 2**31:
        raise UsageError(f"--batch wants a number of samples, or free, not `{text}`", "--batch 1")
    return int(text)


def to_onnx(graph: Graph, weights: str | None, batch: int | None, output: str | None) -> None:
    """Write an ONNX file, and say what was written."""
    from cnncalc.executor.files import NpzArchive
    from cnncalc.writing import onnx_file

    if output is None:
        raise UsageError("an ONNX model is no text to print", "name a file: -o model.onnx")
    given = None if weights is None else NpzArchive(weights)
    files = onnx_file(graph, output, given, batch)
    emit(f"{' and '.join(files)}: {graph.name}, {len(graph.nodes) - len(graph.inputs):,} layers")
