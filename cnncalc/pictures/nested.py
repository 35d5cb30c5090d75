"""From the parts of a picture to places: nested compounds, edges through ports, absolute points."""

from __future__ import annotations

from cnncalc.pictures.compound import BORDER, Border, Cell, Compound
from cnncalc.pictures.layered import arrange
from cnncalc.pictures.pieces import BoxSequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.pictures.compound import Point
    from cnncalc.pictures.pieces import Piece, Structure


class Placed:
    """Where everything came to lie: the start of each box's cell on its axis, frames, and edges.

    Points are `(across, along)`; a frame is its scope with before, start, after and end.
    """

    def __init__(self) -> None:
        self.cells: list[tuple[Point, Cell]] = []
        self.frames: list[tuple[BoxSequence, tuple[float, float, float, float]]] = []
        self.edges: dict[tuple[int, int], list[Point]] = {}
        self.low = self.high = self.end = 0.0


def place(
    drawn: Structure, cell: Callable[[Piece], Cell], border: Callable[[BoxSequence], Border]
) -> Placed:
    """Return where the boxes, frames and edges of a structure lie.

    `cell` says how large a box is, `border` what a scope's frame needs (see `Compound`).
    """
    return Nest(drawn, cell, border).placed()


class Nest:
    """The compounds of a picture, and for each box the way to it from the outermost."""

    def __init__(
        self,
        drawn: Structure,
        cell: Callable[[Piece], Cell],
        border: Callable[[BoxSequence], Border],
    ) -> None:
        self.cell = cell
        self.border = border
        self.cells: list[Cell] = []
        self.chains: list[list[tuple[Compound, int]]] = []
        self.scopes: list[tuple[BoxSequence, Compound]] = []
        self.root = self.compound(drawn.root, [])
        self.edges = drawn.edges
        for source, target in drawn.edges:
            self.join(source, target)
        for _, compound in self.scopes:  # from the inside out
            arrange(compound)

    def compound(self, scope: BoxSequence, chain: list[tuple[Compound, int]]) -> Compound:
        """Return the compound of a scope, after those within it."""
        result = Compound([], self.border(scope))
        for number, part in enumerate(scope.parts):
            below = [*chain, (result, number)]
            if isinstance(part, BoxSequence):
                result.children.append(self.compound(part, below))
            else:
                made = self.cell(part)
                self.cells.append(made)
                self.chains.append(below)
                result.children.append(made)
        self.scopes.append((scope, result))
        return result

    def shared(self, source: int, target: int) -> int:
        """Return how deep the innermost compound around two boxes is."""
        depth = 0
        for one, other in zip(self.chains[source], self.chains[target], strict=False):
            if one[0] is not other[0] or one[1] != other[1]:
                break
            depth += 1
        return depth

    def join(self, source: int, target: int) -> None:
        """Add an edge to every compound that it runs through."""
        for compound, edge in self.steps(source, target):
            compound.edges[edge] = None

    def steps(self, source: int, target: int) -> list[tuple[Compound, tuple[int, int, int]]]:
        """Return an edge's part in each compound, in the order of the flow."""
        out, into = self.chains[source], self.chains[target]
        depth = self.shared(source, target)
        result = [
            (compound, (child, source, BORDER)) for compound, child in reversed(out[depth + 1 :])
        ]
        result.append((out[depth][0], (out[depth][1], source, into[depth][1])))
        result += [(compound, (BORDER, source, child)) for compound, child in into[depth + 1 :]]
        return result

    def placed(self) -> Placed:
        """Return the absolute places."""
        result = Placed()
        origin: dict[int, Point] = {id(self.root): (0.0, 0.0)}
        for scope, compound in reversed(self.scopes):  # from the outside in
            across, along = origin[id(compound)]
            if scope.is_framed:
                box = across - compound.before, along, across + compound.after
                result.frames.append((scope, (*box, along + compound.along)))
            for child, at in zip(compound.children, compound.at, strict=True):
                if isinstance(child, Compound):
                    origin[id(child)] = (across + at[0], along + at[1])
        result.frames.sort(key=lambda f: (f[0].path.count("/"), f[1][1], f[1][0]))
        for cell, chain in zip(self.cells, self.chains, strict=True):
            compound, number = chain[-1]
            across, along = origin[id(compound)]
            at = compound.at[number]
            result.cells.append(((across + at[0], along + at[1]), cell))
        for source, target in self.edges:
            points: list[Point] = []
            for compound, edge in self.steps(source, target):
                across, along = origin[id(compound)]
                points += [(across + a, along + b) for a, b in compound.paths[edge]]
            result.edges[source, target] = simplified(points)
        result.low, result.high = -self.root.before, self.root.after
        result.end = self.root.along
        return result


def simplified(points: list[Point]) -> list[Point]:
    """Return the points of an edge without those that straight pieces pass or that repeat."""
    result: list[Point] = []
    for point in points:
        if result and abs(point[0] - result[-1][0]) < 0.05:
            point = (result[-1][0], point[1])
        if result and point == result[-1]:
            continue
        if len(result) > 1 and result[-2][0] == result[-1][0] == point[0]:
            result[-1] = point
        else:
            result.append(point)
    return result
