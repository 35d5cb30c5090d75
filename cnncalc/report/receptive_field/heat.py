"""The effective receptive field: figures, and a heat map as SVG or in characters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnncalc.report.png import address, png
from cnncalc.report.receptive_field.picture import in_plane
from cnncalc.report.receptive_field.svg import View, beside, clip, document, frame
from cnncalc.report.receptive_field.terminal import CELLS

if TYPE_CHECKING:
    from cnncalc.executor.paths import PixelSpread
    from cnncalc.fields.regions import Hull
    from cnncalc.fields.result import UnitField

#: Dark to light through violet, red and yellow: brightness alone tells the order.
RAMP = ((12, 8, 38), (84, 15, 109), (158, 42, 99), (220, 80, 57), (250, 155, 30), (252, 255, 164))
MARKS = " .:-=+*#%@"
LEGEND = 330


@dataclass(frozen=True, slots=True)
class Effective:
    """How the weight of a unit is spread over the pixels of its field.

    `method` says what the weight of a pixel is; `field` is the theoretical field within the input.
    """

    unit: UnitField
    method: str
    spread: PixelSpread
    field: Hull

    @property
    def theoretical(self) -> tuple[int, ...]:
        """The size of the theoretical field within the input."""
        return tuple([hi - lo for lo, hi in self.field])


def effective_lines(found: Effective) -> list[str]:
    """Return the figures in sentences."""
    spread = found.spread
    where = ",".join(map(str, found.unit.unit))
    deviations = " x ".join([f"{d:.2f}" for d in spread.deviation])
    size = "x".join(map(str, found.theoretical))
    return [
        f"effective field of unit {where} of {found.unit.node}, by {found.method}",
        f"standard deviation {deviations} pixels; the theoretical field within the input is {size}",
        f"95% of it lies on {spread.holding:,} of {spread.area:,} pixels ({spread.share:.1%})",
    ]


def effective_object(found: Effective) -> dict[str, Any]:
    """Return the figures as JSON has them."""
    spread = found.spread
    return {
        "layer": found.unit.node,
        "unit": list(found.unit.unit),
        "method": found.method,
        "deviation": list(spread.deviation),
        "pixels_holding_95_percent": spread.holding,
        "theoretical_pixels": spread.area,
        "share": spread.share,
    }


def two_axes(found: Effective) -> tuple[Any, Hull]:
    """Return the weights within the field over two axes, and where these lie."""
    mass = found.spread.mass[tuple([slice(lo, hi) for lo, hi in found.field])]
    if mass.ndim == 1:
        mass = mass[None]
    while mass.ndim > 2:
        mass = mass.sum(axis=0)
    return mass, in_plane(found.field)


def heat_text(found: Effective, most: int = CELLS) -> str:
    """Return the heat map in characters, the heavier the darker; a root lifts the faint ones."""
    import numpy as np

    mass, _ = two_axes(found)
    step = max(1, -(-max(mass.shape) // most))
    rows, columns = [-(-n // step) for n in mass.shape]
    cells = np.zeros((rows * step, columns * step))
    cells[: mass.shape[0], : mass.shape[1]] = mass
    grid = np.sqrt(cells.reshape(rows, step, columns, step).sum(axis=(1, 3)))
    levels = np.ceil(grid / max(grid.max(), 1e-300) * (len(MARKS) - 1)).astype(int)
    lines = ["  " + "".join([MARKS[level] * 2 for level in row]).rstrip() for row in levels]
    return "\n".join(lines)


def heat_svg(found: Effective, theme: str = "auto") -> str:
    """Return the heat map over the theoretical field, with one and two standard deviations."""
    mass, box = two_axes(found)
    (y0, y1), (x0, x1) = box
    air = max(1, max(y1 - y0, x1 - x0) // 24)
    view = View(((y0 - air, y1 + air), (x0 - air, x1 + air)))
    picture = address(png(colours((mass / max(mass.max(), 1e-300)) ** 0.5)))
    body = [
        f'<image {view.box(y0, x0, y1 - y0, x1 - x0)} preserveAspectRatio="none"'
        f' style="image-rendering:pixelated" href="{picture}"/>',
        frame(view, clip(box, view)),
        *ellipses(view, found),
        *beside(view, words(found)),
    ]
    where = ",".join(map(str, found.unit.unit))
    title = f"Effective field of unit {where} of {found.unit.node}"
    return document(view.right + LEGEND, view.bottom + 28, title, theme, body)


def words(found: Effective) -> list[str]:
    """Return the lines of text beside the heat map."""
    spread = found.spread
    size = " × ".join(map(str, found.theoretical))
    deviations = " × ".join([f"{d:.2f}" for d in spread.deviation])
    return [
        f"frame: theoretical field, {size} pixels",
        f"standard deviation {deviations} pixels",
        "ellipses: one and two deviations",
        f"95% of the weight on {spread.share:.1%} of the area",
        f"weight: {found.method}",
        "colour: root of the weight",
    ]


def ellipses(view: View, found: Effective) -> list[str]:
    """Return ellipses of one and two standard deviations around the mean."""
    import numpy as np

    spread = found.spread
    if spread.mass.ndim < 2:
        return []
    middle = []
    for axis in (-2, -1):
        others = tuple([a for a in range(spread.mass.ndim) if a != spread.mass.ndim + axis])
        along = spread.mass.sum(axis=others)
        middle.append(float((along * np.arange(len(along))).sum()))
    x, y = view.at(middle[0] + 0.5, middle[1] + 0.5)
    down, across = [d * view.scale for d in spread.deviation[-2:]]
    return [
        f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{across * times:.1f}" ry="{down * times:.1f}"'
        f' fill="none" stroke="#fff" stroke-width="1.5" stroke-dasharray="{dash}"/>'
        for times, dash in ((1, "none"), (2, "5 4"))
    ]


def colours(values: Any) -> Any:
    """Return numbers from 0 to 1 as red, green and blue."""
    import numpy as np

    places = np.linspace(0, 1, len(RAMP))
    channels = [np.interp(values, places, [c[i] for c in RAMP]) for i in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)
