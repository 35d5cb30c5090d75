"""Lessons, the derivations that `explain` and the calculators print, in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnncalc.teaching.derivation import Lesson


def render(lesson: Lesson, format: str, width: int = 100) -> str:
    """Return a lesson as `text` (in lines of a width), `markdown`, `latex`, `html` or `json`."""
    from cnncalc.report.lesson import markup, text

    if format == "text":
        return text.text(lesson, width)
    formats = {"json": text.as_json, **markup.FORMATS}
    return formats[format](lesson)
