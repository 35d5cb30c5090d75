"""The tree of blocks, merges and auxiliary heads that the names of nodes spell out."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from cnncalc.analysis.walk import Analysis
    from cnncalc.graph import Graph


class Group:
    """A block, a merge, a branch or an auxiliary head: a path, what made it, its parts in order.

    `mark` is for who compares groups: what makes this one equal to others, once it is known.
    """

    __slots__ = ("_nodes", "block", "label", "mark", "parts", "path")

    def __init__(self, path: str, label: str, block: str) -> None:
        self.path = path
        self.label = label
        self.block = block
        self.parts: list[Group | int] = []
        self.mark: Any = None
        self._nodes: list[int] | None = None

    def nodes(self) -> list[int]:
        """Return the indices of all nodes inside, in order; to be asked when all parts are in."""
        if self._nodes is None:
            self._nodes = result = []
            for part in self.parts:
                if isinstance(part, Group):
                    result.extend(part.nodes())
                else:
                    result.append(part)
        return self._nodes

    def own_name(self, name: str) -> str:
        """Return a name without the path of the group, which itself goes by its label."""
        if name == self.path:
            return self.label
        return name[len(self.path) + 1 :] if self.path else name


def run_label(first: str, last: str) -> str:
    """Return the name of a run of equal parts, by the names of the first and the last of them."""
    return first if first == last else f"{first}…{last.rpartition('_')[2] or last}"


def grow(graph: Graph, indices: Iterable[int], branches: bool = False) -> Group:
    """Return the tree of some nodes of a graph.

    Branches are no level of their own, unless `branches` asks for them: they show in the labels
    of what they hold.
    """
    scopes: dict[str, str] = graph.scopes or {}
    merges = {path.rpartition("/")[0] for path, kind in scopes.items() if kind == "branch"}
    root = Group("", "", "")
    open_groups: dict[str, Group] = {}
    for index in indices:
        name = graph.nodes[index].name
        around = root
        cut = name.find("/")
        while cut >= 0:
            path = name[:cut]
            if branches or scopes.get(path) != "branch":
                around = enter(around, path, scopes, open_groups)
            cut = name.find("/", cut + 1)
        if name in merges:
            around = enter(around, name, scopes, open_groups)
        around.parts.append(index)
    return root


def enter(around: Group, path: str, scopes: dict[str, str], known: dict[str, Group]) -> Group:
    """Return the group of a path inside another, making it at the first visit."""
    group = known.get(path)
    if group is None:
        group = known[path] = Group(path, around.own_name(path), scopes.get(path, ""))
        around.parts.append(group)
    return group


def signature(
    analysis: Analysis, members: Sequence[int], start: int | None = None, channels: bool = True
) -> Any:
    """Return what makes two lists of nodes equal: layers, inputs and wiring.

    Names count from sign `start` on, and not at all for None; without `channels`, the channels
    that enter may differ, as they do along a dense block.
    """
    nodes, facts = analysis.graph.nodes, analysis.facts
    places = {index: place for place, index in enumerate(members)}
    first = 0 if channels else 1
    return tuple(
        [
            (
                None if start is None else nodes[i].name[start:],
                nodes[i].layer,
                tuple([facts[source].output[first:] for source in nodes[i].inputs]),
                tuple([places.get(source, -1) for source in nodes[i].inputs]),
                nodes[i].shares is None,
                nodes[i].aux,
                nodes[i].marks,
            )
            for i in members
        ]
    )
