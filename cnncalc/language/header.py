"""The top level of a spec: which keys it may have, and those that hold a plain text."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, SpecError, did_you_mean, quoted, suggest
from cnncalc.language.tree import Mapping, Scalar
from cnncalc.language.values import Faults, slip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.language.tree import Node
    from cnncalc.quantities import Shape

KEYS = (
    "name", "source", "year", "description", "input", "inputs", "layout", "parameters", "variants",
    "blocks", "layers", "outputs", "rounding", "published",
)  # fmt: skip
KEY_ALIASES = {
    "title": "name", "input_shape": "input", "input_size": "input", "params": "parameters",
    "module": "blocks", "modules": "blocks", "block": "blocks", "model": "layers",
    "layer": "layers", "network": "layers", "backbone": "layers", "output": "outputs",
    "data_format": "layout",
}  # fmt: skip
WORD_ALIASES = {
    "ceiling": "ceil", "up": "ceil", "down": "floor", "channels_last": "hwc", "NHWC": "hwc",
    "nhwc": "hwc", "HWC": "hwc", "channels_first": "chw", "NCHW": "chw", "nchw": "chw",
}  # fmt: skip
MAPPING_HELP = {
    "parameters": "write `parameters: {width: 64, depth: 3}`",
    "variants": "write `variants:` and below it one `name: {parameter: value}` per line",
    "inputs": "write `inputs: {left: 3x32x32, right: 3x32x32}`",
    "blocks": "write `blocks:` and below it one `name:` with its `layers:` per block",
}
MAX_ENTRIES = 2000  # of parameters, variants, blocks and inputs each


class Header:
    """The top level of one spec; faults are gathered in `errors`, doubts in `warnings`.

    `used` are the names that values have read so far.
    """

    def __init__(self, root: Mapping) -> None:
        self.root = root
        self.errors = Faults()
        self.warnings: list[Diagnostic] = []
        self.used: set[str] = set()
        self.own_shapes: dict[str, Shape] = {}  # of inputs that `--input` replaces
        self.meant: set[str | None] = set()  # keys that are there, but misspelt

    def check_keys(self) -> None:
        """Note a fault for every key that a spec does not have; raises `SpecError` for homework."""
        if "questions" in self.root.values and "layers" not in self.root.values:
            message = "this is an assignment, not a network: it has `questions` and no `layers`"
            help = "`cnncalc grade` marks answers to it; `cnncalc quiz` draws variants"
            raise SpecError(Diagnostic(message, self.root.span, help))
        for key in self.root.keys:
            if key.text not in KEYS:
                meant = suggest(key.text, KEYS, KEY_ALIASES)
                self.meant.add(meant)
                help = f"did you mean `{meant}`?" if meant else "a spec has " + ", ".join(KEYS)
                self.error(key, f"a spec has no key {quoted(key.text)}", slip(key.text) or help)

    def error(self, node: Node, message: str, help: str | None = None) -> None:
        """Note a fault and go on."""
        self.errors.append(Diagnostic(message, node.span, help))

    def mapping(self, key: str) -> list[tuple[Scalar, Node]]:
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
            help = did_you_mean(text, choices, f"write `{key}: {choices[0]}`", WORD_ALIASES)
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
