"""`cnncalc layers`, `schema`: the spec language, for readers and for editors."""

from __future__ import annotations

import click

from cnncalc.cli.declare import flag
from cnncalc.cli.options import emit, output_option, printed


@click.command()
@click.argument("name", required=False)
@printed("text", "json", "markdown")
def layers(name: str | None, format: str, output: str | None) -> None:
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


@click.command()
@flag("--assignment", "Of assignment files, which `grade` marks.")
@flag("--search", "Of search files, which `search` reads.")
@output_option
def schema(assignment: bool, search: bool, output: str | None) -> None:
    """Print a JSON Schema (draft 2020-12) of the spec language, or of another kind of file.

    Editors use it to complete and check files while you type; in Visual Studio Code the setting
    `yaml.schemas` says which files. Call specs NAME.cnn.yaml, and a pattern can name them.

    \b
      cnncalc schema -o cnncalc.schema.json
      cnncalc schema --assignment -o assignment.schema.json
      cnncalc schema --search -o search.schema.json
    """
    import json

    from cnncalc.diagnostics import UsageError

    if assignment and search:
        raise UsageError("a file is an assignment or a search, not both", "leave one of them out")
    if assignment:
        from cnncalc.grading import assignment_schema as schema
    elif search:
        from cnncalc.search.schema import search_schema as schema
    else:
        from cnncalc.report.schema import spec_schema as schema
    emit(json.dumps(schema(), indent=1), output, is_source=True)
