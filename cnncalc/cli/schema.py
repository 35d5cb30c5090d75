"""`cnncalc schema`: a JSON Schema of the spec language, for editors."""

from __future__ import annotations

import click

from cnncalc.cli.options import emit, output_option


@click.command()
@click.option("--assignment", is_flag=True, help="Of assignment files, which `grade` marks.")
@output_option
def command(assignment: bool, output: str | None) -> None:
    """Print a JSON Schema (draft 2020-12) of the spec language, or of assignment files.

    Editors use it to complete and check specs while you type; for YAML in Visual Studio Code,
    map it to your files with the setting `yaml.schemas`.

    \b
      cnncalc schema -o cnncalc.schema.json
      cnncalc schema --assignment -o assignment.schema.json
    """
    import json

    if assignment:
        from cnncalc.grading.schema import assignment_schema as schema
    else:
        from cnncalc.report.schema import spec_schema as schema
    emit(json.dumps(schema(), indent=1), output)
