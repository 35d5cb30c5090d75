"""Keras' dense layers, merges, and layers that give a map another shape."""

from __future__ import annotations

from cnncalc.exchange.keras.activations import activated
from cnncalc.exchange.keras.use import LayerUse, alone
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass


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
    from cnncalc.exchange.keras.model import KerasLayer

    inner = use.get("layer") or {}
    if inner.get("class_name") != "Dense":
        raise use.error(f"it repeats a {inner.get('class_name')}, not a Dense layer")
    entry = KerasLayer("Dense", use.entry.name, inner.get("config", {}), [])
    return dense(LayerUse(use.builder, entry, use.name, use.inputs, use.channels_last, use.version))


def flatten(use: LayerUse) -> int:
    """Flatten. With channels last Keras counts the channels innermost: other places, same sizes."""
    return use.add("flatten") if use.rank else use.inputs[0]


def reshape(use: LayerUse) -> int:
    """A new shape, which Keras counts with the channels where the model has them."""
    wanted = [int(n) for n in use.get("target_shape", use.get("dims", []))]
    count = product(use.shape())
    known = product([n for n in wanted if n != -1])
    wanted = [count // max(known, 1) if n == -1 else n for n in wanted]
    index = use.inputs[0]
    if use.channels_last and use.rank:  # the elements in Keras' order
        index = use.add("permute", index, part="order", dims=(*range(1, use.rank + 1), 0))
    index = use.add("reshape", index, shape=tuple(wanted))
    if use.channels_last and len(wanted) > 1:
        last = len(wanted) - 1
        index = use.add("permute", index, part="back", dims=(last, *range(last)))
    return index


def permute(use: LayerUse) -> int:
    """Axes in another order, counted from 1."""
    order = [int(n) for n in use.get("dims")]
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
        raise use.error(f"its mode is `{mode}`")
    return rules[mode](use)
