"""The names that formulas read: figures of the network, of its parts, and the spec's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.diagnostics import did_you_mean, quoted, suggest
from cnncalc.record import Record
from cnncalc.search.figures import (
    ALIASES,
    FIGURES,
    NODE_FIGURES,
    PARAMETER,
    TERMS,
    Figure,
    Measured,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.graph import Graph


class FormulaName(Record):
    """Something that a formula reads.

    `text` is how it is written, always the same for one thing; `figure` the name of the figure or
    parameter, `node` the layer or scope it belongs to, `convention` the one by which FLOPs are
    counted, `tier` what it costs.
    """

    text: str
    tier: int
    figure: str
    node: str | None = None
    convention: str | None = None

    @property
    def is_parameter(self) -> bool:
        """Whether it is known without a network."""
        return self.tier == PARAMETER

    def of(self, measured: Measured) -> Figure:
        """Return its value in a network; None if it is unknown there."""
        if self.convention is not None:
            return measured.flops(self.convention)
        if self.node is None:
            return FIGURES[self.figure][2](measured)
        within = measured.nodes(self.node)
        return NODE_FIGURES[self.figure][1](measured, within) if within else None


class Names:
    """What is known by name: `parameters` of the spec and `graphs`, some candidates' networks."""

    def __init__(self, parameters: Iterable[str], graphs: Iterable[Graph]) -> None:
        self.parameters = tuple(parameters)
        self.graphs = tuple(graphs)
        self.found: dict[str, FormulaName] = {}

    def find(self, text: str) -> FormulaName:
        """Return the name that a text means; raises `LookupError(message, help)`."""
        known = self.found.get(text)
        if known is None:
            known = self.found[text] = self.parted(text) if "." in text else self.plain(text)
        return known

    def plain(self, text: str) -> FormulaName:
        """Return a name without a point."""
        is_figure, is_parameter = text in FIGURES, text in self.parameters
        if is_figure and is_parameter:
            help = f"write `net.{text}` for the figure or `set.{text}` for the parameter"
            raise LookupError(f"`{text}` is a figure and a parameter of the spec", help)
        if is_figure:
            return FormulaName(text, FIGURES[text][0], text)
        if is_parameter:
            return FormulaName(text, PARAMETER, text)
        words = (*FIGURES, *self.parameters)
        help = did_you_mean(text, words, "known: " + ", ".join(words[:30]), ALIASES)
        raise LookupError(f"there is no figure and no parameter {quoted(text)}", help)

    def parted(self, text: str) -> FormulaName:
        """Return a name with a point: a part's figure, or one said more exactly."""
        if text.startswith('"'):
            node, _, figure = text[1:].partition('".')
        else:
            node, _, figure = text.partition(".")
        if text.startswith("set.") and figure in self.parameters:
            return FormulaName(text, PARAMETER, figure)
        if text.startswith("net.") and figure in FIGURES:
            return FormulaName(figure, FIGURES[figure][0], figure)
        if text.startswith("flops."):
            return self.by_convention(text, figure)
        if figure not in NODE_FIGURES:
            known = "it has " + ", ".join(NODE_FIGURES)
            help = did_you_mean(figure, NODE_FIGURES, known, ALIASES)
            raise LookupError(f"a layer has no figure `{figure}`", help)
        if self.graphs and not any(graph.within(node) for graph in self.graphs):
            ends = {node.name for graph in self.graphs for node in graph.nodes}
            scopes = {scope for graph in self.graphs for scope in graph.scopes or ()}
            meant = suggest(node, sorted(ends | scopes))
            help = f'did you mean `"{meant}"`?' if meant else "`cnncalc show` prints the names"
            raise LookupError(f"the network has no layer and no scope `{node}`", help)
        shown = node if node.isidentifier() else f'"{node}"'
        return FormulaName(f"{shown}.{figure}", NODE_FIGURES[figure][0], figure, node)

    def by_convention(self, text: str, name: str) -> FormulaName:
        """Return FLOPs by a convention."""
        from cnncalc.analysis.conventions import CONVENTIONS

        if name not in CONVENTIONS:
            meant = suggest(name, CONVENTIONS)
            help = f"did you mean `flops.{meant}`?" if meant else "known: " + ", ".join(CONVENTIONS)
            raise LookupError(f"there is no convention `{name}`", help)
        return FormulaName(text, TERMS, "flops", None, name)
