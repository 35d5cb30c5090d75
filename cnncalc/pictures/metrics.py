"""How wide a text is, without a font: an upper bound for the usual sans-serif fonts."""

from __future__ import annotations

#: Widths in em of DejaVu Sans, which is wider than Arial, Helvetica, Roboto and Liberation Sans.
NARROW = dict.fromkeys("ijl.,:;'|!/\\ []()", 0.4)
WIDE = dict.fromkeys("mwMWOQ@%…—×·", 0.84) | {"m": 0.98, "M": 0.87, "W": 0.99, "@": 1.0, "…": 1.0}
USUAL, CAPITAL, FOREIGN = 0.637, 0.75, 1.05
BOLD = 1.1


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the room that a text needs, in px, for a font of `size` px."""
    total = 0.0
    for char in text:
        if char in WIDE:
            total += WIDE[char]
        elif char in NARROW:
            total += NARROW[char]
        elif ord(char) > 0x2FF and char not in "–−→":
            total += FOREIGN
        else:
            total += CAPITAL if char.isupper() else USUAL
    return total * size * (BOLD if bold else 1.0)


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many signs, with an ellipsis in the middle if it was cut."""
    if len(text) <= most:
        return text
    ahead = (most - 1) * 2 // 3
    return text[:ahead] + "…" + text[len(text) - (most - 1 - ahead) :]
