"""From YAML text to the layer graph."""

from __future__ import annotations

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
    options = options or Options()
    if variant is not None and options.variant is None:
        options = options.with_variant(variant)
    return build(source, options)
