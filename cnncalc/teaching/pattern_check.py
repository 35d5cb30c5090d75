"""Whether the layers of an expanded pattern fit together, shown with a caret in the pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import Source, SpecError
from cnncalc.language import Options, build

if TYPE_CHECKING:
    from cnncalc.teaching.pattern import PatternParser, PatternToken


def fitting(parser: PatternParser, text: str, owners: list[PatternToken], before: int) -> None:
    """Raise `SpecError` for a spec whose layers do not fit, with the caret under the word.

    `owners` are the words that the layers come from, one a line after the first `before` lines.
    """
    try:
        analyze(build(Source("<pattern>", text), Options()))
    except SpecError as error:
        first = error.diagnostics[0]
        if first.span is None or not before < first.span.line <= before + len(owners):
            raise
        owner = owners[first.span.line - before - 1]
        raise parser.error(first.message, owner, first.help) from None
