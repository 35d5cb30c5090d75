"""`cnncalc show`: the expanded graph."""

from __future__ import annotations

from typing import Any

import click

from cnncalc.cli.options import emit, load_graph, printed, spec_options


@click.command()
@spec_options
@printed("text", "yaml", "json", "dot", "mermaid")
def command(spec: str, format: str, output: str | None, **options: Any) -> None:
    """Print the layer graph after blocks, repeats, branches and arithmetic are expanded.

    Every layer is one line: its path name, its fields, and the layers it reads. The format yaml is
    a spec again, with the blocks that are found in the graph, as `cnncalc import` prints it. The
    formats dot
    (Graphviz) and mermaid draw the graph with other programs, one box per layer; `cnncalc draw`
    draws it itself.

    \b
      cnncalc show googlenet
      cnncalc show resnet18 --format dot | dot -Tsvg > resnet18.svg
    """
    graph = load_graph(spec, **options)
    if format == "yaml":
        from cnncalc.cli.import_ import as_spec

        emit(as_spec(graph), output)
        return
    if format in ("text", "json"):
        from cnncalc.report.graph import FORMATS

        emit(FORMATS[format](graph), output)
        return
    from cnncalc.analysis.walk import ShapeError, analyze
    from cnncalc.pictures import texts
    from cnncalc.pictures.structure import ALL, structure

    write = texts.dot if format == "dot" else texts.mermaid
    try:
        analysis = analyze(graph)
    except ShapeError as error:  # what comes before the fault can be drawn
        emit(write(structure(error.partial, ALL, fold=False, fuse=False)), output)
        raise
    emit(write(structure(analysis, ALL, fold=False, fuse=False)), output)
