"""`cnncalc import`, `export`: a model of another tool as a spec, a network for another tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.options import emit, load_graph, output_option, spec_options
from cnncalc.cli.output import remark
from cnncalc.diagnostics import SpecError, UsageError
from cnncalc.networks import check_name, suffix_of
from cnncalc.writing import TARGETS

if TYPE_CHECKING:
    from cnncalc.graph import Graph
    from cnncalc.layers.base import Layer


@click.command()
@spec_options
@flag("--flat", "One line for each layer, without branches or blocks.")
@output_option
def import_(spec: str, flat: bool, output: str | None, **options: Any) -> None:
    """Print a model of another tool as a spec, to be read, changed and used like any other.

    Branches are found, equal parts become blocks with parameters, and repetition is written once.
    The spec is read again before it is printed: it has the figures of the model, layer by layer.

    \b
      cnncalc import resnet50.onnx
      cnncalc import model.keras -o model.yaml
      cnncalc import vgg16 --flat
    """
    if output is not None:
        check_name(output, "a spec", ".yaml")
    graph = load_graph(spec, **options)
    for warning in graph.warnings:
        remark(f"note: {warning.message}")
    emit(as_spec(graph, flat), output, is_source=True)


def as_spec(graph: Graph, flat: bool = False) -> str:
    """Return a graph as a spec that has been proved to give the same figures."""
    from cnncalc.exchange.respec import respec

    if not flat:
        found = respec(graph)
        if gives_the_same(graph, found.text, found.order):
            return found.text
        remark("note: it cannot be written with blocks; one line for each layer")
    return respec(graph, flat=True).text


def gives_the_same(graph: Graph, text: str, order: list[int]) -> bool:
    """Return whether a spec has the layers and figures of a graph; `order` maps its nodes."""
    from cnncalc.analysis.walk import analyze
    from cnncalc.diagnostics import Source
    from cnncalc.language import build

    try:
        again = analyze(build(Source(f"{graph.name}.yaml", text)))
    except SpecError:
        return False
    before = analyze(graph)
    if len(again.graph.nodes) != len(graph.nodes):
        return False
    return all(
        meaning(again.graph.nodes[place].layer) == meaning(graph.nodes[index].layer)
        and again.facts[place].output == before.facts[index].output
        and again.figures(place).params == before.figures(index).params
        for place, index in enumerate(order)
    )


def meaning(layer: Layer) -> Any:
    """Return what a layer is, whatever the layer is called as large as which it becomes."""
    return layer if layer.like is None else (type(layer), {**layer.as_dict(), "like": None})


@click.command()
@spec_options
@option("--to", "The format; a FILE that ends in .onnx says it too.", of=TARGETS)
@option(
    "--weights FILE", "An .npz file of weights for ONNX; without it, first values as for training."
)
@option("--batch N|free", "Samples at once, for ONNX; free leaves the number open.", default="free")
@option("-o, --output FILE", "Where to write it.")
def export(
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
