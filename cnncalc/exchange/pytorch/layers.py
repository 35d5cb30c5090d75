"""How layers other than windows are written in PyTorch."""

from __future__ import annotations

from cnncalc.exchange.pytorch.windows import alike, flat_pads
from cnncalc.exchange.refusal import Unwritable
from cnncalc.exchange.source.forms import Code, Form, argument
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.quantities import Shape

    Shapes = tuple[Shape, ...]
    Rule = Callable[[Any, Shapes, Shape], Form]

PAD_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate",
             "circular": "circular"}  # fmt: skip


def dropout(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    rate = argument(None, layer.p, 0.5, "p")
    return Form("{m}({0})", "nn.Dropout", (rate,), stem="dropout", wraps=True)


def stochastic_depth(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    rate = argument(None, layer.p, hint="drop_rate")
    helpers = ("StochasticDepth",)
    return Form("{m}({0})", "StochasticDepth", (rate,), stem="drop", wraps=True, helpers=helpers)


def identity(_layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    return Form("{m}({0})", "nn.Identity", stem="identity")


def batch_norm(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    shape = shapes[0]
    head = f"nn.BatchNorm{max(len(shape) - 1, 1)}d"
    helpers: tuple[str, ...] = ()
    learned = layer.learned()
    arguments = [
        argument(None, shape[0], hint="channels"),
        argument("eps", layer.eps, 1e-5),
        argument("affine", bool(learned), True),
    ]
    if len(learned) == 1:
        missing = "bias" if learned == ("weight",) else "weight"
        arguments[:1] = [argument(None, Code(head)), argument(None, missing), arguments[0]]
        head, helpers = "norm_without", ("norm_without",)
    return Form("{m}({0})", head, tuple(arguments), stem="bn", wraps=True, helpers=helpers)


def local_response_norm(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    arguments = (
        argument(None, layer.size, hint="size"),
        argument("alpha", layer.alpha, 1e-4),
        argument("beta", layer.beta, 0.75),
        argument("k", layer.k, 1.0),
    )
    return Form("{m}({0})", "nn.LocalResponseNorm", arguments, stem="lrn", wraps=True)


def layer_norm(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    shape = shapes[0]
    options = (
        argument("eps", layer.eps, 1e-5),
        argument("elementwise_affine", layer.affine, True),
    )
    own: Any = shape if layer.axes == "all" and len(shape) > 1 else shape[-1]
    head = "nn.LayerNorm"
    helpers: tuple[str, ...] = ()
    if layer.axes == "channels" and len(shape) > 1:
        own, head, helpers = shape[0], "ChannelNorm", ("ChannelNorm",)
    what = argument(None, own, hint="channels" if type(own) is int else "shape")
    return Form("{m}({0})", head, (what, *options), stem="norm", wraps=True, helpers=helpers)


def check_statistics(shape: Shape, groups: int) -> None:
    """Raise `Unwritable` for groups of one element, whose variance PyTorch refuses."""
    if product(shape) == groups:
        raise Unwritable("it refuses statistics over a single element, which make it 0")


def group_norm(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    check_statistics(shapes[0], layer.num_groups)
    arguments = (
        argument(None, layer.num_groups, hint="num_groups"),
        argument(None, shapes[0][0], hint="channels"),
        argument("eps", layer.eps, 1e-5),
        argument("affine", layer.affine, True),
    )
    return Form("{m}({0})", "nn.GroupNorm", arguments, stem="norm", wraps=True)


def instance_norm(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    check_statistics(shapes[0], shapes[0][0])
    arguments = (
        argument(None, shapes[0][0], hint="channels"),
        argument("eps", layer.eps, 1e-5),
        argument("affine", layer.affine, False),
    )
    head = f"nn.InstanceNorm{len(shapes[0]) - 1}d"
    return Form("{m}({0})", head, arguments, stem="norm", wraps=True)


def layer_scale(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    arguments = (
        argument(None, (shapes[0][0], *(1,) * (len(shapes[0]) - 1)), hint="shape"),
        argument("factor", layer.init, 1.0),
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
            return identity(layer, shapes, _output)
        return Form(use, inserts=tuple(values), operator=True)
    channels = (shapes[0][0], *(1,) * (len(shapes[0]) - 1))
    shape = {"channels": channels, "elements": shapes[0], "one": (1,)}[layer.per]
    arguments = (
        argument(None, shape, hint="shape"),
        argument("factor", 1.0 if layer.has_factor() else Code("None"), 1.0),
        argument("shift", 0.0 if layer.has_shift() else None, None),
    )
    return Form("{m}({0})", "Scale", arguments, stem="scale", wraps=True, helpers=("Scale",))


def axes_reduced(layer: Any, shape: Shape) -> str:
    """Return the axes of a batch that become one, as source."""
    axes = [1] if layer.axes == "channels" else list(range(2, len(shape) + 1))
    return str(axes[0]) if len(axes) == 1 else str(tuple(axes))


def reduction(method: str) -> Rule:
    """Return the rule of a layer that reduces axes to one."""

    def make(layer: Any, shapes: Shapes, _output: Shape) -> Form:
        return Form(f"{{0}}.{method}(dim={axes_reduced(layer, shapes[0])}, keepdim=True)")

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
        argument(None, shape[axis], hint="in_features"),
        argument(None, layer.out_features, hint="features"),
        argument("bias", layer.bias, True),
    )
    return Form(use, "nn.Linear", arguments, stem="fc")


def rbf(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    arguments = (
        argument(None, shapes[0][0], hint="in_features"),
        argument(None, layer.out_features, hint="features"),
    )
    return Form("{m}({0})", "RBF", arguments, stem="rbf", helpers=("RBF",))


def flatten(_layer: Any, _shapes: Shapes, output: Shape) -> Form:
    if len(output) == 1:
        return Form("torch.flatten({0}, 1)", wraps=True)
    return Form(f"torch.flatten({{0}}, {len(output)})", wraps=True)


def infix(operator: str) -> Rule:
    """Return the rule of a merge with an operator."""

    def make(_layer: Any, shapes: Shapes, _output: Shape) -> Form:
        operands = [f"{{{i}}}" for i in range(len(shapes))]
        if len(operands) == 1:
            return Form("{m}({0})", "nn.Identity", stem="identity")
        return Form(f" {operator} ".join(operands), operator=True)

    return make


def nested(name: str) -> Rule:
    """Return the rule of a merge of two, which is nested for more."""

    def make(_layer: Any, shapes: Shapes, _output: Shape) -> Form:
        if len(shapes) == 1:
            return Form("{m}({0})", "nn.Identity", stem="identity")
        use = "{0}"
        for number in range(1, len(shapes)):
            use = f"{name}({use}, {{{number}}})"
        return Form(use)

    return make


def concat(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    operands = ", ".join(f"{{{i}}}" for i in range(len(shapes)))
    return Form(f"torch.cat([{operands}], dim={layer.axis + 1})")


def upsample(layer: Any, _shapes: Shapes, output: Shape) -> Form:
    rank = len(output) - 1
    name, value = "size", alike(list(output[1:]))
    if layer.scale_factor is not None:
        factors = list(layer.factors(rank))
        name, value = "scale_factor", factors[0] if len(set(factors)) == 1 else tuple(factors)
    more = ""
    if layer.mode != "nearest":
        more = f', mode="{layer.mode}", align_corners={layer.align_corners}'
    use = f"F.interpolate({{0}}, {name}={{{name}}}{more})"
    return Form(use, inserts=((name, value),))


def pad(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    pairs = layer.around(shapes)
    channels = layer.channels or (0, 0)
    if layer.mode == "zeros":
        pads = flat_pads([channels, *pairs] if any(channels) else pairs)
        more = f", value={layer.value!r}" if layer.value else ""
        return Form(f"F.pad({{0}}, {{pad}}{more})", inserts=(("pad", pads),))
    use = f'F.pad({{0}}, {{pad}}, mode="{PAD_MODES[layer.mode]}")'
    values = [("pad", flat_pads(pairs))]
    if any(channels):
        use = f"F.pad({use}, {{channels}})"
        values.append(("channels", flat_pads([channels, *[(0, 0)] * len(pairs)])))
    return Form(use, inserts=tuple(values))


def part(start: int, stop: int | None, length: int, step: int = 1) -> str:
    """Return a slice as source."""
    last = "" if stop is None or stop >= length else str(stop)
    return f"{start or ''}:{last}" + (f":{step}" if step > 1 else "")


def crop(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    edges = layer.edges(shapes)
    parts = [
        part(before, n - after, n) for n, (before, after) in zip(shapes[0][1:], edges, strict=True)
    ]
    return Form(f"{{0}}[:, :, {', '.join(parts)}]")


def slice_(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    shape, end = shapes[0], layer.end(shapes[0])
    hint = ("channels",) if layer.axis == 0 else ()
    values = [("start", layer.start, *hint)] if layer.start else []
    values += [("stop", end, *hint)] if end < shape[layer.axis] else []
    kept = ":".join(f"{{{n}}}" if n in [v[0] for v in values] else "" for n in ("start", "stop"))
    step = f":{layer.step}" if layer.step > 1 else ""
    return Form(f"{{0}}[{':, ' * (layer.axis + 1)}{kept}{step}]", inserts=tuple(values))


def channel_shuffle(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    return Form(
        "torch.channel_shuffle({0}, {groups})", inserts=(("groups", layer.groups),), wraps=True
    )


def pixel_shuffle(layer: Any, shapes: Shapes, output: Shape) -> Form:
    if len(output) != 3:
        return rearranged(layer, shapes, output)
    return Form("F.pixel_shuffle({0}, {factor})", inserts=(("factor", layer.upscale_factor),))


def rearranged(layer: Any, shapes: Shapes, output: Shape) -> Form:
    """Return a layer that only moves elements: a grid of factors whose axes change places."""
    moved = layer.rearranged(shapes[0])
    source = [factor for axis in moved.source for factor in axis]
    target = [factor for axis in moved.target for factor in axis]
    grid = tuple([moved.grid[factor] for factor in source])
    use = "{0}" if grid == shapes[0] else f"{{0}}.reshape(-1, {', '.join(map(str, grid))})"
    order = [source.index(factor) + 1 for factor in target]
    if order != sorted(order):
        use += f".permute(0, {', '.join(map(str, order))})"
    if len(target) != len(output):
        use += f".reshape(-1, {', '.join(map(str, output))})"
    return Form(use)


def reshape(_layer: Any, _shapes: Shapes, output: Shape) -> Form:
    lengths = [(f"length_{axis}", length, "length") for axis, length in enumerate(output)]
    shown = ", ".join(f"{{{name}}}" for name, *_ in lengths)
    return Form(f"{{0}}.reshape(-1, {shown})", inserts=tuple(lengths))


RULES: dict[str, Rule] = {
    "linear": linear,
    "flatten": flatten,
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
    "identity": identity,
    "dropout": dropout,
    "stochastic_depth": stochastic_depth,
    "layer_scale": layer_scale,
    "upsample": upsample,
    "pad": pad,
    "crop": crop,
    "channel_shuffle": channel_shuffle,
    "slice": slice_,
    "pixel_shuffle": pixel_shuffle,
    "reshape": reshape,
    "permute": rearranged,
    "space_to_depth": rearranged,
    "scale": scale,
    "mean": reduction("mean"),
    "max": reduction("amax"),
    "l2_normalize": l2_normalize,
}
