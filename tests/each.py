"""One test for many small cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from inspect import signature
from typing import Any

Test = Callable[..., None]


def each(names: str | tuple[str, ...], cases: Iterable[Any]) -> Callable[[Test], Test]:
    """Run a test for all cases as one, and name every case that fails.

    Written as `pytest.mark.parametrize`, which makes a test of each case; where a case takes a
    millisecond, a test of its own costs ten times as much as what it tests.
    """
    single, listed = isinstance(names, str), list(cases)
    keys = (names,) if isinstance(names, str) else names

    def decorate(test: Test) -> Test:
        @wraps(test)
        def whole(*arguments: Any, **fixtures: Any) -> None:
            failed: dict[str, Exception] = {}
            for case in listed:
                values = (case,) if single else case
                try:
                    test(*arguments, **dict(zip(keys, values, strict=True)), **fixtures)
                except Exception as error:
                    failed[str(case)[:100]] = error
            if failed:
                (first, *_) = failed.values()
                raise AssertionError(
                    f"{len(failed)} of {len(listed)} cases fail: {', '.join(failed)}"
                ) from first

        kept = [p for name, p in signature(test).parameters.items() if name not in keys]
        whole.__signature__ = signature(test).replace(parameters=kept)  # type: ignore[attr-defined]
        return whole

    return decorate
