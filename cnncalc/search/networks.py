"""From a candidate's values to its network: options of the spec, and the words of a command."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import UsageError, suggest
from cnncalc.language.document import recipe
from cnncalc.language.options import Options
from cnncalc.language.parameters import setting
from cnncalc.language.tree import Mapping, Scalar, Sequence
from cnncalc.search.space import INPUT, VARIANT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.graph import Graph
    from cnncalc.language.tree import Node
    from cnncalc.search.problem import Problem
    from cnncalc.search.space import Variable


class Networks:
    """Makes the networks of one problem; the spec is read once."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.recipe = recipe(problem.source, problem.text)
        self.settings = dict(problem.settings)
        self.whole = [v for v in problem.space.variables if not v.items]
        self.items = [v for v in problem.space.variables if v.items]
        self.lists: dict[tuple[str | None, str], Any] = {}
        self.axes: dict[str | None, list[str]] = {}
        self.check()

    def check(self) -> None:
        """Raise `UsageError` for a variable that the spec does not have."""
        declared, variants = self.names("parameters"), self.names("variants")
        for variable in self.problem.space.variables:
            name = variable.parameter
            if name == VARIANT:
                for value in variable.choices:
                    if value not in variants:
                        meant = suggest(value, variants)
                        known = "it has " + (", ".join(variants) or "none")
                        help = f"did you mean `{meant}`?" if meant else known
                        raise UsageError(f"the spec has no variant `{value}`", help)
            elif name != INPUT and name not in declared:
                meant = suggest(name, declared)
                help = f"did you mean `{meant}`?" if meant else "it has " + ", ".join(declared)
                raise UsageError(f"the spec has no parameter `{name}` to vary", help)

    def names(self, key: str) -> list[str]:
        """Return the names of the spec's parameters or variants."""
        node = self.recipe.root.get(key)
        return [name.text for name in node.keys] if isinstance(node, Mapping) else []

    def options(self, texts: dict[str, str]) -> Options:
        """Return the options that give the variables these values; raises `UsageError`."""
        problem = self.problem
        variant = texts.get(VARIANT, problem.variant)
        settings, inputs = dict(self.settings), dict(problem.inputs)
        for variable in self.whole:
            value = texts[variable.name]
            if variable.name == INPUT:
                inputs[""] = self.input(value, variant)
            elif variable.name != VARIANT:
                settings[variable.name] = value
        if self.items:
            settings.update(self.changed_lists(texts, variant))
        return Options(variant, settings, inputs, problem.rounding)

    def input(self, text: str, variant: str | None) -> str:
        """Return an input's shape from a size along every axis, or from the shape itself."""
        if "x" in text or text.startswith("["):
            return text
        if not text.isdigit():
            raise UsageError(f"an input cannot be `{text}` long", "--input 128..512:32")
        parts = self.axes.get(variant)
        if parts is None:
            graph = self.recipe.graph(self.base(variant))
            own = graph.nodes[graph.inputs[0]].layer.output_shape(())
            parts = self.axes[variant] = [str(own[0]), *["size"] * (len(own) - 1)]
        return "x".join([text if part == "size" else part for part in parts])

    def base(self, variant: str | None) -> Options:
        """Return the options of the problem without its variables."""
        return Options(variant, self.settings, dict(self.problem.inputs), self.problem.rounding)

    def changed_lists(self, texts: dict[str, str], variant: str | None) -> dict[str, str]:
        """Return the parameters of which items vary, as texts."""
        lists: dict[str, Any] = {}
        for variable in self.items:
            name = variable.parameter
            if name not in lists:
                lists[name] = self.list_of(name, variant)
            lists[name] = replaced(lists[name], variable.items, texts[variable.name], variable)
        return {name: typed(value) for name, value in lists.items()}

    def list_of(self, name: str, variant: str | None) -> Any:
        """Return a parameter's value as written, before any item varies: lists of texts."""
        key = variant, name
        if key not in self.lists:
            if name in self.settings:
                node: Node | None = setting(name, self.settings[name])
            else:
                node = self.declared(name, variant)
            self.lists[key] = texts_of(node)
        return self.lists[key]

    def declared(self, name: str, variant: str | None) -> Node | None:
        """Return a parameter's place in the variant, or else among the parameters."""
        root = self.recipe.root
        variants, parameters = root.get("variants"), root.get("parameters")
        if variant is not None and isinstance(variants, Mapping):
            own = variants.get(variant)
            if isinstance(own, Mapping) and own.get(name) is not None:
                return own.get(name)
        return parameters.get(name) if isinstance(parameters, Mapping) else None

    def graph(self, options: Options) -> Graph:
        """Return the network; raises `SpecError` or `UsageError`."""
        return self.recipe.graph(options)

    def command(self, texts: dict[str, str]) -> str:
        """Return the command that shows a candidate."""
        options, problem = self.options(texts), self.problem
        words = ["cnncalc", "summary", problem.spec]
        if options.variant is not None:
            words += ["--variant", options.variant]
        for name, text in options.settings.items():
            words += ["--set", f"{name}={text}"]
        for name, text in options.inputs.items():
            words += ["--input", f"{name}={text}" if name else text]
        if problem.rounding is not None:
            words += ["--rounding", problem.rounding]
        if problem.batch != 1:
            words += ["--batch", str(problem.batch)]
        if problem.dtype != "float32":
            words += ["--dtype", problem.dtype]
        return shlex.join(words)


def texts_of(node: Node | None) -> Any:
    """Return a value of the spec as nested lists of texts."""
    if isinstance(node, Sequence):
        return [texts_of(item) for item in node.items]
    return node.text if isinstance(node, Scalar) else ""


def replaced(value: Any, items: Iterable[int], text: str, variable: Variable) -> Any:
    """Return nested lists with one item changed; raises `UsageError` where there is none."""
    first, *rest = items
    if not isinstance(value, list) or first >= len(value):
        has = (
            f"has {len(value)} items, numbered from 0" if isinstance(value, list) else "is no list"
        )
        raise UsageError(f"`{variable.name}` cannot vary: it {has}", "name an item that is there")
    changed = list(value)
    changed[first] = replaced(value[first], rest, text, variable) if rest else text
    return changed


def typed(value: Any) -> str:
    """Return nested lists of texts as one would type them."""
    if not isinstance(value, list):
        text = str(value)
        return f'"{text}"' if any(mark in text for mark in ",[]") else text
    return "[" + ", ".join([typed(item) for item in value]) + "]"
