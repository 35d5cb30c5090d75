"""`cnncalc layers`: what every layer of the spec language is."""

from __future__ import annotations

import click

from cnncalc.cli.options import emit, printed


@click.command()
@click.argument("name", required=False)
@printed("text", "json", "markdown")
def command(name: str | None, format: str, output: str | None) -> None:
    """Document the layers: fields, defaults, shape rule, parameters, operations, an example.

    Without NAME, lists all layers with one line each.

    \b
      cnncalc layers
      cnncalc layers conv
    """
    from cnncalc.diagnostics import UsageError, did_you_mean
    from cnncalc.layers import LAYERS, foreign_words
    from cnncalc.report import layers as pages

    if name is not None and name not in LAYERS:
        help = did_you_mean(name, LAYERS, "`cnncalc layers` lists all", foreign_words())
        raise UsageError(f"there is no layer `{name}`", help)
    names = [name] if name is not None else list(LAYERS)
    if format == "json":
        import json

        layers = [pages.layer_object(one) for one in names]
        emit(json.dumps({"schema": "cnncalc.layers/1", "layers": layers}, indent=1), output)
    elif format == "markdown":
        emit("\n".join(pages.markdown_page(one) for one in names), output)
    else:
        emit(pages.text_page(name) if name else pages.overview(), output)
