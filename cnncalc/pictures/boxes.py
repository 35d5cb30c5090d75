"""The graph style: layers as boxes, blocks as labelled frames, edges around them."""

from __future__ import annotations

from cnncalc.pictures.captions import HEAD, MARGIN, SMALL, heading_texts, legend, shares
from cnncalc.pictures.compound import Border, Cell
from cnncalc.pictures.metrics import shortened, text_width
from cnncalc.pictures.nested import place
from cnncalc.pictures.values import Box, EdgeLine, Layout, PictureText, ScopeFrame, Stripe
from cnncalc.pictures.words import about, figure_range, layer_words, per_copy, shape_range
from cnncalc.quantities import exact_sum
from cnncalc.record import Record
from cnncalc.report.words import integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.pictures.pieces import BoxSequence, Piece, Structure

#: What may be written into and beside a box.
LABELS = ("layer", "name", "shape", "params", "macs", "memory")
USUAL_LABELS = ("layer", "name", "shape", "params", "macs")
LAYER, NAME = 12.0, 10.0
ROW, LOW_ROW = 15.0, 13.0
LONGEST = 34
FRAME_TITLE = 18.0


class Style(Record):
    """How the graph is drawn: `direction` of the flow (`down`, `right`), labels, and the heat.

    `colour` is `role`, or the figure whose share shades a box: `params`, `macs` or `memory`.
    """

    direction: str = "down"
    labels: tuple[str, ...] = USUAL_LABELS
    colour: str = "role"
    layout: str = "chw"


class Sketch(Record):
    """A box before it has a place: its lines of text, each with its stripe, and its size."""

    lines: tuple[tuple[str, str, float, int], ...]  # text, kind, size, stripe
    stripes: tuple[tuple[tuple[int, ...], str, float], ...]  # nodes, role, height
    width: float
    height: float
    shape: str
    shape_width: float


def graph_layout(drawn: Structure, style: Style) -> Layout:
    """Return the picture of a structure as boxes and edges."""
    sketches = [sketch(drawn, piece, style) for piece in drawn.pieces]
    waiting = iter(sketches)
    down = style.direction == "down"
    placed = place(
        drawn, lambda _piece: cell(next(waiting), down), lambda scope: border(scope, down)
    )
    # What is across and along the flow becomes x and y.
    left = MARGIN - (placed.low if down else 0.0)
    top = HEAD + MARGIN - (0.0 if down else placed.low)

    def point(across: float, along: float) -> tuple[float, float]:
        x, y = (across, along) if down else (along, across)
        return round(x + left, 2), round(y + top, 2)

    heat = shares(drawn, style.colour)
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
        frame, title = drawn_frame(scope, point(before, begin), point(after, end))
        frames.append(frame)
        texts.append(title)
    nodes = drawn.analysis.graph.nodes
    lines = [
        EdgeLine(a, b, tuple([point(*p) for p in way]), nodes[drawn.pieces[b].nodes[0]].aux)
        for (a, b), way in placed.edges.items()
    ]
    across, along = placed.high - placed.low, placed.end
    width, height = (across, along) if down else (along, across)
    return with_heading(
        drawn, style, boxes, frames, tuple(lines), texts,
        (width + 2 * MARGIN, height + HEAD + 2 * MARGIN),
    )  # fmt: skip


def drawn_frame(
    scope: BoxSequence, low: tuple[float, float], high: tuple[float, float]
) -> tuple[ScopeFrame, PictureText]:
    """Return the frame of a scope between two corners, and its title."""
    (x, y), (right, bottom) = low, high
    frame = ScopeFrame(x, y, round(right - x, 2), round(bottom - y, 2), scope.path, scope.copies)
    title = frame_title(scope)
    width = text_width(title, SMALL, True)
    return frame, PictureText(x + 7, y + 13, title, "scope", SMALL, width)


def sketch(drawn: Structure, piece: Piece, style: Style) -> Sketch:
    """Return what a box holds, and how large it must be."""
    labels = style.labels
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
    shape = shape_range(drawn.output_range(piece), style.layout) if "shape" in labels else ""
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
    width = text_width(frame_title(scope), SMALL, True)
    if down:
        return Border(FRAME_TITLE, 6.0, 12.0, 12.0, width + 16)
    return Border(14.0, 14.0, FRAME_TITLE + 6, 10.0)


def frame_title(scope: BoxSequence) -> str:
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
            about(drawn, piece), piece.copies, heat, piece.role == "block",
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


def with_heading(
    drawn: Structure,
    style: Style,
    boxes: list[Box],
    frames: list[ScopeFrame],
    lines: tuple[EdgeLine, ...],
    texts: list[PictureText],
    size: tuple[float, float],
) -> Layout:
    """Return the layout with its title above, and room for what the colours mean below."""
    head = heading_texts(drawn)
    width, height = size
    roles = [stripe.role for box in boxes for stripe in box.stripes]
    width = max(width, *[text.x + text.width + MARGIN for text in head])
    shaded = [box.share for box in boxes]
    keys, key_texts, bottom = legend(roles, shaded, style.colour, height, width)
    described = (
        f"{len(boxes)} boxes and {len(lines)} edges stand for {len(drawn.analysis.facts)} layers;"
        f" {head[1].text}."
    )
    return Layout(
        round(width, 2), round(bottom, 2), head[0].text, described, style.direction,
        boxes=tuple(boxes), frames=tuple(frames), lines=lines,
        texts=(*head, *texts, *key_texts), keys=tuple(keys),
    )  # fmt: skip
