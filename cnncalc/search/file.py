"""A search file (`search.yaml`): spec, space, conditions and objectives, with located errors.

spec: regnet
space:
  "depths[0]": 1..3
  width: 8..256:8 log
where:
  - params < 5M
  - macs < 400M
objectives: [macs, params]
sample: {count: 1000, seed: 1, method: stratified}
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, Source, SpecError, UsageError, did_you_mean, quoted
from cnncalc.language import find
from cnncalc.language.library import folder
from cnncalc.language.source import parse
from cnncalc.language.tree import Mapping, Scalar, Sequence
from cnncalc.layers.options import ROUNDINGS
from cnncalc.quantities import DTYPE_BITS
from cnncalc.search.request import Request
from cnncalc.search.sampling import METHODS
from cnncalc.search.space import Variable, named

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from cnncalc.language.tree import Node

    Pair: TypeAlias = tuple[Scalar, Node]

KEYS = (
    "spec", "variant", "variants", "set", "input", "rounding", "batch", "dtype", "space", "where",
    "objectives", "figures", "sample", "grid",
)  # fmt: skip
KEY_ALIASES = {
    "vary": "space", "pareto": "objectives", "objective": "objectives", "what": "figures",
    "constraints": "where", "network": "spec", "model": "spec", "parameters": "set",
    "settings": "set", "sampling": "sample", "seed": "sample",
}  # fmt: skip
SAMPLE_KEYS = ("count", "seed", "method", "passing")


def search_file(name: str) -> str | None:
    """Return the path of a search file, a shipped one for `searches/NAME`; None for a spec.

    A search has a `spec` or a `space` at the left margin, as no spec has.
    """
    shipped = os.path.join(folder(), name.removesuffix(".yaml") + ".yaml")
    if name.startswith("searches/") and os.path.exists(shipped):
        return shipped
    if not name.endswith((".yaml", ".yml")) or not os.path.isfile(name):
        return None
    with open(name, encoding="utf-8", errors="replace") as file:
        return name if any(line.startswith(("space:", "spec:")) for line in file) else None


def read(path: str) -> Request:
    """Return what a search file asks for; raises `SpecError` with all its faults."""
    source, _ = find(path)
    root = parse(source)
    if not isinstance(root, Mapping):
        help = "write `spec: regnet`, and below it `space:`"
        raise SpecError(Diagnostic(f"a search is a mapping, not {root.kind}", root.span, help))
    reader = RequestReader(os.path.dirname(path), source)
    for pair in root.entries:
        reader.take(pair)
    for key, example in (("spec", "spec: regnet"), ("space", "space: {width: 8..64:8}")):
        if root.get(key) is None and not (key == "space" and root.get("variants") is not None):
            reader.errors.append(
                Diagnostic(f"the search has no `{key}`", root.span, f"write `{example}`")
            )
    if reader.errors:
        raise SpecError(*reader.errors)
    return Request(**reader.said)


class RequestReader:
    """Takes one key after the other; `said` are fields of the request, `errors` all faults."""

    def __init__(self, folder: str, source: Source) -> None:
        self.folder = folder
        self.source = source
        self.said: dict[str, Any] = {"places": {}}
        self.errors: list[Diagnostic] = []

    def take(self, pair: Pair) -> None:
        """Take one key of the file."""
        key, node = pair
        word = key.text
        if word not in KEYS:
            help = did_you_mean(word, KEYS, "a search has " + ", ".join(KEYS), KEY_ALIASES)
            self.fault(key, f"a search has no key {quoted(word)}", help)
            return
        method: Callable[[Node], None] = getattr(self, f"take_{word}")
        method(node)

    def fault(self, node: Node, message: str, help: str | None = None) -> None:
        """Note a fault and go on."""
        self.errors.append(Diagnostic(message, node.span, help))

    def text(self, node: Node, what: str, help: str) -> str | None:
        """Return a text, or None after noting a fault."""
        if isinstance(node, Scalar) and node.text:
            return node.text
        self.fault(node, f"{what} must be a text, not {node.kind}", help)
        return None

    def whole(self, node: Node, what: str, least: int) -> int | None:
        """Return a whole number, or None after noting a fault."""
        text = node.text.replace("_", "") if isinstance(node, Scalar) else ""
        if text.isascii() and text.isdigit() and least <= int(text) < 2**63:
            return int(text)
        self.fault(node, f"{what} must be a whole number from {least}", "such as 1000")
        return None

    def word(self, node: Node, what: str, choices: tuple[str, ...]) -> str | None:
        """Return one of a few words, or None after noting a fault."""
        text = node.text if isinstance(node, Scalar) else ""
        if text in choices:
            return text
        help = did_you_mean(text, choices, "one of " + ", ".join(choices))
        self.fault(node, f"{what} cannot be {quoted(text) if text else node.kind}", help)
        return None

    def take_spec(self, node: Node) -> None:
        """Take the name of the spec: a file beside this one, or a network that comes along."""
        name = self.text(node, "`spec`", "name a network or a file: `spec: regnet`")
        if name is None:
            return
        beside = os.path.join(self.folder, name)
        name = beside if os.path.exists(beside) else name
        try:
            find(name)
        except UsageError as error:
            self.fault(node, error.message, error.help)
        self.said["spec"] = name

    def take_variant(self, node: Node) -> None:
        """Take the variant in force."""
        self.said["variant"] = self.text(node, "`variant`", "`variant: regnet_x_400mf`")

    def take_variants(self, node: Node) -> None:
        """Take `all`, or a list of variants to try."""
        if isinstance(node, Scalar) and node.text == "all":
            self.said["variants"] = True
        elif isinstance(node, Sequence) and all(isinstance(item, Scalar) for item in node.items):
            names = tuple([item.text for item in node.items if isinstance(item, Scalar)])
            self.vary(Variable("variant", names))
        else:
            self.fault(node, "`variants` must be `all` or a list of names", "write `variants: all`")

    def take_set(self, node: Node) -> None:
        """Take parameters that do not vary."""
        if not isinstance(node, Mapping):
            self.fault(node, f"`set` must be a mapping, not {node.kind}", "`set: {width: 64}`")
            return
        pairs = [(key.text, written(value)) for key, value in node.entries]
        self.said["settings"] = tuple(pairs)

    def take_input(self, node: Node) -> None:
        """Take the input of all candidates."""
        self.said["inputs"] = (("", written(node)),)

    def take_rounding(self, node: Node) -> None:
        """Take the rule for windows that do not fit exactly."""
        self.said["rounding"] = self.word(node, "`rounding`", ROUNDINGS)

    def take_batch(self, node: Node) -> None:
        """Take the samples at once, for memory."""
        self.said["batch"] = self.whole(node, "`batch`", 1)

    def take_dtype(self, node: Node) -> None:
        """Take the type of one number, for memory."""
        self.said["dtype"] = self.word(node, "`dtype`", tuple(DTYPE_BITS))

    def take_space(self, node: Node) -> None:
        """Take the variables and their values."""
        if not isinstance(node, Mapping) or not node.keys:
            help = "write `space: {width: 8..64:8, input: 160..256:32}`"
            self.fault(node, f"`space` must be a mapping, not {node.kind}", help)
            return
        for key, value in node.entries:
            try:
                self.vary(named(key.text, values(value)))
            except UsageError as error:
                place = key if "cannot vary" in error.message else value
                self.fault(place, error.message, error.help)

    def vary(self, variable: Variable) -> None:
        """Add a variable."""
        self.said["variables"] = (*self.said.get("variables", ()), variable)

    def take_where(self, node: Node) -> None:
        """Take the conditions."""
        help = "write `where: params < 5M`, or a list of conditions"
        self.said["where"] = self.formulas(node, "`where`", help)

    def take_objectives(self, node: Node) -> None:
        """Take what is to be made small."""
        help = "write `objectives: [macs, params]`"
        self.said["objectives"] = self.formulas(node, "`objectives`", help)

    def take_figures(self, node: Node) -> None:
        """Take other figures to keep."""
        self.said["figures"] = self.formulas(node, "`figures`", "write `figures: [depth, peak]`")

    def formulas(self, node: Node, what: str, help: str) -> tuple[str, ...]:
        """Return one or several formulas, and remember where each stands."""
        texts = []
        for item in node.items if isinstance(node, Sequence) else [node]:
            text = self.text(item, what, help)
            if text is not None and isinstance(item, Scalar):
                texts.append(text)
                self.said["places"][text] = item.span_within
        return tuple(texts)

    def take_sample(self, node: Node) -> None:
        """Take how many candidates are drawn, from which seed, by which method."""
        if not isinstance(node, Mapping):
            self.said["count"] = self.whole(node, "`sample`", 1)
            return
        for key, value in node.entries:
            if key.text == "count":
                self.said["count"] = self.whole(value, "`count`", 1)
            elif key.text == "passing":
                self.said["passing"] = self.whole(value, "`passing`", 1)
            elif key.text == "seed":
                self.said["seed"] = self.whole(value, "`seed`", 0)
            elif key.text == "method":
                self.said["method"] = self.word(value, "`method`", METHODS)
            else:
                known = "it has " + ", ".join(SAMPLE_KEYS)
                help = did_you_mean(key.text, SAMPLE_KEYS, known, {"n": "count", "number": "count"})
                self.fault(key, f"`sample` has no key {quoted(key.text)}", help)

    def take_grid(self, node: Node) -> None:
        """Take whether every candidate is tried."""
        if self.word(node, "`grid`", ("true", "false")) == "true":
            self.said["method"] = "grid"


def written(node: Node) -> str:
    """Return a value as one would type it."""
    if isinstance(node, Sequence):
        return "[" + ", ".join([written(item) for item in node.items]) + "]"
    if isinstance(node, Scalar):
        return f'"{node.text}"' if any(mark in node.text for mark in ",[]") else node.text
    return ""


def values(node: Node) -> str:
    """Return the values of a variable as `--vary` takes them; raises `UsageError`."""
    if isinstance(node, Sequence):
        return ",".join([written(item) for item in node.items])
    if isinstance(node, Scalar) and node.text:
        return node.text
    raise UsageError(f"wanted values, not {node.kind}", "write 8..64:8, or a list of values")
