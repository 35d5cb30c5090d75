"""What commands that run a network print of it: its outputs, cells worked out by hand, walks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from cnncalc.cli.numbers import Given, noted, weights_of
from cnncalc.cli.options import emit
from cnncalc.cli.output import emit_coloured, remark
from cnncalc.cli.progress import progress
from cnncalc.cli.screen import text_width, use_colour
from cnncalc.cli.stepping import in_training, offered, show_steps, where
from cnncalc.diagnostics import SpecError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.executor.run import Results
    from cnncalc.executor.training import Training
    from cnncalc.teaching.maps import Maps

#: Columns of a terminal that a map takes at most.
MOST_COLUMNS = 96


def show(given: Given, options: Mapping[str, Any], format: str, output: str | None) -> int:
    """Run a network and print what the options ask for; returns the exit status.

    Raises `SpecError` if the weights do not fit, `UsageError` for layers and cells there are not.
    """
    try:
        if options["steps"] is not None:
            return show_steps(given, options, format, output)
        if options["jacobian"]:
            return show_jacobian(given, options, format, output)
        if options["cells"]:
            return show_cells(given, options, format, output)
        return show_outputs(given, options, format, output)
    except SpecError as error:
        raise noted(error, given.notes) from None


def show_outputs(given: Given, options: Mapping[str, Any], format: str, output: str | None) -> int:
    """Print what the network, or some of its layers, give."""
    from cnncalc.report.results import results_json, results_text

    offered(format, ("text", "json"), "the outputs of a run")
    training = in_training(options)
    graph, results = given.graph, execute(given, options, training)
    if options["save"]:
        save(options["save"], given, options, results)
    if options["maps"]:
        show_blocks(given, options, results, output)
        return 0
    notes = None if training is None else noted_by(given, options, training)
    if format == "json":
        from cnncalc.report.results import training_json

        more = {} if notes is None else {"training": training_json(notes)}
        emit(results_json(graph.name, graph.variant, results, more), output)
    else:
        from cnncalc.report.results import training_text

        text = "" if notes is None else training_text(notes, text_width(output))
        emit(results_text(graph.name, results) + text, output)
    if results.not_finite is None:
        return 0
    sys.stdout.flush()
    remark(f"warning: numbers are not finite from layer `{results.not_finite}` on")
    return 1


def noted_by(given: Given, options: Mapping[str, Any], training: Training) -> list[Any]:
    """Return what the layers noted in a training step."""
    from cnncalc.executor.weights import GivenWeights
    from cnncalc.teaching.training import noted_in_training

    graph = given.graph
    source = GivenWeights(graph, weights_of(graph, options), "float64", keep=False)
    return noted_in_training(graph, training, source)


def execute(given: Given, options: Mapping[str, Any], training: Training | None = None) -> Results:
    """Return the results; raises `UsageError` for a layer that is not there."""
    from cnncalc.executor.run import run
    from cnncalc.teaching.cells import node_named

    graph = given.graph
    for layer in options["layers"]:
        node_named(graph, layer)
    layers = options["layers"] or None
    with progress(f"running {graph.name}", len(graph.nodes)) as advance:
        return run(
            graph,
            weights_of(graph, options),
            given.arrays,
            layers,
            options["dtype"],
            lambda _step: advance(1),
            training,
        )


def save(path: str, given: Given, options: Mapping[str, Any], results: Results) -> None:
    """Write the outputs under the names of their layers, or draw them; raises `UsageError`."""
    end = path.lower().rpartition(".")[2]
    if end == "npz":
        from cnncalc.executor.files import write_archive

        write_archive(path, results.outputs.items())
    elif end in ("svg", "png"):
        from cnncalc.pictures.draw import converted
        from cnncalc.pictures.maps import svg

        picture = svg(in_pictures(given, options, results))
        emit(picture if end == "svg" else converted(picture, "png"), path)
    else:
        raise UsageError(
            f"results go to an .npz file or a picture, not `{path}`",
            f"--save {path}.npz, {path}.svg or {path}.png",
        )


def in_pictures(given: Given, options: Mapping[str, Any], results: Results) -> Maps:
    """Return the run in pictures."""
    from cnncalc.executor.weights import GivenWeights
    from cnncalc.teaching.cells import check_sample
    from cnncalc.teaching.maps import pictured

    graph, sample = given.graph, options["sample"]
    check_sample(given.arrays, sample)
    source = GivenWeights(graph, weights_of(graph, options), "float64", keep=False)
    return pictured(graph, given.arrays, results.outputs, source, sample)


def show_blocks(
    given: Given, options: Mapping[str, Any], results: Results, output: str | None
) -> None:
    """Print the run in blocks, in colours where the terminal has them."""
    from cnncalc.pictures.maps import pixels
    from cnncalc.report.blocks import blocks

    width = min(text_width(output), MOST_COLUMNS)
    maps = in_pictures(given, options, results)
    if output is None and use_colour():
        emit_coloured(blocks(maps, width, True, pixels))
    else:
        emit(blocks(maps, width, False), output)


def show_cells(given: Given, options: Mapping[str, Any], format: str, output: str | None) -> int:
    """Print the working of single cells."""
    from cnncalc.report.cells import render
    from cnncalc.teaching.cells import meant, workings

    if options["layers"]:
        raise UsageError("--layer shows outputs and --cell single cells", "give one of the two")
    offered(format, ("text", "json", "markdown", "latex"), "cells")
    graph = given.graph
    cells = [meant(graph, text) for text in options["cells"]]
    weights = weights_of(graph, options)
    training = in_training(options)
    found = workings(graph, weights, given.arrays, cells, options["sample"], training)
    emit(render(found, format, text_width(output)), output)
    return 0


def show_jacobian(given: Given, options: Mapping[str, Any], format: str, output: str | None) -> int:
    """Print the derivatives of one layer."""
    from cnncalc.report.matrix import jacobian_json, jacobian_text
    from cnncalc.teaching.cells import Run, check_sample
    from cnncalc.teaching.matrix import jacobian

    offered(format, ("text", "json"), "derivatives")
    if options["cells"] or options["training"]:
        raise UsageError("--jacobian stands alone", "leave --cell and --training out")
    graph, sample = given.graph, options["sample"]
    index, _ = where(given, options)
    check_sample(given.arrays, sample)
    if index in graph.inputs:
        raise UsageError(f"`{graph.nodes[index].name}` is an input: it is given")
    run = Run(graph, weights_of(graph, options), given.arrays, {index})
    node = graph.nodes[index]
    read = [run.kept[i] for i in node.inputs]
    found = jacobian(node, read, run.arrays(index), sample)
    width = text_width(output)
    emit(jacobian_json(found) if format == "json" else jacobian_text(found, width), output)
    return 0
