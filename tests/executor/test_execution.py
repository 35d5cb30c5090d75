"""Running graphs: memory that is used again must never change a value, and NaN must not smear."""

from __future__ import annotations

import tracemalloc

import naive
import numpy as np
import pytest
import random_layers
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.walk import analyze
from cnncalc.cli.limits import needed
from cnncalc.diagnostics import LayerError, SpecError
from cnncalc.executor.execution import Executor
from cnncalc.executor.run import run
from cnncalc.executor.verify import verify
from cnncalc.executor.weights import GivenWeights, RandomWeights
from cnncalc.executor.workspace import Workspace, owner
from cnncalc.graph import Graph, Node
from cnncalc.layers import layer_class

ONE_INPUT = sorted(
    set(random_layers.RUN)
    - {"add", "multiply", "concat", "linear", "rbf", "lp_pool", "global_lp_pool"}
)
MERGES = ("add", "multiply", "concat")


@st.composite
def graphs(draw, keywords=(*ONE_INPUT, *MERGES, "relu", "batch_norm", "identity")):
    """Random graphs of up to a dozen layers with branches, merges, dead ends and shared inputs."""
    make = layer_class("input")
    shape = (draw(st.integers(1, 4)), draw(st.integers(3, 7)), draw(st.integers(3, 7)))
    nodes, shapes = [Node("input", make(shape=shape), ())], [shape]
    for number in range(draw(st.integers(1, 12))):
        keyword = draw(st.sampled_from(keywords))
        count = draw(st.integers(2, 3)) if keyword in MERGES else 1
        spatial = [i for i, s in enumerate(shapes) if len(s) == 3]
        inputs = tuple(draw(st.sampled_from(spatial)) for _ in range(count))
        read = tuple(shapes[i] for i in inputs)
        fields = random_layers.FIELDS.get(keyword)
        try:
            layer = layer_class(keyword)(**(fields(draw, read[0]) if fields else {}))
            shapes.append(layer.facts(read).output)
        except LayerError:
            continue
        nodes.append(Node(f"{keyword}_{number}", layer, inputs))
    return Graph("random", tuple(nodes), (0,), (len(nodes) - 1,))


def weights_of(graph, seed):
    generator = np.random.default_rng(seed)
    arrays, shapes = {}, []
    for node in graph.nodes:
        facts = node.layer.facts(tuple(shapes[i] for i in node.inputs))
        shapes.append(facts.output)
        for spec in facts.params:
            values = generator.normal(size=spec.shape)
            positive = spec.name == "running_var"
            arrays[f"{node.name}.{spec.name}"] = np.abs(values) + 0.1 if positive else values
    return arrays


@settings(max_examples=60)
@given(graphs(), st.integers(0, 2**16))
def test_random_graphs_agree_with_their_definition(graph, seed):
    arrays = weights_of(graph, seed)
    x = np.random.default_rng(seed + 1).normal(size=(2, *graph.nodes[0].layer.shape))
    executor = Executor(graph, GivenWeights(graph, arrays, "float64"), "float64")
    everything = range(len(graph.nodes))
    kept = executor.run([x], keep=everything)
    again = executor.run([x], keep=graph.outputs)  # with memory handed on, not kept
    values = [x[0]]
    for node in graph.nodes[1:]:
        prefix = f"{node.name}."
        own = {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
        values.append(naive.evaluate(node.layer, [values[i] for i in node.inputs], own)[0])
        # A dilated pool may read padding only; what follows from its infinity is no number.
        assume(np.isfinite(values[-1]).all())
    for index in everything:
        np.testing.assert_allclose(kept[index][0], values[index], rtol=1e-7, atol=1e-8)
    np.testing.assert_array_equal(again[graph.outputs[0]], kept[graph.outputs[0]])


#: Layers whose reads sums can stand for: a comparison in Python would swallow the NaN.
READ_ALIKE = {
    "relu": ("identity", ()),
    "hard_swish": ("identity", ()),
    "max_pool": ("avg_pool", ("kernel_size", "stride", "padding", "ceil_mode", "rounding")),
    "adaptive_max_pool": ("adaptive_avg_pool", ("output_size",)),
    "global_max_pool": ("global_avg_pool", ()),
}
SPREADING = (
    *READ_ALIKE, *MERGES, "conv", "conv_transpose", "locally_connected", "avg_pool", "subsample",
    "adaptive_avg_pool", "batch_norm", "layer_scale", "upsample", "pad", "crop",
    "channel_shuffle", "slice", "local_response_norm",
)  # fmt: skip


def reading_alike(layer):
    """A layer of sums that reads what the given one reads."""
    if layer.keyword not in READ_ALIKE:
        return layer
    keyword, fields = READ_ALIKE[layer.keyword]
    return layer_class(keyword)(**{name: getattr(layer, name) for name in fields})


@settings(max_examples=60)
@given(graphs(SPREADING), st.integers(0, 2**16))
def test_nan_spreads_to_the_units_that_read_it_and_no_further(graph, seed):
    assume(all(getattr(n.layer, "dilation", 1) == 1 for n in graph.nodes if "max" in n.name))
    arrays = {name: np.abs(a) + 0.1 for name, a in weights_of(graph, seed).items()}
    generator = np.random.default_rng(seed)
    x = np.ones((1, *graph.nodes[0].layer.shape))
    x[(0, *(int(generator.integers(n)) for n in x.shape[1:]))] = np.nan
    executor = Executor(graph, GivenWeights(graph, arrays, "float64"), "float64")
    kept = executor.run([x], keep=range(len(graph.nodes)))
    values = [x[0]]
    for index, node in enumerate(graph.nodes[1:], 1):
        prefix = f"{node.name}."
        own = {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
        inputs = [values[i] for i in node.inputs]
        values.append(naive.evaluate(reading_alike(node.layer), inputs, own)[0])
        np.testing.assert_array_equal(np.isnan(kept[index][0]), np.isnan(values[index]))


@pytest.mark.parametrize("size", [1, 7, 64])
def test_nan_in_one_row_of_a_product_stays_there(size):
    """Blocked products compute several rows at a time; each must keep to itself."""
    graph = cnncalc.loads(
        f"input: {size}x9x9\nlayers: [{{conv: {{out_channels: {size}, kernel_size: 1}}}}]"
    )
    x = np.ones((1, size, 9, 9), np.float32)
    x[0, 0, 4, 4] = np.nan
    out = Executor(graph, RandomWeights(graph, 0, "float32")).run([x], keep={1})[1]
    assert np.isnan(out[0, :, 4, 4]).all()
    assert np.isnan(out).sum() == size


NETS = ["lenet5_paper", "alexnet", "squeezenet1_1", "mobilenet_v2", "shufflenet_v2_x0_5"]


@pytest.mark.parametrize("name", NETS)
def test_memory_stays_within_what_is_announced(name):
    analysis = analyze(cnncalc.load(name))
    verify(analyze(cnncalc.load("lenet5")))  # what is imported on first use is not the run's
    tracemalloc.start()
    proof = verify(analysis)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert proof.passed
    assert peak <= needed(analysis)


def test_a_second_run_takes_no_new_memory():
    graph = cnncalc.load("squeezenet1_1", input="3x64x64")
    executor = Executor(graph, RandomWeights(graph, 0, "float32", keep=True))
    x = [np.ones((1, 3, 64, 64), np.float32)]
    for _ in range(2):
        executor.run(x)
    held = sorted(slab.nbytes for slab in executor.work.free)
    executor.run(x)
    assert sorted(slab.nbytes for slab in executor.work.free) == held


def test_no_layer_warns_on_legal_numbers():
    """Values at the ends of float32: results may be infinite, but nothing is said on the way."""
    for keyword in sorted(set(random_layers.RUN) - {"linear", "matmul", "rbf", *MERGES}):
        fields = {
            "conv": {"out_channels": 2, "kernel_size": 1},
            "conv_transpose": {"out_channels": 2, "kernel_size": 1},
            "locally_connected": {"out_channels": 2, "kernel_size": 1},
            "max_pool": {"kernel_size": 2},
            "min_pool": {"kernel_size": 2},
            "avg_pool": {"kernel_size": 2},
            "lp_pool": {"kernel_size": 2, "norm_type": 3.0},
            "adaptive_avg_pool": {"output_size": 3},
            "adaptive_max_pool": {"output_size": 3},
            "group_norm": {"num_groups": 2},
            "upsample": {"scale_factor": 2},
            "pad": {"padding": 1},
            "lstm": {"hidden_size": 3},
            "gru": {"hidden_size": 3},
            "crop": {"cropping": 1},
            "channel_shuffle": {"groups": 2},
            "slice": {"start": 1},
            "pixel_shuffle": {"upscale_factor": 1},
            "reshape": {"shape": (8, 2, 2)},
            "permute": {"dims": (1, 2, 0)},
            "space_to_depth": {"block_size": 2},
            "clip": {"min": 0.0},
        }.get(keyword, {})
        graph = random_layers.graph_of(layer_class(keyword)(**fields), ((2, 4, 4),))
        for value in (0.0, 3e38, -3e38, 1e-45, -100.0, 100.0):
            x = np.full((1, 2, 4, 4), value, np.float32)
            Executor(graph, RandomWeights(graph, 0, "float32")).run([x])


def test_kept_outputs_survive_later_layers():
    graph = cnncalc.loads("input: 1x2x2\nlayers: [relu, {leaky_relu: 0.5}, sigmoid]")
    x = np.array([[[-1.0, 2.0], [3.0, -4.0]]])
    results = run(graph, {}, x, layers=["relu_1", "sigmoid_1"], dtype="float64")
    np.testing.assert_array_equal(results.outputs["relu_1"][0], np.maximum(x, 0))
    np.testing.assert_allclose(results.outputs["sigmoid_1"][0], 1 / (1 + np.exp(-np.maximum(x, 0))))


def test_the_first_layer_that_is_not_finite_is_named():
    graph = cnncalc.loads("input: 4\nlayers: [{linear: 3}, relu, {linear: 2}]")
    weights = {
        "linear_1.weight": np.full((3, 4), 1e30),
        "linear_1.bias": np.zeros(3),
        "linear_2.weight": np.full((2, 3), 1e30),
        "linear_2.bias": np.zeros(2),
    }
    assert run(graph, weights, np.ones(4)).not_finite == "linear_2"
    assert run(graph, weights, np.ones(4), dtype="float64").not_finite is None
    assert run(graph, weights, np.array([np.nan, 1, 1, 1])).not_finite == "input"


def test_all_misfits_of_the_weights_are_listed_at_once():
    graph = cnncalc.loads("input: 4\nlayers: [{linear: 3}, relu, {linear: 2}]")
    weights = {
        "linear_1.weight": np.zeros((4, 3)),
        "linear_1.bias": np.zeros(3),
        "linear_2.weight": np.zeros((2, 3)),
        "other": np.zeros(1),
    }
    with pytest.raises(SpecError) as caught:
        run(graph, weights, np.ones(4))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.notes == (
        "`linear_1.weight` has shape (4, 3), not (3, 4)",
        "`linear_2.bias` is missing: shape (2)",
        "`other` is not an array of this network",
    )


@pytest.mark.parametrize("shape", [(1, 3, 3), (2, 3), (1, 1, 2, 3, 3)])
def test_inputs_of_another_shape_are_refused(shape):
    graph = cnncalc.loads("input: 2x3x3\nlayers: [relu]")
    with pytest.raises(ValueError, match=r"the input `input` is \(2, 3, 3\), but"):
        run(graph, {}, np.zeros(shape))


def test_freed_memory_is_handed_out_again():
    work = Workspace()
    first = work.empty((3, 4))
    slab = owner(first)
    work.discard(first)
    assert owner(work.empty((2, 5))) is slab
    assert owner(work.empty((2, 5))) is not slab
