"""How convolutions and pools are written in PyTorch."""

from __future__ import annotations

from cnncalc.exchange.refusal import Unwritable
from cnncalc.exchange.sides import Sides, axes_of, sides_of
from cnncalc.exchange.source.forms import Argument, Form, argument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.quantities import Shape

    Shapes = tuple[Shape, ...]


def alike(values: list[int]) -> int | tuple[int, ...]:
    """Return one number where all axes have the same."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def flat_pads(pairs: list[tuple[int, int]]) -> tuple[int, ...]:
    """Return padding as `F.pad` lists it: the last axis first."""
    return tuple([n for pair in reversed(pairs) for n in pair])


def amounts(sides: list[Sides]) -> list[tuple[int, int]]:
    """Return all that is added before and after along each axis."""
    return [(side.before, side.after + side.extra) for side in sides]


def is_even(pairs: list[tuple[int, int]]) -> bool:
    """Return whether as much is added before as after."""
    return all(before == after for before, after in pairs)


def around(pairs: list[tuple[int, int]], mode: str = "zeros", value: str = "") -> str:
    """Return the source of an input with padding around."""
    if not any(map(any, pairs)):
        return "{0}"
    more = {"zeros": f", value={value}" if value else ""}.get(mode, f', mode="{mode}"')
    return f"F.pad({{0}}, {{pad}}{more})"


def window(sides: list[Sides], pad: Any, stride_default: Any = 1) -> tuple[Argument, ...]:
    """Return kernel, stride, padding and dilation as PyTorch's layers take them."""
    return (
        argument(None, alike([s.kernel for s in sides]), hint="kernel_size"),
        argument("stride", alike([s.stride for s in sides]), stride_default),
        argument("padding", pad, 0),
        argument("dilation", alike([s.dilation for s in sides]), 1),
    )


def padded_use(pairs: list[tuple[int, int]], mode: str, value: str = "") -> tuple[str, Any]:
    """Return the use of a module whose input is padded before it, and the padding's value."""
    inner = around(pairs, mode, value)
    values = (("pad", flat_pads(pairs)),) if "{pad}" in inner else ()
    return f"{{m}}({inner})", values


def conv(layer: Any, shapes: Shapes, output: Shape) -> Form:
    rank = len(output) - 1
    sides = sides_of(layer, shapes[0], output)
    pairs, mode = amounts(sides), layer.padding_mode
    inside = is_even(pairs)
    if layer.connections is not None:
        return by_table(layer, shapes[0], pairs, sides)
    use, values = ("{m}({0})", ()) if inside else padded_use(pairs, mode)
    return Form(
        use,
        f"nn.Conv{rank}d",
        (
            argument(None, shapes[0][0], hint="in_channels"),
            argument(None, layer.out_channels, hint="channels"),
            *window(sides, alike([before for before, _ in pairs]) if inside else 0),
            argument("groups", layer.groups, 1),
            argument("bias", layer.bias, True),
            argument("padding_mode", mode if inside else "zeros", "zeros"),
        ),
        values,
        stem="conv",
    )


def by_table(layer: Any, shape: Shape, pairs: list[tuple[int, int]], sides: list[Sides]) -> Form:
    """Return a convolution whose filters read the channels in a table."""
    if layer.padding_mode != "zeros" and not is_even(pairs):
        raise Unwritable("zeros would be added instead", "padding_mode")
    use, values = padded_use(pairs, layer.padding_mode)
    return Form(
        use,
        "TableConv",
        (
            argument(None, shape[0], hint="in_channels"),
            argument(None, [tuple(row) for row in layer.connections], hint="table"),
            argument(None, tuple([s.kernel for s in sides]), hint="kernel_size"),
            argument("stride", tuple([s.stride for s in sides]), (1,) * len(sides)),
            argument("dilation", tuple([s.dilation for s in sides]), (1,) * len(sides)),
            argument("bias", layer.bias, True),
        ),
        values,
        stem="conv",
        helpers=("TableConv",),
    )


def conv_transpose(layer: Any, shapes: Shapes, output: Shape) -> Form:
    rank = len(output) - 1
    windows = layer.windows(shapes[0])
    cuts = [(w.before, w.after) for w in windows]
    extra = axes_of(layer.output_padding, rank)
    use, pad = "{m}({0})", [0] * rank
    values: tuple[Any, ...] = ()
    if is_even(cuts) and min(before for before, _ in cuts) >= 0:
        pad = [before for before, _ in cuts]
    else:
        # What is to be added at the end is output padding, where that is allowed.
        extra = [n + max(-after, 0) for n, (_, after) in zip(extra, cuts, strict=True)]
        allowed = all(n < max(w.stride, w.dilation) for n, w in zip(extra, windows, strict=True))
        if not allowed or any(before < 0 for before, _ in cuts):
            raise Unwritable("places that no kernel reaches would be missing", "padding")
        kept = [(-before, -max(after, 0)) for before, after in cuts]
        if any(map(any, kept)):
            use, values = "F.pad({m}({0}), {pad})", (("pad", flat_pads(kept)),)
    return Form(
        use,
        f"nn.ConvTranspose{rank}d",
        (
            argument(None, shapes[0][0], hint="in_channels"),
            argument(None, layer.out_channels, hint="channels"),
            argument(None, alike([w.kernel for w in windows]), hint="kernel_size"),
            argument("stride", alike([w.stride for w in windows]), 1),
            argument("padding", alike(pad), 0),
            argument("output_padding", alike(extra), 0),
            argument("groups", layer.groups, 1),
            argument("bias", layer.bias, True),
            argument("dilation", alike([w.dilation for w in windows]), 1),
        ),
        values,
        stem="conv_transpose",
    )


def locally_connected(layer: Any, shapes: Shapes, output: Shape) -> Form:
    sides = sides_of(layer, shapes[0], output)
    use, values = padded_use(amounts(sides), "zeros")
    return Form(
        use,
        "LocallyConnected",
        (
            argument(None, shapes[0][0], hint="in_channels"),
            argument(None, layer.out_channels, hint="channels"),
            argument(None, tuple(output[1:]), hint="positions"),
            argument(None, tuple([s.kernel for s in sides]), hint="kernel_size"),
            argument("stride", tuple([s.stride for s in sides])),
            argument("dilation", tuple([s.dilation for s in sides])),
            argument("bias", layer.bias, True),
        ),
        values,
        stem="local",
        helpers=("LocallyConnected",),
    )


def pools_plainly(sides: list[Sides]) -> bool:
    """Return whether PyTorch's own padding and rounding give these windows."""
    return all(s.before == s.after and 2 * s.before <= s.kernel for s in sides)


def rounds_up(layer: Any) -> bool:
    """Return whether a last window may hang over the end."""
    return bool(layer.rounding_in_force() == "ceil")


def steps(sides: list[Sides]) -> Argument:
    """Return the step of a pool, which is its kernel if nothing else is said."""
    kernel = alike([s.kernel for s in sides])
    return argument("stride", alike([s.stride for s in sides]), kernel)


def max_pool(layer: Any, shapes: Shapes, output: Shape) -> Form:
    rank, sides = len(output) - 1, sides_of(layer, shapes[0], output)
    plainly = pools_plainly(sides)
    inner = "{0}" if plainly else around(amounts(sides), value='float("-inf")')
    return Form(
        f"{{m}}({inner})",
        f"nn.MaxPool{rank}d",
        (
            argument(None, alike([s.kernel for s in sides]), hint="kernel_size"),
            steps(sides),
            argument("padding", alike([s.before for s in sides]) if plainly else 0, 0),
            argument("dilation", alike([s.dilation for s in sides]), 1),
            argument("ceil_mode", plainly and rounds_up(layer), False),
        ),
        (("pad", flat_pads(amounts(sides))),) if "{pad}" in inner else (),
        stem="pool",
    )


def min_pool(layer: Any, shapes: Shapes, output: Shape) -> Form:
    form = max_pool(layer, shapes, output)
    return form.replace(use="-" + form.use.replace("{0}", "-{0}"), operator=True)


def avg_pool(layer: Any, shapes: Shapes, output: Shape) -> Form:
    rank, sides = len(output) - 1, sides_of(layer, shapes[0], output)
    divisor, shape = layer.divisor_override, shapes[0]
    small = any(n < s.kernel for n, s in zip(shape[1:], sides, strict=True))
    odd = any(s.dilation > 1 for s in sides) or (rank == 1 and divisor is not None)
    hanging = any(s.extra for s in sides)
    whole = not hanging and (layer.count_include_pad or not any(map(any, amounts(sides))))
    if not odd and not (rank == 3 and small) and pools_plainly(sides):
        pairs, inside, ceil = [], alike([s.before for s in sides]), rounds_up(layer)
    elif not odd and (whole or divisor is not None):
        pairs, inside, ceil = amounts(sides), 0, False
    else:
        return window_mean(layer, sides)
    inner = around(pairs)
    return Form(
        f"{{m}}({inner})",
        f"nn.AvgPool{rank}d",
        (
            argument(None, alike([s.kernel for s in sides]), hint="kernel_size"),
            steps(sides),
            argument("padding", inside, 0),
            argument("ceil_mode", ceil and hanging, False),
            argument("count_include_pad", layer.count_include_pad or not inside, True),
            *([argument("divisor_override", divisor)] if divisor is not None else []),
        ),
        (("pad", flat_pads(pairs)),) if "{pad}" in inner else (),
        stem="pool",
    )


def mean_values(sides: list[Sides], with_padding: bool) -> tuple[tuple[str, Any], ...]:
    """Return the arguments of the helper for unusual means."""
    counted = [(s.before, s.after) if with_padding else (0, 0) for s in sides]
    return (
        ("kernel", tuple([s.kernel for s in sides])),
        ("stride", tuple([s.stride for s in sides])),
        ("dilation", tuple([s.dilation for s in sides])),
        ("pad", flat_pads(amounts(sides))),
        ("counted", flat_pads(counted)),
    )


MEAN = "window_mean({0}, {kernel}, {stride}, {dilation}, {pad}, {counted})"


def window_mean(layer: Any, sides: list[Sides]) -> Form:
    """Return a mean whose divisor is what each window holds, which no layer of PyTorch has."""
    taps = 1
    for side in sides:
        taps *= side.kernel
    use, with_padding = MEAN, layer.count_include_pad
    if layer.divisor_override is not None:
        use = MEAN.replace("{counted}", "{pad}") + f" * {taps / layer.divisor_override!r}"
    values = mean_values(sides, with_padding)
    if layer.divisor_override is not None:
        values = tuple([pair for pair in values if pair[0] != "counted"])
    return Form(use, inserts=values, operator="*" in use, helpers=("window_mean",))


def lp_pool(layer: Any, shapes: Shapes, output: Shape) -> Form:
    rank, sides = len(output) - 1, sides_of(layer, shapes[0], output)
    p, hanging = layer.norm_type, any(s.extra for s in sides)
    small = rank == 3 and any(n < s.kernel for n, s in zip(shapes[0][1:], sides, strict=True))
    if any(s.dilation > 1 for s in sides) or small or hanging:
        taps = 1
        for side in sides:
            taps *= side.kernel
        power = MEAN.replace("{0}", f"{{0}}.pow({p:g})")
        use = f"({power} * {taps}).pow({1 / p!r})"
        return Form(use, inserts=mean_values(sides, True), helpers=("window_mean",))
    inner = around(amounts(sides))
    return Form(
        f"{{m}}({inner})",
        f"nn.LPPool{rank}d",
        (
            argument(None, int(p) if p == int(p) else p, hint="norm_type"),
            argument(None, alike([s.kernel for s in sides]), hint="kernel_size"),
            steps(sides),
        ),
        (("pad", flat_pads(amounts(sides))),) if "{pad}" in inner else (),
        stem="pool",
    )


def subsample(layer: Any, shapes: Shapes, output: Shape) -> Form:
    sides = sides_of(layer, shapes[0], output)
    use, values = padded_use(amounts(sides), "zeros")
    rank = len(output) - 1
    return Form(
        use,
        "Subsample",
        (
            argument(None, shapes[0][0], hint="in_channels"),
            argument(None, tuple([s.kernel for s in sides]), hint="kernel_size"),
            argument(None, tuple([s.stride for s in sides]), hint="stride"),
        ),
        (*values,),
        stem="pool",
        helpers=("Subsample",) if rank else (),
    )


def every_place(output: Shape) -> str:
    """Return the spatial axes of a batch as source."""
    axes = range(2, len(output) + 1)
    return "2" if len(axes) == 1 else f"({', '.join(map(str, axes))})"


def global_avg_pool(_layer: Any, _shapes: Shapes, output: Shape) -> Form:
    return Form(f"F.adaptive_avg_pool{len(output) - 1}d({{0}}, 1)")


def global_max_pool(_layer: Any, _shapes: Shapes, output: Shape) -> Form:
    return Form(f"F.adaptive_max_pool{len(output) - 1}d({{0}}, 1)")


def global_lp_pool(layer: Any, _shapes: Shapes, output: Shape) -> Form:
    p, axes = layer.norm_type, every_place(output)
    return Form(f"{{0}}.pow({p:g}).sum({axes}, keepdim=True).pow({1 / p!r})")


def adaptive(kind: str) -> Any:
    """Return the rule of a pool over bins."""

    def make(layer: Any, _shapes: Shapes, output: Shape) -> Form:
        rank = len(output) - 1
        size = alike(axes_of(layer.output_size, rank))
        bins = argument(None, size, hint="output_size")
        return Form("{m}({0})", f"nn.Adaptive{kind}Pool{rank}d", (bins,), stem="pool")

    return make


RULES = {
    "conv": conv,
    "conv_transpose": conv_transpose,
    "locally_connected": locally_connected,
    "max_pool": max_pool,
    "min_pool": min_pool,
    "avg_pool": avg_pool,
    "lp_pool": lp_pool,
    "subsample": subsample,
    "global_avg_pool": global_avg_pool,
    "global_max_pool": global_max_pool,
    "global_lp_pool": global_lp_pool,
    "adaptive_avg_pool": adaptive("Avg"),
    "adaptive_max_pool": adaptive("Max"),
}
