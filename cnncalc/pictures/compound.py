"""What the layered layout places: cells, and compounds with a border around them."""

from __future__ import annotations

from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    Point = tuple[float, float]  # across the flow, along it

#: Least distances: between neighbours in a layer, between layers, between lanes, between ports.
BESIDE, STRIP, LANE, PORT = 18.0, 22.0, 12.0, 11.0
#: In the edges of a compound: its own border, as where an edge comes from or goes to.
BORDER = -1


class Cell:
    """A box to be placed: what it needs before and after the axis, and its length along the flow.

    Edges arrive at `entry` along the flow and leave on the axis, at `exit`; beyond it is room for
    what is written beside them. `ports_low` and `ports_high` bound where edges may enter.
    """

    __slots__ = ("after", "along", "before", "enter", "entry", "exit", "ports_high", "ports_low")

    def __init__(
        self,
        before: float,
        after: float,
        along: float,
        exit: float,
        ports: tuple[float, float],
        entry: float = 0.0,
    ) -> None:
        self.before = before
        self.after = after
        self.along = along
        self.exit = exit
        self.entry = entry
        self.ports_low, self.ports_high = ports
        self.enter: dict[int, float] = {}


class Border(Record):
    """What a compound needs around and between its children.

    `start`, `end` (of the flow), `before` and `after` (across it) are the widths of the border;
    `least` is the least distance from the axis to the border before it, for a title; `strip` the
    least distance between layers. With `lanes_before`, long edges run before what they pass;
    otherwise on the nearer side.
    """

    start: float = 0.0
    end: float = 0.0
    before: float = 0.0
    after: float = 0.0
    least: float = 0.0
    strip: float = STRIP
    lanes_before: bool = False


class Compound:
    """Cells and compounds with a border around them."""

    __slots__ = (
        "after", "along", "at", "before", "border", "children", "edges", "ins", "outs", "paths",
    )  # fmt: skip

    def __init__(self, children: list[Cell | Compound], border: Border) -> None:
        self.children = children
        self.border = border
        self.before = self.after = self.along = 0.0
        self.edges: dict[tuple[int, int, int], None] = {}  # from, net, to: a child, or a port
        self.ins: dict[int, float] = {}
        self.outs: dict[int, float] = {}
        self.at: list[Point] = []
        self.paths: dict[tuple[int, int, int], list[Point]] = {}


def settle(values: list[float], distances: list[float]) -> list[float]:
    """Return the places nearest to those wished for, in order and at least so far from each other.

    Nearest by least squares: neighbours that are too close move as one (pool adjacent violators).
    `distances[i]` is the least distance from place i to place i + 1.
    """
    offsets = [0.0]
    for distance in distances:
        offsets.append(offsets[-1] + distance)
    pools: list[tuple[float, int]] = []  # sum, count
    for value, offset in zip(values, offsets, strict=True):
        total, count = value - offset, 1
        while pools and pools[-1][0] * count >= total * pools[-1][1]:
            before, more = pools.pop()
            total += before
            count += more
        pools.append((total, count))
    flat = [total / count for total, count in pools for _ in range(count)]
    return [place + offset for place, offset in zip(flat, offsets, strict=True)]
