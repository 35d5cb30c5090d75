"""The node test cases that ONNX publishes, and random layers in ONNX Runtime."""

from __future__ import annotations

import numpy as np
import pytest
import random_layers
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cnncalc.diagnostics import LayerError

pytest.importorskip("onnx")
import onnx_nodes
from onnx import TensorProto, helper

CASES = list(onnx_nodes.cases())
#: Options without a counterpart are many, and dropped; and cores may be busy.
FEW = [HealthCheck.filter_too_much, HealthCheck.too_slow]


def test_published_node_cases():
    compared, refused = [], []
    for name, operator, attributes, inputs, expected in CASES:
        try:
            layer, arrays, weights = onnx_nodes.OPERATORS[operator](attributes, inputs)
            shapes = tuple(x.shape[1:] for x in arrays)
            layer.facts(shapes)
        except onnx_nodes.Different:
            continue
        except LayerError as error:
            refused.append((name, error.message))
            continue
        _, output = random_layers.execute(layer, shapes, arrays, weights)
        # Some cases state their results with four decimals.
        np.testing.assert_allclose(
            output.reshape(expected.shape), expected, rtol=1e-4, atol=6e-5, err_msg=name
        )
        compared.append(name)
    assert len(compared) >= 100
    # Padding above half of a window is refused, as PyTorch does.
    assert all("more than half of the kernel" in message for _, message in refused), refused


def node_of(layer, rank):
    """A convolution or pool as an ONNX node; None where ONNX has no such options."""

    def each(value):
        return [value] * rank if isinstance(value, int) else list(value)

    kernel = each(layer.kernel_size)
    attributes = {
        "kernel_shape": kernel,
        "strides": kernel if layer.stride is None else each(layer.stride),
    }
    words = {"same": "SAME_UPPER", "same_lower": "SAME_LOWER", "valid": "VALID"}
    if isinstance(layer.padding, str):
        attributes["auto_pad"] = words[layer.padding]
    else:
        pairs = [(p, p) if isinstance(p, int) else p for p in each(layer.padding)]
        attributes["pads"] = [b for b, _ in pairs] + [a for _, a in pairs]
    if layer.keyword == "conv":
        plain = layer.padding_mode == "zeros" and layer.connections is None
        if not plain or layer.rounding not in (None, "floor"):
            return None
        attributes.update(dilations=each(layer.dilation), group=layer.groups)
        names = ["x", "weight", *(["bias"] if layer.bias else [])]
        return helper.make_node("Conv", names, ["y"], **attributes)
    if layer.rounding == "strict":
        return None
    attributes["ceil_mode"] = int(layer.ceil_mode or layer.rounding == "ceil")
    if layer.keyword == "max_pool":
        attributes["dilations"] = each(layer.dilation)
        return helper.make_node("MaxPool", ["x"], ["y"], **attributes)
    if layer.divisor_override is not None:
        return None
    attributes["count_include_pad"] = int(layer.count_include_pad)
    return helper.make_node("AveragePool", ["x"], ["y"], **attributes)


@pytest.mark.parametrize("keyword", ["conv", "max_pool", "avg_pool"])
def test_windows_agree_with_onnx_runtime(keyword):
    runtime = pytest.importorskip("onnxruntime")

    @settings(max_examples=80, suppress_health_check=FEW)
    @given(random_layers.cases(keyword), st.integers(0, 2**16))
    def check(case, seed):
        layer, shapes, batch = case
        node = node_of(layer, len(shapes[0]) - 1)
        assume(node is not None)
        same = isinstance(layer.padding, str) and layer.padding != "valid"
        # ONNX gives no meaning to SAME together with dilation or rounding up.
        holes = getattr(layer, "dilation", 1)
        assume(not (same and (set(np.ravel(holes)) != {1} or getattr(layer, "ceil_mode", False))))
        assume(not (same and layer.rounding == "ceil"))
        # Where windows leave gaps, ONNX Runtime pads by negative amounts; TensorFlow does not pad.
        rank = len(shapes[0]) - 1
        kernel, stride = np.broadcast_to(layer.kernel_size, rank), layer.stride
        assume(not same or stride is None or (kernel >= np.broadcast_to(stride, rank)).all())
        inputs, weights = random_layers.numbers(seed, layer, shapes, batch, np.float32)
        feeds = {"x": inputs[0], **weights}
        declared = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape)
            for name, array in feeds.items()
        ]
        output = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
        model = helper.make_model(
            helper.make_graph([node], "one", declared, [output]),
            opset_imports=[helper.make_opsetid("", 19)],
            ir_version=9,
        )
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        session = runtime.InferenceSession(model.SerializeToString(), options)
        (expected,) = session.run(None, feeds)
        assume(expected.size)
        _, found = random_layers.execute(layer, shapes, inputs, weights)
        assert found.shape == expected.shape
        # A dilated window may read padding only: minus infinity here, the lowest number there.
        found = np.maximum(found, np.finfo(np.float32).min)
        np.testing.assert_allclose(
            found, expected, rtol=1e-4, atol=random_layers.tolerance(expected)
        )

    check()
