"""How convolutions and pools are written in Keras 3."""

from __future__ import annotations

from cnncalc.exchange.source.forms import Argument, Form, shown_axes
from cnncalc.exchange.targets import Sides, Unwritable, alike, amounts, axes_of, refusal, sides_of
from cnncalc.geometry import same_padding
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.source.forms import Rule, Shapes
    from cnncalc.quantities import Shape

    Pairs = list[tuple[int, int]]


def is_same(sides: list[Sides], shape: Shape) -> bool:
    """Return whether the padding is that of `padding="same"`."""
    return amounts(sides) == [
        same_padding(n, s.kernel, s.stride, s.dilation)
        for n, s in zip(shape[1:], sides, strict=True)
    ]


def pad_value(pairs: Pairs) -> Any:
    """Return padding as the layers of Keras take it."""
    numbers = {n for pair in pairs for n in pair}
    if len(numbers) == 1:
        return numbers.pop()
    return pairs[0] if len(pairs) == 1 else tuple(pairs)


def padded(pairs: Pairs, mode: str = "zeros", value: str = "") -> tuple[str, tuple[Any, ...]]:
    """Return the source of an input with padding around, and what is put into it."""
    if not any(map(any, pairs)):
        return "{0}", ()
    if mode == "zeros" and not value:
        return f"layers.ZeroPadding{len(pairs)}D({{pad}})({{0}})", (("pad", pad_value(pairs)),)
    if mode in ("replicate", "circular"):
        raise Unwritable("it pads with zeros, constants and reflections only", "padding_mode")
    if mode == "reflect":
        check_reflection(pairs, "padding_mode")
    whole = ((0, 0), *pairs, (0, 0))
    more = f', mode="{mode}"' if mode != "zeros" else f", constant_values={value}"
    return f"ops.pad({{0}}, {{pad}}{more})", (("pad", whole),)


def check_reflection(pairs: Pairs, field: str) -> None:
    """Raise `Unwritable` for a reflection along more axes than each backend of Keras can do."""
    if len(pairs) > 2:
        raise Unwritable("its PyTorch backend reflects along two axes at most", field)


def strides(layer: Any) -> bool:
    """Return whether a layer is a convolution with a step and with padding in numbers."""
    if layer.keyword != "conv" or isinstance(layer.padding, str):
        return False
    return any(
        n > 1 for n in (layer.stride if isinstance(layer.stride, tuple) else (layer.stride,))
    )


def explicitly(layer: Any, shapes: Shapes, output: Shape, found: Form) -> Form:
    """Return a convolution with its padding in numbers, as a copy that strides has it."""
    if layer.keyword != "conv" or isinstance(layer.padding, str):
        return found
    return conv(layer, shapes, output, by_word=False)


def conv(layer: Any, shapes: Shapes, output: Shape, by_word: bool = True) -> Form:
    rank, shape, sides = len(output) - 1, shapes[0], sides_of(layer, shapes[0], output)
    if layer.connections is not None:
        raise Unwritable("every filter would read all channels", "connections")
    if any(s.stride > 1 for s in sides) and any(s.dilation > 1 for s in sides):
        raise Unwritable("it strides or has holes, not both", "dilation")
    same = layer.padding_mode == "zeros" and is_same(sides, shape)
    same = (
        same and by_word and (isinstance(layer.padding, str) or all(s.stride == 1 for s in sides))
    )
    inner, inserts = ("{0}", ()) if same else padded(amounts(sides), layer.padding_mode)
    word = "same" if same and any(map(any, amounts(sides))) else "valid"
    depthwise = layer.groups == shape[0] == layer.out_channels > 1 and rank < 3
    window = (
        Argument(None, alike([s.kernel for s in sides]), hint="kernel_size"),
        Argument("strides", alike([s.stride for s in sides]), 1, "strides"),
        Argument("padding", word, "valid"),
        Argument("dilation_rate", alike([s.dilation for s in sides]), 1),
    )
    bias = Argument("use_bias", layer.bias, True)
    use, head = f"{{m}}({inner})", f"layers.Conv{rank}D"
    if depthwise:
        head = f"layers.DepthwiseConv{rank}D"
        return Form(use, head, (*window, bias), inserts, stem="conv")
    channels = Argument(None, layer.out_channels, hint="channels")
    groups = Argument("groups", layer.groups, 1)
    return Form(use, head, (channels, *window, groups, bias), inserts, stem="conv")


def conv_transpose(layer: Any, shapes: Shapes, output: Shape) -> Form:
    rank, shape = len(output) - 1, shapes[0]
    windows = layer.windows(shape)
    if layer.groups > 1:
        raise Unwritable("its transposed convolutions have one group", "groups")
    if any(w.dilation > 1 for w in windows) and any(w.stride > 1 for w in windows):
        raise Unwritable("it strides or has holes, not both", "dilation")
    cuts = []
    for w, n, count in zip(windows, shape[1:], output[1:], strict=True):
        full = (n - 1) * w.stride + max(w.extent, w.stride)
        cuts.append((w.before, full - w.before - count))
    if any(n < 0 for pair in cuts for n in pair):
        raise Unwritable("places that no kernel reaches would be missing", "output_padding")
    cut = any(map(any, cuts))
    use = f"layers.Cropping{rank}D({{cut}})({{m}}({{0}}))" if cut else "{m}({0})"
    return Form(
        use,
        f"layers.Conv{rank}DTranspose",
        (
            Argument(None, layer.out_channels, hint="channels"),
            Argument(None, alike([w.kernel for w in windows]), hint="kernel_size"),
            Argument("strides", alike([w.stride for w in windows]), 1),
            Argument("dilation_rate", alike([w.dilation for w in windows]), 1),
            Argument("use_bias", layer.bias, True),
        ),
        (("cut", pad_value(cuts)),) if cut else (),
        stem="conv_transpose",
    )


def pool_arguments(sides: list[Sides], word: str) -> tuple[Argument, ...]:
    """Return the window of a pool."""
    kernel = alike([s.kernel for s in sides])
    return (
        Argument(None, kernel, hint="pool_size"),
        Argument("strides", alike([s.stride for s in sides]), kernel),
        Argument("padding", word, "valid"),
    )


def max_pool(layer: Any, shapes: Shapes, output: Shape) -> Form:
    rank, sides = len(output) - 1, sides_of(layer, shapes[0], output)
    if any(s.dilation > 1 for s in sides):
        raise Unwritable("its pools have no holes", "dilation")
    pairs = amounts(sides)
    same = is_same(sides, shapes[0]) and any(map(any, pairs))
    inner, inserts = ("{0}", ()) if same else padded(pairs, value='float("-inf")')
    arguments = pool_arguments(sides, "same" if same else "valid")
    return Form(f"{{m}}({inner})", f"layers.MaxPooling{rank}D", arguments, inserts, stem="pool")


def min_pool(layer: Any, shapes: Shapes, output: Shape) -> Form:
    return max_pool(layer, shapes, output).negated()


def avg_pool(layer: Any, shapes: Shapes, output: Shape) -> Form:
    rank, sides = len(output) - 1, sides_of(layer, shapes[0], output)
    if any(s.dilation > 1 for s in sides):
        raise Unwritable("its pools have no holes", "dilation")
    pairs, taps = amounts(sides), product([s.kernel for s in sides])
    head = f"layers.AveragePooling{rank}D"
    added = any(map(any, pairs))
    same = is_same(sides, shapes[0]) and added
    counts_all = layer.divisor_override is not None or (
        layer.count_include_pad and not any(s.extra for s in sides)
    )
    if not added or counts_all:
        inner, inserts = padded(pairs)
        use, arguments = f"{{m}}({inner})", pool_arguments(sides, "valid")
        if layer.divisor_override is not None:
            use = f"{use} * {taps / layer.divisor_override!r}"
        return Form(use, head, arguments, inserts, stem="pool", operator="*" in use)
    even = all(s.before == s.after + s.extra for s in sides)  # backends differ where it is not
    if same and even and not layer.count_include_pad:
        return Form("{m}({0})", head, pool_arguments(sides, "same"), stem="pool")
    counted = [(s.before, s.after) if layer.count_include_pad else (0, 0) for s in sides]
    inserts = (
        ("size", tuple([s.kernel for s in sides])),
        ("step", tuple([s.stride for s in sides])),
        ("pad", ((0, 0), *pairs, (0, 0))),
        ("counted", ((0, 0), *counted, (0, 0))),
    )
    use = "mean_pool({0}, {size}, {step}, {pad}, {counted})"
    return Form(use, inserts=inserts, helpers=("mean_pool",))


def global_pool(kind: str) -> Rule:
    """Return the rule of a global pool."""

    def make(_layer: Any, _shapes: Shapes, output: Shape) -> Form:
        return Form(f"layers.Global{kind}Pooling{len(output) - 1}D(keepdims=True)({{0}})")

    return make


def global_lp_pool(layer: Any, _shapes: Shapes, output: Shape) -> Form:
    p = layer.norm_type
    axes = shown_axes(range(1, len(output)))
    power = f"ops.sum(ops.power({{0}}, {p:g}), {axes}, keepdims=True)"
    return Form(f"ops.power({power}, {1 / p!r})")


def adaptive(kind: str) -> Rule:
    """Return the rule of a pool over bins."""

    def make(layer: Any, shapes: Shapes, output: Shape) -> Form:
        rank = len(output) - 1
        lengths = list(zip(shapes[0][1:], output[1:], strict=True))
        if all(n % bins == 0 for n, bins in lengths):
            size = Argument(None, alike([n // bins for n, bins in lengths]), hint="pool_size")
            return Form("{m}({0})", f"layers.{kind}Pooling{rank}D", (size,), stem="pool")
        bins = Argument(None, alike(axes_of(layer.output_size, rank)), hint="output_size")
        return Form("{m}({0})", f"layers.Adaptive{kind}Pooling{rank}D", (bins,), stem="pool")

    return make


RULES: dict[str, Rule] = {
    "conv": conv,
    "conv_transpose": conv_transpose,
    "locally_connected": refusal("its filters would be the same at all places"),
    "max_pool": max_pool,
    "min_pool": min_pool,
    "avg_pool": avg_pool,
    "lp_pool": refusal("it has means and maxima of windows only"),
    "subsample": refusal("it has no pool with weights"),
    "rbf": refusal("it has no layer that measures distances to codes"),
    "global_avg_pool": global_pool("Average"),
    "global_max_pool": global_pool("Max"),
    "global_lp_pool": global_lp_pool,
    "adaptive_avg_pool": adaptive("Average"),
    "adaptive_max_pool": adaptive("Max"),
}
