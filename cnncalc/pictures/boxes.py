"""The graph style: layers as boxes, blocks as labelled frames, edges around them."""

from __future__ import annotations

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
from cnncalc.pictures.values import Box, Layout, PictureText, ScopeFrame, Stripe, Wish
from cnncalc.pictures.words import (
    about,
    figure_range,
    layer_words,
    per_copy,
    shape_range,
    shortened,
    text_width,
)
from cnncalc.quantities import exact_sum
from cnncalc.record import Record
from cnncalc.report.words import integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.pictures.pieces import BoxSequence, Piece, Structure

LAYER, NAME = 12.0, 10.0
ROW, LOW_ROW = 15.0, 13.0
LONGEST = 34
FRAME_TITLE = 18.0


class Sketch(Record):
    """A box before it has a place: its lines of text, each with its stripe, and its size."""

    lines: tuple[tuple[str, str, float, int], ...]  # text, kind, size, stripe
    stripes: tuple[tuple[tuple[int, ...], str, float], ...]  # nodes, role, height
    width: float
    height: float
    shape: str
    shape_width: float


def graph_layout(drawn: Structure, wish: Wish) -> Layout:
    """Return the picture of a structure as boxes and edges."""
    sketches = [sketch(drawn, piece, wish) for piece in drawn.pieces]
    waiting = iter(sketches)
    down = wish.direction == "down"
    placed = place(
        drawn, lambda _piece: cell(next(waiting), down), lambda scope: border(scope, down)
    )
    # What is across and along the flow becomes x and y.
    left = MARGIN - (placed.low if down else 0.0)
    top = HEAD + MARGIN - (0.0 if down else placed.low)

    def point(across: float, along: float) -> tuple[float, float]:
        x, y = (across, along) if down else (along, across)
        return round(x + left, 2), round(y + top, 2)

    heat = shares(drawn, wish.colour)
    boxes, texts = [], []
    for at, (piece, made, (start, _)) in enumerate(
        zip(drawn.pieces, sketches, placed.cells, strict=True)
    ):
        x, y = point(*start)
        x, y = (x - made.width / 2, y) if down else (x, y - made.height / 2)
        box, words = drawn_box(drawn, piece, made, (round(x, 2), round(y, 2)), heat[at])
        boxes.append(box)
        texts += words
        if made.shape:
            texts.append(beside(made, box, down))
    frames = []
    for scope, (before, begin, after, end) in placed.frames:
        (x, y), (right, bottom) = point(before, begin), point(after, end)
        frames.append(ScopeFrame(x, y, round(right - x, 2), round(bottom - y, 2), scope.copies))
        texts.append(frame_title(frames[-1], title_of(scope)))
    across, along = placed.high - placed.low, placed.end
    width, height = (across, along) if down else (along, across)
    inner = Layout(
        width + 2 * MARGIN, height + HEAD + 2 * MARGIN, wish.direction, boxes=tuple(boxes),
        frames=tuple(frames), lines=edges(drawn, placed, point), texts=tuple(texts),
    )  # fmt: skip
    return with_heading(drawn, wish, inner)


def sketch(drawn: Structure, piece: Piece, wish: Wish) -> Sketch:
    """Return what a box holds, and how large it must be."""
    labels = wish.shown
    lines: list[tuple[str, str, float, int]] = []
    stripes: list[tuple[tuple[int, ...], str, float]] = []
    main = main_lines(drawn, piece, labels)
    for text, kind, size in main:
        lines.append((text, kind, size, 0))
    height = sum([ROW if kind == "layer" else LOW_ROW for _, kind, _ in main]) + 7
    is_block = piece.role == "block"
    first = tuple(piece.nodes) if is_block else (piece.nodes[0],)
    stripes.append((first, piece.role, height))
    for node in () if is_block else piece.nodes[1:]:
        stripes.append(((node,), drawn.analysis.graph.nodes[node].layer.role, LOW_ROW + 2))
        lines.append(
            (shortened(layer_words(drawn, node), LONGEST), "part", SMALL, len(stripes) - 1)
        )
    wide = max([text_width(text, size, kind == "layer") for text, kind, size, _ in lines])
    shape = shape_range(drawn.output_range(piece), wish.layout) if "shape" in labels else ""
    return Sketch(
        tuple(lines),
        tuple(stripes),
        round(max(64.0, wide + 18), 1),
        sum([high for _, _, high in stripes]),
        shape,
        text_width(shape, SMALL),
    )


def main_lines(
    drawn: Structure, piece: Piece, labels: tuple[str, ...]
) -> list[tuple[str, str, float]]:
    """Return the lines of a box's first stripe: what it is, its name, its figures."""
    is_block = piece.role == "block"
    result = []
    copies = f" ×{piece.copies}" if piece.copies > 1 else ""
    what = piece.block if is_block else layer_words(drawn, piece.nodes[0])
    if "layer" in labels or "name" not in labels:
        result.append((shortened(what, LONGEST) + copies, "layer", LAYER))
        copies = ""
    if "name" in labels and (piece.label != what or not result):
        result.append((shortened(piece.label, LONGEST) + copies, "name", NAME))
    figures = []
    for key, unit in (("params", "params"), ("macs", "MACs")):
        values = per_copy(drawn, piece, key) if key in labels else []
        if any(value != 0 for value in values):
            figures.append(f"{figure_range(values)} {unit}")
    if "memory" in labels:
        figures.append(f"{integer(exact_sum(per_copy(drawn, piece, 'memory')) or 0, True)}B")
    if figures:
        result.append((" · ".join(figures), "figure", SMALL))
    return result


def cell(made: Sketch, down: bool) -> Cell:
    """Return the room that a box and the shape at its exit need."""
    if down:
        half = made.width / 2
        after = max(half, made.shape_width + 8)
        strip = 16.0 if made.shape else 0.0
        return Cell(half, after, made.height + strip, made.height, (10 - half, half - 10))
    half = made.height / 2
    strip = made.shape_width + 12 if made.shape else 0.0
    return Cell(max(half, 14.0), half, made.width + strip, made.width, (6 - half, half - 6))


def border(scope: BoxSequence, down: bool) -> Border:
    """Return what a scope's frame needs around what it holds."""
    if not scope.is_framed:
        return Border()
    width = text_width(title_of(scope), SMALL, True)
    if down:
        return Border(FRAME_TITLE, 6.0, 12.0, 12.0, width + 16)
    return Border(14.0, 14.0, FRAME_TITLE + 6, 10.0)


def title_of(scope: BoxSequence) -> str:
    """Return what stands at the head of a frame."""
    label = shortened(scope.label, LONGEST)
    return f"{label}  ×{scope.copies}" if scope.copies > 1 else label


def drawn_box(
    drawn: Structure, piece: Piece, made: Sketch, at: tuple[float, float], heat: float | None
) -> tuple[Box, list[PictureText]]:
    """Return a box at its place, and the texts within."""
    x, y = at
    middle = round(x + made.width / 2, 2)
    stripes, tops = [], []
    top = y
    for nodes, role, high in made.stripes:
        tops.append(top)
        stripes.append(Stripe(nodes, role, round(top, 2), high))
        top += high
    texts = []
    line_top = list(tops)
    for text, kind, size, number in made.lines:
        row = ROW if kind == "layer" else LOW_ROW
        first = line_top[number] == tops[number]
        base = line_top[number] + (3.0 if first and number == 0 else 0.5 if first else 0.0)
        line_top[number] = base + row
        width = text_width(text, size, kind == "layer")
        texts.append(
            PictureText(
                middle, round(base + 0.5 * row + 0.36 * size, 2), text, kind, size, width, "middle"
            )
        )
    return (
        Box(
            x, y, made.width, made.height, tuple(piece.members), piece.role, tuple(stripes),
            about(drawn, piece), piece.copies, heat,
        ),
        texts,
    )  # fmt: skip


def beside(made: Sketch, box: Box, down: bool) -> PictureText:
    """Return the shape of what leaves a box, beside the edge that takes it on."""
    if down:
        x, y = box.x + box.width / 2 + 5, box.y + box.height + 11.5
    else:
        x, y = box.x + box.width + 5, box.y + box.height / 2 - 4
    return PictureText(round(x, 2), round(y, 2), made.shape, "shape", SMALL, made.shape_width)
