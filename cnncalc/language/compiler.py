"""From the located tree of `layers` to entries: every fault on the way is gathered."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, SpecError, UsageError, did_you_mean, quoted
from cnncalc.language.entries import (
    AuxEntry,
    CallEntry,
    ChosenEntry,
    GroupEntry,
    MergeEntry,
    NetworkEntry,
    SequenceEntry,
)
from cnncalc.language.entry_faults import (
    FIELD_HELP,
    GENERIC,
    HEADER_KEYS,
    field_entries,
    is_rest_of_expression,
    one_input,
    split,
    unknown_field,
)
from cnncalc.language.expressions import ExpressionError, compile_expression
from cnncalc.language.layer_compiler import LayerCompiler
from cnncalc.language.names import check_name, references
from cnncalc.language.tree import Mapping, Scalar, Sequence
from cnncalc.language.values import Computed, Faults, fault, slip
from cnncalc.layers import LAYERS, layer_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.language.entries import Entry
    from cnncalc.language.tree import Node
    from cnncalc.language.values import Value

SEQUENCES = ("aux", "group")
#: What an entry says of all layers within; a block may have parameters of these names.
MARKS = ("trainable", "dtype")
GROUP_KEYS = ("if", "repeat", "from", *MARKS)
BRANCH_KEYS = ("if", "from", *MARKS)


class Compiler(LayerCompiler):
    """Compiles entries of every kind under the names known at their place."""

    def within(self, names: tuple[str, ...]) -> Compiler:
        """Return a compiler for a block's body, which knows further names."""
        inner = Compiler(self.blocks, (*names, *self.known), self.rounding, self.networks)
        inner.errors = self.errors
        inner.interned, inner.words = self.interned, self.words
        return inner

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
                continue
            if len(result) > 1 and is_repeated(result[-2].condition, result[-1].condition):
                result[-1].same_condition = result[-2]
        return result

    def entry(self, node: Node) -> Entry:
        """Return one compiled entry; raises `SpecError`."""
        keyword, value = split(node)
        word = keyword.text
        if word in self.blocks:
            return self.call(keyword, value)
        if word in SEQUENCES:
            return self.sequence(keyword, value)
        if word == "layer":
            return self.chosen(keyword, value)
        if word == "network":
            return self.network(keyword, value)
        if word not in LAYERS:
            fault(keyword, f"there is no layer or block named {quoted(word)}", self.instead(word))
        if layer_class(word).arity is None and layer_class(word).branches:
            return self.merge(keyword, value)
        return self.layer(keyword, value)

    def instead(self, word: str) -> str:
        """Return what to write for a word that is no layer and no block."""
        from cnncalc.language.foreign import instead

        if word in HEADER_KEYS:
            return f"`{word}:` belongs to the whole spec: write it at the left margin"
        known = [*LAYERS, *self.blocks, *SEQUENCES, "layer", "network"]
        help = slip(word) or instead(word, known)
        if help is None:
            help = did_you_mean(word, known, "`cnncalc layers` lists all layers")
        return help

    def merge(self, keyword: Scalar, value: Node | None) -> Entry:
        """Return a compiled merge, over branches or over `from`."""
        entry = MergeEntry(keyword)
        fields = entry.layer_type.fields()
        help = f"write `{keyword.text}: {{main: [...], shortcut: []}}`, or `from: [a, b]`"
        if not isinstance(value, Mapping):
            fault(value or keyword, f"{keyword.text} needs branches, or `from`", help)
        for key, item in value.entries:
            if self.generic(entry, key, item):
                continue
            if key.text in fields and not isinstance(item, Sequence):
                self.field(entry, key, item, fields, "repeat" in value.values)
                continue
            check_name(key, "a branch")
            if key.text in FIELD_HELP and not isinstance(item, Sequence):
                unknown_field(keyword.text, key, ())
            entry.branches.append(self.branch(key, item))
        if not entry.branches and entry.sources is None:
            fault(keyword, f"{keyword.text} needs branches, or `from`", help)
        if entry.branches and len(entry.sources or ()) > 1:
            message = "`from` with branches takes one name: where the branches begin"
            fault(
                keyword, message, "remove the branches to join several layers, or all names but one"
            )
        self.finish(entry, fields)
        return entry

    def sequence(self, keyword: Scalar, value: Node | None) -> Entry:
        """Return a compiled auxiliary head, or a group."""
        entry: SequenceEntry
        keys: tuple[str, ...] = GENERIC
        if keyword.text == "aux":
            entry, help = AuxEntry(keyword), "write `aux: {name: aux1, layers: [...]}`"
        else:
            entry, help = GroupEntry(keyword), "write `group: {if: condition, layers: [...]}`"
            keys = GROUP_KEYS
        if not isinstance(value, Mapping) or value.get("layers") is None:
            fault(value or keyword, f"{keyword.text} needs `layers`", help)
        repeated = "repeat" in value.values and keyword.text != "aux"
        inner = self.within(("index",)) if repeated else self
        inner.fill(entry, value, keys)
        self.used |= inner.used
        return entry

    def fill(self, entry: SequenceEntry, value: Mapping, keys: tuple[str, ...]) -> None:
        """Take the keys of a head, a group or a branch: some generic ones, and `layers`."""
        for key, item in value.entries:
            if key.text == "layers":
                entry.body = self.entries(item, "`layers`")
            elif key.text not in keys or not self.generic(entry, key, item):
                unknown_field(entry.keyword, key, ("layers",), others=keys)
        if len(entry.sources or ()) > 1:
            raise SpecError(one_input(entry))

    def branch(self, label: Scalar, item: Node) -> GroupEntry:
        """Return a compiled branch: a list of layers, with its condition and `from` if it has any.

        With `from` and no layers it is what that layer gives.
        """
        entry = GroupEntry(label)
        if isinstance(item, Mapping) and [key.text for key in item.keys] == ["group"]:
            group = self.sequence(item.keys[0], item.values["group"])
            entry.body, entry.condition, group.condition = [group], group.condition, None
        elif isinstance(item, Mapping) and not {"layers", "from"}.isdisjoint(item.values):
            self.fill(entry, item, BRANCH_KEYS)
        else:
            entry.body = self.entries(item, f"branch `{label.text}`")
        return entry

    def chosen(self, keyword: Scalar, value: Node | None) -> Entry:
        """Return a compiled entry whose layer or block a parameter names."""
        if not isinstance(value, Mapping) or "is" not in value.values:
            help = "write `layer: {is: act}`, where the parameter `act` is the word of a layer"
            fault(value or keyword, "layer needs `is`", help)
        fields = Mapping([], {}, value.source, value.start, value.end)
        place = value.values["is"]
        words = (*LAYERS, *self.blocks)
        word = self.value(place, words, "repeat" in value.values, "the word of a layer or block")
        for name in names_in(place).intersection(self.blocks) or self.blocks:
            self.blocks[name].used = True  # a parameter alone may name any block

        def compile(word: str) -> Entry:
            noted = len(self.errors)
            entry = self.entry(Mapping([Scalar(word, None, *place.place)], {word: fields}, *ends))
            if len(self.errors) > noted:  # inside branches; this document's own list is another
                raise SpecError(*self.errors[noted:])
            return entry

        ends = value.source, value.start, value.end
        entry = ChosenEntry(keyword, word, compile)
        for key, item in value.entries:
            generic = key.text == "is" or self.generic(entry, key, item)
            if not generic or key.text == "repeat":  # the fields may name `index` then
                fields.keys.append(key)
                fields.values[key.text] = item
                self.used.update(names_in(item).intersection(self.known))
        return entry

    def network(self, keyword: Scalar, value: Node | None) -> Entry:
        """Return a compiled entry for another spec; raises `SpecError` if there is none."""
        place = value.get("spec") if isinstance(value, Mapping) else value
        if not isinstance(place, Scalar) or not place.text:
            help = "write `network: resnet50`, or `network: {spec: resnet50, until: stage4}`"
            fault(value or keyword, "network needs `spec`", help)
        try:
            entry = NetworkEntry(keyword, self.networks(place.text))
        except UsageError as error:
            fault(place, error.message, error.help)
        fields = value.entries if isinstance(value, Mapping) else []
        repeated = "repeat" in [key.text for key, _ in fields]
        for key, item in fields:
            if key.text == "set" and isinstance(item, Mapping):
                for name, setting in item.entries:
                    entry.settings[name.text] = self.argument(setting, repeated)
            elif key.text == "until":
                entry.until = references(item)[0]
            elif key.text == "set":
                fault(item, f"`set` must be a mapping, not {item.kind}", "such as {width: 32}")
            elif key.text != "spec" and not self.generic(entry, key, item):
                unknown_field("network", key, ("spec", "set", "until"))
        if len(entry.sources or ()) > 1:
            raise SpecError(one_input(entry))
        return entry

    def call(self, keyword: Scalar, value: Node | None) -> Entry:
        """Return a compiled block call; all faults of its arguments are shown at once."""
        block = self.blocks[keyword.text]
        block.used = True
        entry = CallEntry(keyword, block)
        repeated = isinstance(value, Mapping) and "repeat" in value.values
        faults = Faults()
        for key, item in field_entries(keyword, value, tuple(block.defaults), "parameters"):
            if faults and is_rest_of_expression(key, item):
                continue
            try:
                is_own = key.text in MARKS and key.text in block.defaults
                if not is_own and self.generic(entry, key, item):
                    continue
                if key.text not in block.defaults:
                    unknown_field(keyword.text, key, tuple(block.defaults), "parameter")
                entry.arguments[key.text] = self.argument(item, repeated)
            except SpecError as error:
                faults.extend(error.diagnostics)
        if entry.sources is not None and len(entry.sources) != max(len(block.inputs), 1):
            faults.append(one_input(entry, [name.text for name in block.inputs]))
        for name, default in block.defaults.items():
            if default is None and name not in entry.arguments and not faults:
                help = f"write `{keyword.text}: {{{name}: ...}}`"
                faults.append(Diagnostic(f"{keyword.text} needs `{name}`", keyword.span, help))
        if faults:
            raise SpecError(*faults)
        return entry


def names_in(node: Node) -> set[str]:
    """Return the names that the expressions of a value read, whatever it will be."""
    if isinstance(node, Scalar):
        try:
            return set(compile_expression(node.text).names)
        except ExpressionError:
            return set()
    items = node.items if isinstance(node, Sequence) else list(node.values.values())
    return {name for item in items for name in names_in(item)}


def is_repeated(first: Value | None, second: Value | None) -> bool:
    """Return whether two conditions are the same words and read the channels that enter."""
    return (
        isinstance(first, Computed)
        and isinstance(second, Computed)
        and "in_channels" in first.names
        and first.expression.text.split() == second.expression.text.split()
    )
