"""How convolutions and pools are written in PyTorch."""

from __future__ import annotations

from cnncalc.exchange.source.forms import Argument, Form
from cnncalc.exchange.targets import Sides, Unwritable, alike, amounts, axes_of, sides_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.source.forms import Shapes
    from cnncalc.quantities import Shape


def flat_pads(pairs: list[tuple[int, int]]) -> tuple[int, ...]:
    """Return padding as `F.pad` lists it: the last axis first."""
    return tuple([n for pair in reversed(pairs) for n in pair])


def is_even(pairs: list[tuple[int, int]]) -> bool:
    """Return whether as much is added before as after."""
    return all(before == after for before, after in pairs)


def padded_use(
    pairs: list[tuple[int, int]], mode: str = "zeros", value: str = ""
) -> tuple[str, tuple[Any, ...]]:
    """Return the use of a module whose input is padded before it, and the padding's value."""
    if not any(map(any, pairs)):
        return "{m}({0})", ()
    more = {"zeros": f", value={value}" if value else ""}.get(mode, f', mode="{mode}"')
    return f"{{m}}(F.pad({{0}}, {{pad}}{more}))", (("pad", flat_pads(pairs)),)


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
            Argument(None, shapes[0][0], hint="in_channels"),
            Argument(None, layer.out_channels, hint="channels"),
            Argument(None, alike([s.kernel for s in sides]), hint="kernel_size"),
            Argument("stride", alike([s.stride for s in sides]), 1),
            Argument("padding", alike([before for before, _ in pairs]) if inside else 0, 0),
            Argument("dilation", alike([s.dilation for s in sides]), 1),
            Argument("groups", layer.groups, 1),
            Argument("bias", layer.bias, True),
            Argument("padding_mode", mode if inside else "zeros", "zeros"),
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
            Argument(None, shape[0], hint="in_channels"),
            Argument(None, [tuple(row) for row in layer.connections], hint="table"),
            Argument(None, tuple([s.kernel for s in sides]), hint="kernel_size"),
            Argument("stride", tuple([s.stride for s in sides]), (1,) * len(sides)),
            Argument("dilation", tuple([s.dilation for s in sides]), (1,) * len(sides)),
            Argument("bias", layer.bias, True),
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
            Argument(None, shapes[0][0], hint="in_channels"),
            Argument(None, layer.out_channels, hint="channels"),
            Argument(None, alike([w.kernel for w in windows]), hint="kernel_size"),
            Argument("stride", alike([w.stride for w in windows]), 1),
            Argument("padding", alike(pad), 0),
            Argument("output_padding", alike(extra), 0),
            Argument("groups", layer.groups, 1),
            Argument("bias", layer.bias, True),
            Argument("dilation", alike([w.dilation for w in windows]), 1),
        ),
        values,
        stem="conv_transpose",
    )


def locally_connected(layer: Any, shapes: Shapes, output: Shape) -> Form:
    sides = sides_of(layer, shapes[0], output)
    use, values = padded_use(amounts(sides))
    return Form(
        use,
        "LocallyConnected",
        (
            Argument(None, shapes[0][0], hint="in_channels"),
            Argument(None, layer.out_channels, hint="channels"),
            Argument(None, tuple(output[1:]), hint="positions"),
            Argument(None, tuple([s.kernel for s in sides]), hint="kernel_size"),
            Argument("stride", tuple([s.stride for s in sides])),
            Argument("dilation", tuple([s.dilation for s in sides])),
            Argument("bias", layer.bias, True),
        ),
        values,
        stem="local",
        helpers=("LocallyConnected",),
    )


RULES = {
    "conv": conv,
    "conv_transpose": conv_transpose,
    "locally_connected": locally_connected,
}
