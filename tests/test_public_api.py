"""`cnncalc.__all__` is the library: a user's program that uses all of it runs and is typed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import user_script

import cnncalc

SCRIPT = Path(user_script.__file__)


def test_a_users_program_uses_every_name_and_runs() -> None:
    used = {
        node.attr
        for node in ast.walk(ast.parse(SCRIPT.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "cnncalc"
    }
    assert used == set(cnncalc.__all__)
    figures = user_script.figures()
    assert figures["params"] == 82_826
    assert figures["output"] == (16, 12, 12)
    assert figures["proved"] is True
    assert figures["last"] == [(1, 10)]
    assert figures["picture"] == "<svg"
    assert len(user_script.refusals()) == 4


def test_every_name_has_a_docstring_and_is_listed_in_order() -> None:
    assert sorted(cnncalc.__all__) == list(cnncalc.__all__)
    for name in cnncalc.__all__:
        assert getattr(cnncalc, name).__doc__, name


@pytest.mark.parametrize("shapes", [(3, 224, 224), ("3x224x224",)])
def test_a_shape_that_is_no_tuple_is_told(shapes: tuple[object, ...]) -> None:
    with pytest.raises(cnncalc.UsageError, match=r"write from_torch\(module, \(3, 224, 224\)\)"):
        cnncalc.from_torch(None, *shapes)  # type: ignore[arg-type]
