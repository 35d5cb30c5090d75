"""Recurrent layers of ONNX files: values against ONNX Runtime; what is not ours by its field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.networks import load, load_weights
from cnncalc.writing import arrays_from

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

GENERATOR = np.random.default_rng(0)
STEPS, FEATURES, SIZE = 7, 6, 5
GATES = {"LSTM": 4, "GRU": 3}


def recurrent(
    kind: str, folder: Path, read: str = "Y", more: dict[str, Any] | None = None, **options: Any
) -> str:
    """Write a model of one operation; `read` are those of its outputs that the model gives."""
    ways, rows = 1 + (options.get("direction") == "bidirectional"), GATES[kind] * SIZE
    arrays = {
        "W": GENERATOR.normal(size=(ways, rows, FEATURES)),
        "R": GENERATOR.normal(size=(ways, rows, SIZE)) / 3,
        "B": GENERATOR.normal(size=(ways, 2 * rows)),
        **(more or {}),
    }
    names = [name if name in arrays else "" for name in
             ("W", "R", "B", "lengths", "first", "cells", "P")]  # fmt: skip
    names = names[: 3 + (len(more or {}) and 4)]
    options = {"hidden_size": SIZE, **options}
    if kind == "GRU":
        options = {"linear_before_reset": 1, **options}
        names = names[:5]
    outputs = ["Y", "Y_h", "Y_c"][: GATES[kind] - 1]
    node = helper.make_node(kind, ["x", *names], outputs, "unit", **options)
    shape = (1, STEPS, FEATURES) if options.get("layout") else (STEPS, 1, FEATURES)
    graph = helper.make_graph(
        [node],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in read.split()],
        [
            numpy_helper.from_array(a if a.dtype.kind == "i" else a.astype(np.float32), name)
            for name, a in arrays.items()
        ],
    )
    path = folder / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return str(path)


def assert_same_values(path: str, shape: tuple[int, ...], batch: int = 0) -> cnncalc.graph.Graph:
    """Run a model here and in ONNX Runtime, compare the outputs, and return its graph."""
    graph, array = load_weights(path)
    x = GENERATOR.normal(size=shape).astype(np.float32)
    weights = dict(arrays_from(graph, array, graph))
    found = cnncalc.run(graph, weights, x[None]).outputs.values()
    wanted = runtime.InferenceSession(path).run(None, {"x": np.expand_dims(x, batch)})
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one.ravel(), other.ravel(), rtol=1e-4, atol=1e-5)
    assert "custom" not in [node.layer.keyword for node in graph.nodes]
    return graph


@pytest.mark.parametrize("read", ["Y", "Y_h", "Y Y_h"])
@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_values_are_those_of_the_runtime(
    kind: str, direction: str, read: str, tmp_path: Path
) -> None:
    path = recurrent(kind, tmp_path, read, direction=direction)
    graph = assert_same_values(path, (STEPS, FEATURES), 1)
    ways = 1 + (direction == "bidirectional")
    totals = cnncalc.analyze(graph).totals()
    assert totals.params == ways * GATES[kind] * SIZE * (FEATURES + SIZE + 2)
    assert totals.ops.macs == ways * STEPS * GATES[kind] * SIZE * (FEATURES + SIZE)


def test_biases_of_the_state_that_are_zeros_are_none(tmp_path: Path) -> None:
    bias = GENERATOR.normal(size=(1, 8 * SIZE)) * (np.arange(8 * SIZE) < 4 * SIZE)
    graph = assert_same_values(recurrent("LSTM", tmp_path, more={"B": bias}), (STEPS, FEATURES), 1)
    assert cnncalc.analyze(graph).totals().params == 4 * SIZE * (FEATURES + SIZE + 1)


def test_what_says_no_more_than_the_defaults_is_read(tmp_path: Path) -> None:
    more = {
        "lengths": np.array([STEPS], np.int32),
        "first": np.zeros((1, 1, SIZE)),
        "cells": np.zeros((1, 1, SIZE)),
        "P": np.zeros((1, 3 * SIZE)),
    }
    path = recurrent("LSTM", tmp_path, more=more, activations=["Sigmoid", "Tanh", "Tanh"])
    assert_same_values(path, (STEPS, FEATURES), 1)


@pytest.mark.parametrize(
    ("kind", "options", "word"),
    [
        ("GRU", {"linear_before_reset": 0}, "linear_before_reset"),
        ("LSTM", {"activations": ["HardSigmoid", "Tanh", "Tanh"]}, "activations"),
        ("LSTM", {"direction": "reverse"}, "direction"),
        ("LSTM", {"clip": 3.0}, "clip"),
        ("LSTM", {"input_forget": 1}, "input_forget"),
        ("LSTM", {"more": {"first": np.ones((1, 1, SIZE))}}, "initial_h"),
        ("LSTM", {"more": {"P": np.ones((1, 3 * SIZE))}}, "`P`"),
        ("LSTM", {"more": {"lengths": np.array([3], np.int32)}}, "sequence_lens"),
        ("LSTM", {"read": "Y_c"}, "cells"),
    ],
)
def test_what_is_not_ours_is_named_by_its_field(
    kind: str, options: dict[str, Any], word: str, tmp_path: Path
) -> None:
    path = recurrent(kind, tmp_path, **options)
    with pytest.raises(cnncalc.SpecError, match=word):
        load(path, strict=True)
    if word != "cells":
        analysis = cnncalc.analyze(cnncalc.load(path))
        assert analysis.facts[-1].output == (STEPS, 1, SIZE)
        assert analysis.figures(-1 % len(analysis.facts)).macs is None


TORCH_NETWORKS = {
    "a map's columns": ("LSTM", {"bidirectional": True, "num_layers": 2}),
    "the last states": ("LSTM", {"bidirectional": True, "batch_first": True}),
}


@pytest.mark.parametrize("name", TORCH_NETWORKS)
def test_what_pytorch_exports(name: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    nn = torch.nn
    kind, options = TORCH_NETWORKS[name]

    class Net(nn.Module):  # type: ignore[misc, name-defined]  # the base is not known here
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, FEATURES, (4, 3))
            self.unit = getattr(nn, kind)(FEATURES, SIZE, **options)
            self.head = nn.Linear(SIZE * (1 + options.get("bidirectional", False)), 3)

        def forward(self, x: Any) -> Any:
            x = self.conv(x).relu().squeeze(2)
            x = x.permute(0, 2, 1) if options.get("batch_first") else x.permute(2, 0, 1)
            y, states = self.unit(x)
            states = states[0] if isinstance(states, tuple) else states
            if "batch_first" not in options:  # of the text that the image shows
                steps, batch, size = y.size()
                return self.head(y.view(steps * batch, size)).view(steps, batch, -1)
            return self.head(torch.cat((states[-2], states[-1]), 1))

    torch.manual_seed(0)
    network, path = Net().eval(), str(tmp_path / "net.onnx")
    x = torch.randn(1, 1, 4, 10)
    torch.onnx.export(network, (x,), path, dynamo=False, input_names=["x"])
    graph = assert_same_values(path, (1, 4, 10))
    count = sum(p.numel() for p in network.parameters())
    direct = cnncalc.analyze(cnncalc.from_torch(network, (1, 4, 10)))
    exported = cnncalc.analyze(graph)
    assert direct.totals().params == exported.totals().params == count
    assert direct.totals().ops.macs == exported.totals().ops.macs
