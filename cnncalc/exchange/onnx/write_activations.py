"""How activations are written in ONNX."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.exchange.onnx.writing import Writing

    Rule = Callable[[Any, Writing], str]


def plain(kind: str, **names: str) -> Rule:
    """Return the rule of a layer that is one operation; `names` maps attributes to our fields."""

    def write(layer: Any, to: Writing) -> str:
        attributes = {theirs: getattr(layer, ours) for theirs, ours in names.items()}
        return to.add(kind, to.x, **attributes)

    return write


def bounded(low: float | None, high: float | None) -> Rule:
    """Return the rule of a layer that cuts to a range."""

    def write(_layer: Any, to: Writing) -> str:
        bounds = ["" if bound is None else to.number(bound) for bound in (low, high)]
        return to.add("Clip", to.x, *(bounds if bounds[1] else bounds[:1]))

    return write


def clip(layer: Any, to: Writing) -> str:
    return bounded(layer.min, layer.max)(layer, to)


def hard_sigmoid(_layer: Any, to: Writing) -> str:
    return to.add("HardSigmoid", to.x, alpha=1 / 6, beta=0.5)


def silu(_layer: Any, to: Writing) -> str:
    return to.add("Mul", to.x, to.add("Sigmoid", to.x))


def square(_layer: Any, to: Writing) -> str:
    return to.add("Mul", to.x, to.x)


def prelu(_layer: Any, to: Writing) -> str:
    return to.add("PRelu", to.x, to.per_channel("weight", to.rank))


def softplus(layer: Any, to: Writing) -> str:
    x = to.x if layer.beta == 1 else to.add("Mul", to.x, to.number(layer.beta))
    y = to.add("Softplus", x)
    if layer.beta != 1:
        y = to.add("Div", y, to.number(layer.beta))
    if layer.threshold >= 20:  # beyond it log(1 + exp(x)) is x in single precision
        return y
    return to.add("Where", to.add("Greater", x, to.number(layer.threshold)), to.x, y)


def softmax(kind: str) -> Rule:
    """Return the rule of a softmax along an axis."""

    def write(layer: Any, to: Writing) -> str:
        return to.add(kind, to.x, axis=layer.axis + 1)

    return write


RULES: dict[str, Rule] = {
    "relu": plain("Relu"),
    "relu6": bounded(0.0, 6.0),
    "leaky_relu": plain("LeakyRelu", alpha="negative_slope"),
    "prelu": prelu,
    "elu": plain("Elu", alpha="alpha"),
    "sigmoid": plain("Sigmoid"),
    "hard_sigmoid": hard_sigmoid,
    "tanh": plain("Tanh"),
    "hard_tanh": bounded(-1.0, 1.0),
    "softplus": softplus,
    "gelu": plain("Gelu", approximate="approximate"),
    "silu": silu,
    "hard_swish": plain("HardSwish"),
    "mish": plain("Mish"),
    "softsign": plain("Softsign"),
    "square": square,
    "sqrt": plain("Sqrt"),
    "selu": plain("Selu"),
    "abs": plain("Abs"),
    "clip": clip,
    "softmax": softmax("Softmax"),
    "log_softmax": softmax("LogSoftmax"),
}
