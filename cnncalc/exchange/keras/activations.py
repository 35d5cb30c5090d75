"""Keras' activations, as layers and as settings of other layers."""

from __future__ import annotations

from cnncalc.exchange.keras.use import LayerUse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.keras.use import Rule


#: Activations that are one layer of ours.
ACTIVATIONS = {
    "relu": "relu", "relu6": "relu6", "softmax": "softmax", "log_softmax": "log_softmax",
    "sigmoid": "sigmoid", "tanh": "tanh", "elu": "elu", "selu": "selu", "gelu": "gelu",
    "softplus": "softplus", "softsign": "softsign", "swish": "silu", "silu": "silu",
    "mish": "mish", "hard_swish": "hard_swish", "hard_silu": "hard_swish",
}  # fmt: skip


def activation(use: LayerUse, wanted: Any, index: int) -> int:
    """Return a node with an activation after it, given by name or as a layer."""
    if wanted in (None, "linear"):
        return index
    if isinstance(wanted, dict):
        from cnncalc.exchange.keras.model import KerasLayer

        config = wanted.get("config", {})
        if isinstance(config, str):
            return activation(use, config, index)
        inner = KerasLayer(str(wanted.get("class_name")), use.entry.name, config, [])
        name = f"{use.name}/activation"
        rule = RULES.get(inner.kind)
        if rule is None:
            raise use.error(f"there is no layer for its activation {inner.kind}")
        return rule(LayerUse(use.builder, inner, name, [index], use.channels_last, use.version))
    word = str(wanted)
    if word == "hard_sigmoid":
        return hard_sigmoid(use, index)
    if word == "leaky_relu":
        return use.add("leaky_relu", index, part=word, negative_slope=0.2)
    if word not in ACTIVATIONS:
        raise use.error(f"there is no layer for its activation `{word}`")
    return use.add(ACTIVATIONS[word], index, part="" if use.kind == "Activation" else word)


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
        raise use.error("it has a threshold")
    if slope:
        if highest is not None:
            raise use.error("it has both a slope and a largest value")
        return use.add("leaky_relu", negative_slope=slope)
    if highest is None:
        return use.add("relu")
    return use.add("relu6") if float(highest) == 6 else use.add("clip", min=0.0, max=float(highest))


def leaky_relu(use: LayerUse) -> int:
    """Leaky ReLU; its slope is 0.3 by default."""
    return use.add("leaky_relu", negative_slope=float(use.get("negative_slope",
                                                              use.get("alpha", 0.3))))  # fmt: skip


def prelu(use: LayerUse) -> int:
    """PReLU with a slope for each channel; Keras can also learn one for each element."""
    shared = use.get("shared_axes") or []
    if len(shared) == use.rank:
        return use.add("prelu", num_parameters=use.shape()[0])
    if use.rank and not shared:
        raise use.error("it learns a slope for each element")
    return use.add("prelu", num_parameters=use.shape()[0])


def softmax(use: LayerUse) -> int:
    """Softmax over one axis."""
    own = use.axis(int(use.get("axis", -1)))
    return use.add("softmax") if own == 0 else use.add("softmax", axis=own)


def own_activation(use: LayerUse) -> int:
    """A layer that is an activation by name."""
    wanted = use.get("activation")
    return activation(use, wanted, use.inputs[0])


def elu(use: LayerUse) -> int:
    """ELU."""
    return use.add("elu", alpha=float(use.get("alpha", 1.0)))


#: Layers that are activations, and so may also be the activation of another layer.
RULES: dict[str, Rule] = {
    "Activation": own_activation, "ReLU": relu, "LeakyReLU": leaky_relu, "PReLU": prelu,
    "ELU": elu, "Softmax": softmax,
}  # fmt: skip
