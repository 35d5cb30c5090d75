"""How each layer hands a gradient back to what it read.

A rule takes the executed node and the gradient of its output, and returns the gradients of its
inputs; arrays are one sample, channels first. The list is closed: a test goes over all layers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cnncalc.executor.gradients import Context, Rule, Values
from cnncalc.executor.kernels.arrangement import source_positions
from cnncalc.executor.kernels.convolution import conv as convolve
from cnncalc.executor.kernels.pooling import divide
from cnncalc.executor.kernels.sliding import Axis, axes_of
from cnncalc.executor.kernels.transposed import conv_transpose as spread

STEP = 1e-5
"""Of the difference that stands for a derivative; the third root of float64's precision."""


def unchanged(_context: Context, gradient: Values) -> list[Values]:
    """The identity at inference."""
    return [gradient]


def elementwise(context: Context, gradient: Values) -> list[Values]:
    """A smooth function of one element, by a difference of two runs."""
    x = context.inputs[0]
    rise = context.forward(x + STEP) - context.forward(x - STEP)
    return [gradient * rise / (2 * STEP)]


def clamped(context: Context, gradient: Values) -> list[Values]:
    """A function that passes its argument on between two bounds."""
    return [gradient * (context.output == context.inputs[0]) * (context.output != 0)]


def moved(context: Context, gradient: Values) -> list[Values]:
    """Each output element is one element of the input, or a constant."""
    layer = context.layer
    if layer.keyword == "pad":
        layer = layer.replace(value=0.0)
    x = context.inputs[0]
    numbers = np.arange(1, x.size + 1, dtype=np.float64).reshape(x.shape)
    return [collected(context.forward(numbers, layer=layer), gradient, x)]


def collected(numbers: Values, gradient: Values, x: Values) -> Values:
    """The gradient of `x`, of whose elements (counted from 1) the output holds these."""
    found = np.rint(numbers).astype(np.intp).reshape(-1)
    sums = np.bincount(found, gradient.reshape(-1), x.size + 1)
    return np.asarray(sums[1:].reshape(x.shape))


def selected(context: Context, gradient: Values) -> list[Values]:
    """Each output element is the largest or smallest of some; the first of equal ones."""
    x = context.inputs[0]
    lowest = context.layer.keyword == "min_pool"
    order = np.argsort(x.reshape(-1) if lowest else -x.reshape(-1), kind="stable")
    ranks = np.empty(x.size)
    ranks[order] = np.arange(x.size) if lowest else np.arange(x.size)[::-1]
    winners = context.forward(ranks.reshape(x.shape))
    # A window that holds nothing but padding has no winner.
    held = np.isfinite(winners)
    places = order if lowest else order[::-1]
    numbers = np.where(held, places[np.where(held, winners, 0).astype(np.intp)] + 1, 0)
    return [collected(numbers, gradient, x)]


def weighed(context: Context, gradient: Values) -> list[Values]:
    """Each axis by itself mixes positions linearly: its matrix comes from running single ones."""
    x = context.inputs[0]
    result = gradient
    for axis in range(1, x.ndim):
        length = x.shape[axis]
        shape = [1] * x.ndim
        shape[0], shape[axis] = length, length
        singles = np.eye(length).reshape(shape)
        layer = context.layer
        if getattr(layer, "scale_factor", None) is not None:
            layer = layer.replace(scale_factor=None, size=gradient.shape[1:])
        ran = context.forward(singles, layer=layer)
        picked = np.moveaxis(ran, axis, 1).reshape(length, gradient.shape[axis], -1)[..., 0]
        result = np.moveaxis(np.tensordot(result, picked, axes=(axis, 1)), -1, axis)
    return [result]


def matrix_of(axis: Axis) -> Values:
    """Which positions (columns) each window along an axis (rows) reads."""
    result = np.zeros((len(axis.starts), axis.length))
    for row, start in enumerate(axis.starts):
        for tap in range(axis.kernel):
            place = start + tap * axis.dilation
            if 0 <= place < axis.length:
                result[row, place] += 1
    return result


def summed(context: Context, gradient: Values) -> Values:
    """The gradient behind a sum over windows."""
    axes = context.layer.slide(batch_of(context.inputs[0]))
    result = gradient
    for number, axis in enumerate(axes, 1):
        result = np.moveaxis(np.tensordot(result, matrix_of(axis), axes=(number, 0)), -1, number)
    return result


def avg_pool(context: Context, gradient: Values) -> list[Values]:
    """A sum over windows, divided."""
    layer = context.layer
    shares = np.ones((1, *gradient.shape[1:], 1))
    axes = layer.slide(batch_of(context.inputs[0]))
    divide(shares, axes, layer.count_include_pad, layer.divisor_override)
    return [summed(context, gradient * shares[0, ..., 0])]


def subsample(context: Context, gradient: Values) -> list[Values]:
    """A sum over windows, times a coefficient."""
    factor = context.weight("weight").reshape(-1, *[1] * (gradient.ndim - 1))
    return [summed(context, gradient * factor)]


def lp_pool(context: Context, gradient: Values) -> list[Values]:
    """The p-norm: `y**p` is a multiple of the sum of `x**p`."""
    p = context.layer.norm_type
    x, y = context.inputs[0], context.output
    sums = context.forward(np.power(x, p), layer=context.layer.replace(norm_type=1.0))
    scale = np.where(sums != 0, np.power(y, p) / sums, 1.0)
    # With norm_type 1 the layer scales its sums itself where a window hangs over the end.
    whole = context.forward(np.ones_like(x), layer=context.layer.replace(norm_type=1.0))
    bare = counted_members(context, x)
    behind = gradient * scale * np.power(y, 1 - p) * (whole / np.where(bare == 0, 1, bare))
    behind = np.where(np.isfinite(behind), behind, 0)
    return [summed(context, behind) * np.power(x, p - 1)]


def counted_members(context: Context, x: Values) -> Values:
    """How many elements of the input each window holds."""
    result = np.ones(())
    for axis in context.layer.slide(batch_of(x)):
        result = np.multiply.outer(result, matrix_of(axis).sum(axis=1))
    return result


def batch_of(x: Values) -> Values:
    """One sample as the kernels have it, channels last."""
    return np.ascontiguousarray(np.moveaxis(x[None], 1, -1))


def sample_of(x: Any) -> Values:
    """The one sample of a kernel's result, channels first."""
    return np.array(np.moveaxis(x, -1, 1)[0], np.float64)


def kernel_of(context: Context) -> Values:
    """The weights of a convolution; a connection table's planes among zeros."""
    weight, table = context.weight("weight"), context.layer.connections
    if table is None:
        return weight
    full = np.zeros((len(table), context.inputs[0].shape[0], *weight.shape[1:]))
    used = 0
    for output, row in enumerate(table):
        full[output, list(row)] = weight[used : used + len(row)]
        used += len(row)
    return full


def conv(context: Context, gradient: Values) -> list[Values]:
    """The adjoint of a convolution is the transposed one; padding is cut off or folded back."""
    layer, x = context.layer, context.inputs[0]
    weight = kernel_of(context)
    axes = axes_of(
        x.shape[1:],
        weight.shape[2:],
        layer.stride,
        layer.padding,
        layer.dilation,
        layer.rounding or "floor",
    )
    full = sample_of(
        spread(
            context.work,
            batch_of(gradient),
            weight,
            filters=x.shape[0],
            kernel=weight.shape[2:],
            stride=tuple([axis.stride for axis in axes]),
            dilation=tuple([axis.dilation for axis in axes]),
            groups=layer.groups,
        )
    )
    for number, axis in enumerate(axes, 1):
        full = folded(full, number, axis, layer.padding_mode)
    return [full]


def folded(full: Values, number: int, axis: Axis, mode: str) -> Values:
    """The gradient of an axis from that of the axis with padding around it."""
    before = -axis.starts[0]
    result = np.zeros((*full.shape[:number], axis.length, *full.shape[number + 1 :]))
    into, of = np.moveaxis(result, number, 0), np.moveaxis(full, number, 0)
    places = np.arange(len(of)) - before
    if mode != "zeros":
        after = max(0, len(of) - before - axis.length)
        copies = np.array(source_positions(axis.length, max(0, before), after, mode))
        places = copies[np.arange(len(of)) + max(0, before) - before]
    held = (places >= 0) & (places < axis.length)
    np.add.at(into, places[held], of[held])
    return result


def conv_transpose(context: Context, gradient: Values) -> list[Values]:
    """The adjoint of a transposed convolution is the convolution."""
    layer, x = context.layer, context.inputs[0]
    windows = layer.windows(x.shape)
    padded = gradient
    for number, (window, length) in enumerate(zip(windows, x.shape[1:], strict=True), 1):
        needed = (length - 1) * window.stride + window.extent
        after = needed - window.before - padded.shape[number]
        sides = [(0, 0)] * padded.ndim
        sides[number] = (window.before, max(0, after))
        padded = np.pad(padded, sides)
        padded = np.take(padded, range(needed), axis=number)
    weight = context.weight("weight")
    result = convolve(
        context.work,
        batch_of(padded),
        weight,
        filters=x.shape[0],
        kernel=weight.shape[2:],
        stride=tuple([w.stride for w in windows]),
        dilation=tuple([w.dilation for w in windows]),
        groups=layer.groups,
    )
    return [sample_of(result)]


def locally_connected(context: Context, gradient: Values) -> list[Values]:
    """The weights of each position, tap by tap."""
    layer, x = context.layer, context.inputs[0]
    rank = x.ndim - 1
    weight = context.weight("weight")  # (*positions, out, in, *kernel)
    kernel = weight.shape[rank + 2 :]
    axes = axes_of(
        x.shape[1:], kernel, layer.stride, layer.padding, layer.dilation, layer.rounding or "floor"
    )
    result = np.zeros_like(x)
    outputs = np.moveaxis(gradient, 0, -1)
    for tap in np.ndindex(*kernel):
        place = (..., *tap)
        planes = weight[place]
        part = np.moveaxis(np.einsum("...o,...oi->...i", outputs, planes), -1, 0)
        into, of = [], []
        for axis, at in zip(axes, tap, strict=True):
            places = np.array(axis.starts) + at * axis.dilation
            held = (places >= 0) & (places < axis.length)
            into.append(places[held])
            of.append(np.flatnonzero(held))
        for channel in range(len(x)):
            result[channel][np.ix_(*into)] += part[channel][np.ix_(*of)]
    return [result]


def linear(context: Context, gradient: Values) -> list[Values]:
    """The transposed matrix."""
    return [gradient @ context.weight("weight")]


def rbf(context: Context, gradient: Values) -> list[Values]:
    """Twice the way from each code."""
    apart = context.inputs[0] - context.weight("codes")
    return [2 * gradient @ apart]


def add(context: Context, gradient: Values) -> list[Values]:
    """To every branch alike."""
    return [narrowed(gradient, x) for x in context.inputs]


def narrowed(gradient: Values, x: Values) -> Values:
    """The gradient of a branch of which axes of size one stood for any size."""
    axes = tuple([axis for axis in range(x.ndim) if x.shape[axis] != gradient.shape[axis]])
    return gradient.sum(axis=axes, keepdims=True) if axes else gradient


def multiply(context: Context, gradient: Values) -> list[Values]:
    """To every branch times the product of the others."""
    result = []
    for at, x in enumerate(context.inputs):
        others = gradient
        for other, factor in enumerate(context.inputs):
            if other != at:
                others = others * factor
        result.append(narrowed(others, x))
    return result


def concat(context: Context, gradient: Values) -> list[Values]:
    """To every branch its channels."""
    ends = np.cumsum([len(x) for x in context.inputs])
    return list(np.split(gradient, ends[:-1]))


def softmax(context: Context, gradient: Values) -> list[Values]:
    """Each channel less the mean, weighted by the outputs."""
    y = context.output
    return [y * (gradient - (gradient * y).sum(axis=0))]


def log_softmax(context: Context, gradient: Values) -> list[Values]:
    """Each channel less its share of the sum."""
    return [gradient - np.exp(context.output) * gradient.sum(axis=0)]


def standardised(x: Values, gradient: Values, eps: float) -> Values:
    """Behind the normalisation of each row of `x`."""
    apart = x - x.mean(axis=1, keepdims=True)
    scale = 1 / np.sqrt(np.square(apart).mean(axis=1, keepdims=True) + eps)
    normal = apart * scale
    along = (gradient * normal).mean(axis=1, keepdims=True)
    return np.asarray(scale * (gradient - gradient.mean(axis=1, keepdims=True) - normal * along))


def by_groups(context: Context, gradient: Values, groups: int) -> list[Values]:
    """A norm whose statistics come from all positions of a group of channels."""
    x = context.inputs[0]
    if context.layer.affine:
        scale = context.weight("weight")
        gradient = gradient * scale.reshape(*scale.shape, *[1] * (x.ndim - scale.ndim))
    rows = standardised(x.reshape(groups, -1), gradient.reshape(groups, -1), context.layer.eps)
    return [rows.reshape(x.shape)]


def group_norm(context: Context, gradient: Values) -> list[Values]:
    """Statistics of each group of channels."""
    return by_groups(context, gradient, context.layer.num_groups)


def instance_norm(context: Context, gradient: Values) -> list[Values]:
    """Statistics of each channel."""
    return by_groups(context, gradient, len(context.inputs[0]))


def layer_norm(context: Context, gradient: Values) -> list[Values]:
    """Statistics of everything, or of the channels at each position."""
    if context.layer.axes == "all":
        return by_groups(context, gradient, 1)
    x = context.inputs[0]
    if context.layer.affine:
        gradient = gradient * context.weight("weight").reshape(-1, *[1] * (x.ndim - 1))
    flat, behind = x.reshape(len(x), -1), gradient.reshape(len(x), -1)
    return [standardised(flat.T, behind.T, context.layer.eps).T.reshape(x.shape)]


def local_response_norm(context: Context, gradient: Values) -> list[Values]:
    """`y = x / e**beta` with the energy `e` of neighbouring channels."""
    layer, x = context.layer, context.inputs[0]
    count, before = len(x), layer.size // 2
    near = np.zeros((count, count))
    for channel in range(count):
        near[channel, max(0, channel - before) : channel - before + layer.size] = 1
    flat, behind = x.reshape(count, -1), gradient.reshape(count, -1)
    energy = layer.k + layer.alpha / layer.size * (near @ np.square(flat))
    through = near.T @ (behind * flat * energy ** (-layer.beta - 1))
    result = behind * energy**-layer.beta
    result = result - 2 * layer.alpha * layer.beta / layer.size * flat * through
    return [result.reshape(x.shape)]


RULES: dict[str, Rule] = {
    "conv": conv,
    "conv_transpose": conv_transpose,
    "locally_connected": locally_connected,
    **dict.fromkeys(
        ("max_pool", "min_pool", "adaptive_max_pool", "global_max_pool"), selected
    ),
    "avg_pool": avg_pool,
    "subsample": subsample,
    "lp_pool": lp_pool,
    **dict.fromkeys(("adaptive_avg_pool", "global_avg_pool"), weighed),
    "linear": linear,
    "rbf": rbf,
    **dict.fromkeys(("identity", "dropout", "stochastic_depth"), unchanged),
    **dict.fromkeys(("relu", "relu6", "hard_tanh"), clamped),
    **dict.fromkeys(
        ("batch_norm", "layer_scale", "prelu", "leaky_relu", "elu", "sigmoid", "hard_sigmoid",
         "tanh", "softplus", "gelu", "silu", "hard_swish"),
        elementwise,
    ),
    **dict.fromkeys(("flatten", "channel_shuffle", "slice", "pad", "crop"), moved),
    "softmax": softmax,
    "log_softmax": log_softmax,
    "add": add,
    "multiply": multiply,
    "concat": concat,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "layer_norm": layer_norm,
    "local_response_norm": local_response_norm,
}  # fmt: skip


def upsample(context: Context, gradient: Values) -> list[Values]:
    """Repeated elements, or means of neighbours."""
    rule = moved if context.layer.mode == "nearest" else weighed
    return rule(context, gradient)


RULES["upsample"] = upsample
