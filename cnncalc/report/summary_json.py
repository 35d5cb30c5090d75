"""The summary as one JSON object, schema `cnncalc.summary/1` (see docs/summary.md)."""

from __future__ import annotations

from cnncalc.analysis.memory import measure
from cnncalc.fields.fields import quick_fields
from cnncalc.report.columns import convention_totals
from cnncalc.report.fields import field_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.analysis.conventions import Convention
    from cnncalc.analysis.walk import Analysis, Totals
    from cnncalc.diagnostics import Diagnostic
    from cnncalc.fields.result import NodeField
    from cnncalc.quantities import OpCount


def summary_object(
    analysis: Analysis, convention: Convention, warnings: tuple[Diagnostic, ...] = ()
) -> dict[str, Any]:
    """Return everything a summary knows; numbers are exact integers, unknown is None."""
    graph = analysis.graph
    flops = convention_totals(analysis, convention)
    fields = quick_fields(analysis)
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
        "convention": convention.name,
        "convention_rule": convention.rule,
        "nodes": [
            node_object(analysis, flops, index, fields[index])
            for index in range(len(graph.inputs), len(analysis.facts))
        ],
        "totals": totals_object(analysis, flops),
        "warnings": [warning_object(diagnostic) for diagnostic in warnings],
    }


def summary_json(
    analysis: Analysis, convention: Convention, warnings: tuple[Diagnostic, ...] = ()
) -> str:
    """Return the summary as JSON text, one line per key and per node."""
    import json

    lines = []
    for key, value in summary_object(analysis, convention, warnings).items():
        if isinstance(value, list) and value:
            # With an indent the encoder would leave its fast path: lines are laid out here.
            items = ",\n".join(["  " + json.dumps(item) for item in value])
            lines.append(f" {json.dumps(key)}: [\n{items}\n ]")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}"


def operations(ops: OpCount) -> dict[str, int]:
    """Return an operation count as an object."""
    return ops.as_dict()


def settled(fields: dict[str, Any]) -> dict[str, Any]:
    """Return a layer's fields with a pool's stride as the number it is: null would be unknown."""
    if "stride" in fields and fields["stride"] is None:
        return {**fields, "stride": fields["kernel_size"]}
    return fields


def node_object(
    analysis: Analysis, flops: list[int], index: int, field: NodeField
) -> dict[str, Any]:
    """Return everything known of one node."""
    graph = analysis.graph
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
        "trainable": figures.params,
        "buffers": figures.buffers,
        "weights": [
            {"name": array.name, "shape": list(array.shape), "trainable": array.trainable}
            for array in figures.arrays
        ],
        "shares": figures.shares,
        "macs": figures.ops.macs,
        "flops": flops[index],
        "ops": operations(figures.ops),
        "connections": figures.connections,
        "activations": figures.elements,
        "activation_bytes": figures.elements * analysis.batch * analysis.itemsize,
        "receptive_field": field_object(field),
        "aux": node.aux,
        "line": node.span.line if node.span is not None else None,
    }


def totals_object(analysis: Analysis, flops: list[int]) -> dict[str, Any]:
    """Return the sums: the main path's, the auxiliary heads', and both."""
    graph = analysis.graph
    first = len(graph.inputs)
    split = {False: 0, True: 0}
    for index in range(first, len(analysis.facts)):
        split[graph.nodes[index].aux] += flops[index]
    main, aux, both = analysis.totals(False), analysis.totals(True), analysis.totals()
    memory = measure(analysis) if len(analysis.facts) == len(graph.nodes) else None
    return {
        "params": main.params,
        "trainable": main.params,
        "buffers": main.buffers,
        "macs": main.ops.macs,
        "flops": split[False],
        "ops": operations(main.ops),
        "aux": part(aux, split[True]),
        "with_aux": part(both, split[False] + split[True]),
        "activations": main.activations,
        "input_bytes": memory.input if memory else None,
        "weight_bytes": main.params * analysis.itemsize,
        "buffer_bytes": main.buffers * analysis.itemsize,
        "activation_bytes": main.activations * analysis.batch * analysis.itemsize,
        "peak_bytes": memory.peak if memory else None,
        "peak_node": memory.peak_node if memory else None,
        "training_bytes": memory.training if memory else None,
        "depth": analysis.depth(),
    }


def part(totals: Totals, flops: int) -> dict[str, int]:
    """Return the sums of one part of a network."""
    return {
        "params": totals.params,
        "buffers": totals.buffers,
        "macs": totals.ops.macs,
        "flops": flops,
    }


def warning_object(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return a warning with its rule and place."""
    from cnncalc.diagnostics import as_json

    return {"code": diagnostic.code, **as_json(diagnostic)}
