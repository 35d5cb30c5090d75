"""Keras' convolutions and pools, and layers that change the edges or the size of a map."""

from __future__ import annotations

from cnncalc.exchange.keras.activations import activated
from cnncalc.exchange.keras.use import LayerUse, UnknownLayer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.keras.use import OneRule


def window(use: LayerUse, kernel: str) -> dict[str, Any]:
    """Return kernel, stride and padding of a window."""
    padding = str(use.get("padding", "valid")).lower()
    size = use.spatial(kernel, None)
    if padding not in ("valid", "same", "causal"):
        raise use.error(f"its padding is `{padding}`")
    amounts: dict[str, Any] = {"valid": 0, "same": "same"}
    if padding == "causal":
        amounts["causal"] = ((use.spatial("dilation_rate") * (size - 1), 0),)
    return {"kernel_size": size, "stride": use.spatial("strides"), "padding": amounts[padding]}


def convolution(use: LayerUse, channels: int, groups: int, has_bias: bool, part: str = "") -> int:
    """Add a convolution with the window that the settings say."""
    return use.add(
        "conv",
        part=part,
        out_channels=channels,
        dilation=use.spatial("dilation_rate"),
        groups=groups,
        bias=has_bias,
        **window(use, "kernel_size"),
    )


def conv(use: LayerUse) -> int:
    groups, has_bias = int(use.get("groups", 1)), bool(use.get("use_bias", True))
    return activated(use, convolution(use, int(use.get("filters")), groups, has_bias))


def depthwise_conv(use: LayerUse) -> int:
    """Depthwise convolution: each channel by itself."""
    return activated(use, depthwise(use, bool(use.get("use_bias", True))))


def depthwise(use: LayerUse, has_bias: bool, part: str = "") -> int:
    """Add a convolution of each channel by itself."""
    groups = use.shape()[0]
    channels = groups * int(use.get("depth_multiplier", 1))
    return convolution(use, channels, groups, has_bias, part)


def separable_conv(use: LayerUse) -> int:
    """A depthwise convolution without bias, then a 1x1 convolution."""
    pointwise = use.add(
        "conv",
        depthwise(use, False, "depthwise"),
        part="pointwise",
        out_channels=int(use.get("filters")),
        kernel_size=1,
        bias=bool(use.get("use_bias", True)),
    )
    return activated(use, pointwise)


def conv_transpose(use: LayerUse) -> int:
    """Transposed convolution; `same` means an output of the input's length times the stride."""
    fields = window(use, "kernel_size")
    given = fields["kernel_size"], fields["stride"], use.spatial("dilation_rate")
    kernel, stride, dilation = (spread(value, use.rank) for value in given)
    extents = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    pairs = [(0, 0)] * len(extents)
    more = [max(step - extent, 0) for extent, step in zip(extents, stride, strict=True)]
    if fields["padding"] == "same":  # the output is as long as the input times the stride
        totals = [max(extent - step, 0) for extent, step in zip(extents, stride, strict=True)]
        pairs = [(total // 2, total - total // 2) for total in totals]
    if use.get("output_padding") is not None:
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
    return activated(use, index)


def spread(value: Any, rank: int) -> list[int]:
    """Return one number per axis."""
    return [value] * rank if isinstance(value, int) else list(value)


def locally_connected(use: LayerUse) -> int:
    index = use.add(
        "locally_connected",
        out_channels=int(use.get("filters")),
        bias=bool(use.get("use_bias", True)),
        **window(use, "kernel_size"),
    )
    return activated(use, index)


def pool(keyword: str) -> OneRule:
    """Return the rule of a pool; an average over padding counts what is there."""

    def rule(use: LayerUse) -> int:
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


def global_pool(keyword: str) -> OneRule:
    """Return the rule of a global pool, which by default leaves a flat vector."""

    def rule(use: LayerUse) -> int:
        index = use.add(keyword)
        return index if use.get("keepdims", False) else use.add("flatten", index, part="flatten")

    return rule


def edges(keyword: str, field: str) -> OneRule:
    """Return the rule of a layer that puts elements around the map, or cuts them off."""
    return lambda use: use.add(keyword, **{field: sides(use, field)})


def sides(use: LayerUse, name: str) -> Any:
    """Return elements before and after, per axis: n, [a, b] per axis, or pairs."""
    value = use.get(name, 1)
    if isinstance(value, int):
        return value
    if isinstance(value, dict):  # Keras 1: top_pad and so on
        raise use.error(f"`{name}` names its sides", "save the model by Keras 2 or later")
    if use.rank == 1:
        before, after = value if len(value) == 2 else (value[0], value[0])
        return ((int(before), int(after)),)
    return tuple(
        [(int(a[0]), int(a[1])) if isinstance(a, list | tuple) else (int(a), int(a)) for a in value]
    )


def upsampling(use: LayerUse) -> int:
    """Larger maps, by repetition or linear interpolation."""
    how = str(use.get("interpolation", "nearest"))
    words = {"nearest": "nearest", "bilinear": ("linear", "bilinear", "trilinear")[use.rank - 1]}
    factors = spread(use.spatial("size", 2), use.rank)
    if how not in words:
        lengths = [n * factor for n, factor in zip(use.shape()[1:], factors, strict=True)]
        raise interpolated(use, how, lengths)
    return use.add("upsample", scale_factor=use.spatial("size", 2), mode=words[how])


def interpolated(use: LayerUse, how: str, lengths: list[int]) -> UnknownLayer:
    """Return what says that an interpolation is none of ours."""
    shape = (use.shape()[0], *lengths)
    return use.unknown(f"its interpolation is `{how}`", shape, params=0, buffers=0)


def resizing(use: LayerUse) -> int:
    """A map of another size, by interpolation."""
    lengths = [int(use.get("height")), int(use.get("width"))]
    how = str(use.get("interpolation", "bilinear")).lower()
    if lengths == list(use.shape()[1:]):
        return use.add("identity")
    if how == "nearest" and any(n % old for n, old in zip(lengths, use.shape()[1:], strict=True)):
        return use.counted((use.shape()[0], *lengths))  # PyTorch takes other elements
    kept = not any(use.get(name) for name in ("crop_to_aspect_ratio", "pad_to_aspect_ratio",
                                              "antialias"))  # fmt: skip
    if how not in ("nearest", "bilinear") or not kept:
        raise interpolated(use, how, lengths)
    return use.add("upsample", size=tuple(lengths), mode=how)


def center_crop(use: LayerUse) -> int:
    """The middle of a map; one that is too small is made larger by interpolation first."""
    lengths = [int(use.get("height")), int(use.get("width"))]
    over = [n - wanted for n, wanted in zip(use.shape()[1:], lengths, strict=True)]
    if min(over) < 0:
        raise interpolated(use, "bilinear", lengths)
    return use.add("crop", cropping=tuple([(n // 2, n - n // 2) for n in over]))


def adaptive_pool(keyword: str) -> OneRule:
    """Return the rule of a pool over bins."""
    return lambda use: use.add(keyword, output_size=use.spatial("output_size", None))
