"""Networks as ONNX models: ONNX Runtime computes what the executor does, and they are read back."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import random_layers
from exported import NETWORKS, assert_equal, ends, executed, inputs_of, weights_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layer_examples import CASES, one_layer

import cnncalc
from cnncalc.cli import run
from cnncalc.diagnostics import SpecError
from cnncalc.graph import Graph
from cnncalc.writing import as_onnx, onnx_file

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

#: What ONNX has no operation for.
REFUSED = ("locally_connected",)
#: What is read back as something else. A norm that learns nothing has ones and zeros in ONNX, and
#: so does a learned number of one element; distances become arithmetic; pools with more padding
#: than PyTorch allows are not read.
READ_OTHERWISE = (
    "batch_norm", "layer_norm", "group_norm", "instance_norm", "scale", "rbf", "max_pool",
)  # fmt: skip


def computed(model: bytes, inputs: dict[str, Any]) -> list[Any]:
    """Return what ONNX Runtime makes of a model."""
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    result: list[Any] = runtime.InferenceSession(model, options).run(None, inputs)
    return result


def check(graph: Graph, batch: int = 2, seed: int = 0) -> bytes:
    """Hold the model of a network to the executor; return the model."""
    weights, inputs = weights_of(graph, seed), inputs_of(graph, batch, seed + 1)
    model = as_onnx(graph, weights)
    names = [graph.nodes[i].name for i in graph.inputs]
    assert_equal(
        computed(model, dict(zip(names, inputs, strict=True))), executed(graph, weights, inputs)
    )
    return model


def check_read_back(graph: Graph, model: bytes, folder: Path) -> None:
    """Hold what is read from the model of a network to its analysis, node for node."""
    path = folder / "model.onnx"
    path.write_bytes(model)
    before, after = cnncalc.analyze(graph), cnncalc.analyze(cnncalc.load(path))
    places = {node.name: i for i, node in enumerate(after.graph.nodes)}
    alive = [i for i, lives in enumerate(graph.live()) if lives]
    compared = 0
    for index in alive:
        name = graph.nodes[index].name
        if name in places:
            whole = len(graph.within(name)) == 1  # else it is a merge, and its branches are there
            parts = parts_of(name, graph, after.graph) if whole else [places[name]]
            assert after.facts[parts[-1]].output == before.facts[index].output, name
            for kind in ("params", "macs"):
                figure = getattr(before.figures(index), kind)
                assert total(after, kind, parts) == figure, name
            compared += 1
    assert compared > 0.8 * len(alive) - 3
    for kind in ("params", "macs"):
        assert total(after, kind) == total(before, kind, alive)


def parts_of(name: str, graph: Graph, read: Graph) -> list[int]:
    """Return the layers of the graph that was read which one layer became, in their order."""
    own = {node.name for node in graph.nodes} - {name}
    pattern = re.compile(re.escape(name) + r"(/.*|_\d+)?")
    named = enumerate(node.name for node in read.nodes)
    return [i for i, other in named if other not in own and pattern.fullmatch(other)]


def total(analysis: Any, kind: str, indices: list[int] | None = None) -> int:
    """Return a figure of some nodes together, or of all."""
    every = range(len(analysis.graph.nodes)) if indices is None else indices
    return sum(getattr(analysis.figures(i), kind) for i in every)


@pytest.mark.parametrize(
    "keyword", [k for k in dict.fromkeys(case[0] for case in CASES) if k not in REFUSED]
)
def test_every_example_of_every_layer(keyword: str, tmp_path: Path) -> None:
    for name, fields, shapes in CASES:
        if name == keyword:
            graph = one_layer(keyword, fields, shapes)
            model = check(graph)
            if keyword not in READ_OTHERWISE:
                check_read_back(graph, model, tmp_path)


@pytest.mark.parametrize("keyword", REFUSED)
def test_what_onnx_cannot_say_is_refused_by_name(keyword: str) -> None:
    fields, shapes = next(case[1:] for case in CASES if case[0] == keyword)
    with pytest.raises(SpecError, match=f"ONNX cannot say {keyword}"):
        as_onnx(one_layer(keyword, fields, shapes))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_layers.cases(), st.integers(0, 2**16))
def test_random_layers(case: Any, seed: int) -> None:
    layer, shapes, batch = case
    with contextlib.suppress(SpecError):  # what ONNX cannot say
        check(random_layers.graph_of(layer, shapes), batch, seed)


def test_several_inputs_outputs_heads_and_shared_weights(tmp_path: Path) -> None:
    graph = cnncalc.loads(NETWORKS["heads and shared weights"])
    model = check(graph)
    check_read_back(graph, model, tmp_path)
    proto = onnx.load_from_string(model).graph
    assert [value.name for value in proto.input] == ["left", "right"]
    assert [value.name for value in proto.output] == [graph.nodes[i].name for i in ends(graph)]
    assert len([array for array in proto.initializer if array.name.startswith("thin.")]) == 2
    assert not [array for array in proto.initializer if array.name.startswith("again.")]


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str, tmp_path: Path) -> None:
    graph = cnncalc.loads(NETWORKS[name])
    check_read_back(graph, check(graph), tmp_path)


@pytest.mark.parametrize("name", ["lenet5", "resnet20_cifar", "squeezenet1_1", "mnasnet0_5"])
def test_architectures(name: str, tmp_path: Path) -> None:
    graph = cnncalc.load(name) if "cifar" in name or "lenet" in name else (
        cnncalc.load(name, input="3x96x96"))  # fmt: skip
    check_read_back(graph, check(graph, 1), tmp_path)


def test_batch_and_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lenet.onnx"
    assert run(["weights", "lenet5", "--seed", "3", "-o", str(tmp_path / "w.npz")]) == 0
    arguments = ["export", "lenet5", "--to", "onnx", "--batch", "5", "-o", str(path)]
    assert run([*arguments, "--weights", str(tmp_path / "w.npz")]) == 0
    assert "13 layers" in capsys.readouterr().out
    proto = onnx.load(path)
    assert [d.dim_value for d in proto.graph.input[0].type.tensor_type.shape.dim] == [5, 1, 32, 32]
    given = np.load(tmp_path / "w.npz")
    arrays = {a.name: onnx.numpy_helper.to_array(a) for a in proto.graph.initializer}
    assert set(arrays) == set(given.files)
    for name in given.files:
        np.testing.assert_array_equal(arrays[name], given[name])


def test_weights_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cnncalc.exchange.onnx import write

    graph = cnncalc.load("lenet5")
    weights, inputs = weights_of(graph), inputs_of(graph)
    monkeypatch.setattr(write, "MOST_BYTES", 1000)
    with pytest.raises(cnncalc.UsageError, match="2 GiB"):
        as_onnx(graph, weights)
    path = str(tmp_path / "lenet.onnx")
    assert onnx_file(graph, path, weights) == [path, f"{path}.data"]
    (found,) = runtime.InferenceSession(path).run(None, {"input": inputs[0]})
    assert_equal([found], executed(graph, weights, inputs))
    assert Path(path).stat().st_size < 10_000


def test_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "lenet5", "--to", "onnx"]) == 2
    assert "-o model.onnx" in capsys.readouterr().err
    assert run(["export", "lenet5", "--to", "onnx", "--batch", "0", "-o", "x.onnx"]) == 2
    assert run(["export", "lenet5", "--to", "onnx", "-o", str(tmp_path / "no" / "x.onnx")]) == 2
    assert "cannot write" in capsys.readouterr().err
    run(["weights", "mlp_mnist", "-o", str(tmp_path / "w.npz")])
    wrong = ["--weights", str(tmp_path / "w.npz"), "-o", str(tmp_path / "x.onnx")]
    assert run(["export", "lenet5", "--to", "onnx", *wrong]) == 1
    assert "the weights do not fit" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["skips over scopes", "parts that copies lack"])
def test_weights_are_read_from_a_model_and_from_it_as_a_spec(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    graph = cnncalc.loads(NETWORKS[name])
    weights, inputs = weights_of(graph), inputs_of(graph)
    (wanted,) = executed(graph, weights, inputs)
    Path("net.onnx").write_bytes(as_onnx(graph, weights))
    assert run(["import", "net.onnx", "-o", "net.yaml"]) == 0
    assert run(["weights", "--from", "net.onnx", "-o", "model.npz"]) == 0
    assert run(["weights", "net.yaml", "--from", "net.onnx", "-o", "spec.npz"]) == 0
    for spec, file in (("net.onnx", "model.npz"), ("net.yaml", "spec.npz")):
        results = cnncalc.run(cnncalc.load(spec), np.load(file), inputs)
        assert_equal(list(results.outputs.values()), [wanted])


def test_weights_from_where_there_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["weights", "--from", "lenet5", "-o", "w.npz"]) == 2
    assert "weights cannot be read from `lenet5`" in capsys.readouterr().err
    assert run(["weights", "-o", "w.npz"]) == 2
    assert "name a network" in capsys.readouterr().err
