"""Every layer goes to every format, or is refused by its name, with what would be lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from layer_examples import EXAMPLES, one_layer

from cnncalc.diagnostics import SpecError
from cnncalc.writing import as_onnx, as_source

NAMES = {"onnx": "ONNX", "pytorch": "PyTorch", "keras": "Keras"}
#: Layers that a format has nothing for, whatever their fields.
LACKING = {
    "onnx": {"custom", "locally_connected"},
    "pytorch": {"custom"},
    "keras": {"custom", "gru", "locally_connected", "lp_pool", "lstm", "rbf", "subsample"},
}


def refusal(keyword: str, fields: dict[str, Any], shapes: Any, to: str) -> str | None:
    """Write one layer; return the message where it is refused."""
    graph = one_layer(keyword, fields, shapes)
    try:
        if to == "onnx":
            assert as_onnx(graph, None)
        else:
            compile(as_source(graph, to), to, "exec")
    except SpecError as error:
        return str(error)
    return None


@pytest.mark.parametrize("to", ["onnx", "pytorch", "keras"])
def test_every_example_is_written_or_refused(to: str) -> None:
    if to == "onnx":
        pytest.importorskip("onnx")
    lacking = set()
    for keyword, cases in EXAMPLES.items():
        messages = [refusal(keyword, *case, to) for case in cases]
        pattern = rf"node `{keyword}_1`: {NAMES[to]} cannot say (`\w+` of )?{keyword}: \w+"
        assert all(message is None or re.search(pattern, message) for message in messages)
        if None not in messages:
            lacking.add(keyword)
    assert lacking == LACKING[to]
