"""The values that `cnncalc.receptive_field` returns: fields of nodes and of single units."""

from __future__ import annotations

from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.fields.regions import Hull, Region
    from cnncalc.quantities import Shape


class AxisField(Record):
    """The field of a node's units along one axis, in input pixels, padding included.

    `size` is the largest over the units that exist, `smallest` the smallest. Neighbouring units
    are `jump` pixels apart (None where that is no whole number or differs), and the field of unit
    0 begins at `start`; negative starts lie in the padding. The last unit's field goes
    `end_padding` pixels beyond the input's end; negative if pixels at the end are not seen.
    `centre` is the middle of unit 0's field, where pixel i has its middle at i. `covered` counts
    the positions that the middle unit really reads. `period` is set where fields
    repeat: after so many units, moved on by so many pixels. Figures are None where the field is
    not known, or depends on an input size that is not given; `reason` then says why.
    """

    size: int | None
    smallest: int | None
    jump: int | None
    start: int | None
    end_padding: int | None
    centre: float | None
    covered: int | None
    period: tuple[int, int] | None = None
    reason: str | None = None


class Misalignment(Record):
    """Two branches of a merge whose fields do not lie on each other.

    `branches` are the names of the nodes that bring them, `jumps` their jumps along `axis`. Where
    these agree, the second branch's centres lie `offset` pixels after the first's (a multiple of
    one half; None where jumps differ). `agree_at` says at which input sizes they would agree.
    """

    branches: tuple[str, str]
    axis: int
    jumps: tuple[int | None, int | None]
    offset: float | None
    agree_at: Agreement | None = None


class Agreement(Record):
    """Input sizes along one axis at which something holds: `size % modulus in remainders`.

    `nearest` are such sizes next to the present one, at most one below and one above.
    """

    modulus: int
    remainders: tuple[int, ...]
    nearest: tuple[int, ...]


class NodeField(Record):
    """The receptive field of one node's units on one input of the network.

    `axes` has one field per axis of the input; it is None if every unit sees the `whole` input,
    or if the node does not depend on this input at all (`depends` is False). Where only a side
    path sees everything, such as a squeeze-and-excitation gate or a norm's statistics, `without`
    has the fields over all other paths. `aligned` says whether the branches of all merges on the
    way agree (None: that depends on an input size that is not given); `misaligned` lists those of
    this node that do not.
    """

    name: str
    layer: str
    output: Shape
    axes: tuple[AxisField, ...] | None
    whole: bool = False
    without: tuple[AxisField, ...] | None = None
    aligned: bool | None = True
    misaligned: tuple[Misalignment, ...] = ()

    @property
    def depends(self) -> bool:
        """Whether the node depends on the input at all."""
        return self.whole or self.axes is not None

    @property
    def size(self) -> tuple[int | None, ...] | None:
        """The size along each axis; None if `axes` is."""
        return None if self.axes is None else tuple([axis.size for axis in self.axes])

    @property
    def jump(self) -> tuple[int | None, ...] | None:
        """The jump along each axis; None if `axes` is."""
        return None if self.axes is None else tuple([axis.jump for axis in self.axes])

    @property
    def start(self) -> tuple[int | None, ...] | None:
        """The start along each axis; None if `axes` is."""
        return None if self.axes is None else tuple([axis.start for axis in self.axes])


class UnitField(Record):
    """What one unit depends on, exactly.

    `unit` has one coordinate per axis of its map (or one feature of a vector). `region` is the
    rectangle that its field spans, padding included, `clipped` the smallest one around the input
    pixels that it really reads, both as `(lo, hi)` per axis with `hi` exclusive; None if it reads
    none. `read` counts the pixels that it reads, `holes` those within `clipped` that no path
    reads. `without` is `(region, clipped)` over the paths that do not see the whole input, if the
    node has others too. `pixels` is the set of pixels read, as a region over the input's axes.
    """

    node: str
    unit: tuple[int, ...]
    region: Hull | None
    clipped: Hull | None
    read: int
    holes: int
    without: tuple[Hull | None, Hull | None] | None
    pixels: Region


class SeenBy(Record):
    """The units of one node that depend on a pixel: how many, and the smallest box around them.

    `units` is None if there are none.
    """

    node: str
    units: tuple[tuple[int, int], ...] | None
    count: int
