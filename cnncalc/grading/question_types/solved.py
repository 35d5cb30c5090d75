"""Inverse questions that `cnncalc solve` answers: one layer, or a network's input or batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.amounts import size
from cnncalc.diagnostics import Diagnostic, SpecError, UsageError
from cnncalc.grading.question_types.parameter_search import INPUT, spread, steps
from cnncalc.grading.question_types.solved_layer import Solved, layer_solved
from cnncalc.grading.yaml_keys import Keys
from cnncalc.language.tree import Mapping, Scalar
from cnncalc.solve import sizes
from cnncalc.solve.budget import largest_batch
from cnncalc.teaching.typed import numbers

if TYPE_CHECKING:
    from cnncalc.grading.question_types.question import QuestionReader

#: How far an input's side is looked for where no range is given.
UP_TO = 512


def solved(reader: QuestionReader) -> Solved | None:
    """Return what `cnncalc solve` finds; None for a question about the parameters of a spec."""
    try:
        if reader.keys.node("layer") is not None:
            return layer_solved(reader)
        unknown = _single(reader)
        if not reader.has_spec or unknown in reader.networks.parameters(reader.place):
            return None
        if unknown == "batch":
            return _batch(reader)
        return _input(reader) if unknown == INPUT else None
    except UsageError as error:
        place = reader.keys.node("given") or reader.keys.node("want") or reader.mapping
        help = (error.help or "").replace("--", "").replace("-", "_") or None
        what = error.message.replace("--", "").replace("_", " ")
        raise SpecError(Diagnostic(what, place.span, help)) from None


def _single(reader: QuestionReader) -> str:
    """Return the only unknown of a question; empty if there are several."""
    place = reader.keys.node("unknown")
    if isinstance(place, Mapping):
        return place.entries[0][0].text if len(place.entries) == 1 else ""
    return reader.keys.text("unknown") if isinstance(place, Scalar) else ""


def _input(reader: QuestionReader) -> Solved | None:
    """Return the input sizes of a network that give an output, or of which nothing is lost."""
    wants = {name.text: value for name, value in reader.keys.entries("want")}
    place = reader.keys.node("unknown")
    span = place.get(INPUT) if isinstance(place, Mapping) else reader.keys.node("range")
    values = steps(span, "range") if span is not None else tuple(range(1, UP_TO + 1))
    network = reader.network()
    graph = network.graph
    reader.target(network)
    ranges = f"the side of the input {spread(values)}"
    if not wants and reader.keys.text("pick") == "smallest":
        found = sizes.smallest(graph)
        least = found.value if isinstance(found.value, int) else 0
        text = "the side of the smallest input that the network can take"
        return Solved((INPUT,), [(least,)] if least else [], 0, "", "", ("spatial",), "", text)
    if len(wants) != 1:
        return None
    (name, value), *_ = wants.items()
    if name == "lossless":
        found = sizes.lossless(graph, max(values))
        wanted = "no pixel is lost, neither of the image nor of any map behind it"
    elif name in ("spatial", "size") and isinstance(value, Scalar) and value.text != "input":
        node = reader.keys.text("node") or graph.nodes[graph.outputs[0]].name
        found = sizes.with_output(graph, numbers(value.text, value.text), max(values), None, node)
        wanted = f"the output of `{node}` is {value.text}"
    else:
        return None
    kept = frozenset(values)
    right = [(size,) for size in found.value or () if size in kept]  # type: ignore[attr-defined]
    why = "" if right else found.summary
    return Solved(
        (INPUT,), right, len(values), ranges, wanted, ("spatial",), why=why, example=network
    )


def _batch(reader: QuestionReader) -> Solved:
    """Return the largest batch with which a network fits in memory."""
    place = reader.keys.node("want")
    known = ("memory", "training")
    keys = Keys(place, "`want`", known, reader.faults) if isinstance(place, Mapping) else None
    if keys is None or not keys.text("memory"):
        where = place or reader.mapping
        help = "write `want: {memory: 8GiB}`, with `training: true` if it is trained"
        raise SpecError(Diagnostic("a batch is limited by memory", where.span, help))
    training = keys.truth("training", False)
    network, memory = reader.network(), keys.text("memory")
    found = largest_batch(network.graph, size(memory), reader.conventions.dtype, training)
    best = found.value if isinstance(found.value, int) else 0
    parts = "weights, buffers and the largest activations alive at once"
    if training:
        parts = "weights, gradients, two moments of Adam and all activations"
    text = f"the largest batch for which the network takes at most {memory} ({parts})"
    right = [(best,)] if found.found else []
    return Solved(("batch",), right, 0, "", "", ("weight_bytes",), "", text, found.summary, network)
