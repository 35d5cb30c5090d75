"""A run in pictures: the input, filters and feature maps as a sheet (SVG), numbers as colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.pictures.svg import number as coordinate
from cnncalc.pictures.svg import quoted
from cnncalc.pictures.theme import FONT
from cnncalc.pictures.words import shortened
from cnncalc.report.cell import number
from cnncalc.report.png import address, png

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.teaching.maps import LayerMaps, MapPanels, Maps, Panel

MAP, FILTER, GAP, MARGIN, LINE = 132, 46, 14, 18, 15
#: Maps beside one another.
ACROSS = 4


def svg(maps: Maps) -> str:
    """Return the sheet; it is white, as colours are read against white."""
    sheet = MapSheet()
    sheet.text(maps.name, 16, bold=True)
    sheet.row([(panel, ()) for panel in maps.inputs])
    if len(maps.layers) > 1 and all(len(layer.items) == 1 for layer in maps.layers):
        sheet.grid(maps.layers)
    else:
        for layer in maps.layers:
            sheet.layer(layer)
    size = f"{coordinate(sheet.width)} {coordinate(sheet.y + MARGIN / 2)}"
    width, height = size.split()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {size}" width="{width}"'
        f' height="{height}" aria-labelledby="title">\n'
        f'<title id="title">{quoted(f"{maps.name}: input, filters and feature maps")}</title>\n'
        f"<style>text{{font:11px {FONT};fill:#1b2127}}image{{image-rendering:pixelated}}"
        ".box{fill:none;stroke:#8a949e;stroke-width:.6}</style>\n"
        '<rect width="100%" height="100%" fill="#fff"/>\n' + "\n".join(sheet.parts) + "\n</svg>\n"
    )


class MapSheet:
    """The page as it grows downwards: `y` is where the next thing begins."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.y = float(MARGIN)
        self.width = float(2 * MARGIN + ACROSS * (MAP + FILTER + 2 * GAP))

    def text(self, words: str, size: int = 11, bold: bool = False, x: float = MARGIN) -> None:
        """Write a line, and go below it."""
        self.y += size
        weight = ";font-weight:600" if bold else ""
        self.parts.append(
            f'<text x="{coordinate(x)}" y="{coordinate(self.y)}"'
            f' style="font-size:{size}px{weight}">{quoted(words)}</text>'
        )
        self.y += 6

    def layer(self, layer: LayerMaps) -> None:
        """Draw the maps of one layer under its name, with its scales."""
        self.y += GAP / 2
        more = f", the first {len(layer.items)} of {len(layer.items) + layer.left_out} maps"
        self.text(f"{layer.name} ({layer.keyword}){more if layer.left_out else ''}", 13, bold=True)
        for start in range(0, len(layer.items), ACROSS):
            row = layer.items[start : start + ACROSS]
            self.row([(item.map, item.filter) for item in row])
        self.scale(layer.items[0])

    def grid(self, layers: Sequence[LayerMaps]) -> None:
        """Draw layers of one map each beside one another, every one on its own scale."""
        self.y += GAP / 2
        cells = []
        for layer in layers:
            item = layer.items[0]
            cells.append((item.map.replace(title=layer.name), item.filter))
        for start in range(0, len(cells), ACROSS):
            self.row(cells[start : start + ACROSS])
        words = "on its own scale: the largest in red, as far below 0 in blue, 0 white"
        greys = "; without negative numbers 0 black, the largest white"
        self.text(f"each filter and each map {words}{greys}")

    def row(self, cells: list[tuple[Panel, tuple[Panel, ...]]]) -> None:
        """Draw pictures beside one another, each after the channels of its filter."""
        x, low = float(MARGIN), self.y
        for panel, kernels in cells:
            top = self.y
            for kernel in kernels:
                wide, high = self.picture(kernel, x, top, FILTER)
                top += high + 6
            x += FILTER + 6 if kernels else 0
            wide, high = self.picture(panel, x, self.y, MAP)
            words = f"{panel.title}: {number(panel.low)} to {number(panel.high)}"
            foot = self.y + high + LINE - 3
            self.note(shortened(words, 34), x, foot)
            low = max(low, foot, top)
            x += max(wide, MAP) + 2 * GAP
        self.width = max(self.width, x - GAP + MARGIN)
        self.y = low + 10

    def note(self, words: str, x: float, y: float) -> None:
        """Write a few words at a place."""
        place = f'x="{coordinate(x)}" y="{coordinate(y)}"'
        self.parts.append(f"<text {place}>{quoted(words)}</text>")

    def picture(self, panel: Panel, x: float, y: float, size: float) -> tuple[float, float]:
        """Draw one panel; returns its width and height."""
        rows, columns = panel.numbers.shape
        scale = size / max(rows, columns)
        wide, high = columns * scale, max(rows * scale, 10.0)
        self.image(pixels(panel), x, y, wide, high)
        return wide, high

    def image(self, colours: Any, x: float, y: float, wide: float, high: float) -> None:
        """Place pixels in a frame."""
        # Pixels are repeated until the longer side is twice as large as it is shown.
        times = max(1, -(-2 * int(max(wide, high)) // max(colours.shape[:2])))
        data = address(png(colours.repeat(times, axis=0).repeat(times, axis=1)))
        place = (
            f'x="{coordinate(x)}" y="{coordinate(y)}" width="{coordinate(wide)}"'
            f' height="{coordinate(high)}"'
        )
        self.parts.append(
            f'<image {place} preserveAspectRatio="none" href="{data}"/><rect class="box" {place}/>'
        )

    def scale(self, item: MapPanels) -> None:
        """Draw the scale of a layer's maps, and of its filters where it has some."""
        x = float(MARGIN)
        for what, panel in (("maps", item.map), *[("filters", k) for k in item.filter[:1]]):
            low = -panel.limit if panel.signed else 0.0
            self.image(ramp(panel), x, self.y, 120, 10)
            middle = ", 0 is white" if panel.signed else ""
            words = f"{what}: {number(low)} to {number(panel.limit)}{middle}"
            self.note(words, x + 128, self.y + 9)
            x += 330
        self.y += 24


#: The ends of the signed scale: dark enough that they stay apart in greys and for all eyes.
BLUE, WHITE, RED = (33, 90, 160), (255, 255, 255), (178, 32, 38)


def pixels(panel: Panel) -> Any:
    """Return a panel as red, green and blue from 0 to 255 (height, width, 3)."""
    return coloured(panel.numbers, panel.limit, panel.signed)


def coloured(numbers: Any, limit: float, signed: bool) -> Any:
    """Return numbers as colours on a scale up to `limit`; what is not a number is grey."""
    import numpy as np

    share = np.nan_to_num(numbers / limit, nan=0.0, posinf=1.0, neginf=-1.0)
    if not signed:
        level = np.clip(share, 0, 1)[..., None] * np.full(3, 255.0)
        return np.rint(level).astype(np.uint8)
    share = np.clip(share, -1, 1)[..., None]
    white = np.array(WHITE, float)
    end = np.where(share < 0, np.array(BLUE, float), np.array(RED, float))
    return np.rint(white + (end - white) * abs(share)).astype(np.uint8)


def ramp(panel: Panel) -> Any:
    """Return the scale of a panel as one row of colours, from its lowest number to its highest."""
    import numpy as np

    low = -panel.limit if panel.signed else 0.0
    return coloured(np.linspace(low, panel.limit, 64)[None], panel.limit, panel.signed)
