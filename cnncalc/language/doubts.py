"""What is legal in a spec and probably not meant: warnings that need no shapes."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic
from cnncalc.language.axis_order import other_channels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from cnncalc.graph import Node
    from cnncalc.language.entries import Block
    from cnncalc.language.header import Header


def unused(
    header: Header, blocks: dict[str, Block], values: dict[str, Any]
) -> Iterator[Diagnostic]:
    """Yield warnings for blocks nobody calls and parameters nobody reads."""
    found = [
        (block.name, f"block `{block.name.text}` is never used", "call it in `layers`")
        for block in blocks.values()
        if not block.used
    ]
    found += [
        (name, f"parameter `{name.text}` is never read", "use it in a field")
        for name, _ in header.mapping("parameters")
        if name.text in values and name.text not in header.used
    ]
    for name, message, use in found:
        help = f"remove it, or {use}"
        yield Diagnostic(message, name.span, help, severity="warning", code="unused")


def other_inputs(header: Header, nodes: list[Node]) -> Iterator[Diagnostic]:
    """Yield warnings for inputs that were given other channels than the spec's."""
    doubted = {doubt.span for doubt in header.warnings if doubt.code == "axes"}
    for index, node in enumerate(nodes):
        if node.inputs:
            break  # the inputs of the network stand first
        own = header.own_shapes.get(node.name)
        message = other_channels(nodes, index, own) if own is not None else None
        if message is not None and node.span not in doubted:
            yield Diagnostic(message, node.span, severity="warning", code="input-channels")
