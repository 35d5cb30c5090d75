"""`cnncalc schema`: a JSON Schema of the spec language, for editors."""

from __future__ import annotations

import click

from cnncalc.cli.declare import flag
from cnncalc.cli.options import emit, output_option


@click.command()
@flag("--assignment", "Of assignment files, which `grade` marks.")
@flag("--search", "Of search files, which `search` reads.")
@output_option
def command(assignment: bool, search: bool, output: str | None) -> None:
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
