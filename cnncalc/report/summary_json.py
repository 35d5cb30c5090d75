"""The summary as one JSON object, schema `cnncalc.summary/1` (see docs/reference/summary.md)."""

from __future__ import annotations

from cnncalc.analysis.memory import stored
from cnncalc.quantities import OPERATIONS, AtLeast
from cnncalc.report.costs import Costs
from cnncalc.report.words import field_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.analysis.summary import Part, Summary
    from cnncalc.diagnostics import Diagnostic


#: The keys of the sums over a part of a network.
PART = ("params", "trainable", "frozen", "buffers", "macs", "flops")


def summary_object(summary: Summary) -> dict[str, Any]:
    """Return everything a summary knows; numbers are exact integers, unknown is None."""
    graph, analysis = summary.graph, summary.analysis
    costs = Costs(summary)
    return {
        "schema": "cnncalc.summary/1",
        "name": graph.name,
        "variant": graph.variant,
        "source": graph.source,
        "year": graph.year,
        "inputs": {graph.nodes[i].name: list(analysis.facts[i].output) for i in graph.inputs},
        "outputs": [graph.nodes[i].name for i in graph.outputs],
        "parameters": graph.parameters,
        "batch": analysis.batch,
        "dtype": analysis.dtype,
        "convention": summary.convention.name,
        "convention_rule": summary.convention.rule,
        "machine": None if summary.machine is None else summary.machine.as_dict(),
        "nodes": [node_object(summary, costs, index) for index in summary.indices],
        "unknown": [unknown_object(summary, index) for index in summary.unknown],
        "totals": totals_object(summary, costs),
        "warnings": [warning_object(diagnostic) for diagnostic in summary.warnings],
    }


def summary_json(summary: Summary) -> str:
    """Return the summary as JSON text, one line per key and per node."""
    import json

    lines = []
    for key, value in summary_object(summary).items():
        if isinstance(value, list) and value:
            # With an indent the encoder would leave its fast path: lines are laid out here.
            items = ",\n".join(["  " + json.dumps(item) for item in value])
            lines.append(f" {json.dumps(key)}: [\n{items}\n ]")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}"


def settled(fields: dict[str, Any]) -> dict[str, Any]:
    """Return a layer's fields with a pool's stride as the number it is: null would be unknown."""
    if "stride" in fields and fields["stride"] is None:
        return {**fields, "stride": fields["kernel_size"]}
    return fields


#: The costs for a machine, as they are named here and in the columns of a table.
COSTS = {
    "read_bytes": "read", "written_bytes": "written", "intensity": "intensity",
    "training_macs": "training_macs", "training_flops": "training_flops",
    "ideal_seconds": "time", "bound": "bound",
}  # fmt: skip


def node_object(summary: Summary, costs: Costs, index: int) -> dict[str, Any]:
    """Return everything known of one node."""
    graph, analysis = summary.graph, summary.analysis
    figures = analysis.figures(index)
    node = figures.node
    return {
        "name": node.name,
        "layer": node.layer.keyword,
        "scope": list(node.scope),
        "from": [graph.nodes[i].name for i in node.inputs],
        "fields": settled(node.layer.as_dict()),
        "inputs": [list(shape) for shape in figures.inputs],
        "output": list(figures.output),
        "params": figures.params,
        "trainable": figures.trainable,
        "frozen": figures.frozen,
        "buffers": figures.buffers,
        "weights": [
            {"name": array.name, "shape": list(array.shape), "trainable": array.trainable}
            for array in figures.arrays
        ],
        "shares": figures.shares,
        "macs": figures.ops.macs,
        "flops": summary.flops[index],
        "ops": figures.ops.as_dict(),
        "connections": figures.connections,
        "activations": figures.elements,
        "dtype": analysis.dtype_of(index),
        "activation_bytes": analysis.output_bytes(index),
        **{key: costs.single(column, index) for key, column in COSTS.items()},
        "receptive_field": field_object(summary.fields[index]),
        "aux": node.aux,
        "line": node.span.line if node.span is not None else None,
    }


def unknown_object(summary: Summary, index: int) -> dict[str, Any]:
    """Return a node whose counts are not all known, and which counts those are."""
    node = summary.graph.nodes[index]
    kind = node.layer.in_few_words()[0]
    return {"node": node.name, "kind": kind, "counts": list(summary.analysis.unknown(index))}


def totals_object(summary: Summary, costs: Costs) -> dict[str, Any]:
    """Return the sums: the main path's, the auxiliary heads', and both.

    Those that `at_least` names hold what is known, and are at least so large.
    """
    main, memory, analysis = summary.main, summary.memory, summary.analysis
    nodes = summary.graph.nodes
    inside = tuple([index for index in summary.indices if not nodes[index].aux])
    kept = [stored(analysis, index) for index in inside]
    sums = {key: costs.cell(column, inside) for key, column in COSTS.items() if key != "bound"}
    lower = [key for key, value in sums.items() if isinstance(value, AtLeast)]
    return {
        **{name: getattr(main, name) for name in PART},
        "ops": main.ops.as_dict(),
        "aux": part_object(summary.aux),
        "with_aux": part_object(summary.everything),
        "activations": main.activations,
        "input_bytes": memory.input if memory else None,
        "weight_bytes": sum([params for params, _, _ in kept]),
        "buffer_bytes": sum([buffers for _, _, buffers in kept]),
        "activation_bytes": sum([analysis.output_bytes(index) for index in inside]),
        **{key: one.value if isinstance(one, AtLeast) else one for key, one in sums.items()},
        "peak_bytes": memory.peak if memory else None,
        "peak_node": memory.peak_node if memory else None,
        "training_bytes": memory.training if memory else None,
        "optimizer": memory.rule.optimizer if memory else None,
        "activation_gradients": memory.rule.activation_gradients if memory else None,
        "depth": summary.depth,
        "at_least": [
            *at_least(main),
            *[f"{name}_bytes" for name in BYTES if memory and BYTES[name] in memory.at_least],
            *lower,
            *(() if analysis.knows_depth else ("depth",)),
        ],
    }


#: The amounts of memory that weights go into, as they are named here and in `Memory`.
BYTES = {"weight": "weights", "buffer": "buffers", "training": "training"}


def at_least(part: Part) -> list[str]:
    """Return the keys whose figures are only what is known; those within `ops` with a point."""
    names = [f"ops.{name}" if name in OPERATIONS else name for name in part.at_least]
    return [*names, "macs"] if "macs" in part.at_least else names


def part_object(part: Part) -> dict[str, Any]:
    """Return the sums of one part of a network."""
    lacking = [name for name in PART if name in part.at_least]
    return {**{name: getattr(part, name) for name in PART}, "at_least": lacking}


def warning_object(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return a warning with its rule and place."""
    from cnncalc.diagnostics import as_json

    return {"code": diagnostic.code, **as_json(diagnostic)}
