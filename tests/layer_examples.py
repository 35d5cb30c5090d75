"""Every layer of the language in one table of examples, which all tests that go over layers read.

A new layer needs its row here: its fields and the shapes of its inputs. The first example is the
plain one; the others show options that change a rule.
"""

from __future__ import annotations

from typing import Any

from cnncalc.graph import Graph, Node
from cnncalc.layers import layer_class

Shapes = tuple[tuple[int, ...], ...]
IMAGE: Shapes = ((6, 9, 8),)
SIGNAL: Shapes = ((4, 11),)
VOLUME: Shapes = ((4, 5, 6, 7),)
FLAT: Shapes = ((12,),)

#: For each keyword, pairs of fields and input shapes.
EXAMPLES: dict[str, list[tuple[dict[str, Any], Shapes]]] = {
    "conv": [
        ({"out_channels": 4, "kernel_size": 3}, IMAGE),
        ({"out_channels": 4, "kernel_size": 3, "stride": 2, "padding": "same"}, IMAGE),
        ({"out_channels": 4, "kernel_size": 3, "padding": [[2, 0], [1, 3]]}, IMAGE),
        ({"out_channels": 6, "kernel_size": 3, "groups": 6, "bias": False}, IMAGE),
        ({"out_channels": 4, "kernel_size": 3, "groups": 2, "dilation": 2}, IMAGE),
        ({"out_channels": 4, "kernel_size": 3, "padding": 1, "padding_mode": "reflect"}, IMAGE),
        ({"out_channels": 2, "kernel_size": 3, "connections": [[0, 1], [5]]}, IMAGE),
        ({"out_channels": 4, "kernel_size": 3, "stride": 3, "rounding": "ceil"}, IMAGE),
        ({"out_channels": 1, "kernel_size": 3, "weight": "sobel_x"}, IMAGE),
        ({"out_channels": 3, "kernel_size": 4, "stride": 2}, SIGNAL),
        ({"out_channels": 3, "kernel_size": [2, 1, 3], "stride": [1, 2, 3]}, VOLUME),
    ],
    "conv_transpose": [
        ({"out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 1}, IMAGE),
        ({"out_channels": 4, "kernel_size": 2, "stride": 2, "output_padding": 1}, IMAGE),
        ({"out_channels": 4, "kernel_size": 3, "groups": 2, "dilation": 2}, SIGNAL),
        ({"out_channels": 2, "kernel_size": 2, "bias": False}, VOLUME),
        ({"out_channels": 3, "kernel_size": [5, 2], "stride": 3, "padding": "same"}, IMAGE),
        ({"out_channels": 3, "kernel_size": 4, "dilation": 2, "padding": "same_lower"}, SIGNAL),
    ],
    "locally_connected": [
        ({"out_channels": 3, "kernel_size": 3, "stride": 2}, IMAGE),
        ({"out_channels": 3, "kernel_size": 3, "padding": "same", "bias": False}, SIGNAL),
    ],
    "max_pool": [
        ({"kernel_size": 3, "stride": 2}, IMAGE),
        ({"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}, IMAGE),
        ({"kernel_size": 2, "dilation": 3}, IMAGE),
        ({"kernel_size": 2}, SIGNAL),
        ({"kernel_size": [1, 2, 3]}, VOLUME),
    ],
    "min_pool": [({"kernel_size": 2}, IMAGE)],
    "avg_pool": [
        ({"kernel_size": 3, "stride": 2, "padding": 1}, IMAGE),
        ({"kernel_size": 3, "padding": "same", "count_include_pad": False}, IMAGE),
        ({"kernel_size": 3, "divisor_override": 2, "rounding": "ceil"}, VOLUME),
        ({"kernel_size": 2, "padding": 3, "dilation": 2, "count_include_pad": False}, IMAGE),
    ],
    "lp_pool": [
        ({"kernel_size": 2}, IMAGE),
        ({"kernel_size": 3, "norm_type": 3}, SIGNAL),
        ({"kernel_size": 3, "padding": 2, "dilation": 2, "ceil_mode": True}, IMAGE),
    ],
    "subsample": [({"kernel_size": 2}, IMAGE)],
    "global_avg_pool": [({}, IMAGE), ({}, SIGNAL), ({}, VOLUME)],
    "global_max_pool": [({}, IMAGE)],
    "global_lp_pool": [({}, IMAGE), ({"norm_type": 3}, SIGNAL), ({"norm_type": 1}, VOLUME)],
    "adaptive_avg_pool": [({"output_size": 4}, IMAGE), ({"output_size": [12, 1]}, IMAGE)],
    "adaptive_max_pool": [({"output_size": [5, 3]}, IMAGE)],
    "linear": [
        ({"out_features": 5}, FLAT),
        ({"out_features": 5, "bias": False}, FLAT),
        ({"out_features": 5, "axis": 2}, IMAGE),
        ({"out_features": 3, "axis": 0, "bias": False}, SIGNAL),
    ],
    "flatten": [({}, IMAGE), ({}, FLAT), ({"axis": 1}, IMAGE), ({"axis": 2}, VOLUME)],
    "lstm": [
        ({"hidden_size": 5}, SIGNAL),
        ({"hidden_size": 3, "biases": 1}, IMAGE),
        ({"hidden_size": 3, "num_layers": 2, "bidirectional": True, "biases": 0}, IMAGE),
        ({"hidden_size": 4, "bidirectional": True, "output": "last"}, SIGNAL),
    ],
    "gru": [
        ({"hidden_size": 5}, SIGNAL),
        ({"hidden_size": 3, "num_layers": 2, "output": "last", "biases": 0}, IMAGE),
        ({"hidden_size": 3, "bidirectional": True}, IMAGE),
    ],
    "rbf": [({"out_features": 3}, FLAT)],
    "batch_norm": [
        ({}, IMAGE),
        ({"scale": False}, IMAGE),
        ({"center": False}, SIGNAL),
        ({"affine": False}, IMAGE),
        ({}, FLAT),
    ],
    "local_response_norm": [({}, IMAGE), ({"size": 2, "beta": 0.5, "k": 2}, IMAGE)],
    "layer_norm": [
        ({}, IMAGE),
        ({"axes": "last"}, IMAGE),
        ({"axes": "channels"}, IMAGE),
        ({"affine": False}, FLAT),
    ],
    "group_norm": [({"num_groups": 3}, IMAGE), ({"num_groups": 2, "affine": False}, IMAGE)],
    "instance_norm": [({}, IMAGE), ({"affine": True}, VOLUME)],
    "relu": [({}, IMAGE), ({}, FLAT)],
    "relu6": [({}, IMAGE)],
    "leaky_relu": [({"negative_slope": 0.2}, IMAGE)],
    "prelu": [({}, IMAGE), ({"num_parameters": 6}, IMAGE)],
    "elu": [({}, IMAGE)],
    "sigmoid": [({}, IMAGE)],
    "hard_sigmoid": [({}, IMAGE)],
    "tanh": [({}, IMAGE)],
    "hard_tanh": [({}, IMAGE)],
    "softplus": [({}, IMAGE)],
    "gelu": [({}, IMAGE), ({"approximate": "tanh"}, IMAGE)],
    "silu": [({}, IMAGE)],
    "mish": [({}, IMAGE)],
    "softsign": [({}, IMAGE)],
    "square": [({}, IMAGE)],
    "sqrt": [({}, IMAGE)],
    "selu": [({}, IMAGE)],
    "abs": [({}, IMAGE)],
    "clip": [({"min": 0, "max": 0.5}, IMAGE), ({"max": 0.1}, FLAT)],
    "hard_swish": [({}, IMAGE)],
    "softmax": [({}, FLAT), ({}, IMAGE), ({"axis": 2}, IMAGE)],
    "log_softmax": [({}, FLAT), ({"axis": 1}, SIGNAL)],
    "add": [({}, IMAGE * 3), ({}, (IMAGE[0], (6, 1, 1)))],
    "multiply": [({}, IMAGE * 2), ({}, ((6, 1, 1), IMAGE[0]))],
    "concat": [
        ({}, ((2, 5, 5), (3, 5, 5))),
        ({}, FLAT * 2),
        ({"axis": 2}, ((2, 5, 4), (2, 5, 1))),
    ],
    "identity": [({}, IMAGE)],
    "dropout": [({}, IMAGE)],
    "stochastic_depth": [({}, IMAGE)],
    "layer_scale": [({}, IMAGE)],
    "upsample": [
        ({"scale_factor": 2}, IMAGE),
        ({"size": [4, 13], "mode": "bilinear"}, IMAGE),
        ({"scale_factor": 3, "mode": "linear", "align_corners": True}, SIGNAL),
        ({"scale_factor": [0.5, 1.5], "mode": "bicubic"}, IMAGE),
        ({"size": [5, 12], "mode": "bicubic", "align_corners": True}, IMAGE),
        ({"scale_factor": 0.25, "mode": "linear"}, SIGNAL),
        ({"scale_factor": [0.75, 0.5, 2]}, VOLUME),
        ({"like": "input_1", "mode": "bilinear"}, (IMAGE[0], (2, 5, 12))),
    ],
    "pad": [
        ({"padding": [[1, 0], [2, 3]]}, IMAGE),
        ({"padding": 2, "mode": "circular", "channels": [1, 2]}, IMAGE),
        ({"like": "input_1", "mode": "reflect"}, (IMAGE[0], (2, 12, 13))),
    ],
    "crop": [
        ({"cropping": [[1, 0], [2, 3]]}, IMAGE),
        ({"like": "input_1"}, (VOLUME[0], (1, 5, 3, 1))),
    ],
    "channel_shuffle": [({"groups": 3}, IMAGE)],
    "pixel_shuffle": [
        ({"upscale_factor": 2}, ((8, 3, 5),)),
        ({"upscale_factor": 2}, SIGNAL),
        ({"upscale_factor": 2}, ((16, 2, 3, 2),)),
    ],
    "reshape": [
        ({"shape": [12, -1]}, IMAGE),
        ({"shape": [8, 6, 9]}, IMAGE),
        ({"shape": [10, 3]}, ((6, 5),)),
        ({"shape": [2, 3, 2]}, FLAT),
        ({"shape": [8]}, ((2, 2, 2),)),
    ],
    "permute": [({"dims": [2, 0, 1]}, IMAGE), ({"dims": [1, 0]}, SIGNAL)],
    "space_to_depth": [
        ({"block_size": [3, 2]}, IMAGE),
        ({"block_size": 2, "order": "channels_first"}, ((3, 4, 8),)),
    ],
    "scale": [
        ({"factor": 0.5, "shift": -2}, IMAGE),
        ({"learned": "both"}, IMAGE),
        ({"learned": "factor", "per": "elements"}, IMAGE),
        ({"learned": "shift", "per": "one"}, FLAT),
        ({}, IMAGE),
    ],
    "mean": [({}, IMAGE), ({"axes": "space"}, IMAGE), ({}, FLAT)],
    "max": [({}, IMAGE), ({"axes": "space"}, SIGNAL)],
    "l2_normalize": [({}, IMAGE), ({}, FLAT)],
    "subtract": [({}, IMAGE * 2), ({}, (IMAGE[0], (6, 1, 1)))],
    "maximum": [({}, IMAGE * 3)],
    "minimum": [({}, IMAGE * 2)],
    "matmul": [({}, ((4, 3, 5), (4, 5, 2))), ({}, ((4, 6), (6, 3)))],
    "slice": [
        ({"start": 1, "stop": 5, "step": 2}, IMAGE),
        ({"start": 2, "stop": 99, "step": 3, "axis": 2}, IMAGE),
        ({"stop": 4}, IMAGE),
    ],
    "custom": [
        (
            {
                "kind": "deform_conv", "output": [4, "height", "width // 2"],
                "params": "in_channels * 36", "macs": "out_elements * in_channels * 9",
                "rest": "none",
            },
            IMAGE,
        ),
        ({"kind": "roi_align", "output": [2, 3, 3], "params": 7}, IMAGE * 2),
        ({"kind": "nms", "output": "shape"}, FLAT),
    ],
}  # fmt: skip
#: Layers that nobody can execute; all others are held to what execution does.
OPAQUE = {keyword for keyword in EXAMPLES if layer_class(keyword).opaque}
CASES = [(k, *case) for k, cases in EXAMPLES.items() if k not in OPAQUE for case in cases]


def one_layer(keyword: str, fields: dict[str, Any], shapes: Shapes) -> Graph:
    """Return the graph of one layer that reads one input for each shape."""
    make = layer_class("input")
    nodes = [Node(f"input_{i}", make(shape=shape), ()) for i, shape in enumerate(shapes)]
    reads = tuple(range(len(nodes)))
    nodes.append(Node(f"{keyword}_1", layer_class(keyword)(**fields), reads))
    return Graph(keyword, tuple(nodes), reads, (len(nodes) - 1,))
