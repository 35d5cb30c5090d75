"""How activations are written in Keras 3."""

from __future__ import annotations

from cnncalc.exchange.refusal import Unwritable
from cnncalc.exchange.source.forms import Form, argument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.source.forms import Rule, Shapes
    from cnncalc.quantities import Shape


def activation(word: str) -> Rule:
    """Return the rule of an activation that Keras knows by a word."""

    def make(_layer: Any, _shapes: Shapes, _output: Shape) -> Form:
        return Form("layers.Activation({activation})({0})", inserts=(("activation", word),))

    return make


def function(use: str, **conditions: Any) -> Rule:
    """Return the rule of a function; fields must have the values of `conditions`."""

    def make(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
        for field, value in conditions.items():
            if getattr(layer, field) != value:
                raise Unwritable(f"its function has {value} there", field)
        inserts = tuple([(n, getattr(layer, n)) for n in layer.fields() if f"{{{n}}}" in use])
        return Form(use, inserts=inserts)

    return make


def gelu(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    if layer.approximate == "none":
        return activation("gelu")(layer, _shapes, _output)
    return Form("ops.gelu({0}, approximate=True)")


def clip(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    low = float("-inf") if layer.min is None else layer.min
    high = float("inf") if layer.max is None else layer.max
    return Form("ops.clip({0}, {min}, {max})", inserts=(("min", low), ("max", high)))


def prelu(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    rank = len(shapes[0]) - 1
    shared = tuple(range(1, rank + (2 if layer.num_parameters == 1 else 1)))
    arguments = (argument("shared_axes", shared or None),) if shared else ()
    return Form("{m}({0})", "layers.PReLU", arguments, stem="prelu")


def last_axis(axis: int) -> int:
    """Return an axis of ours as one of a batch with channels at the end."""
    return axis or -1


def softmax(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    axis = "" if not layer.axis else f"axis={layer.axis}"
    return Form(f"layers.Softmax({axis})({{0}})")


def log_softmax(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    return Form(f"ops.log_softmax({{0}}, axis={last_axis(layer.axis)})")


RULES: dict[str, Rule] = {
    "relu": activation("relu"),
    "relu6": activation("relu6"),
    "leaky_relu": function("layers.LeakyReLU(negative_slope={negative_slope})({0})"),
    "prelu": prelu,
    "elu": function("layers.ELU(alpha={alpha})({0})"),
    "sigmoid": activation("sigmoid"),
    "hard_sigmoid": activation("hard_sigmoid"),
    "tanh": activation("tanh"),
    "hard_tanh": activation("hard_tanh"),
    "softplus": function("ops.softplus({0})", beta=1, threshold=20),
    "gelu": gelu,
    "silu": activation("silu"),
    "hard_swish": activation("hard_silu"),
    "mish": activation("mish"),
    "softsign": activation("softsign"),
    "square": function("ops.square({0})"),
    "sqrt": function("ops.sqrt({0})"),
    "selu": activation("selu"),
    "abs": function("ops.abs({0})"),
    "clip": clip,
    "softmax": softmax,
    "log_softmax": log_softmax,
}
