"""What PyTorch makes of a layer, for the layers and options that PyTorch has."""

from __future__ import annotations

from functools import reduce

import numpy as np
import torch
import torch.nn.functional as F

CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
CONV_TRANSPOSE = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
MAX_POOL = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG_POOL = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
LP_POOL = {1: F.lp_pool1d, 2: F.lp_pool2d, 3: F.lp_pool3d}
ADAPTIVE_AVG = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}
ADAPTIVE_MAX = {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}
MODES = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}


class Unsupported(Exception):
    """PyTorch has no such layer, or not with these options."""


def per_axis(value, rank):
    return (value,) * rank if isinstance(value, int | float) else tuple(value)


def sides(padding, rank):
    """Padding as pairs per axis; words are left to the naive loops."""
    if isinstance(padding, str):
        raise Unsupported(padding)
    return [(p, p) if isinstance(p, int) else tuple(p) for p in per_axis(padding, rank)]


def padded(x, pairs, mode="zeros", value=0.0):
    flat = [n for pair in reversed(pairs) for n in pair]
    if mode == "zeros":
        return F.pad(x, flat, value=value)
    return F.pad(x, flat, mode=MODES[mode])


def conv(layer, x, weights, rank):
    if layer.connections is not None or layer.rounding not in (None, "floor"):
        raise Unsupported
    x = padded(x, sides(layer.padding, rank), layer.padding_mode)
    return CONV[rank](
        x, weights["weight"], weights.get("bias"), stride=layer.stride, dilation=layer.dilation,
        groups=layer.groups,
    )  # fmt: skip


def gradient_of_same(layer, x, weights, rank):
    """`padding: same` by its definition: the gradient of a convolution of that padding."""
    kernel, stride, dilation = [
        per_axis(value, rank) for value in (layer.kernel_size, layer.stride, layer.dilation)
    ]
    pairs = []
    for k, s, d in zip(kernel, stride, dilation, strict=True):
        total = max(d * (k - 1) + 1 - s, 0)
        pair = (total // 2, total - total // 2)
        pairs.append(pair if layer.padding == "same" else pair[::-1])
    lengths = [n * s for n, s in zip(x.shape[2:], stride, strict=True)]
    with torch.inference_mode(mode=False), torch.enable_grad():
        image = torch.zeros(x.shape[0], layer.out_channels, *lengths, requires_grad=True)
        out = CONV[rank](
            padded(image, pairs), weights["weight"], None, stride, dilation=dilation,
            groups=layer.groups,
        )  # fmt: skip
        (gradient,) = torch.autograd.grad(out, image, x)
    bias = weights.get("bias")
    return gradient if bias is None else gradient + bias.reshape(-1, *[1] * rank)


def conv_transpose(layer, x, weights, rank):
    if layer.padding in ("same", "same_lower"):
        return gradient_of_same(layer, x, weights, rank)
    pairs = sides(layer.padding, rank)
    if any(a != b for a, b in pairs):
        raise Unsupported
    return CONV_TRANSPOSE[rank](
        x, weights["weight"], weights.get("bias"), stride=layer.stride,
        padding=[a for a, _ in pairs], output_padding=layer.output_padding, groups=layer.groups,
        dilation=layer.dilation,
    )  # fmt: skip


def pooled(layer, rank):
    """Symmetric padding, and whether the last window may hang over."""
    pairs = sides(layer.padding, rank)
    if any(a != b for a, b in pairs) or layer.rounding == "strict":
        raise Unsupported
    if layer.keyword in ("avg_pool", "lp_pool") and set(per_axis(layer.dilation, rank)) != {1}:
        raise Unsupported("no holes in PyTorch's averages")
    if any(2 * p > k for (p, _), k in zip(pairs, per_axis(layer.kernel_size, rank), strict=True)):
        raise Unsupported("PyTorch compares the padding with the kernel without its holes")
    return [a for a, _ in pairs], layer.ceil_mode or layer.rounding == "ceil"


def max_pool(layer, x, _weights, rank):
    padding, ceil = pooled(layer, rank)
    return MAX_POOL[rank](
        x, layer.kernel_size, layer.stride, padding, layer.dilation, ceil_mode=ceil
    )


def min_pool(layer, x, weights, rank):
    return -max_pool(layer, -x, weights, rank)


def check_size(layer, x, rank):
    kernel = per_axis(layer.kernel_size, rank)
    if rank == 3 and any(n < k for n, k in zip(x.shape[2:], kernel, strict=True)):
        raise Unsupported("PyTorch refuses inputs smaller than the kernel, padded or not")


def avg_pool(layer, x, _weights, rank):
    padding, ceil = pooled(layer, rank)
    check_size(layer, x, rank)
    options = [ceil, layer.count_include_pad]
    if layer.divisor_override is not None:
        if rank == 1:
            raise Unsupported
        options.append(layer.divisor_override)
    return AVG_POOL[rank](x, layer.kernel_size, layer.stride, padding, *options)


def lp_pool(layer, x, _weights, rank):
    padding, ceil = pooled(layer, rank)
    if any(padding):
        raise Unsupported
    check_size(layer, x, rank)
    kernel = layer.kernel_size
    if rank == 1:
        kernel = per_axis(kernel, 1)[0]
    else:
        kernel = per_axis(kernel, rank)
    stride = None if layer.stride is None else per_axis(layer.stride, rank)
    return LP_POOL[rank](x, layer.norm_type, kernel, stride, ceil_mode=ceil)


def upsample(layer, x, _weights, rank):
    corners = None if layer.mode == "nearest" else layer.align_corners
    size = None if layer.size is None else per_axis(layer.size, rank)
    factor = None
    if layer.scale_factor is not None:
        factor = tuple(float(f) for f in per_axis(layer.scale_factor, rank))
    return F.interpolate(x, size, factor, layer.mode, corners)


def pad(layer, x, _weights, rank):
    before, after = layer.channels or (0, 0)
    x = padded(x, sides(layer.padding, rank), layer.mode, layer.value)
    return padded(x, [(before, after), *[(0, 0)] * rank], value=layer.value)


def crop(layer, x, _weights, rank):
    kept = [
        slice(b, n - a) for (b, a), n in zip(sides(layer.cropping, rank), x.shape[2:], strict=True)
    ]
    return x[(slice(None), slice(None), *kept)]


def layer_norm(layer, x, weights, _rank):
    if layer.axes == "all":
        return F.layer_norm(x, x.shape[1:], weights.get("weight"), weights.get("bias"), layer.eps)
    place = 1 if layer.axes == "channels" else x.ndim - 1
    last = x.movedim(place, -1)
    normal = F.layer_norm(
        last, last.shape[-1:], weights.get("weight"), weights.get("bias"), layer.eps
    )
    return normal.movedim(-1, place)


def instance_norm(layer, x, weights, _rank):
    if x[0, 0].numel() == 1:
        raise Unsupported
    return F.instance_norm(x, weight=weights.get("weight"), bias=weights.get("bias"), eps=layer.eps)


def group_norm(layer, x, weights, _rank):
    if x[0].numel() == layer.num_groups:
        raise Unsupported("PyTorch refuses groups of one element")
    return F.group_norm(x, layer.num_groups, weights.get("weight"), weights.get("bias"), layer.eps)


def pixel_shuffle(fields, x, _weights, _rank):
    if x.ndim != 4:
        raise Unsupported
    return torch.pixel_shuffle(x, fields.upscale_factor)


def linear(fields, x, weights, _rank):
    moved = x.movedim((fields.axis or 0) + 1, -1)
    out = F.linear(moved, weights["weight"], weights.get("bias"))
    return out.movedim(-1, (fields.axis or 0) + 1)


def recurrent(fields, x, weights, rank):
    if fields.biases == 1 or rank > 2:
        raise Unsupported
    kind = torch.nn.LSTM if fields.keyword == "lstm" else torch.nn.GRU
    module = kind(
        x.shape[1:-1].numel(), fields.hidden_size, fields.num_layers, fields.biases == 2, True,
        bidirectional=fields.bidirectional,
    )  # fmt: skip
    module.load_state_dict(weights)
    out, states = module(x.flatten(1, -2).transpose(1, 2))
    if fields.output == "last":
        last = states[0] if fields.keyword == "lstm" else states
        directions = 1 + fields.bidirectional
        out = last[-directions:].transpose(0, 1).reshape(len(x), 1, -1)
    return out.transpose(1, 2).unflatten(1, (-1, *[1] * (rank - 1)))


def scale(fields, x, weights, rank):
    shapes = {"channels": (-1, *[1] * rank), "elements": x.shape[1:], "one": [1] * (rank + 1)}
    factor, shift = [
        weights[name].reshape(shapes[fields.per]) if name in weights else constant
        for name, constant in (("weight", fields.factor), ("bias", fields.shift))
    ]
    return x * factor + shift


def reduced(fields, x):
    return (1,) if fields.axes == "channels" else tuple(range(2, x.ndim))


def space_to_depth(fields, x, _weights, rank):
    block = fields.block_size
    blocks = [block] * rank if isinstance(block, int) else list(block)
    if rank == 2 and len(set(blocks)) == 1:
        out = F.pixel_unshuffle(x, blocks[0])
    else:  # PyTorch has it for maps and square blocks only: what it does, axis by axis
        parts = [n for length, b in zip(x.shape[2:], blocks, strict=True) for n in (length // b, b)]
        grid = x.reshape(*x.shape[:2], *parts)
        places, within = range(2, 2 * rank + 2, 2), range(3, 2 * rank + 3, 2)
        moved = grid.permute(0, 1, *within, *places)
        out = moved.flatten(1, rank + 1)
    if fields.order == "channels_first":
        return out
    return out.unflatten(1, (x.shape[1], -1)).transpose(1, 2).flatten(1, 2)


MERGES = {
    "add": torch.add,
    "multiply": torch.mul,
    "subtract": torch.sub,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
}
FUNCTIONS = {
    "conv": conv,
    "conv_transpose": conv_transpose,
    "max_pool": max_pool,
    "min_pool": min_pool,
    "avg_pool": avg_pool,
    "lp_pool": lp_pool,
    "upsample": upsample,
    "pad": pad,
    "crop": crop,
    "layer_norm": layer_norm,
    "instance_norm": instance_norm,
    "adaptive_avg_pool": lambda f, x, _w, r: ADAPTIVE_AVG[r](x, f.output_size),
    "adaptive_max_pool": lambda f, x, _w, r: ADAPTIVE_MAX[r](x, f.output_size),
    "global_avg_pool": lambda _l, x, _w, r: ADAPTIVE_AVG[r](x, 1),
    "global_max_pool": lambda _l, x, _w, r: ADAPTIVE_MAX[r](x, 1),
    "global_lp_pool": lambda f, x, _w, r: LP_POOL[r](
        x, f.norm_type, x.shape[2:] if r > 1 else x.shape[2]
    ),
    "linear": linear,
    "lstm": recurrent,
    "gru": recurrent,
    "reshape": lambda f, x, _w, _r: x.reshape(x.shape[0], *f.shape),
    "permute": lambda f, x, _w, _r: x.permute(0, *[axis + 1 for axis in f.dims]),
    "space_to_depth": space_to_depth,
    "scale": scale,
    "mean": lambda f, x, _w, _r: x.mean(reduced(f, x), keepdim=True),
    "max": lambda f, x, _w, _r: x.amax(reduced(f, x), keepdim=True),
    "l2_normalize": lambda f, x, _w, _r: F.normalize(x, dim=1, eps=f.eps),
    "mish": lambda _l, x, _w, _r: F.mish(x),
    "softsign": lambda _l, x, _w, _r: F.softsign(x),
    "selu": lambda _l, x, _w, _r: F.selu(x),
    "abs": lambda _l, x, _w, _r: torch.abs(x),
    "square": lambda _l, x, _w, _r: torch.square(x),
    "sqrt": lambda _l, x, _w, _r: torch.sqrt(x),
    "clip": lambda f, x, _w, _r: torch.clamp(x, f.min, f.max),
    "flatten": lambda f, x, _w, _r: torch.flatten(x, f.axis + 1),
    "batch_norm": lambda f, x, w, _r: F.batch_norm(
        x, w["running_mean"], w["running_var"], w.get("weight"), w.get("bias"), eps=f.eps
    ),
    "group_norm": group_norm,
    "local_response_norm": lambda f, x, _w, _r: F.local_response_norm(
        x, f.size, f.alpha, f.beta, f.k
    ),
    "relu": lambda _l, x, _w, _r: F.relu(x),
    "relu6": lambda _l, x, _w, _r: F.relu6(x),
    "leaky_relu": lambda f, x, _w, _r: F.leaky_relu(x, f.negative_slope),
    "prelu": lambda _l, x, w, _r: F.prelu(x, w["weight"]),
    "elu": lambda f, x, _w, _r: F.elu(x, f.alpha),
    "sigmoid": lambda _l, x, _w, _r: torch.sigmoid(x),
    "hard_sigmoid": lambda _l, x, _w, _r: F.hardsigmoid(x),
    "tanh": lambda _l, x, _w, _r: torch.tanh(x),
    "hard_tanh": lambda _l, x, _w, _r: F.hardtanh(x),
    "softplus": lambda f, x, _w, _r: F.softplus(x, f.beta, f.threshold),
    "gelu": lambda f, x, _w, _r: F.gelu(x, approximate=f.approximate),
    "silu": lambda _l, x, _w, _r: F.silu(x),
    "hard_swish": lambda _l, x, _w, _r: F.hardswish(x),
    "softmax": lambda f, x, _w, _r: F.softmax(x, f.axis + 1),
    "log_softmax": lambda f, x, _w, _r: F.log_softmax(x, f.axis + 1),
    "pixel_shuffle": pixel_shuffle,
    "channel_shuffle": lambda f, x, _w, _r: torch.channel_shuffle(x, f.groups),
    "slice": lambda f, x, _w, _r: x[
        (*[slice(None)] * (f.axis + 1), slice(f.start, f.stop, f.step))
    ],
    "identity": lambda _l, x, _w, _r: x,
    "dropout": lambda _l, x, _w, _r: F.dropout(x, training=False),
    "stochastic_depth": lambda _l, x, _w, _r: x,
    "layer_scale": lambda _l, x, w, r: x * w["weight"].reshape(-1, *[1] * r),
}


def evaluate(layer, inputs, weights):
    """A batch through one layer in PyTorch, as arrays; raises `Unsupported`."""
    tensors = [torch.from_numpy(np.array(x)) for x in inputs]
    arrays = {name: torch.from_numpy(np.array(w)) for name, w in weights.items()}
    with torch.inference_mode():
        if layer.keyword == "concat":
            return torch.cat(tensors, layer.axis + 1).numpy()
        if layer.keyword == "matmul":
            return torch.matmul(*tensors).numpy()
        if layer.keyword in MERGES:
            return reduce(MERGES[layer.keyword], tensors).numpy()
        if layer.keyword not in FUNCTIONS:
            raise Unsupported(layer.keyword)
        return FUNCTIONS[layer.keyword](layer, tensors[0], arrays, tensors[0].ndim - 2).numpy()
