"""ONNX's own light models: parameters counted in the file, shapes by ONNX's shape inference."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import cnncalc

onnx = pytest.importorskip("onnx")

from cnncalc.exchange.onnx.file import File  # noqa: E402  # it needs the package
from cnncalc.exchange.onnx.read import FileReader  # noqa: E402
from cnncalc.exchange.operations.values import Value  # noqa: E402

FOLDER = Path(onnx.__file__).parent / "backend/test/data/light"
MOVES = ("Reshape", "Unsqueeze")
FLOAT = onnx.TensorProto.FLOAT
#: Parameters that others state: the same networks in Caffe's model zoo, where they are known.
STATED = {
    "bvlc_alexnet": 60_965_224,
    "densenet121": None,
    "inception_v1": 6_998_552,
    "inception_v2": None,
    "resnet50": None,
    "shufflenet": 1_393_320,
    "squeezenet": 1_235_496,
    "vgg19": 143_667_240,
    "zfnet512": None,
}


def shapes_of(model: Any) -> dict[str, list[int]]:
    """Return the shape of every value, as ONNX infers it; the light models make all constants."""
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    return {
        value.name: [axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in (*inferred.value_info, *inferred.output, *inferred.input)
    }


def counted(model: Any, shapes: dict[str, list[int]]) -> int:
    """Return how many numbers layers read that no layer computes, running statistics left out.

    A weight may pass a change of its shape; what says a shape is no weight.
    """
    moved = {n.output[0]: n.input[0] for n in model.graph.node if n.op_type in MOVES}
    made = {n.output[0] for n in model.graph.node if n.op_type == "ConstantOfShape"}
    made |= {array.name for array in model.graph.initializer if array.data_type == FLOAT}
    learned = set()
    for node in model.graph.node:
        if node.op_type not in (*MOVES, "ConstantOfShape"):
            for name in node.input[: 3 if node.op_type == "BatchNormalization" else None]:
                learned.add(moved.get(name, name))
    return sum(math.prod(shapes[name]) for name in learned & made)


@pytest.mark.parametrize("name", STATED)
def test_parameters_and_shapes(name: str) -> None:
    path = FOLDER / f"light_{name}.onnx"
    if not path.exists():
        pytest.skip("the package comes without its models")
    model = onnx.load(str(path))
    inferred = shapes_of(model)
    reader = FileReader(File(str(path)), lambda _: {}, strict=True)
    graph = reader.graph()
    analysis = cnncalc.analyze(graph)
    assert analysis.totals().params == counted(model, inferred)
    assert STATED[name] in (None, analysis.totals().params)
    compared = 0
    for node in model.graph.node:
        for output in node.output:
            value = reader.values.get(output)
            if isinstance(value, Value) and inferred.get(output):
                assert analysis.facts[value.index].output == tuple(inferred[output][1:]), output
                compared += 1
    rest = (*MOVES, "Constant", "ConstantOfShape")
    layers = [node for node in model.graph.node if node.op_type not in rest]
    assert compared > 0.9 * len(layers)
