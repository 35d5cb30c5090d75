"""`cnncalc lint`: what a network probably does not mean to do."""

from __future__ import annotations

from typing import Any

import click

from cnncalc.cli.declare import flag
from cnncalc.cli.options import emit, load_graph, printed, spec_options


@click.command()
@spec_options
@flag("--strict", "Exit with status 1 if there are warnings.")
@printed("text", "json")
def command(spec: str, format: str, output: str | None, strict: bool, **options: Any) -> int:
    """Find what is legal in a network and probably not meant.

    Pixels that a stride never reads, branches that nothing depends on, blocks and parameters that
    are never used, a bias right before batch norm, windows larger than their input, and more,
    each with its place and a fix.

    \b
      cnncalc lint mynet.yaml
      cnncalc lint vgg16_bn --strict
    """
    from cnncalc.analysis.lint import lint
    from cnncalc.analysis.walk import analyze
    from cnncalc.diagnostics import frame

    warnings = lint(analyze(load_graph(spec, **options)))
    if format == "json":
        import json

        from cnncalc.report.summary_json import warning_object

        result = {
            "schema": "cnncalc.lint/1",
            "warnings": [warning_object(warning) for warning in warnings],
        }
        emit(json.dumps(result, indent=1), output)
    elif warnings:
        emit("\n\n".join(frame(warning) for warning in warnings), output)
    else:
        emit("no warnings", output)
    return 1 if strict and warnings else 0
