"""How activations are written in PyTorch."""

from __future__ import annotations

from cnncalc.exchange.source.forms import Code, Form, argument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.source.forms import Rule, Shapes
    from cnncalc.quantities import Shape


def activation(function: str) -> Rule:
    """Return the rule of a function of one element without options."""

    def make(_layer: Any, _shapes: Shapes, _output: Shape) -> Form:
        return Form("{activation}({0})", inserts=(("activation", Code(function)),), wraps=True)

    return make


def function(use: str, **fields: Any) -> Rule:
    """Return the rule of a function with options; `{name}` in `use` stands for that field."""

    def make(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
        values = tuple([(name, getattr(layer, name)) for name in layer.fields()])
        used = tuple([(n, v) for n, v in values if f"{{{n}}}" in use])
        return Form(use, inserts=used, wraps=True, **fields)

    return make


def prelu(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    slopes = argument(None, layer.num_parameters, 1, "channels")
    return Form("{m}({0})", "nn.PReLU", (slopes,), stem="prelu", wraps=True)


def softplus(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    values = (("beta", layer.beta), ("threshold", layer.threshold))
    plain = layer.beta == 1 and layer.threshold == 20
    use = "F.softplus({0})" if plain else "F.softplus({0}, {beta}, {threshold})"
    return Form(use, inserts=() if plain else values, wraps=True)


def gelu(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    if layer.approximate == "none":
        return activation("F.gelu")(layer, _shapes, _output)
    return Form('F.gelu({0}, approximate="tanh")', wraps=True)


def clip(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    bounds = [(n, getattr(layer, n)) for n in ("min", "max") if getattr(layer, n) is not None]
    given = ", ".join(f"{name}={{{name}}}" for name, _ in bounds)
    return Form(f"torch.clamp({{0}}, {given})", inserts=tuple(bounds), wraps=True)


def softmax(name: str) -> Rule:
    """Return the rule of a softmax along an axis."""

    def make(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
        return Form(f"F.{name}({{0}}, dim={layer.axis + 1})", wraps=True)

    return make


RULES: dict[str, Rule] = {
    "relu": activation("F.relu"),
    "relu6": activation("F.relu6"),
    "leaky_relu": function("F.leaky_relu({0}, {negative_slope})"),
    "prelu": prelu,
    "elu": function("F.elu({0}, {alpha})"),
    "sigmoid": activation("torch.sigmoid"),
    "hard_sigmoid": activation("F.hardsigmoid"),
    "tanh": activation("torch.tanh"),
    "hard_tanh": activation("F.hardtanh"),
    "softplus": softplus,
    "gelu": gelu,
    "silu": activation("F.silu"),
    "hard_swish": activation("F.hardswish"),
    "mish": activation("F.mish"),
    "softsign": activation("F.softsign"),
    "square": activation("torch.square"),
    "sqrt": activation("torch.sqrt"),
    "selu": activation("F.selu"),
    "abs": activation("torch.abs"),
    "clip": clip,
    "softmax": softmax("softmax"),
    "log_softmax": softmax("log_softmax"),
}
