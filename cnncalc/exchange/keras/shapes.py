"""Keras' dense layers, merges, layers that give a map another shape, and those over sequences."""

from __future__ import annotations

from cnncalc.exchange.keras.activations import activated
from cnncalc.exchange.keras.use import LayerUse, alone
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.quantities import Shape


def dense(use: LayerUse) -> int:
    """A linear layer over the last axis: of a map with channels last, a 1x1 convolution."""
    units, bias = int(use.get("units")), bool(use.get("use_bias", True))
    if use.rank == 0:
        return activated(use, use.add("linear", out_features=units, bias=bias))
    if use.channels_last:
        index = use.add("conv", out_channels=units, kernel_size=1, bias=bias)
    else:
        index = use.add("linear", out_features=units, bias=bias, axis=use.rank)
    return activated(use, index)


def time_distributed(use: LayerUse) -> int:
    """A dense layer over the last axis of a sequence."""
    inner = use.within(use.get("layer") or {})
    if inner.kind != "Dense":
        raise use.unknown(f"it repeats a {inner.kind}, not a Dense layer")
    inner.entry = use.entry
    return dense(inner)


def flatten(use: LayerUse) -> int:
    """Flatten: channel after channel here; Keras counts the channels innermost."""
    if not use.rank:
        return use.inputs[0]
    index, shape = use.add("flatten"), use.shape()
    keras_order = use.channels_last or use.get("data_format") is not None
    if keras_order and matters(shape):
        use.model.orders[index] = shape
    return index


def repeat_vector(use: LayerUse) -> int:
    """A vector as every element of a sequence."""
    count = int(use.get("n"))
    shape = (use.shape()[0], count) if use.channels_last else (count, use.shape()[0])
    return use.counted(shape)


def embedding(use: LayerUse) -> int:
    """A learned vector for each number of a sequence: a look-up, which computes nothing."""
    words, features = int(use.get("input_dim")), int(use.get("units"))
    if use.rank:
        raise use.unknown("it reads more than one axis of numbers", None, params=words * features)
    length = use.shape()[0]
    shape = (features, length) if use.channels_last else (length, features)
    return use.counted(shape, params=words * features)


def reshape(use: LayerUse) -> int:
    """A new shape, which Keras counts with the channels where the model has them."""
    return reshaped(use, [int(n) for n in use.get("target_shape", use.get("dims", []))])


def reshaped(use: LayerUse, wanted: list[int]) -> int:
    """Add a new shape, given in the order in which the model counts axes; -1 is what is left."""
    count = product(use.shape())
    known = product([n for n in wanted if n != -1])
    wanted = [count // max(known, 1) if n == -1 else n for n in wanted]
    own = (wanted[-1], *wanted[:-1]) if use.channels_last else tuple(wanted)
    orders = [use.channels_last and matters(shape) for shape in (use.shape(), own)]
    index = use.inputs[0]
    if orders[0]:  # the elements in Keras' order
        index = use.add("permute", index, part="order", dims=(*range(1, use.rank + 1), 0))
    index = use.add("reshape", index, shape=tuple(wanted) if orders[1] else own)
    if orders[1]:
        last = len(wanted) - 1
        index = use.add("permute", index, part="back", dims=(last, *range(last)))
    return index


def matters(shape: Shape) -> bool:
    """Return whether it makes a difference if the channels are counted first or last."""
    return shape[0] > 1 and product(shape[1:]) > 1


def permute(use: LayerUse) -> int:
    """Axes in another order, counted from 1."""
    return permuted(use, [int(n) for n in use.get("dims")])


def permuted(use: LayerUse, order: list[int]) -> int:
    """Add an order of the axes, counted from 1 in the model's own order."""
    if not use.channels_last:
        return use.add("permute", dims=tuple([n - 1 for n in order]))
    rank = len(order)
    own = [0 if n == rank else n for n in order]  # what stands at each of Keras' places
    return use.add("permute", dims=(own[-1], *own[:-1]))


def concatenate(use: LayerUse) -> int:
    """Layers joined along an axis; TensorFlow's function names it second."""
    if len(use.inputs) == 1:
        return use.inputs[0]
    axis = use.argument(len(use.call.arguments), "axis", "concat_axis", default=-1)
    return use.add("concat", axis=use.axis(int(axis)))


def average(use: LayerUse) -> int:
    """The mean of several layers."""
    total = use.add("add", part="sum")
    return use.add("scale", total, factor=1 / len(use.inputs))


def old_merge(use: LayerUse) -> int:
    """Keras 1's one layer for all merges."""
    mode = str(use.get("mode", "sum"))
    rules = {
        "concat": concatenate, "sum": alone("add"), "mul": alone("multiply"), "ave": average,
        "max": alone("maximum"),
    }  # fmt: skip
    if mode not in rules:
        raise use.unknown(f"its mode is `{mode}`")
    return rules[mode](use)


#: Weighted sums that each number of the state takes in a step.
GATES = {"lstm": 4, "gru": 3}


def lstm(use: LayerUse, bidirectional: bool = False) -> int:
    """LSTM, with one bias for each gate."""
    return recurrent(use, "lstm", 1, bidirectional)


def gru(use: LayerUse, bidirectional: bool = False) -> int:
    """GRU; only with `reset_after` is it that of cuDNN and PyTorch, which has two biases."""
    after = use.get("reset_after", use.version >= 3)
    if not after:
        raise unlike(use, "gru", 1, bidirectional, "it resets the state before it weighs it")
    return recurrent(use, "gru", 2, bidirectional)


def recurrent(use: LayerUse, keyword: str, biases: int, bidirectional: bool) -> int:
    """Add a recurrent layer over the columns of a sequence."""
    words = use.get("activation", "tanh"), use.get("recurrent_activation", "sigmoid")
    if words != ("tanh", "sigmoid"):
        raise unlike(use, keyword, biases, bidirectional, f"its activations are {words}")
    for setting in ("go_backwards", "return_state"):
        if use.get(setting):
            raise unlike(use, keyword, biases, bidirectional, f"`{setting}` is set")
    if not use.channels_last or use.rank != 1:
        raise use.unknown("its input is no sequence with the features at its end")
    whole = bool(use.get("return_sequences", False))
    index = use.add(
        keyword,
        hidden_size=int(use.get("units")),
        biases=biases if use.get("use_bias", True) else 0,
        bidirectional=bidirectional,
        output="sequence" if whole else "last",
    )
    return index if whole else use.add("flatten", index, part="last")


def unlike(use: LayerUse, keyword: str, biases: int, bidirectional: bool, message: str) -> Any:
    """Return what says that a layer is not ours, with what is known of it."""
    units, ways = int(use.get("units")), 2 if bidirectional else 1
    has_bias = use.get("use_bias", True)
    params = units + use.shape()[0] + (biases if has_bias else 0)
    steps = use.shape()[1:] if use.get("return_sequences", False) else ()
    shape = None if use.get("return_state") else (ways * units, *steps)
    return use.unknown(message, shape, params=ways * GATES[keyword] * units * params, buffers=0)


def bidirectional(use: LayerUse) -> int:
    """A recurrent layer in both directions, whose states are joined."""
    inner = use.within(use.get("layer") or {})
    rule = {"LSTM": lstm, "GRU": gru}.get(inner.kind)
    if rule is None or use.get("merge_mode", "concat") != "concat":
        raise use.unknown(f"its directions ({inner.kind}) are not joined as in other layers")
    inner.entry = use.entry
    return rule(inner, True)


def attention(use: LayerUse) -> int:
    """Attention of several heads over sequences: its weights and products are known.

    What its softmaxes spend is not said.
    """
    shapes = [use.shape(place) for place in range(len(use.inputs))]
    whole = use.channels_last and all(len(shape) == 2 for shape in shapes)
    others_set = [use.get(name) for name in ("output_shape", "use_gate", "sliding_window")]
    if not whole or any(others_set) or use.get("attention_axes") not in (None, [1]):
        raise use.unknown("it is not taken over a sequence with the features at its end")
    (asked, steps), (known, others) = shapes[0], shapes[min(1, len(shapes) - 1)]
    looked = shapes[2][0] if len(shapes) > 2 else known
    heads, size = int(use.get("num_heads")), int(use.get("key_dim"))
    value = int(use.get("value_dim", size))
    weights = heads * (size * (asked + looked) + value * (known + asked))
    biases = heads * (2 * size + value) + asked if use.get("use_bias", True) else 0
    macs = heads * (size * (steps * asked + others * looked) + value * others * known)
    macs += heads * steps * (others * (size + value) + value * asked)
    raise use.unknown("it is several layers in one", shapes[0], params=weights + biases, buffers=0,
                      macs=macs)  # fmt: skip
