"""Parameters: those of a spec, as declared, as a variant has them, and as `--set` gives them.

And those of a block, whose values come from its calls.
"""

from __future__ import annotations

from functools import lru_cache

from cnncalc.diagnostics import Diagnostic, Source, SpecError, UsageError, quoted, suggest
from cnncalc.language.names import check_name, references
from cnncalc.language.source import parse
from cnncalc.language.tree import Mapping, Scalar, Sequence
from cnncalc.language.values import AMBIENT, Constant, check_size, compile_value, fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.language.compiler import Compiler
    from cnncalc.language.entries import Block
    from cnncalc.language.header import Header
    from cnncalc.language.options import Options
    from cnncalc.language.tree import Node
    from cnncalc.language.values import Value

BLOCK_KEYS = ("parameters", "layers", "inputs", "outputs", "description")
MAX_REMEMBERED = 5000  # values of parameters, which a search gives again and again
RESERVED = (*AMBIENT, "true", "false", "null", "and", "or", "not", "if", "else")


@lru_cache(maxsize=1024)
def setting(name: str, text: str) -> Node:
    """Return the value given for a parameter; many networks of a quiz or a search get the same."""
    return parse(Source(f"--set {name}", text))


class Memo:
    """What `parameters` remembers of one spec: compiled values, and that its checks are done."""

    __slots__ = ("sound", "values")

    def __init__(self) -> None:
        self.sound = False
        self.values: dict[int, tuple[Node, Value]] = {}  # by identity of the node, which it keeps

    def value(self, node: Node, chosen: dict[str, Node], above: dict[str, Any]) -> Value:
        """Return a parameter's value, compiled once: what stands above it is always the same."""
        known = self.values.get(id(node))
        if known is None:
            check_order(node, chosen, above)
            if len(self.values) >= MAX_REMEMBERED:
                self.values.clear()
            known = self.values[id(node)] = node, compile_value(node, tuple(above))
        return known[1]


def parameters(header: Header, options: Options, memo: Memo) -> dict[str, Any]:
    """Return the spec's parameters in force: declared, then the variant's, then `--set`.

    A value may be an expression over the parameters above it.
    """
    chosen = {label.text: node for label, node in header.mapping("parameters")}
    if not memo.sound:
        for label, _ in header.mapping("parameters"):
            check_parameter(header, label)
        check_variants(header, chosen)
        memo.sound = not header.errors
    if options.variant is not None:
        chosen.update(variant(header, options.variant))
    for name, text in options.settings.items():
        if name not in chosen:
            meant = suggest(name, chosen)
            known = "it has " + ", ".join(chosen) if chosen else "it has none"
            help = f"did you mean `{meant}`?" if meant else known
            if name == "in_channels":
                help = "the channels that enter belong to the input: `--input 1x32x32`"
            raise UsageError(f"the spec has no parameter `{name}` to set", help)
        chosen[name] = setting(name, text) if isinstance(text, str) else text
    values: dict[str, Any] = {}
    for name, node in chosen.items():
        try:
            value = memo.value(node, chosen, values)
            header.used.update(value.names)
            if value.names:
                header.used.add(name)  # a figure worked out from others: `where` may ask for it
            values[name] = check_size(value, value.evaluate(values.__getitem__))
        except SpecError as error:
            if isinstance(node, Scalar) and is_word(node, chosen):
                values[name] = node.text
                continue
            header.errors.extend(error.diagnostics)
            values[name] = 1
    return values


def check_variants(header: Header, declared: dict[str, Node]) -> None:
    """Note a fault for every value that a variant gives to no parameter."""
    for label, node in header.mapping("variants"):
        try:
            check_name(label, "a variant's name")
        except SpecError as error:
            header.errors.extend(error.diagnostics)
        if isinstance(node, Scalar) and not node.text:
            continue
        if not isinstance(node, Mapping):
            help = f"write `{label.text}: {{parameter: value}}`"
            message = f"variant `{label.text}` must be a mapping, not {node.kind}"
            header.error(node, message, help)
            continue
        for key, _ in node.entries:
            if key.text not in declared:
                meant = suggest(key.text, declared)
                help = f"did you mean `{meant}`?" if meant else "declare it in `parameters`"
                header.error(key, f"the spec has no parameter `{key.text[:60]}`", help)


def variant(header: Header, name: str) -> dict[str, Node]:
    """Return the values of a variant; raises `UsageError` if there is none of that name."""
    variants = {label.text: node for label, node in header.mapping("variants")}
    if name not in variants:
        meant = suggest(name, variants)
        known = "it has " + ", ".join(variants) if variants else "it has no variants"
        raise UsageError(
            f"the spec has no variant `{name}`",
            f"did you mean `{meant}`?" if meant else known,
        )
    node = variants[name]
    return dict(node.values) if isinstance(node, Mapping) else {}


def check_parameter(header: Header, name: Scalar) -> None:
    """Note a fault if the name cannot be read by an expression."""
    if not name.text.isidentifier() or name.text in RESERVED:
        reserved = "it is a word of the expressions already: choose another name"
        help = reserved if name.text in RESERVED else "use letters, digits and `_`"
        header.error(name, f"a parameter cannot be named {quoted(name.text)}", help)


def check_order(node: Node, chosen: dict[str, Node], above: dict[str, Any]) -> None:
    """Raise `SpecError` if a parameter's value uses itself or one that is declared below."""
    if not isinstance(node, Scalar):
        return
    for name in node.text.split():
        other = chosen.get(name)
        if other is not None and name not in above:
            help = f"declare `{name}` first: a parameter may use those above it"
            message = f"`{name}` is declared further down"
            if other is node:
                message, help = f"`{name}` is computed from itself", "write a number"
            place = node.span_within(node.text.find(name), len(name))
            raise SpecError(Diagnostic(message, place, help))


def block_parameters(
    header: Header, block: Block, body: Mapping, compiler: Compiler
) -> tuple[str, ...]:
    """Settle a block's parameters and their defaults; returns their names."""
    for key, _ in body.entries:
        if key.text not in BLOCK_KEYS:
            meant = suggest(key.text, BLOCK_KEYS, {"params": "parameters"})
            help = f"did you mean `{meant}`?" if meant else "a block has " + ", ".join(BLOCK_KEYS)
            header.error(key, f"a block has no key `{key.text[:60]}`", help)
    node = body.get("parameters")
    if node is None or (isinstance(node, Scalar) and not node.text):
        return ()
    if isinstance(node, Sequence) and all(isinstance(i, Scalar) for i in node.items):
        help = "write `parameters: {channels: , stride: 1}`; nothing after `:` is required"
        header.error(node, "a block's parameters are a mapping, not a list", help)
        return ()
    if not isinstance(node, Mapping):
        header.error(node, f"a block's parameters are a mapping, not {node.kind}")
        return ()
    names: tuple[str, ...] = ()
    for name, default in node.entries:
        check_parameter(header, name)
        block.defaults[name.text] = None
        if not (isinstance(default, Scalar) and not default.text and not default.quoted):
            inner = compiler.within(names)
            # Whatever the default, nobody should read that the parameter needs a value.
            block.defaults[name.text] = Constant(default, 1)
            try:
                check_order(default, node.values, dict.fromkeys(inner.known))
                block.defaults[name.text] = inner.value(default)
                header.used |= inner.used
            except SpecError as error:
                if isinstance(default, Scalar) and is_word(default, node.values):
                    block.defaults[name.text] = Constant(default, default.text)
                else:
                    header.errors.extend(error.diagnostics)
        names = (*names, name.text)
    return names


def block_ends(header: Header, block: Block, body: Mapping) -> None:
    """Settle the names of what a block reads and what it gives; notes faults."""
    for key, names in (("inputs", block.inputs), ("outputs", block.outputs)):
        node = body.get(key)
        if node is None:
            continue
        try:
            for name in references(node):
                check_name(name, "an input's name" if key == "inputs" else "an output")
                if name.text in [other.text for other in names]:
                    fault(name, f"{quoted(name.text)} is named twice", "choose another name")
                names.append(name)
        except SpecError as error:
            header.errors.extend(error.diagnostics)


def note_unread(header: Header, block: Block, body: Mapping, unread: list[str]) -> None:
    """Warn of parameters that a block declares and does not read."""
    node = body.get("parameters")
    if not isinstance(node, Mapping):
        return
    for name, _ in node.entries:
        if name.text in unread and name.text not in header.used:
            message = f"parameter `{name.text}` of block `{block.name.text}` is never read"
            help = "remove it, or use it in a field"
            header.warnings.append(
                Diagnostic(message, name.span, help, severity="warning", code="unused")
            )


def is_word(node: Scalar, names: dict[str, Node]) -> bool:
    """Return whether a parameter's value is a word that stands for itself, such as a mode."""
    return node.text.isidentifier() and node.text not in names
