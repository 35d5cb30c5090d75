"""What is to be said of one unit, and of one pixel."""

from __future__ import annotations

from cnncalc.report.receptive_field.table import alike, disagreement, jump_text
from cnncalc.report.table import Column, Table, TableRow
from cnncalc.report.words import shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.fields.api import ReceptiveFields
    from cnncalc.fields.regions import Hull
    from cnncalc.fields.result import AxisField, UnitField


def seen_table(fields: ReceptiveFields, pixel: tuple[int, ...]) -> Table:
    """Return which units of each node depend on a pixel of the input."""
    columns = (
        Column("layer", "layer", flexible=True),
        Column("output", "output", "right"),
        Column("units", "units that see it"),
        Column("count", "how many", "right"),
    )
    rows = []
    before: tuple[str, ...] = ()
    for field, seen in zip(fields.nodes, fields.seen_by(pixel), strict=True):
        axes = [str(lo) if hi == lo + 1 else f"{lo}–{hi - 1}" for lo, hi in seen.units or ()]
        units = "none" if seen.units is None else " x ".join(axes)
        cells = (field.name, shape(field.output), units, f"{seen.count:,}")
        if cells[1:] != before:
            rows.append(TableRow(cells))
        before = cells[1:]
    where = ",".join(map(str, pixel))
    title = f"{fields.graph.name}: the units that see pixel {where} of the input"
    footer = (
        ("units", "first to last along each axis, of a map; features of a vector"),
        ("not shown", "layers whose units see it as those of the layer above do"),
    )
    return Table(title, columns, tuple(rows), footer)


def unit_lines(fields: ReceptiveFields, layer: str, unit: UnitField) -> list[str]:
    """Return what is to be said of a layer and of one of its units."""
    node = fields.node(layer)
    lines = [f"{fields.graph.name}: {node.name} ({node.layer}), {shape(node.output)}", ""]
    if node.axes is None and node.whole:
        lines.append("every unit sees the whole input")
    axes = node.axes or node.without or ()
    if node.without:
        lines[-1] += ", through a gate or a norm's statistics; without these:"
    names = ("z", "y", "x")[-len(axes) :] if axes else ()
    if len(set(axes)) == 1 and len(axes) > 1:
        axes, names = axes[:1], ("each axis",)
    lines += [f"{name}: {axis_words(axis)}" for name, axis in zip(names, axes, strict=True)]
    for items in alike(node.misaligned):
        along = [item.axis for item in items]
        lines.append(f"misaligned: {disagreement(items[0], along, node.name)}")
    where = ",".join(map(str, unit.unit))
    lines += ["", f"unit {where}"]
    lines += [f"  {name:8} {text}" for name, text in rectangles(unit)]
    return lines


def axis_words(axis: AxisField) -> str:
    """Return the figures along one axis in words."""
    if axis.size is None:
        return f"not known: {axis.reason}"
    size = f"size {axis.size}"
    if axis.smallest != axis.size:
        least = "up to" if axis.smallest is None else f"{axis.smallest} to"
        size = f"size {least} {axis.size}, from unit to unit"
    parts = [size]
    if jump_text(axis):
        parts.append(f"jump {jump_text(axis)}")
    if axis.start is not None:
        parts.append(f"start {axis.start}")
    if axis.end_padding is not None:
        parts.append(f"end padding {axis.end_padding}")
    if axis.centre is not None:
        parts.append(f"centre of unit 0 at {axis.centre:g}")
    return ", ".join(parts)


def rectangles(unit: UnitField) -> list[tuple[str, str]]:
    """Return the rectangles of a unit, and how many pixels it reads."""
    result = [("region", span(unit.region)), ("clipped", span(unit.clipped))]
    if unit.without is not None:
        region, clipped = unit.without
        result += [("", f"without gates: region {span(region)}, clipped {span(clipped)}")]
    if unit.clipped is not None:
        whole = unit.read + unit.holes
        holes = f"; {unit.holes:,} are read by no path" if unit.holes else ""
        result.append(("reads", f"{unit.read:,} of these {whole:,} pixels{holes}"))
    return result


def span(hull: Hull | None) -> str:
    """Return a rectangle as the pixels from first to last along each axis."""
    if hull is None:
        return "none: it depends on no pixel"
    size = shape(tuple([hi - lo for lo, hi in hull]))
    return " x ".join([f"{lo} to {hi - 1}" for lo, hi in hull]) + f"  ({size})"
