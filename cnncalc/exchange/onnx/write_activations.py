"""How activations, and recurrent layers over the columns of a map, are written in ONNX."""

from __future__ import annotations

from cnncalc.exchange.operations.recurrent import KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.onnx.model import Rule, Writing


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


def recurrent(keyword: str) -> Rule:
    """Return the rule of a recurrent layer, each of whose layers is one operation."""
    kind, gates, _ = KINDS[keyword]

    def write(layer: Any, to: Writing) -> str:
        features, steps = layer.features(to.shape), to.shape[-1]
        columns = to.reshape(to.x, (features, steps)) if to.rank == 2 else to.x
        x = to.add("Transpose", columns, perm=[2, 0, 1])  # steps, batch, features
        more = {"linear_before_reset": 1} if kind == "GRU" else {}
        way = "bidirectional" if layer.bidirectional else "forward"
        for number in range(layer.num_layers):
            arrays = weights(layer, to, number, gates)
            options = {"hidden_size": layer.hidden_size, "direction": way, **more}
            states = to.add(kind, x, *arrays, parts=2, **options)
            if layer.output == "last" and number == layer.num_layers - 1:
                ended = states.removesuffix("0") + "1"  # directions, batch, numbers
                return to.reshape(to.add("Transpose", ended, perm=[1, 0, 2]), to.output)
            moved = to.add(
                "Transpose", states, perm=[0, 2, 1, 3]
            )  # of steps, directions, batch, ...
            x = to.add("Reshape", moved, to.integers([steps, -1, to.output[0]]))
        y = to.add("Transpose", x, perm=[1, 2, 0])
        return to.reshape(y, to.output) if to.rank == 2 else y

    return write


def weights(layer: Any, to: Writing, number: int, gates: tuple[int, ...]) -> list[str]:
    """Return the names of the arrays of one layer: for each direction, gates in ONNX's order."""
    import numpy as np

    endings = [ending for place, ending in layer.arrays() if place == number]

    def ordered(name: str) -> Any:
        parts = [np.split(to.arrays[f"{name}_{ending}"], len(gates)) for ending in endings]
        return np.stack([np.concatenate([part[gate] for gate in gates]) for part in parts])

    names = ["weight_ih", "weight_hh"]
    found = [to.made_of(f"{name}_l{number}:gates", ordered(name)) for name in names]
    if layer.biases:
        first = ordered("bias_ih")
        second = ordered("bias_hh") if layer.biases == 2 else np.zeros_like(first)
        found.append(to.made_of(f"bias_l{number}:gates", np.concatenate([first, second], axis=1)))
    return found


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
    **{keyword: recurrent(keyword) for keyword in KINDS},
}
