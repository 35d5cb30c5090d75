"""`cnncalc schema`: a JSON Schema of the spec language, for editors."""

from __future__ import annotations

import click

from cnncalc.cli.options import emit, output_option


@click.command()
@output_option
def command(output: str | None) -> None:
    """Print a JSON Schema (draft 2020-12) of the spec language.

    Editors use it to complete and check specs while you type; for YAML in Visual Studio Code,
    map it to your files with the setting `yaml.schemas`.

    \b
      cnncalc schema -o cnncalc.schema.json
    """
    import json

    from cnncalc.report.schema import spec_schema

    emit(json.dumps(spec_schema(), indent=1), output)
