"""What the units of a layer read of each of its inputs, axis by axis, for every layer there is.

The list is closed: a layer that is not in `RULES` raises, and a test goes over `LAYERS`.
"""

from __future__ import annotations

from cnncalc.fields.channels import Blocks, Listed, Shuffled
from cnncalc.fields.reads import SAME, Everything, First, Slide, Spread
from cnncalc.fields.resampling import Bins, Linear, Nearest
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.fields.reads import Reads
    from cnncalc.quantities import Shape

    Axes = tuple[Reads, ...]


class Reading(Record):
    """How a layer reads one input: a relation per axis, channels first; None for `flatten`.

    `whole` says that every unit sees the whole map because of this layer; `local` are the
    relations without that, if any are left: a normalisation by statistics also reads the element
    that it normalises.
    """

    axes: Axes | None
    whole: bool = False
    local: Axes | None = None


def readings(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
    """Return how a layer reads each of its inputs; raises `TypeError` for an unknown layer."""
    rule = RULES.get(layer.keyword)
    if rule is None:
        raise TypeError(f"which positions {layer.keyword} reads is not stated")
    return rule(layer, inputs, output)


def itself(_layer: Any, inputs: tuple[Shape, ...], _output: Shape) -> tuple[Reading, ...]:
    """Element by element."""
    return (Reading((SAME,) * len(inputs[0])),)


def window_axes(layer: Any, shape: Shape, output: Shape, mode: str = "zeros") -> Axes:
    """Return the relation along each spatial axis of a layer with windows."""
    return tuple(
        [
            Slide(length, units, w.kernel, w.stride, w.before, w.after, w.dilation, mode)
            for length, units, w in zip(shape[1:], output[1:], layer.windows(shape), strict=True)
        ]
    )


def conv(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
    """A window over the channels of a group, of all, or of a row of a connection table."""
    shape = inputs[0]
    channels: Reads = Everything(shape[0], output[0])
    if layer.connections is not None:
        channels = Listed(layer.connections)
    elif layer.groups > 1:
        channels = Blocks(shape[0] // layer.groups, output[0] // layer.groups)
    return (Reading((channels, *window_axes(layer, shape, output, layer.padding_mode))),)


def locally_connected(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
    """A window over all channels."""
    shape = inputs[0]
    channels = Everything(shape[0], output[0])
    return (Reading((channels, *window_axes(layer, shape, output))),)


def conv_transpose(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
    """A transposed window over the channels of a group."""
    shape = inputs[0]
    axes = [
        Spread(length, units, w.kernel, w.stride, w.before, w.dilation)
        for length, units, w in zip(shape[1:], output[1:], layer.windows(shape), strict=True)
    ]
    return (Reading((Blocks(shape[0] // layer.groups, output[0] // layer.groups), *axes)),)


def pool(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
    """A window over each channel."""
    return (Reading((SAME, *window_axes(layer, inputs[0], output))),)


def sized_pool(_layer: Any, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
    """Bins over each channel; one bin on every axis is the whole map."""
    axes = tuple([Bins(n, bins) for n, bins in zip(inputs[0][1:], output[1:], strict=True)])
    return (Reading((SAME, *axes), whole=all(bins == 1 for bins in output[1:])),)


def everything(_layer: Any, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
    """Every feature."""
    return (Reading((Everything(inputs[0][0], output[0]),), whole=True),)


def flatten(_layer: Any, inputs: tuple[Shape, ...], _output: Shape) -> tuple[Reading, ...]:
    """Each feature is one element of the map."""
    return (Reading(None if len(inputs[0]) > 1 else (SAME,)),)


def over_channels(_layer: Any, inputs: tuple[Shape, ...], _output: Shape) -> tuple[Reading, ...]:
    """All channels at the same position; in a flat vector that is everything."""
    shape = inputs[0]
    flat = len(shape) == 1
    own = (SAME,) * len(shape)
    return (Reading((Everything(shape[0], shape[0]), *own[1:]), flat, own if flat else None),)


def near_channels(layer: Any, inputs: tuple[Shape, ...], _output: Shape) -> tuple[Reading, ...]:
    """Neighbouring channels at the same position."""
    count, before = inputs[0][0], layer.size // 2
    window = Slide(count, count, layer.size, before=before, after=layer.size - 1 - before)
    return (Reading((window, *(SAME,) * (len(inputs[0]) - 1))),)


def statistics(groups: Callable[[Any, Shape], int]) -> Rule:
    """Return the rule of a norm whose statistics come from all positions of a channel group."""

    def rule(layer: Any, inputs: tuple[Shape, ...], _output: Shape) -> tuple[Reading, ...]:
        shape = inputs[0]
        each = shape[0] // groups(layer, shape)
        axes = (Blocks(each, each), *[Everything(n, n) for n in shape[1:]])
        alone = len(shape) == 1 and each == 1
        return (Reading(axes, not alone, (SAME,) * len(shape)),)

    return rule


def layer_norm(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
    """Statistics over everything, or over the channels of each position."""
    if layer.axes == "channels":
        return over_channels(layer, inputs, output)
    return statistics(lambda _layer, _shape: 1)(layer, inputs, output)


def broadcast(_layer: Any, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
    """Element by element over all branches, in which an axis of one stands for any size."""
    return tuple(
        [
            Reading(tuple([SAME if n == units else First(units)
                           for n, units in zip(shape, output, strict=True)]))
            for shape in inputs
        ]
    )  # fmt: skip


def concat(_layer: Any, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
    """The channels of one branch after those of another."""
    result = []
    offset = 0
    for shape in inputs:
        shifted = Slide(shape[0], output[0], before=offset)
        result.append(Reading((shifted, *(SAME,) * (len(shape) - 1))))
        offset += shape[0]
    return tuple(result)


def upsample(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
    """The nearest position, or the neighbours of a place between positions."""
    pairs = list(zip(inputs[0][1:], output[1:], strict=True))
    if layer.mode == "nearest":
        return (Reading((SAME, *[Nearest(n, units) for n, units in pairs])),)
    return (Reading((SAME, *[Linear(n, units, layer.align_corners) for n, units in pairs])),)


def pad(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
    """The same position further in; padding reads nothing, or what it copies."""
    shape = inputs[0]
    before = (layer.channels or (0, 0))[0]
    channels = Slide(shape[0], output[0], before=before) if output[0] != shape[0] else SAME
    return (Reading((channels, *window_axes(layer, shape, output, layer.mode))),)


def crop(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
    """The same position further out."""
    shape = inputs[0]
    edges = layer.edges(shape)
    axes = [
        Slide(n, units, before=-before)
        for n, units, (before, _) in zip(shape[1:], output[1:], edges, strict=True)
    ]
    return (Reading((SAME, *axes)),)


def slice_(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
    """Every step-th channel from the first."""
    shape = inputs[0]
    channels = Slide(shape[0], output[0], stride=layer.step, before=-layer.start)
    return (Reading((channels, *(SAME,) * (len(shape) - 1))),)


def shuffle(layer: Any, inputs: tuple[Shape, ...], _output: Shape) -> tuple[Reading, ...]:
    """Channels dealt out over groups."""
    shape = inputs[0]
    return (Reading((Shuffled(shape[0], layer.groups), *(SAME,) * (len(shape) - 1))),)


if TYPE_CHECKING:
    Rule = Callable[[Any, tuple[Shape, ...], Shape], tuple[Reading, ...]]

#: How each layer reads, by keyword.
RULES: dict[str, Rule] = {
    "conv": conv,
    "conv_transpose": conv_transpose,
    "locally_connected": locally_connected,
    **dict.fromkeys(("max_pool", "min_pool", "avg_pool", "lp_pool", "subsample"), pool),
    **dict.fromkeys(
        ("global_avg_pool", "global_max_pool", "adaptive_avg_pool", "adaptive_max_pool"),
        sized_pool,
    ),
    "linear": everything,
    "rbf": everything,
    "flatten": flatten,
    "local_response_norm": near_channels,
    "layer_norm": layer_norm,
    "group_norm": statistics(lambda layer, _shape: int(layer.num_groups)),
    "instance_norm": statistics(lambda _layer, shape: shape[0]),
    **dict.fromkeys(
        ("batch_norm", "relu", "relu6", "leaky_relu", "prelu", "elu", "sigmoid", "hard_sigmoid",
         "tanh", "hard_tanh", "softplus", "gelu", "silu", "hard_swish", "identity", "dropout",
         "stochastic_depth", "layer_scale"),
        itself,
    ),
    "softmax": over_channels,
    "log_softmax": over_channels,
    "add": broadcast,
    "multiply": broadcast,
    "concat": concat,
    "upsample": upsample,
    "pad": pad,
    "crop": crop,
    "channel_shuffle": shuffle,
    "slice": slice_,
}  # fmt: skip
