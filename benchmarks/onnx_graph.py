"""A graph of cnncalc as an ONNX model, for the layers that the classic networks are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from cnncalc.graph import Graph

SIMPLE = {
    "relu": "Relu",
    "dropout": "Identity",
    "identity": "Identity",
    "flatten": "Flatten",
    "global_avg_pool": "GlobalAveragePool",
    "add": "Add",
    "concat": "Concat",
}


def window(layer: Any, rank: int) -> dict[str, Any]:
    """Kernel, stride and padding as attributes."""

    def each(value: Any) -> list[Any]:
        return [value] * rank if isinstance(value, int) else list(value)

    pairs = [(p, p) if isinstance(p, int) else p for p in each(layer.padding)]
    kernel = each(layer.kernel_size)
    return {
        "kernel_shape": kernel,
        "strides": kernel if layer.stride is None else each(layer.stride),
        "pads": [before for before, _ in pairs] + [after for _, after in pairs],
    }


def node(layer: Any, inputs: list[str], output: str, weights: list[str], rank: int) -> Any:
    """One layer; raises `KeyError` for a layer that this file does not know."""
    keyword = layer.keyword
    if keyword == "conv":
        attributes = {**window(layer, rank), "group": layer.groups}
        return helper.make_node("Conv", [*inputs, *weights], [output], **attributes)
    if keyword == "max_pool":
        ceil = int(layer.ceil_mode)
        return helper.make_node("MaxPool", inputs, [output], ceil_mode=ceil, **window(layer, rank))
    if keyword == "linear":
        return helper.make_node("Gemm", [*inputs, *weights], [output], transB=1)
    if keyword == "batch_norm":
        return helper.make_node(
            "BatchNormalization", [*inputs, *weights], [output], epsilon=layer.eps
        )
    attributes = {"axis": 1} if keyword == "concat" else {}
    return helper.make_node(SIMPLE[keyword], inputs, [output], **attributes)


def model(graph: Graph, arrays: dict[str, np.ndarray]) -> ModelProto:
    """The model; adaptive pools that change nothing are left out."""
    shapes: list[tuple[int, ...]] = []
    names: list[str] = []
    nodes = []
    for index, place in enumerate(graph.nodes):
        read = tuple([shapes[i] for i in place.inputs])
        facts = place.layer.facts(read)
        shapes.append(facts.output)
        unchanged = place.layer.keyword == "adaptive_avg_pool" and facts.output == read[0]
        if not place.inputs or unchanged:
            names.append("x" if not place.inputs else names[place.inputs[0]])
            continue
        names.append(f"value_{index}")
        weights = [f"{place.name}.{spec.name}" for spec in facts.params]
        inputs = [names[i] for i in place.inputs]
        nodes.append(node(place.layer, inputs, names[index], weights, len(read[0]) - 1))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *shapes[0]])
    y = helper.make_tensor_value_info(names[graph.outputs[0]], TensorProto.FLOAT, None)
    held = [numpy_helper.from_array(np.ascontiguousarray(a), n) for n, a in arrays.items()]
    built = helper.make_graph(nodes, graph.name, [x], [y], held)
    return helper.make_model(built, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
