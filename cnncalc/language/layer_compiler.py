"""Layers compiled: their fields, and the keys and values that every entry has in common."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError, SpecError
from cnncalc.graph import SEEN_AS
from cnncalc.language.entries import LayerEntry
from cnncalc.language.entry_faults import (
    GENERIC,
    field_entries,
    is_rest_of_expression,
    missing_fields,
    one_input,
    unknown_field,
)
from cnncalc.language.names import layer_name, references
from cnncalc.language.tree import Mapping, Scalar
from cnncalc.language.values import AMBIENT, TRUTHS, Constant, Faults, compile_value, fault
from cnncalc.layers import LAYERS
from cnncalc.quantities import DTYPE_BITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from cnncalc.language.entries import Block, Entry
    from cnncalc.language.tree import Node
    from cnncalc.language.values import Value
    from cnncalc.layers.base import Layer
    from cnncalc.layers.option import LayerField

    #: Finds another spec by its name and returns what lays it out; raises `UsageError`.
    Networks: TypeAlias = Callable[[str], Callable[..., Any]]

DTYPES = "one of " + ", ".join(DTYPE_BITS)


class LayerCompiler:
    """Compiles layers under the names known at their place; gathers errors and what was used."""

    def __init__(
        self, blocks: dict[str, Block], known: tuple[str, ...], rounding: str, networks: Networks
    ) -> None:
        self.blocks = blocks
        self.known = known
        self.rounding = rounding
        self.networks = networks
        self.errors = Faults()
        self.used: set[str] = set()
        self.interned: dict[Any, Layer] = {}
        self.words: dict[str, LayerEntry] = {}  # the layers that are a word without fields

    def value(
        self, node: Node, words: tuple[str, ...] = (), index: bool = False, wanted: str = ""
    ) -> Value:
        """Return a compiled value, and note the names it reads."""
        known = (*self.known, *AMBIENT) if index else (*self.known, "in_channels")
        value = compile_value(node, known, words, wanted)
        self.used.update(value.names)
        return value

    def formula(self, node: Node, index: bool, wanted: str) -> Value:
        """Return a compiled formula over shapes, and note the names it reads."""
        from cnncalc.language.formulas import compile_formula

        known = (*self.known, "index") if index else self.known
        value = compile_formula(node, known, wanted)
        self.used.update(value.names)
        return value

    def argument(self, node: Node, index: bool) -> Value:
        """Return a compiled argument of a block call; the word of a layer stands for itself."""
        text = node.text if isinstance(node, Scalar) else ""
        if text not in self.known and (text in LAYERS or text in self.blocks):
            return Constant(node, text)
        return self.value(node, index=index)

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
        elif word == "trainable":
            entry.trainable = self.value(value, index=True, wanted=TRUTHS)
        elif word == "dtype":
            entry.dtype = self.value(value, tuple(DTYPE_BITS), index=True, wanted=DTYPES)
        else:
            if not isinstance(value, Scalar) or value.text not in SEEN_AS:
                help = "leave it out unless a tool's total differs without it"
                fault(value, "`seen_as` must be one of " + ", ".join(SEEN_AS), help)
            entry.seen_as = value.text
        return True

    def layer(self, keyword: Scalar, value: Node | None) -> Entry:
        """Return a compiled layer; all faults of its fields are shown at once."""
        if value is None and keyword.text in self.words:
            return self.words[keyword.text].again(keyword)
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
        if len(entry.sources or ()) > 1 and entry.layer_type.arity is not None:
            faults.append(one_input(entry))
        if not faults:
            faults.extend(missing_fields(entry, fields))
        if faults:
            raise SpecError(*faults)
        self.finish(entry, fields)
        if value is None:
            self.words[keyword.text] = entry
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
        entry.places[key.text] = item
        if spec.kind == "reference":
            entry.like, *more = references(item)
            if more:
                fault(item, f"`{key.text}` names one layer", "write its name alone")
            entry.constants[key.text] = entry.like.text
            return
        if spec.is_formula:
            value = self.formula(item, repeated, spec.wanted)
        elif spec.is_name:
            value = Constant(item, item.text if isinstance(item, Scalar) else ())
        else:
            value = self.value(item, words, repeated, spec.wanted)
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
        entry.finish(self.interned)
