"""`cnncalc draw`, `show`: pictures of networks, and the expanded graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.options import SPEC_OPTIONS, emit, load_graph, printed, spec_options
from cnncalc.cli.summary import depth
from cnncalc.diagnostics import UsageError
from cnncalc.pictures.draw import BINARY, TEXTS, binary, labels, text
from cnncalc.pictures.values import COLOURS, STYLES, Wish

if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis

#: What the ends of file names mean.
ENDINGS = {
    "svg": "svg", "dot": "dot", "gv": "dot", "mmd": "mermaid", "mermaid": "mermaid", "png": "png",
    "pdf": "pdf",
}  # fmt: skip


@click.command()
@spec_options
@option(
    "--style",
    "Boxes and edges, or the cuboids of lectures: as high and deep as the maps.",
    of=STYLES,
    default="graph",
)
@option("--scope NAME", "Draw one block or layer alone.")
@option(
    "--depth DEPTH",
    "How many levels of blocks to open: 1, 2, ... or `all`. By default as many as stay readable.",
    reads=depth,
)
@flag(
    "--fold/--no-fold",
    "Draw equal blocks in a row once, as ×3; a graph does so by itself.",
    default=None,
)
@option("--direction", "Where a graph flows to.", of="down right", default="down")
@option(
    "--labels A,B,...", "What to write: layer, name, shape, params, macs, memory; or `all`, `none`."
)
@option(
    "--colour, --color",
    "Colour by the kind of layer, or by its share of a figure.",
    of=COLOURS,
    default="role",
)
@flag("--windows", "Draw kernels on the maps that they read (volumes).")
@option(
    "--theme",
    "Colours; auto follows the reader's setting, print is in greys.",
    of="auto light dark print",
    default="auto",
)
@option("--width MM", "The printed width in mm.", type=click.FloatRange(10, 5000))
@option(
    "-f, --format",
    "By default what FILE ends in, or svg. png and pdf need the extra `cnncalc[pictures]`.",
    of=[*TEXTS, *BINARY],
)
@option("-o, --output FILE", "Write the picture to a file instead of printing.")
def draw(spec: str, format: str | None, output: str | None, **options: Any) -> None:
    """Draw a network: its layers, blocks and connections, with shapes and figures.

    \b
      cnncalc draw resnet18 -o resnet18.svg
      cnncalc draw alexnet --style volumes --windows -o alexnet.svg
      cnncalc draw googlenet --scope inception_3a --direction right -o inception.svg
      cnncalc draw resnet50 --colour macs --theme print --width 160 -o resnet50.svg
      cnncalc draw unet.yaml --format dot | dot -Tpdf > unet.pdf
    """
    from cnncalc.analysis.walk import ShapeError, analyze

    kind = format or ending(output)
    wish = wished(options)
    graph = load_graph(spec, **{name: options[name] for name in SPEC_OPTIONS})
    try:
        analysis = analyze(graph)
    except ShapeError as error:
        if len(error.partial.facts) > len(graph.inputs) and kind in TEXTS:
            put(error.partial, wish, kind, output, options)
        raise
    put(analysis, wish, kind, output, options)


def ending(output: str | None) -> str:
    """Return the format that a file's name ends in; svg for none, `UsageError` for another."""
    end = (output or "").rpartition(".")[2].lower()
    if output is None or "." not in output:
        return "svg"
    if end not in ENDINGS:
        raise UsageError(
            f"`{output}` does not say which picture it is to be",
            "end it in .svg, .png, .pdf, .dot or .mmd, or give --format",
        )
    return ENDINGS[end]


def wished(options: dict[str, Any]) -> Wish:
    """Return what the options ask for; raises `UsageError` for some that do not go together."""
    volumes = options["style"] == "volumes"
    if options["windows"] and not volumes:
        raise UsageError("--windows draws kernels on cuboids", "add --style volumes")
    if volumes and options["direction"] != "down":
        raise UsageError("volumes always flow to the right", "leave out --direction")
    return Wish(
        options["style"],
        options["scope"],
        options["depth"],
        options["fold"],
        options["direction"],
        labels(options["labels"]),
        options["colour"],
        options["layout"] or "chw",
        options["windows"],
    )


def put(
    analysis: Analysis, wish: Wish, kind: str, output: str | None, options: dict[str, Any]
) -> None:
    """Write a picture to a file, or print it."""
    if kind in TEXTS:
        emit(text(analysis, wish, kind, options["theme"], options["width"]), output)
        return
    if output is None:
        raise UsageError(f"a {kind.upper()} is not for printing here", "add -o FILE")
    emit(binary(analysis, wish, kind, options["theme"], options["width"]), output)


@click.command()
@spec_options
@printed("text", "yaml", "json", "dot", "mermaid")
def show(spec: str, format: str, output: str | None, **options: Any) -> None:
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
        from cnncalc.cli.exchange import as_spec

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
