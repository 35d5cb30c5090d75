"""Entries of `layers`, compiled: what is constant is decided once, what reads names waits.

`compile_entries` turns the located tree into entries and collects every fault on the way;
`cnncalc.language.expand` then lays the entries out as often as repeats and block calls ask for.
"""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, LayerError, SpecError, quoted, suggest
from cnncalc.graph import SEEN_AS
from cnncalc.language.tree import Mapping, Scalar, Sequence
from cnncalc.language.values import AMBIENT, TRUTHS, Constant, Faults, compile_value, fault, slip
from cnncalc.layers import ALIASES, FIELD_ALIASES, LAYERS, layer_class
from cnncalc.layers.fields import show
from cnncalc.record import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from cnncalc.diagnostics import Span
    from cnncalc.language.tree import Node
    from cnncalc.language.values import Value
    from cnncalc.layers.base import Layer
    from cnncalc.layers.fields import LayerField

MERGES = ("add", "multiply", "concat")
GENERIC = ("name", "from", "repeat", "share", "if", "seen_as")
LONGEST_NAME = 100
#: How many layers an entry remembers, each under other values of the names it reads.
MAX_MADE = 300
#: Keys of the spec that are found among its layers when they are indented too far.
HEADER_KEYS = ("input", "inputs", "parameters", "variants", "blocks", "layers", "outputs")
#: Fields of other tools for which there is another way here.
FIELD_HELP = {
    "activation": "an activation is a layer of its own: add one below, such as `- relu`",
    "axis": "concat joins the channels, which needs no saying",
    "dim": "concat joins the channels, which needs no saying",
    "in_channels": "delete it: the channels of the input are known",
    "in_features": "delete it: the length of the input is known",
    "num_features": "delete it: the channels of the input are known",
    "inplace": "delete it: it changes no figure here",
    "input_shape": "delete it: `input` at the top of the spec says it",
}


class Entry:
    """What every entry may carry, whatever it is: name, inputs, repetition, condition, sharing.

    `node` is where it stands; `keyword` the layer or block it names.
    """

    __slots__ = (
        "condition", "keyword", "name", "node", "repeat", "seen_as", "share", "sources", "span",
    )  # fmt: skip

    def __init__(self, keyword: Scalar) -> None:
        self.keyword = keyword.text
        self.node = keyword
        self.span: Span = keyword.span
        self.name: Scalar | None = None
        self.sources: list[Scalar] | None = None
        self.repeat: Value | None = None
        self.condition: Value | None = None
        self.share: Scalar | None = None
        self.seen_as: str | None = None


class LayerEntry(Entry):
    """A layer: its constant fields, and those computed where it is laid out."""

    __slots__ = ("computed", "constants", "layer_type", "made", "names", "places")

    def __init__(self, keyword: Scalar) -> None:
        super().__init__(keyword)
        self.layer_type: type[Layer] = layer_class(keyword.text)
        self.constants: dict[str, Any] = {}
        self.computed: list[tuple[str, Value]] = []
        self.places: dict[str, Node] = {}
        self.names: tuple[str, ...] = ()
        self.made: dict[Any, Layer] = {}

    def layer(self, lookup: Any) -> Layer:
        """Return the layer that the entry means under these names; raises `SpecError`."""
        key = tuple([lookup(name) for name in self.names])
        found = self.made.get(key)
        if found is None:
            if len(self.made) >= MAX_MADE:
                self.made.clear()
            found = self.made[key] = self.make(lookup, dict(zip(self.names, key, strict=True)))
        return found

    def make(self, lookup: Any, values: dict[str, Any]) -> Layer:
        """Return a new layer; a fault names the values that led to it."""
        notes: tuple[str, ...] = ()
        if values:
            notes = ("here " + ", ".join(f"{n} = {show(v)}" for n, v in values.items()),)
        fields = dict(self.constants)
        try:
            for field, value in self.computed:
                fields[field] = value.evaluate(lookup)
            return self.layer_type(**fields)
        except LayerError as error:
            place = self.places.get(error.field or "", self.node)
            empty = [name for name, value in values.items() if value is None]
            help = f"give {quoted(empty[0])} a value in `parameters`" if empty else error.help
            diagnostic = Diagnostic(error.message, place.span, help, notes)
            raise SpecError(diagnostic) from None
        except SpecError as error:
            raise SpecError(*[d.replace(notes=notes) for d in error.diagnostics]) from None


class MergeEntry(LayerEntry):
    """A merge: branches, each a list of entries, or none (then `from` names what is joined)."""

    __slots__ = ("branches",)

    def __init__(self, keyword: Scalar) -> None:
        super().__init__(keyword)
        self.branches: list[tuple[str, list[Entry]]] = []


class CallEntry(Entry):
    """A block call: the block and its arguments."""

    __slots__ = ("arguments", "block")

    def __init__(self, keyword: Scalar, block: Block) -> None:
        super().__init__(keyword)
        self.block = block
        self.arguments: dict[str, Value] = {}


class AuxEntry(Entry):
    """An auxiliary head: entries beside the main path."""

    __slots__ = ("body",)

    def __init__(self, keyword: Scalar) -> None:
        super().__init__(keyword)
        self.body: list[Entry] = []


class Block:
    """A named piece of a network: its parameters with defaults (None: required), its entries.

    `open` counts the calls of it that are being laid out, one inside the other.
    """

    __slots__ = ("body", "defaults", "name", "open", "used")

    def __init__(self, name: Scalar) -> None:
        self.name = name
        self.defaults: dict[str, Value | None] = {}
        self.body: list[Entry] = []
        self.used = False
        self.open = 0


class Compiler:
    """Compiles entries under the names known at their place; gathers errors and what was used."""

    def __init__(self, blocks: dict[str, Block], known: tuple[str, ...], rounding: str) -> None:
        self.blocks = blocks
        self.known = known
        self.rounding = rounding
        self.errors = Faults()
        self.used: set[str] = set()
        self.interned: dict[Any, Layer] = {}

    def within(self, names: tuple[str, ...]) -> Compiler:
        """Return a compiler for a block's body, which knows further names."""
        inner = Compiler(self.blocks, (*names, *self.known), self.rounding)
        inner.errors = self.errors
        inner.interned = self.interned
        return inner

    def value(
        self, node: Node, words: tuple[str, ...] = (), index: bool = False, wanted: str = ""
    ) -> Value:
        """Return a compiled value, and note the names it reads."""
        known = (*self.known, *AMBIENT) if index else (*self.known, "in_channels")
        value = compile_value(node, known, words, wanted)
        self.used.update(value.names)
        return value

    def entries(self, node: Node | None, what: str) -> list[Entry]:
        """Return the entries of a list; faults are gathered, and faulty entries left out."""
        if not isinstance(node, Sequence):
            if node is not None:
                help = "write a list: one `- layer` per line, or [] for none"
                shown = node.kind
                self.errors.append(
                    Diagnostic(f"{what} wants a list of layers, not {shown}", node.span, help)
                )
            return []
        result = []
        for item in node.items:
            try:
                result.append(self.entry(item))
            except SpecError as error:
                self.errors.extend(error.diagnostics)
        return result

    def entry(self, node: Node) -> Entry:
        """Return one compiled entry; raises `SpecError`."""
        keyword, value = split(node)
        word = keyword.text
        if word in self.blocks:
            return self.call(keyword, value)
        if word == "aux":
            return self.aux(keyword, value)
        if word in MERGES:
            return self.merge(keyword, value)
        if word not in LAYERS:
            meant = suggest(word, [*LAYERS, *self.blocks, "aux"], ALIASES)
            help = f"did you mean `{meant}`?" if meant else "`cnncalc layers` lists all layers"
            if word in HEADER_KEYS:
                help = f"`{word}:` belongs to the whole spec: write it at the left margin"
            help = slip(word) or help
            fault(keyword, f"there is no layer or block named {quoted(word)}", help)
        return self.layer(keyword, value)

    def generic(self, entry: Entry, key: Scalar, value: Node) -> bool:
        """Take a key that any entry may have; returns False if it is not one of them."""
        word = key.text
        if word not in GENERIC:
            return False
        if word == "name":
            entry.name = layer_name(value)
        elif word == "from":
            entry.sources = references(value)
        elif word == "repeat":
            entry.repeat = self.value(value, wanted="a whole number from 0")
        elif word == "if":
            entry.condition = self.value(value, index=True, wanted=TRUTHS)
        elif word == "share":
            entry.share = references(value)[0]
        else:
            if not isinstance(value, Scalar) or value.text not in SEEN_AS:
                help = "leave it out unless a tool's total differs without it"
                fault(value, "`seen_as` must be one of " + ", ".join(SEEN_AS), help)
            entry.seen_as = value.text
        return True

    def layer(self, keyword: Scalar, value: Node | None) -> Entry:
        """Return a compiled layer; all faults of its fields are told at once."""
        entry = LayerEntry(keyword)
        fields = entry.layer_type.fields()
        faults = Faults()
        repeated = isinstance(value, Mapping) and "repeat" in value.values
        for key, item in field_entries(keyword, value, tuple(fields)):
            if faults and is_rest_of_expression(key, item):
                continue
            try:
                if not self.generic(entry, key, item):
                    self.field(entry, key, item, fields, repeated)
            except SpecError as error:
                faults.extend(error.diagnostics)
        if len(entry.sources or ()) > 1:
            faults.append(one_input(entry))
        if not faults:
            faults.extend(missing_fields(entry, fields))
        if faults:
            raise SpecError(*faults)
        self.finish(entry, fields)
        return entry

    def field(
        self,
        entry: LayerEntry,
        key: Scalar,
        item: Node,
        fields: dict[str, LayerField],
        repeated: bool,
    ) -> None:
        """Take one field of a layer; raises `SpecError`."""
        if key.text not in fields:
            unknown_field(entry.keyword, key, tuple(fields))
        spec = fields[key.text]
        words = getattr(spec, "choices", getattr(spec, "words", ()))
        if isinstance(item, Mapping):
            help = spec.advice(key.text)
            fault(item, f"`{key.text}` must be {spec.wanted}, not a mapping", help)
        value = self.value(item, words, repeated, spec.wanted)
        entry.places[key.text] = item
        if isinstance(value, Constant):
            if value.value is None and not spec.optional:
                fault(key, f"`{key.text}` has no value", f"it must be {spec.wanted}")
            try:
                entry.constants[key.text] = spec.check(key.text, value.value)
            except LayerError as error:
                fault(item, error.message, error.help)
        else:
            entry.computed.append((key.text, value))

    def finish(self, entry: LayerEntry, fields: dict[str, LayerField]) -> None:
        """Settle what the computed fields read; make a layer without any at once."""
        if (
            self.rounding != "floor"
            and "rounding" in fields
            and "rounding" not in entry.places
            and not entry.constants.get("ceil_mode")
        ):
            entry.constants["rounding"] = self.rounding
        names: set[str] = set()
        for _, value in entry.computed:
            names.update(value.names)
        entry.names = tuple(sorted(names))
        if not entry.computed:
            # Equal layers become one object: built once, and their figures computed once.
            key = entry.layer_type, tuple(entry.constants.items())
            layer = self.interned.get(key)
            if layer is None:
                layer = self.interned[key] = entry.layer(None)
            entry.made[()] = layer

    def merge(self, keyword: Scalar, value: Node | None) -> Entry:
        """Return a compiled merge, over branches or over `from`."""
        entry = MergeEntry(keyword)
        help = f"write `{keyword.text}: {{main: [...], shortcut: []}}`, or `from: [a, b]`"
        if not isinstance(value, Mapping):
            fault(value or keyword, f"{keyword.text} needs branches, or `from`", help)
        for key, item in value.entries:
            if self.generic(entry, key, item):
                continue
            check_name(key, "a branch")
            if key.text in FIELD_HELP and not isinstance(item, Sequence):
                unknown_field(keyword.text, key, ())
            entry.branches.append((key.text, self.entries(item, f"branch `{key.text}`")))
        if not entry.branches and entry.sources is None:
            fault(keyword, f"{keyword.text} needs branches, or `from`", help)
        if entry.branches and len(entry.sources or ()) > 1:
            message = "`from` with branches takes one name: where the branches begin"
            fault(
                keyword, message, "remove the branches to join several layers, or all names but one"
            )
        self.finish(entry, {})
        return entry

    def aux(self, keyword: Scalar, value: Node | None) -> Entry:
        """Return a compiled auxiliary head."""
        entry = AuxEntry(keyword)
        help = "write `aux: {name: aux1, layers: [...]}`"
        if not isinstance(value, Mapping) or value.get("layers") is None:
            fault(value or keyword, "aux needs `layers`", help)
        for key, item in value.entries:
            if key.text == "layers":
                entry.body = self.entries(item, "`layers`")
            elif not self.generic(entry, key, item):
                unknown_field("aux", key, ("layers",))
        return entry

    def call(self, keyword: Scalar, value: Node | None) -> Entry:
        """Return a compiled block call; all faults of its arguments are told at once."""
        block = self.blocks[keyword.text]
        block.used = True
        entry = CallEntry(keyword, block)
        repeated = isinstance(value, Mapping) and "repeat" in value.values
        faults = Faults()
        for key, item in field_entries(keyword, value, tuple(block.defaults), "parameters"):
            if faults and is_rest_of_expression(key, item):
                continue
            try:
                if self.generic(entry, key, item):
                    continue
                if key.text not in block.defaults:
                    unknown_field(keyword.text, key, tuple(block.defaults), "parameter")
                entry.arguments[key.text] = self.value(item, index=repeated)
            except SpecError as error:
                faults.extend(error.diagnostics)
        if len(entry.sources or ()) > 1:
            faults.append(one_input(entry))
        for name, default in block.defaults.items():
            if default is None and name not in entry.arguments and not faults:
                help = f"write `{keyword.text}: {{{name}: ...}}`"
                faults.append(Diagnostic(f"{keyword.text} needs `{name}`", keyword.span, help))
        if faults:
            raise SpecError(*faults)
        return entry


def split(node: Node) -> tuple[Scalar, Node | None]:
    """Return the keyword of an entry and what stands after it; raises `SpecError`."""
    if isinstance(node, Scalar):
        if not node.text:
            fault(node, "here is an empty entry", "remove the `-`, or name a layer after it")
        return node, None
    if isinstance(node, Sequence):
        fault(node, "an entry is a layer or a block, not a list", "remove one level of brackets")
    if len(node.entries) != 1:
        words = ", ".join(f"`{key.text}`" for key, _ in node.entries[:5])
        if not node.entries:
            fault(node, "here is an empty entry", "name a layer")
        first, value = node.entries[0]
        help = f"begin each layer with `- `; put the fields of one in `{first.text}: {{...}}`"
        if isinstance(value, Scalar) and not value.text:
            help = f"indent the fields below `{first.text}:`, or write `{first.text}: {{...}}`"
        fault(node.entries[1][0], f"an entry is one layer, but this one has {words}", help)
    keyword, value = node.entries[0]
    if isinstance(value, Scalar) and not value.text and not value.quoted:
        return keyword, None
    return keyword, value


def field_entries(
    keyword: Scalar, value: Node | None, fields: tuple[str, ...], what: str = "fields"
) -> list[tuple[Scalar, Node]]:
    """Return keys and values of an entry; a bare value belongs to the first field."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        return value.entries
    if not fields:
        help = f"write `- {keyword.text}`"
        fault(value, f"{keyword.text} has no {what}, so it takes no value", help)
    return [(Scalar(fields[0], None, *value.place), value)]


def is_rest_of_expression(key: Scalar, value: Node) -> bool:
    """Return whether a key is what a comma of YAML has cut off an expression: `16)`."""
    return value.kind == "nothing" and key.text.count(")") > key.text.count("(")


def missing_fields(entry: LayerEntry, fields: dict[str, LayerField]) -> list[Diagnostic]:
    """Return a fault for every required field that was not given."""
    given = {*entry.constants, *(name for name, _ in entry.computed)}
    missing = [n for n, spec in fields.items() if spec.default is MISSING and n not in given]
    if not missing:
        return []
    names = " and ".join(f"`{name}`" for name in missing)
    shown = ", ".join(f"{name}: ..." for name in missing)
    first = missing[0]
    help = f"write `{entry.keyword}: {{{shown}}}`; `{first}`: {fields[first].doc}"
    return [Diagnostic(f"{entry.keyword} needs {names}", entry.span, help)]


def unknown_field(
    owner: str, key: Scalar, fields: tuple[str, ...], what: str = "field"
) -> NoReturn:
    """Raise a `SpecError` for a key that its owner does not have."""
    meant = suggest(key.text, [*fields, *GENERIC], FIELD_ALIASES)
    if meant:
        help = f"did you mean `{meant}`?"
    elif fields:
        help = f"{owner} has " + ", ".join(fields)
    else:
        help = f"{owner} has no {what}s of its own; any entry may have " + ", ".join(GENERIC)
    help = slip(key.text) or (FIELD_HELP.get(key.text) if what == "field" else None) or help
    fault(key, f"{owner} has no {what} {quoted(key.text)}", help)


def one_input(entry: Entry) -> Diagnostic:
    """Return the fault of several inputs where one is taken."""
    place = (entry.sources or [entry.node])[1]
    help = "join them first: `concat: {from: [a, b]}`, `add` or `multiply`"
    return Diagnostic(f"{entry.keyword} takes one input, not several", place.span, help)


def references(node: Node) -> list[Scalar]:
    """Return the names that a `from` or `share` gives; raises `SpecError`."""
    items = node.items if isinstance(node, Sequence) else [node]
    if not items:
        fault(node, "an empty list names nothing", "name at least one earlier layer")
    for item in items:
        if not isinstance(item, Scalar) or not item.text:
            help = "give the layer a `name` and write it here"
            fault(item, f"wanted the name of an earlier layer, not {item.kind}", help)
    return items  # type: ignore[return-value]  # all of them were just seen to be scalars


def layer_name(node: Node) -> Scalar:
    """Return a name given by the spec; raises `SpecError` if it cannot be one."""
    if not isinstance(node, Scalar):
        fault(node, f"a name must be a word, not {node.kind}", "such as `name: conv1`")
    check_name(node, "a name")
    return node


def check_name(node: Scalar, what: str) -> None:
    """Raise `SpecError` unless the text can be one part of a path."""
    text = node.text
    if not text:
        fault(node, f"{what} cannot be empty", "leave it out, or write a word")
    if len(text) > LONGEST_NAME:
        size = f"{what} may have {LONGEST_NAME} characters, this has {len(text)}"
        fault(node, size, "choose a shorter one")
    if "/" in text:
        help = "scopes are joined by `/` by themselves; write the last part only"
        fault(node, f"{what} cannot contain `/`", help)
    if not text.isprintable() or " " in text:
        help = "join its words with `_`"
        fault(node, f"{what} cannot contain spaces or control characters", help)
