"""Inverse questions: which sizes, paddings, widths and depths give what is wanted.

Each solver returns an `Answer` that says how it was found: by interval reasoning, which is
complete, or by search over a stated range, which is complete within it.
"""

from __future__ import annotations

__all__ = ["budget", "counts", "cover", "sizes", "window"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.solve import budget as budget
    from cnncalc.solve import counts as counts
    from cnncalc.solve import cover as cover
    from cnncalc.solve import sizes as sizes
    from cnncalc.solve import window as window


def __getattr__(name: str) -> object:
    """Return a part, imported when it is asked for: a command needs one of them."""
    if name in __all__:
        from importlib import import_module

        return import_module(f"cnncalc.solve.{name}")
    raise AttributeError(f"module 'cnncalc.solve' has no attribute '{name}'")
