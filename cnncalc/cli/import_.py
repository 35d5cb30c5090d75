"""`cnncalc import`: a model file, or any network, as a readable spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import flag
from cnncalc.cli.options import emit, load_graph, output_option, spec_options
from cnncalc.cli.output import remark
from cnncalc.diagnostics import SpecError
from cnncalc.networks import check_name

if TYPE_CHECKING:
    from cnncalc.graph import Graph
    from cnncalc.layers.base import Layer


@click.command()
@spec_options
@flag("--flat", "One line for each layer, without branches or blocks.")
@output_option
def command(spec: str, flat: bool, output: str | None, **options: Any) -> None:
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
