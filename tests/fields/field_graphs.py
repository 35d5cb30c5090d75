"""Random small graphs, and what their units depend on by experiment: a NaN in every pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from cnncalc.diagnostics import LayerError
from cnncalc.executor.execution import Executor
from cnncalc.executor.weights import RandomWeights
from cnncalc.graph import Graph, Node
from cnncalc.layers import layer_class

MODE_OF_RANK = {1: "linear", 2: "bilinear", 3: "trilinear"}


def layer(keyword: str, **fields: Any) -> Any:
    """A layer by its keyword."""
    return layer_class(keyword)(**fields)


def graph_of(nodes: list[Node]) -> Graph:
    """A graph of one input; its last node is its output."""
    return Graph("random", tuple(nodes), (0,), (len(nodes) - 1,))


@st.composite
def graphs(draw: Any, most: int = 7, largest: int = 9) -> Graph:
    """Graphs of up to `most` layers of any kind over small inputs of one to three axes."""
    rank = draw(st.sampled_from((1, 2, 2, 2, 3)))
    longest = {1: 3 * largest, 2: largest, 3: 4}[rank]
    lengths = draw(st.tuples(*[st.integers(3, longest)] * rank))
    shape = (draw(st.integers(1, 3)), *lengths)
    nodes = [Node("input", layer("input", shape=shape), ())]
    shapes = [shape]
    for number in range(draw(st.integers(min(4, most), most))):
        try:
            made, inputs = draw_layer(draw, shapes)
            output = made.facts(tuple([shapes[i] for i in inputs])).output
        except LayerError:
            continue
        if max(output[1:], default=1) > 30 or np.prod(output) > 3000:
            continue
        nodes.append(Node(f"{made.keyword}_{number}", made, inputs))
        shapes.append(output)
    return graph_of(nodes)


def draw_layer(draw: Any, shapes: list[Any]) -> tuple[Any, tuple[int, ...]]:
    """A layer and the nodes that it reads, recent ones rather than old ones."""
    source = len(shapes) - 1 - min(draw(st.sampled_from((0, 0, 0, 1, 2))), len(shapes) - 1)
    shape = shapes[source]
    if len(shape) == 1:
        word = draw(st.sampled_from(FLAT))
    else:
        word = draw(st.sampled_from(WINDOWS + WINDOWS + OTHERS + MERGES + MERGES))
    if word in ("add", "multiply", "concat"):
        fitting = [i for i, s in enumerate(shapes) if fits(word, s, shape)]
        chosen = draw(st.lists(st.sampled_from(fitting), min_size=1, max_size=3))
        return layer(word), (source, *chosen)
    return layer(word, **draw_fields(draw, word, shape)), (source,)


def fits(word: str, one: Any, other: Any) -> bool:
    """Whether a merge can take both shapes."""
    if len(one) != len(other):
        return False
    if word == "concat":
        return bool(one[1:] == other[1:])
    return all(a == b or 1 in (a, b) for a, b in zip(one, other, strict=True))


WINDOWS = ["conv", "conv", "conv", "max_pool", "avg_pool", "lp_pool", "subsample",
           "locally_connected", "conv_transpose"]  # fmt: skip
OTHERS = ["pad", "crop", "upsample", "upsample", "adaptive_avg_pool", "adaptive_max_pool",
          "global_avg_pool", "global_max_pool", "slice", "slice", "channel_shuffle",
          "pixel_shuffle", "pixel_shuffle", "batch_norm", "relu", "sigmoid", "softmax",
          "local_response_norm", "group_norm", "instance_norm", "layer_norm", "flatten", "prelu",
          "layer_scale"]  # fmt: skip
MERGES = ["add", "concat", "concat", "multiply"]
FLAT = ["linear", "relu", "softmax", "add", "concat", "slice", "rbf", "local_response_norm",
        "layer_norm", "batch_norm"]  # fmt: skip


def draw_fields(draw: Any, word: str, shape: Any) -> dict[str, Any]:
    """Fields for a layer that reads a map or vector of this shape; they need not fit it."""
    rank, channels = len(shape) - 1, shape[0]
    pick = lambda *values: draw(st.sampled_from(values))  # noqa: E731  # a short name
    axes = lambda *values: tuple(pick(*values) for _ in range(rank))  # noqa: E731  # a short name
    if word in WINDOWS:
        return draw_window(word, channels, pick, axes)
    if word in ("pad", "crop"):
        edges = tuple((pick(0, 1, 2), pick(0, 0, 1)) for _ in range(rank))
        if word == "crop":
            return {"cropping": edges}
        modes = ("zeros", "reflect", "replicate", "circular")
        return {
            "padding": edges,
            "mode": pick(*modes),
            "channels": pick(None, None, (1, 0), (1, 2)),
        }
    if word == "upsample":
        mode = pick("nearest", MODE_OF_RANK[rank], MODE_OF_RANK[rank])
        fields = {"mode": mode, "align_corners": mode != "nearest" and pick(True, False)}
        size = {"size": axes(1, 2, 3, 5, 7)} if pick(0, 0, 1) else {"scale_factor": axes(1, 2, 3)}
        return {**fields, **size}
    if word.startswith("adaptive"):
        return {"output_size": axes(1, 2, 3, 4, 5)}
    if word == "slice":
        start = pick(*range(channels))
        return {"start": start, "stop": pick(None, pick(*range(start + 1, channels + 1))),
                "step": pick(1, 1, 2)}  # fmt: skip
    if word in ("group_norm", "channel_shuffle"):
        divisors = [n for n in range(1, channels + 1) if channels % n == 0]
        return {"num_groups" if word == "group_norm" else "groups": pick(*divisors)}
    if word == "layer_norm":
        return {"axes": pick("all", "channels", "channels")}
    if word == "local_response_norm":
        return {"size": pick(1, 2, 3)}
    if word == "pixel_shuffle":
        return {"upscale_factor": pick(*[n for n in (1, 2, 3) if channels % n**rank == 0])}
    return {"out_features": pick(1, 2)} if word in ("linear", "rbf") else {}


def draw_window(word: str, channels: int, pick: Any, axes: Any) -> dict[str, Any]:
    """Fields of a layer with a window."""
    fields: dict[str, Any] = {"kernel_size": axes(1, 2, 3, 3, 4), "stride": axes(1, 1, 2, 3)}
    if word not in ("avg_pool", "lp_pool", "subsample"):
        fields["dilation"] = axes(1, 1, 1, 2)
    sides = tuple((pick(0, 1, 2), pick(0, 1)) for _ in axes(0))
    if word == "conv_transpose":
        extra = {"padding": pick(0, 0, sides), "output_padding": axes(0, 0, 1)}
        return {**fields, **extra, "out_channels": pick(1, 2), "groups": 1}
    fields["padding"] = pick("valid", "same", "same_lower", 0, 1, sides)
    if word in ("conv", "locally_connected"):
        fields["out_channels"] = pick(1, 2, 4, 4)
        fields["rounding"] = pick(None, None, "ceil")
    if word == "conv":
        groups = [n for n in (1, 2, 3) if channels % n == 0 and fields["out_channels"] % n == 0]
        fields["groups"] = pick(*groups)
        fields["padding_mode"] = pick("zeros", "zeros", "zeros", "reflect", "replicate", "circular")
        if fields["groups"] == 1 and pick(0, 0, 0, 1):
            rows = [pick((0,), tuple(range(channels)), (channels - 1,))
                    for _ in range(fields["out_channels"])]  # fmt: skip
            fields["connections"] = tuple(rows)
    elif word != "locally_connected":
        fields["ceil_mode"] = pick(True, False)
    return fields


def dependence(graph: Graph) -> dict[int, np.ndarray[Any, Any]]:
    """For every node, by index: which units (axes 1...) turn NaN for a NaN in each pixel (axis 0).

    Units are positions of a map, NaN in any channel, or features of a vector.
    """
    shape = graph.nodes[0].layer.shape  # type: ignore[attr-defined]  # the input layer
    places = list(np.ndindex(*shape[1:]))
    x = np.random.default_rng(0).random(size=(len(places), *shape))
    for sample, place in enumerate(places):
        x[(sample, slice(None), *place)] = np.nan
    found = {}

    def watch(step: Any) -> None:
        spoilt = np.isnan(step.output)
        found[step.index] = spoilt.any(axis=-1) if spoilt.ndim > 2 else spoilt

    Executor(graph, RandomWeights(graph, 0, np.float64), np.float64).run([x], watch=watch)
    return found
