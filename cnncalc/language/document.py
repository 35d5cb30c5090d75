"""A whole spec: its top-level keys, and the graph they lead to."""

from __future__ import annotations

import os
from functools import lru_cache

from cnncalc.diagnostics import Diagnostic, Source, SpecError
from cnncalc.graph import Graph, Node, acyclic
from cnncalc.language.compiler import Compiler
from cnncalc.language.doubts import other_inputs, unused
from cnncalc.language.entries import Block
from cnncalc.language.expand import Expander
from cnncalc.language.fragments import Fragments
from cnncalc.language.header import Header
from cnncalc.language.inputs import input_nodes
from cnncalc.language.laid import Env, Stop
from cnncalc.language.library import beside, is_path
from cnncalc.language.names import check_block_name, check_name
from cnncalc.language.options import Options
from cnncalc.language.parameters import Memo, block_ends, block_parameters, note_unread, parameters
from cnncalc.language.published import facts, in_force, named_outputs
from cnncalc.language.source import parse
from cnncalc.language.tree import Mapping, Sequence
from cnncalc.language.values import MAX_FAULTS, Enough
from cnncalc.layers.options import ROUNDINGS
from cnncalc.quantities import show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.language.entries import Entry
    from cnncalc.language.places import Places
    from cnncalc.language.published import Fact
    from cnncalc.quantities import Shape


def build(source: Source, options: Options | None = None) -> Graph:
    """Return the graph of a spec.

    Raises `SpecError` with every fault of the spec, and `UsageError` for an option that the spec
    has no use for. A layer that cannot take its input is not a fault here: see `Graph.complete`.
    """
    return recipe(source.name, source.text).graph(options or Options())


@lru_cache(maxsize=16)
def recipe(name: str, text: str) -> Recipe:
    """Return what a spec's graphs are laid out from; a text is parsed once in a process.

    A sweep or a search asks for one text thousands of times, each time with other options. Raises
    `SpecError` for a text that is no YAML mapping; all other faults are found by `Recipe.graph`.
    """
    root = parse(Source(name, text))
    if not isinstance(root, Mapping):
        help = "a spec begins with keys such as `name:`, `input:` and `layers:`"
        raise SpecError(Diagnostic(f"a spec is a mapping, not {root.kind}", root.span, help))
    return Recipe(root)


class Compiled:
    """What the options of a run do not change: blocks, entries, facts, doubts, and names read.

    `fragments` keeps laid-out calls from the second network on: the first gains nothing from it.
    """

    __slots__ = ("blocks", "entries", "facts", "fragments", "used", "warnings")

    def __init__(
        self,
        blocks: dict[str, Block],
        entries: list[Entry],
        facts: list[Fact],
        used: set[str],
        warnings: list[Diagnostic],
    ) -> None:
        self.blocks = blocks
        self.entries = entries
        self.facts = facts
        self.used = used
        self.warnings = warnings
        self.fragments: Fragments | None = None


class Recipe:
    """A spec that is laid out again and again, each time with other options.

    Its entries are compiled once, and layers whose fields come out equal are one object.
    """

    def __init__(self, root: Mapping) -> None:
        self.root = root
        self.compiled: dict[object, Compiled] = {}
        self.memo = Memo()

    def graph(self, options: Options) -> Graph:
        """Return the graph; raises as `build`."""
        return self.document(options).graph()

    def document(self, options: Options) -> Document:
        """Return the spec under some options; its parameters can be had before the graph."""
        return Document(self, options)


class Document:
    """One spec on its way from the tree to the graph.

    `recipe` remembers what another run may use again.
    """

    def __init__(self, recipe: Recipe, options: Options) -> None:
        self.root = recipe.root
        self.options = options
        self.compiled = recipe.compiled
        self.memo = recipe.memo
        self.header = Header(recipe.root)
        self.errors = self.header.errors
        self.values: dict[str, Any] | None = None
        self.places: Places | None = None  # the names of the layers, once they are laid out

    def parameters(self) -> dict[str, Any]:
        """Return the parameters in force, no layer laid out; raises `SpecError`."""
        values = self.settled()
        if self.errors:
            raise SpecError(*in_order(self.errors))
        return values

    def settled(self) -> dict[str, Any]:
        """Return the parameters in force, settled once; notes faults."""
        if self.values is None:
            if not self.memo.sound:
                self.header.check_keys()
            self.values = parameters(self.header, self.options, self.memo)
        return self.values

    def graph(self) -> Graph:
        """Return the graph; raises `SpecError` with all faults that were found."""
        try:
            return self.lay_out()
        except Enough as enough:
            raise SpecError(*in_order([*self.errors, *enough.faults])[:MAX_FAULTS]) from None

    @acyclic
    def lay_out(self) -> Graph:
        """Return the graph; raises `SpecError`, and `Enough` where there are too many faults."""
        header, options = self.header, self.options
        values = self.settled()
        rounding = options.rounding or header.word("rounding", ROUNDINGS) or "floor"
        key = rounding, tuple(values), frozenset(header.used), options.folder
        compiled = self.compiled.get(key)
        if compiled is None:
            compiled = self.compile(tuple(values), rounding)
        header.warnings, header.used = list(compiled.warnings), header.used | compiled.used
        inputs = input_nodes(header, values, options)
        if self.errors:
            raise SpecError(*in_order(self.errors))
        self.compiled[key] = compiled  # it is without a fault
        expander = Expander(inputs, values, self.errors, compiled.fragments, options.depth)
        self.places = expander.places
        compiled.fragments = compiled.fragments or Fragments()
        complete = True
        try:
            expander.check_least(compiled.entries)
            expander.run(compiled.entries, Env(expander), expander.top)
        except Stop:
            complete = False
        if self.errors:
            raise SpecError(*in_order(self.errors))
        return self.finish(expander, compiled, values, complete)

    def network(self, name: str) -> Callable[..., tuple[Graph, Places]]:
        """Return what lays out another spec as a block; raises `UsageError` if there is none."""
        folder = self.options.folder
        source, variant = beside(name, folder)
        if folder is not None and is_path(name):
            folder = os.path.dirname(os.path.join(folder, name))

        def lay_out(settings: dict[str, str], shape: Shape, depth: int) -> tuple[Graph, Places]:
            shapes = {"": show_shape(shape)}
            options = Options(variant, settings, shapes, None, "chw", folder, depth)
            document = recipe(source.name, source.text).document(options)
            graph = document.graph()
            assert document.places is not None  # set where the graph was laid out
            return graph, document.places

        return lay_out

    def compile(self, names: tuple[str, ...], rounding: str) -> Compiled:
        """Compile blocks and layers, which may read parameters of some names; notes faults."""
        header = self.header
        blocks = self.blocks()
        compiler = Compiler(blocks, names, rounding, self.network)
        compiler.errors = self.errors
        used = self.bodies(blocks, compiler)
        layers = self.root.get("layers")
        if layers is None and "layers" not in header.meant:
            help = "write `layers:` and below it one `- layer` per line"
            self.errors.append(Diagnostic("the spec has no `layers`", self.root.span, help))
        entries = compiler.entries(layers, "`layers`")
        if isinstance(layers, Sequence) and not layers.items:
            self.errors.append(Diagnostic("`layers` is empty", layers.span, "add a layer"))
        used |= compiler.used | header.used
        return Compiled(blocks, entries, facts(header), used, header.warnings)

    def blocks(self) -> dict[str, Block]:
        """Return the blocks of the spec, their bodies still empty."""
        result: dict[str, Block] = {}
        for name, _body in self.header.mapping("blocks"):
            try:
                check_block_name(name)
                result[name.text] = Block(name)
                check_name(name, "a block's name")
            except SpecError as error:
                self.errors.extend(error.diagnostics)
        return result

    def bodies(self, blocks: dict[str, Block], compiler: Compiler) -> set[str]:
        """Compile every block's parameters and layers; returns the names that they read.

        All parameters come first: a block may call one that is written below it.
        """
        used: set[str] = set()
        declared = []
        for name, body in self.header.mapping("blocks"):
            if name.text not in blocks:
                continue
            if not isinstance(body, Mapping):
                help = "write `parameters:` and `layers:` below it"
                message = f"a block is a mapping, not {body.kind}"
                self.errors.append(Diagnostic(message, body.span, help))
                continue
            block = blocks[name.text]
            block_ends(self.header, block, body)
            declared.append((block, body, block_parameters(self.header, block, body, compiler)))
        for block, body, names in declared:
            inner = compiler.within(names)
            block.body = inner.entries(body.get("layers"), "`layers`")
            if body.get("layers") is None:
                message = f"block `{block.name.text}` has no `layers`"
                self.errors.append(Diagnostic(message, block.name.span, "write `layers: [...]`"))
            unread = [n for n in names if n not in inner.used]
            note_unread(self.header, block, body, unread)
            used |= inner.used - set(names)
        return used

    def finish(
        self,
        expander: Expander,
        compiled: Compiled,
        values: dict[str, Any],
        complete: bool,
    ) -> Graph:
        """Return the graph with its outputs and its published facts."""
        header, variant = self.header, self.options.variant
        warnings = [*header.warnings, *unused(header, compiled.blocks, values)]
        warnings += [*expander.warnings, *other_inputs(header, expander.nodes)]
        nodes: tuple[Node, ...] = tuple(expander.nodes)
        outputs: tuple[int, ...] = (expander.current if complete else len(nodes) - 1,)
        wanted = self.root.get("outputs")
        if wanted is not None and complete:
            outputs = named_outputs(header, wanted, expander)
        year = header.number("year")
        published = in_force(header, compiled.facts, variant, expander if complete else None)
        name, description, origin = map(header.text, ("name", "description", "source"))
        if self.errors:
            raise SpecError(*in_order(self.errors))
        graph = Graph(
            name=name or header.root.source.name,
            nodes=nodes,
            inputs=tuple(range(next((i for i, n in enumerate(nodes) if n.inputs), len(nodes)))),
            outputs=outputs,
            aux_outputs=tuple(expander.aux_outputs),
            variant=variant,
            variants=tuple([name.text for name, _ in header.mapping("variants")]),
            parameters=dict(values),
            description=description,
            source=origin,
            year=year,
            published=published,
            warnings=tuple(in_order(warnings)),
            scopes=expander.places.kinds,
            entering=expander.places.entering(compiled.blocks),
            complete=complete,
        )
        found = expander.all_facts()
        if found is not None:
            graph.keep(found)
        return graph


def in_order(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Return diagnostics once each, by their place in the text."""
    seen = dict.fromkeys(diagnostics)
    return sorted(
        seen, key=lambda d: (d.span.line, d.span.column) if d.span is not None else (0, 0)
    )
