"""Work that leaves no cycles behind need not be interrupted to look for some."""

from __future__ import annotations

import gc
from functools import wraps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ParamSpec, TypeVar

    Given = ParamSpec("Given")
    Made = TypeVar("Made")


def acyclic(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """Return a function during which Python looks for no cycles.

    Large networks are hundreds of thousands of objects: to look through them again and again took
    a third of the time.
    """

    @wraps(function)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> Made:
        collecting = gc.isenabled()
        gc.disable()
        try:
            return function(*args, **kwargs)
        finally:
            if collecting:
                gc.enable()

    return run
