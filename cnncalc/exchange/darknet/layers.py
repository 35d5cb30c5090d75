"""What each section of a Darknet file becomes."""

from __future__ import annotations

from cnncalc.exchange.darknet.sections import EPS, SectionUse
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.quantities import Shape

    Rule = Callable[["SectionUse"], int]

#: Sections that read what comes before them and end the network there, or train it.
HEADS = ("yolo", "gaussian_yolo", "region", "detection")


def strides(use: SectionUse) -> tuple[int, int]:
    """Return the strides along height and width."""
    both = use.section.integer("stride", 1, 1)
    return use.section.integer("stride_y", both, 1), use.section.integer("stride_x", both, 1)


def convolutional(use: SectionUse) -> int:
    """A convolution, batch norm and activation."""
    stride = strides(use)
    dilation = use.section.integer("dilation", 1, 1)
    fields = {"dilation": dilation, "groups": use.section.integer("groups", 1, 1)}
    return weighed(use, "conv", stride[0] if stride[0] == stride[1] else stride, **fields)


def deconvolutional(use: SectionUse) -> int:
    """A transposed convolution, batch norm and activation."""
    return weighed(use, "conv_transpose", use.section.integer("stride", 1, 1))


def weighed(use: SectionUse, keyword: str, stride: Any, **fields: int) -> int:
    """Add a convolution and what completes it; `pad=1` stands for half the kernel."""
    use.map()
    section = use.section
    size = section.integer("size", 1, 1)
    padding = size // 2 if section.integer("pad", 0) else section.integer("padding", 0)
    index = use.add(
        keyword,
        part="conv",
        out_channels=section.integer("filters", 1, 1),
        kernel_size=size,
        stride=stride,
        padding=padding * fields.get("dilation", 1),
        bias=not use.normalised,
        **fields,
    )
    return use.completed(index)


def connected(use: SectionUse) -> int:
    """A linear layer over all elements, batch norm and activation."""
    section = use.section
    index = use.previous
    if len(use.shape) > 1:
        index = use.add("flatten", part="flatten")
    count = section.integer("output", 1, 1)
    index = use.add("linear", index, part="linear", out_features=count, bias=not use.normalised)
    return use.completed(index)


def local(use: SectionUse) -> int:
    """A convolution with weights of its own at every place."""
    use.map()
    section = use.section
    size = section.integer("size", 1, 1)
    index = use.add(
        "locally_connected",
        part="local",
        out_channels=section.integer("filters", 1, 1),
        kernel_size=size,
        stride=section.integer("stride", 1, 1),
        padding=size // 2 if section.integer("pad", 0) else 0,
    )
    return use.activated(index, "logistic")


def pool(keyword: str) -> Rule:
    """Return the rule of a pool. Its padding, by default the kernel less one, is that of both sides
    together; it is written where it changes the result.
    """

    def rule(use: SectionUse) -> int:
        use.map()
        section = use.section
        stride = strides(use)
        size = section.integer("size", stride[0], 1)
        total = section.integer("padding", size - 1)
        pairs = []
        for length, step in zip(use.shape[1:], stride, strict=True):
            before = total // 2
            reached = (
                (length + total - size) // step * step + size - before
            )  # the last window's end
            pairs.append((before, max(reached - length, 0)))
        padding = 0 if set(pairs) == {(0, 0)} else tuple(pairs)
        fields: dict[str, Any] = {"kernel_size": size, "padding": padding}
        if stride != (size, size):
            fields["stride"] = stride[0] if stride[0] == stride[1] else stride
        if keyword == "avg_pool" and padding:
            fields["count_include_pad"] = False
        return use.add(keyword, **fields)

    return rule


def avgpool(use: SectionUse) -> int:
    use.map()
    return use.add("global_avg_pool")


def route(use: SectionUse) -> int:
    """Earlier layers joined along the channels, or a group of their channels."""
    section = use.section
    numbers = section.integers("layers")
    if not numbers:
        raise use.error("it names no `layers`")
    groups, group = section.integer("groups", 1, 1), section.integer("group_id", 0)
    parts = []
    for number in numbers:
        index = use.source("layers", number)
        channels = use.builder.shapes[index][0]
        if groups > 1:
            if channels % groups or group >= groups:
                raise section.place_of("groups").error(
                    f"{channels} channels have no group {group} of {groups}"
                )
            size = channels // groups
            index = use.add("slice", index, start=group * size, stop=(group + 1) * size)
        parts.append(index)
    return parts[0] if len(parts) == 1 else use.add("concat", *parts)


def shortcut(use: SectionUse) -> int:
    """An earlier layer added; where shapes differ, what both have is added."""
    section = use.section
    index = use.previous
    for number in section.integers("from"):
        other = fitted(use, use.source("from", number), use.shape)
        index = use.add("add", index, other)
    return use.activated(index, "linear")


def fitted(use: SectionUse, index: int, wanted: Shape) -> int:
    """Return what a shortcut takes of a map: its first channels, every so many-th place."""
    shape = use.builder.shapes[index]
    if len(shape) != len(wanted):
        raise use.error(f"it adds a map and a vector: {len(shape)} and {len(wanted)} axes")
    for axis in range(1, len(shape)):
        have, want = shape[axis], wanted[axis]
        if have == want:
            continue
        step = have // want
        if not step or -(-have // step) != want:
            raise use.error(f"it adds a map of length {have} to one of {want}")
        index = use.add("slice", index, part="from", start=0, stop=have, step=step, axis=axis)
    if shape[0] > wanted[0]:
        index = use.add("slice", index, part="from", start=0, stop=wanted[0])
    elif shape[0] < wanted[0]:
        index = use.add("pad", index, part="from", padding=0, channels=(0, wanted[0] - shape[0]))
    return index


def scale_channels(use: SectionUse) -> int:
    """An earlier map, each channel times the number that enters."""
    (number, *_) = use.section.integers("from") or [-2]
    other = use.source("from", number)
    index = use.add("multiply", other, use.previous)
    return use.activated(index, "linear")


def upsample(use: SectionUse) -> int:
    """The nearest element, `stride` times along each axis."""
    use.map()
    index = use.add("upsample", scale_factor=use.section.integer("stride", 2, 1))
    factor = use.section.number("scale", 1.0)
    return index if factor == 1 else use.add("scale", index, part="scale", factor=factor)


def reorg(use: SectionUse) -> int:
    """Blocks of places become channels, or back with `reverse`."""
    use.map()
    step = use.section.integer("stride", 1, 1)
    if use.section.kind == "reorg":
        use.builder.note(
            "Darknet's reorg puts elements in an order of its own: shapes and counts are those of"
            " space_to_depth, values are not"
        )
    if use.section.integer("reverse", 0):
        return use.add("pixel_shuffle", upscale_factor=step)
    return use.add("space_to_depth", block_size=step)


def softmax(use: SectionUse) -> int:
    """Softmax over all elements, or over each group of them."""
    groups = use.section.integer("groups", 1, 1)
    if groups == 1 and max(use.shape[1:], default=1) == 1:
        return use.add("softmax")
    each = product(use.shape) // groups
    index = use.add("reshape", part="groups", shape=(each, groups))
    return use.add("softmax", index)


def dropout(use: SectionUse) -> int:
    return use.add("dropout", p=min(use.section.number("probability", 0.5), 1.0))


def crop(use: SectionUse) -> int:
    """The middle of the image."""
    use.map()
    pairs = []
    for key, length in zip(("crop_height", "crop_width"), use.shape[1:], strict=True):
        wanted = use.section.integer(key, 1, 1)
        if wanted > length:
            raise use.section.place_of(key).error(f"`{key}` is {wanted}, but the map has {length}")
        pairs.append(((length - wanted) // 2, length - wanted - (length - wanted) // 2))
    return use.add("crop", cropping=tuple(pairs))


def lrn(use: SectionUse) -> int:
    """Local response normalisation; Darknet does not divide alpha by the size."""
    section = use.section
    size = section.integer("size", 5, 1)
    return use.add(
        "local_response_norm",
        size=size,
        alpha=section.number("alpha", 1e-4) * size,
        beta=section.number("beta", 0.75),
        k=section.number("kappa", 1.0),
    )


def batchnorm(use: SectionUse) -> int:
    return use.add("batch_norm", eps=EPS)


def activation(use: SectionUse) -> int:
    return use.activated(use.previous, "linear")


def nothing(use: SectionUse) -> int:
    """What computes nothing at inference: a cost, or the layer whose output a head decodes."""
    return use.previous


RULES: dict[str, Rule] = {
    "convolutional": convolutional, "deconvolutional": deconvolutional, "connected": connected,
    "local": local, "maxpool": pool("max_pool"), "local_avgpool": pool("avg_pool"),
    "avgpool": avgpool, "route": route, "shortcut": shortcut, "scale_channels": scale_channels,
    "sam": scale_channels, "upsample": upsample, "reorg": reorg, "reorg3d": reorg,
    "softmax": softmax, "dropout": dropout, "crop": crop, "normalization": lrn,
    "batchnorm": batchnorm, "activation": activation, "cost": nothing,
    **dict.fromkeys(HEADS, nothing),
}  # fmt: skip
