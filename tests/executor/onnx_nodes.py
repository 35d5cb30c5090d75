"""ONNX's node test cases as layers of this language, where it has them with the same meaning."""

from __future__ import annotations

import warnings

import numpy as np
from onnx import helper
from onnx.backend.test.loader import load_model_tests

from cnncalc.layers import layer_class


class Different(Exception):
    """The case asks for something that no layer here means."""


def cases():
    """Yield name, operator, attributes, input arrays and the expected first output."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the generator of the cases overflows on purpose
        tests = load_model_tests(kind="node")
    for test in tests:
        if test.model is None or len(test.model.graph.node) != 1:
            continue
        (node,) = test.model.graph.node
        if node.op_type not in OPERATORS:
            continue
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        inputs, outputs = test.data_sets[0]
        if not all(isinstance(array, np.ndarray) for array in inputs):
            continue  # sequences and absent optionals
        yield test.name, node.op_type, attributes, list(inputs), outputs[0]


def words(attributes):
    return attributes.get("auto_pad", b"NOTSET").decode()


def padding(attributes, rank):
    """Padding as a layer writes it."""
    kind = words(attributes)
    if kind != "NOTSET":
        return {"SAME_UPPER": "same", "SAME_LOWER": "same_lower", "VALID": "valid"}[kind]
    pads = attributes.get("pads", [0] * 2 * rank)
    return tuple(zip(pads[:rank], pads[rank:], strict=True))


def window(attributes, rank):
    return {
        "stride": tuple(attributes.get("strides", [1] * rank)),
        "padding": padding(attributes, rank),
    }


def images(x):
    """A float batch with one to three spatial axes."""
    if x.dtype not in (np.float32, np.float64) or not 3 <= x.ndim <= 5:
        raise Different
    return x


def made(keyword, inputs, weights=None, **fields):
    return layer_class(keyword)(**fields), inputs, weights or {}


def conv(attributes, inputs):
    x, weight, *bias = inputs
    fields = window(attributes, x.ndim - 2)
    fields["dilation"] = tuple(attributes.get("dilations", [1] * (x.ndim - 2)))
    arrays = {"weight": weight, **({"bias": bias[0]} if bias else {})}
    return made(
        "conv", [images(x)], arrays, out_channels=len(weight), kernel_size=weight.shape[2:],
        groups=attributes.get("group", 1), bias=bool(bias), **fields,
    )  # fmt: skip


def conv_transpose(attributes, inputs):
    x, weight, *bias = inputs
    if words(attributes) != "NOTSET" or "output_shape" in attributes:
        raise Different  # the padding follows from the wanted output
    rank, groups = x.ndim - 2, attributes.get("group", 1)
    fields = window(attributes, rank)
    fields["dilation"] = tuple(attributes.get("dilations", [1] * rank))
    fields["output_padding"] = tuple(attributes.get("output_padding", [0] * rank))
    arrays = {"weight": weight, **({"bias": bias[0]} if bias else {})}
    return made(
        "conv_transpose", [images(x)], arrays, out_channels=weight.shape[1] * groups,
        kernel_size=weight.shape[2:], groups=groups, bias=bool(bias), **fields,
    )  # fmt: skip


def pool(keyword):
    def make(attributes, inputs):
        x = images(inputs[0])
        rank = x.ndim - 2
        fields = {"kernel_size": tuple(attributes["kernel_shape"]), **window(attributes, rank)}
        fields["ceil_mode"] = bool(attributes.get("ceil_mode", 0))
        dilation = tuple(attributes.get("dilations", [1] * rank))
        if keyword == "max_pool":
            fields["dilation"] = dilation
        elif set(dilation) != {1} or attributes.get("p", 2) != 2:
            raise Different
        if keyword == "avg_pool":
            fields["count_include_pad"] = bool(attributes.get("count_include_pad", 0))
        return made(keyword, [x], **fields)

    return make


def plain(keyword, **names):
    """An operator without weights; `names` maps our fields to its attributes and their defaults."""

    def make(attributes, inputs):
        if len(inputs) != 1 or inputs[0].dtype != np.float32 or inputs[0].ndim < 1:
            raise Different
        fields = {ours: attributes.get(theirs, value) for ours, (theirs, value) in names.items()}
        fields = {n: v.decode() if isinstance(v, bytes) else v for n, v in fields.items()}
        x = inputs[0] if inputs[0].ndim > 1 else inputs[0][None]
        return made(keyword, [x], **fields)

    return make


def hard_sigmoid(attributes, inputs):
    if (attributes.get("alpha", 0.2), attributes.get("beta", 0.5)) != (1 / 6, 0.5):
        raise Different
    return made("hard_sigmoid", inputs)


def softmax(keyword):
    def make(attributes, inputs):
        axis = attributes.get("axis", -1)
        if axis % inputs[0].ndim != 1:
            raise Different
        return made(keyword, inputs)

    return make


def batch_norm(attributes, inputs):
    if attributes.get("training_mode", 0):
        raise Different
    x, *arrays = inputs
    names = ("weight", "bias", "running_mean", "running_var")
    weights = dict(zip(names, arrays, strict=True))
    return made("batch_norm", [x], weights, eps=float(attributes.get("epsilon", 1e-5)))


def affine_norm(keyword, **names):
    def make(attributes, inputs):
        x, weight, bias = inputs
        fields = {ours: attributes[theirs] for ours, theirs in names.items()}
        arrays = {"weight": weight, "bias": bias}
        fields["eps"] = float(attributes.get("epsilon", 1e-5))
        return made(keyword, [x], arrays, affine=True, **fields)

    return make


def layer_norm(attributes, inputs):
    x, weight, bias = inputs
    if attributes.get("axis", -1) % x.ndim != 1:
        raise Different
    arrays = {"weight": weight, "bias": bias}
    eps = float(attributes.get("epsilon", 1e-5))
    return made("layer_norm", [x], arrays, eps=eps)


def prelu(_attributes, inputs):
    x, slope = inputs
    if slope.size != 1:
        raise Different
    return made("prelu", [x], {"weight": slope.reshape(1)})


def merge(keyword):
    def make(_attributes, inputs):
        if any(x.dtype != np.float32 or x.ndim != inputs[0].ndim or x.ndim < 2 for x in inputs):
            raise Different
        return made(keyword, inputs)

    return make


def concat(attributes, inputs):
    if inputs[0].ndim < 2 or attributes["axis"] % inputs[0].ndim != 1:
        raise Different
    return made("concat", inputs)


def flatten(attributes, inputs):
    if attributes.get("axis", 1) % inputs[0].ndim != 1:
        raise Different
    return made("flatten", inputs)


def pad(attributes, inputs):
    x, pads, *more = inputs
    if len(more) > 1:
        raise Different  # chosen axes
    rank = x.ndim - 2
    before, after = pads[: rank + 2].tolist(), pads[rank + 2 :].tolist()
    if before[0] or after[0] or min(pads) < 0:
        raise Different
    mode = attributes.get("mode", b"constant").decode()
    ours = {"constant": "zeros", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}
    channels = (before[1], after[1])
    if any(channels) and mode != "constant":
        raise Different
    return made(
        "pad", [x.astype(np.float32)], padding=tuple(zip(before[2:], after[2:], strict=True)),
        mode=ours[mode], value=float(more[0]) if more and mode == "constant" else 0.0,
        channels=channels if any(channels) else None,
    )  # fmt: skip


def gemm(attributes, inputs):
    a, b, *c = inputs
    scaled = attributes.get("alpha", 1.0) != 1.0 or attributes.get("beta", 1.0) != 1.0
    if scaled or attributes.get("transA") or (c and c[0].size not in (1, np.prod(b.shape[1:]))):
        raise Different
    weight = b if attributes.get("transB") else b.T
    bias = np.broadcast_to(c[0].reshape(-1), len(weight)) if c else None
    arrays = {"weight": weight, **({"bias": bias} if c else {})}
    return made("linear", [a], arrays, out_features=len(weight), bias=bool(c))


def resize(attributes, inputs):
    """Only where PyTorch's coordinates are meant: whole factors, or linear with half pixels."""
    x, _roi, *rest = inputs
    mode = attributes.get("mode", b"nearest").decode()
    known = {"mode", "coordinate_transformation_mode"}
    if not set(attributes) <= known or mode == "cubic" or x.ndim != 4 or len(rest) != 1:
        raise Different
    kind = attributes.get("coordinate_transformation_mode", b"half_pixel").decode()
    factors = rest[0].tolist()
    if rest[0].dtype != np.float32 or factors[:2] != [1, 1] or any(f % 1 for f in factors):
        raise Different
    fields = {"scale_factor": tuple(int(f) for f in factors[2:])}
    if mode == "linear":
        if kind not in ("half_pixel", "align_corners"):
            raise Different
        fields.update(mode="bilinear", align_corners=kind == "align_corners")
    elif kind != "half_pixel":
        raise Different
    return made("upsample", [x], **fields)


def clip(_attributes, inputs):
    bounds = [float(b) for b in inputs[1:] if b is not None and b.size]
    if bounds != [-1.0, 1.0] or inputs[0].dtype != np.float32:
        raise Different
    return made("hard_tanh", [inputs[0] if inputs[0].ndim > 1 else inputs[0][None]])


OPERATORS = {
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": pool("max_pool"),
    "AveragePool": pool("avg_pool"),
    "LpPool": pool("lp_pool"),
    "GlobalAveragePool": plain("global_avg_pool"),
    "GlobalMaxPool": plain("global_max_pool"),
    "BatchNormalization": batch_norm,
    "InstanceNormalization": affine_norm("instance_norm"),
    "GroupNormalization": affine_norm("group_norm", num_groups="num_groups"),
    "LayerNormalization": layer_norm,
    "LRN": plain("local_response_norm", size=("size", None), alpha=("alpha", 1e-4),
                 beta=("beta", 0.75), k=("bias", 1.0)),
    "Relu": plain("relu"),
    "LeakyRelu": plain("leaky_relu", negative_slope=("alpha", 0.01)),
    "PRelu": prelu,
    "Elu": plain("elu", alpha=("alpha", 1.0)),
    "Sigmoid": plain("sigmoid"),
    "HardSigmoid": hard_sigmoid,
    "Tanh": plain("tanh"),
    "Softplus": plain("softplus"),
    "Gelu": plain("gelu", approximate=("approximate", "none")),
    "HardSwish": plain("hard_swish"),
    "Softmax": softmax("softmax"),
    "LogSoftmax": softmax("log_softmax"),
    "Add": merge("add"),
    "Mul": merge("multiply"),
    "Concat": concat,
    "Flatten": flatten,
    "Pad": pad,
    "Gemm": gemm,
    "Resize": resize,
    "Clip": clip,
    "Identity": plain("identity"),
    "Dropout": plain("dropout"),
}  # fmt: skip
