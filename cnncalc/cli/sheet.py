"""`cnncalc sheet`: an assignment to hand out."""

from __future__ import annotations

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.options import emit, output_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.grading import Network


@click.command()
@click.argument("assignment", metavar="ASSIGNMENT|SPEC")
@option(
    "--format",
    "Markdown, HTML with a picture of the network, or HTML that Word and Google Docs open;"
    " by default as the end of -o FILE says.",
    name="markup",
    follows_file=True,
    of="md html word",
    default="md",
)
@flag("--answers", "For staff: with the key and its working.")
@output_option
def command(assignment: str, markup: str, answers: bool, output: str | None) -> int:
    """Print an assignment as a sheet to hand out, with a place for each answer.

    What comes back filled in, in any of these formats and as a Word document too, is read by
    `cnncalc grade`: the text of the sheet is known and passed over.

    \b
      cnncalc sheet homework.yaml --format word -o homework.html
      cnncalc sheet homework.yaml --answers
    """
    from cnncalc import grading

    drawn = figure if markup == "html" else None
    emit(grading.handout(assignment, markup, answers, drawn).rstrip("\n"), output)
    return 0


def figure(network: Network) -> str:
    """Draw a network without what is asked about it: neither shapes nor counts."""
    import re

    from cnncalc.analysis.walk import analyze
    from cnncalc.pictures.draw import text
    from cnncalc.pictures.values import Wish

    wish = Wish(labels=("layer", "name"), direction="down")
    svg = text(analyze(network.graph), wish, "svg", "light", None)
    # The title's lines, on the page and for those who cannot see it, tell the counts.
    svg = re.sub(r"(?s)<(title|desc)\b.*?</\1>\n?", "", svg)
    return re.sub(r'(?s)(<text class="(title|note)"[^>]*>[^<]*</text>\s*){1,2}', "", svg, count=1)
