"""Keras' functions that give a map another shape, take parts of it or reduce it."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite

from cnncalc.exchange.keras.shapes import concatenate, permuted, reshaped
from cnncalc.exchange.keras.use import LayerUse
from cnncalc.exchange.keras.windows import resizing
from cnncalc.exchange.operations.axes import cost
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.keras.use import Rule

#: All elements along an axis.
WHOLE: dict[str, Any] = {"class_name": "__slice__", "config": {}}


def reduced(kind: str, keyword: str = "", global_pool: str = "") -> Rule:
    """Return the rule of a reduction: a global pool over all of space, a layer over channels.

    `kind` is what ONNX calls it.
    """

    def rule(use: LayerUse) -> int:
        axis = use.argument(1, "axis")
        whole = [axis] if isinstance(axis, int) else axis
        if not isinstance(whole, list):
            raise use.unknown("it reduces the batch too")
        own = sorted({use.axis(int(n)) for n in whole})
        shape = use.shape()
        if global_pool and own == list(range(1, len(shape))):
            index = use.add(global_pool)
        elif keyword and own == [0]:
            index = use.add(keyword, axes="channels")
        else:
            kept = tuple([1 if i in own else n for i, n in enumerate(shape)])
            index = use.counted(kept, **cost(kind, product(shape), product(kept)))
        if use.argument(2, "keepdims", "keep_dims", default=False):
            return index
        left_over = tuple([n for i, n in enumerate(shape) if i not in own]) or (1,)
        return use.add("reshape", index, part="shape", shape=left_over)

    return rule


def reshape(use: LayerUse) -> int:
    """A new shape, which begins with the batch."""
    wanted = use.argument(1, "newshape", "shape")
    if not isinstance(wanted, list) or any(type(n) is not int for n in wanted):
        raise use.unknown("its shape is computed")
    return reshaped(use, wanted[1:])


def transpose(use: LayerUse) -> int:
    """Axes in another order, the batch among them."""
    axes = use.argument(1, "axes", "perm")
    if not isinstance(axes, list) or axes[0] != 0:
        raise use.unknown("it moves the batch")
    return permuted(use, axes[1:])


def expand_dims(use: LayerUse) -> int:
    """A further axis of one element."""
    axis, rank = int(use.argument(1, "axis", default=-1)), use.rank + 2
    axis = axis + rank + 1 if axis < 0 else axis
    if axis == 0:
        raise use.unknown("it makes an axis before the batch")
    lengths = stated_order(use)
    return reshaped(use, [*lengths[: axis - 1], 1, *lengths[axis - 1 :]])


def squeeze(use: LayerUse) -> int:
    """One axis, or all of one element, left out."""
    given = use.argument(1, "axis")
    lengths = stated_order(use)
    axes = [given] if isinstance(given, int) else given
    if axes is None:
        kept = [n for n in lengths if n != 1]
    else:
        places = {int(axis) % (len(lengths) + 1) - 1 for axis in axes}
        kept = [n for place, n in enumerate(lengths) if place not in places]
    return reshaped(use, kept or [1])


def stated_order(use: LayerUse) -> list[int]:
    """Return the lengths of the input in the order in which the model counts them."""
    shape = use.shape()
    return [*shape[1:], shape[0]] if use.channels_last else list(shape)


def get_item(use: LayerUse) -> int:
    """Slices along axes; one element of an axis leaves it out."""
    places = use.argument(1, "key", "slice_spec")
    if not isinstance(places, list):
        raise use.unknown("its places are computed")
    ellipses = [i for i, place in enumerate(places) if is_ellipsis(place)]
    if ellipses:  # all the axes that are not named
        rest = [WHOLE] * (use.rank + 3 - len(places))
        places = [*places[: ellipses[0]], *rest, *places[ellipses[0] + 1 :]]
    index, left_out = use.inputs[0], []
    for axis, place in enumerate(places):
        start, stop, step = bounds(use, place)
        if (start, stop, step) == (None, None, None):
            continue
        if axis == 0:
            raise use.unknown("it takes some samples of a batch")
        own = use.axis(axis)
        length = use.shape()[own]
        chosen = range(length)[slice(start, stop, step)]
        if not chosen or chosen.step < 1:
            raise use.unknown("it takes elements backwards, or none")
        if isinstance(place, int):
            left_out.append(axis)
        if chosen != range(length):
            ends = {
                "start": chosen.start,
                "stop": chosen.stop if chosen.stop < length else None,
                "step": chosen.step,
            }
            index = use.add("slice", index, part=f"axis_{axis}", axis=own, **ends)
    if not left_out:
        return index
    shape = use.builder.shapes[index]
    lengths = [*shape[1:], shape[0]] if use.channels_last else list(shape)
    inner = use.within({"class_name": use.kind}, "shape")
    inner.inputs = [index]
    return reshaped(inner, [n for i, n in enumerate(lengths) if i + 1 not in left_out] or [1])


def split(use: LayerUse) -> list[int]:
    """Equal parts along an axis, or parts that end at given places."""
    own = use.axis(int(use.argument(2, "axis", default=0)))
    length, given = use.shape()[own], use.argument(1, "indices_or_sections", "num_or_size_splits")
    if isinstance(given, int):
        ends = [length // given * (n + 1) for n in range(given)]
    elif use.kind == "split":  # TensorFlow gives the sizes
        ends = [sum(given[: n + 1]) for n in range(len(given))]
    else:
        ends = [*given, length]
    return [
        use.add("slice", part=f"part_{n + 1}", start=start, stop=stop, axis=own)
        for n, (start, stop) in enumerate(pairwise([0, *ends]))
    ]


def is_ellipsis(place: Any) -> bool:
    """Return whether a place stands for all the axes that are not named."""
    return isinstance(place, dict) and place.get("class_name") == "__ellipsis__"


def bounds(use: LayerUse, place: Any) -> tuple[int | None, int | None, int | None]:
    """Return start, stop and step of a place along an axis; an integer is one element."""
    if isinstance(place, int):
        return place, place + 1 or None, 1
    config = place.get("config", place) if isinstance(place, dict) else None
    if not isinstance(config, dict) or place.get("class_name", "__slice__") != "__slice__":
        raise use.unknown("its places are computed")
    found = [config.get(name) for name in ("start", "stop", "step")]
    return found[0], found[1], found[2]


def resize(use: LayerUse) -> int:
    """A map of another size, by interpolation."""
    size = use.argument(1, "size")
    size = [size, size] if isinstance(size, int) else size
    inner = use.within({"class_name": "Resizing", "config": {
        **use.config, "height": size[0], "width": size[1]}})  # fmt: skip
    inner.entry = use.entry
    return resizing(inner)


def pad(use: LayerUse) -> int:
    """Zeros or a constant around a map."""
    pairs = use.argument(1, "pad_width", "paddings")
    mode, value = str(use.argument(2, "mode", default="constant")).lower(), use.argument(
        3, "constant_values", default=0)  # fmt: skip
    if not isinstance(pairs, list) or any(pairs[0]) or mode != "constant":
        raise use.unknown("it pads otherwise than with a constant around each sample")
    own = [(int(a), int(b)) for a, b in pairs[1:]]
    channels = own.pop() if use.channels_last else own.pop(0)
    number = float(value or 0)
    if not isfinite(number):  # before a maximum pool
        whole = zip(use.shape(), [channels, *own], strict=True)
        return use.counted(tuple([n + before + after for n, (before, after) in whole]))
    fields: dict[str, Any] = {"channels": channels} if any(channels) else {}
    return use.add("pad", padding=tuple(own), value=number, **fields)


FUNCTIONS: dict[str, Rule] = {
    "Mean": reduced("ReduceMean", "mean", "global_avg_pool"),
    "Max": reduced("ReduceMax", "max", "global_max_pool"), "Min": reduced("ReduceMin"),
    "Sum": reduced("ReduceSum"), "Prod": reduced("ReduceProd"), "Norm": reduced("ReduceL2"),
    "Concatenate": concatenate, "Reshape": reshape, "Transpose": transpose,
    "ExpandDims": expand_dims, "Squeeze": squeeze, "GetItem": get_item, "Resize": resize,
    "Pad": pad, "Split": split, "split": split,
}  # fmt: skip
