"""What each layer of a Caffe file becomes."""

from __future__ import annotations

from cnncalc.exchange.caffe import arithmetic, windows
from cnncalc.exchange.caffe.use import CaffeUse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.caffe.use import Rule


def plain(keyword: str) -> Rule:
    """Return the rule of a layer without settings of interest."""

    def rule(use: CaffeUse) -> int:
        return use.add(keyword)

    return rule


def inner_product(use: CaffeUse) -> int:
    """A linear layer over all elements of a sample."""
    param = use.param("inner_product_param")
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
    slope = use.param("relu_param").number("negative_slope", 0.0)
    return use.add("leaky_relu", negative_slope=slope) if slope else use.add("relu")


def prelu(use: CaffeUse) -> int:
    """PReLU with one slope, or one for each channel."""
    shared = use.param("prelu_param").truth("channel_shared", False)
    return use.add("prelu", num_parameters=1 if shared else use.shape()[0])


def elu(use: CaffeUse) -> int:
    """ELU."""
    return use.add("elu", alpha=float(use.param("elu_param").number("alpha", 1.0)))


def lrn(use: CaffeUse) -> int:
    """Local response normalisation; alpha is divided by the size, as in ours."""
    param = use.param("lrn_param")
    region = str(param.all("norm_region")[-1]) if param.has("norm_region") else "ACROSS_CHANNELS"
    if region not in ("ACROSS_CHANNELS", "0"):
        return use.custom(use.shape())
    return use.add(
        "local_response_norm",
        size=param.integer("local_size", 5, 1),
        alpha=float(param.number("alpha", 1.0)),
        beta=float(param.number("beta", 0.75)),
        k=float(param.number("k", 1.0)),
    )


def softmax(use: CaffeUse) -> int:
    """Softmax over one axis."""
    axis = use.axis(use.param("softmax_param"), "axis", 1)
    return use.add("softmax", axis=axis) if axis else use.add("softmax")


def dropout(use: CaffeUse) -> int:
    """Dropout: identity at inference."""
    return use.add("dropout", p=float(use.param("dropout_param").number("dropout_ratio", 0.5)))


def batch_norm(use: CaffeUse) -> int:
    """Batch normalisation without scale or shift, which a Scale after it adds."""
    eps = float(use.param("batch_norm_param").number("eps", 1e-5))
    return use.add("batch_norm", eps=eps, affine=False)


def concat(use: CaffeUse) -> int:
    """Layers joined along an axis."""
    param = use.param("concat_param")
    name = "concat_dim" if param.has("concat_dim") else "axis"
    axis = use.axis(param, name, 1)
    if len(use.inputs) == 1:
        return use.inputs[0]
    return use.add("concat", *use.inputs, axis=axis) if axis else use.add("concat", *use.inputs)


def slice_(use: CaffeUse) -> list[int]:
    """The pieces of an axis, cut at points, or all of one size."""
    param = use.param("slice_param")
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
    where: dict[str, Any] = {"axis": axis} if axis else {}
    return [
        use.add("slice", part=top, start=start, stop=stop, **where)
        for top, start, stop in zip(use.layer.words("top"), ends[:-1], ends[1:], strict=True)
    ]


def split(use: CaffeUse) -> list[int]:
    """The same blob under several names."""
    return use.inputs[:1] * len(use.layer.words("top"))


def flatten(use: CaffeUse) -> int:
    """One axis."""
    return use.add("flatten") if len(use.shape()) > 1 else use.inputs[0]


def reshape(use: CaffeUse) -> int:
    """A new shape: 0 keeps an axis, -1 takes what is left."""
    shape = use.shape()
    dims = use.param("reshape_param").message("shape").integers("dim")
    whole = [1, *shape]
    lengths = [whole[i] if n == 0 and i < len(whole) else n for i, n in enumerate(dims)]
    count = known = 1
    for length in shape:
        count *= length
    for length in lengths:
        known *= length if length > 0 else 1
    lengths = [count // known if n == -1 else n for n in lengths]
    if not lengths or lengths[0] != 1 or len(lengths) < 2:
        raise use.error(f"a shape of {dims} joins the batch with another axis")
    return use.add("reshape", shape=tuple(lengths[1:]))


def permute(use: CaffeUse) -> int:
    """Axes in another order, the batch staying in front."""
    order = use.param("permute_param").integers("order")
    order += [axis for axis in range(len(use.shape()) + 1) if axis not in order]
    if order[0] != 0:
        raise use.error("it moves the batch")
    return use.add("permute", dims=tuple([axis - 1 for axis in order[1:]]))


def channel_shuffle(use: CaffeUse) -> int:
    """Channels in another order."""
    return use.add(
        "channel_shuffle", groups=use.param("shuffle_channel_param").integer("group", 1, 1)
    )


RULES: dict[str, Rule] = {
    "Convolution": windows.conv("conv"),
    "Deconvolution": windows.conv("conv_transpose"),
    "ConvolutionDepthwise": windows.conv("conv"),
    "DepthwiseConvolution": windows.conv("conv"),
    "Pooling": windows.pool, "Crop": windows.crop, "Upsample": windows.upsample,
    "InnerProduct": inner_product, "ReLU": relu, "ReLU6": plain("relu6"), "PReLU": prelu,
    "ELU": elu, "Sigmoid": plain("sigmoid"), "TanH": plain("tanh"), "AbsVal": plain("abs"),
    "BNLL": plain("softplus"), "Swish": plain("silu"), "Softmax": softmax, "LRN": lrn,
    "Dropout": dropout, "BatchNorm": batch_norm, "Scale": arithmetic.scale,
    "Bias": arithmetic.bias, "Power": arithmetic.power, "Eltwise": arithmetic.eltwise,
    "Exp": arithmetic.elementary, "Log": arithmetic.elementary,
    "Normalize": arithmetic.normalize, "Axpy": arithmetic.axpy, "Concat": concat,
    "Slice": slice_, "Split": split, "Flatten": flatten, "Reshape": reshape, "Permute": permute,
    "ShuffleChannel": channel_shuffle,
}  # fmt: skip
