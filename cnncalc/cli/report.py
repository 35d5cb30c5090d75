"""`cnncalc report`: a page on which networks can be explored."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.machine import chosen_machine, freeze_option, frozen, machine_options
from cnncalc.cli.options import declared, emit, load_graph, memory_options
from cnncalc.diagnostics import UsageError

if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis


@click.command()
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@declared("settings", "inputs", "rounding")
@memory_options
@machine_options
@freeze_option
@option("--image FILE", "An image to lay under receptive fields.")
@flag("--open", "Open the page in the browser.", name="browse")
@option("-o, --output FILE", "The HTML file to write.")
def command(specs: tuple[str, ...], output: str | None, **options: Any) -> None:
    """Write one HTML file in which each SPEC can be explored: picture, table, workings, charts.

    The file is complete: it fetches nothing and runs anywhere. `--input` may be given several
    times; the page then switches between them. Of several networks, each is aligned with the
    first. Parameters and the input may follow a name: `vgg16@input=3x64x64`.

    \b
      cnncalc report resnet50 -o resnet50.html
      cnncalc report resnet18 resnet34 -o both.html --open
      cnncalc report vgg16 --input 3x224x224 --input 3x160x160 --peak 10T -o vgg16.html
    """
    from cnncalc.pictures.page import page
    from cnncalc.report.png import read_image

    if output is None and options["browse"]:
        raise UsageError("--open needs a file", "add -o report.html")
    if output is None and sys.stdout.isatty():
        raise UsageError("a page is for a browser", "add -o report.html; --open shows it at once")
    if output is not None and output.lower().endswith((".pdf", ".png", ".svg", ".docx")):
        raise UsageError(f"a report is no {output.rpartition('.')[2].upper()}", "end it in .html")
    machine = chosen_machine(options)
    networks = [analyses(spec, options) for spec in specs]
    emit(page(networks, machine, read_image(options["image"])), output)
    if options["browse"] and output is not None:
        click.launch(output)


def analyses(spec: str, options: dict[str, Any]) -> list[Analysis]:
    """Return a network's analysis on each input that is asked for.

    Shapes without a name are alternatives; those of named inputs hold together.
    """
    from cnncalc.analysis.walk import analyze
    from cnncalc.teaching.figures import request

    wanted = request(spec)
    named = tuple([text for text in options["inputs"] if "=" in text])
    shapes = [text for text in options["inputs"] if "=" not in text]
    result = []
    alternatives: list[tuple[str, ...]] = [(shape,) for shape in shapes] or [()]
    for inputs in alternatives:
        graph = load_graph(
            wanted.spec,
            wanted.variant,
            (*options["settings"], *wanted.settings),
            wanted.inputs or (*named, *inputs),
            options["rounding"],
        )
        analysis = analyze(graph, options["batch"], options["dtype"])
        result.append(frozen(analysis, (*options["freeze"], *wanted.frozen)))
    return result
