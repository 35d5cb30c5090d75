"""ONNX models made here with the constructs that exporters write; skipped without `onnx`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc

onnx = pytest.importorskip("onnx")
helper, numpy_helper, TensorProto = onnx.helper, onnx.numpy_helper, onnx.TensorProto


def model(
    folder: Path,
    nodes: list[Any],
    arrays: dict[str, Any],
    shape: tuple[Any, ...] = (1, 3, 8, 8),
    opset: int = 17,
) -> str:
    """Write a model that reads `x` and gives `y`; return its path."""
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items()],
    )
    path = folder / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]), path)
    return str(path)


def node(kind: str, inputs: str, outputs: str, **attributes: Any) -> Any:
    """Return a node; names stand between spaces."""
    return helper.make_node(kind, inputs.split(" "), outputs.split(" "), **attributes)


def keywords(graph: cnncalc.graph.Graph) -> list[str]:
    """Return the layers of a graph in order, its inputs left out."""
    return [n.layer.keyword for n in graph.nodes[len(graph.inputs) :]]


W = np.ones((6, 3, 3, 3), np.float32)


def test_a_convolution_whose_bias_stands_beside_it(tmp_path: Path) -> None:
    nodes = [node("Conv", "x w", "a", pads=[1, 1, 1, 1]), node("Add", "a b", "y")]
    path = model(tmp_path, nodes, {"w": W, "b": np.ones((6, 1, 1), np.float32)})
    graph = cnncalc.load(path)
    assert keywords(graph) == ["conv"]
    assert cnncalc.analyze(graph).totals().params == 6 * 27 + 6


@pytest.mark.parametrize(
    ("nodes", "constants", "wanted"),
    [
        ([node("Sigmoid", "x", "a"), node("Mul", "a x", "y")], {}, ["silu"]),
        (
            [node("Add", "x three", "a"), node("Clip", "a zero six", "b"),
             node("Div", "b six", "c"), node("Mul", "x c", "y")],
            {"three": 3.0, "zero": 0.0, "six": 6.0},
            ["hard_swish"],
        ),
        (
            [node("Div", "x r", "a"), node("Erf", "a", "b"), node("Add", "b one", "c"),
             node("Mul", "x c", "d"), node("Mul", "d half", "y")],
            {"r": 2**0.5, "one": 1.0, "half": 0.5},
            ["gelu"],
        ),
        ([node("Clip", "x zero six", "y")], {"zero": 0.0, "six": 6.0}, ["relu6"]),
        (
            [node("Softplus", "x", "a"), node("Tanh", "a", "b"), node("Mul", "x b", "y")],
            {},
            ["mish"],
        ),
        ([node("Identity", "x", "a"), node("Relu", "a", "y")], {}, ["relu"]),
    ],
)  # fmt: skip
def test_functions_that_exporters_spell_out(
    tmp_path: Path, nodes: list[Any], constants: dict[str, float], wanted: list[str]
) -> None:
    arrays = {name: np.float32(value) for name, value in constants.items()}
    graph = cnncalc.load(model(tmp_path, nodes, arrays))
    assert keywords(graph) == wanted
    assert not cnncalc.analyze(graph).totals().params


def test_a_channel_shuffle_through_five_axes(tmp_path: Path) -> None:
    nodes = [
        node("Reshape", "x s", "a"),
        node("Transpose", "a", "b", perm=[0, 2, 1, 3, 4]),
        node("Reshape", "b t", "y"),
    ]
    shapes = {"s": np.array([1, 2, 3, 8, 8]), "t": np.array([1, 6, 8, 8])}
    graph = cnncalc.load(model(tmp_path, nodes, shapes, (1, 6, 8, 8)))
    assert keywords(graph) == ["channel_shuffle"]


def test_shapes_that_are_computed_from_the_input(tmp_path: Path) -> None:
    nodes = [
        node("Shape", "x", "s"),
        node("Gather", "s zero", "n"),
        node("Unsqueeze", "n axis", "m"),
        node("Concat", "m rest", "t", axis=0),
        node("Reshape", "x t", "f"),
        node("Gemm", "f w b", "y", transB=1),
    ]
    arrays = {
        "zero": np.array(0), "axis": np.array([0]), "rest": np.array([-1]),
        "w": np.ones((5, 192), np.float32), "b": np.ones(5, np.float32),
    }  # fmt: skip
    graph = cnncalc.load(model(tmp_path, nodes, arrays, ("batch", 3, 8, 8)))
    assert keywords(graph) == ["flatten", "linear"]
    assert cnncalc.analyze(graph).totals().params == 5 * 192 + 5


def test_equal_weights_are_counted_once(tmp_path: Path) -> None:
    nodes = [
        node("Conv", "x w", "a", pads=[1, 1, 1, 1]),
        node("Identity", "w", "v"),
        node("Conv", "x v", "b", pads=[1, 1, 1, 1]),
        node("Add", "a b", "y"),
    ]
    analysis = cnncalc.analyze(cnncalc.load(model(tmp_path, nodes, {"w": W})))
    assert analysis.totals().params == 6 * 27
    assert analysis.totals().ops.macs == 2 * 64 * 6 * 27


def test_weights_that_are_computed_from_others(tmp_path: Path) -> None:
    nodes = [
        node("ReduceL2", "v", "n", axes=[1, 2, 3]),
        node("Div", "v n", "u"),
        node("Mul", "u g", "w"),
        node("Conv", "x w", "y"),
    ]
    for channels in (6, 60_000):  # small arrays are computed with, of large ones the shapes
        arrays = {"v": np.ones((channels, 3, 3, 3), np.float32),
                  "g": np.ones((channels, 1, 1, 1), np.float32)}  # fmt: skip
        graph = cnncalc.load(model(tmp_path, nodes, arrays))
        assert keywords(graph) == ["conv"]
        assert cnncalc.analyze(graph).totals().params == channels * 27
        assert f"computed from {channels * 28:,} parameters" in graph.warnings[0].message


def test_the_executor_agrees_with_the_reference(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    w = generator.normal(size=(6, 3, 3, 3)).astype(np.float32)
    nodes = [
        node("Conv", "x w", "a", pads=[0, 0, 1, 1], strides=[2, 2]),
        node("AveragePool", "a", "b", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Transpose", "b", "c", perm=[0, 2, 3, 1]),
        node("Softmax", "c", "y", axis=2),
    ]
    path = model(tmp_path, nodes, {"w": w})
    x = generator.normal(size=(1, 3, 8, 8)).astype(np.float32)
    from onnx.reference import ReferenceEvaluator

    (wanted,) = ReferenceEvaluator(path).run(None, {"x": x})
    graph = cnncalc.load(path)
    conv = next(n.name for n in graph.nodes if n.layer.keyword == "conv")
    results = cnncalc.run(graph, {f"{conv}.weight": w}, x)
    (found,) = results.outputs.values()
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_open_sizes_are_asked_for(tmp_path: Path) -> None:
    path = model(tmp_path, [node("Relu", "x", "y")], {}, (1, 3, "height", "width"))
    with pytest.raises(cnncalc.SpecError, match="leaves sizes open"):
        cnncalc.load(path)
    assert cnncalc.analyze(cnncalc.load(path, input="3x5x7")).facts[-1].output == (3, 5, 7)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([node("NonZero", "x", "y")], "NonZero: there is no such layer"),
        ([node("Relu", "nobody", "y")], "which nothing before it makes"),
        ([node("Relu", "x", "z")], "no operation makes its output"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, nodes: list[Any], message: str) -> None:
    with pytest.raises(cnncalc.SpecError, match=message):
        cnncalc.load(model(tmp_path, nodes, {}))


@pytest.mark.parametrize("cut", [0, 1, 20, 100])
def test_a_file_that_ends_too_soon(tmp_path: Path, cut: int) -> None:
    path = Path(model(tmp_path, [node("Conv", "x w", "y")], {"w": W}))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(cnncalc.SpecError):
        cnncalc.load(str(path))


@pytest.mark.parametrize("where", ["/etc/passwd", "../weights.bin", "sub/weights.bin"])
def test_weights_elsewhere_are_never_opened(tmp_path: Path, where: str) -> None:
    path = model(tmp_path, [node("Mul", "x w", "y")], {"w": np.float32(2)})
    proto = onnx.load(path)
    tensor = proto.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", where
    Path(path).write_bytes(proto.SerializeToString())
    with pytest.raises(cnncalc.SpecError, match="not a file beside the model"):
        cnncalc.load(path)


@pytest.mark.parametrize("kind", ["Identity", "Gather", "Mul", "Div", "Add", "LSTM", "Concat"])
def test_an_operation_without_inputs_is_refused(tmp_path: Path, kind: str) -> None:
    nodes = [node("Relu", "x", "a"), helper.make_node(kind, [], ["b"]), node("Sub", "a b", "y")]
    with pytest.raises(cnncalc.SpecError, match=kind):
        cnncalc.load(model(tmp_path, nodes, {}))
