"""What `cnncalc verify` found, as a table and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cnncalc.quantities import product, show_shape
from cnncalc.report.table import Column, Table, TableRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.executor.checks import Check, NodeProof, Proof

COLUMNS = (
    Column("result", "result"),
    Column("layer", "layer", flexible=True),
    Column("output", "output", "right", dispensable=1),
    Column("params", "params", "right", dispensable=2),
    Column("macs", "MACs", "right"),
    Column("field", "receptive field", flexible=True),
)


def proof_table(proof: Proof, run: str) -> Table:
    """Return one row per layer; a cell shows both values where they differ.

    `run` says how the network was executed.
    """
    rows = [TableRow(cells(node)) for node in proof.nodes]
    measured_fields = any(node.receptive_field is not None for node in proof.nodes)
    keep = len(COLUMNS) if measured_fields else len(COLUMNS) - 1
    shown = tuple([row.replace(cells=row.cells[:keep]) for row in rows])
    # A field that was measured as computed is a figure, and no figure is cut.
    columns = [c.replace(flexible=c.key == "layer" or not proof.passed) for c in COLUMNS[:keep]]
    title = f"{proof.name}{f' ({proof.variant})' if proof.variant else ''}: {run}"
    lines = [(node.name, node.error) for node in proof.failures if node.error]
    lines.append(("PASS" if proof.passed else "FAIL", sentence(proof)))
    return Table(title, tuple(columns), shown, tuple(lines))


def cells(node: NodeProof) -> tuple[str, ...]:
    """Return the cells of one layer."""
    return (
        "PASS" if node.passed else "FAIL",
        node.name,
        both(node.shape, show_shape),
        both(node.params, grouped)
        + ("" if node.buffers.passed else f", buffers {both(node.buffers, grouped)}"),
        both(node.macs, grouped),
        "" if node.receptive_field is None else field_cell(node.receptive_field),
    )


def both(check: Check, show: Any) -> str:
    """Return the computed value, and what was measured where that is another."""
    computed = str(show(check.computed))
    if check.passed:
        return computed
    measured = "nothing" if check.measured is None else show(check.measured)
    return f"{computed}, measured {measured}"


def grouped(number: float) -> str:
    """Return a number with its thousands set apart."""
    return f"{number:,}"


def field_cell(check: Check) -> str:
    """Return the largest of the measured fields, or the first unit whose field differs.

    The values hold rectangles by unit (see `executor.field_checks`), or, with several inputs, such
    values by input.
    """
    computed, measured = rectangles(check.computed), rectangles(check.measured)
    for unit, wanted in computed.items():
        if measured.get(unit) != wanted:
            found = area(measured.get(unit))
            return f"{area(wanted)} of unit {unit}, measured {found}"
    if not check.passed:
        return f"computed {check.computed}, measured {check.measured}"
    sizes = [tuple([high - low for low, high in spans]) for spans in computed.values() if spans]
    if not sizes:
        return "reads no pixel"
    count = f"{len(computed)} unit{'s' if len(computed) > 1 else ''}"
    return f"{show_shape(max(sizes, key=product))} ({count})"


def rectangles(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return the rectangles that units read, by unit."""
    if not isinstance(value, dict):
        return {prefix: value}
    if "clipped" in value:
        return {prefix + unit: spans for unit, spans in value["clipped"].items()}
    parts = [rectangles(part, f"{prefix}{name} ") for name, part in value.items()]
    return {unit: spans for part in parts for unit, spans in part.items()}


def area(spans: Any) -> str:
    """Return a rectangle as ranges of pixels."""
    if not isinstance(spans, list):
        return "nothing"
    return "[" + ", ".join(f"{low}-{high - 1}" for low, high in spans) + "]"


def sentence(proof: Proof) -> str:
    """Return how a proof ended, in one sentence."""
    failures = len(proof.failures)
    layers = f"{len(proof.nodes):,} layers"
    if failures:
        return f"{failures:,} of {layers} differ from what was computed"
    params = sum(node.params.measured for node in proof.nodes)
    fields = sum(node.receptive_field is not None for node in proof.nodes)
    also = f", {fields:,} receptive fields" if fields else ""
    return (
        f"{layers} executed as computed: all shapes, {params:,} params,"
        f" {proof.macs:,} MACs{also} ({proof.seconds:.2f} s)"
    )


def node_object(node: NodeProof) -> dict[str, Any]:
    """Return one layer as the contract for programs has it."""
    checks = {
        name: None
        if check is None
        else {"computed": check.computed, "measured": check.measured, "passed": check.passed}
        for name, check in node.checks.items()
    }
    return {
        "name": node.name,
        "layer": node.layer,
        "passed": node.passed,
        **checks,
        "error": node.error,
    }


def proof_object(proof: Proof) -> dict[str, Any]:
    """Return one network's proof without the schema's name."""
    return {
        "passed": proof.passed,
        "name": proof.name,
        "variant": proof.variant,
        "macs": proof.macs,
        "seconds": round(proof.seconds, 3),
        "nodes": [node_object(node) for node in proof.nodes],
    }


def proof_json(proof: Proof) -> str:
    """Return one network's proof."""
    return pretty({"schema": "cnncalc.verify/1", **proof_object(proof)})


def proofs_json(proofs: Sequence[tuple[str, Proof]]) -> str:
    """Return the proofs of several networks, each with the name by which it was called."""
    networks = [{**proof_object(proof), "name": name} for name, proof in proofs]
    passed = all(proof.passed for _, proof in proofs)
    result = {"schema": "cnncalc.verify/1", "passed": passed, "networks": networks}
    return pretty(result)


def pretty(value: Any, level: int = 0) -> str:
    """Return JSON with one line for each layer, so that all of its checks are in sight."""
    if isinstance(value, dict) and ("nodes" in value or "networks" in value):
        parts = [f"{json.dumps(key)}: {pretty(part, level + 1)}" for key, part in value.items()]
        return bracketed("{}", parts, level)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return bracketed("[]", [pretty(part, level + 1) for part in value], level)
    return json.dumps(value)


def bracketed(brackets: str, parts: list[str], level: int) -> str:
    """Return parts between brackets, each on a line of its own."""
    margin = "\n" + " " * (level + 1)
    inner = ",".join(margin + part for part in parts)
    return f"{brackets[0]}{inner}\n{' ' * level}{brackets[1]}"
