"""Receptive fields layer by layer, as a table."""

from __future__ import annotations

from cnncalc.report.columns import relative
from cnncalc.report.table import Column, Table, TableRow
from cnncalc.report.words import field_words, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cnncalc.fields.api import ReceptiveFields
    from cnncalc.fields.result import AxisField, Misalignment, NodeField

COLUMNS = (
    Column("layer", "layer", flexible=True),
    Column("output", "output", "right", dispensable=1),
    Column("size", "size", "right"),
    Column("jump", "jump", "right"),
    Column("start", "start", "right"),
    Column("end_padding", "end padding", "right", dispensable=3),
    Column("centre", "centre", "right", dispensable=2),
    Column("covered", "covers", "right", dispensable=4),
)
LEGEND = (
    ("size", "input pixels that one unit sees along each axis, padding included"),
    ("jump", "pixels between neighbouring units"),
    ("start", "first pixel that unit 0 sees; negative in the padding"),
    ("end padding", "pixels that the last unit sees beyond the input; negative: it stops before"),
    ("centre", "middle of unit 0's field"),
    ("covers", "share of the input along each axis that the middle unit sees"),
)


def fields_table(
    fields: ReceptiveFields,
    every: bool = False,
    sought: int | None = None,
    raw: bool = False,
    only: NodeField | None = None,
) -> Table:
    """Return one row per node; nodes that see what their input sees only with `every`.

    `sought` is the size of an object to be found in a field; `raw` leaves out what only people
    read; `only` is the one node that is wanted.
    """
    chosen = [only] if only else list(fields.nodes) if every or raw else telling(fields)
    rows = tuple([TableRow(cells(node, fields.pixels)) for node in chosen])
    footer = () if raw else footer_of(fields, chosen, sought)
    return Table(title(fields), COLUMNS, rows, footer, () if raw else tuple(warnings(fields)))


def title(fields: ReceptiveFields) -> str:
    """Return what the table is about."""
    graph = fields.graph
    name = f"{graph.name} ({graph.variant})" if graph.variant else graph.name
    source = f" `{fields.source}`" if len(graph.inputs) > 1 else ""
    pixels = fields.pixels or fields.node(fields.source).output
    size = "any size" if fields.any_size else shape(pixels)
    return f"{name}: receptive fields on the input{source} of {size}"


def telling(fields: ReceptiveFields) -> list[NodeField]:
    """Return the nodes whose field is another than that of what they read, and the outputs."""
    graph = fields.graph
    kept = []
    for index, (node, field) in enumerate(zip(graph.nodes, fields.nodes, strict=True)):
        before = [fields.nodes[i] for i in node.inputs]
        same = before and all(row_of(field) == row_of(b) for b in before) and not field.misaligned
        if not same or index in graph.outputs:
            kept.append(field)
    return kept


def row_of(field: NodeField) -> tuple[object, ...]:
    """Return what a row shows of a field."""
    return field.axes, field.whole, field.without, field.output[1:] if field.axes else None


def cells(field: NodeField, pixels: tuple[int, ...]) -> tuple[str, ...]:
    """Return the cells of a row; one number where all axes agree."""
    axes = field.axes or field.without or ()
    return (
        field.name,
        shape(field.output),
        field_words(field),
        along(axes, jump_text),
        along(axes, lambda axis: number(axis.start)),
        along(axes, lambda axis: number(axis.end_padding)),
        along(axes, lambda axis: number(axis.centre)),
        covers(axes, pixels) if axes else "100%" if field.whole else "",
    )


def covers(axes: tuple[AxisField, ...], pixels: tuple[int, ...]) -> str:
    """Return the share of the input that the middle unit sees along each axis."""
    shares = [
        "" if axis.covered is None else share(axis.covered, length)
        for axis, length in zip(axes, pixels, strict=True)
    ]
    return shares[0] if len(set(shares)) == 1 else ", ".join([text or "-" for text in shares])


def share(part: int, total: int) -> str:
    """Return a share in percent, as 100% only if it is all."""
    text = f"{part / total:.0%}"
    return "over 99%" if text == "100%" and part < total else text


def along(axes: tuple[AxisField, ...], show: Callable[[AxisField], str]) -> str:
    """Return a figure along each axis, once where all are equal."""
    texts = [show(axis) for axis in axes]
    if len(set(texts)) <= 1:
        return texts[0] if texts else ""
    return ", ".join([text or "-" for text in texts])


def jump_text(axis: AxisField) -> str:
    """Return the jump; as `1/2` where units repeat after two of them."""
    if axis.jump is not None:
        return str(axis.jump)
    return "" if axis.period is None else f"{axis.period[1]}/{axis.period[0]}"


def number(value: float | None) -> str:
    """Return a whole number or one with a half; empty if it is not known."""
    return "" if value is None else f"{value:g}"


def footer_of(
    fields: ReceptiveFields, shown: list[NodeField], sought: int | None
) -> tuple[tuple[str, str], ...]:
    """Return the lines below the table."""
    lines = [*LEGEND]
    if any(field.without is not None for field in shown):
        lines.append(("WHOLE (n)", "a gate or a norm sees everything; n and the rest without it"))
    if any(field.axes and any(axis.period for axis in field.axes) for field in shown):
        lines.append(("a/b", "the fields repeat every b units, a pixels further on"))
    reasons = dict.fromkeys(a.reason for f in shown for a in f.axes or () if a.reason)
    if reasons:
        lines.append(("empty", "; ".join(map(str, reasons))))
    if not fields.any_size:
        first, sees = fields.covering(), "is known to see" if reasons else "sees"
        lines.append(
            ("sees all", f"no layer's middle unit {sees} the whole input")
            if first is None
            else (
                "sees all",
                f"the middle unit of {first.name} is the first to see the whole input",
            )
        )
        lines += object_lines(fields, sought)
    hidden = len(fields.nodes) - len(shown)
    if hidden and len(shown) > 1:
        lines.append(
            ("not shown", f"{hidden} layers that see what their input sees; --all shows them")
        )
    return tuple(lines)


def object_lines(fields: ReceptiveFields, sought: int | None) -> Iterable[tuple[str, str]]:
    """Return where an object of some pixels is first seen whole."""
    if sought is None:
        return
    first, always = fields.covering(sought), fields.always_holding(sought)
    yield (
        f"{sought} pixels",
        "no layer's field is as large" if first is None else f"fit first into {first.name}",
    )
    if always is not None:
        yield "", f"and wherever they stand, some unit of {always.name} sees all of them"


def warnings(fields: ReceptiveFields) -> Iterable[str]:
    """Return what is to be said of branches that do not agree."""
    for field in fields.nodes:
        for items in alike(field.misaligned):
            axes = [item.axis for item in items]
            yield f"{field.name}: {disagreement(items[0], axes, field.name)}"


def alike(items: tuple[Misalignment, ...]) -> list[list[Misalignment]]:
    """Return disagreements in groups that differ in nothing but the axis."""
    groups: dict[Misalignment, list[Misalignment]] = {}
    for item in items:
        groups.setdefault(item.replace(axis=0), []).append(item)
    return list(groups.values())


def within(name: str, merge: str) -> str:
    """Return the name of a branch as it tells at a merge: without the scopes that both are in."""
    short = relative(name, merge)
    first, *between = short.split("/")
    return short if len(between) < 2 else f"{first}/…/{between[-1]}"


def disagreement(item: Misalignment, axes: list[int], merge: str) -> str:
    """Return how two branches disagree along some axes, and when they would not."""
    first, second = [within(name, merge) for name in item.branches]
    if item.jumps[0] != item.jumps[1]:
        what = f"their units are {shown(item.jumps[0])} and {shown(item.jumps[1])} pixels apart"
    elif item.offset is None:
        what = "where their fields lie depends on the input size"
    else:
        where = "after" if item.offset > 0 else "before"
        pixels = f"{abs(item.offset):g} pixel{'s' * (abs(item.offset) != 1)}"
        what = f"the second's fields lie {pixels} {where} the first's"
    along = " and ".join(map(str, axes))
    where = f"axis {along}" if len(axes) == 1 else f"axes {along}"
    return f"{first} and {second} are misaligned along {where}: {what}{sizes(item)}"


def shown(jump: int | None) -> str:
    """Return a jump, or that it is no whole number."""
    return "a broken number of" if jump is None else str(jump)


def sizes(item: Misalignment) -> str:
    """Return at which input sizes two branches would agree."""
    found = item.agree_at
    if found is None:
        return "; at other sizes it is not worked out"
    if not found.remainders:
        return "; they would at no input size"
    rest = " or ".join(map(str, found.remainders))
    near = " and ".join(map(str, found.nearest))
    if found.modulus == 1:
        return ""
    return f"; they agree where the size modulo {found.modulus} is {rest}, as at {near}"
