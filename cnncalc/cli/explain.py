"""`cnncalc explain`: formula, numbers and result for every quantity of every layer."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import option
from cnncalc.cli.options import (
    SPEC_OPTIONS,
    emit,
    load_graph,
    memory_options,
    printed,
    spec_options,
)
from cnncalc.cli.screen import text_width
from cnncalc.diagnostics import SpecError, UsageError, did_you_mean

if TYPE_CHECKING:
    from cnncalc.graph import Graph


@click.command()
@spec_options
@click.argument("layer", required=False)
@option(
    "--what A,B,...",
    "Which of shape, params, macs, flops, connections, receptive_field, memory (or all).",
)
@memory_options
@printed("text", "markdown", "latex", "html", "json")
def command(
    spec: str,
    layer: str | None,
    what: str | None,
    batch: int,
    dtype: str,
    format: str,
    output: str | None,
    **options: Any,
) -> int:
    """Derive every figure of SPEC, or of one LAYER, with the numbers put in.

    LAYER is a node, a scope such as `stage1_1`, or a pattern such as `*conv*`.

    \b
      cnncalc explain alexnet
      cnncalc explain lenet5 C1 --what shape,params
      cnncalc explain vgg16 --format latex -o vgg16.tex
    """
    from cnncalc.analysis.walk import ShapeError, analyze
    from cnncalc.report.lesson import render
    from cnncalc.teaching.explain import explain as derive
    from cnncalc.teaching.explain import quantities

    wanted = quantities(what)
    graph = load_graph(spec, **{name: options[name] for name in SPEC_OPTIONS})
    error: SpecError | None = None
    try:
        analysis = analyze(graph, batch, dtype)
    except ShapeError as failure:
        # What could still be computed is shown; the failing layer comes afterwards.
        if format == "json":
            raise
        analysis, error = failure.partial, failure
    indices = None
    if layer is not None:
        indices = chosen(graph, layer, len(analysis.facts), error is None)
    lesson = derive(analysis, indices, wanted, options["layout"] or "chw")
    emit(render(lesson, format, text_width(output)), output)
    if error is not None:
        raise error
    return 0


def chosen(graph: Graph, layer: str, known: int, complete: bool) -> list[int]:
    """Return the indices of the nodes meant; raises `UsageError` if there are none."""
    indices = graph.within(layer) or [
        i for i, node in enumerate(graph.nodes) if fnmatch.fnmatchcase(node.name, layer)
    ]
    if not indices:
        names = [node.name for node in graph.nodes]
        part = next((f"did you mean `{name}`?" for name in names if layer in name), None)
        help = did_you_mean(layer, names, part or f"`cnncalc show` lists them: {names[1]}, ...")
        raise UsageError(f"there is no layer `{layer}` in {graph.name}", help)
    # In a network that does not fit, only what comes before the fault has figures.
    return [i for i in indices if complete or i < known]
