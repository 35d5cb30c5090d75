"""The layer graph: what a spec becomes, and what every analysis starts from."""

from __future__ import annotations

import gc
from functools import wraps

from cnncalc.diagnostics import UsageError, suggest
from cnncalc.record import Record, Shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from typing import Any, ParamSpec, Protocol, TypeVar

    from cnncalc.diagnostics import Diagnostic, Span
    from cnncalc.layers.base import Layer
    from cnncalc.layers.facts import Facts

    #: Whether weights are trained, and the type of numbers in memory; None where nobody says.
    Marks = tuple[bool | None, str | None]

    Given = ParamSpec("Given")
    Made = TypeVar("Made")

    class HasSpan(Protocol):
        """Something with a place in a spec."""

        @property
        def span(self) -> Span: ...


NO_PLACES: dict[str, HasSpan] = {}
#: How a reference program may write a layer: what a spec may say, and what conventions read.
SEEN_AS = ("function", "mean", "linear", "subclass")


class Node:
    """One layer at one place of the graph.

    `name` is its path; `inputs` are indices of earlier nodes; `shares` is the index of the node
    whose weights it uses, if any; `aux` says that it stands in an auxiliary head; `span` is its
    place in the spec, and `places` has that of each field; `seen_as` tells tool conventions how
    the reference code writes the layer. `marks` are `trainable` and `dtype`, where the spec says
    them of the layer or of a scope around it.
    """

    __slots__ = ("aux", "inputs", "layer", "marks", "name", "places", "seen_as", "shares", "span")

    def __init__(
        self,
        name: str,
        layer: Layer,
        inputs: tuple[int, ...],
        shares: int | None = None,
        aux: bool = False,
        span: Span | None = None,
        seen_as: str | None = None,
        places: Mapping[str, HasSpan] | None = None,
        marks: Marks | None = None,
    ) -> None:
        self.name = name
        self.layer = layer
        self.inputs = inputs
        self.shares = shares
        self.aux = aux
        self.span = span
        self.seen_as = seen_as
        self.places = places or NO_PLACES
        self.marks = marks

    @property
    def trainable(self) -> bool | None:
        """Whether its weights are trained; None if nobody says."""
        return None if self.marks is None else self.marks[0]

    @property
    def dtype(self) -> str | None:
        """The type of its weights and its output in memory; None if it is the network's."""
        return None if self.marks is None else self.marks[1]

    def marked(self, marks: Marks) -> Node:
        """Return the same node with other marks."""
        return Node(
            self.name, self.layer, self.inputs, self.shares, self.aux, self.span, self.seen_as,
            self.places, marks,
        )  # fmt: skip

    def span_of(self, field: str | None) -> Span | None:
        """Return the place of a field's value in the spec, or of the layer itself."""
        place = self.places.get(field or "")
        return place.span if place is not None else self.span

    @property
    def sources(self) -> tuple[int, ...]:
        """Those of its inputs whose values it reads; another may only give its size."""
        return self.layer.read(self.inputs)

    @property
    def scope(self) -> tuple[str, ...]:
        """The names of the scopes around the node, outermost first."""
        return tuple(self.name.split("/")[:-1])

    def __repr__(self) -> str:
        return f"Node({self.name!r}, {self.layer!r}, {self.inputs})"


class Published(Record):
    """A fact that a source states about a network, to be compared with what is computed.

    `value` is the text as printed (`60M`, `6x28x28`); `node` a node or scope, or None for the
    whole network; `erratum` says why the printed figure differs from the right one.
    """

    quantity: str
    value: str
    source: str | None = None
    node: str | None = None
    erratum: str | None = None
    span: Span | None = None


class Graph(Shown, Record):
    """A network: nodes in topological order; the first ones are its inputs.

    `inputs` and `outputs` are indices of nodes; `aux_outputs` those of auxiliary heads.
    `scopes` maps the path of every scope to what made it: a block's name, `branch` or `aux`.
    `entering` has, for calls of blocks that read several nodes, what the block calls each of them.
    `complete` is False if building stopped at a layer that cannot take its input; the last node
    is then that layer, and analysing the graph says what is wrong. `variants` are the names of
    the spec's variants, `variant` the one in force.
    """

    __slots__ = ("_facts",)

    name: str
    nodes: tuple[Node, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    aux_outputs: tuple[int, ...] = ()
    variant: str | None = None
    variants: tuple[str, ...] = ()
    parameters: Any = None
    description: str | None = None
    source: str | None = None
    year: int | None = None
    published: tuple[Published, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    scopes: Any = None
    entering: Any = None
    complete: bool = True

    @property
    def facts(self) -> tuple[Facts, ...] | None:
        """The figures of all nodes, if they were found while it was laid out; no copy has them."""
        return getattr(self, "_facts", None)

    def keep(self, facts: tuple[Facts, ...]) -> None:
        """Keep the figures of all nodes, which follow from them."""
        object.__setattr__(self, "_facts", facts)

    def index(self, name: str) -> int:
        """Return the index of a node, or of the last node of a scope; raises `KeyError`."""
        prefix = name + "/"
        found = None
        for position, node in enumerate(self.nodes):
            if node.name == name:
                return position
            if node.name.startswith(prefix):
                found = position
        if found is None:
            raise KeyError(name)
        return found

    def within(self, name: str) -> list[int]:
        """Return the indices of a node, or of all nodes of a scope; empty if there is none."""
        prefix = name + "/"
        return [i for i, n in enumerate(self.nodes) if n.name == name or n.name.startswith(prefix)]

    def freeze(self, names: Iterable[str]) -> Graph:
        """Return the graph with the weights of some nodes or scopes frozen; raises `UsageError`."""
        chosen: set[int] = set()
        for name in names:
            found = self.within(name)
            if not found:
                scopes = self.scopes or {}
                near = suggest(name, [*scopes, *[node.name for node in self.nodes]])
                help = f"did you mean `{near}`?" if near else "`cnncalc show` lists all names"
                raise UsageError(f"there is no layer or scope `{name}` to freeze", help)
            chosen.update(found)
        nodes = [
            node.marked((False, node.dtype)) if index in chosen else node
            for index, node in enumerate(self.nodes)
        ]
        return self.replace(nodes=tuple(nodes))

    def readers(self) -> list[list[int]]:
        """Return for each node the indices of the nodes that read it."""
        result: list[list[int]] = [[] for _ in self.nodes]
        for position, node in enumerate(self.nodes):
            for source in node.inputs:
                result[source].append(position)
        return result

    def leading_to(self, ends: Collection[int]) -> list[int]:
        """Return the nodes on which some depend, and these themselves, in order."""
        found = set(ends)
        for index in range(max(ends, default=-1), -1, -1):
            if index in found:
                found.update(self.nodes[index].inputs)
        return sorted(found)

    def live(self) -> list[bool]:
        """Return for each node whether an output, main or auxiliary, depends on it."""
        alive = [False] * len(self.nodes)
        for position in self.leading_to((*self.outputs, *self.aux_outputs)):
            alive[position] = True
        return alive


def acyclic(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """Return a function during which Python looks for no cycles.

    Large networks are hundreds of thousands of objects: to look through them again and again took
    a third of the time.
    """

    @wraps(function)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> Made:
        collecting = gc.isenabled()
        gc.disable()
        try:
            return function(*args, **kwargs)
        finally:
            if collecting:
                gc.enable()

    return run
