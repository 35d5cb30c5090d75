"""Receptive fields as they were computed, beside what experiments find."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.walk import Analysis
from cnncalc.executor.checks import Check
from cnncalc.executor.probe import Probe, Progress, Shape, Span, Unit, measured_hulls, share
from cnncalc.fields.api import ReceptiveFields, receptive_field


def sampled_units(shape: Shape) -> list[Unit]:
    """Return the units at both corners and at the centre of a node's map, or of a vector."""
    lengths = shape[1:] if len(shape) > 1 else shape
    corners = [tuple([0] * len(lengths)), tuple([n - 1 for n in lengths])]
    units = [corners[0], tuple([n // 2 for n in lengths]), corners[1]]
    return list(dict.fromkeys(units))


def prove_fields(analysis: Analysis, progress: Progress | None = None) -> dict[int, Check]:
    """Return for every node, by index, what its sampled units read, computed and measured.

    The values hold rectangles by unit: `clipped`, those that the units read; `region`, of these
    the fields that lie wholly within the input and so are seen unclipped; `without`, those over
    paths past gates, where the network has any. Several inputs are measured one after the other.
    """
    checks: dict[int, Check] = {}
    inputs = analysis.graph.inputs
    spatial = [i for i in inputs if len(analysis.facts[i].output) > 1]
    for done, source in enumerate(spatial):
        name = analysis.graph.nodes[source].name
        tell = None if progress is None else share(progress, done, len(spatial))
        found = prove_source(analysis, source, tell)
        for index, check in found.items():
            if len(spatial) == 1:
                checks[index] = check
                continue
            held = checks.get(index, Check({}, {}))
            checks[index] = Check(
                {**held.computed, name: check.computed}, {**held.measured, name: check.measured}
            )
    return checks


def prove_source(
    analysis: Analysis, source: int, progress: Progress | None = None
) -> dict[int, Check]:
    """Return the checks of all nodes with regard to one input."""
    graph, shapes = analysis.graph, analysis.output_shapes()
    fields = receptive_field(analysis, graph.nodes[source].name, units_only=True)
    nodes = range(len(graph.inputs), len(graph.nodes))
    targets = [(index, unit) for index in nodes for unit in sampled_units(shapes[index])]
    gates = gate_nodes(fields)
    measured = measured_hulls(
        Probe(analysis, source),
        targets,
        share(progress, 0, 2) if progress is not None and gates else progress,
    )
    past: dict[tuple[int, Unit], list[Span] | None] = {}
    if gates:
        chosen = [(i, unit) for i, unit in targets if fields.nodes[i].without is not None]
        hulls = measured_hulls(
            Probe(analysis, source, gates),
            chosen,
            share(progress, 1, 2) if progress is not None else None,
        )
        past = dict(zip(chosen, hulls, strict=True))
    values: dict[int, tuple[dict[str, object], dict[str, object]]] = {}
    for (index, unit), hull in zip(targets, measured, strict=True):
        computed, found = values.setdefault(index, ({}, {}))
        beside(fields, index, unit, hull, computed, found)
        if (index, unit) in past:
            own = fields.unit(index, unit).without
            key = ",".join(map(str, unit))
            entry(computed, "without")[key] = None if own is None else plain(own[1])
            entry(found, "without")[key] = plain(past[index, unit])
    return {index: Check(*pair) for index, pair in values.items()}


def beside(
    fields: ReceptiveFields,
    index: int,
    unit: Unit,
    measured: list[Span] | None,
    computed: dict[str, object],
    found: dict[str, object],
) -> None:
    """Put what was computed for a unit, and what was measured, into the values of a check."""
    own = fields.unit(index, unit)
    key = ",".join(map(str, unit))
    entry(computed, "clipped")[key] = plain(own.clipped)
    entry(found, "clipped")[key] = plain(measured)
    if own.region is not None and own.region == own.clipped and not fields.nodes[index].whole:
        entry(computed, "region")[key] = plain(own.region)
        entry(found, "region")[key] = plain(measured)


def entry(values: dict[str, object], key: str) -> dict[str, object]:
    """Return the dictionary under a key, made when first asked for."""
    found = values.setdefault(key, {})
    assert isinstance(found, dict)
    return found


def plain(hull: Sequence[Span] | None) -> list[list[int]] | None:
    """Return a rectangle as lists, as JSON has it."""
    return None if hull is None else [[lo, hi] for lo, hi in hull]


def gate_nodes(fields: ReceptiveFields) -> frozenset[int]:
    """Return the nodes that see the whole map and nothing else, if some fields go past them.

    Empty for a network with norms by statistics: what these pass on of an element and of the
    whole map cannot be distinguished from outside.
    """
    if not any(node.without is not None for node in fields.nodes):
        return frozenset()
    gates = set()
    for index in range(len(fields.nodes)):
        for reading in fields.readings(index):
            if reading.whole and reading.local is not None:
                return frozenset()
            if reading.whole:
                gates.add(index)
    return frozenset(gates)
