"""Entries of `layers`, compiled: what is constant is decided once, what reads names waits.

`cnncalc.language.expand` lays them out as often as repeats and block calls ask for.
"""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, LayerError, SpecError, quoted
from cnncalc.language.fragments import typed
from cnncalc.language.limits import MAX_INTERNED, MAX_MADE, MAX_NESTING
from cnncalc.layers import layer_class
from cnncalc.layers.option import brief

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.diagnostics import Span
    from cnncalc.graph import Graph
    from cnncalc.language.fragments import BlockForm
    from cnncalc.language.places import Places
    from cnncalc.language.tree import Node, Scalar
    from cnncalc.language.values import Lookup, Value
    from cnncalc.layers.base import Layer
    from cnncalc.layers.option import LayerField


class Entry:
    """What every entry may carry, whatever it is: name, inputs, repetition, condition, sharing.

    `node` is where it stands; `keyword` the layer or block it names. `decision` is what its
    condition came to last; `same_condition` the entry above it if that has the same words for one.
    """

    __slots__ = (
        "condition", "decision", "dtype", "keyword", "name", "node", "repeat", "same_condition",
        "seen_as", "share", "sources", "span", "trainable",
    )  # fmt: skip

    def __init__(self, keyword: Scalar) -> None:
        self.keyword = keyword.text
        self.node = keyword
        self.span: Span = keyword.span
        self.name: Scalar | None = None
        self.sources: list[Scalar] | None = None
        self.repeat: Value | None = None
        self.condition: Value | None = None
        self.decision: bool | None = None
        self.same_condition: Entry | None = None
        self.share: Scalar | None = None
        self.seen_as: str | None = None
        self.trainable: Value | None = None
        self.dtype: Value | None = None

    def inner(self) -> list[list[Entry]]:
        """Return the lists of entries that this one holds."""
        return []

    def least_layers(self, known: dict[str, int], depth: int = 0) -> int:
        """Return how many layers this is at least, before anything is laid out.

        `known` has the count of each block met so far. What a condition or a number that is
        computed may leave out counts as nothing, as do blocks inside themselves.
        """
        repeat = 1 if self.repeat is None else self.repeat.constant
        if self.condition is not None or type(repeat) is not int or depth > MAX_NESTING:
            return 0
        return max(repeat, 0) * self.least_copy(known, depth)

    def least_copy(self, known: dict[str, int], depth: int) -> int:
        """Return how many layers one copy of this is at least."""
        return sum(entry.least_layers(known, depth + 1) for part in self.inner() for entry in part)


class LayerEntry(Entry):
    """A layer: its constant fields, and those computed where it is laid out.

    `finish` must follow when all fields are known. It `is_plain` with neither a condition nor a
    repetition nor `from`.
    """

    names: tuple[str, ...]
    checks: list[tuple[int, LayerField, str, int]]
    __slots__ = (
        "checks", "computed", "constants", "fixed", "interned", "is_plain", "layer_type", "like",
        "made", "names", "places", "values",
    )  # fmt: skip

    def __init__(self, keyword: Scalar) -> None:
        super().__init__(keyword)
        self.layer_type: type[Layer] = layer_class(keyword.text)
        self.constants: dict[str, Any] = {}
        self.like: Scalar | None = None  # the name of the layer whose size it takes
        self.computed: list[tuple[str, Value]] = []
        self.places: dict[str, Node] = {}
        self.made: dict[Any, Layer] = {}
        self.fixed: Layer | None = None  # the layer that the entry always means

    def finish(self, interned: dict[Any, Layer]) -> None:
        """Settle what is known before the entry is laid out; raises `SpecError`.

        `interned` has the layers of the spec by class and fields: equal layers become one object,
        built once, and their figures computed once.
        """
        self.interned = interned
        fields = self.layer_type.fields()
        self.values = [self.constants.get(name, spec.default) for name, spec in fields.items()]
        self.names, self.checks = (), []
        if self.computed:
            order = {name: at for at, name in enumerate(fields)}
            self.names = tuple(sorted({name for _, value in self.computed for name in value.names}))
            self.checks = [
                (order[name], fields[name], name, at) for at, (name, _) in enumerate(self.computed)
            ]
            self.checks.sort(key=lambda check: check[0])
        else:
            self.fixed = self.make(self.constants.__getitem__)
        said = self.condition or self.repeat or self.sources or self.trainable or self.dtype
        self.is_plain = said is None

    def again(self, keyword: Scalar) -> LayerEntry:
        """Return the same layer at another place, where its word stands alone as here."""
        entry = LayerEntry(keyword)
        entry.interned, entry.fixed, entry.is_plain = self.interned, self.fixed, self.is_plain
        entry.values, entry.names, entry.checks = self.values, self.names, self.checks
        return entry

    def least_copy(self, known: dict[str, int], depth: int) -> int:
        return 1 + super().least_copy(known, depth)

    def layer(self, lookup: Lookup) -> Layer:
        """Return the layer that the entry means under these names; raises `SpecError`."""
        names = self.names
        key = lookup(names[0]) if len(names) == 1 else tuple([lookup(name) for name in names])
        if type(key) is not int:
            key = typed(key)
        found = self.made.get(key)
        if found is None:
            if len(self.made) >= MAX_MADE:
                self.made.clear()
            found = self.made[key] = self.make(lookup)
        return found

    def make(self, lookup: Lookup) -> Layer:
        """Return a new layer; a fault names the values that led to it."""
        fields, interned = self.values.copy(), self.interned
        try:
            values = [value.evaluate(lookup) for _, value in self.computed]
            for at, spec, name, which in self.checks:
                fields[at] = spec.check(name, values[which])
            key = self.layer_type, *fields
            found = interned.get(key)
            if found is None:
                if len(interned) >= MAX_INTERNED:
                    interned.clear()
                found = interned[key] = self.layer_type.of(fields)
            return found
        except LayerError as error:
            read = {name: lookup(name) for name in self.names}
            place = self.places.get(error.field or "", self.node)
            empty = [name for name, value in read.items() if value is None]
            help = f"give {quoted(empty[0])} a value in `parameters`" if empty else error.help
            diagnostic = Diagnostic(error.message, place.span, help, given(read))
            raise SpecError(diagnostic) from None
        except SpecError as error:
            notes = given({name: lookup(name) for name in self.names})
            raise SpecError(*[d.replace(notes=notes) for d in error.diagnostics]) from None


def given(values: dict[str, Any]) -> tuple[str, ...]:
    """Return a note on the values that led to a fault, if names were read."""
    if not values:
        return ()
    return ("here " + ", ".join(f"{name} = {brief(value)}" for name, value in values.items()),)


class SequenceEntry(Entry):
    """Entries beside each other under one keyword: `body`."""

    __slots__ = ("body",)

    def __init__(self, keyword: Scalar) -> None:
        super().__init__(keyword)
        self.body: list[Entry] = []

    def inner(self) -> list[list[Entry]]:
        return [self.body]


class AuxEntry(SequenceEntry):
    """An auxiliary head: entries beside the main path."""

    __slots__ = ()


class GroupEntry(SequenceEntry):
    """Entries under one condition, without a name of their own; or a branch of a merge.

    Of a branch `keyword` is its label.
    """

    __slots__ = ()


class MergeEntry(LayerEntry):
    """A merge: branches, or none (then `from` names what is joined)."""

    __slots__ = ("branches",)

    def __init__(self, keyword: Scalar) -> None:
        super().__init__(keyword)
        self.branches: list[GroupEntry] = []

    def inner(self) -> list[list[Entry]]:
        return [[*self.branches]]


class CallEntry(Entry):
    """A block call: the block and its arguments."""

    __slots__ = ("arguments", "block")

    def __init__(self, keyword: Scalar, block: Block) -> None:
        super().__init__(keyword)
        self.block = block
        self.arguments: dict[str, Value] = {}

    def inner(self) -> list[list[Entry]]:
        return [self.block.body]

    def least_copy(self, known: dict[str, int], depth: int) -> int:
        if self.keyword not in known:
            known[self.keyword] = 0  # until it is known: what it calls may call it
            known[self.keyword] = super().least_copy(known, depth)
        return known[self.keyword]


class NetworkEntry(Entry):
    """Another spec as a block: `open` lays it out for settings, an input shape and a depth.

    `until` names the last layer or scope that is taken, the whole network if it is None.
    """

    __slots__ = ("open", "settings", "until")

    def __init__(self, keyword: Scalar, open: Callable[..., tuple[Graph, Places]]) -> None:
        super().__init__(keyword)
        self.open = open
        self.settings: dict[str, Value] = {}
        self.until: Scalar | None = None


class ChosenEntry(Entry):
    """A layer or block whose word a parameter holds; `made` has what each word came to.

    `compile` makes the entry of a word, with the fields that are given.
    """

    __slots__ = ("compile", "made", "word")

    def __init__(self, keyword: Scalar, word: Value, compile: Callable[[str], Entry]) -> None:
        super().__init__(keyword)
        self.word = word
        self.compile = compile
        self.made: dict[str, Entry] = {}

    def entry(self, word: str) -> Entry:
        """Return the entry that a word means, with what is said of this one; raises `SpecError`."""
        found = self.made.get(word)
        if found is None:
            found = self.made[word] = self.compile(word)
            found.name, found.sources, found.repeat = self.name, self.sources, None
            found.share, found.seen_as = self.share, self.seen_as
        return found


class Block:
    """A named piece of a network: its parameters with defaults (None: required), its entries.

    `inputs` name what it reads, if it says so, and `outputs` what it gives (else its last layer).
    `plan` lays out a copy of it, if all are alike; until then `calls` counts how often it was met.
    """

    __slots__ = ("body", "calls", "defaults", "inputs", "name", "outputs", "plan", "used")

    def __init__(self, name: Scalar) -> None:
        self.name = name
        self.defaults: dict[str, Value | None] = {}
        self.inputs: list[Scalar] = []
        self.outputs: list[Scalar] = []
        self.body: list[Entry] = []
        self.calls = 0
        self.plan: BlockForm | None = None
        self.used = False
