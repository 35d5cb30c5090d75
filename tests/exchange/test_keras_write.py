"""Networks as Keras source: run with the same weights it computes what the executor does."""

from __future__ import annotations

import contextlib
import os
import sys
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

pytest.importorskip("torch")
os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")


def channels_last(array: Any) -> Any:
    """Return a batch with its channels at the end."""
    return np.moveaxis(array, 1, -1)


def check(graph: Graph, folder: Path, batch: int = 2, seed: int = 0) -> str:
    """Hold the source of a network to the executor and to the analysis; return the source."""
    text = as_source(graph, "keras")
    names: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "generated", "exec"), names)
    functions = [v for v in names.values() if getattr(v, "__module__", "") == "generated"]
    network = [f for f in functions if f.__name__ != "load_weights_npz"][-1]()
    weights, inputs = weights_of(graph, seed), inputs_of(graph, batch, seed + 1)
    np.savez(folder / "w.npz", **weights)
    names["load_weights_npz"](network, str(folder / "w.npz"))
    # Keras leaves out what no output depends on.
    figures = [cnncalc.analyze(graph).figures(i) for i, lives in enumerate(graph.live()) if lives]
    params = sum(figure.params for figure in figures)
    assert network.count_params() == params + sum(figure.buffers for figure in figures)
    assert sum(np.prod(w.shape) for w in network.trainable_weights) == params
    check_read_back(graph, network, folder)
    given = [channels_last(x) for x in inputs]
    found = network(given if len(given) > 1 else given[0], training=False)
    found = found if isinstance(found, list | tuple) else [found]
    outputs = [np.moveaxis(keras.ops.convert_to_numpy(y), -1, 1) for y in found]
    assert_equal(outputs, executed(graph, weights, inputs))
    return text


def check_read_back(graph: Graph, network: Any, folder: Path) -> None:
    """Hold what is read from Keras' own description to the analysis."""
    path = folder / "model.json"
    path.write_text(network.to_json())
    before, after = cnncalc.analyze(graph), cnncalc.analyze(cnncalc.load(path))
    assert [after.facts[i].output for i in after.graph.outputs] == [
        before.facts[i].output for i in graph.outputs + graph.aux_outputs
    ]
    alive = [i for i, lives in enumerate(graph.live()) if lives]
    unknown = any(after.unknown(i) for i in range(len(after.facts)))
    for kind in () if unknown else ("params", "macs"):
        wanted = sum(getattr(before.figures(i), kind) for i in alive)
        assert sum(getattr(after.figures(i), kind) for i in range(len(after.facts))) == wanted


@pytest.mark.parametrize("keyword", dict.fromkeys(case[0] for case in CASES))
def test_every_example_of_every_layer(keyword: str, tmp_path: Path) -> None:
    for name, fields, shapes in CASES:
        if name == keyword:
            with contextlib.suppress(SpecError):  # what Keras cannot say
                check(one_layer(keyword, fields, shapes), tmp_path)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_layers.cases(), st.integers(0, 2**16))
def test_random_layers(tmp_path_factory: Any, case: Any, seed: int) -> None:
    layer, shapes, batch = case
    with contextlib.suppress(SpecError):  # what Keras cannot say
        check(random_layers.graph_of(layer, shapes), tmp_path_factory.getbasetemp(), batch, seed)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str, tmp_path: Path) -> None:
    text = NETWORKS[name]
    if "connections" in text:
        with pytest.raises(SpecError, match="Keras cannot say `connections` of conv"):
            as_source(cnncalc.loads(text), "keras")
        text = text.replace(", connections: [[0, 1], [5], [11, 2]]", "")
    assert_formatted(check(cnncalc.loads(text), tmp_path), tmp_path)


@pytest.mark.parametrize("name", ["lenet5", "resnet20_cifar", "mnasnet0_5", "shufflenet_v2_x0_5"])
def test_architectures(name: str, tmp_path: Path) -> None:
    graph = cnncalc.load(name) if "cifar" in name or "lenet" in name else (
        cnncalc.load(name, input="3x64x64"))  # fmt: skip
    assert_formatted(check(graph, tmp_path, 1), tmp_path)


def test_inputs_of_blocks_and_results_of_loops_are_called_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, line in (
        ("unet", "def join(skipped, risen, cut):"),
        ("vgg16", "    for i in range(2):  # to 112x112x128"),
    ):
        assert run(["export", name, "--to", "keras"]) == 0
        assert line in capsys.readouterr().out.splitlines()


def test_resnet50_reads_as_a_person_writes_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "resnet50", "--to", "keras"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 130
    for line in (
        "def bottleneck(x, channels, name, strides=1):",
        "    if in_channels != 4 * channels:",
        "    for i in range(num_units):",
        '    x = stage(x, 512, strides=2, num_units=3, name="stage4")  # 7x7x2048',
        '    return keras.Model(inputs, x, name="resnet50")',
    ):
        assert line in lines
    assert [line for line in lines if line.startswith(("import", "from"))] == [
        "import keras", "from keras import layers, ops",
    ]  # fmt: skip


def test_a_deep_network_is_no_deeper_than_keras_may_walk() -> None:
    graph = cnncalc.loads("input: 1x2x2\nname: deep\nlayers: [{relu: {repeat: 1100}}]")
    limit, names = sys.getrecursionlimit(), {"__name__": "generated"}
    try:
        exec(compile(as_source(graph, "keras"), "generated", "exec"), names)
        assert len(names["deep"]().layers) == 1101  # type: ignore[operator]
    finally:
        sys.setrecursionlimit(limit)
