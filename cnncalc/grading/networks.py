"""Finds the network of a question: inline, by name, by file, or built in."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import Source, UsageError
from cnncalc.grading.marking.believed_network import explore
from cnncalc.grading.marking.drawn_numbers import DrawnNumbers
from cnncalc.grading.model import Network
from cnncalc.grading.quantities import printed_shape
from cnncalc.grading.yaml_keys import meant, refused, word_of
from cnncalc.graph import Graph
from cnncalc.language import tree
from cnncalc.language.document import Recipe
from cnncalc.language.library import find
from cnncalc.language.options import Options
from cnncalc.language.source import parse
from cnncalc.language.tree import Scalar

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

#: Networks of more layers are not written out in the names of their parameters.
MAX_WRITTEN = 16
#: A spec, and the variant of it that a built-in name stands for.
Root = tuple[tree.Mapping, "str | None"]


class Changes(NamedTuple):
    """What a question says of a network over and above its spec; `shape` is the input's."""

    settings: Mapping[str, str] = MappingProxyType({})
    rounding: str | None = None
    variant: str | None = None
    shape: str | None = None


class AssignmentNetworks:
    """The specs that an assignment may name, and the networks built from them so far."""

    def __init__(
        self, folder: str, named: Mapping[str, Node], texts: Mapping[str, str] | None
    ) -> None:
        self.folder, self.named, self.texts = folder, named, dict(texts or {})
        self._built: dict[tuple[object, ...], Network] = {}
        self._roots: dict[str, Root] = {}
        self._recipes: dict[int, Recipe] = {}
        self._used: set[int] = set()
        self.numbers: dict[tuple[Network, tuple[str, str]], DrawnNumbers] = {}

    def network(self, place: Node, changes: Changes) -> Network:
        """Return the network that `place` names or holds, analysed under the given changes.

        Raises SpecError with places: in the spec where it is faulty, at `place` if it is unknown.
        """
        root, family = self._root(place)  # one and the same wherever a question names this spec
        own = tuple(sorted(changes.settings.items()))
        key = (id(root), own, changes.rounding, changes.variant or family, changes.shape)
        if key not in self._built:
            self._built[key] = self.build(place, changes)
        return self._built[key]

    def build(self, place: Node, changes: Changes) -> Network:
        """Return what `network` does, anew: one of many candidates is not worth remembering."""
        graph = self.graph(place, changes)
        analyze(graph)
        name = graph.name
        if isinstance(place, Scalar) and name == place.span.source.name:
            name = place.text  # a spec within the assignment that has no name of its own
        return Network(name, graph, explore(graph))

    def graph(self, place: Node, changes: Changes) -> Graph:
        """Return the graph as far as it can be built; raises SpecError for a faulty spec."""
        root, family = self._root(place)
        settings, rounding, variant, shape = changes
        inputs = {} if shape is None else {"": shape}
        options = Options(variant or family, dict(settings), inputs, rounding)
        if id(root) not in self._recipes:
            self._recipes[id(root)] = Recipe(root)
        try:
            return self._recipes[id(root)].graph(options)
        except UsageError as error:
            help = error.help if error.help and "--" not in error.help else None
            raise refused(place, error.message, help) from None

    def unused(self) -> list[Node]:
        """Return the named specs that no question has asked for."""
        return [node for node in self.named.values() if id(node) not in self._used]

    def forget(self) -> None:
        """Drop built networks when there are many; they can be built again."""
        if len(self._built) > 64:
            self._built.clear()
            self.numbers.clear()

    def parameters(self, place: Node) -> tuple[str, ...]:
        """Return the names of the spec's parameters."""
        declared = self._root(place)[0].get("parameters")
        return tuple(declared.values) if isinstance(declared, tree.Mapping) else ()

    def written(self, place: Node, changes: Changes, asked: Collection[str]) -> str:
        """Return a spec's input and layers in the names of its parameters, a layer per line, and
        the values of the parameters that are not `asked` for; '' if there are many layers.
        """
        spec, _ = self._root(place)
        layers, declared = spec.get("layers"), spec.get("parameters")
        if not isinstance(layers, tree.Sequence) or len(layers.items) > MAX_WRITTEN:
            return ""
        shape = spec.get("input")
        sides = shape.items if isinstance(shape, tree.Sequence) else word_of(shape).split("x")
        channels, *axes = [side if isinstance(side, str) else in_one_line(side) for side in sides]
        if changes.shape is not None:
            channels, *axes = changes.shape.split("x")
        lines = [f"input: {'×'.join([*axes, channels])}"]
        lines += [in_one_line(layer).removeprefix("{").removesuffix("}") for layer in layers.items]
        values = declared.values if isinstance(declared, tree.Mapping) else {}
        given = {name: in_one_line(value) for name, value in values.items()} | {**changes.settings}
        names = set(re.findall(r"\w+", " ".join(lines))).difference(asked)
        told = [f"{name} = {text}" for name, text in given.items() if name in names]
        return "\n".join([*lines, *filter(None, [", ".join(told)])])

    def _root(self, place: Node) -> Root:
        """Return the spec that a place holds or names: of `specs`, or else a file or built in."""
        node = self.named.get(place.text, place) if isinstance(place, Scalar) else place
        self._used |= {id(place), id(node)}
        if isinstance(node, tree.Mapping):
            return node, None
        if not isinstance(node, Scalar):
            raise refused(node, f"a spec is a name or a mapping, not {node.kind}")
        if node.text not in self._roots:
            self._roots[node.text] = self._read(node)
        return self._roots[node.text]

    def _read(self, place: Scalar) -> Root:
        name, variant = place.text, None
        beside = os.path.join(self.folder, name)
        if name in self.texts:
            source = Source(name, self.texts[name])
        else:
            try:
                source, variant = find(beside if os.path.isfile(beside) else name)
            except UsageError as error:
                help = meant(name, self.named, {}, error.help or "")
                raise refused(place, error.message, help or None) from None
            if os.path.isfile(beside):
                self.texts[name] = source.text
        root = parse(source)
        if not isinstance(root, tree.Mapping):
            raise refused(place, f"`{name}` holds no spec")
        return root, variant


@lru_cache(maxsize=256)
def network_lines(network: Network, inputs: bool = True, nodes: tuple[int, ...] = ()) -> str:
    """Return a network in a few lines, written once: its inputs if wanted, and a line per layer.

    Of `nodes`, if any are given, and of what comes before them.
    """
    graph, lines = network.graph, []
    readers = graph.readers()
    for index in graph.leading_to(nodes) if nodes else range(len(graph.nodes)):
        node = graph.nodes[index]
        if index in graph.inputs:
            line = f"{node.name}: {printed_shape(node.layer.output_shape(()))}"
            lines += [line] if inputs else []
            continue
        line = f"{node.name}: {node.layer.in_words()}"
        if node.inputs != (index - 1,) or any(len(readers[one]) > 1 for one in node.inputs):
            line += " (from " + ", ".join(graph.nodes[one].name for one in node.inputs) + ")"
        lines.append(line)
    return "\n".join(lines)


def in_one_line(node: Node) -> str:
    """Return what a spec holds at a place, in YAML's flow style."""
    if isinstance(node, tree.Mapping):
        entries = [f"{key.text}: {in_one_line(value)}" for key, value in node.entries]
        return f"{{{', '.join(entries)}}}"
    if isinstance(node, tree.Sequence):
        return f"[{', '.join(map(in_one_line, node.items))}]"
    return node.text
