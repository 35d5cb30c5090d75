"""Feature maps as blocks in a terminal, in colours or in characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.escaping import visible
from cnncalc.report.cell import aligned, number

if TYPE_CHECKING:
    from cnncalc.teaching.maps import Maps, Panel

#: From nothing to the largest: what is positive, and what is negative where no colour tells.
POSITIVE, NEGATIVE, GREYS = " .+*#", " -=%@", " .:-=+*#%@"
UPPER = "▀"
PLAIN = "\x1b[0m"


def blocks(maps: Maps, width: int, colour: bool, painted: Any = None) -> str:
    """Return a run in pictures of characters; `painted` makes colours of a panel.

    What is named in it prints; only the colours are escape sequences.
    """
    lines = [visible(maps.name)]
    for panel in maps.inputs:
        lines += ["", *captioned(panel, width, colour, painted)]
    for layer in maps.layers:
        shown = len(layer.items)
        more = f", the first {shown} of {shown + layer.left_out} maps" if layer.left_out else ""
        lines += ["", visible(f"{layer.name} ({layer.keyword}){more}")]
        for item in layer.items:
            for kernel in item.filter:
                lines += ["", visible(kernel.title), *values(kernel)]
            lines += ["", *captioned(item.map, width, colour, painted)]
        lines += ["", scale(layer.items[0].map, colour)]
    return "\n".join(lines) + "\n"


def captioned(panel: Panel, width: int, colour: bool, painted: Any) -> list[str]:
    """Return a panel under its title, with the range of its numbers."""
    title = f"{visible(panel.title)}: {number(panel.low)} to {number(panel.high)}"
    small = reduced(panel, width if colour else width // 2)
    return [title, *(in_colours(small, painted) if colour else in_characters(small))]


def reduced(panel: Panel, columns: int) -> Panel:
    """Return a panel of at most so many columns; neighbours are averaged."""
    import numpy as np

    numbers = panel.numbers
    times = -(-numbers.shape[1] // max(columns, 1))
    if times <= 1:
        return panel
    rows, wide = [-(-n // times) for n in numbers.shape]
    padded = np.pad(
        numbers,
        ((0, rows * times - numbers.shape[0]), (0, wide * times - numbers.shape[1])),
        mode="edge",
    )
    return panel.replace(numbers=padded.reshape(rows, times, wide, times).mean(axis=(1, 3)))


def in_colours(panel: Panel, painted: Any) -> list[str]:
    """Return a panel in half blocks, two rows of pixels in one line."""
    colours = painted(panel)
    lines = []
    for top in range(0, len(colours), 2):
        line = ""
        for column in range(colours.shape[1]):
            upper = colours[top, column]
            line += f"\x1b[38;2;{upper[0]};{upper[1]};{upper[2]}m"
            if top + 1 < len(colours):
                lower = colours[top + 1, column]
                line += f"\x1b[48;2;{lower[0]};{lower[1]};{lower[2]}m"
            line += UPPER
        lines.append(line + PLAIN)
    return lines


def in_characters(panel: Panel) -> list[str]:
    """Return a panel in characters, two for each number, so that it keeps its proportions."""
    lines = []
    for row in panel.numbers:
        signs = [sign(float(value) / panel.limit, panel.signed) * 2 for value in row]
        lines.append("".join(signs).rstrip())
    return lines


def sign(share: float, signed: bool) -> str:
    """Return the character for a share of the largest number."""
    if share != share:
        return "?"
    marks = (POSITIVE if share >= 0 else NEGATIVE) if signed else GREYS
    return marks[min(round(abs(share) * (len(marks) - 1)), len(marks) - 1)]


def scale(panel: Panel, colour: bool) -> str:
    """Return what the signs or colours mean."""
    limit = number(panel.limit)
    if colour:
        ends = f"blue -{limit}, white 0, red {limit}" if panel.signed else f"black 0, white {limit}"
        return f"scale: {ends}"
    if not panel.signed:
        return f"scale: blank 0, `{GREYS.strip()}` up to {limit}"
    positive, negative = POSITIVE.strip(), NEGATIVE.strip()
    return f"scale: blank 0, `{positive}` up to {limit}, `{negative}` down to -{limit}"


def values(panel: Panel) -> list[str]:
    """Return the numbers of a small panel in rows."""
    texts = [[number(float(value)) for value in row] for row in panel.numbers]
    if len(texts) > 11 or len(texts[0]) > 11:
        return [f"  {len(texts)} x {len(texts[0])} weights"]
    return ["  " + line for line in aligned(texts)]
