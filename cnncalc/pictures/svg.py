"""A layout as SVG: one self-contained file whose texts can be selected and read aloud."""

from __future__ import annotations

import re
from html import escape

from cnncalc.pictures.captions import shade
from cnncalc.pictures.theme import sheet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.pictures.values import (
        Box,
        EdgeLine,
        Layout,
        PictureText,
        Point,
        ScopeFrame,
        Shade,
        Solid,
    )

#: Signs that XML cannot hold.
ILLEGAL = re.compile("[\\x00-\\x1f\\ud800-\\udfff\\ufffe\\uffff]")
#: Millimetres per px, as CSS has it.
MM = 25.4 / 96


def svg(
    layout: Layout,
    theme: str = "auto",
    width: float | None = None,
    ids: str = "",
    embedded: bool = False,
) -> str:
    """Return the picture as an SVG document.

    `theme` is auto (as the reader's device has it), light, dark or print; `width` the printed
    width in millimetres; `ids` comes before every id, for several pictures on one page; `embedded`
    pictures bring no style sheet, their page has it.
    """
    scale = 1.0 if width is None else width / (layout.width * MM)
    unit = "" if width is None else "mm"
    size = MM if width is not None else 1.0
    wide, high = (number(side * scale * size) + unit for side in (layout.width, layout.height))
    title, description = f"{ids}title", f"{ids}desc"
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" role="img"'
        f' class="cnncalc cnncalc-{theme}" width="{wide}" height="{high}"'
        f' viewBox="0 0 {number(layout.width)} {number(layout.height)}"'
        f' aria-labelledby="{title} {description}">',
        f'<title id="{title}">{quoted(layout.title)}</title>',
        f'<desc id="{description}">{quoted(layout.description)}</desc>',
        "" if embedded else f"<style>{sheet(theme, kinds(layout))}</style>",
        '<rect class="paper" width="100%" height="100%"/>',
        *body(layout, embedded),
        "</svg>",
    ]
    return "\n".join([part for part in parts if part]) + "\n"


def kinds(layout: Layout) -> frozenset[str]:
    """Return the roles and shades that a picture shows."""
    found = {item.role for item in (*layout.items, *layout.keys)}
    found |= {stripe.role for box in layout.boxes for stripe in box.stripes}
    found |= {solid.band_role for solid in layout.solids}
    return frozenset(found)


def body(layout: Layout, embedded: bool = False) -> list[str]:
    """Return the marks of a picture, what lies below first; `embedded` ones name their nodes."""
    largest = max([item.share or 0.0 for item in layout.items], default=0.0)
    parts = [frame(item) for item in layout.frames]
    down = layout.direction == "down"
    if layout.solids:
        # The arrows end within the room of a solid, on its faces.
        for solid_ in layout.solids:
            parts.append(solid(solid_, largest))
        parts += lines(layout.lines, down)
    else:
        parts += lines(layout.lines, down)
        parts += [box(item, largest, embedded) for item in layout.boxes]
    parts += [polygon(item) for item in layout.shades]
    for item in layout.keys:
        outlined = f' class="{item.role} outlined"'
        parts.append(rectangle(item.x, item.y, item.width, item.height, outlined))
    parts += [text(item) for item in layout.texts]
    return parts


def number(value: float) -> str:
    """Return a number with at most two decimals and nothing needless."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def quoted(words: str) -> str:
    """Return words as XML shows them; signs that XML does not allow become `�`."""
    return escape(ILLEGAL.sub("\ufffd", words))


def rectangle(x: float, y: float, width: float, height: float, extra: str = "") -> str:
    """Return a rectangle."""
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f"<rect {place}{extra}/>"


def frame(item: ScopeFrame) -> str:
    """Return a scope's frame, with sheets below it for a folded repeat."""
    inner = rectangle(item.x, item.y, item.width, item.height, ' rx="6"')
    sheets = ""
    if item.copies > 1:
        sheets = rectangle(item.x + 4, item.y + 4, item.width, item.height, ' rx="6"')
    return f'<g class="frame">{sheets}{inner}</g>'


def box(item: Box, largest: float, embedded: bool) -> str:
    """Return a box: its stripes, then its outline; an embedded one names its nodes for a script."""
    nodes = f' data-nodes="{" ".join(map(str, item.nodes))}"' if embedded else ""
    parts = [f'<g class="box"{nodes}>']
    parts.append(f"<title>{quoted(item.about)}</title>")
    if item.copies > 1:
        place = item.x + 4, item.y + 4, item.width, item.height
        parts.append(rectangle(*place, f' rx="3" class="{item.role} edge"'))
    heat = None if item.share is None else f"heat{shade(item.share, largest)}"
    for number_, stripe in enumerate(item.stripes):
        ends = number_ == 0 or number_ == len(item.stripes) - 1
        corner = ' rx="3"' if ends else ""
        node = f' data-node="{stripe.nodes[0]}"' if embedded else ""
        extra = f'{corner} class="{heat or stripe.role}"{node}'
        parts.append(rectangle(item.x, stripe.y, item.width, stripe.height, extra))
    outline = "outline dashed" if item.role == "outside" else "outline"
    place = item.x, item.y, item.width, item.height
    parts.append(rectangle(*place, f' rx="3" class="{outline}"'))
    return "".join(parts) + "</g>"


def solid(item: Solid, largest: float) -> str:
    """Return a cuboid: front, top and right side, and the band of what acts in place."""
    x, y, w, h, d = item.x, item.y, item.width, item.height, item.back
    kind = item.role if item.share is None else f"heat{shade(item.share, largest)}"
    faces = [
        ("front", ((x, y), (x + w, y), (x + w, y + h), (x, y + h))),
        ("top", ((x, y), (x + d, y - d), (x + w + d, y - d), (x + w, y))),
        ("side", ((x + w, y), (x + w + d, y - d), (x + w + d, y + h - d), (x + w, y + h))),
    ]
    parts = ['<g class="solid">']
    parts.append(f"<title>{quoted(item.about)}</title>")
    for name, points in faces:
        if d > 0 or name == "front":
            parts.append(f'<path class="{kind} {name}" d="{closed(points)}"/>')
    if item.band > 0 and item.share is None:
        b = item.band
        band = ((x + w - b, y), (x + w, y), (x + w, y + h), (x + w - b, y + h))
        parts.append(f'<path class="{item.band_role} front" d="{closed(band)}"/>')
        if d > 0:
            lid = ((x + w - b, y), (x + w - b + d, y - d), (x + w + d, y - d), (x + w, y))
            parts.append(f'<path class="{item.band_role} top" d="{closed(lid)}"/>')
    return "".join(parts) + "</g>"


def closed(points: tuple[Point, ...]) -> str:
    """Return a closed polygon's path."""
    return "M" + "L".join([f"{number(x)} {number(y)}" for x, y in points]) + "z"


def polygon(item: Shade) -> str:
    """Return a flat polygon or a thin line over the picture."""
    path = closed(item.points)
    return f'<path class="{item.kind}" d="{path if item.closed else path[:-1]}"/>'


def lines(items: tuple[EdgeLine, ...], down: bool) -> list[str]:
    """Return the edges; a piece that edges from one box share is drawn once."""
    parts = []
    known: set[tuple[int, Point, Point]] = set()
    for item in items:
        pieces = [(item.source, *ends) for ends in zip(item.points, item.points[1:], strict=False)]
        parts.append(line(item, [p for p in pieces if p not in known], down))
        known.update(pieces)
    return parts


def line(item: EdgeLine, pieces: list[tuple[int, Point, Point]], down: bool) -> str:
    """Return an edge: straight pieces, and an S where two points share neither x nor y."""
    path = []
    at: Point | None = None
    for _, (x0, y0), (x, y) in pieces:
        if (x0, y0) != at:
            path.append(f"M{number(x0)} {number(y0)}")
        if x == x0 or y == y0:
            path.append(f"L{number(x)} {number(y)}")
        elif down:
            middle = number((y0 + y) / 2)
            path.append(f"C{number(x0)} {middle} {number(x)} {middle} {number(x)} {number(y)}")
        else:
            middle = number((x0 + x) / 2)
            path.append(f"C{middle} {number(y0)} {middle} {number(y)} {number(x)} {number(y)}")
        at = x, y
    x, y = item.points[-1]
    tip = f"M{number(x)} {number(y)}" + ("l-3.2 -6h6.4z" if down else "l-6 -3.2v6.4z")
    kind = "edge aux" if item.aux else "edge"
    return f'<path class="{kind}" d="{"".join(path)}"/><path class="tip" d="{tip}"/>'


def text(item: PictureText) -> str:
    """Return words at their place."""
    anchor = "" if item.anchor == "start" else f' text-anchor="{item.anchor}"'
    place = f'x="{number(item.x)}" y="{number(item.y)}"'
    return f'<text class="{item.kind}" {place}{anchor}>{quoted(item.text)}</text>'
