"""Layered layout of nested boxes: layers along the flow, branches side by side, long edges beside.

Every compound is laid out alone, from the inside out, about an axis of its own: its children stand
in layers, edges between neighbouring layers run in the strip between them, and an edge over
several layers runs in a lane beside all that it passes. What crosses a compound's border does so
at a port. So no edge meets a box and no box another, by construction.

Positions are `across` the flow (0 is the axis) and `along` it; a picture from top to bottom has
x = across, one from left to right x = along.
"""

from __future__ import annotations

from cnncalc.pictures.compound import BESIDE, BORDER, LANE, PORT, Cell, Compound, settle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.pictures.compound import Point

#: How much a strip grows with the sideways way of its edges, and at most.
SLANT, MOST_SLANT = 0.12, 46.0


def arrange(compound: Compound) -> None:
    """Lay out a compound whose children that are compounds have been laid out."""
    Arrangement(compound).run()


class Arrangement:
    """The layout of one compound while it is made.

    Its things are the children, by their numbers, then a port for each net that enters and one
    for each that leaves.
    """

    def __init__(self, compound: Compound) -> None:
        self.compound = compound
        self.count = len(compound.children)
        self.entering = sorted({net for a, net, _ in compound.edges if a == BORDER})
        self.leaving = sorted({net for _, net, b in compound.edges if b == BORDER})
        first, last = self.count, self.count + len(self.entering)
        self.in_port = {net: first + i for i, net in enumerate(self.entering)}
        self.out_port = {net: last + i for i, net in enumerate(self.leaving)}
        self.size = last + len(self.leaving)
        self.sources: list[list[tuple[int, int]]] = [[] for _ in range(self.size)]
        self.targets: list[list[tuple[int, int]]] = [[] for _ in range(self.size)]
        self.joined: list[tuple[int, int, int]] = []
        for a, net, b in compound.edges:
            source = self.in_port[net] if a == BORDER else a
            target = self.out_port[net] if b == BORDER else b
            self.joined.append((source, net, target))
            self.sources[target].append((source, net))
            self.targets[source].append((target, net))

    def run(self) -> None:
        """Find layers, places and ways, and write them into the compound."""
        self.find_layers()
        self.find_places()
        self.find_lanes()
        self.find_strips()
        self.write()

    def find_layers(self) -> None:
        """Give each thing a layer: below all it reads, and sources just above their readers."""
        rank = [0] * self.size
        for thing in self.in_order():
            if thing >= self.count and thing < self.count + len(self.entering):
                continue
            rank[thing] = max([rank[source] for source, _ in self.sources[thing]], default=0) + 1
        for thing in range(self.count):
            if not self.sources[thing] and self.targets[thing]:
                rank[thing] = max(1, min(rank[target] for target, _ in self.targets[thing]) - 1)
        deepest = max(rank[: self.count], default=0)
        for port in self.out_port.values():
            rank[port] = deepest + 1
        base = 0 if self.entering else 1
        top = deepest + 1 + bool(self.leaving)
        self.rank = [value - base for value in rank]
        self.layers: list[list[int]] = [[] for _ in range(top - base)]
        for thing in range(self.size):
            self.layers[self.rank[thing]].append(thing)

    def in_order(self) -> Iterable[int]:
        """Return the things so that each comes after all that it reads."""
        missing = [len(sources) for sources in self.sources]
        ready = [thing for thing in range(self.size) if not missing[thing]]
        for thing in ready:
            for target, _ in self.targets[thing]:
                missing[target] -= 1
                if not missing[target]:
                    ready.append(target)
        return ready

    def extent(self, thing: int) -> tuple[float, float]:
        """Return how far a thing reaches before and after its axis."""
        if thing >= self.count:
            return 0.0, 0.0
        child = self.compound.children[thing]
        return child.before, child.after

    def inner(self, thing: int) -> Compound | None:
        """Return the compound that a thing is; None for a box and a port."""
        child = self.compound.children[thing] if thing < self.count else None
        return child if isinstance(child, Compound) else None

    def leaves_at(self, thing: int, net: int) -> float:
        """Return where a net leaves a thing, from the thing's axis."""
        inner = self.inner(thing)
        return inner.outs[net] if inner else 0.0

    def enters_at(self, thing: int, net: int) -> float:
        """Return where a net enters a thing, from the thing's axis; the axis for a box."""
        inner = self.inner(thing)
        return inner.ins[net] if inner else 0.0

    def find_places(self) -> None:
        """Order each layer by what its things read, and place them near it, down, up and down."""
        self.place = [0.0] * self.size
        for layer in self.layers:
            self.spread(layer, [0.0] * len(layer))
        if all(len(layer) == 1 for layer in self.layers):  # a sequence: each under what it reads
            for (thing,) in self.layers:
                self.place[thing] = self.wish(thing, True)
            return
        for sweep in range(4):
            down = sweep % 2 == 0
            for layer in self.layers[1:] if down else self.layers[-2::-1]:
                wished = [self.wish(thing, down) for thing in layer]
                if sweep < 2 and len(layer) > 1:
                    order = sorted(range(len(layer)), key=lambda i: (round(wished[i], 3), i))
                    layer[:] = [layer[i] for i in order]
                    wished = [wished[i] for i in order]
                self.spread(layer, wished)

    def wish(self, thing: int, down: bool) -> float:
        """Return where a thing's edges would be straight on average."""
        wished = []
        if down:
            for source, net in self.sources[thing]:
                at = self.place[source] + self.leaves_at(source, net)
                wished.append(at - self.enters_at(thing, net))
        else:
            for target, net in self.targets[thing]:
                at = self.place[target] + self.enters_at(target, net)
                wished.append(at - self.leaves_at(thing, net))
        return sum(wished) / len(wished) if wished else self.place[thing]

    def spread(self, layer: list[int], wished: list[float]) -> None:
        """Place the things of a layer near their wishes, without overlap."""
        extents = [self.extent(thing) for thing in layer]
        distances = [
            one[1] + other[0] + (BESIDE if thing < self.count else LANE)
            for one, other, thing in zip(extents, extents[1:], layer[1:], strict=False)
        ]
        for thing, place in zip(layer, settle(wished, distances), strict=True):
            self.place[thing] = place

    def find_lanes(self) -> None:
        """Give every edge over more than one layer a lane beside what it passes, short ones inside.

        A net has one lane for all that it reaches from one place.
        """
        low = [min([self.place[t] - self.extent(t)[0] for t in layer]) for layer in self.layers]
        high = [max([self.place[t] + self.extent(t)[1] for t in layer]) for layer in self.layers]
        ends: dict[tuple[int, int], int] = {}
        for source, net, target in self.joined:
            if self.rank[target] - self.rank[source] > 1:
                key = source, net
                ends[key] = max(ends.get(key, 0), self.rank[target])
        self.lanes: dict[tuple[int, int], float] = {}
        rank = self.rank
        for source, net in sorted(ends, key=lambda k: (ends[k] - rank[k[0]], rank[k[0]], k)):
            a, b = rank[source] + 1, ends[source, net]
            at = self.place[source] + self.leaves_at(source, net)
            right, left = max(high[a:b]) + LANE, min(low[a:b]) - LANE
            nearer = abs(left - at) < abs(right - at) - 30
            if nearer or self.compound.border.lanes_before:
                self.lanes[source, net] = left
                low[a:b] = [left] * (b - a)
            else:
                self.lanes[source, net] = right
                high[a:b] = [right] * (b - a)
        self.low, self.high = min(low, default=0.0), max(high, default=0.0)

    def find_strips(self) -> None:
        """Find where each layer begins and ends, with strips between that suit their edges."""
        children = self.compound.children
        slant = [0.0] * len(self.layers)
        for source, net, target in self.joined:
            at = self.place[source] + self.leaves_at(source, net)
            to = self.place[target] + self.enters_at(target, net)
            lane = self.lanes.get((source, net))
            a, b = self.rank[source], self.rank[target]
            if lane is None or b - a == 1:
                slant[a] = max(slant[a], abs(at - to))
            else:
                slant[a] = max(slant[a], abs(at - lane))
                slant[b - 1] = max(slant[b - 1], abs(lane - to))
        self.starts: list[float] = []
        self.ends: list[float] = []
        at = 0.0
        for number, layer in enumerate(self.layers):
            tallest = max([children[t].along if t < self.count else 0.0 for t in layer])
            self.starts.append(at)
            self.ends.append(at + tallest)
            at += tallest
            is_border = layer[0] >= self.count or (
                number + 1 < len(self.layers) and self.layers[number + 1][0] >= self.count
            )
            strip = self.compound.border.strip
            usual = strip / 2 if is_border else strip
            if slant[number] < 0.5 and is_border:
                usual = strip / 4
            at += usual + min(MOST_SLANT, SLANT * slant[number])

    def write(self) -> None:
        """Write places, ports and ways into the compound."""
        compound = self.compound
        border = compound.border
        start = border.start
        compound.before = max(border.before - self.low, border.least)
        compound.after = self.high + border.after
        compound.along = start + (self.ends[-1] if self.ends else 0.0) + border.end
        for thing in range(self.count):
            child = compound.children[thing]
            rank = self.rank[thing]
            slack = self.ends[rank] - self.starts[rank] - child.along
            compound.at.append((self.place[thing], start + self.starts[rank] + slack / 2))
        for net, port in self.in_port.items():
            compound.ins[net] = self.place[port]
        for net, port in self.out_port.items():
            compound.outs[net] = self.place[port]
        self.give_entries()
        for edge, (source, net, target) in zip(compound.edges, self.joined, strict=True):
            compound.paths[edge] = self.way(source, net, target)

    def comes_from(self, source: int, net: int, target: int) -> float:
        """Return the place from which an edge comes into the strip before its target."""
        lane = self.lanes.get((source, net))
        if lane is None or self.rank[target] - self.rank[source] == 1:
            return self.place[source] + self.leaves_at(source, net)
        return lane

    def give_entries(self) -> None:
        """Give each edge into a box a port of its own, as straight below its source as may be."""
        for thing in range(self.count):
            child = self.compound.children[thing]
            if not isinstance(child, Cell):
                continue
            wished = {
                net: self.comes_from(source, net, thing) - self.place[thing]
                for source, net in self.sources[thing]
            }
            nets = sorted(wished, key=lambda net: (wished[net], net))
            if not nets:
                continue
            room = child.ports_high - child.ports_low
            apart = min(PORT, room / max(1, len(nets) - 1)) if len(nets) > 1 else 0.0
            places = [min(max(wished[n], child.ports_low), child.ports_high) for n in nets]
            places = settle(places, [apart] * (len(nets) - 1))
            low, high, last = child.ports_low, child.ports_high, len(nets) - 1
            child.enter = {
                net: max(low + apart * i, min(place, high - apart * (last - i)))
                for i, (net, place) in enumerate(zip(nets, places, strict=True))
            }

    def way(self, source: int, net: int, target: int) -> list[Point]:
        """Return the points of an edge from what it leaves to what it enters."""
        compound = self.compound
        start = compound.border.start
        a, b = self.rank[source], self.rank[target]
        at = self.place[source] + self.leaves_at(source, net)
        if source < self.count:
            child = compound.children[source]
            leaves = compound.at[source][1] + (
                child.exit if isinstance(child, Cell) else child.along
            )
        else:
            leaves = 0.0
        if target < self.count:
            inside = compound.children[target]
            to, arrives = self.place[target], compound.at[target][1]
            if isinstance(inside, Cell):
                to, arrives = to + inside.enter[net], arrives + inside.entry
            else:
                to += inside.ins[net]
        else:
            to, arrives = self.place[target], compound.along
        points = [(at, leaves), (at, start + self.ends[a])]
        if b - a > 1:
            lane = self.lanes[source, net]
            points.append((lane, start + self.starts[a + 1]))
            points.append((lane, start + self.ends[b - 1]))
        points += [(to, start + self.starts[b]), (to, arrives)]
        return points
