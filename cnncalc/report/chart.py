"""Charts as SVG: a sweep as lines, with crosses where it does not fit, a search as a scatter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnncalc.diagnostics import UsageError
from cnncalc.escaping import html as escape
from cnncalc.report.words import integer
from cnncalc.teaching.figures import FIGURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.search.found import Found, Point
    from cnncalc.search.sweep import Sweep

    At = Callable[[float, float], tuple[float, float]]

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 80, 190, 50, 60
NARROW = 40  # what a scatter leaves to its right
#: Colours that stay apart for most kinds of sight, on light and on dark (Okabe & Ito 2008).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6bb1", "#777777")

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #222 }
.title { font-size: 15px; font-weight: 600 } .grid { stroke: #ddd } .axis { stroke: #555 }
.bg { fill: #fff } .misfit { stroke: #c00; stroke-width: 2 } .note { fill: #c00 }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd } .bg { fill: #16181c } .grid { stroke: #333 } .axis { stroke: #aaa }
  .misfit { stroke: #f66 } .note { fill: #f66 }
}
"""


@dataclass(frozen=True)
class Series:
    """One line: its label, its points `(x, y)`, and the x at which nothing fits."""

    label: str
    points: tuple[tuple[float, float], ...]
    misfits: tuple[float, ...]


def series(sweep: Sweep, name: str) -> tuple[str, list[Series]]:
    """Return the variable along x, and a line for each combination of the others.

    Raises `UsageError` if no variable has two numeric values, or the figure is no number.
    """
    columns = list(zip(*[point.values for point in sweep.points], strict=True))
    numeric = [
        i
        for i, texts in enumerate(columns)
        if len(set(texts)) > 1 and all(text.replace(".", "", 1).isdigit() for text in texts)
    ]
    if not numeric:
        raise UsageError("a chart needs a variable with two numbers", "--input 128..512:32")
    x = numeric[0]
    groups: dict[str, tuple[list[tuple[float, float]], list[float]]] = {}
    for point in sweep.points:
        pairs = list(zip(sweep.variables, point.values, strict=True))
        others = [f"{n} {v}" for n, v in pairs[:x] + pairs[x + 1 :]]
        points, misfits = groups.setdefault(", ".join(others), ([], []))
        at = float(point.values[x])
        if point.error is not None:
            misfits.append(at)
            continue
        value = point.figures[name]
        if not isinstance(value, int):
            raise UsageError(f"{FIGURES[name][0]} is no number that a chart could show")
        points.append((at, float(value)))
    lines = [Series(k, tuple(sorted(p)), tuple(m)) for k, (p, m) in groups.items()]
    return sweep.variables[x], lines


def ticks(low: float, high: float, wanted: int = 6) -> list[float]:
    """Return round numbers that span a range, about as many as wanted."""
    span = (high - low) or abs(high) or 1.0
    step = 10.0 ** (len(str(int(span))) - 1) if span >= 1 else 0.1
    while span / step > wanted:
        step *= 2 if span / step <= 2 * wanted else 5 if span / step <= 5 * wanted else 10
    while span / step < wanted / 2:
        step /= 2
    first = int(low // step)
    result = [first * step]
    while result[-1] < high:
        result.append((first + len(result)) * step)
    return result


def varying(sweep: Sweep) -> list[str]:
    """Return the figures that differ from point to point; all numbers, if none does."""
    points = [point.figures for point in sweep.points if point.error is None]
    numbers = [n for n in sweep.names if all(isinstance(one[n], int) for one in points)]
    return [n for n in numbers if len({one[n] for one in points}) > 1] or numbers


def svg(sweep: Sweep) -> str:
    """Return charts of the figures that vary, one below the other.

    Raises `UsageError` if no variable has two numeric values, or no figure is a number.
    """
    names = varying(sweep) or list(sweep.names)
    charts = [chart(sweep, name) for name in names]
    if len(charts) == 1:
        return charts[0]
    inner = [
        one.replace("<svg ", f'<svg y="{HEIGHT * k}" width="{WIDTH}" height="{HEIGHT}" ', 1)
        for k, one in enumerate(charts)
    ]
    size = f'viewBox="0 0 {WIDTH} {HEIGHT * len(charts)}" role="img"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    return "\n".join([head, f"<title>{escape(sweep.title)}</title>", *inner, "</svg>"]) + "\n"


class AxisScale:
    """Where a value lies along an axis of a picture, from `first` to `last` in its units."""

    def __init__(self, low: float, high: float, first: float, last: float) -> None:
        self.ticks = ticks(low, high)
        self.first, self.last = first, last

    def at(self, value: float) -> float:
        """Return the place of a value."""
        low, high = self.ticks[0], self.ticks[-1]
        return self.first + (value - low) / ((high - low) or 1) * (self.last - self.first)


def opened(title: str) -> list[str]:
    """Return the beginning of a picture: its title on a background."""
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect class="bg" width="{WIDTH}" height="{HEIGHT}"/>',
        f'<text class="title" x="{LEFT}" y="26">{escape(title)}</text>',
    ]


def amount(value: float) -> str:
    """Return a figure along an axis."""
    return integer(int(value), True) if abs(value) >= 1000 else f"{value:g}"


def levels(upwards: AxisScale, right: float) -> list[str]:
    """Return the lines of a grid that lie across, with their figures."""
    parts = []
    for tick in upwards.ticks:
        y = upwards.at(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
        label = amount(tick)
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    return parts


def below(x: float, y: float, text: str) -> str:
    """Return a text centred below an axis."""
    return f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{escape(text)}</text>'


def chart(sweep: Sweep, name: str) -> str:
    """Return the chart of one figure over the first numeric variable of a sweep."""
    variable, lines = series(sweep, name)
    every = [point for line in lines for point in line.points]
    xs = [x for x, _y in every] + [x for line in lines for x in line.misfits]
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    across = AxisScale(min(xs), max(xs), LEFT, right)
    upwards = AxisScale(0.0, max([y for _x, y in every], default=1.0), bottom, TOP)

    def at(x: float, y: float) -> tuple[float, float]:
        return across.at(x), upwards.at(y)

    parts = opened(f"{FIGURES[name][0]} of {sweep.title}") + levels(upwards, right)
    parts += [below(across.at(tick), bottom + 20, f"{tick:g}") for tick in across.ticks]
    parts.append(f'<line class="axis" x1="{LEFT}" y1="{bottom}" x2="{right}" y2="{bottom}"/>')
    parts.append(below((LEFT + right) / 2, HEIGHT - 14, variable))
    for index, line in enumerate(lines):
        parts += drawn(line, index, at, len(lines) > 1)
    return "\n".join([*parts, "</svg>"]) + "\n"


def drawn(line: Series, index: int, at: At, labelled: bool) -> list[str]:
    """Return one series: its line, its points, its misfits, its entry in the legend."""
    colour = COLOURS[index % len(COLOURS)]
    places = [at(x, y) for x, y in line.points]
    parts = []
    if places:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
    for (x, y), (value, figure) in zip(places, line.points, strict=True):
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}">'
            f"<title>{value:g}: {figure:,.0f}</title></circle>"
        )
    for value in line.misfits:
        x, y = at(value, 0.0)
        parts.append(
            f'<path class="misfit" d="M{x - 4:.1f} {y - 10:.1f}l8 8m0 -8l-8 8">'
            f"<title>{value:g}: does not fit</title></path>"
        )
    top, left = TOP + 22 * index, WIDTH - RIGHT + 16
    if labelled:
        parts.append(f'<rect x="{left}" y="{top - 9}" width="14" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{left + 20}" y="{top - 2}">{escape(line.label)}</text>')
    if line.misfits and index == 0:
        parts.append(f'<text class="note" x="{left}" y="{HEIGHT - BOTTOM}">× does not fit</text>')
    return parts


#: Points beside the front that are drawn at most: every so many, so that a browser can show them.
MOST_POINTS = 5000


def scatter(found: Found) -> str:
    """Return the picture; raises `UsageError` without two objectives or without points."""
    if len(found.objectives) < 2:
        raise UsageError("a scatter needs two objectives", "add --pareto macs,params")
    if not found.points:
        raise UsageError("no candidate passes: there is nothing to draw")
    xs, ys = [[point.values[axis] for point in found.points] for axis in (0, 1)]
    across = AxisScale(min(xs), max(xs), LEFT, WIDTH - NARROW)
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
    bottom, right = HEIGHT - BOTTOM, WIDTH - NARROW
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
