"""Finds the network of a question: inline, by name, by file, or built in."""

from __future__ import annotations

import os
from collections.abc import Mapping as Dict
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import Diagnostic, Source, SpecError, UsageError, suggest
from cnncalc.grading.marking.believed_network import explore
from cnncalc.grading.marking.drawn_numbers import DrawnNumbers
from cnncalc.grading.model import Network
from cnncalc.graph import Graph
from cnncalc.language.document import Recipe
from cnncalc.language.library import find
from cnncalc.language.options import Options
from cnncalc.language.source import parse
from cnncalc.language.tree import Mapping, Scalar

if TYPE_CHECKING:
    from cnncalc.language.tree import Node


class Changes(NamedTuple):
    """What a question says of a network over and above its spec; `shape` is the input's."""

    settings: Dict[str, str] = MappingProxyType({})
    rounding: str | None = None
    variant: str | None = None
    shape: str | None = None


AS_IT_IS = Changes()


class AssignmentNetworks:
    """The specs that an assignment may name, and the networks built from them so far."""

    def __init__(self, folder: str, named: Dict[str, Node], texts: Dict[str, str] | None) -> None:
        self.folder = folder
        self.named = named
        self.texts: dict[str, str] = dict(texts or {})
        self._built: dict[tuple[object, ...], Network] = {}
        self._roots: dict[str, tuple[Mapping, str | None]] = {}
        self._recipes: dict[int, Recipe] = {}
        self._used: set[int] = set()
        self.numbers: dict[tuple[Network, tuple[str, str]], DrawnNumbers] = {}

    def network(self, place: Node, changes: Changes = AS_IT_IS) -> Network:
        """Return the network that `place` names or holds, analysed under the given changes.

        Raises SpecError with places: in the spec where it is faulty, at `place` if it is unknown.
        """
        root, family = self._root(place)  # one and the same wherever a question names this spec
        own = tuple(sorted(changes.settings.items()))
        key = (id(root), own, changes.rounding, changes.variant or family, changes.shape)
        found = self._built.get(key)
        if found is None:
            found = self._built[key] = self.build(place, changes)
        return found

    def build(self, place: Node, changes: Changes = AS_IT_IS) -> Network:
        """Return what `network` does, anew: one of many candidates is not worth remembering."""
        graph = self.graph(place, changes)
        analyze(graph)
        name = graph.name
        if isinstance(place, Scalar) and name == place.span.source.name:
            name = place.text  # a spec within the assignment that has no name of its own
        return Network(name, graph, explore(graph))

    def graph(self, place: Node, changes: Changes = AS_IT_IS) -> Graph:
        """Return the graph as far as it can be built; raises SpecError for a faulty spec."""
        root, family = self._root(place)
        settings, rounding, variant, shape = changes
        inputs = {} if shape is None else {"": shape}
        options = Options(variant or family, dict(settings), inputs, rounding)
        try:
            return self._recipe(root).graph(options)
        except UsageError as error:
            help = error.help if error.help and "--" not in error.help else None
            raise SpecError(Diagnostic(error.message, place.span, help)) from None

    def _recipe(self, root: Mapping) -> Recipe:
        """Return a spec as what its networks are laid out from, compiled once."""
        if id(root) not in self._recipes:
            self._recipes[id(root)] = Recipe(root)
        return self._recipes[id(root)]

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
        return tuple(declared.values) if isinstance(declared, Mapping) else ()

    def _root(self, place: Node) -> tuple[Mapping, str | None]:
        """Return the mapping of the spec, and the variant that a built-in name stands for."""
        self._used.add(id(place))
        if isinstance(place, Mapping):
            return place, None
        if not isinstance(place, Scalar):
            message = f"a spec is a name or a mapping, not {place.kind}"
            raise SpecError(Diagnostic(message, place.span))
        if place.text in self.named:
            target = self.named[place.text]
            self._used.add(id(target))
            if isinstance(target, Mapping):
                return target, None
            if isinstance(target, Scalar) and target is not place and target.text != place.text:
                return self._root(target) if target.text not in self.named else self._file(target)
        return self._file(place)

    def _file(self, place: Scalar) -> tuple[Mapping, str | None]:
        if place.text not in self._roots:
            self._roots[place.text] = self._read(place)
        return self._roots[place.text]

    def _read(self, place: Scalar) -> tuple[Mapping, str | None]:
        variant: str | None = None
        if place.text in self.texts:
            source = Source(place.text, self.texts[place.text])
        else:
            beside = os.path.join(self.folder, place.text)
            try:
                source, variant = find(beside if os.path.isfile(beside) else place.text)
            except UsageError as error:
                meant = suggest(place.text, self.named)
                help = f"did you mean `{meant}`?" if meant else error.help
                raise SpecError(Diagnostic(error.message, place.span, help)) from None
            if os.path.isfile(beside):
                self.texts[place.text] = source.text
        root = parse(source)
        if not isinstance(root, Mapping):
            raise SpecError(Diagnostic(f"`{place.text}` holds no spec", place.span))
        return root, variant
