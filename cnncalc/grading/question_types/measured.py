"""Questions for what is computed of a network: shapes, counts, memory, receptive fields."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from cnncalc.diagnostics import quoted
from cnncalc.fields.forward import forward
from cnncalc.fields.node_fields import node_fields
from cnncalc.grading.answers.units import unit
from cnncalc.grading.model import Network, Question, Truth
from cnncalc.grading.quantities import MEASURES, QUANTITIES, SYNONYMS, counted, title_of, total
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.question_types.shapes import ShapeTruth
from cnncalc.grading.question_types.typed import NumberTruth
from cnncalc.grading.yaml_keys import Keys, known_word, refused
from cnncalc.language.tree import Mapping
from cnncalc.quantities import show_shape

if TYPE_CHECKING:
    from cnncalc.fields.result import NodeField
    from cnncalc.language.tree import Node
    from cnncalc.layers.base import Layer

#: A rounded ratio counts if its digits are right; within this share it counts in any case.
RATIO_TOLERANCE = Fraction(1, 200)
_OTHER = "ask about another node"


def truth_of(
    reader: QuestionReader, network: Network, quantity: str, nodes: tuple[int, ...], place: Node
) -> Truth:
    """Return what is right for a quantity of some nodes; refuses what has no single answer.

    Raises SpecError at `place` where the quantity is not defined there.
    """
    last = nodes[-1] if nodes else network.graph.outputs[0]
    if quantity in ("shape", "spatial"):
        if not nodes and len(network.graph.outputs) > 1:
            raise refused(place, "the network has several outputs", "name one by `node`")
        shape = network.right.shapes[last]
        if shape is None or (quantity == "spatial" and len(shape) < 2):
            raise refused(place, "a flat vector has no spatial size", "ask for its shape")
        if quantity == "shape":
            return ShapeTruth(shape)
        return ShapeTruth(shape[1:], True, True, depth=shape[0])
    if quantity == "receptive_field":
        return _field(network, last, place)
    if quantity in ("jump", "start"):
        return _along_axes(network, last, place, quantity)
    if quantity == "peak_bytes":
        return _peak(reader, network, nodes, place)
    known = QUANTITIES[quantity]
    value = total(known, network.right, members(network, quantity, nodes), reader.conventions)
    if value is None:
        help = "ask for the shape, or for another quantity"
        raise refused(place, f"`{quantity}` has no single value here", help)
    sizes = quantity.endswith("bytes")
    return NumberTruth(Fraction(value), sizes, _unit(reader) if sizes else "")


@lru_cache(maxsize=16)
def _fields(network: Network) -> list[tuple[tuple[NodeField, ...], tuple[int, ...]]]:
    """Return the fields of all nodes on every input of a network, with the input's shape."""
    graph = network.graph
    shapes = [shape or () for shape in network.right.shapes]
    return [
        (tuple(node_fields(graph, shapes, one, forward(graph, shapes, one))), shapes[one])
        for one in graph.inputs
    ]


def _field(network: Network, index: int, place: Node) -> ShapeTruth:
    """Return the field of a node's units on the input, per axis, padding included."""
    seen = [(nodes[index], shape) for nodes, shape in _fields(network)]
    found = {_field_on(one, shape, place) for one, shape in seen if one.depends}
    if not found:
        raise refused(place, "this node does not depend on the input", _OTHER)
    if len(found) > 1:
        raise refused(place, "the receptive fields on the inputs differ", _OTHER)
    return found.pop()


def _field_on(seen: NodeField, shape: tuple[int, ...], place: Node) -> ShapeTruth:
    """Return the field on one input; raises SpecError where units have none in common."""
    channels, *pixels = shape
    if not pixels:
        raise refused(place, "the input is a flat vector without pixels", "ask for its `fan_in`")
    if seen.without is not None:
        rest = show_shape(tuple([axis.size or 0 for axis in seen.without]))
        what = f"a side path sees the whole input, the others see {rest}: two answers are right"
        raise refused(place, what, _OTHER)
    if seen.axes is None:
        return ShapeTruth(tuple(pixels), True, True, True, channels)
    for axis in seen.axes:
        if axis.size is None or axis.smallest is None:
            raise refused(place, f"the receptive field is not known: {axis.reason}", _OTHER)
        if axis.size != axis.smallest:
            what = f"the receptive field differs from unit to unit: {axis.smallest} to {axis.size}"
            raise refused(place, what + " pixels", _OTHER)
    return ShapeTruth(tuple([axis.size or 0 for axis in seen.axes]), True, True, False, channels)


def _along_axes(network: Network, index: int, place: Node, name: str) -> NumberTruth:
    """Return how far neighbouring units are apart (`jump`), or where the first begins (`start`)."""
    found: set[int | None] = set()
    for nodes, _ in _fields(network):
        for axis in (nodes[index].axes or ()) if nodes[index].depends else ():
            found.add(getattr(axis, name))
    if len(found) != 1 or None in found:
        raise refused(place, f"the {name} has no single value here", _OTHER)
    return NumberTruth(Fraction(found.pop() or 0))


def _peak(
    reader: QuestionReader, network: Network, nodes: tuple[int, ...], place: Node
) -> NumberTruth:
    """Return the most bytes of inputs and activations alive at once, of the whole network."""
    from cnncalc.analysis.memory import measure
    from cnncalc.analysis.walk import analyze

    if nodes:
        raise refused(place, "the peak of memory belongs to a whole network", "leave `node` out")
    found = measure(analyze(network.graph, 1, reader.conventions.dtype))
    return NumberTruth(Fraction(found.peak), True, _unit(reader))


def _unit(reader: QuestionReader) -> str:
    """Return the unit of bytes that a question asks for; raises SpecError if there is none such."""
    word = reader.keys.text("unit")
    if word and unit(word, sizes=True) is None:
        help = "write bytes, KB, MB, GB, KiB, MiB or GiB"
        raise refused(reader.at("unit"), f"there is no unit {quoted(word)}", help)
    return word


def members(network: Network, quantity: str, nodes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the nodes over which a quantity is summed (or the single node it belongs to)."""
    known, graph = QUANTITIES.get(quantity), network.graph
    if known is None or not known.sums:
        return nodes[-1:] or (graph.outputs[0],)
    if len(nodes) == 1:
        return nodes
    return counted(known, network.right, nodes or range(len(graph.nodes)))


def ask(quantity: str, target: str, layer: Layer | None, whole: bool, unit: str = "") -> str:
    """Return the sentence that asks for a quantity, for a question without a text of its own."""
    where = f"of `{target}`" if target else "of the whole network"
    words = f" ({layer.in_words()})" if layer is not None and not whole and target else ""
    measure = f", in {unit}" if unit else ""
    return f"What is the {title_of(quantity, whole)} {where}{words}{measure}?"


def is_sum(quantity: str, nodes: tuple[int, ...]) -> bool:
    """Tell whether a quantity of these nodes (none: of a whole network) is a sum."""
    return quantity in QUANTITIES and QUANTITIES[quantity].sums and len(nodes) != 1


def plain_question(reader: QuestionReader, kind: str, quantity: str) -> Question:
    """Return a question for one quantity of a node, of a scope, or of the whole network."""
    network = reader.network()
    nodes, name = reader.target(network), reader.keys.text("node")
    truth = truth_of(reader, network, quantity, nodes, reader.at())
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
    (first, top), (second, bottom) = [_side(reader, network, key) for key in ("of", "to")]
    if not bottom:
        what = f"{second} is 0: nothing can be divided by it"
        raise refused(reader.mapping, what, "swap them")
    tolerance = max(reader.conventions.tolerance, RATIO_TOLERANCE)
    item = reader.item("ratio", NumberTruth(top / bottom, rounded=True), tolerance=tolerance)
    text = f"What is the ratio of {first} to {second}?{reader.given(network)}"
    return reader.finish("ratio", (), (item,), network, text)


def _side(reader: QuestionReader, network: Network, key: str) -> tuple[str, Fraction]:
    """Return one side of a ratio, in words and as a number."""
    place = reader.keys.node(key)
    if not isinstance(place, Mapping):
        help = f"write `{key}: {{quantity: params, node: conv1}}`"
        what = f"a ratio needs `{key}`: a quantity, and a node if it is one's"
        raise refused(reader.at(key), what, help)
    keys = Keys(place, f"`{key}`", ("quantity", "node"), reader.faults)
    word = SYNONYMS.get(keys.text("quantity"), keys.text("quantity"))
    known_word(place, word, MEASURES, f"there is no quantity {quoted(word)}")
    named = keys.node("node")
    nodes = () if named is None else reader.find(network, named)
    truth = truth_of(reader, network, word, nodes, place)
    if not isinstance(truth, NumberTruth):
        raise refused(place, f"`{word}` is no number", "ask for a count, a size or memory")
    where = f"of `{keys.text('node')}`" if nodes else "of the whole network"
    return f"the {title_of(word, is_sum(word, nodes))} {where}", truth.value


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
