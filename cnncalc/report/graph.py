"""A graph as text or JSON."""

from __future__ import annotations

from cnncalc.escaping import visible
from cnncalc.quantities import show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.graph import Graph


def text(graph: Graph) -> str:
    """Return one line per node: name, layer, fields, and what it reads if not the line above."""
    lines = [f"# {visible(graph.name)}" + (f" ({graph.variant})" if graph.variant else "")]
    width = min(60, max(len(node.name) for node in graph.nodes))
    for index, node in enumerate(graph.nodes):
        parts = [node.name.ljust(width), node.layer.keyword]
        if node.layer.arity == 0:
            parts.append(show_shape(node.layer.as_dict()["shape"]))
        else:
            parts.append(node.layer.as_typed())
        if node.inputs and node.sources != (index - 1,):
            parts.append("from " + ", ".join(graph.nodes[i].name for i in node.sources))
        if node.shares is not None:
            parts.append(f"shares {graph.nodes[node.shares].name}")
        if node.aux:
            parts.append("(aux)")
        lines.append("  ".join(part for part in parts if part))
    lines.append("outputs: " + ", ".join(graph.nodes[i].name for i in graph.outputs))
    return "\n".join(lines)


def as_json(graph: Graph) -> str:
    """Return the graph as JSON, schema `cnncalc.graph/1`."""
    import json

    nodes = [
        {
            "name": node.name,
            "layer": node.layer.keyword,
            "fields": node.layer.as_dict(),
            "from": [graph.nodes[i].name for i in node.inputs],
            "shares": graph.nodes[node.shares].name if node.shares is not None else None,
            "aux": node.aux,
            "line": node.span.line if node.span is not None else None,
        }
        for node in graph.nodes
    ]
    result = {
        "schema": "cnncalc.graph/1",
        "name": graph.name,
        "variant": graph.variant,
        "parameters": graph.parameters,
        "nodes": nodes,
        "inputs": [graph.nodes[i].name for i in graph.inputs],
        "outputs": [graph.nodes[i].name for i in graph.outputs],
        "aux_outputs": [graph.nodes[i].name for i in graph.aux_outputs],
    }
    return json.dumps(result, indent=1)


FORMATS: dict[str, Callable[[Graph], str]] = {"text": text, "json": as_json}
