"""Keras' activations, as layers and as settings of other layers; normalisations; arithmetic."""

from __future__ import annotations

from cnncalc.exchange.keras.use import LayerUse, counting
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.keras.use import OneRule

#: Activations that are one layer of ours.
ACTIVATIONS = {
    "relu": "relu", "relu6": "relu6", "softmax": "softmax", "log_softmax": "log_softmax",
    "sigmoid": "sigmoid", "tanh": "tanh", "elu": "elu", "selu": "selu", "gelu": "gelu",
    "softplus": "softplus", "softsign": "softsign", "swish": "silu", "silu": "silu",
    "mish": "mish", "hard_swish": "hard_swish", "hard_silu": "hard_swish",
}  # fmt: skip
#: What others spend on each element, where that is plain.
OTHERS = {
    "exponential": {"each_exps": 1},
    "celu": {"each_exps": 1, "each_comparisons": 1, "each_adds": 1},
    "log_sigmoid": {"each_exps": 2, "each_adds": 1},
    "hard_shrink": {"each_comparisons": 2},
    "threshold": {"each_comparisons": 1},
    "tanh_shrink": {"each_exps": 1, "each_adds": 1},
}


def activation(use: LayerUse, wanted: Any, index: int) -> int:
    """Return a node with an activation after it, given by name or as a layer."""
    if wanted in (None, "linear"):
        return index
    if isinstance(wanted, dict):
        config = wanted.get("config", {})
        if isinstance(config, str):
            return activation(use, config, index)
        inner = use.within(wanted, "activation")
        inner.inputs = [index]
        rule = RULES.get(inner.kind)
        return rule(inner) if rule else other_activation(use, inner.kind, index)
    word = str(wanted)
    if word == "hard_sigmoid":
        return hard_sigmoid(use, index)
    if word == "leaky_relu":
        return use.add("leaky_relu", index, part=word, negative_slope=0.2)
    if word in ACTIVATIONS:
        return use.add(ACTIVATIONS[word], index, part="" if use.kind == "Activation" else word)
    return other_activation(use, word, index)


def other_activation(use: LayerUse, word: str, index: int) -> int:
    """Return an activation that is none of our layers: it keeps the shape, whatever it costs."""
    inner = use.within({"class_name": word}, "activation")
    inner.inputs = [index]
    if word in OTHERS:
        return inner.counted(None, **OTHERS[word])
    return inner.custom(inner.unknown("there is no layer for it", inner.shape()))


def activated(use: LayerUse, index: int) -> int:
    """Return a node with a layer's own activation after it."""
    return activation(use, use.get("activation"), index)


def hard_sigmoid(use: LayerUse, index: int) -> int:
    """Keras 3 has PyTorch's hard sigmoid; older ones clip 0.2 x + 0.5."""
    if use.version >= 3:
        return use.add("hard_sigmoid", index, part="hard_sigmoid")
    scaled = use.add("scale", index, part="hard_sigmoid/scale", factor=0.2, shift=0.5)
    return use.add("clip", scaled, part="hard_sigmoid/clip", min=0.0, max=1.0)


def relu(use: LayerUse) -> int:
    """ReLU with a largest value, a slope below zero and a threshold."""
    highest = use.get("max_value")
    slope = float(use.get("negative_slope", use.get("alpha", 0.0)))
    if float(use.get("threshold", 0.0)):
        return use.counted(None, each_comparisons=1)
    if slope:
        if highest is not None:
            return use.counted(None, each_comparisons=2, each_muls=1)
        return use.add("leaky_relu", negative_slope=slope)
    if highest is None:
        return use.add("relu")
    return use.add("relu6") if float(highest) == 6 else use.add("clip", min=0.0, max=float(highest))


def leaky_relu(use: LayerUse) -> int:
    """Leaky ReLU; its slope is 0.3 by default."""
    slope = use.get("negative_slope", use.get("alpha", 0.3))
    return use.add("leaky_relu", negative_slope=float(slope))


def prelu(use: LayerUse) -> int:
    """PReLU with a slope for each channel or for all; Keras can also learn one for each element."""
    shape = use.shape()
    shared = {use.axis(int(axis)) for axis in use.get("shared_axes") or []}
    own = [axis for axis in range(len(shape)) if axis not in shared and shape[axis] > 1]
    if own in ([], [0]):
        return use.add("prelu", num_parameters=shape[0] if own else 1)
    slopes = product([shape[axis] for axis in own])
    return use.counted(None, params=slopes, each_comparisons=1, each_muls=1)


def softmax(use: LayerUse) -> int:
    """Softmax over one axis."""
    return use.add("softmax", axis=use.axis(int(use.get("axis", -1))))


def own_activation(use: LayerUse) -> int:
    """A layer that is an activation by name."""
    return activated(use, use.inputs[0])


def elu(use: LayerUse) -> int:
    return use.add("elu", alpha=float(use.get("alpha", 1.0)))


#: Layers that are activations, and so may also be the activation of another layer.
RULES: dict[str, OneRule] = {
    "Activation": own_activation, "ReLU": relu, "LeakyReLU": leaky_relu, "PReLU": prelu,
    "ELU": elu, "Softmax": softmax, "ThresholdedReLU": counting(each_comparisons=1),
}  # fmt: skip


def batch_norm(use: LayerUse) -> int:
    axis = use.get("axis", -1)
    if use.axis(int(axis[0] if isinstance(axis, list) else axis)):
        raise use.unknown(f"it normalises over axis {axis}, not the channels", use.shape())
    learned: dict[str, Any] = {name: bool(use.get(name, True)) for name in ("scale", "center")}
    return use.add("batch_norm", eps=float(use.get("epsilon", 1e-3)), **learned)


def layer_norm(use: LayerUse) -> int:
    """Layer normalisation over the channels at each position, or over everything."""
    axis = use.get("axis", -1)
    axes = {use.axis(int(a)) for a in (axis if isinstance(axis, list) else [axis])}
    fields = affine(use)
    if axes == {0}:
        return use.add("layer_norm", axes="channels", **fields)
    if axes == set(range(use.rank + 1)):
        return use.add("layer_norm", **fields)
    raise use.unknown(f"it normalises over axes {axis}", use.shape())


def group_norm(use: LayerUse) -> int:
    """Group normalisation; -1 group means one for each channel."""
    groups = int(use.get("groups", 32))
    groups = use.shape()[0] if groups == -1 else groups
    return use.add("group_norm", num_groups=groups, **affine(use))


def affine(use: LayerUse) -> dict[str, Any]:
    """Return the fields of a normalisation with both a scale and a shift, or with neither."""
    learned = {bool(use.get("scale", True)), bool(use.get("center", True))}
    if len(learned) > 1:
        raise use.unknown("it has a scale or a shift, but not both", use.shape())
    return {"eps": float(use.get("epsilon", 1e-3)), "affine": learned.pop()}


def rescaling(use: LayerUse) -> int:
    """A constant factor and shift; of each channel its own, they have no layer and are counted."""
    factor, shift = use.get("scale", 1.0), use.get("offset", 0.0)
    if not isinstance(factor, list) and not isinstance(shift, list):
        return use.add("scale", factor=float(factor), shift=float(shift))
    return use.counted(None, each_muls=1, each_adds=int(shift != 0.0))


def normalization(use: LayerUse) -> int:
    """(x - mean) / deviation for each channel, by statistics of the data: kept, not trained."""
    kept = 0 if use.get("mean") is not None else 2 * use.shape()[0] + 1  # and how many were seen
    return use.counted(None, buffers=kept, each_adds=1, each_divs=1)


def scaled_sum(use: LayerUse) -> int:
    """Inception-ResNet's residual: the first input plus the second times a constant."""
    value, residual = use.inputs
    scaled = use.add("scale", residual, part="scale", factor=float(use.get("scale", 1.0)))
    return use.add("add", value, scaled, part="add")


def stochastic_depth(use: LayerUse) -> int:
    """A block that is left out at random in training: identity at inference."""
    return use.add("stochastic_depth", p=float(use.get("drop_path_rate", use.get("rate", 0.0))))


def dropout(use: LayerUse) -> int:
    """Dropout and its relatives: identity at inference."""
    rate = float(use.get("rate", use.get("p", use.get("sigma", 0.5))))
    return use.add("dropout", p=min(max(rate, 0.0), 1.0))
