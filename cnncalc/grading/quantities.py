"""What a question can ask of a network: each quantity, computed from a `BelievedNetwork`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from cnncalc.analysis.conventions import convention
from cnncalc.grading.answers import show_number
from cnncalc.grading.conventions import Conventions
from cnncalc.grading.marking.believed_network import BelievedNetwork
from cnncalc.graph import Graph
from cnncalc.quantities import ParamSpec, product

Count = Callable[[BelievedNetwork, int, Conventions], "int | None"]
#: A shape, or a number.
Asked = tuple[int, ...] | int


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that can be asked of one node, or (if `sums`) of several nodes together.

    `title` is what a question calls it, `all_title` of a sum over a whole network or a scope;
    `shared` if nodes that use another's weights count nothing.
    """

    name: str
    title: str
    count: Count
    sums: bool = True
    shared: bool = False
    all_title: str = ""


def _params(network: BelievedNetwork, index: int, conventions: Conventions) -> int | None:
    norm = network.layers[index].role == "norm"
    apart = conventions.bias == "apart" and not norm
    statistics = conventions.batch_norm == 4 and norm
    facts = network.facts(index)
    if facts is None or facts.trainable is None or facts.buffers is None:
        return None
    biases = sum([array.count for array in facts.params if array.name == "bias"]) if apart else 0
    return facts.trainable + facts.buffers * statistics - biases


def _arrays(counts: Callable[[ParamSpec], bool]) -> Count:
    """Return what counts the elements of some of a layer's arrays."""

    def count(network: BelievedNetwork, index: int, _conventions: Conventions) -> int | None:
        arrays = network.params(index)
        return None if arrays is None else sum(array.count for array in arrays if counts(array))

    return count


def _fan_in(network: BelievedNetwork, index: int, conventions: Conventions) -> int | None:
    """Return the weights of one neuron: of one filter, or of one output of a linear layer."""
    arrays, shape = network.params(index), network.natural[index]
    layer = network.layers[index]
    if not arrays or shape is None or layer.role != "weighted":
        return None
    filters = product(shape) if layer.weighs_places else shape[0]
    weights = sum(array.count for array in arrays if array.name == "weight") // filters
    if not weights:
        return None  # codes that are not trained
    biased = any(array.name == "bias" for array in arrays) and conventions.bias == "counted"
    return weights + int(biased)


def _macs(network: BelievedNetwork, index: int, _conventions: Conventions) -> int | None:
    ops = network.ops(index, network.shapes[index])
    return None if ops is None else ops.macs


def _flops(network: BelievedNetwork, index: int, conventions: Conventions) -> int | None:
    output, facts, inputs = network.shapes[index], network.facts(index), network.inputs[index]
    ops = network.ops(index, output)
    if ops is None or facts is None or output is None or inputs is None:
        return None
    rule = convention(conventions.flops)
    return rule.total(network.layers[index], inputs, output, facts.params, ops)


def _connections(network: BelievedNetwork, index: int, conventions: Conventions) -> int | None:
    ops = network.ops(index, network.shapes[index])
    if ops is None:
        return None
    count = network.layers[index].connections_of(ops) or 0
    return count - (ops.adds if ops.macs and conventions.bias != "counted" else 0)


def _of_shape(measure: Callable[[tuple[int, ...]], int | None]) -> Count:
    """Return what measures the shape of an output."""

    def count(network: BelievedNetwork, index: int, _conventions: Conventions) -> int | None:
        shape = network.shapes[index]
        return None if shape is None else measure(shape)

    return count


def _axis(position: int) -> Count:
    return _of_shape(lambda shape: shape[position] if len(shape) > position else None)


def _bytes(elements: Count) -> Count:
    def count(network: BelievedNetwork, index: int, conventions: Conventions) -> int | None:
        found = elements(network, index, conventions)
        return None if found is None else found * conventions.itemsize

    return count


_activations = _of_shape(product)
#: Of a flat vector or of a one-dimensional map.
_length = _of_shape(lambda shape: shape[-1] if len(shape) <= 2 else None)
_size = _of_shape(lambda shape: shape[1] if len(set(shape[1:])) == 1 else None)

QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity
    for quantity in (
        Quantity("params", "number of parameters", _params, shared=True),
        Quantity("weights", "number of weights (without biases)",
                 _arrays(lambda array: array.trainable and array.name != "bias"), shared=True),
        Quantity("biases", "number of biases",
                 _arrays(lambda array: array.trainable and array.name == "bias"), shared=True),
        Quantity("fan_in", "number of parameters of one neuron", _fan_in, sums=False),
        Quantity("buffers", "number of values kept but not trained",
                 _arrays(lambda array: not array.trainable), shared=True),
        Quantity("macs", "number of multiply-accumulates (MACs)", _macs),
        Quantity("flops", "number of FLOPs", _flops),
        Quantity("activations", "number of output values", _activations,
                 all_title="number of output values of all layers"),
        Quantity("neurons", "number of neurons", _activations),
        Quantity("connections", "number of connections", _connections),
        Quantity("weight_bytes", "memory of the parameters", _bytes(_params), shared=True),
        Quantity("activation_bytes", "memory of the output", _bytes(_activations),
                 all_title="memory of the outputs of all layers"),
        Quantity("channels", "number of output channels", _axis(0), sums=False),
        Quantity("height", "output height", _axis(1), sums=False),
        Quantity("width", "output width", _axis(2), sums=False),
        Quantity("length", "output length", _length, sums=False),
        Quantity("size", "side of the output map", _size, sums=False),
    )
}  # fmt: skip

#: Everything that can be asked of a network, with what a question calls it: the quantities, and
#: what is no number of a node.
MEASURES: dict[str, str] = {
    "shape": "output shape",
    "spatial": "spatial output size",
    "receptive_field": "receptive field on the input",
    "jump": "distance in input pixels between two neighbouring units",
    "start": "left edge of the first unit's receptive field (negative in the padding)",
    "peak_bytes": "largest memory of inputs and activations alive at once",
    **{name: quantity.title for name, quantity in QUANTITIES.items()},
}
#: The axes of a shape `(C, *spatial)` that a quantity is the length of.
AXES = {
    "height": slice(1, 2), "width": slice(2, 3), "size": slice(1, None),
    "length": slice(-1, None), "channels": slice(0, 1),
}  # fmt: skip

#: Other words for quantities, which a file may use.
SYNONYMS = {
    "parameters": "params", "trainable": "params", "bytes": "weight_bytes",
    "multiplications": "macs", "features": "length", "units": "neurons", "depth": "channels",
    "elements": "activations",
}  # fmt: skip

#: Quantities that depend on the output's shape, so that the student's own shape leads to them.
FROM_OUTPUT = frozenset(
    ("macs", "flops", "activations", "neurons", "connections", "activation_bytes")
)
#: Those to which nothing else leads.
OUTPUT_ONLY = frozenset(("activations", "neurons", "activation_bytes"))


def title_of(quantity: str, whole: bool = False) -> str:
    """Return what a quantity is called in a question; with `whole` a sum over several nodes."""
    known = QUANTITIES.get(quantity)
    if whole and known is not None and known.all_title:
        return known.all_title
    return MEASURES.get(quantity, quantity.replace("_", " "))


def joined(words: Sequence[object], last: str = "and") -> str:
    """Return words as a sentence lists them: `a, b and c`."""
    return f" {last} ".join(", ".join(map(str, words)).rsplit(", ", 1))


def printed_shape(shape: tuple[int, ...], layout: str = "hwc") -> str:
    """Return a shape as a sheet prints it: channels last unless the layout is `chw`."""
    return "×".join(map(show_number, shape if layout == "chw" else (*shape[1:], shape[0])))


def asked_of(quantity: str, shape: tuple[int, ...]) -> Asked | None:
    """Return what a question about a shape asks of it; None if it has no such axis."""
    if quantity == "shape":
        return shape
    if quantity == "spatial":
        return shape[1:]
    lengths = set(shape[AXES[quantity]])
    return lengths.pop() if len(lengths) == 1 else None


def is_of_shape(quantity: str) -> bool:
    """Tell whether a quantity is a shape or a length of it, and no count."""
    return quantity in ("shape", "spatial") or quantity in AXES


def total(
    quantity: Quantity, network: BelievedNetwork, nodes: Sequence[int], conventions: Conventions
) -> int | None:
    """Return a quantity summed over nodes; None if a part of it does not follow."""
    result = 0
    for index in nodes:
        if quantity.shared and network.graph.nodes[index].shares is not None:
            continue
        value = quantity.count(network, index, conventions)
        if value is None:
            return None
        result += value
    return result


def is_sum(quantity: str, nodes: Sequence[int]) -> bool:
    """Tell whether a quantity of these nodes (none: of a whole network) is a sum."""
    return quantity in QUANTITIES and QUANTITIES[quantity].sums and len(nodes) != 1


def members(graph: Graph, quantity: str, nodes: Sequence[int]) -> tuple[int, ...]:
    """Return the nodes over which a quantity is summed, or the single node it belongs to.

    Inputs never count; auxiliary heads only within their own scope; neurons only of layers with
    weights.
    """
    if not is_sum(quantity, nodes):
        return tuple(nodes or graph.outputs[:1])[-1:]
    given = nodes or range(len(graph.nodes))
    main = [index for index in given if not graph.nodes[index].aux] or given
    if quantity == "neurons":
        main = [index for index in main if graph.nodes[index].layer.role == "weighted"]
    return tuple(index for index in main if index not in graph.inputs)


@lru_cache(maxsize=64)
def sums_of(size: int, flops: str) -> Mapping[str, Mapping[str, Fraction | int]]:
    """Return the weighted sums that quantities are of others of the same nodes: name → weights."""
    rules: dict[str, dict[str, Fraction | int]] = {
        "params": {"weights": 1, "biases": 1},
        "weights": {"params": 1, "biases": -1},
        "weight_bytes": {"params": size},
        "activation_bytes": {"activations": size},
        "neurons": {"activations": 1},
        "activations": {"neurons": 1},
    }
    if factor := {"2macs": 2, "macs": 1}.get(flops, 0):
        rules |= {"flops": {"macs": factor}, "macs": {"flops": Fraction(1, factor)}}
    return rules
