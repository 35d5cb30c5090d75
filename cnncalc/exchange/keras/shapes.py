"""Keras' dense layers, merges, and layers that give a map another shape."""

from __future__ import annotations

from cnncalc.exchange.keras.activations import activated
from cnncalc.exchange.keras.use import LayerUse, alone
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
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
    """Layers joined along an axis."""
    if len(use.inputs) == 1:
        return use.inputs[0]
    own = use.axis(int(use.get("axis", use.get("concat_axis", -1))))
    return use.add("concat") if own == 0 else use.add("concat", axis=own)


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
