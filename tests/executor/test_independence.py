"""The executor is a witness only as long as it cannot look up what it should find."""

from __future__ import annotations

import ast
from pathlib import Path

import cnncalc

EXECUTOR = Path(cnncalc.__file__).parent / "executor"
FORBIDDEN = ("cnncalc.geometry", "cnncalc.layers", "cnncalc.analysis", "cnncalc.quantities")


def test_kernels_know_no_static_rule():
    files = sorted((EXECUTOR / "kernels").glob("*.py"))
    assert len(files) > 10
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not [n for n in names if n.startswith(FORBIDDEN)], f"{file.name}:{node.lineno}"


def test_kernels_ask_no_layer_for_a_shape():
    words = ("output_shape", "spatial_output", "op_count", ".facts(", "output_length")
    for file in [*(EXECUTOR / "kernels").glob("*.py"), EXECUTOR / "workspace.py"]:
        text = file.read_text(encoding="utf-8")
        assert not [word for word in words if word in text], file.name
