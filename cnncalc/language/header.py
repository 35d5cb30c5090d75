"""The top-level keys of a spec other than its layers: what they may hold, decoded."""

from __future__ import annotations

from functools import lru_cache

from cnncalc.diagnostics import Diagnostic, LayerError, SpecError, UsageError, quoted, suggest
from cnncalc.diagnostics import Source as SourceText
from cnncalc.geometry import MAX_LENGTH
from cnncalc.graph import Node, Published
from cnncalc.language.entries import check_name
from cnncalc.language.source import parse
from cnncalc.language.tree import Mapping, Scalar, Sequence
from cnncalc.language.values import AMBIENT, Constant, Faults, compile_value, fault, slip
from cnncalc.layers import LAYERS
from cnncalc.layers.fields import show
from cnncalc.layers.reshape import Input

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.language.document import Options
    from cnncalc.language.entries import Block, Compiler
    from cnncalc.language.expand import Expander
    from cnncalc.language.tree import Node as TreeNode

KEYS = (
    "name", "source", "year", "description", "input", "inputs", "parameters", "variants",
    "blocks", "layers", "outputs", "rounding", "published",
)  # fmt: skip
KEY_ALIASES = {
    "title": "name", "input_shape": "input", "input_size": "input", "params": "parameters",
    "module": "blocks", "modules": "blocks", "block": "blocks", "model": "layers",
    "layer": "layers", "network": "layers", "backbone": "layers", "output": "outputs",
}  # fmt: skip
MAPPING_HELP = {
    "parameters": "write `parameters: {width: 64, depth: 3}`",
    "variants": "write `variants:` and below it one `name: {parameter: value}` per line",
    "inputs": "write `inputs: {left: 3x32x32, right: 3x32x32}`",
    "blocks": "write `blocks:` and below it one `name:` with its `layers:` per block",
}
FACT_KEYS = ("quantity", "value", "source", "node", "variant", "erratum")
QUANTITIES = (
    "params", "trainable", "buffers", "macs", "flops", "output", "activations", "connections",
    "depth", "receptive_field", "effective_stride", "effective_padding", "params_with_aux",
    "macs_with_aux",
)  # fmt: skip
RESERVED = (*AMBIENT, "true", "false", "null", "and", "or", "not", "if", "else")
MAX_AXES = 3
MAX_ENTRIES = 2000  # of parameters, variants, blocks and inputs each


@lru_cache(maxsize=1024)
def setting(name: str, text: str) -> TreeNode:
    """Return the value given for a parameter; many networks of a quiz or a search get the same."""
    return parse(SourceText(f"--set {name}", text))


class Header:
    """The top level of one spec; faults are gathered in `errors`, doubts in `warnings`."""

    def __init__(self, root: Mapping) -> None:
        self.root = root
        self.errors = Faults()
        self.warnings: list[Diagnostic] = []
        self.used: set[str] = set()
        self.meant: set[str | None] = set()  # keys that are there, but misspelt

    def check_keys(self) -> None:
        """Note a fault for every key that a spec does not have."""
        for key in self.root.keys:
            if key.text not in KEYS:
                meant = suggest(key.text, KEYS, KEY_ALIASES)
                self.meant.add(meant)
                help = f"did you mean `{meant}`?" if meant else "a spec has " + ", ".join(KEYS)
                self.error(key, f"a spec has no key {quoted(key.text)}", slip(key.text) or help)

    def error(self, node: TreeNode, message: str, help: str | None = None) -> None:
        """Note a fault and go on."""
        self.errors.append(Diagnostic(message, node.span, help))

    def mapping(self, key: str) -> list[tuple[Scalar, TreeNode]]:
        """Return the entries of a top-level mapping; empty if it is missing or another thing."""
        node = self.root.get(key)
        if node is None or (isinstance(node, Scalar) and not node.text):
            return []
        if isinstance(node, Mapping):
            self.check_number(key, node)
            return node.entries[:MAX_ENTRIES]
        help = MAPPING_HELP.get(key)
        diagnostic = Diagnostic(f"`{key}` must be a mapping, not {node.kind}", node.span, help)
        if diagnostic not in self.errors:
            self.errors.append(diagnostic)
        return []

    def check_number(self, key: str, node: Mapping) -> None:
        """Note a fault if a top-level mapping has more entries than a network can need."""
        if len(node.keys) > MAX_ENTRIES:
            message = f"`{key}` has more than {MAX_ENTRIES:,} entries"
            diagnostic = Diagnostic(message, node.keys[MAX_ENTRIES].span)
            if diagnostic not in self.errors:
                self.errors.append(diagnostic)

    def text(self, key: str) -> str | None:
        """Return a top-level text."""
        node = self.root.get(key)
        if node is None:
            return None
        if not isinstance(node, Scalar):
            help = "write one line of text"
            self.error(node, f"`{key}` must be a text, not {node.kind}", help)
            return None
        return self.one_line(node, f"`{key}`")

    def one_line(self, node: Scalar, what: str) -> str:
        """Return a text for people as one line; notes a fault if a terminal would act on it."""
        text = " ".join(node.text.split())
        if not text.isprintable():
            code = next(ord(char) for char in text if not char.isprintable())
            self.error(node, f"{what} contains the control character {code:#04x}", "remove it")
        return text

    def word(self, key: str, choices: tuple[str, ...]) -> str | None:
        """Return a top-level word that must be one of a few."""
        text = self.text(key)
        node = self.root.get(key)
        if text is not None and text not in choices and node is not None:
            meant = suggest(text, choices)
            help = f"did you mean `{meant}`?" if meant else f"write `{key}: {choices[0]}`"
            self.error(node, f"`{key}` must be one of {', '.join(choices)}", help)
            return None
        return text

    def number(self, key: str) -> int | None:
        """Return a top-level whole number."""
        text, node = self.text(key), self.root.get(key)
        if text is None or node is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            self.error(node, f"`{key}` must be a whole number", "such as 2015")
            return None
        return int(text)

    def parameters(self, options: Options) -> dict[str, Any]:
        """Return the spec's parameters in force: declared, then the variant's, then `--set`.

        A value may be an expression over the parameters above it.
        """
        chosen: dict[str, TreeNode] = {}
        for label, node in self.mapping("parameters"):
            self.check_parameter(label)
            chosen[label.text] = node
        self.check_variants(chosen)
        if options.variant is not None:
            chosen.update(self.variant(options.variant))
        for name, text in options.settings.items():
            if name not in chosen:
                meant = suggest(name, chosen)
                known = "it has " + ", ".join(chosen) if chosen else "it has none"
                help = f"did you mean `{meant}`?" if meant else known
                raise UsageError(f"the spec has no parameter `{name}` to set", help)
            chosen[name] = setting(name, text)
        values: dict[str, Any] = {}
        for name, node in chosen.items():
            try:
                self.check_order(node, chosen, values)
                value = compile_value(node, tuple(values))
                self.used.update(value.names)
                values[name] = value.evaluate(values.__getitem__)
            except SpecError as error:
                if isinstance(node, Scalar) and is_word(node, chosen):
                    values[name] = node.text
                    continue
                self.errors.extend(error.diagnostics)
                values[name] = 1
        return values

    def check_order(
        self, node: TreeNode, chosen: dict[str, TreeNode], above: dict[str, Any]
    ) -> None:
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

    def check_parameter(self, name: Scalar) -> None:
        """Note a fault if the name cannot be read by an expression."""
        if not name.text.isidentifier() or name.text in RESERVED:
            reserved = "it is a word of the expressions already: choose another name"
            help = reserved if name.text in RESERVED else "use letters, digits and `_`"
            self.error(name, f"a parameter cannot be named {quoted(name.text)}", help)

    def check_variants(self, declared: dict[str, TreeNode]) -> None:
        """Note a fault for every value that a variant gives to no parameter."""
        for label, node in self.mapping("variants"):
            try:
                check_name(label, "a variant's name")
            except SpecError as error:
                self.errors.extend(error.diagnostics)
            if isinstance(node, Scalar) and not node.text:
                continue
            if not isinstance(node, Mapping):
                help = f"write `{label.text}: {{parameter: value}}`"
                message = f"variant `{label.text}` must be a mapping, not {node.kind}"
                self.error(node, message, help)
                continue
            for key, _ in node.entries:
                if key.text not in declared:
                    meant = suggest(key.text, declared)
                    help = f"did you mean `{meant}`?" if meant else "declare it in `parameters`"
                    self.error(key, f"the spec has no parameter `{key.text[:60]}`", help)

    def variant(self, name: str) -> dict[str, TreeNode]:
        """Return the values of a variant; raises `UsageError` if there is none of that name."""
        variants = {label.text: node for label, node in self.mapping("variants")}
        if name not in variants:
            meant = suggest(name, variants)
            known = "it has " + ", ".join(variants) if variants else "it has no variants"
            raise UsageError(
                f"the spec has no variant `{name}`",
                f"did you mean `{meant}`?" if meant else known,
            )
        node = variants[name]
        return dict(node.values) if isinstance(node, Mapping) else {}

    def check_block_name(self, name: Scalar) -> None:
        """Raise `SpecError` if a block's name is a layer's."""
        if name.text in LAYERS or name.text in ("aux", "input"):
            help = f"choose another, such as `{name.text}_block`"
            fault(name, f"`{name.text}` is a layer, so no block can have that name", help)

    def block_parameters(self, block: Block, body: Mapping, compiler: Compiler) -> tuple[str, ...]:
        """Settle a block's parameters and their defaults; returns their names."""
        for key, _ in body.entries:
            if key.text not in ("parameters", "layers", "description"):
                meant = suggest(key.text, ("parameters", "layers"), {"params": "parameters"})
                help = f"did you mean `{meant}`?" if meant else "a block has parameters, layers"
                self.error(key, f"a block has no key `{key.text[:60]}`", help)
        node = body.get("parameters")
        if node is None or (isinstance(node, Scalar) and not node.text):
            return ()
        if isinstance(node, Sequence) and all(isinstance(i, Scalar) for i in node.items):
            help = "write `parameters: {channels: , stride: 1}`; nothing after `:` is required"
            self.error(node, "a block's parameters are a mapping, not a list", help)
            return ()
        if not isinstance(node, Mapping):
            self.error(node, f"a block's parameters are a mapping, not {node.kind}")
            return ()
        names: tuple[str, ...] = ()
        for name, default in node.entries:
            self.check_parameter(name)
            block.defaults[name.text] = None
            if not (isinstance(default, Scalar) and not default.text and not default.quoted):
                inner = compiler.within(names)
                # Whatever the default, nobody is to be told that the parameter needs a value.
                block.defaults[name.text] = Constant(default, 1)
                try:
                    self.check_order(default, node.values, dict.fromkeys(inner.known))
                    block.defaults[name.text] = inner.value(default)
                    self.used |= inner.used
                except SpecError as error:
                    if isinstance(default, Scalar) and is_word(default, node.values):
                        block.defaults[name.text] = Constant(default, default.text)
                    else:
                        self.errors.extend(error.diagnostics)
            names = (*names, name.text)
        return names

    def note_unread(self, block: Block, body: Mapping, unread: list[str]) -> None:
        """Warn of parameters that a block declares and does not read."""
        node = body.get("parameters")
        if not isinstance(node, Mapping):
            return
        for name, _ in node.entries:
            if name.text in unread and name.text not in self.used:
                message = f"parameter `{name.text}` of block `{block.name.text}` is never read"
                help = "remove it, or use it in a field"
                self.warnings.append(
                    Diagnostic(message, name.span, help, severity="warning", code="unused")
                )

    def inputs(self, values: dict[str, Any], options: Options) -> list[Node]:
        """Return the input nodes, their shapes from the spec or from `--input`."""
        single, several = self.root.get("input"), self.root.get("inputs")
        if single is not None and several is not None:
            help = "move the one `input` into `inputs`, or remove one of them"
            self.error(several, "a spec has either `input` or `inputs`, not both", help)
        given: list[tuple[str, TreeNode]] = []
        if several is not None:
            given = [(key.text, node) for key, node in self.mapping("inputs")]
            for key, _ in self.mapping("inputs"):
                try:
                    check_name(key, "an input's name")
                except SpecError as error:
                    self.errors.extend(error.diagnostics)
        elif single is not None:
            given = [("input", single)]
        overrides = dict(options.inputs)
        if "" in overrides:
            if len(given) > 1:
                names = ", ".join(name for name, _ in given)
                raise UsageError(
                    "the spec has several inputs", f"write --input NAME=SHAPE for one of {names}"
                )
            overrides[given[0][0] if given else "input"] = overrides.pop("")
        if not given and not overrides and several is not None:
            if isinstance(several, Mapping) or not several.span:
                self.error(several, "`inputs` is empty", MAPPING_HELP["inputs"])
        elif not given and not overrides and "input" not in self.meant:
            help = "write `input: 3x224x224` (channels x height x width)"
            self.error(self.root, "the spec has no `input`", help)
        known = {name for name, _ in given} or set(overrides)
        for name in overrides:
            if name not in known:
                raise UsageError(
                    f"the spec has no input `{name}`", "it has " + ", ".join(sorted(known))
                )
        nodes: dict[str, TreeNode] = dict(given)
        for name, text in overrides.items():
            nodes[name] = parse(SourceText(f"--input {text}", text))
        return [
            node
            for name, place in nodes.items()
            if (node := self.input_node(name, place, values)) is not None
        ]

    def input_node(self, name: str, place: TreeNode, values: dict[str, Any]) -> Node | None:
        """Return one input node, or None after noting a fault."""
        help = "write channels x height x width, such as 3x224x224, or a list"
        try:
            if isinstance(place, Scalar):
                text = place.text.lower().replace("×", "x").replace(" ", "")
                parts = text.split("x")
                if all(part.isascii() and part.isdigit() and len(part) < 12 for part in parts):
                    shape: Any = tuple(int(part) for part in parts)
                else:
                    shape = self.computed_shape(place, values)
            else:
                shape = self.computed_shape(place, values)
            if not isinstance(shape, tuple):
                shape = (shape,)
            if len(shape) > MAX_AXES + 1:
                fault(place, f"an input has channels and up to 3 axes, not {len(shape) - 1}", help)
            layer = Input(shape)
        except LayerError:
            message = f"an input has lengths from 1 to {MAX_LENGTH:,}, not {show(shape)}"
            self.error(place, message, help)
            return None
        except SpecError as error:
            self.errors.extend(error.diagnostics)
            return None
        return Node(name, layer, (), span=place.span)

    def computed_shape(self, place: TreeNode, values: dict[str, Any]) -> Any:
        """Return a shape that is written with parameters; raises `SpecError`."""
        try:
            value = compile_value(place, tuple(values))
        except SpecError:
            if isinstance(place, Mapping):
                help = "write `input: 3x224x224`, or `inputs:` if there are several"
                fault(place, "an input is one shape, not a mapping", help)
            if isinstance(place, Scalar):
                help = "write channels x height x width, such as 3x224x224, or a list"
                fault(place, f"`{place.text[:60]}` is not an input shape", help)
            raise
        self.used.update(value.names)
        shape = value.evaluate(values.__getitem__)
        if isinstance(shape, tuple):
            return tuple(int(n) if type(n) is float and n.is_integer() else n for n in shape)
        return shape

    def outputs(self, node: TreeNode, expander: Expander) -> tuple[int, ...]:
        """Return the nodes that `outputs` names."""
        from cnncalc.language.entries import references

        try:
            return tuple([expander.find(name, expander.top) for name in references(node)])
        except SpecError as error:
            self.errors.extend(error.diagnostics)
            return ()

    def published(self, variant: str | None, expander: Expander | None) -> tuple[Published, ...]:
        """Return the published facts that hold for the variant in force."""
        node = self.root.get("published")
        if node is None:
            return ()
        if not isinstance(node, Sequence):
            help = "write one `- {quantity: params, value: 11.7M}` per line"
            self.error(node, "`published` must be a list of facts", help)
            return ()
        facts = []
        for item in node.items:
            try:
                fact, variants = self.fact(item)
            except SpecError as error:
                self.errors.extend(error.diagnostics)
                continue
            if variants and variant not in variants:
                continue
            if fact.node is not None and expander is not None:
                self.check_fact_node(item, fact.node, expander)
            facts.append(fact)
        return tuple(facts)

    def check_fact_node(self, item: TreeNode, name: str, expander: Expander) -> None:
        """Note a fault if a fact speaks of a node that does not exist."""
        if name not in expander.places and name not in expander.scopes:
            meant = suggest(name, list(expander.places)[-2000:])
            help = f"did you mean `{meant}`?" if meant else "`cnncalc show` prints the names"
            place = (item.get("node") if isinstance(item, Mapping) else None) or item
            self.error(place, f"the network has no node {quoted(name)}", help)

    def fact(self, item: TreeNode) -> tuple[Published, tuple[str, ...]]:
        """Return one published fact and the variants it is limited to; raises `SpecError`."""
        if not isinstance(item, Mapping):
            fault(item, f"a published fact is a mapping, not {item.kind}")
        texts: dict[str, str] = {}
        variants: tuple[str, ...] = ()
        known = [label.text for label, _ in self.mapping("variants")]
        for key, value in item.entries:
            if key.text not in FACT_KEYS:
                meant = suggest(key.text, FACT_KEYS)
                help = f"did you mean `{meant}`?" if meant else "it has " + ", ".join(FACT_KEYS)
                fault(key, f"a published fact has no `{key.text[:60]}`", help)
            if key.text == "variant":
                names = value.items if isinstance(value, Sequence) else [value]
                for name in names:
                    if not isinstance(name, Scalar) or name.text not in known:
                        meant = suggest(name.text, known) if isinstance(name, Scalar) else None
                        help = f"did you mean `{meant}`?" if meant else "it has " + ", ".join(known)
                        fault(name, "wanted the name of a variant of this spec", help)
                variants = tuple([name.text for name in names if isinstance(name, Scalar)])
            elif isinstance(value, Scalar):
                texts[key.text] = self.one_line(value, f"`{key.text}`")
            else:
                fault(value, f"`{key.text}` must be a text or a number, not {value.kind}")
        for wanted in ("quantity", "value"):
            if not texts.get(wanted):
                example = "{quantity: params, value: 11.7M}"
                fault(item, f"a published fact needs `{wanted}`", f"such as `- {example}`")
        if texts["quantity"] not in QUANTITIES:
            meant = suggest(texts["quantity"], QUANTITIES)
            help = f"did you mean `{meant}`?" if meant else "one of " + ", ".join(QUANTITIES)
            place = item.values["quantity"]
            fault(place, f"there is no quantity {quoted(texts['quantity'])}", help)
        return Published(span=item.span, **texts), variants


def is_word(node: Scalar, names: dict[str, TreeNode]) -> bool:
    """Return whether a parameter's value is a word that stands for itself, such as a mode."""
    return node.text.isidentifier() and node.text not in names
