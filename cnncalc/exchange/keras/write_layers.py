"""How weights, norms, activations, merges and statistics are written in Keras 3: channels last."""

from __future__ import annotations

from cnncalc.exchange.keras.write_moves import to_first, to_last
from cnncalc.exchange.source.forms import Argument, Code, Form, shown_axes
from cnncalc.exchange.targets import Unwritable, refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.source.forms import Rule, Rules, Shapes
    from cnncalc.quantities import Shape


IDENTITY = Form("layers.Identity()({0})")


def linear(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    rank = len(shapes[0]) - 1
    if rank and layer.axis:
        raise Unwritable("its dense layers weigh the channels, the last axis there", "axis")
    arguments = (
        Argument(None, layer.out_features, hint="units"),
        Argument("use_bias", layer.bias, True),
    )
    return Form("{m}({0})", "layers.Dense", arguments, stem="fc")


def batch_norm(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    learned = layer.learned()
    arguments = (
        Argument("momentum", 0.9),
        Argument("epsilon", layer.eps, 1e-3),
        Argument("center", "bias" in learned, True),
        Argument("scale", "weight" in learned, True),
    )
    return Form("{m}({0})", "layers.BatchNormalization", arguments, stem="bn")


def affine(layer: Any, first: Argument, head: str) -> Form:
    """Return a normalisation by statistics of the sample."""
    arguments = (
        first,
        Argument("epsilon", layer.eps, 1e-3),
        Argument("center", layer.affine, True),
        Argument("scale", layer.affine, True),
    )
    return Form("{m}({0})", head, arguments, stem="norm")


def layer_norm(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    rank = len(shapes[0]) - 1
    axes: Any = {"channels": -1, "last": -2, "all": tuple(range(1, rank + 2))}[layer.axes]
    if not rank:
        axes = -1
    form = affine(layer, Argument("axis", axes, -1), "layers.LayerNormalization")
    if axes != -2:
        return form
    swapped = (*range(1, rank), rank + 1, rank)  # it normalises over the last axis
    return form.replace(
        use=f"layers.Permute({swapped})({{m}}(layers.Permute({swapped})({{0}})))",
        arguments=form.arguments[1:],
    )


def group_norm(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    return affine(layer, Argument("groups", layer.num_groups, 32), "layers.GroupNormalization")


def instance_norm(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    return affine(layer, Argument("groups", -1), "layers.GroupNormalization")


def merge(kind: str) -> Rule:
    """Return the rule of a merge of any number of inputs."""

    def make(_layer: Any, shapes: Shapes, _output: Shape) -> Form:
        if len(shapes) == 1:
            return IDENTITY
        operands = ", ".join(f"{{{i}}}" for i in range(len(shapes)))
        return Form(f"layers.{kind}()([{operands}])")

    return make


def subtract(_layer: Any, shapes: Shapes, _output: Shape) -> Form:
    if len(shapes) == 1:
        return IDENTITY
    return Form(" - ".join(f"{{{i}}}" for i in range(len(shapes))), operator=True)


def matmul(_layer: Any, _shapes: Shapes, output: Shape) -> Form:
    rank = len(output) - 1
    one, other = [to_first(rank, f"{{{i}}}") for i in range(2)]
    if rank == 1:  # with channels at the end both are transposed, and so is their product
        return Form("ops.matmul({1}, {0})")
    return Form(to_last(rank, f"ops.matmul({one}, {other})"))


def concat(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    if len(shapes) == 1:
        return IDENTITY
    operands = ", ".join(f"{{{i}}}" for i in range(len(shapes)))
    axis = f"axis={layer.axis}" if layer.axis else ""
    return Form(f"layers.Concatenate({axis})([{operands}])")


def dropout(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    return Form("layers.Dropout({rate})({0})", inserts=(("rate", layer.p),))


def stochastic_depth(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    noise = (None, *[1] * len(shapes[0]))
    return Form(
        f"layers.Dropout({{rate}}, noise_shape={noise})({{0}})", inserts=(("rate", layer.p),)
    )


def scaled(shape: tuple[int, ...], factor: Any, shift: Any) -> Form:
    """Return a layer that multiplies by learned numbers, or adds them."""
    arguments = (
        Argument(None, shape, hint="shape"),
        Argument("factor", factor, 1.0),
        Argument("shift", shift, None),
    )
    return Form("{m}({0})", "Scale", arguments, stem="scale", helpers=("Scale",))


def layer_scale(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    return scaled(shapes[0][:1], layer.init, None)


def scale(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    shape = shapes[0]
    if layer.learned == "none":
        use = "layers.Rescaling({factor}, offset={shift})({0})"
        return Form(use, inserts=(("factor", layer.factor), ("shift", layer.shift)))
    own = {"channels": shape[:1], "elements": (*shape[1:], shape[0]), "one": (1,)}[layer.per]
    factor = 1.0 if layer.has_factor() else Code("None")
    return scaled(own, factor, 0.0 if layer.has_shift() else None)


def reduction(name: str) -> Rule:
    """Return the rule of a layer that reduces axes to one."""

    def make(layer: Any, shapes: Shapes, _output: Shape) -> Form:
        axes = [-1] if layer.axes == "channels" else range(1, len(shapes[0]))
        return Form(f"ops.{name}({{0}}, axis={shown_axes(axes)}, keepdims=True)")

    return make


def activation(word: str) -> Form:
    """Return the form of an activation that Keras knows by a word."""
    return Form("layers.Activation({activation})({0})", inserts=(("activation", word),))


def softplus(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    for field, value in (("beta", 1), ("threshold", 20)):
        if getattr(layer, field) != value:
            raise Unwritable(f"its function has {value} there", field)
    return Form("ops.softplus({0})")


def gelu(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    if layer.approximate == "none":
        return activation("gelu")
    return Form("ops.gelu({0}, approximate=True)")


def clip(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    low = float("-inf") if layer.min is None else layer.min
    high = float("inf") if layer.max is None else layer.max
    return Form("ops.clip({0}, {min}, {max})", inserts=(("min", low), ("max", high)))


def prelu(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    rank = len(shapes[0]) - 1
    shared = tuple(range(1, rank + (2 if layer.num_parameters == 1 else 1)))
    arguments = (Argument("shared_axes", shared or None),) if shared else ()
    return Form("{m}({0})", "layers.PReLU", arguments, stem="prelu")


def softmax(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    axis = "" if not layer.axis else f"axis={layer.axis}"
    return Form(f"layers.Softmax({axis})({{0}})")


def log_softmax(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    return Form(f"ops.log_softmax({{0}}, axis={layer.axis or -1})")


RULES: Rules = {
    "linear": linear,
    "lstm": refusal("its recurrent layers order and count biases in another way"),
    "gru": refusal("its recurrent layers order and count biases in another way"),
    "batch_norm": batch_norm,
    "local_response_norm": Form(
        "local_response_norm({0}, {size}, {alpha}, {beta}, {k})", helpers=("local_response_norm",)
    ),
    "layer_norm": layer_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "add": merge("Add"),
    "multiply": merge("Multiply"),
    "subtract": subtract,
    "maximum": merge("Maximum"),
    "minimum": merge("Minimum"),
    "matmul": matmul,
    "concat": concat,
    "identity": IDENTITY,
    "dropout": dropout,
    "stochastic_depth": stochastic_depth,
    "layer_scale": layer_scale,
    "scale": scale,
    "mean": reduction("mean"),
    "max": reduction("max"),
    "l2_normalize": Form(
        "{0} / ops.maximum(ops.norm({0}, axis=-1, keepdims=True), {eps})", operator=True
    ),
    "relu": activation("relu"),
    "relu6": activation("relu6"),
    "leaky_relu": Form("layers.LeakyReLU(negative_slope={negative_slope})({0})"),
    "prelu": prelu,
    "elu": Form("layers.ELU(alpha={alpha})({0})"),
    "sigmoid": activation("sigmoid"),
    "hard_sigmoid": activation("hard_sigmoid"),
    "tanh": activation("tanh"),
    "hard_tanh": activation("hard_tanh"),
    "softplus": softplus,
    "gelu": gelu,
    "silu": activation("silu"),
    "hard_swish": activation("hard_silu"),
    "mish": activation("mish"),
    "softsign": activation("softsign"),
    "square": Form("ops.square({0})"),
    "sqrt": Form("ops.sqrt({0})"),
    "selu": activation("selu"),
    "abs": Form("ops.abs({0})"),
    "clip": clip,
    "softmax": softmax,
    "log_softmax": log_softmax,
}
