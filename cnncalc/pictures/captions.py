"""What every picture carries: its title, its edges, what its colours mean, shares as shades."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.pictures.values import EdgeLine, Key, Layout, PictureText, ScopeFrame, Wish
from cnncalc.pictures.words import per_copy, shape_words, shortened, text_width
from cnncalc.quantities import exact_sum
from cnncalc.report.words import integer, least

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cnncalc.pictures.nested import Placed
    from cnncalc.pictures.pieces import Structure
    from cnncalc.pictures.values import Point

MARGIN, HEAD, FOOT = 16.0, 46.0, 30.0
TITLE, SMALL = 16.0, 10.0
ROLE_NAMES = {
    "weighted": "weights", "pool": "pooling", "activation": "activation",
    "norm": "normalisation", "merge": "merge", "rearrange": "rearrangement",
    "sampling": "sampling", "regularisation": "regularisation", "block": "block",
    "custom": "of the spec's own",
}  # fmt: skip
FIGURE_NAMES = {"macs": "MACs", "params": "parameters", "memory": "activation memory"}
SHADES = 10


def shares(drawn: Structure, colour: str) -> list[float | None]:
    """Return each box's part of a figure; None if boxes are coloured by their role.

    So are those for which it is not known.
    """
    if colour == "role":
        return [None] * len(drawn.pieces)
    sums = [exact_sum(per_copy(drawn, piece, colour)) for piece in drawn.pieces]
    total = sum([own for own in sums if own is not None]) or 1
    return [None if own is None else own / total for own in sums]


def with_heading(drawn: Structure, wish: Wish, inner: Layout, scale: str = "") -> Layout:
    """Return a layout with its title above, and what its colours and sizes mean below."""
    head = heading_texts(drawn)
    height, notes = inner.height, []
    if scale:
        y = round(height + 8, 2)
        notes.append(PictureText(MARGIN, y, scale, "key", SMALL, text_width(scale, SMALL)))
        height += 18
    width = max(inner.width, *[text.x + text.width + MARGIN for text in [*head, *notes]])
    roles = [stripe.role for box in inner.boxes for stripe in box.stripes]
    roles += [role for one in inner.solids for role in (one.role, one.band_role)]
    shaded = [item.share for item in inner.items]
    keys, key_texts, bottom = legend(roles, shaded, wish.colour, height, width)
    what = f"{len(shaded)} {'cuboids' if inner.solids else 'boxes'} and {len(inner.lines)} edges"
    said = [f"{what} stand for {len(drawn.analysis.facts)} layers", head[1].text]
    return inner.replace(
        width=round(width, 2),
        height=round(bottom, 2),
        title=head[0].text,
        description="; ".join([*said, *[note.text for note in notes]]) + ".",
        texts=(*head, *inner.texts, *notes, *key_texts),
        keys=tuple(keys),
    )


def edges(
    drawn: Structure, placed: Placed, point: Callable[[float, float], Point]
) -> tuple[EdgeLine, ...]:
    """Return the edges between boxes; `point` says where a place lies in the picture."""
    nodes = drawn.analysis.graph.nodes
    return tuple(
        [
            EdgeLine(a, b, tuple([point(*at) for at in way]), nodes[drawn.pieces[b].nodes[0]].aux)
            for (a, b), way in placed.edges.items()
        ]
    )


def frame_title(frame: ScopeFrame, title: str) -> PictureText:
    """Return the words in the upper left corner of a frame."""
    width = text_width(title, SMALL, True)
    return PictureText(frame.x + 7, frame.y + 13, title, "scope", SMALL, width)


def heading(drawn: Structure) -> tuple[str, str]:
    """Return the title of a picture, and the line below it."""
    analysis = drawn.analysis
    graph = analysis.graph
    if drawn.scope is None:
        totals = analysis.totals(aux=False)
        read = list(graph.inputs)
    else:
        totals = analysis.sums(graph.within(drawn.scope))
        read = [piece.nodes[0] for piece in drawn.pieces if piece.role == "outside"]
    inputs = " + ".join([shape_words(analysis.facts[i].output) for i in read])
    title = graph.name
    if graph.variant and graph.variant != graph.name:
        title += f" ({graph.variant})"
    if drawn.scope is not None:
        title += f": {drawn.scope}"
    params, macs = [
        least(integer(count, True), name in totals.at_least)
        for name, count in (("params", totals.params), ("macs", totals.macs))
    ]
    return title, f"input {inputs} · {params} params · {macs} MACs"


def heading_texts(drawn: Structure) -> list[PictureText]:
    """Return the title and the line below it as texts at the top left."""
    title, below = heading(drawn)
    shown = shortened(title, 60)
    return [
        PictureText(MARGIN, 26.0, shown, "title", TITLE, text_width(shown, TITLE, True)),
        PictureText(MARGIN, 44.0, below, "note", 11.0, text_width(below, 11.0)),
    ]


def legend(
    roles: Iterable[str], shares: list[float | None], colour: str, top: float, width: float
) -> tuple[list[Key], list[PictureText], float]:
    """Return the legend's samples and texts within a width, and where the picture ends below it."""
    if colour != "role":
        return shade_legend(shares, colour, top)
    used = set(roles)
    keys, texts, x = [], [], MARGIN
    for role, name in ROLE_NAMES.items():
        if role not in used:
            continue
        room = text_width(name, SMALL)
        if x > MARGIN and x + 17 + room > width:
            x, top = MARGIN, top + 18
        keys.append(Key(x, top, 12.0, 12.0, role))
        texts.append(PictureText(x + 17, top + 9.5, name, "key", SMALL, room))
        x = round(x + 17 + room + 14, 2)
    return keys, texts, top + FOOT


def shade_legend(
    shares: list[float | None], colour: str, top: float
) -> tuple[list[Key], list[PictureText], float]:
    """Return the legend of a picture that is shaded by shares of a figure, and where it ends."""
    ahead = f"share of {FIGURE_NAMES[colour]}: none"
    largest = max([share or 0.0 for share in shares], default=0.0)
    share = f"{100 * largest:.1f} %"
    first = text_width(ahead, SMALL)
    x = round(MARGIN + first + 8, 2)
    keys = [Key(x + 12 * i, top, 12.0, 12.0, f"heat{i}") for i in range(SHADES)]
    end = x + 12 * SHADES + 8
    texts = [
        PictureText(MARGIN, top + 9.5, ahead, "key", SMALL, first),
        PictureText(end, top + 9.5, share, "key", SMALL, text_width(share, SMALL)),
    ]
    return keys, texts, top + FOOT


def shade(share: float, largest: float) -> int:
    """Return the shade of a share, 0 to 9, by its square root: small shares differ too."""
    return min(SHADES - 1, int(SHADES * (share / largest) ** 0.5)) if largest > 0 else 0
