"""The network while it is laid out: its nodes, their shapes, and what expressions read there."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, LayerError
from cnncalc.graph import Node
from cnncalc.language.fragments import Recording
from cnncalc.language.limits import MAX_IDLE, MAX_LAYERS, MAX_NESTING, MAX_STEPS
from cnncalc.language.places import Places, Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from cnncalc.language.entries import Entry, LayerEntry
    from cnncalc.language.fragments import Fragments
    from cnncalc.language.tree import Scalar
    from cnncalc.layers.base import Layer
    from cnncalc.layers.facts import Facts
    from cnncalc.quantities import Shape


class Stop(Exception):
    """Laying out cannot go on: a layer before this place cannot take its input."""


class Env(dict[str, "Any"]):
    """The names that expressions read at one place: a block's parameters, and the spec's.

    Lists are held in `lists`, not in the dictionary itself: what goes over them is counted.
    """

    __slots__ = ("entry", "laid", "lists", "reads")

    def __init__(self, laid: Laid, entry: Entry | None = None, reads: int = 0) -> None:
        self.laid = laid
        self.entry = entry  # what is being laid out
        self.reads = reads
        self.lists: dict[str, tuple[Any, ...]] | None = None

    def put_list(self, name: str, value: tuple[Any, ...]) -> None:
        """Give a parameter a list as its value."""
        self.lists = {**(self.lists or {}), name: value}

    def __missing__(self, name: str) -> Any:
        laid = self.laid
        if name == "in_channels":
            return laid.shape(self.reads)[0]
        if self.lists is not None and name in self.lists:
            value: Any = self.lists[name]
        else:
            if laid.recordings:
                laid.recordings[-1].names.add(name)
            value = laid.spec_values[name]
        if type(value) is tuple:
            laid.count_steps(len(value), self.entry)
        return value


class Laid:
    """What is laid out so far; `nodes` begins with the inputs of the network.

    `spec_values` are the spec's own parameters, which every block knows too; `fragments` what
    was laid out before of the same spec (None: nothing, and nothing is to be kept). `current` is
    the node that the next entry reads, unless it says `from`.
    """

    def __init__(
        self,
        nodes: list[Node],
        spec_values: dict[str, Any],
        errors: list[Diagnostic],
        fragments: Fragments | None = None,
        depth: int = 0,
    ) -> None:
        self.nodes = nodes
        self.spec_values = spec_values
        self.fragments = fragments
        self.recordings: list[Recording] = []  # of the calls that are being laid out
        self.top = Scope(depth=depth)
        self.places = Places(nodes)
        self.aux_outputs: list[int] = []
        self.errors = errors
        self.warnings: list[Diagnostic] = []
        self.idle = 0  # entries so far that laid out no layer
        self.steps = 0  # items of lists that expressions read so far
        self.facts = [node.layer.facts(()) for node in nodes]
        self.current = 0

    def run(self, entries: list[Entry], env: Env, scope: Scope) -> None:
        """Lay out entries one after the other; faults are gathered, and the rest goes on."""
        raise NotImplementedError

    def count_steps(self, count: int, entry: Entry | None) -> None:
        """Give up if the expressions of the spec go over lists for ever."""
        self.steps += count
        if self.steps > MAX_STEPS:
            message = f"the expressions of this spec go over more than {MAX_STEPS:,} items of lists"
            help = "shorten the lists, or `repeat` less often what reads them"
            self.errors.append(Diagnostic(message, entry.span if entry else None, help))
            raise Stop

    def count_idle(self, entry: Entry) -> None:
        """Give up if too many entries come to nothing: blocks of empty blocks, false conditions."""
        self.idle += 1
        if self.idle > MAX_IDLE:
            message = f"more than {MAX_IDLE:,} entries come to no layer"
            help = "check `repeat`, `if` and empty blocks"
            self.errors.append(Diagnostic(message, entry.span, help))
            raise Stop

    def too_many(self, entry: Entry) -> NoReturn:
        """Give up: the network would have too many layers."""
        node = entry.repeat.node if entry.repeat is not None else entry.node
        message = f"the network has more than {MAX_LAYERS:,} layers"
        self.errors.append(Diagnostic(message, node.span, "check `repeat` and the block calls"))
        raise Stop

    def check_least(self, entries: list[Entry]) -> None:
        """Give up before anything is laid out if there are too many layers in any case."""
        known: dict[str, int] = {}
        total = 0
        for entry in entries:
            total += entry.least_layers(known)
            if total > MAX_LAYERS:
                self.too_many(entry)

    def shape(self, index: int) -> Shape:
        """Return the output shape of a node, working out all nodes before it first."""
        given: tuple[Shape, ...]
        facts = self.facts
        if index < len(facts):
            return facts[index].output
        try:
            for node in self.nodes[len(facts) : index + 1]:
                read = node.inputs
                if len(read) == 1:
                    given = (facts[read[0]].output,)
                else:
                    given = tuple([facts[i].output for i in read])
                facts.append(node.layer.facts(given))
        except LayerError:
            raise Stop from None
        return facts[index].output

    def all_facts(self) -> tuple[Facts, ...] | None:
        """Return the figures of all nodes; None if a layer fails, or weights are to be compared."""
        try:
            self.shape(len(self.nodes) - 1)
        except Stop:
            return None
        shared = any(node.shares is not None for node in self.nodes)
        return None if shared else tuple(self.facts)

    def find(self, name: Scalar, scope: Scope) -> int:
        """Return the node that a name means; raises `SpecError` if it means none."""
        found = self.places.find(name, scope)
        if found is None:
            if self.errors:
                raise Stop  # the layer that is missing may be one that was refused
            raise self.places.unknown(name, scope)
        path, index = found
        if self.recordings:
            self.recordings[-1].include((), len(path))
        return index

    def add(
        self, entry: LayerEntry, layer: Layer, inputs: tuple[int, ...], scope: Scope, path: str
    ) -> None:
        """Append a node."""
        nodes = self.nodes
        index = len(nodes)
        if index >= MAX_LAYERS:
            self.too_many(entry)
        shares = None if entry.share is None else self.shared(entry.share, scope)
        nodes.append(
            Node(path, layer, inputs, shares, scope.aux, entry.span, entry.seen_as, entry.places)
        )
        self.places.of[path] = self.current = index

    def shared(self, name: Scalar, scope: Scope) -> int:
        """Return the node that owns the weights which a `share` names."""
        index = self.find(name, scope)
        owner = self.nodes[index].shares
        return index if owner is None else owner

    def nested(self, entry: Entry, inner: Scope) -> Scope:
        """Return the scope of a block, a group, a merge or a head; gives up if it is too deep."""
        if inner.depth > MAX_NESTING:
            message = f"blocks and branches are nested more than {MAX_NESTING} deep"
            help = None
            if self.places.calls_itself(entry.keyword, inner):
                help = f"`{entry.keyword}` calls itself: give the call an `if` that ends it sooner"
            self.errors.append(Diagnostic(message, entry.span, help))
            raise Stop
        return inner
