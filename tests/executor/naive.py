"""Every layer written out from its definition: one loop per index, on channels-first samples.

Nothing here is fast and nothing is shared with the package. Convolutions and linear layers also
count each product that they add to a sum; products with padding are performed and counted too.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np


class Count:
    """How many products were added to sums."""

    def __init__(self):
        self.products = 0


def axes(value, rank):
    return [value] * rank if isinstance(value, int | float) else list(value)


def pairs(padding, rank):
    return [(p, p) if isinstance(p, int) else tuple(p) for p in axes(padding, rank)]


def same(length, kernel, stride, dilation):
    """TensorFlow's rule, by adding one element at a time until enough windows fit, after first."""
    before = after = 0
    wanted = math.ceil(length / stride)
    reach = (kernel - 1) * dilation
    while (
        len([s for s in range(-before, length + after, stride) if s + reach < length + after])
        < wanted
    ):
        if after == before:
            after += 1
        else:
            before += 1
    return before, after


def paddings(layer, lengths, kernel, stride, dilation):
    rank = len(lengths)
    if layer.padding == "valid":
        return [(0, 0)] * rank
    if layer.padding in ("same", "same_lower"):
        found = [same(*item) for item in zip(lengths, kernel, stride, dilation, strict=True)]
        return [p[::-1] for p in found] if layer.padding == "same_lower" else found
    return pairs(layer.padding, rank)


def starts(length, before, after, kernel, stride, dilation, rounding, is_pool):
    """First positions of the windows along one axis (PyTorch's rule for ceil in pools)."""
    reach = (kernel - 1) * dilation
    found = []
    start = -before
    while start + reach < length + after:
        found.append(start)
        start += stride
    # With ceil the next window counts too if anything was left unread and it begins inside: before
    # the end of the padding, in a pool before the end of the elements.
    end = length if is_pool else length + after
    if rounding == "ceil" and start - stride + reach < length + after - 1 and start < end:
        found.append(start)
    return found


def source(index, length, mode):
    """Which element stands at an index of a padded axis; None for a zero."""
    if 0 <= index < length:
        return index
    if mode == "zeros":
        return None
    if mode == "replicate":
        return 0 if index < 0 else length - 1
    if mode == "circular":
        return source(index + length if index < 0 else index - length, length, mode)
    if length == 1:
        return 0
    return source(-index if index < 0 else 2 * (length - 1) - index, length, mode)


def geometry(layer, lengths, rounding):
    rank = len(lengths)
    kernel = axes(layer.kernel_size, rank)
    stride = kernel if layer.stride is None else axes(layer.stride, rank)
    dilation = axes(getattr(layer, "dilation", 1), rank)
    around = paddings(layer, lengths, kernel, stride, dilation)
    begins = [
        starts(n, b, a, k, s, d, rounding, not hasattr(layer, "out_channels"))
        for n, (b, a), k, s, d in zip(lengths, around, kernel, stride, dilation, strict=True)
    ]
    return kernel, dilation, around, begins


def places(counts):
    return itertools.product(*(range(n) for n in counts))


def conv(layer, x, weights, count):
    lengths = x.shape[1:]
    kernel, dilation, _, begins = geometry(layer, lengths, layer.rounding or "floor")
    weight, bias = weights["weight"], weights.get("bias")
    out = np.zeros((layer.out_channels, *map(len, begins)), x.dtype)
    per_group_in = x.shape[0] // layer.groups
    per_group_out = layer.out_channels // layer.groups
    plane = 0
    for o in range(layer.out_channels):
        if layer.connections is not None:
            reads = [(c, weight[plane + i]) for i, c in enumerate(layer.connections[o])]
            plane += len(reads)
        else:
            first = o // per_group_out * per_group_in
            reads = [(first + i, weight[o, i]) for i in range(per_group_in)]
        for place in places(out.shape[1:]):
            total = 0.0
            for c, taps in reads:
                for tap in places(kernel):
                    at = [
                        b[i] + t * d
                        for b, i, t, d in zip(begins, place, tap, dilation, strict=True)
                    ]
                    at = [
                        source(i, n, layer.padding_mode) for i, n in zip(at, lengths, strict=True)
                    ]
                    value = 0.0 if None in at else x[(c, *at)]
                    total += value * taps[tap]
                    count.products += 1
            out[(o, *place)] = total + (bias[o] if bias is not None else 0)
    return out


def conv_transpose(layer, x, weights, count):
    lengths = x.shape[1:]
    rank = len(lengths)
    kernel, stride = axes(layer.kernel_size, rank), axes(layer.stride, rank)
    dilation, extra = axes(layer.dilation, rank), axes(layer.output_padding, rank)
    full = [
        (n - 1) * s + (k - 1) * d + 1 + e
        for n, s, k, d, e in zip(lengths, stride, kernel, dilation, extra, strict=True)
    ]
    whole = zip(lengths, stride, kernel, dilation, strict=True)
    if layer.padding in ("same", "same_lower"):
        # The padding of the convolution whose gradient this is, over `stride` times the length.
        cuts = [same(n * s, k, s, d) for n, s, k, d in whole]
        if layer.padding == "same_lower":
            cuts = [pair[::-1] for pair in cuts]
        full = [max(f, n * s) for f, n, s in zip(full, lengths, stride, strict=True)]
    else:
        cuts = pairs(0 if layer.padding == "valid" else layer.padding, rank)
    weight = weights["weight"]
    per_group = weight.shape[1]
    in_group = x.shape[0] // layer.groups
    out = np.zeros((layer.out_channels, *full), x.dtype)
    for c in range(x.shape[0]):
        for place in places(lengths):
            for j in range(per_group):
                for tap in places(kernel):
                    at = [
                        i * s + t * d
                        for i, s, t, d in zip(place, stride, tap, dilation, strict=True)
                    ]
                    out[(c // in_group * per_group + j, *at)] += (
                        x[(c, *place)] * weight[(c, j, *tap)]
                    )
                    count.products += 1
    inner = [slice(b, n - a) for n, (b, a) in zip(full, cuts, strict=True)]
    out = out[(slice(None), *inner)]
    if layer.bias:
        out = out + weights["bias"].reshape(-1, *[1] * rank)
    return out


def locally_connected(layer, x, weights, count):
    lengths = x.shape[1:]
    kernel, dilation, _, begins = geometry(layer, lengths, layer.rounding or "floor")
    out = np.zeros((layer.out_channels, *map(len, begins)), x.dtype)
    for o in range(layer.out_channels):
        for place in places(out.shape[1:]):
            total = 0.0
            for c in range(x.shape[0]):
                for tap in places(kernel):
                    at = [
                        b[i] + t * d
                        for b, i, t, d in zip(begins, place, tap, dilation, strict=True)
                    ]
                    inside = all(0 <= i < n for i, n in zip(at, lengths, strict=True))
                    total += (x[(c, *at)] if inside else 0.0) * weights["weight"][
                        (*place, o, c, *tap)
                    ]
                    count.products += 1
            out[(o, *place)] = total + (weights["bias"][(o, *place)] if layer.bias else 0)
    return out


def windows(layer, x):
    """For every channel and place of a pool: the real elements, and how many with padding."""
    lengths = x.shape[1:]
    rounding = "ceil" if layer.ceil_mode else layer.rounding or "floor"
    kernel, dilation, around, begins = geometry(layer, lengths, rounding)
    shape = (x.shape[0], *map(len, begins))
    for index in places(shape):
        c, place = index[0], index[1:]
        real, padded = [], 0
        for tap in places(kernel):
            at = [b[i] + t * d for b, i, t, d in zip(begins, place, tap, dilation, strict=True)]
            if all(0 <= i < n for i, n in zip(at, lengths, strict=True)):
                real.append(x[(c, *at)])
            padded += all(-b <= i < n + a for i, n, (b, a) in zip(at, lengths, around, strict=True))
        yield shape, index, real, padded, math.prod(kernel)


def pool(layer, x, value):
    out = None
    for shape, index, real, padded, full in windows(layer, x):
        if out is None:
            out = np.zeros(shape, x.dtype)
        out[index] = value(real, padded, full)
    return out


def max_pool(layer, x, _weights, _count):
    return pool(layer, x, lambda real, _p, _f: max(real, default=-math.inf))


def min_pool(layer, x, _weights, _count):
    return pool(layer, x, lambda real, _p, _f: min(real, default=math.inf))


def avg_pool(layer, x, _weights, _count):
    def mean(real, padded, _full):
        if layer.divisor_override:
            return sum(real) / layer.divisor_override
        members = padded if layer.count_include_pad else len(real)
        return sum(real) / members if members else 0.0

    return pool(layer, x, mean)


def lp_pool(layer, x, _weights, _count):
    p = layer.norm_type

    def norm(real, padded, full):
        return (sum(v**p for v in real) * full / max(padded, 1)) ** (1 / p)

    return pool(layer, x, norm)


def global_lp_pool(layer, x, _weights, _count):
    p = layer.norm_type
    return adaptive(x, [1] * (x.ndim - 1), lambda values: sum(v**p for v in values) ** (1 / p))


def subsample(layer, x, weights, _count):
    sums = pool(layer, x, lambda real, _p, _f: sum(real))
    each = (-1, *[1] * (x.ndim - 1))
    return sums * weights["weight"].reshape(each) + weights["bias"].reshape(each)


def adaptive(x, sizes, value):
    out = np.zeros((x.shape[0], *sizes), x.dtype)
    for index in places(out.shape):
        bins = [
            range(math.floor(i * n / m), math.ceil((i + 1) * n / m))
            for i, m, n in zip(index[1:], sizes, x.shape[1:], strict=True)
        ]
        out[index] = value([x[(index[0], *at)] for at in itertools.product(*bins)])
    return out


def average(values):
    return sum(values) / len(values)


def adaptive_avg_pool(layer, x, _weights, _count):
    return adaptive(x, axes(layer.output_size, x.ndim - 1), average)


def adaptive_max_pool(layer, x, _weights, _count):
    return adaptive(x, axes(layer.output_size, x.ndim - 1), max)


def global_avg_pool(_layer, x, _weights, _count):
    return adaptive(x, [1] * (x.ndim - 1), average)


def global_max_pool(_layer, x, _weights, _count):
    return adaptive(x, [1] * (x.ndim - 1), max)


def linear(layer, x, weights, count):
    axis = layer.axis or 0
    out = np.zeros((*x.shape[:axis], layer.out_features, *x.shape[axis + 1 :]), x.dtype)
    for index in places(out.shape):
        o = index[axis]
        for i in range(x.shape[axis]):
            out[index] += x[(*index[:axis], i, *index[axis + 1 :])] * weights["weight"][o, i]
            count.products += 1
        if layer.bias:
            out[index] += weights["bias"][o]
    return out


def lstm(layer, x, weights, count):
    def step(given, share, state, memory):
        n = len(state)
        i, f, g, o = [[given[k * n + u] + share[k * n + u] for u in range(n)] for k in range(4)]
        memory = [logistic(f[u]) * memory[u] + logistic(i[u]) * math.tanh(g[u]) for u in range(n)]
        return [logistic(o[u]) * math.tanh(memory[u]) for u in range(n)], memory

    return recurrent(layer, x, weights, count, step)


def gru(layer, x, weights, count):
    def step(given, share, state, memory):
        n = len(state)
        new = []
        for u in range(n):
            r, z = [logistic(given[k * n + u] + share[k * n + u]) for k in range(2)]
            candidate = math.tanh(given[2 * n + u] + r * share[2 * n + u])
            new.append((1 - z) * candidate + z * state[u])
        return new, memory

    return recurrent(layer, x, weights, count, step)


def recurrent(layer, x, weights, count, step):
    """Column after column, layer after layer; the second direction begins at the last column."""
    rows = x.reshape(-1, x.shape[-1])  # channel after channel
    columns = [[rows[f, t] for f in range(len(rows))] for t in range(x.shape[-1])]
    for number in range(layer.num_layers):
        ways = []
        for ending in ("", "_reverse")[: 1 + layer.bidirectional]:
            name = f"l{number}{ending}"
            state, memory = [0.0] * layer.hidden_size, [0.0] * layer.hidden_size
            states = []
            for column in reversed(columns) if ending else columns:
                given = weighed(weights, f"ih_{name}", column, count)
                share = weighed(weights, f"hh_{name}", state, count)
                state, memory = step(given, share, state, memory)
                states.append(state)
            ways.append(states)
        ends = [value for states in ways for value in states[-1]]
        ways = [states[::-1] if number else states for number, states in enumerate(ways)]
        columns = [[v for state in states for v in state] for states in zip(*ways, strict=True)]
    if layer.output == "last":
        columns = [ends]
    return np.array(columns).T.reshape(-1, *[1] * (x.ndim - 2), len(columns))


def weighed(weights, name, values, count):
    """A product of a matrix, with a bias if there is one."""
    matrix, bias = weights[f"weight_{name}"], weights.get(f"bias_{name}")
    count.products += matrix.size
    return [
        sum(w * v for w, v in zip(row, values, strict=True)) + (0 if bias is None else bias[at])
        for at, row in enumerate(matrix)
    ]


def matmul(_layer, x, y, count):
    out = np.zeros((*x.shape[:-1], y.shape[-1]), x.dtype)
    for index in places(out.shape):
        for k in range(x.shape[-1]):
            out[index] += x[(*index[:-1], k)] * y[(*index[:-2], k, index[-1])]
            count.products += 1
    return out


def scale(layer, x, weights, _count):
    shapes = {"channels": (-1, *[1] * (x.ndim - 1)), "elements": x.shape, "one": [1] * x.ndim}
    factor, shift = [
        weights[name].reshape(shapes[layer.per]) if name in weights else constant
        for name, constant in (("weight", layer.factor), ("bias", layer.shift))
    ]
    return x * factor + shift


def mean(layer, x, _weights, _count):
    return reduced(layer, x, average)


def max_(layer, x, _weights, _count):
    return reduced(layer, x, max)


def reduced(layer, x, function):
    if layer.axes == "channels":
        out = np.zeros((1, *x.shape[1:]), x.dtype)
        for place in places(x.shape[1:]):
            out[(0, *place)] = function([x[(c, *place)] for c in range(x.shape[0])])
        return out
    values = [function([row[place] for place in places(row.shape)]) for row in x]
    return np.array(values, x.dtype).reshape(-1, *[1] * (x.ndim - 1))


def l2_normalize(layer, x, _weights, _count):
    out = np.zeros_like(x)
    for place in places(x.shape[1:]):
        length = math.sqrt(sum(float(x[(c, *place)]) ** 2 for c in range(x.shape[0])))
        for c in range(x.shape[0]):
            out[(c, *place)] = x[(c, *place)] / max(length, layer.eps)
    return out


def reshape(layer, x, _weights, _count):
    values = [x[index] for index in places(x.shape)]
    known = math.prod(n for n in layer.shape if n != -1)
    lengths = [len(values) // known if n == -1 else n for n in layer.shape]
    out = np.zeros(lengths, x.dtype)
    for value, index in zip(values, places(out.shape), strict=True):
        out[index] = value
    return out


def permute(layer, x, _weights, _count):
    out = np.zeros([x.shape[axis] for axis in layer.dims], x.dtype)
    for index in places(x.shape):
        out[tuple(index[axis] for axis in layer.dims)] = x[index]
    return out


def space_to_depth(layer, x, _weights, _count):
    block = axes(layer.block_size, x.ndim - 1)
    group = math.prod(block)
    lengths = [n // b for n, b in zip(x.shape[1:], block, strict=True)]
    out = np.zeros((x.shape[0] * group, *lengths), x.dtype)
    for index in places(x.shape):
        member = 0
        for i, b in zip(index[1:], block, strict=True):
            member = member * b + i % b
        if layer.order == "channels_first":
            channel = index[0] * group + member
        else:
            channel = member * x.shape[0] + index[0]
        out[(channel, *[i // b for i, b in zip(index[1:], block, strict=True)])] = x[index]
    return out


def rbf(_layer, x, weights, _count):
    return np.array(
        [sum((a - b) ** 2 for a, b in zip(x, code, strict=True)) for code in weights["codes"]]
    )


def flatten(layer, x, _weights, _count):
    kept = x.shape[: layer.axis]
    rows = [[x[(*place, *i)] for i in places(x.shape[layer.axis :])] for place in places(kept)]
    return np.array(rows).reshape(*kept, -1)


def batch_norm(layer, x, weights, _count):
    out = np.zeros_like(x)
    for index in places(x.shape):
        c = index[0]
        value = (x[index] - weights["running_mean"][c]) / math.sqrt(
            weights["running_var"][c] + layer.eps
        )
        if layer.affine and layer.scale:
            value = value * weights["weight"][c]
        out[index] = value + weights["bias"][c] if layer.affine and layer.center else value
    return out


def standardised(layer, x, weights, sets):
    """Normalise each set of places by its own mean and variance, then scale and shift."""
    out = np.zeros_like(x)
    for members in sets:
        values = [x[i] for i in members]
        mean = average(values)
        spread = math.sqrt(average([(v - mean) ** 2 for v in values]) + layer.eps)
        for i in members:
            out[i] = (x[i] - mean) / spread
    if layer.affine:
        each = x.shape if weights["weight"].shape == x.shape else (-1, *[1] * (x.ndim - 1))
        if getattr(layer, "axes", "") == "last":
            each = (*[1] * (x.ndim - 1), -1)
        out = out * weights["weight"].reshape(each) + weights["bias"].reshape(each)
    return out


def layer_norm(layer, x, weights, _count):
    everything = list(places(x.shape))
    if layer.axes == "all":
        return standardised(layer, x, weights, [everything])
    if layer.axes == "last":
        sets = [[(*place, i) for i in range(x.shape[-1])] for place in places(x.shape[:-1])]
    else:
        sets = [[(c, *place) for c in range(x.shape[0])] for place in places(x.shape[1:])]
    return standardised(layer, x, weights, sets)


def group_norm(layer, x, weights, _count):
    size = x.shape[0] // layer.num_groups
    sets = [[i for i in places(x.shape) if i[0] // size == g] for g in range(layer.num_groups)]
    return standardised(layer, x, weights, sets)


def instance_norm(layer, x, weights, _count):
    sets = [[(c, *place) for place in places(x.shape[1:])] for c in range(x.shape[0])]
    return standardised(layer, x, weights, sets)


def local_response_norm(layer, x, _weights, _count):
    out = np.zeros_like(x)
    for index in places(x.shape):
        c = index[0]
        near = range(c - layer.size // 2, c + (layer.size - 1) // 2 + 1)
        energy = sum(x[(i, *index[1:])] ** 2 for i in near if 0 <= i < x.shape[0])
        out[index] = x[index] / (layer.k + layer.alpha / layer.size * energy) ** layer.beta
    return out


def each(x, function):
    return np.array([function(float(v)) for v in x.flat], x.dtype).reshape(x.shape)


def logistic(v):
    return 1 / (1 + math.exp(-v)) if v > -700 else 0.0


def cut(v, low, high):
    return min(max(v, low), high)


def gelu(v, approximate):
    if approximate == "tanh":
        return v / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3)))
    return v / 2 * math.erfc(-v / math.sqrt(2))


FUNCTIONS = {
    "relu": lambda _l, v: max(v, 0.0),
    "relu6": lambda _l, v: cut(v, 0.0, 6.0),
    "leaky_relu": lambda f, v: v if v > 0 else f.negative_slope * v,
    "elu": lambda f, v: v if v > 0 else f.alpha * (math.exp(v) - 1),
    "sigmoid": lambda _l, v: logistic(v),
    "hard_sigmoid": lambda _l, v: cut(v + 3, 0.0, 6.0) / 6,
    "tanh": lambda _l, v: math.tanh(v),
    "hard_tanh": lambda _l, v: cut(v, -1.0, 1.0),
    "softplus": lambda f, v: (
        v if f.beta * v > f.threshold else math.log1p(math.exp(f.beta * v)) / f.beta
    ),
    "gelu": lambda f, v: gelu(v, f.approximate),
    "silu": lambda _l, v: v * logistic(v),
    "hard_swish": lambda _l, v: v * cut(v + 3, 0.0, 6.0) / 6,
    "mish": lambda _l, v: v * math.tanh(math.log1p(math.exp(v))),
    "softsign": lambda _l, v: v / (1 + (v if v > 0 else -v)),
    "selu": lambda _l, v: 1.0507009873554805 * (v if v > 0 else 1.6732632423543772 * math.expm1(v)),
    "abs": lambda _l, v: v if v > 0 else -v,
    "square": lambda _l, v: v * v,
    "sqrt": lambda _l, v: math.sqrt(v) if v >= 0 else math.nan,
    "clip": lambda f, v: cut(
        v, -math.inf if f.min is None else f.min, math.inf if f.max is None else f.max
    ),
}


def prelu(_layer, x, weights, _count):
    slopes = np.broadcast_to(weights["weight"], x.shape[:1])
    return np.array(
        [x[i] if x[i] > 0 else slopes[i[0]] * x[i] for i in places(x.shape)], x.dtype
    ).reshape(x.shape)


def softmax(layer, x, _weights, _count):
    axis = layer.axis
    out = np.zeros_like(x)
    for place in places((*x.shape[:axis], *x.shape[axis + 1 :])):
        members = [(*place[:axis], i, *place[axis:]) for i in range(x.shape[axis])]
        powers = [math.exp(x[m] - max(x[n] for n in members)) for m in members]
        for member, power in zip(members, powers, strict=True):
            out[member] = power / sum(powers)
    return out


def log_softmax(layer, x, weights, count):
    return np.log(softmax(layer, x, weights, count))


def layer_scale(_layer, x, weights, _count):
    return x * weights["weight"].reshape(-1, *[1] * (x.ndim - 1))


def channel_shuffle(layer, x, _weights, _count):
    n = x.shape[0] // layer.groups
    return np.stack([x[g * n + i] for i in range(n) for g in range(layer.groups)])


def pixel_shuffle(layer, x, _weights, _count):
    factor, rank = layer.upscale_factor, x.ndim - 1
    group = factor**rank
    out = np.zeros((x.shape[0] // group, *[n * factor for n in x.shape[1:]]), x.dtype)
    for index in places(out.shape):
        member = 0
        for i in index[1:]:
            member = member * factor + i % factor
        out[index] = x[(index[0] * group + member, *[i // factor for i in index[1:]])]
    return out


def slice_(layer, x, _weights, _count):
    length = x.shape[layer.axis]
    stop = length if layer.stop is None else min(layer.stop, length)
    parts = [np.take(x, i, layer.axis) for i in range(layer.start, stop, layer.step)]
    return np.stack(parts, layer.axis)


def pad(layer, x, _weights, _count):
    around = pairs(layer.padding, x.ndim - 1)
    before, after = layer.channels or (0, 0)
    shape = [n + b + a for n, (b, a) in zip(x.shape[1:], around, strict=True)]
    out = np.full((x.shape[0] + before + after, *shape), layer.value, x.dtype)
    if layer.mode != "zeros":
        out[...] = layer.value
    for place in places(shape):
        at = [
            source(i - b, n, layer.mode)
            for i, (b, _), n in zip(place, around, x.shape[1:], strict=True)
        ]
        for c in range(x.shape[0]):
            if None not in at:
                out[(before + c, *place)] = x[(c, *at)]
    return out


def crop(layer, x, _weights, _count):
    edges = pairs(layer.cropping, x.ndim - 1)
    kept = [slice(b, n - a) for n, (b, a) in zip(x.shape[1:], edges, strict=True)]
    return x[(slice(None), *kept)]


def upsample(layer, x, _weights, _count):
    rank = x.ndim - 1
    if layer.size is not None:
        lengths = axes(layer.size, rank)
    else:
        factors = axes(layer.scale_factor, rank)
        lengths = [math.floor(n * f) for n, f in zip(x.shape[1:], factors, strict=True)]
    out = np.zeros((x.shape[0], *lengths), x.dtype)
    for index in places(out.shape):
        neighbours = [
            near(index[1 + axis], n, lengths[axis], axis, layer)
            for axis, n in enumerate(x.shape[1:])
        ]
        for chosen in itertools.product(*neighbours):
            share = math.prod(weight for _, weight in chosen)
            out[index] += share * x[(index[0], *(at for at, _ in chosen))]
    return out


def near(index, n, m, axis, layer):
    """The elements of an axis that an upsampled position reads, with their shares."""
    if layer.scale_factor is None:
        pace = Fraction(n, m)
    else:
        scale = layer.scale_factor
        pace = 1 / Fraction(scale[axis] if isinstance(scale, tuple) else scale)
    if layer.mode == "nearest":
        return [(math.floor(index * pace), 1.0)]
    if layer.align_corners:
        at = Fraction(index * (n - 1), m - 1) if m > 1 else Fraction(0)
    else:
        at = (index + Fraction(1, 2)) * pace - Fraction(1, 2)
    if layer.mode == "bicubic":
        low = math.floor(at)
        if at == low:
            return [(low, 1.0)]
        places = range(low - 1, low + 3)
        return [(min(max(i, 0), n - 1), keys(abs(float(at - i)))) for i in places]
    at = max(at, 0)
    low = min(math.floor(at), n - 1)
    if low in (n - 1, at):
        return [(low, 1.0)]
    return [(low, float(1 - (at - low))), (low + 1, float(at - low))]


def keys(d, a=-0.75):
    """Keys' cubic convolution: the weight at a distance."""
    if d < 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a


MERGES = {
    "add": lambda a, b: a + b,
    "multiply": lambda a, b: a * b,
    "subtract": lambda a, b: a - b,
    "maximum": lambda a, b: np.where(a > b, a, b),
    "minimum": lambda a, b: np.where(a < b, a, b),
}


def evaluate(layer, inputs, weights):
    """One sample through one layer; returns the output and the number of products.

    `inputs` are channels-first arrays without a batch, `weights` maps names to arrays.
    """
    count = Count()
    keyword = layer.keyword
    if keyword in ("identity", "dropout", "stochastic_depth"):
        return inputs[0], 0
    if keyword == "concat":
        return np.concatenate(inputs, layer.axis), 0
    if keyword == "matmul":
        return matmul(layer, *inputs, count), count.products
    if keyword in MERGES:
        total = inputs[0]
        for other in inputs[1:]:
            total = MERGES[keyword](total, other)
        return total, 0
    if keyword in FUNCTIONS:
        return each(inputs[0], lambda v: FUNCTIONS[keyword](layer, v)), 0
    function = globals().get(f"{keyword}_") or globals().get(keyword)
    assert function, f"write here what {keyword} means: a function called so, or one of FUNCTIONS"
    return function(layer, inputs[0], weights, count), count.products
