"""Cells of CSV files: quoted where needed, never a formula, numbers with a point."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache

from cnncalc.grading.model import show_points

_FORMULA = frozenset("=+-@\t\r'＝＋－＠")
#: What a spreadsheet would work out, and what would look as if it had been protected from that.
_LIVE = re.compile(r"[\t\r]|\s*'*\s*[=+\-@＝＋－＠]")
_SPECIAL = frozenset(',"\n\r')

#: Points as all outputs have them.
points = show_points


def cell(text: str) -> str:
    """Return a text as a cell; one that a spreadsheet would take for a formula gets a `'`."""
    if not text:
        return ""
    if (text[0] in _FORMULA or text[0].isspace()) and _LIVE.match(text):
        text = "'" + text
    if "\x00" in text:
        text = text.replace("\x00", "")
    if _SPECIAL.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""').replace("\r\n", "\n").replace("\r", "\n") + '"'


def plain_cell(text: str) -> str:
    """Return the text that `cell` protected."""
    return text[1:] if text[:1] == "'" and _LIVE.match(text[1:]) else text


def line(cells: Iterable[str]) -> str:
    """Return one line of cells that are already safe."""
    return ",".join(cells) + "\n"


@lru_cache(maxsize=4096)
def percent(value: Fraction, most: Fraction) -> str:
    """Return a share in percent with at most two decimals; '' of nothing."""
    if not most:
        return ""
    return f"{float(100 * value / most):.2f}".rstrip("0").rstrip(".")
