"""How the questions of `solve` print their answers."""

from __future__ import annotations

from cnncalc.cli.declare import option, together
from cnncalc.cli.options import emit, format_option
from cnncalc.cli.screen import text_width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.solve.answer import Answer


#: What `tell` takes. (`--output` is a shape here.)
output_options = together(
    format_option("text", "markdown", "json"),
    option("-o FILE", "Write the answer to a file.", name="file"),
)


def tell(answer: Answer, format: str, file: str | None) -> int:
    """Print an answer; returns 0, or 1 if there is no solution."""
    from cnncalc.report.answer import render

    emit(render(answer, format, text_width(file)), file)
    return 0 if answer.found else 1
