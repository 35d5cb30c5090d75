"""Single units worked out by hand, in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.report import cell, cell_latex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.layers.working import Working


def render(workings: Sequence[Working], format: str, width: int = 100) -> str:
    """Return workings as `text` (in lines of a width), `markdown`, `latex` or `json`."""
    if format == "json":
        return cell.as_json(workings)
    if format == "latex":
        return cell_latex.latex(workings)
    if format == "markdown":
        return "\n\n".join(cell.markdown(working) for working in workings) + "\n"
    blocks = ["\n".join(cell.text(working, width)) for working in workings]
    name = workings[0].network
    return "\n\n".join([name, *blocks] if name else blocks) + "\n"
