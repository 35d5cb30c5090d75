"""The parser's complaints about a YAML text, in words that say what to do."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def explain(source: Source, fault: Any) -> Diagnostic:
    """Return the diagnostic for an error of the YAML parser."""
    mark = fault.problem_mark or fault.context_mark
    return Diagnostic(
        f"not valid YAML: {fault.problem}", Span(source, mark.line + 1, mark.column + 1)
    )
