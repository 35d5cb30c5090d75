"""Receptive fields as one JSON object, schema `cnncalc.receptive-field/1`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnncalc.fields.api import ReceptiveFields
    from cnncalc.fields.regions import Hull
    from cnncalc.fields.result import AxisField, Misalignment, NodeField, SeenBy, UnitField

#: The figures that have one value per axis.
FIGURES = ("size", "smallest", "jump", "start", "end_padding", "centre", "covered", "period")


def fields_object(
    fields: ReceptiveFields, layer: str | None = None, unit: UnitField | None = None
) -> dict[str, Any]:
    """Return all fields, or those of one layer; with a unit also what it reads.

    Figures are lists with one value per axis; null is unknown.
    """
    graph = fields.graph
    nodes = fields.nodes if layer is None else (fields.node(layer),)
    first = None if fields.any_size else fields.covering()
    result: dict[str, Any] = {
        "schema": "cnncalc.receptive-field/1",
        "name": graph.name,
        "variant": graph.variant,
        "inputs": {graph.nodes[i].name: list(graph.nodes[i].layer.shape) for i in graph.inputs},  # type: ignore[attr-defined]  # inputs have a shape
        "input": fields.source,
        "any_size": fields.any_size,
        "nodes": [node_object(node) for node in nodes],
        "sees_all": None if first is None else first.name,
    }
    if unit is not None:
        own = unit_object(unit)
        result |= own
        for node in result["nodes"]:
            if node["name"] == unit.node:
                node |= {key: own[key] for key in ("unit", "region", "clipped")}
    return result


def node_object(node: NodeField) -> dict[str, Any]:
    """Return the fields of one node."""
    return {
        "name": node.name,
        "layer": node.layer,
        "output": list(node.output),
        "depends": node.depends,
        "whole": node.whole,
        **axes_object(node.axes),
        "without": None if node.without is None else axes_object(node.without),
        "aligned": node.aligned,
        "misaligned": [misaligned_object(item) for item in node.misaligned],
    }


def axes_object(axes: tuple[AxisField, ...] | None) -> dict[str, Any]:
    """Return the figures along each axis; null where there is no field."""
    if axes is None:
        return {**dict.fromkeys(FIGURES), "reason": None}
    figures: dict[str, Any] = {
        name: [plain(getattr(axis, name)) for axis in axes] for name in FIGURES
    }
    return {**figures, "reason": next((axis.reason for axis in axes if axis.reason), None)}


def plain(value: Any) -> Any:
    """Return a figure as JSON has it: whole numbers without a point, pairs as lists."""
    if isinstance(value, float) and value == int(value):
        return int(value)
    return list(value) if isinstance(value, tuple) else value


def misaligned_object(item: Misalignment) -> dict[str, Any]:
    """Return two branches that do not agree."""
    found = item.agree_at
    return {
        "branches": list(item.branches),
        "axis": item.axis,
        "jumps": list(item.jumps),
        "offset": plain(item.offset),
        "agree_at": None
        if found is None
        else {
            "modulus": found.modulus,
            "remainders": list(found.remainders),
            "nearest": list(found.nearest),
        },
    }


def unit_object(unit: UnitField) -> dict[str, Any]:
    """Return what one unit reads."""
    past = unit.without
    return {
        "layer": unit.node,
        "unit": list(unit.unit),
        "region": pairs(unit.region),
        "clipped": pairs(unit.clipped),
        "read": unit.read,
        "holes": unit.holes,
        "without": None if past is None else {"region": pairs(past[0]), "clipped": pairs(past[1])},
    }


def pairs(hull: Hull | None) -> list[list[int]] | None:
    """Return a rectangle as `[lo, hi]` per axis."""
    return None if hull is None else [[lo, hi] for lo, hi in hull]


def seen_object(pixel: tuple[int, ...], seen: tuple[SeenBy, ...]) -> dict[str, Any]:
    """Return the units that see a pixel."""
    return {
        "pixel": list(pixel),
        "seen_by": [
            {"name": item.node, "units": pairs(item.units), "count": item.count} for item in seen
        ],
    }
