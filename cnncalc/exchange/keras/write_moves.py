"""How layers that pad, cut, enlarge and move elements are written in Keras 3: channels last."""

from __future__ import annotations

from cnncalc.exchange.keras.write_windows import check_reflection, pad_value, padded
from cnncalc.exchange.source.forms import Form, sliced
from cnncalc.exchange.targets import Unwritable, alike, regrouped
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.source.forms import Rule, Shapes
    from cnncalc.quantities import Shape


def to_first(rank: int, inner: str) -> str:
    """Return the source of a map whose channels come first."""
    order = (rank + 1, *range(1, rank + 1))
    return f"layers.Permute({order})({inner})" if rank else inner


def to_last(rank: int, inner: str) -> str:
    """Return the source of a map whose channels, now first, come last again."""
    order = (*range(2, rank + 2), 1)
    return f"layers.Permute({order})({inner})" if rank else inner


def flatten(_layer: Any, shapes: Shapes, output: Shape) -> Form:
    shape = shapes[0]
    if len(output) > 1:
        return reshape(_layer, shapes, output)
    if product(shape[1:]) == 1 or shape[0] == 1:
        return Form("layers.Flatten()({0})")
    return Form(f"layers.Flatten()({to_first(len(shape) - 1, '{0}')})")


def reshape(_layer: Any, shapes: Shapes, output: Shape) -> Form:
    inner = to_first(len(shapes[0]) - 1, "{0}")
    return Form(to_last(len(output) - 1, f"layers.Reshape({output})({inner})"))


def rearranged(layer: Any, shapes: Shapes, output: Shape) -> Form:
    grid, order, joined = regrouped(layer, shapes[0], last=True)
    use = "{0}" if len(grid) == len(shapes[0]) else f"layers.Reshape({grid})({{0}})"
    if order != sorted(order):
        use = f"layers.Permute({tuple([axis + 1 for axis in order])})({use})"
    if joined:
        use = f"layers.Reshape({(*output[1:], output[0])})({use})"
    return Form(use)


def channel_shuffle(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    channels, *lengths = shapes[0]
    rank, groups = len(lengths), layer.groups
    use = f"layers.Reshape({(*lengths, groups, channels // groups)})({{0}})"
    order = (*range(1, rank + 1), rank + 2, rank + 1)
    return Form(f"layers.Reshape({(*lengths, channels)})(layers.Permute({order})({use}))")


def upsample(layer: Any, shapes: Shapes, output: Shape) -> Form:
    rank = len(output) - 1
    lengths = list(zip(shapes[0][1:], output[1:], strict=True))
    if any(out % n for n, out in lengths):
        raise Unwritable("its factors are whole numbers", "size")
    if layer.align_corners:
        raise Unwritable("its corner elements do not keep their values", "align_corners")
    if layer.mode != "nearest" and rank != 2:
        raise Unwritable("it repeats the nearest element where there are not two axes", "mode")
    if layer.mode not in ("nearest", "bilinear"):
        raise Unwritable("its interpolation by cubics is another one", "mode")
    size = alike([out // n for n, out in lengths])
    more = "" if layer.mode == "nearest" else ', interpolation="bilinear"'
    return Form(f"layers.UpSampling{rank}D({{size}}{more})({{0}})", inserts=(("size", size),))


def pad(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    pairs = layer.around(shapes)
    channels = layer.channels or (0, 0)
    if layer.mode in ("replicate", "circular"):
        raise Unwritable("it pads with zeros, constants and reflections only", "mode")
    if layer.mode == "zeros" and not layer.value and not any(channels):
        inner, inserts = padded(pairs)
        return Form(inner if inserts else "layers.Identity()({0})", inserts=inserts)
    if layer.mode == "reflect":
        check_reflection(pairs, "mode")
        use = 'ops.pad({0}, {pad}, mode="reflect")'
        inserts = (("pad", ((0, 0), *pairs, (0, 0))),)
        if any(channels):
            use = f"ops.pad({use}, {{more}})"
            inserts += (("more", (*[(0, 0)] * (len(pairs) + 1), channels)),)
        return Form(use, inserts=inserts)
    use = "ops.pad({0}, {pad}, constant_values={value})"
    return Form(use, inserts=(("pad", ((0, 0), *pairs, channels)), ("value", layer.value)))


def crop(layer: Any, shapes: Shapes, output: Shape) -> Form:
    cut = pad_value([tuple(pair) for pair in layer.edges(shapes)])
    return Form(f"layers.Cropping{len(output) - 1}D({{cut}})({{0}})", inserts=(("cut", cut),))


def slice_(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    return sliced(layer, shapes[0], ":, " * layer.axis or "..., ")


RULES: dict[str, Rule] = {
    "flatten": flatten,
    "upsample": upsample,
    "pad": pad,
    "crop": crop,
    "channel_shuffle": channel_shuffle,
    "slice": slice_,
    "pixel_shuffle": rearranged,
    "reshape": reshape,
    "permute": rearranged,
    "space_to_depth": rearranged,
}
