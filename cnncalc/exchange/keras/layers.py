"""What each Keras layer becomes, for one call of it."""

from __future__ import annotations

from cnncalc.diagnostics import SpecError
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.exchange.builder import Builder
    from cnncalc.exchange.keras.model import LayerEntry
    from cnncalc.quantities import Shape

    Rule = Callable[["Use"], int]

#: Names of settings that Keras 1 used.
OLD_SETTINGS = {
    "nb_filter": "filters", "border_mode": "padding", "subsample": "strides",
    "dim_ordering": "data_format", "output_dim": "units", "bias": "use_bias",
    "atrous_rate": "dilation_rate", "filter_length": "kernel_size", "pool_length": "pool_size",
    "subsample_length": "strides", "stride": "strides", "length": "size",
}  # fmt: skip
#: Activations that are one layer of ours.
ACTIVATIONS = {
    "relu": "relu", "relu6": "relu6", "softmax": "softmax", "log_softmax": "log_softmax",
    "sigmoid": "sigmoid", "tanh": "tanh", "elu": "elu", "selu": "selu", "gelu": "gelu",
    "softplus": "softplus", "softsign": "softsign", "swish": "silu", "silu": "silu",
    "mish": "mish", "hard_swish": "hard_swish", "hard_silu": "hard_swish",
}  # fmt: skip


class Use:
    """One call of a layer: its settings under their present names, what it reads, what builds.

    `inputs` are indices of nodes. `channels_last` is how the model counts its axes; shapes here
    are channels first all the same. `version` is Keras' major version.
    """

    def __init__(
        self,
        builder: Builder,
        entry: LayerEntry,
        name: str,
        inputs: list[int],
        channels_last: bool,
        version: int,
    ) -> None:
        self.builder = builder
        self.entry = entry
        self.kind = entry.kind
        self.name = name
        self.inputs = inputs
        self.channels_last = channels_last
        self.version = version
        self.config = settings(entry.config)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a setting, or a default where it is missing or null."""
        found = self.config.get(name)
        return default if found is None else found

    def shape(self, position: int = 0) -> Shape:
        """Return the shape of an input, channels first."""
        return self.builder.shapes[self.inputs[position]]

    @property
    def rank(self) -> int:
        """How many spatial axes the input has."""
        return len(self.shape()) - 1

    def axis(self, axis: int) -> int:
        """Return an axis of Keras, which counts the batch, as one of ours: 0 is the channels."""
        whole = self.rank + 2
        own = axis + whole if axis < 0 else axis
        if not 1 <= own < whole:
            raise self.error(f"its axis is {axis}, which is not one of a sample")
        if not self.channels_last or self.rank == 0:
            return own - 1
        return 0 if own == whole - 1 else own

    def spatial(self, name: str, default: int | None = 1) -> Any:
        """Return a setting with one number per spatial axis; without a default it must be there."""
        value = self.config[name] if default is None else self.get(name, default)
        values = [int(n) for n in value] if isinstance(value, list | tuple) else [int(value)]
        if len(values) == 1:
            return values[0]
        if len(values) != self.rank:
            raise self.error(f"`{name}` has {len(values)} numbers for {self.rank} axes")
        return values[0] if len(set(values)) == 1 else tuple(values)

    def add(self, keyword: str, *inputs: int, part: str = "", **fields: Any) -> int:
        """Add a layer that reads some nodes, by default the inputs of this call.

        Calls of one Keras layer share the weights of what they become, part by part.
        """
        name = f"{self.name}/{part}" if part else self.name
        owner = self.entry.part(part)
        read = tuple(inputs) or tuple(self.inputs)
        return self.builder.add(keyword, read, name, owner=owner, **fields)

    def activated(self, index: int) -> int:
        """Return a node with this layer's own activation after it."""
        return activation(self, self.get("activation"), index)

    def error(self, message: str, help: str | None = None) -> SpecError:
        """Return an error about this layer, to be raised."""
        return self.builder.error(f"{self.kind}: {message}", node=self.entry.name, help=help)


def settings(config: Any) -> dict[str, Any]:
    """Return a layer's settings under the names that Keras uses today."""
    if not isinstance(config, dict):
        return {}
    result = {OLD_SETTINGS.get(str(n), str(n)): value for n, value in config.items()}
    if "nb_row" in result:
        result["kernel_size"] = [result["nb_row"], result["nb_col"]]
    order = result.get("data_format")
    result["data_format"] = {"tf": "channels_last", "th": "channels_first"}.get(str(order), order)
    return result


def activation(use: Use, wanted: Any, index: int) -> int:
    """Return a node with an activation after it, given by name or as a layer."""
    if wanted in (None, "linear"):
        return index
    if isinstance(wanted, dict):
        from cnncalc.exchange.keras.model import LayerEntry

        config = wanted.get("config", {})
        if isinstance(config, str):
            return activation(use, config, index)
        inner = LayerEntry(str(wanted.get("class_name")), use.entry.name, config, [])
        name = f"{use.name}/activation"
        rule = RULES.get(inner.kind)
        if rule is None:
            raise use.error(f"there is no layer for its activation {inner.kind}")
        return rule(Use(use.builder, inner, name, [index], use.channels_last, use.version))
    word = str(wanted)
    if word == "hard_sigmoid":
        return hard_sigmoid(use, index)
    if word == "leaky_relu":
        return use.add("leaky_relu", index, part=word, negative_slope=0.2)
    if word not in ACTIVATIONS:
        raise use.error(f"there is no layer for its activation `{word}`")
    return use.add(ACTIVATIONS[word], index, part="" if use.kind == "Activation" else word)


def hard_sigmoid(use: Use, index: int) -> int:
    """Keras 3 has PyTorch's hard sigmoid; older ones clip 0.2 x + 0.5."""
    if use.version >= 3:
        return use.add("hard_sigmoid", index, part="hard_sigmoid")
    scaled = use.add("scale", index, part="hard_sigmoid/scale", factor=0.2, shift=0.5)
    return use.add("clip", scaled, part="hard_sigmoid/clip", min=0.0, max=1.0)


def window(use: Use, kernel: str) -> dict[str, Any]:
    """Return kernel, stride and padding of a window."""
    padding = str(use.get("padding", "valid")).lower()
    if padding == "causal":
        extent = use.spatial("dilation_rate") * (use.spatial(kernel, None) - 1)
        return {
            "kernel_size": use.spatial(kernel, None),
            "stride": use.spatial("strides"),
            "padding": ((extent, 0),),
        }
    if padding not in ("valid", "same"):
        raise use.error(f"its padding is `{padding}`")
    return {
        "kernel_size": use.spatial(kernel, None),
        "stride": use.spatial("strides"),
        "padding": 0 if padding == "valid" else "same",
    }


def conv(use: Use) -> int:
    """Convolution."""
    index = use.add(
        "conv",
        out_channels=int(use.get("filters")),
        dilation=use.spatial("dilation_rate"),
        groups=int(use.get("groups", 1)),
        bias=bool(use.get("use_bias", True)),
        **window(use, "kernel_size"),
    )
    return use.activated(index)


def depthwise_conv(use: Use) -> int:
    """Depthwise convolution: each channel by itself."""
    channels = use.shape()[0]
    index = use.add(
        "conv",
        out_channels=channels * int(use.get("depth_multiplier", 1)),
        dilation=use.spatial("dilation_rate"),
        groups=channels,
        bias=bool(use.get("use_bias", True)),
        **window(use, "kernel_size"),
    )
    return use.activated(index)


def separable_conv(use: Use) -> int:
    """A depthwise convolution without bias, then a 1x1 convolution."""
    channels = use.shape()[0]
    depthwise = use.add(
        "conv",
        part="depthwise",
        out_channels=channels * int(use.get("depth_multiplier", 1)),
        dilation=use.spatial("dilation_rate"),
        groups=channels,
        bias=False,
        **window(use, "kernel_size"),
    )
    pointwise = use.add(
        "conv",
        depthwise,
        part="pointwise",
        out_channels=int(use.get("filters")),
        kernel_size=1,
        bias=bool(use.get("use_bias", True)),
    )
    return use.activated(pointwise)


def conv_transpose(use: Use) -> int:
    """Transposed convolution; `same` means an output of the input's length times the stride."""
    fields = window(use, "kernel_size")
    kernel, stride = (spread(fields[n], use.rank) for n in ("kernel_size", "stride"))
    extents = [
        (k - 1) * d + 1
        for k, d in zip(kernel, spread(use.spatial("dilation_rate"), use.rank), strict=True)
    ]
    more: list[int] = []
    pairs: list[tuple[int, int]] = []
    for extent, step in zip(extents, stride, strict=True):
        if fields["padding"] == "same":
            total = extent - step  # the output is as long as the input times the stride
            pairs.append((max(total, 0) // 2, max(total, 0) - max(total, 0) // 2))
            more.append(max(-total, 0))
        else:
            pairs.append((0, 0))
            more.append(max(step - extent, 0))
    given = use.get("output_padding")
    if given is not None:
        more = spread(use.spatial("output_padding"), use.rank)
        if fields["padding"] == "same":
            pairs = [(extent // 2, extent // 2) for extent in extents]
    fields["padding"] = tuple(pairs) if any(pair != (0, 0) for pair in pairs) else 0
    index = use.add(
        "conv_transpose",
        out_channels=int(use.get("filters")),
        dilation=use.spatial("dilation_rate"),
        bias=bool(use.get("use_bias", True)),
        output_padding=tuple(more),
        **fields,
    )
    return use.activated(index)


def spread(value: Any, rank: int) -> list[int]:
    """Return one number per axis."""
    return [value] * rank if isinstance(value, int) else list(value)


def locally_connected(use: Use) -> int:
    """Locally connected layer."""
    index = use.add(
        "locally_connected",
        out_channels=int(use.get("filters")),
        bias=bool(use.get("use_bias", True)),
        **window(use, "kernel_size"),
    )
    return use.activated(index)


def dense(use: Use) -> int:
    """A linear layer over the last axis: of a map with channels last, a 1x1 convolution."""
    units, bias = int(use.get("units")), bool(use.get("use_bias", True))
    if use.rank == 0:
        return use.activated(use.add("linear", out_features=units, bias=bias))
    if use.channels_last:
        index = use.add("conv", out_channels=units, kernel_size=1, bias=bias)
    else:
        index = use.add("linear", out_features=units, bias=bias, axis=use.rank)
    return use.activated(index)


def pool(keyword: str) -> Rule:
    """Return the rule of a pool; an average over padding counts what is there."""

    def rule(use: Use) -> int:
        use.config.setdefault("pool_size", 2)
        if use.config.get("strides") is None:
            use.config["strides"] = use.config["pool_size"]
        fields = window(use, "pool_size")
        if fields["stride"] == fields["kernel_size"]:
            del fields["stride"]
        if keyword == "avg_pool" and fields["padding"] == "same":
            fields["count_include_pad"] = False
        return use.add(keyword, **fields)

    return rule


def global_pool(keyword: str) -> Rule:
    """Return the rule of a global pool, which by default leaves a flat vector."""

    def rule(use: Use) -> int:
        index = use.add(keyword)
        return index if use.get("keepdims", False) else use.add("flatten", index, part="flatten")

    return rule


def batch_norm(use: Use) -> int:
    """Batch normalisation over the channels."""
    axis = use.get("axis", -1)
    own = use.axis(int(axis[0] if isinstance(axis, list) else axis))
    if own != 0:
        raise use.error(f"it normalises over axis {axis}, which is not that of the channels")
    fields: dict[str, Any] = {
        "eps": float(use.get("epsilon", 1e-3)),
        "scale": bool(use.get("scale", True)),
        "center": bool(use.get("center", True)),
    }
    return use.add("batch_norm", **fields)


def layer_norm(use: Use) -> int:
    """Layer normalisation over the channels at each position, or over everything."""
    axis = use.get("axis", -1)
    axes = {use.axis(int(a)) for a in (axis if isinstance(axis, list) else [axis])}
    affine = {bool(use.get("scale", True)), bool(use.get("center", True))}
    if len(affine) > 1:
        raise use.error("it has a scale or a shift, but not both")
    eps = float(use.get("epsilon", 1e-3))
    if axes == {0}:
        return use.add("layer_norm", axes="channels", eps=eps, affine=affine.pop())
    if axes == set(range(use.rank + 1)):
        return use.add("layer_norm", eps=eps, affine=affine.pop())
    raise use.error(f"it normalises over axes {axis}")


def group_norm(use: Use) -> int:
    """Group normalisation; -1 group means one for each channel."""
    groups = int(use.get("groups", 32))
    groups = use.shape()[0] if groups == -1 else groups
    return use.add("group_norm", num_groups=groups, eps=float(use.get("epsilon", 1e-3)))


def relu(use: Use) -> int:
    """ReLU with a largest value, a slope below zero and a threshold."""
    highest = use.get("max_value")
    slope = float(use.get("negative_slope", use.get("alpha", 0.0)))
    if float(use.get("threshold", 0.0)):
        raise use.error("it has a threshold")
    if slope:
        if highest is not None:
            raise use.error("it has both a slope and a largest value")
        return use.add("leaky_relu", negative_slope=slope)
    if highest is None:
        return use.add("relu")
    return use.add("relu6") if float(highest) == 6 else use.add("clip", min=0.0, max=float(highest))


def leaky_relu(use: Use) -> int:
    """Leaky ReLU; its slope is 0.3 by default."""
    return use.add("leaky_relu", negative_slope=float(use.get("negative_slope",
                                                              use.get("alpha", 0.3))))  # fmt: skip


def prelu(use: Use) -> int:
    """PReLU with a slope for each channel; Keras can also learn one for each element."""
    shared = use.get("shared_axes") or []
    if len(shared) == use.rank:
        return use.add("prelu", num_parameters=use.shape()[0])
    if use.rank and not shared:
        raise use.error("it learns a slope for each element")
    return use.add("prelu", num_parameters=use.shape()[0])


def softmax(use: Use) -> int:
    """Softmax over one axis."""
    own = use.axis(int(use.get("axis", -1)))
    return use.add("softmax") if own == 0 else use.add("softmax", axis=own)


def flatten(use: Use) -> int:
    """Flatten. With channels last Keras counts the channels innermost: other places, same sizes."""
    return use.add("flatten") if use.rank else use.inputs[0]


def reshape(use: Use) -> int:
    """A new shape, which Keras counts with the channels where the model has them."""
    wanted = [int(n) for n in use.get("target_shape", use.get("dims", []))]
    count = product(use.shape())
    known = product([n for n in wanted if n != -1])
    wanted = [count // max(known, 1) if n == -1 else n for n in wanted]
    index = use.inputs[0]
    if use.channels_last and use.rank:  # the elements in Keras' order
        index = use.add("permute", index, part="order", dims=(*range(1, use.rank + 1), 0))
    index = use.add("reshape", index, shape=tuple(wanted))
    if use.channels_last and len(wanted) > 1:
        last = len(wanted) - 1
        index = use.add("permute", index, part="back", dims=(last, *range(last)))
    return index


def permute(use: Use) -> int:
    """Axes in another order, counted from 1."""
    order = [int(n) for n in use.get("dims")]
    if not use.channels_last:
        return use.add("permute", dims=tuple([n - 1 for n in order]))
    rank = len(order)
    own = [0 if n == rank else n for n in order]  # what stands at each of Keras' places
    return use.add("permute", dims=(own[-1], *own[:-1]))


def zero_padding(use: Use) -> int:
    """Zeros around the map."""
    return use.add("pad", padding=sides(use, "padding"))


def cropping(use: Use) -> int:
    """Elements cut off the map's edges."""
    return use.add("crop", cropping=sides(use, "cropping"))


def sides(use: Use, name: str) -> Any:
    """Return elements before and after, per axis: n, [a, b] per axis, or pairs."""
    value = use.get(name, 1)
    if isinstance(value, int):
        return value
    if isinstance(value, dict):  # Keras 1: top_pad and so on
        raise use.error(f"`{name}` names its sides")
    if use.rank == 1:
        before, after = value if len(value) == 2 else (value[0], value[0])
        return ((int(before), int(after)),)
    return tuple(
        [(int(a[0]), int(a[1])) if isinstance(a, list | tuple) else (int(a), int(a)) for a in value]
    )


def upsampling(use: Use) -> int:
    """Larger maps, by repetition or linear interpolation."""
    how = str(use.get("interpolation", "nearest"))
    words = {"nearest": "nearest", "bilinear": ("linear", "bilinear", "trilinear")[use.rank - 1]}
    if how not in words:
        raise use.error(f"its interpolation is `{how}`")
    return use.add("upsample", scale_factor=use.spatial("size", 2), mode=words[how])


def concatenate(use: Use) -> int:
    """Layers joined along an axis."""
    if len(use.inputs) == 1:
        return use.inputs[0]
    own = use.axis(int(use.get("axis", use.get("concat_axis", -1))))
    return use.add("concat") if own == 0 else use.add("concat", axis=own)


def merge(keyword: str) -> Rule:
    """Return the rule of an element-by-element merge."""

    def rule(use: Use) -> int:
        return use.add(keyword)

    return rule


def average(use: Use) -> int:
    """The mean of several layers."""
    total = use.add("add", part="sum")
    return use.add("scale", total, factor=1 / len(use.inputs))


def old_merge(use: Use) -> int:
    """Keras 1's one layer for all merges."""
    mode = str(use.get("mode", "sum"))
    rules = {
        "concat": concatenate, "sum": merge("add"), "mul": merge("multiply"), "ave": average,
        "max": merge("maximum"),
    }  # fmt: skip
    if mode not in rules:
        raise use.error(f"its mode is `{mode}`")
    return rules[mode](use)


def rescaling(use: Use) -> int:
    """A constant factor and shift."""
    factor, shift = use.get("scale", 1.0), use.get("offset", 0.0)
    if isinstance(factor, list) or isinstance(shift, list):
        raise use.error("it has a factor for each channel")
    return use.add("scale", factor=float(factor), shift=float(shift))


def dropout(use: Use) -> int:
    """Dropout and its relatives: identity at inference."""
    rate = float(use.get("rate", use.get("p", use.get("sigma", 0.5))))
    return use.add("dropout", p=min(max(rate, 0.0), 1.0))


def own_activation(use: Use) -> int:
    """A layer that is an activation by name."""
    wanted = use.get("activation")
    return activation(use, wanted, use.inputs[0])


def time_distributed(use: Use) -> int:
    """A dense layer over the last axis of a sequence."""
    from cnncalc.exchange.keras.model import LayerEntry

    inner = use.get("layer") or {}
    if inner.get("class_name") != "Dense":
        raise use.error(f"it repeats a {inner.get('class_name')}, not a Dense layer")
    entry = LayerEntry("Dense", use.entry.name, inner.get("config", {}), [])
    return dense(Use(use.builder, entry, use.name, use.inputs, use.channels_last, use.version))


def alone(keyword: str, **fields: Any) -> Rule:
    """Return the rule of a layer without settings of interest."""

    def rule(use: Use) -> int:
        return use.add(keyword, **fields)

    return rule


def elu(use: Use) -> int:
    """ELU."""
    return use.add("elu", alpha=float(use.get("alpha", 1.0)))


RULES: dict[str, Rule] = {
    "DepthwiseConv1D": depthwise_conv,
    "DepthwiseConv2D": depthwise_conv,
    "Dense": dense,
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_norm,
    "GroupNormalization": group_norm,
    "UnitNormalization": alone("l2_normalize"),
    "Activation": own_activation,
    "ReLU": relu,
    "LeakyReLU": leaky_relu,
    "PReLU": prelu,
    "ELU": elu,
    "Softmax": softmax,
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    "Concatenate": concatenate,
    "Add": merge("add"),
    "Subtract": merge("subtract"),
    "Multiply": merge("multiply"),
    "Maximum": merge("maximum"),
    "Minimum": merge("minimum"),
    "Average": average,
    "Merge": old_merge,
    "Rescaling": rescaling,
    "TimeDistributed": time_distributed,
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D",
                     "AlphaDropout", "GaussianDropout", "GaussianNoise",
                     "ActivityRegularization"), dropout),
}  # fmt: skip
for _rank in (1, 2, 3):
    RULES |= {
        f"Conv{_rank}D": conv,
        f"Convolution{_rank}D": conv,
        f"AtrousConvolution{_rank}D": conv,
        f"Conv{_rank}DTranspose": conv_transpose,
        f"SeparableConv{_rank}D": separable_conv,
        f"SeparableConvolution{_rank}D": separable_conv,
        f"LocallyConnected{_rank}D": locally_connected,
        f"MaxPooling{_rank}D": pool("max_pool"),
        f"AveragePooling{_rank}D": pool("avg_pool"),
        f"GlobalAveragePooling{_rank}D": global_pool("global_avg_pool"),
        f"GlobalMaxPooling{_rank}D": global_pool("global_max_pool"),
        f"ZeroPadding{_rank}D": zero_padding,
        f"Cropping{_rank}D": cropping,
        f"UpSampling{_rank}D": upsampling,
    }
