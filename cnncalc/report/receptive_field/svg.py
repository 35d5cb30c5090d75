"""Receptive fields as SVG, for light and dark pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.diagnostics import UsageError
from cnncalc.escaping import html as escape
from cnncalc.quantities import show_shape
from cnncalc.report.receptive_field.picture import around, in_plane, plane, rows_of
from cnncalc.report.table import cut

if TYPE_CHECKING:
    Box = tuple[tuple[float, float], ...]

    from cnncalc.fields.regions import Hull
    from cnncalc.fields.result import UnitField
    from cnncalc.report.receptive_field.picture import Nested, Outline

SIDE = 560
LEGEND = 310
MARGIN, TOP, BOTTOM = 24, 64, 52
#: From the smallest field to the largest; each stands out on white and on near black.
COLOURS = ("#e6308a", "#e8590c", "#d99a00", "#74a800", "#10a37f", "#1098ad", "#3b82f6", "#8b5cf6")
LIGHT = """text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-size:16px;font-weight:600}
.soft{fill:#59636e}.bg{fill:#fff}.paper{fill:#f3f5f7}.frame{stroke:#1f2328}.grid{stroke:#d5dae0}
.unread{fill:#dfe3e8}.read{fill:#3b82f6}"""
DARK = """text{fill:#e6edf3}.soft{fill:#9ba6b1}.bg{fill:#0f1318}.paper{fill:#1a2027}
.frame{stroke:#e6edf3}.grid{stroke:#2d353e}.unread{fill:#2a323b}.read{fill:#5aa0ff}"""


def style(theme: str) -> str:
    """Return the style sheet: `light`, `dark`, or `auto` for what the reader has chosen."""
    if theme == "light":
        return LIGHT
    return LIGHT + (DARK if theme == "dark" else f"@media(prefers-color-scheme:dark){{{DARK}}}")


class View:
    """A part of the input's plane, and where its pixels come to lie in the picture."""

    def __init__(self, shown: Hull, left: float = MARGIN, top: float = TOP) -> None:
        (self.y0, y1), (self.x0, x1) = shown
        self.height, self.width = y1 - self.y0, x1 - self.x0
        self.scale = SIDE / max(self.height, self.width)
        self.left, self.top = left, top

    @property
    def right(self) -> float:
        """The right edge of the picture's part."""
        return self.left + self.width * self.scale

    @property
    def bottom(self) -> float:
        """The lower edge of the picture's part."""
        return self.top + self.height * self.scale

    def box(self, y: float, x: float, height: float, width: float) -> str:
        """Return the attributes of a rectangle of pixels."""
        return (
            f'x="{self.left + (x - self.x0) * self.scale:.2f}"'
            f' y="{self.top + (y - self.y0) * self.scale:.2f}"'
            f' width="{width * self.scale:.2f}" height="{height * self.scale:.2f}"'
        )

    def at(self, y: float, x: float) -> tuple[float, float]:
        """Return where the corner of a pixel lies: across, down."""
        return self.left + (x - self.x0) * self.scale, self.top + (y - self.y0) * self.scale


def document(width: float, height: float, title: str, theme: str, body: list[str]) -> str:
    """Return a whole picture with its title."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}" role="img">'
    )
    return "\n".join(
        [
            head,
            f"<title>{escape(title)}</title>",
            f"<style>{style(theme)}</style>",
            '<rect class="bg" width="100%" height="100%"/>',
            f'<text class="title" x="{MARGIN}" y="32">{escape(cut(title, 88))}</text>',
            *body,
            "</svg>\n",
        ]
    )


def nested_svg(picture: Nested, theme: str = "auto", image: str | None = None) -> str:
    """Return the fields of layers over the input, or over an image of it.

    `image` is an address; what lies in the padding is dashed.
    """
    rank = len(picture.pixels)
    if rank == 1:
        return bars_svg(picture, theme)
    input_box = in_plane(tuple([(0, length) for length in picture.pixels]))
    boxes = [in_plane(outline.region) for outline in picture.outlines]
    view = View(around([input_box, *boxes]))
    body = [*background(view, input_box, image), within(view, input_box)]
    shades = colours(len(boxes))
    for box, colour in zip(boxes, shades, strict=True):
        body += rectangle(view, box, input_box, colour)
    body.append(frame(view, input_box))
    body += legend(view, picture.outlines, shades)
    note = f"thick frame: the input, {show_shape(picture.pixels)} pixels; dashed: in the padding"
    if rank > 2:
        note += f"; axes {rank - 2} and {rank - 1} of {rank}"
    body.append(f'<text class="soft" x="{MARGIN}" y="{view.bottom + 32:.0f}">{note}</text>')
    width = view.right + LEGEND
    height = max(view.bottom, TOP + 26 * len(boxes)) + BOTTOM
    return document(width, height, picture.title, theme, body)


def colours(count: int) -> list[str]:
    """Return a colour for each outline, largest first, spread over the palette."""
    last = len(COLOURS) - 1
    places = [round(i * last / max(1, count - 1)) for i in range(count)]
    return [COLOURS[place] for place in reversed(places)]


def background(view: View, box: Hull, image: str | None) -> list[str]:
    """Return the input: an image, or paper with a grid of pixels, in a frame."""
    (y0, y1), (x0, x1) = box
    place = view.box(y0, x0, y1 - y0, x1 - x0)
    if image is not None:
        return [f'<image {place} preserveAspectRatio="none" href="{image}"/>']
    return [f'<rect class="paper" {place}/>', *grid(view, box)]


def frame(view: View, box: Hull) -> str:
    """Return a frame just outside a rectangle of pixels."""
    (y0, y1), (x0, x1) = box
    air = 1.5 / view.scale
    place = view.box(y0 - air, x0 - air, y1 - y0 + 2 * air, x1 - x0 + 2 * air)
    return f'<rect class="frame" fill="none" stroke-width="3" {place}/>'


def within(view: View, box: Hull) -> str:
    """Return what lets only the part within the input be drawn."""
    (y0, y1), (x0, x1) = box
    return f'<clipPath id="input"><rect {view.box(y0, x0, y1 - y0, x1 - x0)}/></clipPath>'


def grid(view: View, box: Hull) -> list[str]:
    """Return lines between pixels, or between every tenth or hundredth where pixels are small."""
    step = next(step for step in (1, 10, 100, 1000, 10**9) if step * view.scale >= 6)
    (y0, y1), (x0, x1) = box
    left, top = view.at(y0, x0)
    right, bottom = view.at(y1, x1)
    across = [view.at(0, x)[0] for x in range(x0 + step, x1, step)]
    down = [view.at(y, 0)[1] for y in range(y0 + step, y1, step)]
    path = "".join([f"M{x:.1f} {top:.1f}V{bottom:.1f}" for x in across])
    path += "".join([f"M{left:.1f} {y:.1f}H{right:.1f}" for y in down])
    return [f'<path class="grid" fill="none" d="{path}"/>'] if path else []


def rectangle(view: View, box: Box, input_box: Hull, colour: str) -> list[str]:
    """Return one field: filled within the input, dashed where it reaches beyond."""
    (y0, y1), (x0, x1) = box
    place = view.box(y0, x0, y1 - y0, x1 - x0)
    parts = []
    if any(lo < low or hi > high for (lo, hi), (low, high) in zip(box, input_box, strict=True)):
        parts.append(
            f'<rect {place} fill="none" stroke="{colour}" stroke-width="1.5"'
            ' stroke-dasharray="6 4"/>'
        )
    parts.append(
        f'<rect {place} fill="{colour}" fill-opacity=".13" stroke="{colour}"'
        ' stroke-width="2.5" clip-path="url(#input)"/>'
    )
    return parts


def legend(view: View, outlines: tuple[Outline, ...], shades: list[str]) -> list[str]:
    """Return one line of text per field, tied to its rectangle."""
    parts = []
    left = view.right + 44
    for row, (outline, colour) in enumerate(zip(outlines, shades, strict=True)):
        (y0, _), (_, x1) = in_plane(outline.region)
        x, y = view.at(y0, x1)
        line = TOP + 12 + 26 * row
        parts.append(
            f'<path fill="none" stroke="{colour}" stroke-opacity=".75"'
            f' d="M{x:.1f} {y:.1f}L{view.right + 12:.1f} {line}H{left - 6:.1f}"/>'
        )
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
        label = f"{escape(cut(outline.label, 24))}  <tspan class='soft'>{outline.size}</tspan>"
        parts.append(f'<text x="{left:.1f}" y="{line + 4}">{label}</text>')
    return parts


def bars_svg(picture: Nested, theme: str) -> str:
    """Return the fields of layers over an input of one axis, one bar below the other."""
    boxes = [in_plane(outline.region) for outline in picture.outlines]
    input_box = ((0, 1), (0, picture.pixels[0]))
    (_, (x0, x1)) = around([input_box, *boxes])
    view = View(((0, 1), (x0, x1)))
    shades = colours(len(boxes))
    bar = 22 / view.scale
    everything = ((0, 10**6), input_box[1])
    body = [
        f'<rect class="paper frame" stroke-width="2" {view.box(0, 0, bar, picture.pixels[0])}/>',
        within(view, everything),
    ]
    rows = list(zip(boxes, picture.outlines, shades, strict=True))
    for row, ((_, (lo, hi)), outline, colour) in enumerate(reversed(rows), 1):
        y = row * 30 / view.scale
        lane = ((y, y + bar), (lo, hi))  # lanes lie where they fit, not on pixels
        body += rectangle(view, lane, everything, colour)
        text = f"{escape(cut(outline.label, 24))}  <tspan class='soft'>{outline.size}</tspan>"
        body.append(f'<text x="{view.right + 16:.0f}" y="{TOP + row * 30 + 15}">{text}</text>')
    bottom = TOP + 30 * (len(boxes) + 1)
    note = f"above: the input, {picture.pixels[0]} pixels; dashed: in the padding"
    body.append(f'<text class="soft" x="{MARGIN}" y="{bottom + 24}">{note}</text>')
    return document(view.right + LEGEND, bottom + BOTTOM, picture.title, theme, body)


def pixels_svg(
    unit: UnitField, pixels: tuple[int, ...], theme: str = "auto", image: str | None = None
) -> str:
    """Return the pixels that a unit reads, and those within its field that no path reads."""
    if unit.clipped is None:
        raise UsageError(f"unit {unit.unit} of `{unit.node}` reads no pixel")
    box = in_plane(unit.clipped)
    (y0, y1), (x0, x1) = box
    pad = max(1, max(y1 - y0, x1 - x0) // 16)
    view = View(((y0 - pad, y1 + pad), (x0 - pad, x1 + pad)))
    input_box = in_plane(tuple([(0, length) for length in pixels]))
    seen = clip(input_box, view)
    body = background(view, input_box if image else seen, image)
    body = [within(view, seen), f'<g clip-path="url(#input)">{"".join(body)}</g>']
    path = ""
    for row, column, height, width in rows_of(plane(unit.pixels, len(pixels))):
        left, top = view.at(row, column)
        path += (
            f"M{left:.2f} {top:.2f}h{width * view.scale:.2f}v{height * view.scale:.2f}"
            f"h-{width * view.scale:.2f}z"
        )
    left, top = view.at(y0, x0)
    whole = f"M{left:.2f} {top:.2f}H{view.at(y1, x1)[0]:.2f}V{view.at(y1, x1)[1]:.2f}H{left:.2f}z"
    body.append(f'<path class="unread" fill-rule="evenodd" d="{whole}{path}"/>')
    body.append(f'<path class="read" fill-opacity="{0.35 if image else 1}" d="{path}"/>')
    if view.scale >= 6:
        body += grid(view, box)
    body.append(frame(view, box))
    share = unit.read / (unit.read + unit.holes)
    lines = [
        f"reads {unit.read:,} of the {unit.read + unit.holes:,} pixels in its field ({share:.1%})",
        f"{unit.holes:,} pixels (grey) are read by no path",
        f"rows {y0} to {y1 - 1}, columns {x0} to {x1 - 1} of the input"
        if len(pixels) > 1
        else f"pixels {x0} to {x1 - 1} of the input",
    ]
    body += beside(view, lines)
    where = ",".join(map(str, unit.unit))
    title = f"What unit {where} of {unit.node} really reads"
    return document(view.right + LEGEND + 70, view.bottom + 28, title, theme, body)


def beside(view: View, lines: list[str]) -> list[str]:
    """Return lines of text to the right of a picture."""
    return [
        f'<text x="{view.right + 24:.0f}" y="{TOP + 16 + 24 * number}">{line}</text>'
        for number, line in enumerate(lines)
    ]


def clip(box: Hull, view: View) -> Hull:
    """Return the part of a rectangle that a view shows."""
    (y0, y1), (x0, x1) = box
    return (
        (max(y0, view.y0), min(y1, view.y0 + view.height)),
        (max(x0, view.x0), min(x1, view.x0 + view.width)),
    )
