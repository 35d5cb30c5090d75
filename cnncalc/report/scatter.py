"""What a search found as an SVG scatter: two objectives, the front as a line through its points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.diagnostics import UsageError
from cnncalc.escaping import html as escape
from cnncalc.report.chart import (
    BOTTOM,
    COLOURS,
    HEIGHT,
    LEFT,
    TOP,
    WIDTH,
    AxisScale,
    amount,
    below,
    levels,
    opened,
)

if TYPE_CHECKING:
    from cnncalc.search.found import Found, Point

RIGHT = 40
#: Points beside the front that are drawn at most: every so many, so that a browser can show them.
MOST_POINTS = 5000


def svg(found: Found) -> str:
    """Return the picture; raises `UsageError` without two objectives or without points."""
    if len(found.objectives) < 2:
        raise UsageError("a scatter needs two objectives", "add --pareto macs,params")
    if not found.points:
        raise UsageError("no candidate passes: there is nothing to draw")
    xs, ys = [[point.values[axis] for point in found.points] for axis in (0, 1)]
    across = AxisScale(min(xs), max(xs), LEFT, WIDTH - RIGHT)
    upwards = AxisScale(min(ys), max(ys), HEIGHT - BOTTOM, TOP)
    x_name, y_name = found.objectives[:2]
    title = f"{found.spec}: {y_name} against {x_name}, {found.census.passed:,} that pass"
    front = sorted([p for p in found.points if p.on_front], key=lambda p: p.values)
    others = [p for p in found.points if not p.on_front]
    others = others[:: -(-len(others) // MOST_POINTS) or 1]
    parts = [
        *opened(title),
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
    parts = levels(upwards, right)
    for tick in across.ticks:
        x = across.at(tick)
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}"/>')
        parts.append(below(x, bottom + 20, amount(tick)))
    parts.append(below((LEFT + right) / 2, HEIGHT - 14, x_name))
    parts.append(f'<text x="{LEFT}" y="{TOP - 8}" text-anchor="end">{escape(y_name)}</text>')
    return parts


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
