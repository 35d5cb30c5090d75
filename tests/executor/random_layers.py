"""Random layers on random small inputs, for every keyword, as hypothesis strategies."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from layer_examples import EXAMPLES

from cnncalc.diagnostics import LayerError
from cnncalc.executor.execution import Executor, sample_shape
from cnncalc.executor.weights import GivenWeights
from cnncalc.graph import Graph, Node
from cnncalc.layers import LAYERS, layer_class
from cnncalc.quantities import OPERATIONS

FLAT = ("rbf",)
MERGES = tuple(k for k in LAYERS if layer_class(k).arity is None and k != "matmul")
#: Layers that can be executed.
RUN = tuple(sorted(k for k in LAYERS if not layer_class(k).opaque))


def small(low, high):
    return st.integers(low, high)


def per_axis(draw, low, high, rank):
    """One number, or one for each axis."""
    if draw(st.booleans()):
        return draw(small(low, high))
    return tuple(draw(small(low, high)) for _ in range(rank))


def padding(draw, most, rank, words=("same", "same_lower", "valid")):
    kind = draw(st.sampled_from(["number", "axes", "pairs", *(words and ["word"])]))
    if kind == "number":
        return draw(small(0, most))
    if kind == "axes":
        return tuple(draw(small(0, most)) for _ in range(rank))
    if kind == "pairs":
        return tuple((draw(small(0, most)), draw(small(0, most))) for _ in range(rank))
    return draw(st.sampled_from(words))


def custom(draw, _shape):
    counts = ("params", "buffers", *OPERATIONS)
    wanted = draw(st.lists(st.sampled_from(counts), unique=True, max_size=len(counts)))
    formula = st.sampled_from([0, 7, "elements", "in_channels * out_positions", "len(shape)"])
    lengths = st.sampled_from([1, 4, "in_channels", "elements // 2 + 1", "max(shape)"])
    return {
        "kind": "mystery",
        "output": draw(st.one_of(st.just("shape"), st.lists(lengths, min_size=1, max_size=4))),
        **{name: draw(formula) for name in wanted},
        "rest": draw(st.sampled_from(["unknown", "none"])),
    }


def conv(draw, shape):
    rank = len(shape) - 1
    divisors = [g for g in range(1, shape[0] + 1) if shape[0] % g == 0]
    groups = draw(st.sampled_from(divisors))
    out = groups * draw(small(1, 3))
    fields = {
        "out_channels": out,
        "kernel_size": per_axis(draw, 1, 3, rank),
        "stride": per_axis(draw, 1, 3, rank),
        "padding": padding(draw, 2, rank),
        "dilation": per_axis(draw, 1, 2, rank),
        "groups": groups,
        "bias": draw(st.booleans()),
        "padding_mode": draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
        "rounding": draw(st.sampled_from([None, "floor", "ceil", "strict"])),
    }
    if groups == 1 and draw(st.integers(0, 4)) == 0:
        rows = st.lists(small(0, shape[0] - 1), min_size=1, max_size=shape[0], unique=True)
        fields["connections"] = tuple(tuple(draw(rows)) for _ in range(out))
    return fields


def conv_transpose(draw, shape):
    rank = len(shape) - 1
    divisors = [g for g in range(1, shape[0] + 1) if shape[0] % g == 0]
    groups = draw(st.sampled_from(divisors))
    around = padding(draw, 1, rank)
    return {
        "out_channels": groups * draw(small(1, 3)),
        "kernel_size": per_axis(draw, 1, 3, rank),
        "stride": per_axis(draw, 1, 3, rank),
        "padding": around,
        "output_padding": 0 if isinstance(around, str) else per_axis(draw, 0, 1, rank),
        "dilation": per_axis(draw, 1, 2, rank),
        "groups": groups,
        "bias": draw(st.booleans()),
    }


def locally_connected(draw, shape):
    rank = len(shape) - 1
    return {
        "out_channels": draw(small(1, 3)),
        "kernel_size": per_axis(draw, 1, 3, rank),
        "stride": per_axis(draw, 1, 2, rank),
        "padding": padding(draw, 1, rank),
        "dilation": per_axis(draw, 1, 2, rank),
        "bias": draw(st.booleans()),
        "rounding": draw(st.sampled_from([None, "floor", "ceil"])),
    }


def pool(draw, shape):
    rank = len(shape) - 1
    fields = {"kernel_size": per_axis(draw, 1, 4, rank)}
    if draw(st.booleans()):
        fields["stride"] = per_axis(draw, 1, 3, rank)
    fields["padding"] = padding(draw, 2, rank)
    if draw(st.booleans()):
        fields["ceil_mode"] = True
    else:
        fields["rounding"] = draw(st.sampled_from([None, "floor", "ceil", "strict"]))
    return fields


def max_pool(draw, shape):
    return {**pool(draw, shape), "dilation": per_axis(draw, 1, 2, len(shape) - 1)}


def avg_pool(draw, shape):
    return {
        **max_pool(draw, shape),
        "count_include_pad": draw(st.booleans()),
        "divisor_override": draw(st.sampled_from([None, None, 3])),
    }


def adaptive(draw, shape):
    return {"output_size": per_axis(draw, 1, 7, len(shape) - 1)}


def upsample(draw, shape):
    rank = len(shape) - 1
    if draw(st.booleans()):
        fields = {"size": per_axis(draw, 1, 9, rank)}
    else:  # in float32, PyTorch finds the place of some other factors a little beside
        factor = st.sampled_from([1, 2, 3, 0.5, 0.25, 1.5, 2.5, 0.75])
        fields = {"scale_factor": draw(st.one_of(factor, st.tuples(*[factor] * rank)))}
    if draw(st.booleans()):
        fields["mode"] = ("linear", "bilinear", "trilinear")[rank - 1]
        if rank == 2 and draw(st.booleans()):
            fields["mode"] = "bicubic"
        fields["align_corners"] = draw(st.booleans())
    return fields


def pad(draw, shape):
    mode = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    return {
        "padding": padding(draw, 3, len(shape) - 1, ()),
        "mode": mode,
        "value": draw(st.sampled_from([0.0, 1.5])) if mode == "zeros" else 0.0,
        "channels": draw(st.sampled_from([None, (1, 0), (2, 1)])),
    }


def groups_of(draw, shape):
    return draw(st.sampled_from([g for g in range(1, shape[0] + 1) if shape[0] % g == 0]))


def divisors(number):
    return [d for d in range(1, number + 1) if number % d == 0]


def slice_(draw, shape):
    axis = draw(small(0, len(shape) - 1))
    return {
        "start": draw(small(0, shape[axis] - 1)),
        "stop": draw(st.sampled_from([None, shape[axis]])),
        "step": draw(small(1, 3)),
        "axis": axis,
    }


def reshape(draw, shape):
    lengths = list(product_splits(draw, math.prod(shape)))
    if draw(st.booleans()):
        lengths[draw(small(0, len(lengths) - 1))] = -1
    return {"shape": tuple(lengths)}


def recurrent(draw, _):
    return {
        "hidden_size": draw(small(1, 4)),
        "num_layers": draw(small(1, 3)),
        "bidirectional": draw(st.booleans()),
        "output": draw(st.sampled_from(["sequence", "last"])),
        "biases": draw(st.sampled_from([0, 2])),
    }


def scale(draw, _):
    learned = draw(st.sampled_from(["none", "factor", "shift", "both"]))
    if learned == "none":
        return {
            "factor": draw(st.sampled_from([1.0, 0.5])),
            "shift": draw(st.sampled_from([0.0, 2.0])),
        }
    return {"learned": learned, "per": draw(st.sampled_from(["channels", "elements", "one"]))}


FIELDS = {
    "conv": conv,
    "conv_transpose": conv_transpose,
    "locally_connected": locally_connected,
    "max_pool": max_pool,
    "min_pool": max_pool,
    "avg_pool": avg_pool,
    "lp_pool": lambda draw, shape: {
        **max_pool(draw, shape),
        "norm_type": draw(st.sampled_from([1.0, 2.0, 3.0])),
    },
    "subsample": pool,
    "adaptive_avg_pool": adaptive,
    "adaptive_max_pool": adaptive,
    "linear": lambda draw, shape: {
        "out_features": draw(small(1, 6)),
        "bias": draw(st.booleans()),
        "axis": draw(small(0, len(shape) - 1)) if len(shape) > 1 else None,
    },
    "global_lp_pool": lambda draw, _: {"norm_type": draw(st.sampled_from([1.0, 2.0, 3.0]))},
    "flatten": lambda draw, shape: {"axis": draw(small(0, len(shape) - 1))},
    "lstm": recurrent,
    "gru": recurrent,
    "rbf": lambda draw, _: {"out_features": draw(small(1, 6))},
    "batch_norm": lambda draw, _: {
        "affine": draw(st.booleans()),
        "scale": draw(st.booleans()),
        "center": draw(st.booleans()),
        "eps": 1e-3,
    },
    "local_response_norm": lambda draw, _: {
        "size": draw(small(1, 7)),
        "alpha": draw(st.sampled_from([1e-4, 0.5])),
        "beta": draw(st.sampled_from([0.5, 0.75, 0.6])),
        "k": draw(st.sampled_from([1.0, 2.0])),
    },
    "layer_norm": lambda draw, _: {
        "axes": draw(st.sampled_from(["all", "channels", "last"])),
        "affine": draw(st.booleans()),
    },
    "group_norm": lambda draw, shape: {
        "num_groups": groups_of(draw, shape),
        "affine": draw(st.booleans()),
    },
    "instance_norm": lambda draw, _: {"affine": draw(st.booleans())},
    "leaky_relu": lambda draw, _: {"negative_slope": draw(st.sampled_from([0.01, 0.3]))},
    "prelu": lambda draw, shape: {"num_parameters": draw(st.sampled_from([1, shape[0]]))},
    "elu": lambda draw, _: {"alpha": draw(st.sampled_from([1.0, 0.5]))},
    "softplus": lambda draw, _: {
        "beta": draw(st.sampled_from([1.0, 3.0])),
        "threshold": draw(st.sampled_from([20.0, 2.0])),
    },
    "gelu": lambda draw, _: {"approximate": draw(st.sampled_from(["none", "tanh"]))},
    "upsample": upsample,
    "pad": pad,
    "crop": lambda draw, shape: {"cropping": padding(draw, 2, len(shape) - 1, ())},
    "pixel_shuffle": lambda draw, _shape: {"upscale_factor": draw(st.sampled_from((1, 2)))},
    "channel_shuffle": lambda draw, shape: {"groups": groups_of(draw, shape)},
    "slice": slice_,
    "reshape": reshape,
    "permute": lambda draw, shape: {"dims": tuple(draw(st.permutations(range(len(shape)))))},
    "space_to_depth": lambda draw, shape: {
        "block_size": tuple(draw(st.sampled_from(divisors(n))) for n in shape[1:]),
        "order": draw(st.sampled_from(["blocks_first", "channels_first"])),
    },
    "softmax": lambda draw, shape: {"axis": draw(small(0, len(shape) - 1))},
    "log_softmax": lambda draw, shape: {"axis": draw(small(0, len(shape) - 1))},
    "concat": lambda draw, shape: {"axis": draw(small(0, len(shape) - 1))},
    "clip": lambda draw, _: draw(
        st.sampled_from([{"min": 0.0}, {"max": 0.5}, {"min": -1.0, "max": 1.0}])
    ),
    "mean": lambda draw, _: {"axes": draw(st.sampled_from(["channels", "space"]))},
    "max": lambda draw, _: {"axes": draw(st.sampled_from(["channels", "space"]))},
    "scale": scale,
    "custom": custom,
}


def product_splits(draw, count):
    """Random lengths that multiply to a number, at most four."""
    lengths = []
    while count > 1 and len(lengths) < 3:
        lengths.append(draw(st.sampled_from(divisors(count))))
        count //= lengths[-1]
    return (*lengths, count)


@st.composite
def cases(draw, keyword=None, ranks=(1, 2, 3)):
    """A layer that can take its inputs, the shapes of these, and a batch size.

    Of a layer that needs fields and has no row in `FIELDS` it is one of the examples.
    """
    keyword = keyword or draw(st.sampled_from(RUN))
    rank = draw(st.sampled_from(ranks))
    longest = {1: 12, 2: 8, 3: 5}[rank]
    shape = (draw(small(1, 6)), *[draw(small(1, longest)) for _ in range(rank)])
    if keyword in FLAT or (keyword == "linear" and draw(st.booleans())):
        shape = shape[:1]
    inputs = (shape,)
    if keyword in MERGES:
        inputs = (shape,) * draw(small(1, 3))
    if keyword == "matmul":
        inputs = (shape, (*shape[:-2], shape[-1], draw(small(1, 5))))
    if keyword == "multiply" and len(inputs) > 1:
        inputs = (*inputs[:-1], (shape[0], *[1] * rank))
    fields = FIELDS[keyword](draw, shape) if keyword in FIELDS else {}
    if keyword not in FIELDS and any(f.required for f in layer_class(keyword).fields().values()):
        fields, inputs = draw(st.sampled_from(EXAMPLES[keyword]))
    try:
        layer = layer_class(keyword)(**fields)
        layer.facts(inputs)
    except LayerError:
        assume(False)
    return layer, inputs, draw(small(1, 3))


def graph_of(layer, shapes):
    """The graph of one layer reading one input each."""
    make = layer_class("input")
    nodes = [Node(f"input_{i}", make(shape=shape), ()) for i, shape in enumerate(shapes)]
    reads = tuple(range(len(nodes)))
    nodes.append(Node("layer", layer, reads))
    return Graph("one layer", tuple(nodes), reads, (len(nodes) - 1,))


def numbers(seed, layer, shapes, batch, dtype):
    """Random inputs and weights; positive where a layer takes roots."""
    generator = np.random.default_rng(seed)
    inputs = [generator.normal(size=(batch, *shape)) for shape in shapes]
    if layer.keyword in ("lp_pool", "global_lp_pool", "sqrt"):
        inputs = [np.abs(x) + 0.1 for x in inputs]
    weights = {}
    for spec in layer.params(tuple(shapes)):
        values = generator.normal(size=spec.shape)
        weights[spec.name] = np.abs(values) + 0.1 if spec.name == "running_var" else values
    return [x.astype(dtype) for x in inputs], {n: w.astype(dtype) for n, w in weights.items()}


def execute(layer, shapes, inputs, weights):
    """Run one layer; returns the step (shape, params, macs) and the output, channels first."""
    graph = graph_of(layer, shapes)
    given = {f"layer.{name}": array for name, array in weights.items()}
    dtype = inputs[0].dtype
    executor = Executor(graph, GivenWeights(graph, given, dtype), dtype)
    steps = []
    kept = executor.run(inputs, keep=(len(shapes),), watch=lambda s: steps.append((s, s.shape)))
    step, shape = steps[-1]
    assert shape == sample_shape(np.moveaxis(kept[len(shapes)], 1, -1))
    return step, kept[len(shapes)]


def tolerance(array):
    """An absolute error that float32 rounding explains, for values of this size."""
    finite = np.abs(array[np.isfinite(array)])
    return 1e-5 * max(1.0, float(finite.max(initial=0.0))) * math.sqrt(2)
