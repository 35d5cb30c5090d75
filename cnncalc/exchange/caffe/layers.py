"""What each layer of a Caffe file becomes."""

from __future__ import annotations

from cnncalc.exchange.caffe import windows
from cnncalc.exchange.caffe.windows import CaffeUse
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.caffe.windows import Rule


def plain(keyword: str, param: str, **fields: Any) -> Rule:
    """Return the rule of a layer whose fields are settings of `param`.

    A field is a value, or a pair: the setting that says it, and its default, whose type it has.
    """

    def rule(use: CaffeUse) -> int:
        found, given = {}, use.layer.message(param)
        for name, value in fields.items():
            if isinstance(value, tuple):
                setting, default = value
                whole = type(default) is int
                value = given.integer(setting, default, 1) if whole else given.number(*value)
            found[name] = value
        return use.add(keyword, **found)

    return rule


def inner_product(use: CaffeUse) -> int:
    """A linear layer over all elements of a sample."""
    param = use.layer.message("inner_product_param")
    index = use.inputs[0]
    if param.integer("axis", 1, -4) not in (1, 1 - len(use.shape())):
        raise param.place_of("axis").error("only a product over all axes can be read")
    if len(use.shape()) > 1:
        index = use.add("flatten", part="flatten")
    has_bias = param.truth("bias_term", True)
    count = param.integer("num_output", 0, 1)
    return use.weighted("linear", index, has_bias, out_features=count, bias=has_bias)


def relu(use: CaffeUse) -> int:
    """ReLU, with a slope below zero if there is one."""
    slope = use.layer.message("relu_param").number("negative_slope", 0.0)
    return use.add("leaky_relu", negative_slope=slope) if slope else use.add("relu")


def prelu(use: CaffeUse) -> int:
    """PReLU with one slope, or one for each channel."""
    shared = use.layer.message("prelu_param").truth("channel_shared", False)
    return use.add("prelu", num_parameters=1 if shared else use.shape()[0])


def lrn(use: CaffeUse) -> int:
    """Local response normalisation; alpha is divided by the size, as in ours."""
    param = use.layer.message("lrn_param")
    region = param.word("norm_region", "ACROSS_CHANNELS")
    if region not in ("ACROSS_CHANNELS", "0"):
        return use.custom(use.shape())
    return use.add(
        "local_response_norm",
        size=param.integer("local_size", 5, 1),
        alpha=param.number("alpha", 1.0),
        beta=param.number("beta", 0.75),
        k=param.number("k", 1.0),
    )


def softmax(use: CaffeUse) -> int:
    """Softmax over one axis."""
    axis = use.axis(use.layer.message("softmax_param"), "axis", 1)
    return use.add("softmax", axis=axis)


def concat(use: CaffeUse) -> int:
    """Layers joined along an axis."""
    param = use.layer.message("concat_param")
    name = "concat_dim" if param.has("concat_dim") else "axis"
    axis = use.axis(param, name, 1)
    if len(use.inputs) == 1:
        return use.inputs[0]
    return use.add("concat", *use.inputs, axis=axis)


def slice_(use: CaffeUse) -> list[int]:
    """The pieces of an axis, cut at points, or all of one size."""
    param = use.layer.message("slice_param")
    name = "slice_dim" if param.has("slice_dim") else "axis"
    axis = use.axis(param, name, 1)
    length = use.shape()[axis]
    points = param.integers("slice_point")
    tops = len(use.layer.words("top"))
    if not points:
        if not tops or length % tops:
            raise use.error(f"{length} cannot be cut into {tops} equal parts")
        points = list(range(length // tops, length, length // tops))
    ends = [0, *points, length]
    if ends != sorted(set(ends)) or len(ends) != tops + 1:
        raise param.place_of("slice_point").error(
            f"the points {points} do not cut {length} into {tops} parts"
        )
    return [
        use.add("slice", part=top, start=start, stop=stop, axis=axis)
        for top, start, stop in zip(use.layer.words("top"), ends[:-1], ends[1:], strict=True)
    ]


def split(use: CaffeUse) -> list[int]:
    """The same blob under several names."""
    return use.inputs[:1] * len(use.layer.words("top"))


def flatten(use: CaffeUse) -> int:
    return use.add("flatten") if len(use.shape()) > 1 else use.inputs[0]


def reshape(use: CaffeUse) -> int:
    """A new shape: 0 keeps an axis, -1 takes what is left."""
    shape = use.shape()
    dims = use.layer.message("reshape_param").message("shape").integers("dim")
    whole = [1, *shape]
    lengths = [whole[i] if n == 0 and i < len(whole) else n for i, n in enumerate(dims)]
    rest = product(shape) // product([n for n in lengths if n > 0])
    lengths = [rest if n == -1 else n for n in lengths]
    if not lengths or lengths[0] != 1 or len(lengths) < 2:
        raise use.error(f"a shape of {dims} joins the batch with another axis")
    return use.add("reshape", shape=tuple(lengths[1:]))


def permute(use: CaffeUse) -> int:
    """Axes in another order, the batch staying in front."""
    order = use.layer.message("permute_param").integers("order")
    order += [axis for axis in range(len(use.shape()) + 1) if axis not in order]
    if order[0] != 0:
        raise use.error("it moves the batch")
    return use.add("permute", dims=tuple([axis - 1 for axis in order[1:]]))


def scale(use: CaffeUse) -> int:
    """A learned factor for each channel; after a batch norm its scale and shift."""
    param = use.layer.message("scale_param")
    if len(use.inputs) > 1:
        return use.add("multiply", *use.inputs)
    has_bias = param.truth("bias_term", False)
    index = use.inputs[0]
    node = use.builder.nodes[index]
    fields = node.layer.as_dict()
    per_channel = param.integer("axis", 1, -4) == 1 and param.integer("num_axes", 1, -1) == 1
    if not per_channel:
        raise use.error("only one factor for each channel can be read")
    if node.layer.keyword == "batch_norm" and not fields["affine"] and not use.reads_later:
        use.builder.replace(index, affine=True, center=has_bias)
        return index
    return use.add("scale", learned="both" if has_bias else "factor")


def bias(use: CaffeUse) -> int:
    """A learned shift for each channel."""
    if len(use.inputs) > 1:
        return use.add("add", *use.inputs)
    return use.add("scale", learned="shift")


def power(use: CaffeUse) -> int:
    """(shift + scale * x) ** power."""
    param = use.layer.message("power_param")
    factor, shift = param.number("scale", 1.0), param.number("shift", 0.0)
    exponent = param.number("power", 1.0)
    index = use.inputs[0]
    if (factor, shift) != (1.0, 0.0):
        index = use.add("scale", part="scale", factor=factor, shift=shift)
    if exponent == 1:
        return index if index != use.inputs[0] else use.add("identity")
    words = {2.0: "square", 0.5: "sqrt"}
    if exponent in words:
        return use.add(words[exponent], index)
    return use.replace(inputs=[index]).custom(use.shape(), exps=1)


def elementary(use: CaffeUse) -> int:
    """An exponential or a logarithm of each element."""
    return use.custom(use.shape(), exps=1)


def eltwise(use: CaffeUse) -> int:
    """The sum, product or maximum of several blobs; a sum may have coefficients."""
    param = use.layer.message("eltwise_param")
    kind = param.word("operation", "SUM")
    words = {"PROD": "multiply", "0": "multiply", "SUM": "add", "1": "add", "MAX": "maximum",
             "2": "maximum"}  # fmt: skip
    if kind not in words:
        raise param.place_of("operation").error(f"there is no operation {kind}")
    factors = [float(n) for n in param.all("coeff")]
    if words[kind] != "add" or not factors or set(factors) == {1.0}:
        return use.add(words[kind], *use.inputs)
    if factors == [1.0, -1.0]:
        return use.add("subtract", *use.inputs)
    if len(factors) != len(use.inputs):
        raise param.place_of("coeff").error(
            f"{len(factors)} coefficients stand for {len(use.inputs)} blobs"
        )
    parts = [
        index if factor == 1 else use.add("scale", index, part=f"coeff_{i + 1}", factor=factor)
        for i, (index, factor) in enumerate(zip(use.inputs, factors, strict=True))
    ]
    return use.add("add", *parts)


def normalize(use: CaffeUse) -> int:
    """SSD's: the channels at each position divided by their length, times a learned factor."""
    param = use.layer.message("norm_param")
    if param.truth("across_spatial", True):
        return use.custom(use.shape())
    index = use.add("l2_normalize", part="norm", eps=param.number("eps", 1e-10))
    per = "one" if param.truth("channel_shared", True) else "channels"
    return use.add("scale", index, learned="factor", per=per)


def axpy(use: CaffeUse) -> int:
    """The gate of a squeeze-and-excitation block: a * x + y."""
    gate, value, other = (use.inputs[i] for i in range(3) if use.shape(i))
    scaled = use.add("multiply", value, gate, part="gate")
    return use.add("add", scaled, other)


#: A rule, or the layer that is meant where there is nothing to choose.
RULES: dict[str, Rule | str] = {
    "Convolution": windows.conv("conv"),
    "Deconvolution": windows.conv("conv_transpose"),
    "ConvolutionDepthwise": windows.conv("conv"),
    "DepthwiseConvolution": windows.conv("conv"),
    "Pooling": windows.pool, "Crop": windows.crop,
    "Upsample": plain("upsample", "upsample_param", scale_factor=("scale", 2)),
    "InnerProduct": inner_product, "ReLU": relu, "ReLU6": "relu6", "PReLU": prelu,
    "ELU": plain("elu", "elu_param", alpha=("alpha", 1.0)),
    "Sigmoid": "sigmoid", "TanH": "tanh", "AbsVal": "abs",
    "BNLL": "softplus", "Swish": "silu", "Softmax": softmax, "LRN": lrn,

    "Dropout": plain("dropout", "dropout_param", p=("dropout_ratio", 0.5)),
    "BatchNorm": plain("batch_norm", "batch_norm_param", eps=("eps", 1e-5), affine=False),
    "Scale": scale,
    "Bias": bias, "Power": power, "Eltwise": eltwise,
    "Exp": elementary, "Log": elementary,
    "Normalize": normalize, "Axpy": axpy, "Concat": concat,
    "Slice": slice_, "Split": split, "Flatten": flatten, "Reshape": reshape, "Permute": permute,
    "ShuffleChannel": plain("channel_shuffle", "shuffle_channel_param", groups=("group", 1)),
}  # fmt: skip
