"""`cnncalc diff`: two networks aligned layer by layer."""

from __future__ import annotations

import click

from cnncalc.cli.declare import flag
from cnncalc.cli.options import emit, printed
from cnncalc.cli.output import emit_table


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@flag("--all", "Show equal layers too.", name="everything")
@flag("--exit-code", "Exit with 1 if there are differences.")
@printed("table", "csv", "markdown", "latex", "html", "json", wide=True)
def command(
    first: str, second: str, everything: bool, exit_code: bool, format: str, output: str | None
) -> int:
    """Align networks A and B layer by layer, and say what each change costs.

    Parameters and the input may follow a name: `vgg16@input=3x64x64`.

    \b
      cnncalc diff vgg11 vgg13
      cnncalc diff resnet50 resnext50_32x4d
      cnncalc diff old.yaml new.yaml --exit-code
    """
    from cnncalc.analysis.walk import analyze
    from cnncalc.cli.compare import loaded
    from cnncalc.report.differences import as_json, table
    from cnncalc.teaching.align import align

    old, new = (analyze(loaded(text, None, None)[1]) for text in (first, second))
    pairs = align(old, new)
    if format == "json":
        emit(as_json(pairs, old, new), output)
    else:
        title = f"{first} -> {second}"
        shown = table(pairs, old, new, title, everything or format == "csv")
        emit_table(shown, format, output, 110)
    return 1 if exit_code and any(pair.kind != "equal" for pair in pairs) else 0
