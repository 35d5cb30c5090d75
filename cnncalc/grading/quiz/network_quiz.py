"""Makes a template from a network alone: questions about its layers at other input sizes."""

from __future__ import annotations

from itertools import islice, permutations
from operator import add

from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import Source, SpecError, UsageError
from cnncalc.grading.marking.believed_network import BelievedNetwork, explore, window_of
from cnncalc.graph import Graph
from cnncalc.language import Options, build, find
from cnncalc.layers.option import show
from cnncalc.quantities import show_shape

QUESTIONS = 6
_SIZES = 24
MAX_SHAPES = 600


def network_template(name: str, questions: int = QUESTIONS) -> tuple[str, dict[str, str]]:
    """Return a template of questions about a network, and the texts of the specs it names.

    The input's size is drawn from sizes at which the network can be computed. Raises UsageError
    for a name that fits nothing, and SpecError for a faulty spec.
    """
    source, variant = find(name)
    graph = build(source, Options(variant))
    analyze(graph)
    sizes = _sizes(source, variant, graph)
    asked = _asked(graph)
    if len(sizes) > 1:  # what is the same at every size would be the same for every student
        other = explore(build(source, Options(variant, {}, {"": sizes[1]})))
        asked = [one for one in asked if _differs(one, explore(graph), other)] or asked
    if not asked:
        raise UsageError(f"`{name}` has no layers to ask about")
    step = max(1, len(asked) // questions)
    spec = variant or source.name
    lines = [f"title: {show(graph.name)} quiz", "specs:", f"  net: {_quoted(spec)}", "questions:"]
    for number, (kind, node) in enumerate(asked[::step][:questions], 1):
        draw = f", draw: {{input: [{', '.join(sizes)}]}}" if len(sizes) > 1 else ""
        lines.append(f"  - {{id: q{number}, kind: {kind}, node: {_quoted(node)}, fits: any{draw}}}")
    texts = {} if variant else {source.name: source.text}
    return "\n".join(lines) + "\n", texts


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _asked(graph: Graph) -> list[tuple[str, str]]:
    """Return kinds of questions with nodes: shapes of windows, counts of layers with weights."""
    world = explore(graph)
    kinds = []
    for index, node in enumerate(graph.nodes):
        if node.layer.opaque:
            break  # what comes after it could not be checked by running it
        if window_of(world.layers[index], world.inputs[index] or ()) is not None:
            kinds.append(("shape", node.name))
        weights = world.params(index)
        if weights and any(array.name == "weight" for array in weights):
            kinds.append(("params", node.name))
            if node.layer.role == "weighted":
                kinds.append(("macs", node.name))
    return kinds


def _differs(asked: tuple[str, str], one: BelievedNetwork, other: BelievedNetwork) -> bool:
    """Tell whether a question has another answer at another size."""
    node = one.graph.index(asked[1])
    return asked[0] != "params" or one.params(node) != other.params(node)


def _sizes(source: Source, variant: str | None, graph: Graph) -> list[str]:
    """Return input shapes around the network's own at which every layer can be computed.

    No two axes are of the same length, so that there are many, and each as much work.
    """
    shape = graph.nodes[graph.inputs[0]].layer.output_shape(())
    if len(shape) < 2 or len(graph.inputs) > 1:
        return [show_shape(shape)]
    unit = max(1, min(shape[1:]) // 28)
    offsets: list[int] = []
    for number in range(1, 4 * _SIZES):
        offset = unit * (number // 2) * (1 if number % 2 else -1)
        other = tuple(length + offset for length in shape[1:])
        if min(other) < 1 or len(offsets) >= _SIZES:
            continue
        try:
            analyze(build(source, Options(variant, {}, {"": show_shape((shape[0], *other))})))
        except (SpecError, UsageError):
            continue
        offsets.append(offset)
    rank = len(shape) - 1
    found = [
        show_shape((shape[0], *map(add, shape[1:], chosen)))
        for chosen in islice(permutations(offsets, rank), MAX_SHAPES)
    ]
    return found or [show_shape(shape)]
