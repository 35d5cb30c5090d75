"""ONNX' operations one by one: shapes and values against ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

GENERATOR = np.random.default_rng(0)


def numbers(*shape: int) -> Any:
    """Return random numbers."""
    return GENERATOR.normal(size=shape).astype(np.float32)


def whole(*values: int) -> Any:
    """Return numbers that are read as lengths and places."""
    return np.array(values, np.int64)


#: The operations (kind, inputs, outputs, attributes), the arrays, the version, the input's shape.
CASES: list[tuple[list[tuple[Any, ...]], dict[str, Any], int, tuple[int, ...]]] = []


def case(
    nodes: str | list[tuple[Any, ...]],
    arrays: dict[str, Any] | None = None,
    version: int = 17,
    shape: tuple[int, ...] = (1, 4, 8, 8),
    **attributes: Any,
) -> None:
    """Add a case: one operation from `x` and all the arrays to `y`, or several."""
    if isinstance(nodes, str):
        nodes = [(nodes, " ".join(["x", *(arrays or {})]), "y", attributes)]
    CASES.append((nodes, arrays or {}, version, shape))


for word in ("Relu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Selu", "Abs", "Neg", "Elu", "Celu",
             "LeakyRelu", "HardSigmoid", "HardSwish", "Mish", "GlobalAveragePool", "GlobalMaxPool",
             "GlobalLpPool", "Dropout", "Flatten"):  # fmt: skip
    case(word, version=18)
case("Gelu", version=20)
case("Gelu", version=20, approximate="tanh")
case("PRelu", {"s": numbers(4, 1, 1)})
for axis in (1, -1):
    case("Softmax", axis=axis)
    case("LogSoftmax", axis=axis)
for extra in ({}, {"ceil_mode": 1}, {"auto_pad": "SAME_UPPER"}, {"auto_pad": "SAME_LOWER"},
              {"pads": [1, 0, 0, 1]}, {"dilations": [2, 2]}):  # fmt: skip
    case("MaxPool", kernel_shape=[3, 3], strides=[2, 2], **extra)
for extra in ({}, {"ceil_mode": 1}, {"auto_pad": "SAME_UPPER"}, {"pads": [1, 1, 1, 1]},
              {"pads": [1, 1, 1, 1], "count_include_pad": 1}, {"dilations": [2, 2]},
              {"pads": [0, 0, 1, 1], "count_include_pad": 1}):  # fmt: skip
    case("AveragePool", version=19, kernel_shape=[3, 3], strides=[2, 2], **extra)
case("LpPool", version=18, kernel_shape=[2, 2], strides=[2, 2], p=2)
case("LRN", size=3, alpha=0.02, beta=0.7, bias=1.5)
case("LpNormalization", axis=1)
case("ReduceMean", version=13, axes=[2, 3])
case("ReduceMean", {"a": whole(2, 3)}, 18, keepdims=0)
case("ReduceMax", {"a": whole(1)}, 18, keepdims=0)
case("Clip", {"a": np.float32(-1), "b": np.float32(2)})
case("Clip", version=6, min=0.0, max=6.0)
for word in ("Add", "Sub", "Mul", "Max", "Min"):
    case([("Relu", "x", "r"), (word, "x r", "y")])
    case(word, {"c": np.float32(1.5)})
    case([(word, "c x", "y")], {"c": np.float32(1.5)})
case("Div", {"c": np.float32(1.5)})
case("Pow", {"c": np.float32(2)})
case([("Relu", "x", "r"), ("Sum", "x r x", "y")])
case([("Relu", "x", "r"), ("Mean", "x r", "y")])
case([("GlobalAveragePool", "x", "m"), ("Sigmoid", "m", "g"), ("Mul", "x g", "y")])
case([("Relu", "x", "r"), ("Concat", "x r", "y", {"axis": -1})])
case([("Split", "x", "a b", {"axis": 1}), ("Sub", "a b", "y")])
case([("Split", "x s", "a b", {"axis": 1}), ("Concat", "b a", "y", {"axis": 1})],
     {"s": whole(1, 3)})  # fmt: skip
case("Slice", {"a": whole(1, -3), "b": whole(3, 9999), "c": whole(1, -1), "d": whole(1, 2)})
case("Slice", version=9, starts=[0, 0, 1], ends=[1, 2, 5], axes=[0, 1, 2])
case("Gather", {"a": whole(0, 2)}, axis=1)
case("Gather", {"a": np.array(-1, np.int64)}, axis=2)
for mode in ("constant", "reflect", "edge"):
    case("Pad", {"p": whole(0, 0, 1, 2, 0, 0, 0, 1)}, mode=mode)
case("Pad", {"p": whole(0, 1, 1, 0, 0, 0, 1, 0), "v": np.float32(2)})
case("Pad", {"p": whole(0, 0, -1, 1, 0, 0, 0, -2)})
case([("Pad", "x p  a", "y")], {"p": whole(1, 1), "a": whole(3)}, 18)
for places in ("half_pixel", "align_corners"):
    resize = {"mode": "linear", "coordinate_transformation_mode": places}
    case([("Resize", "x  s", "y", resize)], {"s": np.array([1, 1, 2, 2], np.float32)})
    case([("Resize", "x   s", "y", resize)], {"s": whole(1, 4, 12, 5)})
case([("Resize", "x  s", "y", {"mode": "nearest", "nearest_mode": "floor",
                               "coordinate_transformation_mode": "asymmetric"})],
     {"s": np.array([1, 1, 2, 1.5], np.float32)})  # fmt: skip
case("Upsample", {"s": np.array([1, 1, 2, 2], np.float32)}, 9)
case("DepthToSpace", blocksize=2, mode="CRD", shape=(1, 8, 4, 4))
case("DepthToSpace", blocksize=2)
case("SpaceToDepth", blocksize=2)
case("Transpose", perm=[0, 2, 3, 1])
case("Reshape", {"s": whole(0, -1)})
case([("Shape", "x", "s"), ("Gather", "s z", "b"), ("Unsqueeze", "b a", "c"),
      ("Concat", "c m", "t", {"axis": 0}), ("Reshape", "x t", "y")],
     {"z": np.array(0, np.int64), "a": whole(0), "m": whole(-1)})  # fmt: skip
case([("Unsqueeze", "x a", "u"), ("Squeeze", "u a", "y")], {"a": whole(2)})
case("Expand", {"s": whole(1, 4, 8, 8)})
case([("Relu", "x", "r"), ("Transpose", "r", "t", {"perm": [0, 1, 3, 2]}), ("MatMul", "x t", "y")])
case([("Abs", "x", "a"), ("Add", "a o", "b"), ("Div", "x b", "y")], {"o": np.float32(1)})


case(  # a group norm as older exporters write it
    [("Reshape", "x groups", "a", {}), ("InstanceNormalization", "a one zero", "b", {}),
     ("Reshape", "b back", "c", {}), ("Mul", "c s", "d", {}), ("Add", "d s", "y", {})],
    {"groups": whole(0, 2, -1), "one": np.ones(2, np.float32), "zero": np.zeros(2, np.float32),
     "back": whole(1, 4, 8, 8), "s": numbers(4, 1, 1)},
)  # fmt: skip
case(  # a gate that is made as large as the map
    [("GlobalAveragePool", "x", "g", {}), ("Expand", "g shape", "e", {}), ("Mul", "x e", "y", {})],
    {"shape": whole(1, 4, 8, 8)},
)


def model(folder: Path, nodes: Any, arrays: Any, version: int, shape: Any) -> str:
    """Write a model and return its path."""
    made = [
        helper.make_node(kind, inputs.split(" "), outputs.split(), **(rest[0] if rest else {}))
        for kind, inputs, outputs, *rest in nodes
    ]
    graph = helper.make_graph(
        made,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)])
    proto.ir_version = 8
    path = str(folder / "net.onnx")
    onnx.save(proto, path)
    return path


@pytest.mark.parametrize("number", range(len(CASES)), ids=[c[0][-1][0] for c in CASES])
def test_an_operation_has_the_values_of_the_runtime(tmp_path: Path, number: int) -> None:
    nodes, arrays, version, shape = CASES[number]
    path = model(tmp_path, nodes, arrays, version, shape)
    x = numbers(*shape)
    (wanted,) = onnxruntime.InferenceSession(path).run(None, {"x": x})
    graph = cnncalc.load(path)
    analysis = cnncalc.analyze(graph)
    assert not any(node.layer.keyword == "custom" for node in graph.nodes)
    weights = {
        f"{node.name}.{array.name}": arrays["s"].reshape(array.shape)
        for node, facts in zip(graph.nodes, analysis.facts, strict=True)
        for array in facts.params
    }
    (found,) = cnncalc.run(graph, weights, x).outputs.values()
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("nodes", "arrays", "counts"),
    [
        ([("Exp", "x", "y")], {}, {"exps": 256}),
        ([("Relu", "x", "r"), ("Div", "x r", "y")], {}, {"divs": 256}),
        ([("Add", "x c", "y")], {"c": numbers(8)}, {"adds": 256, "params": 8}),
        ([("Max", "x c", "y")], {"c": numbers(4, 1, 1)}, {"comparisons": 256, "params": 4}),
        ([("MatMul", "x c", "y")], {"c": numbers(4, 8, 5)}, {"macs": 1280, "params": 160}),
        ([("MatMul", "c x", "y")], {"c": numbers(5, 8)}, {"macs": 1280, "params": 40}),
        ([("Gather", "x i", "y", {"axis": 1})], {"i": whole(2, 0, 1)}, {}),
        ([("ReduceL2", "x", "y", {"axes": [3]})], {}, {"adds": 224, "muls": 256, "exps": 32}),
    ],
    ids=str,
)
def test_what_no_layer_computes_is_counted_all_the_same(
    tmp_path: Path, nodes: Any, arrays: Any, counts: dict[str, int]
) -> None:
    path = model(tmp_path, nodes, arrays, 13, (1, 4, 8, 8))
    (wanted,) = onnxruntime.InferenceSession(path).run(None, {"x": numbers(1, 4, 8, 8)})
    analysis = cnncalc.analyze(cnncalc.load(path))
    assert analysis.facts[-1].output == wanted.shape[1:]
    totals = analysis.totals()
    assert totals.params == counts.pop("params", 0)
    assert analysis.unknown(len(analysis.facts) - 1) == ()
    assert {k: n for k, n in totals.ops.as_dict().items() if n and k != "comparisons"} == {
        k: n for k, n in counts.items() if k != "comparisons"
    }


def test_what_is_not_known_has_the_stated_shape_and_no_count(tmp_path: Path) -> None:
    nodes = [("TopK", "x k", "v i", {"axis": 1}), ("Relu", "v", "y")]
    path = model(tmp_path, nodes, {"k": whole(2)}, 13, (1, 4, 8, 8))
    analysis = cnncalc.analyze(cnncalc.load(path))
    assert [facts.output for facts in analysis.facts] == [(4, 8, 8), (2, 8, 8), (2, 8, 8)]
    assert "macs" in analysis.unknown(1)
    assert "params" not in analysis.unknown(1)


def test_what_has_no_shape_is_named_with_who_reads_it(tmp_path: Path) -> None:
    path = model(tmp_path, [("Mystery", "x", "m"), ("Relu", "m", "y")], {}, 13, (1, 4, 8, 8))
    with pytest.raises(cnncalc.SpecError, match=r"Mystery: .*`y` \(Relu\) reads it"):
        cnncalc.load(path)
