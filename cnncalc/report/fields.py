"""A receptive field in a word, for the column of a table."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.fields.result import AxisField, NodeField


def short(field: NodeField) -> str:
    """Return the size of a node's field: `11`, `7x5`, `WHOLE`, `43*` if misaligned.

    Where only gates or a norm's statistics see everything: `WHOLE (11)`. `?` stands for a size
    that is not known; the text is empty for nodes that do not depend on the first input.
    """
    mark = "" if field.aligned else "*"
    if field.axes is not None:
        return (extent(field.axes) or "-") + mark
    if not field.whole:
        return ""
    return f"WHOLE ({extent(field.without)}{mark})" if field.without else "WHOLE"


def extent(axes: tuple[AxisField, ...]) -> str:
    """Return the size along each axis, once where all are equal."""
    sizes = ["?" if axis.size is None else str(axis.size) for axis in axes]
    return sizes[0] if len(set(sizes)) == 1 else "x".join(sizes)


def field_object(field: NodeField) -> dict[str, Any]:
    """Return a node's field as programs read it; figures are None where `whole`, or unknown."""
    return {"whole": field.whole, "aligned": field.aligned, **axes_object(field.axes)}


def axes_object(axes: tuple[AxisField, ...] | None) -> dict[str, Any]:
    """Return size, jump, start and end padding along each axis; all None without a field."""
    names = ("size", "jump", "start", "end_padding")
    if axes is None:
        return dict.fromkeys(names)
    return {name: [getattr(axis, name) for axis in axes] for name in names}
