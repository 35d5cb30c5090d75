"""The structure of a graph as a person would write it: sequences, and merges with branches.

A merge whose inputs all come from one fork, through parts of the graph that nobody else reads, is
written with branches; everything else is a sequence in which a layer names what it reads.
"""

from __future__ import annotations

from cnncalc.graph import Graph, Node
from cnncalc.layers.merge import Broadcast
from cnncalc.record import Record

#: A part of the graph with more layers is not written as branches: it would nest too deep.
MOST_LAYERS_BETWEEN = 120
#: The same for a skip around them whose end is joined, not added: longer ones are named.
MOST_LAYERS_SKIPPED = 12


class ListedNode(Record):
    """One entry of a list of layers: a node, what it reads if not the entry before, its branches.

    `origins` are the nodes to be named by `from`, None where the entry before is read. `branches`
    are the lists of a merge, in the order of its inputs; None for other layers. `head` holds the
    entries of an auxiliary head, whose item stands for no node of its own.
    """

    node: int
    origins: tuple[int, ...] | None = None
    branches: tuple[tuple[ListedNode, ...], ...] | None = None
    head: tuple[ListedNode, ...] | None = None


def immediate_dominators(graph: Graph) -> list[int]:
    """Return for each node the last node that every path to it passes, -1 where there is none.

    Source: Cooper, Harvey & Kennedy 2001, "A Simple, Fast Dominance Algorithm"; one pass is
    enough, since the graph has no cycles and its nodes are in topological order.
    """
    result: list[int] = []
    for node in graph.nodes:
        found = node.inputs[0] if node.inputs else -1
        for other in node.inputs[1:]:
            while found != other:
                if found > other:
                    found = result[found]
                else:
                    other = result[other]
        result.append(found)
    return result


def is_merge(node: Node) -> bool:
    """Return whether a node may be written with branches."""
    return node.layer.arity is None and node.layer.branches


class GraphStructure:
    """Turns a graph into nested lists of entries, which name earlier nodes where they must.

    With `flat` no merge has branches: there is one list, and one for each auxiliary head.
    """

    def __init__(self, graph: Graph, flat: bool) -> None:
        self.graph = graph
        self.flat = flat
        self.readers = graph.readers()
        self.dominators = immediate_dominators(graph)
        self.ends = {*graph.outputs, *graph.aux_outputs}

    def items(self) -> tuple[ListedNode, ...]:
        """Return the entries of the whole graph; its inputs are no entries."""
        nodes, inputs = self.graph.nodes, set(self.graph.inputs)
        main = [i for i, node in enumerate(nodes) if i not in inputs and not node.aux]
        self.heads: dict[int, list[int]] = {}
        for index, node in enumerate(nodes):
            if node.aux:
                self.heads.setdefault(self.root_of(index), []).append(index)
        items = self.listed(main, self.graph.inputs[0])
        at_once = [self.head(root) for root in sorted(self.heads) if root in inputs]
        return (*at_once, *items)

    def root_of(self, index: int) -> int:
        """Return the node of the main path from which an auxiliary head grows."""
        while self.graph.nodes[index].aux:
            index = self.graph.nodes[index].inputs[0]
        return index

    def head(self, root: int) -> ListedNode:
        """Return the entry of the auxiliary head that grows from a node."""
        return ListedNode(-1, head=self.listed(self.heads[root], root))

    def listed(self, nodes: list[int], previous: int) -> tuple[ListedNode, ...]:
        """Return some nodes, in their order, as the entries of one list that follows `previous`."""
        between: dict[int, list[list[int]]] = {}
        hidden: set[int] = set()
        for index in reversed(nodes):  # the outermost merges come last
            if index not in hidden:
                parts = self.branches(index)
                if parts is not None:
                    between[index] = parts
                    hidden.update(*parts)
        result = []
        for index in nodes:
            if index in hidden:
                continue
            if index in between:
                fork = self.dominators[index]
                origins = None if fork == previous else (fork,)
                lists = [self.listed(part, fork) for part in between[index]]
                result.append(ListedNode(index, origins, tuple(lists)))
            else:
                node = self.graph.nodes[index]
                # A merge without branches names what it reads, even if that is the entry before.
                plain = node.sources == (previous,) and not is_merge(node)
                result.append(ListedNode(index, None if plain else node.sources))
            previous = index
            if index in self.heads:
                result.append(self.head(index))
        return tuple(result)

    def branches(self, merge: int) -> list[list[int]] | None:
        """Return the nodes of each branch of a merge, or None if it has no branches of its own."""
        node, fork = self.graph.nodes[merge], self.dominators[merge]
        if self.flat or not is_merge(node) or len(node.inputs) < 2 or fork < 0:
            return None
        parts: list[list[int]] = []
        taken: set[int] = set()
        for source in node.inputs:
            part = self.part(source, fork, merge)
            if part is None or not taken.isdisjoint(part) or (not part and [] in parts):
                return None
            taken.update(part)
            parts.append(sorted(part))
        joins = not isinstance(node.layer, Broadcast)
        return None if joins and [] in parts and len(taken) > MOST_LAYERS_SKIPPED else parts

    def part(self, source: int, fork: int, merge: int) -> set[int] | None:
        """Return the nodes between a fork and one input of a merge, if nobody else reads them."""
        found: set[int] = set()
        waiting = [source] if source != fork else []
        while waiting:
            index = waiting.pop()
            if index in found:
                continue
            if index < fork or index in self.ends or len(found) >= MOST_LAYERS_BETWEEN:
                return None
            found.add(index)
            waiting.extend([i for i in self.graph.nodes[index].inputs if i != fork])
        for index in found:
            for reader in self.readers[index]:
                # An auxiliary head reads without being part of the branch.
                if reader not in found and reader != merge and not self.graph.nodes[reader].aux:
                    return None
        return found
