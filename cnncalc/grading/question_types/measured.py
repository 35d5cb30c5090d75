"""Questions for what is computed of a network: shapes, counts, memory, receptive fields."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, SpecError, quoted, suggest
from cnncalc.grading.answers.units import unit
from cnncalc.grading.model import Network, Question, Truth
from cnncalc.grading.quantities import MEASURES, QUANTITIES, SYNONYMS, counted, total
from cnncalc.grading.question_types.numbers import NumberTruth
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.question_types.receptive_field import field_truth, jump_truth, start_truth
from cnncalc.grading.question_types.shapes import ShapeTruth
from cnncalc.grading.question_types.wording import ask, title_of
from cnncalc.grading.yaml_keys import Keys
from cnncalc.language.tree import Mapping

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

#: A rounded ratio counts if its digits are right; within this share it counts in any case.
RATIO_TOLERANCE = Fraction(1, 200)
#: Truths of a receptive field, each of one node.
_OF_FIELDS = {"receptive_field": field_truth, "jump": jump_truth, "start": start_truth}


def truth_of(
    reader: QuestionReader, network: Network, quantity: str, nodes: tuple[int, ...], place: Node
) -> Truth:
    """Return what is right for a quantity of some nodes; refuses what has no single answer.

    Raises SpecError at `place` where the quantity is not defined there.
    """
    last = nodes[-1] if nodes else network.graph.outputs[0]
    if quantity in ("shape", "spatial"):
        if not nodes and len(network.graph.outputs) > 1:
            raise _refused(place, "the network has several outputs", "name one by `node`")
        return _shape(network.right.shapes[last], quantity == "spatial", place)
    if quantity in _OF_FIELDS:
        return _OF_FIELDS[quantity](network, last, place)
    if quantity == "peak_bytes":
        return _peak(reader, network, nodes, place)
    known = QUANTITIES[quantity]
    value = total(known, network.right, members(network, quantity, nodes), reader.conventions)
    if value is None:
        help = "ask for the shape, or for another quantity"
        raise _refused(place, f"`{quantity}` has no single value here", help)
    sizes = quantity.endswith("bytes")
    return NumberTruth(Fraction(value), sizes, _unit(reader) if sizes else "")


def _shape(shape: tuple[int, ...] | None, spatial: bool, place: Node) -> ShapeTruth:
    if shape is None or (spatial and len(shape) < 2):
        raise _refused(place, "a flat vector has no spatial size", "ask for its shape")
    return ShapeTruth(shape[1:], True, True, depth=shape[0]) if spatial else ShapeTruth(shape)


def _peak(
    reader: QuestionReader, network: Network, nodes: tuple[int, ...], place: Node
) -> NumberTruth:
    """Return the most bytes of inputs and activations alive at once, of the whole network."""
    from cnncalc.analysis.memory import measure
    from cnncalc.analysis.walk import analyze

    if nodes:
        raise _refused(place, "the peak of memory belongs to a whole network", "leave `node` out")
    found = measure(analyze(network.graph, 1, reader.conventions.dtype))
    return NumberTruth(Fraction(found.peak), True, _unit(reader))


def _unit(reader: QuestionReader) -> str:
    """Return the unit of bytes that a question asks for; raises SpecError if there is none such."""
    node, word = reader.keys.node("unit"), reader.keys.text("unit")
    if node is not None and unit(word, sizes=True) is None:
        what = f"there is no unit {quoted(word)}"
        raise SpecError(Diagnostic(what, node.span, "write bytes, KB, MB, GB, KiB, MiB or GiB"))
    return word


def members(network: Network, quantity: str, nodes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the nodes over which a quantity is summed (or the single node it belongs to)."""
    known, graph = QUANTITIES.get(quantity), network.graph
    if known is None or not known.sums:
        return nodes[-1:] or (graph.outputs[0],)
    if len(nodes) == 1:
        return nodes
    return counted(known, network.right, nodes or range(len(graph.nodes)))


def is_sum(quantity: str, nodes: tuple[int, ...]) -> bool:
    """Tell whether a quantity of these nodes (none: of a whole network) is a sum."""
    return quantity in QUANTITIES and QUANTITIES[quantity].sums and len(nodes) != 1


def _refused(place: Node, message: str, help: str) -> SpecError:
    return SpecError(Diagnostic(message, place.span, help))


def plain_question(reader: QuestionReader, kind: str, quantity: str) -> Question:
    """Return a question for one quantity of a node, of a scope, or of the whole network."""
    network = reader.network()
    nodes = reader.target(network)
    place = reader.keys.node("node") or reader.mapping
    truth = truth_of(reader, network, quantity, nodes, place)
    name = reader.keys.text("node")
    whole, used = is_sum(quantity, nodes), members(network, quantity, nodes)
    item = reader.item(quantity, truth, name, used, whole=whole)
    layer = network.graph.nodes[used[-1]].layer
    text = ask(quantity, name, layer, whole, reader.keys.text("unit")) + reader.given(network)
    return reader.finish(kind, (quantity,), (item,), network, text)


def read_shape_question(reader: QuestionReader) -> Question:
    """Return a question for the shape of a node's output."""
    axes = reader.keys.word("axes", ("all", "spatial"), "all")
    return plain_question(reader, "shape", "spatial" if axes == "spatial" else "shape")


def read_quantity(reader: QuestionReader) -> Question:
    """Return a question for the quantity that it names."""
    quantity = reader.quantity()
    kind = {"shape": "shape", "spatial": "shape", "receptive_field": quantity}
    return plain_question(reader, kind.get(quantity, "integer"), quantity)


def _reader_of(quantity: str) -> Callable[[QuestionReader], Question]:
    kind = "receptive_field" if quantity == "receptive_field" else "integer"
    return lambda reader: plain_question(reader, kind, quantity)


def read_ratio(reader: QuestionReader) -> Question:
    """Return a question for one quantity divided by another."""
    network = reader.network()
    sides = [_side(reader, network, key) for key in ("of", "to")]
    (first, top), (second, bottom) = sides
    if not bottom.value:
        raise _refused(reader.mapping, f"{second} is 0: nothing can be divided by it", "swap them")
    tolerance = max(reader.conventions.tolerance, RATIO_TOLERANCE)
    truth = NumberTruth(top.value / bottom.value, rounded=True)
    item = reader.item("ratio", truth, tolerance=tolerance)
    text = f"What is the ratio of {first} to {second}?{reader.given(network)}"
    return reader.finish("ratio", (), (item,), network, text)


def _side(reader: QuestionReader, network: Network, key: str) -> tuple[str, NumberTruth]:
    """Return one side of a ratio, in words and as a number."""
    place = reader.keys.node(key)
    if not isinstance(place, Mapping):
        help = f"write `{key}: {{quantity: params, node: conv1}}`"
        raise _refused(
            place or reader.mapping,
            f"a ratio needs `{key}`: a quantity, and a node if it is one's",
            help,
        )
    keys = Keys(place, f"`{key}`", ("quantity", "node"), reader.faults)
    word = SYNONYMS.get(keys.text("quantity"), keys.text("quantity"))
    if word not in MEASURES:
        meant = suggest(word, MEASURES)
        help = f"did you mean `{meant}`?" if meant else "one of " + ", ".join(MEASURES)
        raise _refused(place, f"there is no quantity {quoted(word)}", help)
    named = keys.node("node")
    nodes = () if named is None else reader.find(network, named)
    truth = truth_of(reader, network, word, nodes, place)
    if not isinstance(truth, NumberTruth):
        raise _refused(place, f"`{word}` is no number", "ask for a count, a size or memory")
    where = f"of `{keys.text('node')}`" if nodes else "of the whole network"
    return f"the {title_of(word, is_sum(word, nodes))} {where}", truth


_UNITS = ("weight_bytes", "activation_bytes", "peak_bytes")
_ALIASES = {
    "params": ("parameters", "parameter"), "receptive_field": ("rf",),
    "weight_bytes": ("bytes", "memory"), "macs": ("mac",), "flops": ("flop",),
    "peak_bytes": ("peak", "peak_memory"),
}  # fmt: skip
#: A kind for every quantity, called like it.
QUANTITY_KINDS = tuple(
    QuestionType(
        name,
        _reader_of(name),
        title,
        ("node", "unit") if name in _UNITS else ("node",),
        _ALIASES.get(name, ()),
    )
    for name, title in MEASURES.items()
    if name not in ("shape", "spatial")
)
SHAPE = QuestionType(
    "shape", read_shape_question, "the output shape of a node", ("node", "axes"), ("output",)
)
INTEGER = QuestionType(
    "integer", read_quantity, "the quantity that it names", ("node", "quantity", "unit"), ("count",)
)
RATIO = QuestionType("ratio", read_ratio, "one quantity divided by another", ("of", "to"))
