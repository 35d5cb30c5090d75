"""Keys against an independent computation: random networks, every convention."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor, prod
from random import Random

import pytest

import cnncalc
from cnncalc.diagnostics import Source
from cnncalc.grading.answers import show_number
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.marking.believed_network import field_walk
from cnncalc.grading.model import Assignment
from cnncalc.grading.question_types.shapes import ShapeTruth
from cnncalc.grading.question_types.typed import NumberTruth
from cnncalc.grading.sheet import working

BYTES = {"float32": 4, "float16": 2, "int8": 1}


@dataclass
class Layer:
    """A layer with its figures, worked out by hand."""

    name: str
    yaml: str
    shape: tuple[int, ...]
    weights: int = 0
    biases: int = 0
    kept: int = 0
    norm: int = 0
    macs: int = 0
    field: tuple[int, ...] = ()


@dataclass
class Net:
    """A random chain of layers over `input`, every figure counted by naive formulas."""

    input: tuple[int, ...]
    rounding: str
    layers: list[Layer] = field(default_factory=list)

    def yaml(self) -> str:
        lines = "".join(f"      - {layer.yaml}\n" for layer in self.layers)
        return f"    input: {list(self.input)}\n    layers:\n{lines}"


def length(
    size: int, kernel: int, stride: int, pad: int, dilation: int, rounding: str, is_pool: bool
) -> int:
    room = size + 2 * pad - (dilation * (kernel - 1) + 1)
    if room < 0:
        return 0
    out = (ceil if rounding == "ceil" else floor)(Fraction(room, stride)) + 1
    end = size + pad if is_pool else size + 2 * pad
    if rounding == "ceil" and (out - 1) * stride >= end:
        out -= 1  # a last window that begins after the padded input, or in a pool after the input
    return out


def random_net(random: Random) -> Net:
    rounding = random.choice(["floor", "ceil"])
    shape: tuple[int, ...] = (random.randint(1, 4), random.randint(20, 40), random.randint(20, 40))
    net = Net(shape, rounding)
    seen, jumps = [1, 1], [1, 1]
    for number in range(random.randint(2, 6)):
        name = f"n{number}"
        kind = random.choice(["conv", "conv", "max_pool", "avg_pool", "batch_norm", "relu"])
        if kind in ("batch_norm", "relu"):
            norm = 2 * shape[0] if kind == "batch_norm" else 0
            net.layers.append(Layer(name, f"{kind}: {{name: {name}}}", shape, norm=norm, kept=norm,
                                    field=tuple(seen)))  # fmt: skip
            continue
        kernels = [random.randint(1, 4), random.randint(1, 4)]
        stride = random.randint(1, 2)
        pad = random.randint(0, min(kernels) // 2)
        dilation = random.choice([1, 1, 2]) if kind == "conv" else 1
        spatial = tuple(
            length(size, kernel, stride, pad, dilation, rounding, kind != "conv")
            for size, kernel in zip(shape[1:], kernels, strict=True)
        )
        if min(spatial) < 1:
            continue
        text = f"name: {name}, kernel_size: {kernels}, stride: {stride}, padding: {pad}"
        for axis, kernel in enumerate(kernels):
            seen[axis] += dilation * (kernel - 1) * jumps[axis]
            jumps[axis] *= stride
        if kind != "conv":
            shape = (shape[0], *spatial)
            net.layers.append(Layer(name, f"{kind}: {{{text}}}", shape, field=tuple(seen)))
            continue
        groups = random.choice([one for one in (1, 2, shape[0]) if shape[0] % one == 0])
        filters, biased = groups * random.randint(1, 3), random.random() < 0.7
        weights = prod(kernels) * (shape[0] // groups) * filters
        text += f", out_channels: {filters}, groups: {groups}, dilation: {dilation}"
        text += "" if biased else ", bias: false"
        shape = (filters, *spatial)
        net.layers.append(
            Layer(name, f"conv: {{{text}}}", shape, weights, filters if biased else 0,
                  macs=weights * prod(spatial), field=tuple(seen))
        )  # fmt: skip
    units, inputs = random.randint(2, 9), prod(shape)
    net.layers += [
        Layer("flat", "flatten: {name: flat}", (inputs,)),
        Layer("fc", f"linear: {{name: fc, out_features: {units}}}", (units,), inputs * units, units,
              macs=inputs * units),
    ]  # fmt: skip
    return net


def expected(layer: Layer, conventions: dict[str, str]) -> dict[str, object]:
    """Return every figure of a layer under some conventions."""
    counted = conventions["bias"] == "counted"
    statistics = layer.kept if conventions["batch_norm"] == "4" else 0
    params = layer.weights + layer.norm + (layer.biases if counted else 0) + statistics
    outputs, size = prod(layer.shape), BYTES[conventions["dtype"]]
    biased = prod(layer.shape) if layer.biases and counted else 0
    figures: dict[str, object] = {
        "shape": layer.shape,
        "params": params,
        "weights": layer.weights + layer.norm // 2,
        "biases": layer.biases + layer.norm // 2,
        "macs": layer.macs,
        "flops": layer.macs * (2 if conventions["flops"] == "2macs" else 1),
        "activations": outputs,
        "connections": layer.macs + biased,
        "weight_bytes": params * size,
        "activation_bytes": outputs * size,
        "channels": layer.shape[0],
    }
    if layer.field:
        figures |= {"receptive_field": layer.field, "height": layer.shape[1]}
    return figures


def random_case(seed: int) -> tuple[Net, dict[str, str], Assignment, dict[str, object]]:
    random = Random(seed)
    net = random_net(random)
    conventions = {
        "rounding": net.rounding,
        "bias": random.choice(["counted", "apart"]),
        "batch_norm": random.choice(["2", "4"]),
        "flops": random.choice(["2macs", "macs"]),
        "dtype": random.choice(list(BYTES)),
    }
    wanted = {
        f"{layer.name}.{quantity}": value
        for layer in net.layers
        for quantity, value in expected(layer, conventions).items()
    }
    questions = "".join(
        f"  - {{id: {name}, kind: {name.split('.')[1]}, node: {name.split('.')[0]}}}\n"
        for name in wanted
    )
    text = f"specs:\n  net:\n{net.yaml()}conventions: {conventions}\nquestions:\n{questions}"
    return net, conventions, read_assignment_text(Source("hw.yaml", text)), wanted


@pytest.mark.parametrize("seed", range(40))
def test_every_key_equals_an_independent_count(seed: int) -> None:
    net, conventions, found, wanted = random_case(seed)
    for item in found.items:
        truth = item.truth
        assert isinstance(truth, ShapeTruth | NumberTruth)
        value = truth.shape if isinstance(truth, ShapeTruth) else truth.value
        assert value == wanted[item.id], (item.id, conventions, net.yaml())


@pytest.mark.parametrize("seed", range(40, 60))
def test_every_working_holds_the_value_asked_for(seed: int) -> None:
    *_, found, _wanted = random_case(seed)
    for question in found.questions:
        for item in question.items:
            lines = working(item, question.network)
            if lines and isinstance(item.truth, NumberTruth):
                shown = show_number(item.truth.value)
                assert any(shown in line for line in lines), (item.id, shown, lines)


@pytest.mark.parametrize("seed", range(60, 80))
def test_sums_over_the_network_are_the_sums_of_its_layers(seed: int) -> None:
    net, conventions, *_ = random_case(seed)
    kinds = ("params", "weights", "biases", "macs", "flops", "activations", "connections")
    questions = "".join(f"  - {{id: {kind}, kind: {kind}}}\n" for kind in kinds)
    text = f"specs:\n  net:\n{net.yaml()}conventions: {conventions}\nquestions:\n{questions}"
    found = read_assignment_text(Source("hw.yaml", text))
    for item in found.items:
        figures = [expected(layer, conventions)[item.id] for layer in net.layers]
        assert isinstance(item.truth, NumberTruth)
        assert item.truth.value == sum(figures)  # type: ignore[arg-type]


def field_keys(name: str, nodes: list[str]) -> dict[str, ShapeTruth]:
    lines = "".join(f"- {{id: n{i}, kind: receptive_field, spec: {name}, node: {node}}}\n"
                    for i, node in enumerate(nodes))  # fmt: skip
    found = read_assignment_text(Source("hw.yaml", "questions:\n" + lines))
    return {
        node: item.truth
        for node, item in zip(nodes, found.items, strict=True)
        if isinstance(item.truth, ShapeTruth)
    }


@pytest.mark.parametrize(
    "name", ["lenet5", "alexnet", "googlenet", "resnet18", "densenet40_k12_cifar"]
)
def test_receptive_fields_are_those_of_the_analysis(name: str) -> None:
    """The key, and the walk that follows a student's own fields, agree with it everywhere."""
    graph = cnncalc.load(name)
    found = cnncalc.receptive_field(graph)
    good = [
        node
        for node in found.nodes
        if node.whole or all(axis.size == axis.smallest for axis in node.axes or ())
    ]
    keys = field_keys(name, [node.name for node in good])
    text = f"questions: [{{id: q, kind: params, spec: {name}}}]"
    network = read_assignment_text(Source("hw.yaml", text)).questions[0].network
    assert network is not None
    walked, _ = field_walk(network.right)
    for node in good:
        key = keys[node.name]
        assert key.whole is node.whole
        assert key.shape == (found.pixels if node.whole else node.size)
        own = walked[graph.index(node.name)]
        if own is not None:
            assert own == node.size
