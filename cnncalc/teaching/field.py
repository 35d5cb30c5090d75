"""Where a receptive field comes from: the step of each window, the union at merges."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.analysis.walk import Analysis
from cnncalc.teaching.derivation import Section


def field_sections(analysis: Analysis) -> Callable[[int], Section | None] | None:
    """Return a function from a node's index to the section of its receptive field."""
    del analysis
    return None
