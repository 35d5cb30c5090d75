"""From a candidate's values to its network: options of the spec, and the words of a command."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from cnncalc.diagnostics import UsageError, did_you_mean
from cnncalc.language.document import recipe
from cnncalc.language.options import Options
from cnncalc.language.parameters import setting
from cnncalc.language.tree import Mapping, Scalar
from cnncalc.language.tree import Sequence as List
from cnncalc.search.space import INPUT, VARIANT

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        self.lists: dict[tuple[str | None, str], Node] = {}
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
                        known = "it has " + (", ".join(variants) or "none")
                        help = did_you_mean(value, variants, known)
                        raise UsageError(f"the spec has no variant `{value}`", help)
            elif name != INPUT and name not in declared:
                known = "it has " + (", ".join(declared) or "none")
                help = did_you_mean(name, declared, known)
                raise UsageError(f"the spec has no parameter `{name}` to vary", help)

    def names(self, key: str) -> list[str]:
        """Return the names of the spec's parameters or variants."""
        node = self.recipe.root.get(key)
        return [name.text for name in node.keys] if isinstance(node, Mapping) else []

    def options(self, texts: dict[str, str]) -> Options:
        """Return the options that give the variables these values; raises `UsageError`."""
        problem = self.problem
        variant = texts.get(VARIANT, problem.variant)
        settings: dict[str, str | Node] = dict(self.settings)
        inputs = dict(problem.inputs)
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

    def changed_lists(self, texts: dict[str, str], variant: str | None) -> dict[str, Node]:
        """Return the parameters whose items vary.

        As trees, whose items are parsed once each: the texts would differ from each other.
        """
        lists: dict[str, Node] = {}
        for variable in self.items:
            name = variable.parameter
            if name not in lists:
                lists[name] = self.list_of(name, variant)
            lists[name] = replaced(lists[name], variable.items, texts[variable.name], variable)
        return lists

    def list_of(self, name: str, variant: str | None) -> Node:
        """Return a parameter's value as written, before any item varies."""
        key = variant, name
        if key not in self.lists:
            given = self.settings.get(name)
            node = self.declared(name, variant) if given is None else setting(name, given)
            assert node is not None
            self.lists[key] = node
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
        for name, value in options.settings.items():
            text = value if isinstance(value, str) else typed(value)
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


def replaced(node: Node, items: Sequence[int], text: str, variable: Variable) -> Node:
    """Return a tree of lists with one item changed; raises `UsageError` where there is none."""
    if not items:
        return setting(variable.name, text)
    first, *rest = items
    if not isinstance(node, List) or first >= len(node.items):
        has = f"has {len(node.items)} items, numbered from 0" if isinstance(node, List) else ""
        raise UsageError(
            f"`{variable.name}` cannot vary: it {has or 'is no list'}", "name an item that is there"
        )
    changed = list(node.items)
    changed[first] = replaced(node.items[first], rest, text, variable)
    return List(changed, node.source, node.start, node.end)


def typed(node: Node) -> str:
    """Return a value of the spec as one would type it."""
    if isinstance(node, List):
        return "[" + ", ".join([typed(item) for item in node.items]) + "]"
    text = node.text if isinstance(node, Scalar) else ""
    return f'"{text}"' if any(mark in text for mark in ",[]") else text
