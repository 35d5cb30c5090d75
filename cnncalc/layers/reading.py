"""What a layer says about how it reads one of its inputs."""

from __future__ import annotations

from functools import lru_cache

from cnncalc.geometry import Window
from cnncalc.layers.relations import SAME, Everything, Slide
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.layers.rearranging import Rearranged, Refolded
    from cnncalc.layers.relations import Relation
    from cnncalc.quantities import Shape

    Relations = tuple[Relation, ...]


class Reading(Record):
    """How a layer reads one input: a relation per axis, channels first.

    `whole` says that every unit sees the whole map because of this layer; `local` are the
    relations without that, if any are left: a normalisation by statistics also reads the element
    that it normalises. `moved` says exactly where elements go if the layer only moves them; `axes`
    is then None if positions do not stay on their axis. `unknown` says that nobody knows what the
    layer reads.
    """

    axes: Relations | None
    whole: bool = False
    local: Relations | None = None
    moved: Rearranged | Refolded | None = None
    unknown: bool = False

    def keeps_place(self) -> bool:
        """Return whether every unit reads the position of its own number, and no other."""
        if self.whole or self.axes is None:
            return False
        if len(self.axes) == 1:  # the features of a vector are positions too
            return self.axes[0].is_single()
        return all(relation is SAME for relation in self.axes[1:])

    def drops_channels(self, shape: Shape, output: Shape) -> bool:
        """Return whether the units at one position, of all channels, leave input channels out."""
        if self.moved is not None:
            return self.moved.picks_channels()
        return self.axes is not None and not self.axes[0].reads_all(output[0], shape[0])

    def is_own(self) -> bool:
        """Return whether every unit reads the one element of its own place."""
        return self.axes is not None and all(relation is SAME for relation in self.axes)

    def path(self) -> Relations | None:
        """Return the relations beside those that read the whole map; None if there are none."""
        return self.local if self.whole else self.axes


OWN = tuple([Reading((SAME,) * rank) for rank in range(5)])


def own(shape: Shape) -> tuple[Reading, ...]:
    """Return the reading of a layer with one input that works element by element."""
    return (OWN[len(shape)],)


def sliding(
    shape: Shape, output: Shape, windows: Iterable[Window], mode: str = "zeros"
) -> Relations:
    """Return the relation along each spatial axis of a layer that slides windows."""
    lengths = zip(shape[1:], output[1:], windows, strict=True)
    return tuple([slide(length, units, mode, *w.values()) for length, units, w in lengths])


@lru_cache(maxsize=1024)
def slide(length: int, units: int, mode: str, *window: int) -> Slide:
    """Return a sliding window along one axis; there are few, and they are asked for often."""
    return Slide(length, units, Window(*window), mode)


all_channels = lru_cache(maxsize=1024)(Everything)


def over_channels(shape: Shape) -> tuple[Reading, ...]:
    """Return the reading of all channels at the same position; of a flat vector, of everything."""
    return over_axis(shape, 0)


def over_axis(shape: Shape, axis: int) -> tuple[Reading, ...]:
    """Return the reading of all elements along one axis; of a flat vector, of everything."""
    rank = len(shape)
    own_place = (SAME,) * rank
    axes = (*own_place[:axis], Everything(shape[axis], shape[axis]), *own_place[axis + 1 :])
    return (Reading(axes) if rank > 1 else Reading(axes, True, (SAME,)),)


def everything(shape: Shape, output: Shape) -> tuple[Reading, ...]:
    """Return the reading of every feature of a flat vector."""
    return (Reading((Everything(shape[0], output[0]),), whole=True),)


def moving(moved: Rearranged | Refolded) -> tuple[Reading, ...]:
    """Return the reading of a layer that only moves elements."""
    axes = [moved.along(axis) for axis in range(len(moved.source))]
    if len(moved.target) != len(axes) or None in axes[1:]:
        return (Reading(None, moved=moved),)
    steps = moved.steps()
    last, first = steps[0], steps[-1]
    channels = axes[0] or Everything(first.shape(first.source)[0], last.shape(last.target)[0])
    return (Reading((channels, *[axis for axis in axes[1:] if axis]), moved=moved),)
