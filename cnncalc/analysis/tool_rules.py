"""What other tools count for each layer, as measured on the versions that `CONVENTIONS` names.

Every keyword is either in a tool's table below (counted), or in `PYTORCH` only (the tool sees the
layer and counts nothing), or unknown, which is an error and never a zero. Layers that PyTorch does
not have (`NOT_IN_PYTORCH`) have no count in tools that look at PyTorch programs.

`seen_as` says that a reference program writes the layer in a way that changes what a tool sees:

* `function`: called as a function, `F.adaptive_avg_pool2d(x, 1)`; thop looks at modules only.
* `mean`: a global average written as `x.mean((2, 3))`, which neither thop nor fvcore counts.
* `linear`: a 1x1 convolution written as `nn.Linear` over the last axis; torchinfo counts its
  weights once, whatever the number of positions.
* `subclass`: a class derived from the usual one, unknown to thop (torchvision's `LayerNorm2d`).
"""

from __future__ import annotations

from cnncalc.analysis.conventions import BIAS_ADDS, POOL_INPUTS, PRODUCTS
from cnncalc.diagnostics import LayerError
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from cnncalc.analysis.conventions import Terms, TermsOf
    from cnncalc.layers.base import Layer
    from cnncalc.quantities import OpCount, ParamSpec, Shape

    Shapes: TypeAlias = tuple[Shape, ...]
    Params: TypeAlias = tuple[ParamSpec, ...]

NOT_IN_PYTORCH = ("locally_connected", "subsample", "rbf")

#: Every layer that these tools can meet. Those in none of the tables below count 0 everywhere.
PYTORCH = frozenset(
    (
        *("input", "identity", "dropout", "stochastic_depth", "flatten", "pad", "crop", "slice"),
        *("channel_shuffle", "concat", "add", "multiply", "layer_scale"),
        *("conv", "conv_transpose", "linear", "local_response_norm"),
        *("batch_norm", "layer_norm", "group_norm", "instance_norm"),
        *("max_pool", "min_pool", "avg_pool", "lp_pool", "global_avg_pool", "global_max_pool"),
        *("adaptive_avg_pool", "adaptive_max_pool", "upsample"),
        *("relu", "relu6", "leaky_relu", "prelu", "elu", "sigmoid", "hard_sigmoid", "tanh"),
        *("hard_tanh", "softplus", "gelu", "silu", "hard_swish", "softmax", "log_softmax"),
    )
)


def _products(factor: int) -> TermsOf:
    def terms(_l: Layer, _i: Shapes, _o: Shape, _p: Params, ops: OpCount) -> Terms:
        return ((PRODUCTS, factor, ops.macs),)

    return terms


def _products_and_bias(_l: Layer, _i: Shapes, _o: Shape, _p: Params, ops: OpCount) -> Terms:
    products = (PRODUCTS, 1, ops.macs)
    return (products, (BIAS_ADDS, 1, ops.adds)) if ops.adds else (products,)


def _transposed_over_outputs(
    _l: Layer, inputs: Shapes, output: Shape, _p: Params, ops: OpCount
) -> Terms:
    # ops.macs counts input positions, each of which meets all taps of the kernel.
    weights = ops.macs // product(inputs[0][1:])
    return (("transposed products over output positions", 1, weights * product(output[1:])),)


def _transposed_and_bias(
    layer: Layer, inputs: Shapes, output: Shape, params: Params, ops: OpCount
) -> Terms:
    products = _transposed_over_outputs(layer, inputs, output, params, ops)
    return (*products, (BIAS_ADDS, 1, ops.adds)) if ops.adds else products


def _transposed_groups_twice(
    layer: Any, _i: Shapes, output: Shape, _p: Params, ops: OpCount
) -> Terms:
    if layer.groups == 1:
        return ((PRODUCTS, 1, ops.macs),)
    filters = output[0] // layer.groups
    count = ops.macs // filters * (filters // layer.groups)
    return (("transposed products divided by groups twice", 1, count),)


def _per_element(affine: int, plain: int) -> TermsOf:
    def terms(layer: Any, _i: Shapes, output: Shape, _p: Params, _ops: OpCount) -> Terms:
        name = layer.keyword.replace("_", "-") + " elements"
        return ((name, affine if layer.affine else plain, product(output)),)

    return terms


def _per_output(name: str) -> TermsOf:
    def terms(_l: Layer, _i: Shapes, output: Shape, _p: Params, _ops: OpCount) -> Terms:
        return ((name, 1, product(output)),)

    return terms


def _own_parameters(layer: Layer, _i: Shapes, _o: Shape, params: Params, _ops: OpCount) -> Terms:
    count = sum(array.count for array in params if array.trainable)
    return ((layer.keyword.replace("_", "-") + " parameters", 1, count),) if count else ()


def _pool_inputs_2d(_l: Layer, inputs: Shapes, _o: Shape, _p: Params, _ops: OpCount) -> Terms:
    return ((POOL_INPUTS, 1, product(inputs[0])),) if len(inputs[0]) == 3 else ()


def _pool_windows(_l: Layer, inputs: Shapes, output: Shape, _p: Params, _ops: OpCount) -> Terms:
    """thop: (window + 1) per output, where window = input positions / output positions."""
    reads, outputs = product(inputs[0]), product(output)
    terms = (POOL_INPUTS, 1, reads), ("adaptive-average-pool outputs", 1, outputs)
    window = 1.0
    for length, bins in zip(inputs[0][1:], output[1:], strict=True):
        window *= length / bins
    # The tool cuts this product of floating-point numbers off to an integer.
    lost = reads + outputs - int((window + 1) * outputs)
    return (*terms, ("lost in the tool's rounding", -1, lost)) if lost else terms


def _softmax(_l: Layer, _i: Shapes, output: Shape, _p: Params, _ops: OpCount) -> Terms:
    return (("softmax operations", 1, product(output[1:]) * (3 * output[0] - 1)),)


def _upsampling(factors: dict[str, int]) -> TermsOf:
    """Return a rule by mode; `linear` holds for every rank unless its own word is listed."""

    def terms(layer: Any, _i: Shapes, output: Shape, _p: Params, _ops: OpCount) -> Terms:
        mode = "nearest"
        if layer.mode != "nearest":
            mode = ("linear", "bilinear", "trilinear")[len(output) - 2]
        factor = factors.get(f"{mode}{len(output) - 1}", 0)
        return (("upsample outputs", factor, product(output)),) if factor else ()

    return terms


_RULES: dict[str, dict[str, TermsOf]] = {
    "fvcore": {
        **dict.fromkeys(("conv", "conv_transpose", "linear"), _products(1)),
        "batch_norm": _per_element(2, 1),
        **dict.fromkeys(("layer_norm", "group_norm", "instance_norm"), _per_element(5, 4)),
        **dict.fromkeys(("global_avg_pool", "adaptive_avg_pool"), _pool_inputs_2d),
        "upsample": _upsampling({"nearest2": 1, "bilinear2": 4}),
    },
    "thop": {
        **dict.fromkeys(("conv", "linear"), _products(1)),
        "conv_transpose": _transposed_over_outputs,
        **dict.fromkeys(("batch_norm", "layer_norm", "instance_norm"), _per_element(4, 2)),
        **dict.fromkeys(("global_avg_pool", "adaptive_avg_pool"), _pool_windows),
        "avg_pool": _per_output("avg-pool outputs"),
        "prelu": _per_output("prelu elements"),
        "softmax": _softmax,
        "upsample": _upsampling(
            {"nearest1": 1, "nearest2": 1, "nearest3": 1, "linear1": 5, "bilinear2": 11}
        ),
    },
    "torchinfo": {
        **dict.fromkeys(("conv", "linear"), _products_and_bias),
        "conv_transpose": _transposed_and_bias,
        **dict.fromkeys(
            ("batch_norm", "layer_norm", "group_norm", "instance_norm", "prelu"), _own_parameters
        ),
    },
    "ptflops": dict.fromkeys(("conv", "conv_transpose", "linear"), _products_and_bias),
    "torch": dict.fromkeys(("conv", "conv_transpose", "linear"), _products(2)),
    "calflops": {
        **dict.fromkeys(("conv", "linear"), _products(1)),
        "conv_transpose": _transposed_groups_twice,
    },
}

#: Which ways of writing a layer hide it from a tool.
_HIDDEN = {"fvcore": ("mean",), "thop": ("function", "mean", "subclass")}


def tool_terms(
    tool: str,
    layer: Layer,
    inputs: Shapes,
    output: Shape,
    params: Params,
    ops: OpCount,
    seen_as: str | None = None,
) -> Terms:
    """Return what a tool counts for one layer; raises `LayerError` for a layer without a rule."""
    keyword = layer.keyword
    if keyword in NOT_IN_PYTORCH or getattr(layer, "connections", None) is not None:
        what = keyword if keyword in NOT_IN_PYTORCH else f"{keyword} with a connection table"
        raise LayerError(
            f"{tool} has no count for {what}: PyTorch has no such layer",
            help="use the convention default, macs or 2macs",
        )
    if seen_as in _HIDDEN.get(tool, ()):
        return ()
    if tool == "torchinfo" and seen_as == "linear":
        return (("parameters of linear layers over positions", 1, sum(p.count for p in params)),)
    rule = _RULES[tool].get(keyword)
    if rule is not None:
        return rule(layer, inputs, output, params, ops)
    if keyword not in PYTORCH:
        raise LayerError(f"the convention {tool} has no rule for {keyword}")
    return ()
