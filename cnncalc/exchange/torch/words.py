"""PyTorch's operations in ONNX's words: the same operation under the name that readers know.

Each function here takes the arguments of a call by name and returns kind, inputs and attributes.
Numbers may stand among the inputs. What ONNX has no word for has a rule of its own in `rules`.
"""

from __future__ import annotations

from cnncalc.exchange.torch.window_words import (
    any_convolution,
    avg_pool,
    conv,
    conv_transpose,
    interpolate,
    max_pool,
    pad,
    same,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.torch.window_words import Arguments, Said, Word


def recurrent(kind: str) -> Word:
    """Return the word for a recurrent layer: its first states and its arrays are inputs."""

    def word(a: Arguments) -> Said:
        states = a["hx"] if isinstance(a["hx"], list) else [a["hx"]]
        attributes = {
            "layers": a.get("num_layers", 1),
            "biases": a.get("has_biases", True),
            "both_ways": a.get("bidirectional", False),
            "batch_first": a.get("batch_first", False),
        }
        return kind, [a["input"], *states, *a["params"]], attributes

    return word


def constant(kind: str, **attributes: Any) -> Word:
    """Return the word for an operation that has attributes of its own there, always the same."""
    return lambda a: (kind, [a["self"]], attributes)


def clamp(low: str = "min", high: str = "max", least: Any = None, most: Any = None) -> Word:
    """Return the word for clipping; the bounds are arguments, or numbers by default."""
    return lambda a: (
        "Clip", [a["self"]], {"min": a.get(low, least), "max": a.get(high, most)}
    )  # fmt: skip


def scaled_sum(kind: str) -> Word:
    """Return the word for `self + alpha * other`, or the difference."""

    return lambda a: (kind if a.get("alpha", 1) == 1 else "ScaledSum", [a["self"], a["other"]], {})


def batch_norm(a: Arguments) -> Said:
    """Return batch normalisation, with running statistics or without."""
    names = ("input", "weight", "bias", "running_mean", "running_var")
    kind = "BatchStatistics" if a.get("training") else "BatchNormalization"
    return kind, [a.get(name) for name in names], {"epsilon": a.get("eps", 1e-5)}


def instance_norm(a: Arguments) -> Said:
    inputs = [a.get(name) for name in ("input", "weight", "bias")]
    return "InstanceNormalization", inputs, {"epsilon": a.get("eps", 1e-5)}


def layer_norm(a: Arguments) -> Said:
    """Return layer normalisation; the shape that it is given says over how many axes."""
    inputs = [a.get(name) for name in ("input", "weight", "bias")]
    axes = -len(a["normalized_shape"])
    return "LayerNormalization", inputs, {"axis": axes, "epsilon": a.get("eps", 1e-5)}


def addmm(a: Arguments) -> Said:
    """Return a linear layer in pieces."""
    return "Gemm", [a["mat1"], a["mat2"], a["self"]], {}


def reduction(kind: str) -> Word:
    """Return the word for a reduction over axes."""

    def word(a: Arguments) -> Said:
        return kind, [a["self"]], {"axes": dims(a), "keepdims": int(a.get("keepdim", False))}

    return word


def norm(a: Arguments) -> Said:
    """Return a vector norm over axes."""
    power = a.get("ord", a.get("p", 2))
    return f"ReduceL{power:g}", *reduction("")(a)[1:]


def cut(a: Arguments) -> Said:
    """Return a stretch of one axis."""
    found = {
        "axes": [a.get("dim", 0)],
        "starts": [a.get("start") or 0],
        "ends": [2**62 if a.get("end") is None else a["end"]],
        "steps": [a.get("step", 1)],
    }
    return "Slice", [a["self"]], found


def narrow(a: Arguments) -> Said:
    """Return so many positions of an axis."""
    end = a["start"] + a["length"]
    return "Slice", [a["self"]], {"axes": [a["dim"]], "starts": [a["start"]], "ends": [end]}


def softplus(a: Arguments) -> Said:
    """Return softplus, unless its curve is another one."""
    plain = a.get("beta", 1) == 1 and a.get("threshold", 20) == 20
    return ("Softplus" if plain else "ScaledSoftplus"), [a["self"]], {}


def elu(a: Arguments) -> Said:
    """Return ELU, unless it is scaled."""
    plain = a.get("scale", 1) == 1 and a.get("input_scale", 1) == 1
    return ("Elu" if plain else "ScaledElu"), [a["self"]], {"alpha": a.get("alpha", 1.0)}


def dims(a: Arguments) -> list[int] | None:
    """Return the axes of an operation that takes one or several."""
    found = a.get("dim")
    return found if isinstance(found, list) or found is None else [found]


WORDS: dict[str, Word] = {
    "relu": same("Relu"), "sigmoid": same("Sigmoid"), "tanh": same("Tanh"), "selu": same("Selu"),
    "mish": same("Mish"), "hardswish": same("HardSwish"), "silu": same("Swish"),
    "abs": same("Abs"), "sqrt": same("Sqrt"), "neg": same("Neg"), "exp": same("Exp"),
    "log": same("Log"), "erf": same("Erf"), "softplus": softplus, "elu": elu, "celu": elu,
    "gelu": same("Gelu", approximate=("approximate", "none")),
    "leaky_relu": same("LeakyRelu", alpha=("negative_slope", 0.01)),
    "hardsigmoid": constant("HardSigmoid", alpha=1 / 6, beta=0.5),
    "prelu": same("PRelu", "self", "weight"),
    "relu6": constant("Clip", min=0, max=6),
    "hardtanh": clamp("min_val", "max_val", -1, 1), "clamp": clamp(), "clip": clamp(),
    "clamp_min": clamp(), "clamp_max": clamp(),
    "softmax": same("Softmax", axis="dim"), "log_softmax": same("LogSoftmax", axis="dim"),
    "_softmax": same("Softmax", axis="dim"), "_log_softmax": same("LogSoftmax", axis="dim"),
    "batch_norm": batch_norm, "_native_batch_norm_legit_no_training": batch_norm,
    "native_batch_norm": batch_norm, "instance_norm": instance_norm, "layer_norm": layer_norm,
    "native_layer_norm": layer_norm,
    "group_norm": same("GroupNormalization", "input", "weight", "bias", num_groups="num_groups",
                       epsilon=("eps", 1e-5)),
    "linear": same("Linear", "input", "weight", "bias"), "addmm": addmm,
    "matmul": same("MatMul", "self", "other"), "mm": same("MatMul", "self", "mat2"),
    "bmm": same("MatMul", "self", "mat2"), "t": constant("Transpose"),
    "add": scaled_sum("Add"), "sub": scaled_sum("Sub"), "rsub": same("Sub", "other", "self"),
    "mul": same("Mul", "self", "other"), "div": same("Div", "self", "other"),
    "maximum": same("Max", "self", "other"), "minimum": same("Min", "self", "other"),
    "pow": same("Pow", "self", "exponent"), "square": lambda a: ("Pow", [a["self"], 2.0], {}),
    "reciprocal": lambda a: ("Div", [1.0, a["self"]], {}),
    "cat": lambda a: ("Concat", list(a["tensors"]), {"axis": a.get("dim", 0)}),
    "chunk": lambda a: ("Split", [a["self"]],
                        {"axis": a.get("dim", 0), "num_outputs": a["chunks"]}),
    "split": lambda a: ("Pieces", [a["self"]],
                        {"axis": a.get("dim", 0), "size": a.get("split_size")}),
    "split_with_sizes": same("Split", axis=("dim", 0), split="split_sizes"),
    "slice": cut, "narrow": narrow, "select": same("Select", axis="dim", index="index"),
    "unbind": same("Unbind", axis=("dim", 0)),
    "stack": lambda a: ("Stack", list(a["tensors"]), {"axis": a.get("dim", 0)}),
    "view": same("Reshape", shape="size"), "_unsafe_view": same("Reshape", shape="size"),
    "reshape": same("Reshape", shape="shape"),
    "unflatten": same("Unflatten", axis="dim", sizes="sizes"),
    "flatten": same("FlattenAxes", first=("start_dim", 0), last=("end_dim", -1)),
    "permute": same("Transpose", perm="dims"),
    "transpose": same("Swap", one="dim0", other="dim1"),
    "repeat": same("Tile", repeats="repeats"),
    "roll": lambda a: ("Rolled", [a["self"]], {"shifts": a["shifts"], "axes": a.get("dims") or []}),
    "glu": same("Gated", axis=("dim", -1)),
    "scaled_dot_product_attention": same(
        "Attention", "query", "key", "value", "attn_mask", scale="scale", causal="is_causal",
        grouped="enable_gqa",
    ),
    "movedim": same("MoveAxes", from_="source", to="destination"),
    "squeeze": lambda a: ("Squeeze", [a["self"]], {"axes": dims(a)}),
    "unsqueeze": lambda a: ("Unsqueeze", [a["self"]], {"axes": dims(a)}),
    "expand": same("Expand", shape="size"), "expand_as": same("Expand", "self", "other"),
    "lstm": recurrent("LSTM"), "gru": recurrent("GRU"),
    "mean": reduction("ReduceMean"), "sum": reduction("ReduceSum"), "amax": reduction("ReduceMax"),
    "max": reduction("ReduceMax"), "amin": reduction("ReduceMin"), "norm": norm,
    "linalg_vector_norm": norm,
    "pad": pad(), "constant_pad_nd": pad("constant"),
    "pixel_shuffle": lambda a: ("DepthToSpace", [a["self"]],
                                {"blocksize": a["upscale_factor"], "mode": "CRD"}),
    "pixel_unshuffle": lambda a: ("SpaceToDepth", [a["self"]],
                                  {"blocksize": a["downscale_factor"], "order": "channels_first"}),
    "sym_size": same("Size", axis="dim"),
    "channel_shuffle": same("ChannelShuffle", groups="groups"),
    "dropout": same("Dropout", ratio=("p", 0.5)),
    "feature_dropout": same("Dropout", ratio=("p", 0.5)),
    "alpha_dropout": same("Dropout", ratio=("p", 0.5)),
    "convolution": any_convolution, "_convolution": any_convolution,
    **dict.fromkeys(("contiguous", "clone", "detach", "alias", "lift_fresh_copy", "to", "_to_copy",
                     "type_as", "float", "lift_fresh", "requires_grad"), same("Identity")),
}  # fmt: skip
for _rank in (1, 2, 3):
    WORDS |= {
        f"conv{_rank}d": conv(_rank),
        f"conv_transpose{_rank}d": conv_transpose(_rank),
        f"max_pool{_rank}d": max_pool(_rank),
        f"max_pool{_rank}d_with_indices": max_pool(_rank),
        f"avg_pool{_rank}d": avg_pool(_rank),
        f"adaptive_avg_pool{_rank}d": same("AdaptiveAveragePool", size="output_size"),
        f"_adaptive_avg_pool{_rank}d": same("AdaptiveAveragePool", size="output_size"),
        f"adaptive_max_pool{_rank}d": same("AdaptiveMaxPool", size="output_size"),
        f"upsample_nearest{_rank}d": interpolate("nearest"),
        f"_upsample_nearest_exact{_rank}d": interpolate("nearest-exact"),
        f"reflection_pad{_rank}d": pad("reflect"),
        f"replication_pad{_rank}d": pad("replicate"),
    }
WORDS |= {
    "upsample_linear1d": interpolate("linear"),
    "upsample_bilinear2d": interpolate("bilinear"),
    "upsample_bicubic2d": interpolate("bicubic"),
    "upsample_trilinear3d": interpolate("trilinear"),
}
