"""What every unit of every map reads along each axis: tables for pictures that answer at once."""

from __future__ import annotations

from cnncalc.layers.relations import SAME, Everything
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.fields.api import ReceptiveFields
    from cnncalc.layers.reading import Reading
    from cnncalc.layers.relations import Relation
    from cnncalc.quantities import Shape

    #: For each unit along an axis the first pixel read and the one after the last; None for none.
    Table = tuple[tuple[int, int] | None, ...]
    Known = dict[tuple[int, int, int], tuple[Table, Table, Relation]]


class Tables(Record):
    """The tables of one node, one per axis; `uniform` says that all channels read the same."""

    axes: tuple[Table, ...]
    uniform: bool = True


def unit_tables(fields: ReceptiveFields) -> list[Tables | None]:
    """Return for each node the pixels that the units along each axis really read.

    A unit reads what its coordinates read along their axes: the rectangle that
    `ReceptiveFields.unit` calls `clipped`. None where that is not so: for vectors, for units that
    see the whole input, and where channels that differ are picked.
    """
    source = fields.index(fields.source)
    result: list[Tables | None] = []
    known: Known = {}
    shapes = fields.analysis.output_shapes()
    for index in range(len(shapes)):
        if index == source:
            axes = [tuple([(p, p + 1) for p in range(length)]) for length in fields.pixels]
            result.append(Tables(tuple(axes)))
            continue
        parts = followed_parts(fields, index, result)
        result.append(combined(parts, shapes[index], known) if parts else None)
    return result


def followed_parts(
    fields: ReceptiveFields, index: int, known: list[Tables | None]
) -> list[tuple[Reading, Tables]]:
    """Return how a node reads those of its inputs that see pixels, with their tables; or nothing.

    Nothing if one of them has no table, or is read in a way that tables cannot follow.
    """
    facts = fields.analysis.facts
    parts = []
    for at, reading in zip(fields.graph.nodes[index].sources, fields.readings(index), strict=False):
        if not fields.nodes[at].depends:
            continue
        held = known[at]
        if held is None or not is_followed(reading, held, facts[at].output, facts[index].output):
            return []
        parts.append((reading, held))
    return parts


def is_followed(reading: Reading, held: Tables, read: Shape, made: Shape) -> bool:
    """Return whether positions stay on their axes, and channels that differ are all read."""
    if reading.whole or reading.axes is None or len(reading.axes) != len(held.axes) + 1:
        return False
    channels = reading.axes[0]
    return held.uniform or channels.existing(channels.back(((0, made[0]),))) == ((0, read[0]),)


def combined(parts: list[tuple[Reading, Tables]], output: Shape, known: Known) -> Tables | None:
    """Return the tables of a node that reads inputs with tables; None where they would mislead."""
    through = []
    for reading, held in parts:
        assert reading.axes is not None
        axes = zip(reading.axes[1:], held.axes, output[1:], strict=True)
        through.append(tuple([followed(*axis, known) for axis in axes]))
    first = through[0]
    together = all(
        reading.axes is not None and isinstance(reading.axes[0], Everything) for reading, _ in parts
    )
    alike = all(one == first for one in through)
    if alike:
        return Tables(first, together or all(held.uniform for _, held in parts))
    if any(None in table for one in through for table in one):
        return None  # where a branch reads nothing along one axis, its other axis must not count
    each = all(reading.axes is not None and reading.axes[0] is SAME for reading, _ in parts)
    uniform = each and all(held.uniform for _, held in parts)
    return Tables(tuple([united(tables) for tables in zip(*through, strict=True)]), uniform)


def followed(axis: Relation, table: Table, units: int, known: Known) -> Table:
    """Return the table behind a relation; equal tables are one object."""
    if axis is SAME:
        return table
    key = id(axis), id(table), units
    found = known.get(key)
    if found is None:
        made = []
        for unit in range(units):
            held = [
                table[p]
                for lo, hi in axis.existing(axis.back(((unit, unit + 1),)))
                for p in range(lo, hi)
            ]
            ends = [end for end in held if end is not None]
            made.append((min(ends)[0], max([hi for _, hi in ends])) if ends else None)
        known[key] = found = (tuple(made), table, axis)
    return found[0]


def united(tables: tuple[Table, ...]) -> Table:
    """Return what the units of several branches read together."""
    result: list[tuple[int, int] | None] = []
    for ends in zip(*tables, strict=True):
        real = [end for end in ends if end is not None]
        result.append((min(real)[0], max([hi for _, hi in real])))
    return tuple(result)
