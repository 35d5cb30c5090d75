"""From YAML text to the layer graph."""

from __future__ import annotations

import os

from cnncalc.language.library import find
from cnncalc.language.options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.graph import Graph
    from cnncalc.language.document import build as build

__all__ = ["Options", "build", "find", "load"]


def __getattr__(name: str) -> object:
    """Return `build`, imported when it is asked for: who only lists names reads no spec."""
    if name != "build":
        raise AttributeError(f"module 'cnncalc.language' has no attribute '{name}'")
    from cnncalc.language.document import build

    globals()["build"] = build
    return build


def load(name: str, options: Options | None = None) -> Graph:
    """Return the graph of a file, a built-in name, or standard input (`-`).

    Raises `SpecError` for faults of the spec, `UsageError` for a name or an option that fits
    nothing.
    """
    from cnncalc.language.document import build

    source, variant = find(name)
    folder = os.path.dirname(name) if os.path.isfile(name) else None
    return build(source, (options or Options()).found(variant, folder))
