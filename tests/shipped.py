"""The networks that ship: one of each file in the usual run, all of them among the slow tests."""

from __future__ import annotations

from collections.abc import Container

import pytest

from cnncalc.language.library import builtin_names


def shipped(without: Container[str] = ()) -> list[object]:
    """Return the name of every network as a parameter; of each file all but one are slow."""
    seen: set[str] = set()
    found: list[object] = []
    for name, file, _variant in builtin_names():
        if name in without:
            continue
        marks = [pytest.mark.slow] if file in seen else []
        found.append(pytest.param(name, marks=marks))
        seen.add(file)
    return found
