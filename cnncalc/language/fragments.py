"""Block calls that were laid out before: their nodes are copied instead of computed again.

A search lays out one spec a million times, and most of its blocks come again with the same
arguments on the same input. What a call lays out follows from four things: the values of the
block's parameters, the shape that enters it, whether it stands in an auxiliary head, and the
spec's own parameters that are read on the way. The last are not known beforehand; they are noted
while the call is laid out, and a fragment serves only where they have the same values.

A call that looks for a name outside its own scope, or that calls itself, leaves no fragment.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice

from cnncalc.graph import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Protocol

    from cnncalc.language.places import Places
    from cnncalc.layers.base import Layer
    from cnncalc.layers.facts import Facts

    class Laid(Protocol):
        """What a fragment takes from the network that is being laid out, and adds to it."""

        nodes: list[Node]
        places: Places
        facts: list[Facts]
        spec_values: dict[str, Any]
        aux_outputs: list[int]
        current: int
        idle: int


#: How many fragments are kept at all, and for one call under different parameters of the spec.
MOST, MOST_ALIKE = 5000, 8
TRIED = 50  # of a block, before it is asked whether they were of use
MAX_REACH = 1 << 30
#: Stands for the node that a call reads, where others are counted from the call's first.
READ = -1


class Recording:
    """What is noted while a call is laid out: where it began, and what it read of the spec.

    `reach` is the shortest path under which a name was looked for and found: one shorter than the
    call's own lies outside of it.
    """

    __slots__ = ("aux", "copies", "first", "idle", "names", "places", "reach", "scopes", "spans")

    def __init__(self, laid: Laid) -> None:
        self.first = len(laid.nodes)
        self.idle = laid.idle
        places = laid.places
        self.places = len(places.of)
        self.scopes = len(places.kinds)
        self.spans = len(places.nodes_of)
        self.copies = len(places.copies)
        self.aux = len(laid.aux_outputs)
        self.names: set[str] = set()
        self.reach = MAX_REACH

    def include(self, names: Iterable[str], reach: int) -> None:
        """Note what a call within this one has read."""
        self.names.update(names)
        self.reach = min(self.reach, reach)


class BlockForm:
    """How the nodes of a call lie, by the ends of paths; indices count from its first node.

    Of each node but its layer, `nodes` has what is the same in every copy. Most nodes read one
    node before them; `heads` read what the call reads, `readers` has the inputs of the others;
    `sharing` the owners of weights.
    """

    __slots__ = (
        "aux_outputs", "current", "deepest", "heads", "idle", "longest", "nodes", "places",
        "readers", "scopes", "sharing", "spans",
    )  # fmt: skip

    def __init__(self, laid: Laid, recording: Recording, path: str) -> None:
        first, cut = recording.first, len(path)

        def relative(index: int) -> int:
            return READ if index < first else index - first

        nodes = laid.nodes[first:]
        self.nodes = [
            (
                node.name[cut:], relative(node.inputs[0]), node.aux, node.span, node.seen_as,
                node.places, node.marks,
            )
            for node in nodes
        ]  # fmt: skip
        inputs = [tuple([relative(i) for i in node.inputs]) for node in nodes]
        self.heads = [at for at, i in enumerate(inputs) if i == (READ,)]
        self.readers = [(at, i) for at, i in enumerate(inputs) if len(i) > 1]
        shared = [(at, node.shares) for at, node in enumerate(nodes)]
        self.sharing = [(at, owner - first) for at, owner in shared if owner is not None]
        places = laid.places
        named = newest(places.of, recording.places)
        spans = newest(places.nodes_of, recording.spans)
        for name, copied in newest(places.copies, recording.copies):
            named += copied.names(name).items()
            spans += copied.spans(name).items()
        self.places = {name[cut:]: relative(index) for name, index in named}
        self.spans = {name[cut:]: (start - first, stop - first) for name, (start, stop) in spans}
        self.scopes = [(name[cut:], kind) for name, kind in newest(places.kinds, recording.scopes)]
        self.aux_outputs = [relative(i) for i in laid.aux_outputs[recording.aux :]]
        self.current = relative(laid.current)
        self.idle = laid.idle - recording.idle
        ends = [*self.places, *[name for name, _ in self.scopes]]
        self.longest = max(map(len, ends), default=0)
        self.deepest = max([name.count("/") for name in ends], default=0)

    def lay(self, laid: Laid, layers: list[Layer], reads: int, path: str) -> None:
        """Lay nodes with these layers at the end of those that are there, below `path`."""
        nodes, places = laid.nodes, laid.places
        first = len(nodes)
        nodes += [
            Node(path + end, layer, (first + read,), None, aux, span, seen_as, fields, marks)
            for layer, (end, read, aux, span, seen_as, fields, marks) in zip(  # noqa: B905  # a layer each
                layers, self.nodes
            )
        ]
        outer = (reads,)
        for at in self.heads:
            nodes[first + at].inputs = outer
        for at, inputs in self.readers:
            nodes[first + at].inputs = tuple([reads if i < 0 else first + i for i in inputs])
        for at, owner in self.sharing:
            nodes[first + at].shares = first + owner
        places.copies[path] = Copy(self, first, reads)
        kinds = places.kinds
        for end, kind in self.scopes:
            kinds[path + end] = kind
        if self.aux_outputs:
            laid.aux_outputs += [reads if i < 0 else first + i for i in self.aux_outputs]
        laid.current = reads if self.current < 0 else first + self.current
        laid.idle += self.idle


class Fragment(BlockForm):
    """What a call lays out, layers and their figures too.

    `names` and `values` are the parameters of the spec on which it depends.
    """

    __slots__ = ("facts", "layers", "names", "values")

    def __init__(self, laid: Laid, recording: Recording, path: str) -> None:
        super().__init__(laid, recording, path)
        self.names = tuple(sorted(recording.names))
        self.values = tuple([laid.spec_values[name] for name in self.names])
        self.layers = [node.layer for node in laid.nodes[recording.first :]]
        self.facts = laid.facts[recording.first :]

    def copy(self, laid: Laid, reads: int, path: str) -> None:
        """Lay everything out again below `path`."""
        self.lay(laid, self.layers, reads, path)
        laid.facts += self.facts


class Copy:
    """A form at one place: what the names within it stand for."""

    __slots__ = ("first", "form", "reads")

    def __init__(self, form: BlockForm, first: int, reads: int) -> None:
        self.form = form
        self.first = first
        self.reads = reads

    def at(self, index: int) -> int:
        """Return a node's place in the network."""
        return self.reads if index < 0 else self.first + index

    def node(self, end: str) -> int | None:
        """Return the node that the end of a path means; None if there is none."""
        found = self.form.places.get(end)
        return None if found is None else self.at(found)

    def span(self, end: str) -> tuple[int, int] | None:
        """Return the nodes of a scope, from the first to before the last; None if it is none."""
        found = self.form.spans.get(end)
        return None if found is None else (self.first + found[0], self.first + found[1])

    def names(self, path: str) -> dict[str, int]:
        """Return every name within, and its node."""
        return {path + end: self.at(index) for end, index in self.form.places.items()}

    def spans(self, path: str) -> dict[str, tuple[int, int]]:
        """Return every scope within, and its nodes."""
        first = self.first
        return {
            path + end: (first + start, first + stop)
            for end, (start, stop) in self.form.spans.items()
        }


class Fragments:
    """The fragments of one compiled spec, by call; they serve every network made from it."""

    def __init__(self) -> None:
        self.known: dict[Any, list[Fragment]] = {}
        self.seen: set[int] = set()
        self.count = 0
        self.kept: Counter[Any] = Counter()  # by block
        self.used: Counter[Any] = Counter()

    def find(self, key: Any, spec_values: dict[str, Any]) -> Fragment | None:
        """Return the fragment of a call, whose block is first in `key`, under these parameters."""
        for fragment in self.known.get(key, ()):
            if fragment.values == tuple([spec_values[name] for name in fragment.names]):
                self.used[key[0]] += 1
                return fragment
        return None

    def wants(self, key: Any) -> bool:
        """Return whether a call is worth recording: it comes a second time, and varies little.

        A block whose fragments are hardly ever of use, such as a stage that differs from network
        to network, is not recorded any more.
        """
        kept = self.kept[key[0]]
        if kept > TRIED and self.used[key[0]] < kept:
            return False
        if key in self.known:
            return len(self.known[key]) < MOST_ALIKE
        mark = hash(key)
        if mark in self.seen:
            return True
        if len(self.seen) >= 20 * MOST:
            self.seen.clear()
        self.seen.add(mark)
        return False

    def keep(self, key: Any, fragment: Fragment) -> None:
        """Keep a fragment; all are forgotten when there are too many."""
        if self.count >= MOST:
            self.known.clear()
            self.count = 0
        self.known.setdefault(key, []).append(fragment)
        self.count += 1
        self.kept[key[0]] += 1


def typed(value: Any) -> Any:
    """Return a key for a value that tells 1, 1.0 and true from one another."""
    if type(value) is tuple:
        for item in value:
            if type(item) is not int:
                return tuple([typed(item) for item in value])
        return value
    return value if type(value) is int or type(value) is str else (type(value), value)


def newest(found: dict[str, Any], since: int) -> list[tuple[str, Any]]:
    """Return what was added to a dictionary after it had `since` entries, oldest first."""
    added = list(islice(reversed(found.items()), len(found) - since))
    added.reverse()
    return added
