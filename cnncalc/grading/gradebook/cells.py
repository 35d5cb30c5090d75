"""Cells of CSV files: quoted where needed, never a formula, numbers with a point."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

_FORMULA = frozenset("=+-@\t\r")
_SPECIAL = frozenset(',"\n\r')


def cell(text: str) -> str:
    """Return a text as a cell; one that a spreadsheet would take for a formula gets a `'`."""
    if not text:
        return ""
    if text[0] in _FORMULA or text.lstrip()[:1] in ("=", "+", "-", "@"):
        text = "'" + text
    if "\x00" in text:
        text = text.replace("\x00", "")
    if _SPECIAL.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""').replace("\r\n", "\n").replace("\r", "\n") + '"'


def line(cells: Iterable[str]) -> str:
    """Return one line of cells that are already safe."""
    return ",".join(cells) + "\n"


def points(value: Fraction) -> str:
    """Return points with at most four decimals and a decimal point, never in groups."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.4f}".rstrip("0").rstrip(".")


def percent(value: Fraction, most: Fraction) -> str:
    """Return a share in percent with at most two decimals; '' of nothing."""
    if not most:
        return ""
    return f"{float(100 * value / most):.2f}".rstrip("0").rstrip(".")
