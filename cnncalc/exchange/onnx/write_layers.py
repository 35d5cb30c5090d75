"""How layers other than windows are written in ONNX."""

from __future__ import annotations

from cnncalc.exchange.onnx.write_windows import PAD_MODES
from cnncalc.exchange.targets import regrouped
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.onnx.model import Rule, Writing


def dropout(layer: Any, to: Writing) -> str:
    return to.add("Dropout", to.x, to.number(layer.p))


def passed_on(_layer: Any, to: Writing) -> str:
    return to.x


def batch_norm(layer: Any, to: Writing) -> str:
    learned, channels = layer.learned(), to.shape[:1]
    scale = to.weight("weight") if "weight" in learned else to.ones(channels)
    shift = to.weight("bias") if "bias" in learned else to.ones(channels, 0.0)
    running = [to.weight("running_mean"), to.weight("running_var")]
    return to.add("BatchNormalization", to.x, scale, shift, *running, epsilon=layer.eps)


def local_response_norm(layer: Any, to: Writing) -> str:
    if layer.size % 2 and to.rank == 2:
        return to.add(
            "LRN", to.x, size=layer.size, alpha=layer.alpha, beta=layer.beta, bias=layer.k
        )
    # The window of an even size leans the other way there; and runtimes want two spatial axes.
    before = layer.size // 2
    squares = to.reshape(to.add("Mul", to.x, to.x), (1, to.shape[0], product(to.shape[1:])))
    padded = to.pad(squares, [(0, 0), (before, layer.size - 1 - before), (0, 0)])
    mean = to.add("AveragePool", padded, kernel_shape=[layer.size, 1], strides=[1, 1])
    energy = to.add("Mul", to.reshape(mean, to.shape), to.number(layer.alpha))
    base = to.add("Add", energy, to.number(layer.k))
    return to.add("Div", to.x, to.add("Pow", base, to.number(layer.beta)))


def affine(layer: Any, to: Writing, shape: tuple[int, ...]) -> list[str]:
    """Return the scale and the shift of a norm, which are numbers where it learns none."""
    if layer.affine:
        return [to.weight("weight"), to.weight("bias")]
    return [to.ones(shape), to.ones(shape, 0.0)]


def layer_norm(layer: Any, to: Writing) -> str:
    def write(x: str, axis: int, shape: tuple[int, ...]) -> str:
        learned = affine(layer, to, shape)
        return to.add("LayerNormalization", x, *learned, axis=axis, epsilon=layer.eps)

    if layer.axes == "all":
        return write(to.x, 1, to.shape)
    if layer.axes == "last" or to.rank == 0:
        return write(to.x, -1, to.shape[-1:])
    last = [*range(1, to.rank + 1), 0]
    back = [to.rank, *range(to.rank)]
    return to.transpose(write(to.transpose(to.x, last), -1, to.shape[:1]), back)


def by_groups(layer: Any, to: Writing, kind: str, **groups: int) -> str:
    """Write a norm over groups of channels."""
    x = to.x if to.rank else to.reshape(to.x, (*to.shape, 1))
    learned = affine(layer, to, to.shape[:1])
    y = to.add(kind, x, *learned, epsilon=layer.eps, **groups)
    return y if to.rank else to.reshape(y, to.shape)


def group_norm(layer: Any, to: Writing) -> str:
    return by_groups(layer, to, "GroupNormalization", num_groups=layer.num_groups)


def instance_norm(layer: Any, to: Writing) -> str:
    return by_groups(layer, to, "InstanceNormalization")


def l2_normalize(layer: Any, to: Writing) -> str:
    length = to.add("ReduceL2", to.x, to.integers([1]), keepdims=1)
    return to.add("Div", to.x, to.add("Max", length, to.number(layer.eps)))


def layer_scale(_layer: Any, to: Writing) -> str:
    return to.add("Mul", to.x, to.per_channel("weight", to.rank))


def scale(layer: Any, to: Writing) -> str:
    def operand(name: str, constant: float) -> str:
        if name not in to.arrays:
            return to.number(constant)
        return to.weight(name) if layer.per == "elements" else to.per_channel(name, to.rank)

    x = to.x
    if layer.has_factor():
        x = to.add("Mul", x, operand("weight", layer.factor))
    return to.add("Add", x, operand("bias", layer.shift)) if layer.has_shift() else x


def reduced(kind: str) -> Rule:
    """Return the rule of a layer that reduces the channels, or the positions, to one."""

    def write(layer: Any, to: Writing) -> str:
        axes = [1] if layer.axes == "channels" else list(range(2, to.rank + 2))
        return to.add(kind, to.x, to.integers(axes), keepdims=1)

    return write


def linear(layer: Any, to: Writing) -> str:
    bias = [to.weight("bias")] if layer.bias else []
    if to.rank == 0:
        return to.add("Gemm", to.x, to.weight("weight"), *bias, transB=1)
    axis = layer.axis
    others = [place for place in range(to.rank + 1) if place != axis]
    x = to.x if axis == to.rank else to.transpose(to.x, [*others, axis])
    x = to.add("MatMul", x, to.made_of("weight:transposed", to.arrays["weight"].T))
    if bias:
        x = to.add("Add", x, *bias)
    back = list(range(to.rank))
    back.insert(axis, to.rank)
    return x if axis == to.rank else to.transpose(x, back)


def rbf(_layer: Any, to: Writing) -> str:
    apart = to.add("Sub", to.add("Unsqueeze", to.x, to.integers([1])), to.weight("codes"))
    squares = to.add("Mul", apart, apart)
    return to.add("ReduceSum", squares, to.integers([2]), keepdims=0)


def flatten(_layer: Any, to: Writing) -> str:
    return to.add("Flatten", to.x, axis=1) if len(to.output) == 1 else to.reshape(to.x, to.output)


def chained(kind: str) -> Rule:
    """Return the rule of a merge of two inputs, done one after the other for more."""

    def write(_layer: Any, to: Writing) -> str:
        result = to.inputs[0]
        for other in to.inputs[1:]:
            result = to.add(kind, result, other)
        return result

    return write


def merged(kind: str) -> Rule:
    """Return the rule of a merge that ONNX does for any number of inputs."""

    def write(_layer: Any, to: Writing) -> str:
        return to.add(kind, *to.inputs) if len(to.inputs) > 1 else to.x

    return write


def add(layer: Any, to: Writing) -> str:
    return merged("Add" if len(to.inputs) == 2 else "Sum")(layer, to)


def concat(layer: Any, to: Writing) -> str:
    return to.add("Concat", *to.inputs, axis=layer.axis + 1)


def upsample(layer: Any, to: Writing) -> str:
    attributes: dict[str, Any] = {"axes": list(range(2, to.rank + 2)), "mode": "nearest"}
    if layer.mode == "nearest":
        attributes |= {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    else:
        way = "align_corners" if layer.align_corners else "half_pixel"
        attributes |= {"mode": "linear", "coordinate_transformation_mode": way}
    if layer.mode == "bicubic":
        attributes |= {"mode": "cubic", "cubic_coeff_a": -0.75}
    if layer.scale_factor is not None and any(f % 1 for f in layer.factors(to.rank)):
        factors = to.constant(numbers(layer.factors(to.rank)))
        return to.add("Resize", to.x, "", factors, **attributes)
    return to.add("Resize", to.x, "", "", to.integers(list(to.output[1:])), **attributes)


def numbers(values: tuple[float, ...]) -> Any:
    import numpy as np

    return np.array(values, np.float32)


def pad(layer: Any, to: Writing) -> str:
    pairs = layer.around(to.shapes)
    channels = layer.channels or (0, 0)
    mode = PAD_MODES[layer.mode]
    if mode == "constant":
        return to.pad(to.x, [channels, *pairs], mode, layer.value)
    x = to.pad(to.x, [(0, 0), *pairs], mode)
    return to.pad(x, [channels, *[(0, 0)] * to.rank]) if any(channels) else x


def crop(layer: Any, to: Writing) -> str:
    edges = layer.edges(to.shapes)
    lists = [
        [before for before, _ in edges],
        [n - after for n, (_, after) in zip(to.shape[1:], edges, strict=True)],
        list(range(2, to.rank + 2)),
    ]
    return to.add("Slice", to.x, *[to.integers(values) for values in lists])


def slice_(layer: Any, to: Writing) -> str:
    return to.slice(to.x, layer.axis, layer.start, layer.end(to.shape), layer.step)


def channel_shuffle(layer: Any, to: Writing) -> str:
    grid = (layer.groups, to.shape[0] // layer.groups, *to.shape[1:])
    dealt = to.transpose(to.reshape(to.x, grid), [1, 0, *range(2, to.rank + 2)])
    return to.reshape(dealt, to.output)


def rearranged(layer: Any, to: Writing) -> str:
    """Write a layer that only moves elements: a grid of factors whose axes change places."""
    grid, order, joined = regrouped(layer, to.shape)
    x = to.x if grid == to.shape else to.reshape(to.x, grid)
    x = x if order == sorted(order) else to.transpose(x, order)
    return to.reshape(x, to.output) if joined else x


def reshape(_layer: Any, to: Writing) -> str:
    return to.reshape(to.x, to.output)


RULES: dict[str, Rule] = {
    "linear": linear,
    "flatten": flatten,
    "rbf": rbf,
    "batch_norm": batch_norm,
    "local_response_norm": local_response_norm,
    "layer_norm": layer_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "add": add,
    "multiply": chained("Mul"),
    "subtract": chained("Sub"),
    "maximum": merged("Max"),
    "minimum": merged("Min"),
    "matmul": merged("MatMul"),
    "concat": concat,
    "identity": passed_on,
    "dropout": dropout,
    "stochastic_depth": passed_on,
    "layer_scale": layer_scale,
    "upsample": upsample,
    "pad": pad,
    "crop": crop,
    "channel_shuffle": channel_shuffle,
    "slice": slice_,
    "pixel_shuffle": rearranged,
    "reshape": reshape,
    "permute": rearranged,
    "space_to_depth": rearranged,
    "scale": scale,
    "mean": reduced("ReduceMean"),
    "max": reduced("ReduceMax"),
    "l2_normalize": l2_normalize,
}
