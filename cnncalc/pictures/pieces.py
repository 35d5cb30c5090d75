"""The boxes of a picture, the tree they stand in, and the edges between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis


class Piece:
    """A box to be: nodes drawn together, or a closed block.

    `nodes` are those of the first copy in order; `members` all nodes it stands for, copies and
    copies of frames around it included; `copies` counts the folded repeats of the box itself.
    """

    __slots__ = ("block", "copies", "label", "members", "nodes", "role")

    def __init__(self, nodes: list[int], label: str, role: str, block: str, copies: int) -> None:
        self.nodes = nodes
        self.label = label
        self.role = role
        self.block = block
        self.copies = copies
        self.members: list[int] = []


class BoxSequence:
    """A sequence of boxes: a block in a frame, or a branch or merge, which has none."""

    __slots__ = ("block", "copies", "label", "parts", "path")

    def __init__(
        self, path: str, label: str, block: str, parts: list[BoxSequence | Piece], copies: int
    ) -> None:
        self.path = path
        self.label = label
        self.block = block
        self.parts = parts
        self.copies = copies

    @property
    def is_framed(self) -> bool:
        """Whether a reader of the picture sees it: blocks and auxiliary heads are."""
        return self.block not in ("", "branch")

    def pieces(self) -> list[Piece]:
        """Return all boxes inside, in order."""
        result: list[Piece] = []
        for part in self.parts:
            if isinstance(part, BoxSequence):
                result.extend(part.pieces())
            else:
                result.append(part)
        return result


class Structure:
    """The boxes of a picture in order, the tree they stand in, and the edges between them."""

    def __init__(
        self, analysis: Analysis, root: BoxSequence, alike: dict[int, int], scope: str | None = None
    ) -> None:
        self.analysis = analysis
        self.scope = scope  # the one block or layer that is drawn alone, if it is
        self.root = root
        self.pieces = root.pieces()
        self.owner = {node: at for at, piece in enumerate(self.pieces) for node in piece.nodes}
        self.alike = alike
        for node in sorted({*self.owner, *alike}):
            place = self.owner.get(self.first(node))
            if place is not None:
                self.pieces[place].members.append(node)
        self.edges = self.joined()

    def first(self, node: int) -> int:
        """Return the node of the first copy that stands for a node."""
        while node in self.alike:
            node = self.alike[node]
        return node

    def joined(self) -> list[tuple[int, int]]:
        """Return the edges between boxes, by their places; those between folded copies left out."""
        nodes = self.analysis.graph.nodes
        found: dict[tuple[int, int], None] = {}
        for target in sorted(self.owner):
            if self.pieces[self.owner[target]].role == "outside":
                continue
            for source in nodes[target].inputs:
                pair = self.owner[self.first(source)], self.owner[target]
                if pair[0] != pair[1]:
                    found[pair] = None
        return list(found)

    def output_range(self, piece: Piece) -> tuple[Any, Any]:
        """Return the output shapes of the first and the last copy of a box."""
        facts = self.analysis.facts
        last = piece.nodes[-1]
        ends = [node for node in piece.members if self.first(node) == last] or [last]
        return facts[ends[0]].output, facts[ends[-1]].output
