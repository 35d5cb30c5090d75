"""Entries of a spec before they are written: layers, merges, block calls, and what may vary.

A draft has *slots*: the fields whose values may differ between two places that are otherwise
alike. Two drafts of one `likeness` become two calls of one block, whose parameters are the slots
with different values.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cnncalc.layers import LAYERS, layer_class
from cnncalc.record import MISSING, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from cnncalc.exchange.structure import ListedNode
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape


class ExpressionText(Record):
    """A value that is computed: its text in the spec's arithmetic."""

    text: str


#: What exporters call layers that nobody named.
EMPTY_NAMES = frozenset(("node", "layer", "op", "tensor", "output", "model", "input", "function"))
#: Names in a spec may be longer; beyond this they say no more.
LONGEST_NAME = 60


class Draft:
    """One entry: its word, its fields as they will stand, its lists, and what it is called.

    `order` is that of all the fields there are; the first is what a lone value sets. `defaults`
    are the values of numeric fields that are not given, `varying` the fields that may become
    parameters of a block, given or not.
    `label` is a name that must stand, since somebody refers to it, `wish` one that may. `entering`
    is the number of channels that enter. `nodes` are the nodes of the graph that the entry stands
    for, in the order of writing, and `path` is their name in the graph, or their common scope.
    """

    __slots__ = (
        "defaults", "entering", "fields", "kind", "label", "lists", "nodes", "order", "origins",
        "path", "repeat", "varying", "wish", "word",
    )  # fmt: skip

    def __init__(
        self,
        word: str,
        fields: dict[str, Any],
        nodes: list[int],
        entering: int,
        *,
        path: str = "",
        kind: str = "layer",
        order: tuple[str, ...] = (),
        defaults: dict[str, Any] | None = None,
        lists: dict[str, list[Draft]] | None = None,
        origins: list[str] | None = None,
        label: str | None = None,
        wish: str | None = None,
    ) -> None:
        self.word = word
        self.fields = fields
        self.nodes = nodes
        self.entering = entering
        self.path = path
        self.kind = kind
        self.order = order
        self.defaults = defaults or {}
        self.varying = [name for name in order if may_vary(self.value(name))]
        self.lists = lists or {}
        self.origins = origins
        self.label = label
        self.wish = wish
        self.repeat = 1

    def parts(self) -> Iterator[Draft]:
        """Yield the entries of all lists within, without going deeper."""
        for entries in self.lists.values():
            yield from entries

    def likeness(self) -> tuple[Any, ...]:
        """Return what two entries must have in common to be two calls of one block."""
        fixed = tuple([(name, value) for name, value in self.fields.items() if not may_vary(value)])
        lists = tuple(
            [(name, *[d.likeness() for d in entries]) for name, entries in self.lists.items()]
        )
        named = any(part.label for part in every(list(self.parts())))
        alone = id(self) if named or self.origins or self.kind == "head" else 0
        return self.word, fixed, tuple(self.varying), lists, alone

    @property
    def role(self) -> str:
        """The role of the entry's layer; empty for calls and heads."""
        return layer_class(self.word).role if self.kind == "layer" else ""

    def size(self) -> int:
        """Return how many lines the entry takes, about."""
        return 1 + sum([1 + sum(d.size() for d in entries) for entries in self.lists.values()])

    def slots(self) -> Iterator[tuple[Draft, str]]:
        """Yield the places of the values that may vary: (entry, field), in the order of writing."""
        for name in self.varying:
            yield self, name
        for part in self.parts():
            yield from part.slots()

    def value(self, field: str) -> Any:
        """Return the value of a field, given or default."""
        return self.fields.get(field, self.defaults.get(field))


def may_vary(value: Any) -> bool:
    """Return whether a field's value may become a block's parameter: numbers, and lists of them."""
    if isinstance(value, bool | str) or value is None:
        return False
    if isinstance(value, tuple | list):
        return len(value) <= 3 and all(type(item) is int for item in value)
    return True


class Drafting:
    """Turns the structure of a graph into drafts; `shapes` are the output shapes of its nodes."""

    def __init__(self, graph: Graph, shapes: list[Shape], names: dict[int, str]) -> None:
        self.graph = graph
        self.shapes = shapes
        self.names = names  # of the nodes that somebody refers to

    def drafts(self, items: tuple[ListedNode, ...], previous: int) -> list[Draft]:
        """Return one list of entries, the first of which reads `previous`."""
        result = []
        for item in items:
            if item.head is not None:
                result.append(self.head(item, previous))
                continue
            result.append(self.draft(item, previous))
            previous = item.node
        return result

    def draft(self, item: ListedNode, previous: int) -> Draft:
        """Return the entry of a layer or a merge."""
        node = self.graph.nodes[item.node]
        reads = previous if item.origins is None else item.origins[0]
        lists = {}
        nodes = [item.node]
        if item.branches is not None:
            branches = [self.drafts(items, reads) for items in item.branches]
            lists = dict(zip(branch_names(branches), branches, strict=True))
            nodes = [i for entries in lists.values() for d in entries for i in d.nodes] + nodes
        fields = given_fields(node.layer)
        if node.layer.like is not None:
            fields["like"] = self.names[node.inputs[-1]]
        if node.shares is not None:
            fields["share"] = self.names[node.shares]
        weighs = node.layer.facts(tuple([self.shapes[i] for i in node.inputs])).params
        trainable = node.trainable if weighs or node.layer.opaque else None
        marks = {"seen_as": node.seen_as, "trainable": trainable, "dtype": node.dtype}
        fields |= {name: value for name, value in marks.items() if value is not None}
        return Draft(
            node.layer.keyword,
            fields,
            nodes,
            self.shapes[reads][0],
            path=node.name,
            order=tuple(node.layer.fields()),
            defaults={
                name: field.default
                for name, field in node.layer.fields().items()
                if field.default is not MISSING and may_vary(field.default)
            },
            lists=lists,
            origins=None if item.origins is None else [self.names[i] for i in item.origins],
            label=self.names.get(item.node),
            wish=telling(node.name, node.layer.keyword),
        )

    def head(self, item: ListedNode, root: int) -> Draft:
        """Return the entry of an auxiliary head."""
        assert item.head is not None
        entries = self.drafts(item.head, root)
        nodes = [i for entry in entries for i in entry.nodes]
        scope = self.graph.nodes[nodes[0]].scope
        name = scope[0] if scope else "aux"
        return Draft(
            "aux",
            {},
            nodes,
            self.shapes[root][0],
            kind="head",
            lists={"layers": entries},
            label=name,
        )


def given_fields(layer: Any) -> dict[str, Any]:
    """Return the fields of a layer that differ from their defaults."""
    given = {}
    values = layer.as_dict()
    for name, field in layer.fields().items():
        value = values[name]
        if field.default is MISSING or value != field.default:
            given[name] = value
    return given


def telling(path: str, keyword: str) -> str | None:
    """Return the last part of a node's name, unless it says no more than the keyword does."""
    last = re.sub("[^A-Za-z0-9_]+", "_", path.rsplit("/", 1)[-1]).strip("_")
    stem = last.rstrip("0123456789").rstrip("_").lower()
    says_nothing = (
        len(stem) < 2 or stem in EMPTY_NAMES or stem.replace("_", "") in words_of(keyword)
    )
    return None if says_nothing else last[:LONGEST_NAME]


@lru_cache(maxsize=256)
def words_of(keyword: str) -> frozenset[str]:
    """Return what a layer is called, here and in other tools, in small letters."""
    words = {keyword.replace("_", "")}
    if keyword in LAYERS:
        for names in layer_class(keyword).foreign.values():
            words.update(name.replace("_", "").lower() for name in names.split())
    return frozenset(words)


def branch_names(lists: list[list[Draft]]) -> list[str]:
    """Return a name for each branch of a merge: by what is in it, with a number where alike."""
    if len(lists) == 2 and not all(lists):
        return ["main" if entries else "shortcut" for entries in lists]
    names = [branch_name(entries) for entries in lists]
    counts: dict[str, int] = {}
    result = []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        result.append(name if names.count(name) == 1 else f"{name}_{counts[name]}")
    return result


def branch_name(entries: list[Draft]) -> str:
    """Return what a branch is: `pool`, or the size of its largest kernel, or its first layer."""
    if not entries:
        return "identity"
    flat = list(every(entries))
    if "pool" in entries[0].word:
        return "pool"
    kernels = [d.fields["kernel_size"] for d in flat if d.word == "conv"]
    sizes = [k if isinstance(k, tuple) else (k, k) for k in kernels if may_vary(k)]
    if not sizes:
        return entries[0].word
    return "x".join(map(str, max(sizes, key=lambda size: (max(size), sum(size)))))


def every(entries: list[Draft]) -> Iterator[Draft]:
    """Yield the entries of a list and of all lists within."""
    for entry in entries:
        yield entry
        yield from every(list(entry.parts()))
