"""Inputs that look as if their axes stood in another order than the one they are read in.

Everybody who comes from TensorFlow writes 224x224x3, and who comes from PyTorch 1x3x224x224. Both
are legal shapes here, of 224 channels and of three spatial axes, so nothing else would stop them.
"""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.quantities import show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.graph import Node
    from cnncalc.quantities import Shape

LAYOUTS = ("chw", "hwc")
#: The channels of pictures: grey, colour, colour with transparency.
PICTURE_CHANNELS = (1, 3, 4)
SMALLEST_PICTURE = 17
AXES = (("length",), ("height", "width"), ("depth", "height", "width"))


def channels_first(shape: Shape, layout: str) -> Shape:
    """Return a shape, given in some layout, with its channels first."""
    return (*shape[-1:], *shape[:-1]) if layout == "hwc" else shape


def looks_like(shape: Shape) -> Shape | None:
    """Return what a shape, read as channels first, was probably meant to be (None: itself)."""
    large = [length >= SMALLEST_PICTURE for length in shape]
    last_is_channels = len(shape) > 2 and shape[-1] in PICTURE_CHANNELS
    if last_is_channels and large[0] and min(shape[1:-1]) > max(PICTURE_CHANNELS):
        return channels_first(shape, "hwc")
    if len(shape) == 4 and all(large[2:]) and shape[1] in PICTURE_CHANNELS:
        return shape[1:]
    if len(shape) == 4 and last_is_channels and all(large[1:3]):
        return channels_first(shape[1:], "hwc")
    if len(shape) == 2 and shape[0] == shape[1] and all(large):
        return (1, *shape)
    return None


def doubt(shape: Shape, written: str, typed: str, layout: str) -> tuple[str, str] | None:
    """Return message and help for a shape that looks like another order, or None.

    `written` is the shape as it stands in the text; `typed` and `layout` are the words with which
    another shape and another layout are given: `--input ` and `--layout hwc`.
    """
    meant = looks_like(shape)
    if meant is None:
        return None
    names = " x ".join(("channels", *AXES[len(shape) - 2]))
    help = f"write `{typed}{show_shape(meant)}`"
    if channels_first(shape, "hwc") == meant:
        help += f", or add `{layout}`"
    elif len(shape) == 2:
        help += f" or `{typed}{show_shape((3, *shape))}`"
    elif len(shape) == 4:
        help += ": the batch is no part of the input's shape"
    inside = show_shape(shape[1:])
    return f"{written} is read as {names}: {shape[0]} channels of {inside}", help


def other_channels(nodes: list[Node], index: int, own: Shape) -> str | None:
    """Return what other channels than the spec's own change, or None if these are the same.

    `nodes[index]` is an input; `own` the shape that the spec gives it.
    """
    given: Shape = nodes[index].layer.output_shape(())
    if own[0] == given[0]:
        return None
    count = f"{given[0]} channel{'s' if given[0] > 1 else ''}"
    message = f"the input has {count}, not {own[0]} as in the spec"
    for node in nodes:
        if node.inputs == (index,):
            try:
                now = node.layer.facts((given,)).trainable
                before = node.layer.facts(((own[0], *given[1:]),)).trainable
            except LayerError:
                break  # which the walk will report
            if now != before:
                return f"{message}: `{node.name}` has {now:,} params instead of {before:,}"
    return message
