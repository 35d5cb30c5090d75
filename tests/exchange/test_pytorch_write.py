"""Networks as PyTorch source: run with the same weights it computes what the executor does."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import random_layers
from exported import (
    NETWORKS,
    assert_equal,
    assert_formatted,
    executed,
    inputs_of,
    weights_of,
)  # fmt: skip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layer_examples import CASES, one_layer

import cnncalc
from cnncalc.cli import run
from cnncalc.diagnostics import SpecError
from cnncalc.graph import Graph
from cnncalc.writing import as_source

torch = pytest.importorskip("torch")


def module_of(text: str) -> tuple[dict[str, Any], Any]:
    """Return what generated source defines, and the network that is its last class."""
    names: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "generated", "exec"), names)
    classes = [v for v in names.values() if getattr(v, "__module__", "") == "generated"]
    network = [c for c in classes if isinstance(c, type) and issubclass(c, torch.nn.Module)][-1]
    return names, network().eval()


def check(graph: Graph, folder: Path, batch: int = 2, seed: int = 0) -> str:
    """Hold the source of a network to the executor and to the analysis; return the source."""
    text = as_source(graph, "pytorch")
    names, network = module_of(text)
    weights, inputs = weights_of(graph, seed), inputs_of(graph, batch, seed + 1)
    np.savez(folder / "w.npz", **weights)
    own = [name for name, _ in names["named_tensors"](network)]
    assert sorted(map(names.get("file_name", str), own)) == sorted(weights)
    names["load_npz"](network, str(folder / "w.npz"))
    analysis = cnncalc.analyze(graph)
    params = sum(analysis.figures(i).params for i in range(len(graph.nodes)))
    assert sum(p.numel() for p in network.parameters()) == params
    with torch.inference_mode():
        found = network(*[torch.from_numpy(x) for x in inputs])
    found = list(found) if isinstance(found, tuple) else [found]
    assert_equal([tensor.numpy() for tensor in found], executed(graph, weights, inputs))
    return text


@pytest.mark.parametrize("keyword", dict.fromkeys(case[0] for case in CASES))
def test_every_example_of_every_layer(keyword: str, tmp_path: Path) -> None:
    written = 0
    for name, fields, shapes in CASES:
        if name == keyword:
            try:
                check(one_layer(keyword, fields, shapes), tmp_path)
            except SpecError:  # what PyTorch cannot say
                continue
            written += 1
    assert written


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_layers.cases(), st.integers(0, 2**16))
def test_random_layers(tmp_path_factory: Any, case: Any, seed: int) -> None:
    layer, shapes, batch = case
    with contextlib.suppress(SpecError):  # what PyTorch cannot say
        check(random_layers.graph_of(layer, shapes), tmp_path_factory.getbasetemp(), batch, seed)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str, tmp_path: Path) -> None:
    text = check(cnncalc.loads(NETWORKS[name]), tmp_path)
    assert_formatted(text, tmp_path)


@pytest.mark.parametrize(
    "name", ["lenet5", "resnet20_cifar", "squeezenet1_1", "mnasnet0_5", "shufflenet_v2_x0_5"]
)
def test_architectures(name: str, tmp_path: Path) -> None:
    graph = cnncalc.load(name) if "cifar" in name or "lenet" in name else (
        cnncalc.load(name, input="3x64x64"))  # fmt: skip
    assert_formatted(check(graph, tmp_path, 1), tmp_path)


def test_resnet50_reads_as_a_person_writes_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "resnet50", "--to", "pytorch"]) == 0
    text = capsys.readouterr().out
    assert len(text.splitlines()) < 150
    for line in (
        "class Bottleneck(nn.Module):",
        "    def __init__(self, in_channels, channels, stride=1):",
        "        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)",
        "        if in_channels != 4 * channels:",
        "            units.append(Bottleneck(4 * channels, channels))",
        "        self.stage2 = Stage(256, 128, stride=2, num_units=4)",
        "        main = F.relu(self.bn2(self.conv2(main)))",
        "        x = self.stage4(x)  # 2048x7x7",
    ):
        assert line in text.splitlines()
    assert {line for line in text.splitlines() if line.startswith(("import", "from"))} == {
        "import torch", "import torch.nn.functional as F", "from torch import nn",
    }  # fmt: skip


def test_what_is_called_after_a_value_holds_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "googlenet", "--to", "pytorch"]) == 0
    text = capsys.readouterr().out
    assert "        return x, aux1, aux2\n" in text
    held = [line.split(" = ")[0].strip() for line in text.splitlines() if " = " in line]
    for name in ("inception_4a", "inception_4d", "aux1", "aux2"):
        assert held.count(name) == 1


def test_a_model_without_scopes_gets_classes_and_keeps_its_names(tmp_path: Path) -> None:
    lines = []
    for i in range(1, 16):
        lines.append(f"  - conv: {{name: c{i}, out_channels: 4, kernel_size: 3, padding: 1}}")
        lines += [f"  - batch_norm: {{name: n{i}}}", f"  - relu: {{name: r{i}}}"]
    text = check(cnncalc.loads("input: 4x6x6\nlayers:\n" + "\n".join(lines)), tmp_path)
    assert text.count("nn.Conv2d(") <= 3


def test_source_has_no_weights(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "lenet5", "--to", "pytorch", "--weights", "w.npz"]) == 2
    assert "load_npz" in capsys.readouterr().err


def test_inputs_are_called_what_the_block_declares(tmp_path: Path) -> None:
    spec = """
inputs: {left: 3x8x8, right: 3x8x8}
blocks:
  fuse:
    inputs: [fine, coarse]
    layers:
      - conv: {from: coarse, out_channels: 3, kernel_size: 1}
      - add: {from: [fine, conv_1]}
  pair:
    layers:
      - relu
      - fuse: {from: [left, relu_1]}
layers: [{pair: {from: right, repeat: 3}}]
"""
    for target in ("pytorch", "keras"):
        assert "(self, coarse, fine)" in (text := as_source(cnncalc.loads(spec), target)) or (
            "(coarse, fine, name)" in text
        )
    path = tmp_path / "my net.yaml"
    path.write_text(spec)
    assert as_source(cnncalc.load(str(path)), "pytorch").startswith('"""my net in PyTorch')
    check(cnncalc.loads(spec), tmp_path)
