"""What `cnncalc verify` found, as a table and as JSON."""

from __future__ import annotations

import json

from cnncalc.quantities import show_shape
from cnncalc.report.table import Column, Table, TableRow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from cnncalc.executor.checks import Check, NodeProof, Proof

COLUMNS = (
    Column("result", "result"),
    Column("layer", "layer", flexible=True),
    Column("output", "output", "right"),
    Column("params", "params", "right"),
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
    title = f"{proof.name}{f' ({proof.variant})' if proof.variant else ''}: {run}"
    return Table(title, COLUMNS[:keep], shown, tuple(conclusion(proof)))


def cells(node: NodeProof) -> tuple[str, ...]:
    """Return the cells of one layer."""
    return (
        "PASS" if node.passed else "FAIL",
        node.name,
        both(node.shape, show_shape),
        both(node.params, grouped)
        + ("" if node.buffers.passed else f", buffers {both(node.buffers, grouped)}"),
        both(node.macs, grouped),
        "" if node.receptive_field is None else both(node.receptive_field, field),
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


def field(value: Any) -> str:
    """Return a receptive field, as far as it can be said in a few characters."""
    if isinstance(value, dict):
        return " ".join(f"{key} {field(part)}" for key, part in value.items())
    if isinstance(value, list):
        return "[" + ", ".join(field(part) for part in value) + "]"
    return str(value)


def conclusion(proof: Proof) -> list[tuple[str, str]]:
    """Return the lines below the table: what failed, and how it ended."""
    lines = [(node.name, node.error) for node in proof.failures if node.error]
    lines.append(("PASS" if proof.passed else "FAIL", sentence(proof)))
    return lines


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
    return json.dumps({"schema": "cnncalc.verify/1", **proof_object(proof)}, indent=1)


def proofs_json(proofs: Sequence[tuple[str, Proof]]) -> str:
    """Return the proofs of several networks, each with the name by which it was called."""
    networks = [{**proof_object(proof), "name": name} for name, proof in proofs]
    passed = all(proof.passed for _, proof in proofs)
    result = {"schema": "cnncalc.verify/1", "passed": passed, "networks": networks}
    return json.dumps(result, indent=1)
