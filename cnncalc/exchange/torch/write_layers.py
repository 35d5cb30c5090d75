"""How weights, norms, merges, statistics and recurrent layers are written in PyTorch."""

from __future__ import annotations

from cnncalc.exchange.source.forms import Argument, Code, Form, shown_axes
from cnncalc.exchange.targets import Unwritable
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.source.forms import Rule, Rules, Shapes
    from cnncalc.quantities import Shape


IDENTITY = Form("{m}({0})", "nn.Identity", stem="identity")


def dropout(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    rate = Argument(None, layer.p, 0.5, "p")
    return Form("{m}({0})", "nn.Dropout", (rate,), stem="dropout", wraps=True)


def stochastic_depth(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    rate = Argument(None, layer.p, hint="drop_rate")
    helpers = ("StochasticDepth",)
    return Form("{m}({0})", "StochasticDepth", (rate,), stem="drop", wraps=True, helpers=helpers)


def batch_norm(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    shape = shapes[0]
    head = f"nn.BatchNorm{max(len(shape) - 1, 1)}d"
    helpers: tuple[str, ...] = ()
    learned = layer.learned()
    arguments = [
        Argument(None, shape[0], hint="channels"),
        Argument("eps", layer.eps, 1e-5),
        Argument("affine", bool(learned), True),
    ]
    if len(learned) == 1:
        missing = "bias" if learned == ("weight",) else "weight"
        arguments[:1] = [Argument(None, Code(head)), Argument(None, missing), arguments[0]]
        head, helpers = "norm_without", ("norm_without",)
    return Form("{m}({0})", head, tuple(arguments), stem="bn", wraps=True, helpers=helpers)


def local_response_norm(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    arguments = (
        Argument(None, layer.size, hint="size"),
        Argument("alpha", layer.alpha, 1e-4),
        Argument("beta", layer.beta, 0.75),
        Argument("k", layer.k, 1.0),
    )
    return Form("{m}({0})", "nn.LocalResponseNorm", arguments, stem="lrn", wraps=True)


def layer_norm(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    shape = shapes[0]
    options = (
        Argument("eps", layer.eps, 1e-5),
        Argument("elementwise_affine", layer.affine, True),
    )
    own: Any = shape if layer.axes == "all" and len(shape) > 1 else shape[-1]
    head = "nn.LayerNorm"
    helpers: tuple[str, ...] = ()
    if layer.axes == "channels" and len(shape) > 1:
        own, head, helpers = shape[0], "ChannelNorm", ("ChannelNorm",)
    what = Argument(None, own, hint="channels" if type(own) is int else "shape")
    return Form("{m}({0})", head, (what, *options), stem="norm", wraps=True, helpers=helpers)


def check_statistics(shape: Shape, groups: int) -> None:
    """Raise `Unwritable` for groups of one element, whose variance PyTorch refuses."""
    if product(shape) == groups:
        raise Unwritable("it refuses statistics over a single element, which make it 0")


def group_norm(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    check_statistics(shapes[0], layer.num_groups)
    arguments = (
        Argument(None, layer.num_groups, hint="num_groups"),
        Argument(None, shapes[0][0], hint="channels"),
        Argument("eps", layer.eps, 1e-5),
        Argument("affine", layer.affine, True),
    )
    return Form("{m}({0})", "nn.GroupNorm", arguments, stem="norm", wraps=True)


def instance_norm(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    check_statistics(shapes[0], shapes[0][0])
    arguments = (
        Argument(None, shapes[0][0], hint="channels"),
        Argument("eps", layer.eps, 1e-5),
        Argument("affine", layer.affine, False),
    )
    head = f"nn.InstanceNorm{len(shapes[0]) - 1}d"
    return Form("{m}({0})", head, arguments, stem="norm", wraps=True)


def layer_scale(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    arguments = (
        Argument(None, (shapes[0][0], *(1,) * (len(shapes[0]) - 1)), hint="shape"),
        Argument("factor", layer.init, 1.0),
    )
    return Form("{m}({0})", "Scale", arguments, stem="layer_scale", wraps=True, helpers=("Scale",))


def scale(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    if layer.learned == "none":
        use, values = "{0}", []
        if layer.has_factor():
            use, values = f"{use} * {{factor}}", [("factor", layer.factor)]
        if layer.has_shift():
            use, values = f"{use} + {{shift}}", [*values, ("shift", layer.shift)]
        if not values:
            return IDENTITY
        return Form(use, inserts=tuple(values), operator=True)
    channels = (shapes[0][0], *(1,) * (len(shapes[0]) - 1))
    shape = {"channels": channels, "elements": shapes[0], "one": (1,)}[layer.per]
    arguments = (
        Argument(None, shape, hint="shape"),
        Argument("factor", 1.0 if layer.has_factor() else Code("None"), 1.0),
        Argument("shift", 0.0 if layer.has_shift() else None, None),
    )
    return Form("{m}({0})", "Scale", arguments, stem="scale", wraps=True, helpers=("Scale",))


def reduction(method: str) -> Rule:
    """Return the rule of a layer that reduces axes to one."""

    def make(layer: Any, shapes: Shapes, _output: Shape) -> Form:
        axes = [1] if layer.axes == "channels" else range(2, len(shapes[0]) + 1)
        return Form(f"{{0}}.{method}(dim={shown_axes(axes)}, keepdim=True)")

    return make


def l2_normalize(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    eps = "" if layer.eps == 1e-12 else f", eps={layer.eps!r}"
    return Form(f"F.normalize({{0}}, dim=1{eps})", wraps=True)


def linear(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    shape, axis = shapes[0], layer.axis or 0
    use = "{m}({0})"
    if axis != len(shape) - 1:
        use = f"{{m}}({{0}}.movedim({axis + 1}, -1)).movedim(-1, {axis + 1})"
    arguments = (
        Argument(None, shape[axis], hint="in_features"),
        Argument(None, layer.out_features, hint="features"),
        Argument("bias", layer.bias, True),
    )
    return Form(use, "nn.Linear", arguments, stem="fc")


def rbf(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    arguments = (
        Argument(None, shapes[0][0], hint="in_features"),
        Argument(None, layer.out_features, hint="features"),
    )
    return Form("{m}({0})", "RBF", arguments, stem="rbf", helpers=("RBF",))


def infix(operator: str) -> Rule:
    """Return the rule of a merge with an operator."""

    def make(_layer: Any, shapes: Shapes, _output: Shape) -> Form:
        operands = [f"{{{i}}}" for i in range(len(shapes))]
        if len(operands) == 1:
            return IDENTITY
        return Form(f" {operator} ".join(operands), operator=True)

    return make


def nested(name: str) -> Rule:
    """Return the rule of a merge of two, which is nested for more."""

    def make(_layer: Any, shapes: Shapes, _output: Shape) -> Form:
        if len(shapes) == 1:
            return IDENTITY
        use = "{0}"
        for number in range(1, len(shapes)):
            use = f"{name}({use}, {{{number}}})"
        return Form(use)

    return make


def concat(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    operands = ", ".join(f"{{{i}}}" for i in range(len(shapes)))
    return Form(f"torch.cat([{operands}], dim={layer.axis + 1})")


def recurrent(name: str) -> Rule:
    """Return the rule of a recurrent layer: the columns become a sequence, and its states a map."""

    def make(layer: Any, shapes: Shapes, output: Shape) -> Form:
        if layer.biases == 1:
            raise Unwritable("a gate has two biases there, or none", "biases")
        arguments = (
            Argument(None, layer.features(shapes[0]), hint="in_features"),
            Argument(None, layer.hidden_size, hint="features"),
            Argument("num_layers", layer.num_layers, 1),
            Argument("bias", layer.biases > 0, True),
            Argument("batch_first", True),
            Argument("bidirectional", layer.bidirectional, False),
        )
        columns = "{0}" if len(shapes[0]) == 2 else "{0}.flatten(1, 2)"
        use = f"{{m}}({columns}.transpose(1, 2))[0].transpose(1, 2)"
        if layer.output == "last":
            use = f"last_states({{m}}({columns}.transpose(1, 2))[0], {layer.directions})"
        if len(output) == 3:
            use += ".unsqueeze(2)"
        helpers = ("last_states",) if layer.output == "last" else ()
        return Form(use, f"nn.{name}", arguments, stem=name.lower(), helpers=helpers)

    return make


RULES: Rules = {
    "linear": linear,
    "rbf": rbf,
    "batch_norm": batch_norm,
    "local_response_norm": local_response_norm,
    "layer_norm": layer_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "add": infix("+"),
    "multiply": infix("*"),
    "subtract": infix("-"),
    "maximum": nested("torch.maximum"),
    "minimum": nested("torch.minimum"),
    "matmul": infix("@"),
    "concat": concat,
    "identity": IDENTITY,
    "dropout": dropout,
    "stochastic_depth": stochastic_depth,
    "layer_scale": layer_scale,
    "scale": scale,
    "mean": reduction("mean"),
    "max": reduction("amax"),
    "l2_normalize": l2_normalize,
    "lstm": recurrent("LSTM"),
    "gru": recurrent("GRU"),
}
