"""Caffe's arithmetic, element by element."""

from __future__ import annotations

from cnncalc.exchange.caffe.use import CaffeUse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def scale(use: CaffeUse) -> int:
    """A learned factor for each channel; after a batch norm its scale and shift."""
    param = use.param("scale_param")
    if len(use.inputs) > 1:
        return use.add("multiply", *use.inputs)
    has_bias = param.truth("bias_term", False)
    index = use.inputs[0]
    node = use.builder.nodes[index]
    fields: dict[str, Any] = node.layer.as_dict()
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
    param = use.param("power_param")
    factor, shift = float(param.number("scale", 1.0)), float(param.number("shift", 0.0))
    exponent = float(param.number("power", 1.0))
    index = use.inputs[0]
    if (factor, shift) != (1.0, 0.0):
        index = use.add("scale", part="scale", factor=factor, shift=shift)
    if exponent == 1:
        return index if index != use.inputs[0] else use.add("identity")
    words = {2.0: "square", 0.5: "sqrt"}
    if exponent in words:
        return use.add(words[exponent], index)
    use.inputs = [index]
    return use.custom(use.shape(), exps=1)


def elementary(use: CaffeUse) -> int:
    """An exponential or a logarithm of each element."""
    return use.custom(use.shape(), exps=1)


def eltwise(use: CaffeUse) -> int:
    """The sum, product or maximum of several blobs; a sum may have coefficients."""
    param = use.param("eltwise_param")
    kind = str(param.all("operation")[-1]) if param.has("operation") else "SUM"
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
    param = use.param("norm_param")
    if param.truth("across_spatial", True):
        return use.custom(use.shape())
    index = use.add("l2_normalize", part="norm", eps=float(param.number("eps", 1e-10)))
    per = "one" if param.truth("channel_shared", True) else "channels"
    return use.add("scale", index, learned="factor", per=per)


def axpy(use: CaffeUse) -> int:
    """The gate of a squeeze-and-excitation block: a * x + y."""
    gate, value, other = (use.inputs[i] for i in range(3) if use.shape(i))
    product = use.add("multiply", value, gate, part="gate")
    return use.add("add", product, other)
