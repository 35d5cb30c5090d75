"""From YAML text to the layer graph."""

from __future__ import annotations

import os

from cnncalc.language.document import build
from cnncalc.language.library import find
from cnncalc.language.options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.graph import Graph

__all__ = ["Options", "build", "find", "load"]


def load(name: str, options: Options | None = None) -> Graph:
    """Return the graph of a file, a built-in name, or standard input (`-`).

    Raises `SpecError` for faults of the spec, `UsageError` for a name or an option that fits
    nothing.
    """
    source, variant = find(name)
    folder = os.path.dirname(name) if os.path.isfile(name) else None
    return build(source, (options or Options()).found(variant, folder))
