"""What is drawn of a network: layers in boxes, blocks around them, repeats folded, a depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.analysis.groups import Group, grow, run_label, signature
from cnncalc.diagnostics import UsageError, did_you_mean
from cnncalc.pictures.pieces import BoxSequence, Piece, Structure

if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis

    Element = Group | list[int]

#: A picture opens blocks as long as it has at most this many boxes.
COMFORTABLE = 130
#: So many equal layers in a row are folded; of blocks, two are enough.
LEAVES_FOLDED = 3
#: Roles of layers that act on what they get, element by element or nearly so: they share its box.
ACTING = ("activation", "norm", "regularisation")
ALL = 1000


def structure(
    analysis: Analysis,
    depth: int | None = None,
    fold: bool = True,
    scope: str | None = None,
    fuse: bool = True,
    most: int = COMFORTABLE,
) -> Structure:
    """Return what is drawn of a network, with blocks opened down to `depth`.

    Depth 1 shows the entries of `layers` only, None as much as stays comfortable (`most` boxes).
    `scope` draws one block or layer alone, with what it reads from outside; without `fuse` every
    layer has a box of its own. Raises `UsageError` for a scope that there is not.
    """
    graph = analysis.graph
    inside = list(range(len(analysis.facts)))
    outside: list[int] = []
    start = 0
    if scope is not None:
        inside = graph.within(scope)
        if not inside:
            names = [node.name for node in graph.nodes] + list(graph.scopes or ())
            help = did_you_mean(scope, names, "`cnncalc show SPEC` lists all names")
            raise UsageError(f"there is no layer or block `{scope}`", help)
        within = set(inside)
        read = {source for index in inside for source in graph.nodes[index].inputs}
        outside = sorted(read - within)
        start = scope.count("/") + 1
    builder = PictureBuilder(analysis, grow(graph, inside, branches=True), outside, fold, fuse)
    builder.scope = scope
    if depth is not None:
        return builder.build(depth - 1 + start)
    root = builder.root(ALL)
    deepest = start + 7
    while len(root.pieces()) > most and deepest > start:
        deepest -= 1
        root = builder.root(deepest)
    return Structure(analysis, root, builder.alike, scope)


class PictureBuilder:
    """Makes the parts of a picture from the groups of a graph."""

    def __init__(
        self, analysis: Analysis, tree: Group, outside: list[int], fold: bool, fuse: bool
    ) -> None:
        self.analysis = analysis
        self.nodes = analysis.graph.nodes
        self.readers = analysis.graph.readers()
        self.outside = outside
        self.fold = fold
        self.fuse = fuse
        self.tree = self.absorbed(tree)
        self.marks: dict[Any, Any] = {}
        self.inside: dict[str, list[int]] = {}
        self.alike: dict[int, int] = {}
        self.scope: str | None = None

    def build(self, depth: int) -> Structure:
        """Return the structure with blocks opened down to a depth."""
        return Structure(self.analysis, self.root(depth), self.alike, self.scope)

    def root(self, depth: int) -> BoxSequence:
        """Return the outermost scope; sets which nodes are like which of a first copy."""
        self.alike = {}
        parts: list[BoxSequence | Piece] = [
            Piece([node], self.nodes[node].name, "outside", "", 1) for node in self.outside
        ]
        parts += self.parts(self.tree, depth)
        return BoxSequence("", "", "", parts, 1)

    def absorbed(self, group: Group) -> Group:
        """Return a group whose merges hold the layers that act in place on their results."""
        parts: list[Group | int] = []
        for part in group.parts:
            if isinstance(part, Group):
                self.absorbed(part)
                parts.append(part)
            elif parts and isinstance(parts[-1], Group) and self.joins(part, parts[-1].parts[-1]):
                parts[-1].parts.append(part)
            else:
                parts.append(part)
        group.parts = parts
        return group

    def joins(self, index: int, last: Group | int) -> bool:
        """Return whether a layer acts in place on the one before it, and is its only reader."""
        node = self.nodes[index]
        return (
            self.fuse
            and node.layer.role in ACTING
            and node.inputs == (last,)
            and len(self.readers[node.inputs[0]]) == 1
        )

    def parts(self, group: Group, depth: int) -> list[BoxSequence | Piece]:
        """Return the parts of a group, equal neighbours folded."""
        result: list[BoxSequence | Piece] = []
        elements = self.elements(group)
        position = 0
        while position < len(elements):
            count = self.run(elements, position)
            run = elements[position : position + count]
            position += count
            own = self.members(run[0])
            for other in run[1:]:
                self.alike.update(zip(self.members(other), own, strict=True))
            result.append(self.part(run, group, depth))
        return result

    def elements(self, group: Group) -> list[Element]:
        """Return the parts of a group, in which layers that act in place join their input."""
        result: list[Element] = []
        for part in group.parts:
            if isinstance(part, Group):
                if self.members(part):
                    result.append(part)
                continue
            last = result[-1] if result else None
            if isinstance(last, list) and self.nodes[last[0]].inputs and self.joins(part, last[-1]):
                last.append(part)
            else:
                result.append([part])
        return result

    def run(self, elements: list[Element], position: int) -> int:
        """Return how many elements from a position on are equal and read one another in turn."""
        first = elements[position]
        if not self.fold or (isinstance(first, Group) and first.block in ("", "branch")):
            return 1
        mark = self.mark(first)
        end = position + 1
        while (
            end < len(elements)
            and self.mark(elements[end]) == mark
            and self.follows(elements[end - 1], elements[end], first)
        ):
            end += 1
        count = end - position
        return count if isinstance(first, Group) or count >= LEAVES_FOLDED else 1

    def follows(self, before: Element, after: Element, first: Element) -> bool:
        """Return whether all that leaves one element goes into the next, and nothing else does.

        What the first of the run reads as well may be read again.
        """
        own, earlier, next = self.members(first), set(self.members(before)), self.members(after)
        inside = set(next)
        serial = False
        for mine, theirs in zip(next, own, strict=True):
            for source, common in zip(
                self.nodes[mine].inputs, self.nodes[theirs].inputs, strict=True
            ):
                if source in inside or source == common:
                    continue
                if source not in earlier:
                    return False
                serial = True
        return serial and all(
            reader in inside or reader in earlier
            for node in earlier
            for reader in self.readers[node]
        )

    def mark(self, element: Element) -> Any:
        """Return what makes two elements equal."""
        nodes = self.members(element)
        key = nodes[0], len(nodes)
        if key not in self.marks:
            self.marks[key] = (
                (element.block, signature(self.analysis, nodes, len(element.path), False))
                if isinstance(element, Group)
                else signature(self.analysis, nodes)
            )
        return self.marks[key]

    def part(self, run: list[Element], around: Group, depth: int) -> BoxSequence | Piece:
        """Return the one part that stands for equal elements."""
        first, copies = run[0], len(run)
        if not isinstance(first, Group):
            ends = [self.nodes[self.members(end)[0]].name for end in (first, run[-1])]
            label = run_label(*map(around.own_name, ends))
            return Piece(first, label, self.nodes[first[0]].layer.role, "", copies)
        label = run_label(first.label, run[-1].label if isinstance(run[-1], Group) else "")
        framed = first.block not in ("", "branch")
        if framed and depth <= 0:
            return Piece(self.members(first), label, "block", first.block, copies)
        inner = self.parts(first, depth - 1 if framed else depth)
        if framed and len(inner) == 1 and isinstance(inner[0], Piece):
            only = inner[0]
            return Piece(only.nodes, label, only.role, only.block, only.copies * copies)
        return BoxSequence(first.path, label, first.block, inner, copies)

    def members(self, element: Element) -> list[int]:
        """Return the nodes of an element, in order."""
        if not isinstance(element, Group):
            return element
        found = self.inside.get(element.path)
        if found is None:
            found = self.inside[element.path] = element.nodes()
        return found
