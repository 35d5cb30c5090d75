"""Files that are written in one piece: beside their place, and moved there when complete."""

from __future__ import annotations

import os
from contextlib import contextmanager

from cnncalc.diagnostics import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replacing(path: str) -> Iterator[str]:
    """Give the name under which a file is to be written; at the end it is moved to its place.

    So no half of a file is ever seen. A device or a pipe is written to, not replaced. Raises
    `UsageError` where the file cannot be written.
    """
    target = os.path.realpath(path)
    is_special = os.path.exists(target) and not os.path.isfile(target)
    partial = target if is_special else f"{target}.{os.getpid()}.partial"
    try:
        yield partial
        if not is_special:
            os.replace(partial, target)
    except OSError as error:
        help = "choose another file, in a folder that exists and may be written to"
        raise UsageError(f"cannot write `{path}`: {error.strerror}", help) from None
    finally:
        if not is_special and os.path.exists(partial):
            os.remove(partial)
