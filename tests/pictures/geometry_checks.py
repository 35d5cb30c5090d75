"""What must hold of every picture, found from its numbers alone."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from cnncalc.pictures.values import Box, EdgeLine, Layout, PictureText, Solid

Extent = tuple[float, float, float, float]
#: Px by which things may touch without meeting.
AIR = 0.05


def extent_of(item: Box | Solid | PictureText) -> Extent:
    """Return left, top, right and bottom of all that is drawn of a thing."""
    if isinstance(item, PictureText):
        left = item.x - {"start": 0.0, "middle": item.width / 2, "end": item.width}[item.anchor]
        return left, item.y - 0.8 * item.size, left + item.width, item.y + 0.25 * item.size
    back = item.back if isinstance(item, Solid) else 0.0
    return item.x, item.y - back, item.x + item.width + back, item.y + item.height


def meets(one: Extent, other: Extent, air: float = AIR) -> bool:
    """Return whether two rectangles have more than an edge in common."""
    return (
        one[0] < other[2] - air
        and other[0] < one[2] - air
        and one[1] < other[3] - air
        and other[1] < one[3] - air
    )


def within(inner: Extent, outer: Extent) -> bool:
    return (
        outer[0] - AIR <= inner[0]
        and outer[1] - AIR <= inner[1]
        and inner[2] <= outer[2] + AIR
        and inner[3] <= outer[3] + AIR
    )


def meeting(ones: list[tuple[Any, Extent]], others: list[tuple[Any, Extent]]) -> list[Any]:
    """Return the pairs that meet, by a sweep from top to bottom."""
    events = sorted(
        [(e[1], e[3], 0, name, e) for name, e in ones]
        + [(e[1], e[3], 1, name, e) for name, e in others],
        key=lambda event: event[:3],
    )
    alive: list[list[tuple[float, Any, Extent]]] = [[], []]
    found = []
    for top, bottom, side, name, extent in events:
        alive[1 - side] = [item for item in alive[1 - side] if item[0] > top]
        for _, other, theirs in alive[1 - side]:
            if meets(extent, theirs):
                found.append((name, other) if side == 0 else (other, name))
        alive[side].append((bottom, name, extent))
    return found


def pieces(line: EdgeLine) -> list[Extent]:
    """Return the rectangles that the pieces of an edge stay within, as thin as they can be."""
    return [
        (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
        for a, b in pairwise(line.points)
    ]


def check(layout: Layout) -> None:
    """Assert that nothing in a picture overlaps what it should not, and all is on the paper."""
    boxes = [(i, extent_of(item)) for i, item in enumerate(layout.items)]
    texts = [((i, t.text), extent_of(t)) for i, t in enumerate(layout.texts)]
    frames = [(i, (f.x, f.y, f.x + f.width, f.y + f.height)) for i, f in enumerate(layout.frames)]
    paper = 0.0, 0.0, layout.width, layout.height
    assert [name for name, extent in [*boxes, *texts, *frames] if not within(extent, paper)] == []
    assert [pair for pair in meeting(boxes, boxes) if pair[0] < pair[1]] == []
    assert [pair for pair in meeting(texts, texts) if pair[0] < pair[1]] == []
    extents = dict(boxes)
    crossing = [
        (box, text)
        for box, text in meeting(boxes, texts)
        if layout.solids or not within(extent_of(layout.texts[text[0]]), extents[box])
    ]
    assert crossing == []
    around = dict(frames)
    assert [
        (one, other)
        for one, other in meeting(frames, frames)
        if one < other
        and not within(around[one], around[other])
        and not within(around[other], around[one])
    ] == []
    assert [
        pair for pair in meeting(frames, boxes) if not within(extents[pair[1]], around[pair[0]])
    ] == []
    check_lines(layout, boxes, texts)


def check_lines(
    layout: Layout, boxes: list[tuple[Any, Extent]], texts: list[tuple[Any, Extent]]
) -> None:
    """Assert that edges join their boxes, and pass every other box and every text."""
    for line in layout.lines:
        for end, point in ((line.source, line.points[0]), (line.target, line.points[-1])):
            x, y = point
            left, top, right, bottom = extent_of(layout.items[end])
            assert left - AIR <= x <= right + AIR, line
            assert top - AIR <= y <= bottom + AIR, line
    parts = [
        ((number, line), extent)
        for number, line in enumerate(layout.lines)
        for extent in pieces(line)
    ]
    through = [
        (line, box)
        for (_, line), box in meeting(parts, boxes)
        if not (layout.solids and box in (line.source, line.target))
    ]
    assert through == []
    assert meeting(parts, texts) == []
