"""What operations become that PyTorch has and ONNX has no word for."""

from __future__ import annotations

from cnncalc.exchange.operations.axes import ordered, to_shape, without
from cnncalc.exchange.operations.layers import linear as linear_layer
from cnncalc.exchange.operations.layers import plain
from cnncalc.exchange.operations.moves import Moves
from cnncalc.exchange.operations.operation import Operation, UnknownOperation
from cnncalc.exchange.operations.parts import cut, taken
from cnncalc.exchange.operations.recurrent import States, sequence
from cnncalc.exchange.operations.rules import RULES as COMMON
from cnncalc.exchange.operations.values import ConstantArray, Value
from cnncalc.exchange.operations.windows import enlarged
from cnncalc.exchange.targets import alike
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.exchange.operations.operation import Rule
    from cnncalc.exchange.operations.recurrent import Row


def attention(op: Operation) -> Value:
    """Scaled products of queries and keys, their softmax, and its products with the values."""
    query, keys, values = op.value(0), op.value(1), op.value(2)
    shape = op.shape(0)
    rank = len(shape)
    if op.get("grouped") or len(op.shape(1)) != rank:
        raise UnknownOperation("its queries and keys differ in their heads")
    order = (*range(rank - 2), rank - 1, rank - 2)
    keys = op.add("permute", keys, dims=order, name=f"{op.name}/keys")
    scores = op.add("matmul", query, keys, name=f"{op.name}/scores")
    factor = op.get("scale") or shape[-1] ** -0.5
    scores = op.add("scale", scores, factor=factor, name=f"{op.name}/scale")
    mask = op.inputs[3] if op.has(3) else None
    if mask is not None or op.get("causal"):
        added = [] if isinstance(mask, ConstantArray) or mask is None else [op.value(3)]
        weights = {"params": mask} if isinstance(mask, ConstantArray) and mask.learned else {}
        scores = op.counted({"adds": 1}, scores, *added, weights=weights)
    shares = op.add("softmax", scores, axis=rank - 1, name=f"{op.name}/softmax")
    return op.add("matmul", shares, values)


def gated(op: Operation) -> Value:
    """One half of an axis times the sigmoid of the other."""
    own = op.axis(op.get("axis"))
    half = op.shape()[own] // 2
    whole = op.inputs[0]
    parts = []
    for number in (0, 1):
        op.inputs[0] = whole
        found = cut(op, own, number * half, (number + 1) * half, 1, f"{op.name}/part")
        parts.append(op.built(found) if isinstance(found, Moves) else found)
    gate = op.add("sigmoid", parts[1], name=f"{op.name}/gate")
    return op.add("multiply", parts[0], gate)


def rolled(op: Operation) -> Value:
    """The end of an axis put before its beginning."""
    value = op.value()
    for shift, axis in zip(op.get("shifts"), op.get("axes"), strict=True):
        own = op.axis(axis)
        length = op.shape()[own]
        middle = -shift % length
        if middle:
            ends = [
                op.add("slice", value, start=start, stop=stop, name=f"{op.name}/part", axis=own)
                for start, stop in ((middle, length), (0, middle))
            ]
            value = op.add("concat", *ends, axis=own)
    return value


def linear(op: Operation) -> Value:
    """A linear layer, its matrix as PyTorch has it."""
    return linear_layer(op, op.constant(1), op.optional(2))


def adaptive(keyword: str) -> Rule:
    """Return the rule of an adaptive pool; to one place it is a global one."""

    def rule(op: Operation) -> Value:
        lengths = op.shape()[1:]
        wanted = op.get("size")
        wanted = wanted if isinstance(wanted, list) else [wanted] * len(lengths)
        sizes = [n if w is None else int(w) for w, n in zip(wanted, lengths, strict=True)]
        if set(sizes) == {1}:
            return op.add(f"global_{keyword}")
        return op.add(f"adaptive_{keyword}", output_size=alike(sizes))

    return rule


def interpolate(op: Operation) -> Value:
    """Upsampling to a size or by a factor."""
    lengths, mode = op.shape()[1:], op.get("mode")
    given, factors = op.get("size"), op.get("factors")
    if not given:
        if not factors:
            raise UnknownOperation("its size is not in the program")
        given = [int(n * factor) for n, factor in zip(lengths, factors, strict=True)]
    sizes = tuple([int(n) for n in given])
    if mode == "nearest-exact":
        if any(new % old for new, old in zip(sizes, lengths, strict=True)):
            raise UnknownOperation("it takes the nearest element by another rule")
        mode = "nearest"
    if sizes == lengths and not op.get("corners"):
        return op.value()
    return enlarged(op, sizes, mode, corners=bool(op.get("corners")))


def flatten_axes(op: Operation) -> Value | Moves:
    """Some axes that follow one another, made one."""
    whole = op.whole()
    first, last = (op.get(name) % len(whole) for name in ("first", "last"))
    joined = product(whole[first : last + 1])
    return to_shape(op, [*whole[:first], joined, *whole[last + 1 :]])


def unflatten(op: Operation) -> Value | Moves:
    """One axis made several."""
    whole = op.whole()
    axis = op.get("axis") % len(whole)
    sizes = [int(n) for n in op.get("sizes")]
    rest = whole[axis] // max(product([n for n in sizes if n != -1]), 1)
    sizes = [rest if n == -1 else n for n in sizes]
    return to_shape(op, [*whole[:axis], *sizes, *whole[axis + 1 :]])


def squeeze(op: Operation) -> Value | Moves:
    """Axes taken away where they have length 1; others stay, as PyTorch has it."""
    whole, axes = op.whole(), op.get("axes")
    named = range(len(whole)) if axes is None else [axis % len(whole) for axis in axes]
    return without(op, {axis for axis in named if whole[axis] == 1 and axis != op.batch})


def swap(op: Operation) -> Value | Moves:
    """Two axes in each other's place."""
    order = list(range(len(op.whole())))
    one, other = (op.get(name) % len(order) for name in ("one", "other"))
    order[one], order[other] = other, one
    return ordered(op, order)


def move_axes(op: Operation) -> Value | Moves:
    """Some axes put to other places, the rest in their order."""
    rank = len(op.whole())
    given = [op.get(name) for name in ("from_", "to")]
    one, other = ([n % rank for n in (v if isinstance(v, list) else [v])] for v in given)
    rest = iter([axis for axis in range(rank) if axis not in one])
    places = dict(zip(other, one, strict=True))
    return ordered(op, [places[i] if i in places else next(rest) for i in range(rank)])


def select(op: Operation) -> Value | Moves:
    """One position of an axis, which is gone then."""
    own, place = op.axis(op.get("axis")), op.get("index")
    length = op.shape()[own]
    place += length if place < 0 else 0
    return taken(op, own, cut(op, own, place, place + 1, 1, op.name))


def unbind(op: Operation) -> list[Value | Moves]:
    """Each position of an axis."""
    own, whole = op.axis(op.get("axis")), op.inputs[0]
    results: list[Value | Moves] = []
    for place in range(op.shape()[own]):
        op.inputs[0] = whole
        results.append(taken(op, own, cut(op, own, place, place + 1, 1, op.name)))
    return results


def pieces(op: Operation) -> list[Value | Moves]:
    """Pieces of one size, the last of which may be smaller."""
    size = op.get("size")
    op.attributes["split"] = size
    if not isinstance(size, list):
        length = op.shape()[op.axis(op.get("axis"))]
        op.attributes["split"] = [min(size, length - at) for at in range(0, length, size)]
    found = COMMON["Split"](op)
    assert isinstance(found, list)
    return found


def recurrent(keyword: str, states: int) -> Rule:
    """Return the rule of a recurrent layer, of one or several layers in one call."""

    def rule(op: Operation) -> list[Value | Moves]:
        first, arrays = op.inputs[1 : 1 + states], op.inputs[1 + states :]
        if not all(isinstance(state, ConstantArray) and not state.learned for state in first):
            raise UnknownOperation("it begins with states that are computed or learned")
        given = [array for array in arrays if isinstance(array, ConstantArray)]
        biases, ways = 2 if op.get("biases") else 0, 2 if op.get("both_ways") else 1
        endings = [
            f"l{layer}{ending}"
            for layer in range(op.get("layers"))
            for ending in ("", "_reverse")[:ways]
        ]
        parts = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")[: 2 + biases]
        names = [f"{part}_{ending}" for ending in endings for part in parts]
        if len(names) != len(given):
            raise UnknownOperation("it projects its states")
        found, value = sequence(
            op,
            keyword,
            0 if op.get("batch_first") else 1,
            arrays=dict(zip(names, given, strict=True)),
            hidden_size=given[1].shape[1],
            num_layers=op.get("layers"),
            bidirectional=ways == 2,
            biases=biases,
        )
        shape = op.builder.shapes[value.index]
        rows: list[Row] = [None] * (ways * (op.get("layers") - 1))
        rows += [(value, shape, way) for way in range(ways)]
        return [found, States(rows, given[1].shape[1], f"{op.name}/states", 1)]

    return rule


RULES: dict[str, Rule] = {
    **COMMON,
    "Linear": linear,
    "AdaptiveAveragePool": adaptive("avg_pool"),
    "AdaptiveMaxPool": adaptive("max_pool"),
    "Interpolate": interpolate,
    "FlattenAxes": flatten_axes,
    "Unflatten": unflatten,
    "Squeeze": squeeze,
    "Swap": swap,
    "Attention": attention,
    "Gated": gated,
    "Rolled": rolled,
    "MoveAxes": move_axes,
    "Select": select,
    "Unbind": unbind,
    "Pieces": pieces,
    "LSTM": recurrent("lstm", 2),
    "GRU": recurrent("gru", 1),
    "SpaceToDepth": plain("space_to_depth", block_size=("blocksize", int), order="channels_first"),
    "ChannelShuffle": plain("channel_shuffle", groups=("groups", int)),
}
