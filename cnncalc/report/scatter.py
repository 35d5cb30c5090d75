"""What a search found as an SVG scatter: two objectives, the front as a line through its points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.diagnostics import UsageError
from cnncalc.escaping import html as escape
from cnncalc.report.chart import BOTTOM, COLOURS, HEIGHT, LEFT, STYLE, TOP, WIDTH, ticks
from cnncalc.report.words import integer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.search.found import Found, Point

RIGHT = 40
#: Points beside the front that are drawn at most: every so many, so that a browser can show them.
MOST_POINTS = 5000


class AxisScale:
    """Where a value lies along an axis of the picture, from `first` to `last` in its units."""

    def __init__(self, values: Sequence[float], first: float, last: float) -> None:
        self.ticks = ticks(min(values), max(values))
        self.first, self.last = first, last

    def at(self, value: float) -> float:
        """Return the place of a value."""
        low, high = self.ticks[0], self.ticks[-1]
        return self.first + (value - low) / ((high - low) or 1) * (self.last - self.first)


def svg(found: Found) -> str:
    """Return the picture; raises `UsageError` without two objectives or without points."""
    if len(found.objectives) < 2:
        raise UsageError("a scatter needs two objectives", "add --pareto macs,params")
    if not found.points:
        raise UsageError("no candidate passes: there is nothing to draw")
    across = AxisScale([point.values[0] for point in found.points], LEFT, WIDTH - RIGHT)
    upwards = AxisScale([point.values[1] for point in found.points], HEIGHT - BOTTOM, TOP)
    x_name, y_name = found.objectives[:2]
    title = f"{found.spec}: {y_name} against {x_name}, {found.census.passed:,} that pass"
    front = sorted([p for p in found.points if p.on_front], key=lambda p: p.values)
    others = [p for p in found.points if not p.on_front]
    others = others[:: -(-len(others) // MOST_POINTS) or 1]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect class="bg" width="{WIDTH}" height="{HEIGHT}"/>',
        f'<text class="title" x="{LEFT}" y="26">{escape(title)}</text>',
        *axes(across, upwards, x_name, y_name),
        *[dot(found, point, across, upwards, "2", COLOURS[5]) for point in others],
    ]
    path = " ".join(f"{across.at(p.values[0]):.1f},{upwards.at(p.values[1]):.1f}" for p in front)
    if len(found.objectives) == 2:
        parts.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[1]}"/>')
    parts += [dot(found, point, across, upwards, "4", COLOURS[1]) for point in front]
    return "\n".join([*parts, "</svg>"]) + "\n"


def axes(across: AxisScale, upwards: AxisScale, x_name: str, y_name: str) -> list[str]:
    """Return the grid, the figures along it, and the names of the axes."""
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for tick in upwards.ticks:
        y = upwards.at(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{amount(tick)}</text>'
        )
    for tick in across.ticks:
        x = across.at(tick)
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{amount(tick)}</text>'
        )
    middle = (LEFT + right) / 2
    parts.append(
        f'<text x="{middle}" y="{HEIGHT - 14}" text-anchor="middle">{escape(x_name)}</text>'
    )
    parts.append(f'<text x="{LEFT}" y="{TOP - 8}" text-anchor="end">{escape(y_name)}</text>')
    return parts


def amount(value: float) -> str:
    """Return a figure along an axis."""
    return integer(int(value), True) if abs(value) >= 1000 else f"{value:g}"


def dot(
    found: Found, point: Point, across: AxisScale, upwards: AxisScale, radius: str, colour: str
) -> str:
    """Return one point; what lies under the pointer says its values and its command."""
    texts = ", ".join(f"{name} {text}" for name, text in found.texts(point.key).items())
    said = ", ".join(
        f"{name} {value:,}" for name, value in zip(found.objectives, point.values, strict=True)
    )
    return (
        f'<circle cx="{across.at(point.values[0]):.1f}" cy="{upwards.at(point.values[1]):.1f}"'
        f' r="{radius}" fill="{colour}"><title>{escape(texts)}\n{escape(said)}\n'
        f"{escape(found.command(point.key))}</title></circle>"
    )
