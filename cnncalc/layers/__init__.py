"""The layers of the spec language, and the one list of them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.layers.base import Layer

#: Every layer a spec may name: its keyword, and the class (`module:Class` here) that is all of it.
#: The class is imported when first asked for: a spec uses few of them.
LAYERS = {
    "conv": "conv:Conv",
    "conv_transpose": "transposed:ConvTranspose",
    "locally_connected": "conv:LocallyConnected",
    "max_pool": "pool:MaxPool",
    "min_pool": "pool:MinPool",
    "avg_pool": "pool:AvgPool",
    "lp_pool": "norm_pool:LpPool",
    "subsample": "pool:Subsample",
    "global_avg_pool": "adaptive:GlobalAvgPool",
    "global_max_pool": "adaptive:GlobalMaxPool",
    "global_lp_pool": "norm_pool:GlobalLpPool",
    "adaptive_avg_pool": "adaptive:AdaptiveAvgPool",
    "adaptive_max_pool": "adaptive:AdaptiveMaxPool",
    "linear": "dense:Linear",
    "flatten": "dense:Flatten",
    "lstm": "recurrent:Lstm",
    "gru": "recurrent:Gru",
    "rbf": "dense:Rbf",
    "batch_norm": "batch_norm:BatchNorm",
    "local_response_norm": "response_norm:LocalResponseNorm",
    "layer_norm": "norm:LayerNorm",
    "group_norm": "norm:GroupNorm",
    "instance_norm": "norm:InstanceNorm",
    "relu": "activation:Relu",
    "relu6": "activation:Relu6",
    "leaky_relu": "parametric:LeakyRelu",
    "prelu": "parametric:Prelu",
    "elu": "parametric:Elu",
    "sigmoid": "activation:Sigmoid",
    "hard_sigmoid": "activation:HardSigmoid",
    "tanh": "activation:Tanh",
    "hard_tanh": "activation:HardTanh",
    "softplus": "parametric:Softplus",
    "gelu": "parametric:Gelu",
    "silu": "activation:Silu",
    "hard_swish": "activation:HardSwish",
    "mish": "activation:Mish",
    "softsign": "activation:Softsign",
    "square": "activation:Square",
    "sqrt": "activation:Sqrt",
    "selu": "parametric:Selu",
    "abs": "activation:Abs",
    "clip": "parametric:Clip",
    "softmax": "softmax:Softmax",
    "log_softmax": "softmax:LogSoftmax",
    "add": "merge:Add",
    "multiply": "merge:Multiply",
    "subtract": "merge:Subtract",
    "maximum": "merge:Maximum",
    "minimum": "merge:Minimum",
    "matmul": "matmul:MatMul",
    "concat": "merge:Concat",
    "identity": "reshape:Identity",
    "dropout": "regularisation:Dropout",
    "stochastic_depth": "regularisation:StochasticDepth",
    "layer_scale": "reshape:LayerScale",
    "upsample": "upsample:Upsample",
    "pad": "edges:Pad",
    "crop": "edges:Crop",
    "channel_shuffle": "reshape:ChannelShuffle",
    "slice": "reshape:Slice",
    "pixel_shuffle": "rearrange:PixelShuffle",
    "reshape": "moves:Reshape",
    "permute": "moves:Permute",
    "space_to_depth": "moves:SpaceToDepth",
    "scale": "arithmetic:Scale",
    "mean": "arithmetic:Mean",
    "max": "arithmetic:Max",
    "l2_normalize": "arithmetic:L2Normalize",
    "custom": "custom:Custom",
}

#: Field names of other tools, with ours: the one that a layer has.
FIELD_ALIASES = {
    "filters": "out_channels", "num_output": "out_channels", "channels": "out_channels",
    "num_filters": "out_channels", "kernels": "out_channels", "depth": "out_channels",
    "units": "out_features hidden_size", "num_units": "out_features hidden_size",
    "features": "out_features",
    "kernel": "kernel_size", "filter_size": "kernel_size", "size": "kernel_size",
    "kernal_size": "kernel_size", "pool_size": "kernel_size", "window": "kernel_size",
    "ksize": "kernel_size", "k": "kernel_size", "strides": "stride", "s": "stride",
    "subsample": "stride", "pad": "padding", "pads": "padding", "p": "padding",
    "rate": "dilation", "dilation_rate": "dilation", "dilations": "dilation", "group": "groups",
    "use_bias": "bias", "epsilon": "eps", "factor": "scale_factor", "scale": "scale_factor",
    "alpha": "negative_slope", "slope": "negative_slope", "rate_": "p", "prob": "p",
    "elementwise_affine": "affine", "num_channels": "num_groups", "inputs": "from",
    "input": "from", "ceil": "ceil_mode", "hidden": "hidden_size",
    "hidden_units": "hidden_size",
}  # fmt: skip

_loaded: dict[str, type[Layer]] = {}


def layer_class(keyword: str) -> type[Layer]:
    """Return the class of a layer keyword (`input` included); raises `KeyError` for others."""
    found = _loaded.get(keyword)
    if found is None:
        place = "reshape:Input" if keyword == "input" else LAYERS[keyword]
        module, _, name = place.partition(":")
        # Not importlib: the interpreter's own import machinery is already loaded.
        found = getattr(__import__(f"cnncalc.layers.{module}", fromlist=[name]), name)
        _loaded[keyword] = found
    return found


def foreign_words() -> dict[str, str]:
    """Return the layers' names in other tools, as written there and in lower case, with ours.

    Loads every layer, so it is asked only when a word is not known.
    """
    result: dict[str, str] = {}
    for keyword in LAYERS:
        for names in layer_class(keyword).foreign.values():
            for name in names.split():
                for word in (name, name.lower()):
                    if word not in LAYERS:
                        result.setdefault(word, keyword)
    return result
