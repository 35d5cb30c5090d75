"""What is not known of a network, and the refusal where an answer would need it."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, SpecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.analysis.walk import Analysis
    from cnncalc.graph import Graph


def refuse_unknown(
    analysis: Analysis, names: Iterable[str], purpose: str, within: Iterable[int] | None = None
) -> None:
    """Raise `SpecError` if some node's count of one of these names is not known.

    `purpose` says what cannot be said then; `within` are the nodes that matter, by default all.
    """
    wanted = set(names)
    for index in range(len(analysis.facts)) if within is None else within:
        lacking = [name for name in analysis.unknown(index) if name in wanted]
        if lacking:
            node = analysis.graph.nodes[index]
            raise SpecError(
                Diagnostic(
                    f"{' and '.join(lacking)} of `{node.name}` ({node.layer.in_few_words()[0]})"
                    f" are not known, so {purpose}",
                    node.span,
                    f"give a formula: `{lacking[0]}: ...`, or 0 if there are none",
                    node=node.name,
                )
            )


def refuse_opaque(graph: Graph, purpose: str) -> None:
    """Raise `SpecError` if there is a layer whose work is not known."""
    for node in graph.nodes:
        if node.layer.opaque:
            kind = node.layer.in_few_words()[0]
            message = f"`{node.name}` ({kind}) is a layer of the spec's own, so {purpose}"
            help = "write it with the layers that there are: `cnncalc layers`"
            raise SpecError(Diagnostic(message, node.span, help, node=node.name))
