"""Which axis of a typed shape is which: orders, batch axes, axes of size 1, one number for two."""

from __future__ import annotations

import re
from typing import NamedTuple

from cnncalc.grading.answers import Volume
from cnncalc.quantities import product

_WHOLE = re.compile(
    r"(?:(?:it|the unit|a unit|each unit|every unit|one unit) )?(?:sees |covers |is )?"
    r"(?:the |all (?:of )?(?:the )?)?(?:whole|entire|full|complete|all)"
    r"(?: of)?(?: the)?(?: input)?(?: image| map| volume| picture)?(?: pixels)?\W*"
    r"|everything\W*",
    re.IGNORECASE,
)


def says_whole(raw: str) -> bool:
    """Tell whether an answer says in words that a unit sees the whole input."""
    return len(raw) < 80 and _WHOLE.fullmatch(raw.strip()) is not None


class Wanted(NamedTuple):
    """The right shape `(C, *spatial)`, or with `spatial` the lengths of the spatial axes only.

    `single` if one number may stand for equal axes (receptive fields, spatial sizes). `depth` are
    the channels that may be added to a spatial size (0: any).
    """

    shape: tuple[int, ...]
    spatial: bool = False
    single: bool = False
    depth: int = 0


class AxesReading(NamedTuple):
    """One way to read the axes: `shape` as `(C, *spatial)`, or only a part of it.

    Where an axis is missing, `shape` is None and `depth` or `spatial` hold what was given.
    `reordered` if the question fixed the other order.
    """

    shape: tuple[int, ...] | None
    depth: int | None
    spatial: tuple[int, ...]
    notes: tuple[str, ...] = ()
    reordered: bool = False
    cube: bool = False


def arrangements(volume: Volume, wanted: Wanted, layout: str) -> tuple[AxesReading, ...] | str:
    """Return the ways to read a typed shape, the likeliest first, or why it can be none."""
    axes, names, notes = list(volume.axes), list(volume.names), []
    if axes and (axes[0] is None or (names[0] == "N" and len(axes) > 1)):
        axes, names = axes[1:], names[1:]
        notes.append("the batch axis was left out of account")
    if any(axis is None for axis in axes):
        return "an axis has no size"
    values = [axis for axis in axes if axis is not None]
    if any(value.denominator != 1 for value in values):
        return "sizes are whole numbers"
    if any(value < 1 for value in values):
        return "sizes are at least 1"
    sizes = [int(value) for value in values]
    if wanted.spatial:
        return _spatial(sizes, names, wanted, tuple(notes))
    return _volumes(sizes, names, wanted, layout, tuple(notes))


def _volumes(
    sizes: list[int], names: list[str], wanted: Wanted, layout: str, notes: tuple[str, ...]
) -> tuple[AxesReading, ...]:
    rank = len(wanted.shape)
    if len(sizes) == rank == 1:
        return (AxesReading((sizes[0],), sizes[0], (), notes),)
    if len(sizes) == rank:
        return tuple(_orders(sizes, names, layout, notes))
    if len(sizes) == rank + 1 and sizes[0] == 1:
        dropped = (*notes, "a leading axis of 1 was read as the batch")
        return tuple(_orders(sizes[1:], names[1:], layout, dropped))
    squeezed = [size for size in sizes if size > 1]
    if squeezed == [length for length in wanted.shape if length > 1] and len(squeezed) < 2:
        return (AxesReading(wanted.shape, None, (), (*notes, "axes of size 1 made no difference")),)
    if len(sizes) == rank - 1:
        named = dict(zip(names, sizes, strict=True))
        if wanted.shape[0] == 1 and tuple(sizes) == wanted.shape[1:]:
            return (AxesReading(wanted.shape, 1, (), (*notes, "the single channel was left out")),)
        if "C" not in named:
            return (AxesReading(None, None, tuple(sizes), notes),)
    if len(sizes) == 2 < rank and names.count("C") == 1:
        depth, side = (sizes[0], sizes[1]) if names[0] == "C" else (sizes[1], sizes[0])
        same = (side,) * (rank - 1)
        return (AxesReading((depth, *same), depth, same, (*notes, "one number read for all axes")),)
    if len(sizes) == 1 and rank > 2:
        return (AxesReading(None, None, (sizes[0],) * (rank - 1), notes),)
    return (AxesReading(None, None, (), notes),)


def _orders(
    sizes: list[int], names: list[str], layout: str, notes: tuple[str, ...]
) -> list[AxesReading]:
    cube = len(set(sizes)) == 1
    if "C" in names:
        at = names.index("C")
        spatial = _named_spatial(sizes[:at] + sizes[at + 1 :], names[:at] + names[at + 1 :])
        return [AxesReading((sizes[at], *spatial), sizes[at], spatial, notes)]
    if len(sizes) == 1:
        return [AxesReading((sizes[0],), sizes[0], (), notes)]
    last = AxesReading((sizes[-1], *sizes[:-1]), sizes[-1], tuple(sizes[:-1]), notes, False, cube)
    first = AxesReading(tuple(sizes), sizes[0], tuple(sizes[1:]), notes, False, cube)
    if layout == "free":
        said = (*notes, "read as channels first")
        return [last, AxesReading(first.shape, first.depth, first.spatial, said, False, cube)]
    right, other = (last, first) if layout == "hwc" else (first, last)
    return [right, AxesReading(other.shape, other.depth, other.spatial, notes, True, cube)]


def _named_spatial(sizes: list[int], names: list[str]) -> tuple[int, ...]:
    """Return the spatial sizes in the order height, width, if they were named otherwise."""
    if names == ["W", "H"]:
        return (sizes[1], sizes[0])
    return tuple(sizes)


def _spatial(
    sizes: list[int], names: list[str], wanted: Wanted, notes: tuple[str, ...]
) -> tuple[AxesReading, ...]:
    rank = len(wanted.shape)
    if len(sizes) == rank:
        spatial = _named_spatial(sizes, names)
        return (AxesReading(spatial, None, spatial, notes),)
    if len(sizes) == 1:
        same = (sizes[0],) * rank
        if len(set(wanted.shape)) == 1:
            said = notes if wanted.single else (*notes, "one number read for all axes")
            return (AxesReading(same, None, same, said),)
        return (AxesReading(None, None, (sizes[0],), notes),)
    if len(sizes) == rank + 1:
        places = [names.index("C")] if "C" in names else [0, rank] if sizes[0] == 1 else [rank, 0]
        return tuple([_with_channels(sizes, names, at, wanted, notes) for at in places])
    return (AxesReading(None, None, (), notes),)


def _with_channels(
    sizes: list[int], names: list[str], at: int, wanted: Wanted, notes: tuple[str, ...]
) -> AxesReading:
    """Return spatial sizes to which channels were added, which must be right then."""
    depth = sizes[at]
    spatial = _named_spatial(sizes[:at] + sizes[at + 1 :], names[:at] + names[at + 1 :])
    if wanted.depth and depth not in (1, wanted.depth):
        return AxesReading(None, None, spatial, notes)
    return AxesReading(spatial, None, spatial, (*notes, "a channel axis was added"))


class Parts(NamedTuple):
    """How much of a shape's parts is right, in halves, and what is to be said."""

    spatial: int = 0
    depth: int = 0
    notes: tuple[str, ...] = ()
    slip: str = ""

    @property
    def rank(self) -> int:
        """What makes one reading better than another."""
        return self.spatial + self.depth


def parts_of(arrangement: AxesReading, wanted: Wanted) -> Parts:
    """Return which parts of the shape an arrangement has right."""
    lengths = wanted.shape if wanted.spatial else wanted.shape[1:]
    given = arrangement.spatial
    slip = "axes_swapped" if len(given) > 1 and given == lengths[::-1] != lengths else ""
    if wanted.spatial:
        if len(given) == 1 and given[0] in lengths and len(lengths) > 1:
            return Parts(1, notes=("one number for a map that is not square",))
        if given == lengths:
            return Parts(2, notes=("the size is right, the channels added to it are not",))
        return Parts(slip=slip)
    if given and given[0] == product(wanted.shape) and given != lengths:
        return Parts(slip="product_for_volume")
    spatial = 2 if lengths and given == lengths else 0
    # The same number on every axis does not show that the depth is known.
    known = not arrangement.cube or len(set(wanted.shape)) == 1
    depth = 2 if known and lengths and arrangement.depth == wanted.shape[0] else 0
    notes: list[str] = []
    if spatial:
        missing = arrangement.depth is None
        notes.append("the spatial part is right, the depth is " + ("missing" if missing else "not"))
    elif depth:
        notes.append("the depth is right, the spatial part is not")
    return Parts(spatial, depth, tuple(notes), slip)
