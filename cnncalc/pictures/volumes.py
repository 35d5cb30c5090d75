"""The volumes style: maps as cuboids, as lectures draw AlexNet and VGG, branches side by side.

A cuboid's height and depth follow the rows and columns of the map, its width the channels, all
by their square roots: so that 224 and 7 rows, 3 and 2,048 channels fit one picture. A vector is a
bar, its height by the square root of its length.
"""

from __future__ import annotations

from cnncalc.layers.window import Windowed
from cnncalc.pictures.captions import (
    HEAD,
    MARGIN,
    SMALL,
    edges,
    frame_title,
    shares,
    with_heading,
)
from cnncalc.pictures.compound import Border, Cell
from cnncalc.pictures.nested import place
from cnncalc.pictures.values import Layout, PictureText, ScopeFrame, Shade, Solid, Wish
from cnncalc.pictures.words import (
    about,
    figure_range,
    layer_words,
    per_copy,
    shape_range,
    shortened,
    text_width,
)
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.pictures.pieces import BoxSequence, Piece, Structure
    from cnncalc.pictures.values import Point
    from cnncalc.quantities import Shape

#: Px of the largest height, of its way back, of the greatest width, and of the least ones.
HIGHEST, SLOPE, WIDEST = 150.0, 0.3, 56.0
LEAST_HIGH, LEAST_WIDE, BAR, THIN = 7.0, 3.0, 7.0, 5.0
#: The part of a cuboid's width that shows what acts in place on it.
BAND = 0.3
LINE = 12.0
STRIP = 16.0
TITLE = 18.0
SCALE = "height and depth ∝ √rows and √columns, width ∝ √channels"


class LargestShapes(Record):
    """The largest rows or columns, channels and vector of a picture: what the rest is scaled by."""

    side: int
    channels: int
    vector: int


class CuboidDraft(Record):
    """A cuboid before it has a place: its size, its lines of text, and the room to its left."""

    width: float
    height: float
    back: float
    lines: tuple[tuple[str, str, float], ...]  # text, kind, width
    before: float

    @property
    def along(self) -> float:
        """The length along the flow: the cuboid, or the texts below it."""
        wide = max([width for _, _, width in self.lines], default=0.0)
        return self.before + max(self.width + self.back, (self.width + wide) / 2 + 2)


def volumes_layout(drawn: Structure, wish: Wish) -> Layout:
    """Return the picture of a structure as cuboids."""
    largest = largest_of(drawn)
    read = {target: source for source, target in reversed(drawn.edges)}
    models = [model(drawn, at, largest, wish, read.get(at)) for at in range(len(drawn.pieces))]
    waiting = iter(models)
    placed = place(drawn, lambda _piece: cell(next(waiting)), border)
    left, top = MARGIN, HEAD + MARGIN - placed.low

    def point(across: float, along: float) -> Point:
        return round(along + left, 2), round(across + top, 2)

    heat = shares(drawn, wish.colour)
    solids = tuple(
        [
            solid(drawn, piece, made, (along + left, across + top), share)
            for piece, made, ((across, along), _), share in zip(
                drawn.pieces, models, placed.cells, heat, strict=True
            )
        ]
    )
    texts = [text for one, made in zip(solids, models, strict=True) for text in below(one, made)]
    frames = []
    for scope, (before, start, after, end) in placed.frames:
        if scope.copies > 1:
            x, y = round(start + left, 2), round(before + top, 2)
            wide, high = round(end - start, 2), round(after - before, 2)
            frames.append(ScopeFrame(x, y, wide, high, scope.copies))
            texts.append(frame_title(frames[-1], f"×{scope.copies}"))
    inner = Layout(
        placed.end + 2 * MARGIN, placed.high - placed.low + HEAD + 2 * MARGIN, "right",
        solids=solids, frames=tuple(frames), lines=edges(drawn, placed, point), texts=tuple(texts),
        shades=kernels(drawn, solids) if wish.windows else (),
    )  # fmt: skip
    return with_heading(drawn, wish, inner, SCALE)


def largest_of(drawn: Structure) -> LargestShapes:
    """Return the largest sizes in a picture."""
    shapes = [drawn.output_range(piece)[1] for piece in drawn.pieces]
    maps = [shape for shape in shapes if len(shape) > 1]
    return LargestShapes(
        max([side for shape in maps for side in shape[1:]], default=1),
        max([shape[0] for shape in maps], default=1),
        max([shape[0] for shape in shapes if len(shape) == 1], default=1),
    )


def size(shape: Shape, largest: LargestShapes, role: str) -> tuple[float, float, float]:
    """Return the width, height and way back of a cuboid; pools are thin."""
    if len(shape) == 1:
        return BAR, max(LEAST_HIGH, HIGHEST * (shape[0] / largest.vector) ** 0.5), 0.0
    rows, columns = (1, shape[1]) if len(shape) == 2 else shape[-2:]
    width = max(LEAST_WIDE, WIDEST * (shape[0] / largest.channels) ** 0.5)
    if role == "pool":
        width = min(width, THIN)
    high = max(LEAST_HIGH, HIGHEST * (rows / largest.side) ** 0.5)
    back = SLOPE * max(LEAST_HIGH, HIGHEST * (columns / largest.side) ** 0.5)
    # The way back never exceeds the height, so that an edge on the axis meets the front face.
    return round(width, 2), round(high, 2), round(min(back, high), 2)


def model(
    drawn: Structure, at: int, largest: LargestShapes, wish: Wish, before: int | None
) -> CuboidDraft:
    """Return a box's cuboid and the texts below it: channels, and the size where it changes."""
    piece = drawn.pieces[at]
    ends = drawn.output_range(piece)
    width, height, back = size(ends[1], largest, piece.role)
    lines: list[tuple[str, str]] = []
    if "shape" in wish.shown:
        channels = shape_range((ends[0][:1], ends[1][:1]))
        lines.append((channels, "layer"))
        earlier = None if before is None else drawn.output_range(drawn.pieces[before])[1][1:]
        if ends[1][1:] and ends[1][1:] != earlier:
            lines.append((shape_range((ends[0][1:], ends[1][1:])), "shape"))
    if "layer" in wish.shown:
        what = piece.block if piece.role == "block" else layer_words(drawn, piece.nodes[0])
        lines.append((shortened(what, 24), "figure"))
    if "name" in wish.shown:
        lines.append((shortened(piece.label, 24), "name"))
    for key, unit in (("params", "params"), ("macs", "MACs")):
        values = per_copy(drawn, piece, key) if key in wish.shown else []
        if any(value != 0 for value in values):
            lines.append((f"{figure_range(values)} {unit}", "figure"))
    if piece.copies > 1:
        lines.append((f"×{piece.copies}", "scope"))
    measured = tuple(
        [
            (
                text,
                "channels" if kind == "layer" else kind,
                text_width(text, SMALL, kind == "layer"),
            )
            for text, kind in lines
        ]
    )
    wide = max([each for _, _, each in measured], default=0.0)
    return CuboidDraft(width, height, back, measured, round(max(0.0, (wide - width) / 2), 2))


def cell(made: CuboidDraft) -> Cell:
    """Return the room that a cuboid and its texts need; its axis is the middle of what is seen."""
    high = (made.height + made.back) / 2
    after = (made.height + made.back) / 2 + len(made.lines) * LINE + 3
    low, end = 2 - (made.height - made.back) / 2, (made.height - made.back) / 2 - 2
    ports = (min(low, 0.0), max(end, 0.0))
    leaves = made.before + made.width + made.back / 2
    return Cell(high, after, made.along, leaves, ports, made.before)


def border(scope: BoxSequence) -> Border:
    """Return what a scope needs: a frame only around a folded repeat."""
    if scope.is_framed and scope.copies > 1:
        return Border(12.0, 12.0, TITLE + 4, 8.0, strip=STRIP, lanes_before=True)
    return Border(strip=STRIP, lanes_before=True)


def solid(
    drawn: Structure, piece: Piece, made: CuboidDraft, at: Point, share: float | None
) -> Solid:
    """Return a cuboid whose cell begins at a point of its axis."""
    x, axis = at
    nodes = drawn.analysis.graph.nodes
    acting = [] if piece.role == "block" else piece.nodes[1:]
    return Solid(
        round(x + made.before, 2),
        round(axis - (made.height - made.back) / 2, 2),
        made.width,
        made.height,
        made.back,
        tuple(piece.members),
        piece.role,
        about(drawn, piece),
        round(made.width * BAND, 2) if acting else 0.0,
        nodes[acting[-1]].layer.role if acting else "",
        share,
    )


def below(one: Solid, made: CuboidDraft) -> list[PictureText]:
    """Return the texts below a cuboid, in the middle of its front face."""
    middle = round(one.x + one.width / 2, 2)
    base = one.y + one.height + 1
    return [
        PictureText(
            middle, round(base + LINE * (row + 0.85), 2), text, kind, SMALL, width, "middle"
        )
        for row, (text, kind, width) in enumerate(made.lines)
    ]


def kernels(drawn: Structure, solids: tuple[Solid, ...]) -> tuple[Shade, ...]:
    """Return, for each layer with a window, the window on the map that it reads, and its unit."""
    analysis = drawn.analysis
    shades: list[Shade] = []
    for source, target in drawn.edges:
        node = analysis.graph.nodes[drawn.pieces[target].nodes[0]]
        shape = drawn.output_range(drawn.pieces[source])[1]
        if not isinstance(node.layer, Windowed) or drawn.pieces[target].role == "block":
            continue
        kernel = node.layer.kernel_size
        axes = kernel if isinstance(kernel, tuple) else (kernel,) * (len(shape) - 1)
        read, unit = solids[source], solids[target]
        if len(shape) < 3 or read.back <= 0:
            continue
        shades += window(read, unit, axes[-2] / shape[-2], axes[-1] / shape[-1])
    return tuple(shades)


def window(read: Solid, unit: Solid, rows: float, columns: float) -> list[Shade]:
    """Return a window as parts of the map's side, and lines from its corners to a unit."""
    high = min(read.height, max(4.0, rows * read.height))
    deep = min(read.back, max(3.0, columns * read.back))
    x = read.x + read.width + (read.back - deep) * 0.5
    y = read.y - (read.back - deep) * 0.5 + (read.height - high) * 0.7
    corners = ((x, y), (x + deep, y - deep), (x + deep, y - deep + high), (x, y + high))
    placed = tuple([(round(a, 2), round(b, 2)) for a, b in corners])
    point = unit.x, round(unit.y + unit.height * 0.75, 2)
    lines = [Shade((corner, point), "window", False) for corner in placed]
    return [Shade(placed, "patch"), *lines]
