"""What is trained, and what a step of training costs: rules, properties, and PyTorch's counter."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import specs

import cnncalc
from cnncalc.analysis.memory import measure
from cnncalc.analysis.training import gradients, steps
from cnncalc.analysis.walk import Analysis
from cnncalc.cli import run
from cnncalc.diagnostics import SpecError, UsageError

SPEC = """
input: 3x9x9
blocks:
  unit:
    parameters: {out: }
    layers:
      - conv: {out_channels: out, kernel_size: 3, padding: 1}
      - batch_norm: {trainable: true}
      - relu
layers:
  - conv: {name: stem, out_channels: 7, kernel_size: 3}
  - unit: {out: 5, repeat: 3, trainable: index > 1, name: body}
  - group: {trainable: false, layers: [{conv: {name: grouped, out_channels: 2, kernel_size: 1}}]}
  - add:
      main: {trainable: false, layers: [{conv: {name: branch, out_channels: 2, kernel_size: 1}}]}
      shortcut: []
  - conv: {name: given, out_channels: 2, kernel_size: 3, weight: sobel_x}
  - conv: {name: tuned, out_channels: 2, kernel_size: 3, weight: sobel_x, trainable: true}
"""


def analysis_of(text: str) -> Analysis:
    return cnncalc.analyze(cnncalc.loads(text))


class TestTrained:
    def test_the_innermost_word_counts(self) -> None:
        found = analysis_of(SPEC)
        frozen = {row.node.name: (row.trainable, row.frozen) for row in found.rows() if row.params}
        assert frozen == {
            "stem": (196, 0),
            "body_1/conv_1": (0, 320), "body_1/batch_norm_1": (10, 0),
            "body_2/conv_1": (0, 230), "body_2/batch_norm_1": (10, 0),
            "body_3/conv_1": (230, 0), "body_3/batch_norm_1": (10, 0),
            "grouped": (0, 12), "add_1/main/branch": (0, 6),
            "given": (2, 36), "tuned": (38, 0),
        }  # fmt: skip

    def test_sums_are_those_of_the_rows(self) -> None:
        found = analysis_of(SPEC)
        rows, totals = found.rows(), found.totals()
        assert totals.frozen == sum(row.frozen or 0 for row in rows)
        assert totals.trainable == sum(row.trainable or 0 for row in rows)
        assert totals.trainable + totals.frozen == totals.params

    def test_a_scope_is_frozen_from_outside(self) -> None:
        graph = cnncalc.loads(SPEC)
        found = cnncalc.analyze(graph.freeze(["body_3", "tuned"]))
        assert found["body_3/batch_norm_1"].frozen == 10  # what is asked for outweighs the spec
        assert found.totals().frozen == analysis_of(SPEC).totals().frozen + 240 + 38
        assert analysis_of(SPEC).totals() == cnncalc.analyze(graph).totals()  # nothing was changed

    def test_shared_weights_are_trained_where_they_belong(self) -> None:
        text = """
input: 3x8x8
layers:
  - conv: {name: a, out_channels: 3, kernel_size: 1, trainable: false}
  - conv: {name: b, out_channels: 3, kernel_size: 1, share: a}
"""
        found = analysis_of(text)
        assert found.totals().frozen == found.totals().params == 12
        assert [one.any for one in gradients(found)] == [False] * 3
        with pytest.raises(SpecError, match="where they belong"):
            cnncalc.loads(text.replace("share: a", "share: a, trainable: true"))

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("body_9", "no layer or scope `body_9` to freeze"),
            ("bdy_1", "no layer or scope `bdy_1` to freeze"),
            ("body_1/relu_1", "there are no weights of its own in `body_1/relu_1`"),
        ],
    )
    def test_freezing_nothing_is_refused(
        self, name: str, message: str, tmp_path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "spec.yaml"
        file.write_text(SPEC)
        assert run(["summary", str(file), "--freeze", name]) == 2
        assert message in capsys.readouterr().err

    def test_a_misspelt_scope_is_suggested(self) -> None:
        with pytest.raises(UsageError) as caught:
            cnncalc.loads(SPEC).freeze(["bdy_1"])
        assert "body_1" in (caught.value.help or "")

    def test_frozen_weights_need_no_gradient_or_moments(self) -> None:
        plain = "input: 3x8x8\nlayers:\n  - conv: {name: a, out_channels: 4, kernel_size: 3}\n"
        plain += "  - flatten\n  - linear: {name: b, out_features: 2}\n"
        whole, part = (
            measure(cnncalc.analyze(graph))
            for graph in (cnncalc.loads(plain), cnncalc.loads(plain).freeze(["a"]))
        )
        # Neither the copies of its weights, nor what it reads, nor what flatten reads.
        assert whole.training - part.training == 4 * (3 * 112 + 3 * 64 + 4 * 36)
        assert whole.weights == part.weights


class TestSteps:
    def test_by_hand(self) -> None:
        found = analysis_of(SPEC)
        macs = dict(zip([n.name for n in found.graph.nodes], steps(found), strict=True))
        times = {
            "stem": 2, "body_1/conv_1": 2, "body_3/conv_1": 3, "grouped": 2,
            "add_1/main/branch": 2, "given": 2, "tuned": 3,
        }  # fmt: skip
        for name, factor in times.items():
            assert macs[name].macs == factor * (found[name].macs or 0), name
        assert macs["body_1/relu_1"].flops == 2 * (found["body_1/relu_1"].flops or 0)
        # Products without a gradient for the weight, and a bias that is trained.
        ops = found["given"].ops
        assert macs["given"].flops == 2 * 2 * (ops.macs or 0) + 3 * (ops.adds or 0)

    @settings(max_examples=25)
    @given(specs())
    def test_freezing_everything_leaves_the_forward_pass(self, text: str) -> None:
        graph = cnncalc.loads(text)
        frozen = cnncalc.analyze(graph.freeze([n.name for n in graph.nodes if n.inputs]))
        for own, step in zip(frozen.facts, steps(frozen), strict=True):
            assert (step.macs, step.flops) == (own.ops.macs, own.ops.flops)
        assert frozen.totals().trainable == 0

    @settings(max_examples=25)
    @given(specs(), st.data())
    def test_freezing_more_never_costs_more(self, text: str, data: st.DataObject) -> None:
        graph = cnncalc.loads(text)
        names = [n.name for n in graph.nodes if n.inputs]
        some = data.draw(st.lists(st.sampled_from(names), max_size=4))
        plain, less = (cnncalc.analyze(g) for g in (graph, graph.freeze(some)))
        for one, other in zip(steps(plain), steps(less), strict=True):
            assert (one.macs or 0) >= (other.macs or 0)
            assert (one.flops or 0) >= (other.flops or 0)
        assert measure(plain).training >= measure(less).training


TORCH = """
input: 3x20x20
layers:
  - conv: {name: c1, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
  - relu
  - conv: {name: c2, out_channels: 6, kernel_size: 5}
  - conv_transpose: {name: t, out_channels: 4, kernel_size: 2, stride: 2}
  - relu
  - flatten
  - linear: {name: f1, out_features: 9}
  - relu
  - linear: {name: f2, out_features: 5}
"""


@pytest.mark.parametrize("frozen", [[], ["c1"], ["c1", "c2"], ["t", "f2"], ["c2", "f1"], ["f2"]])
def test_the_products_of_a_step_are_those_that_pytorch_counts(frozen: list[str]) -> None:
    torch = pytest.importorskip("torch")
    from torch.utils.flop_counter import FlopCounterMode

    nn = torch.nn
    layers = {
        "c1": nn.Conv2d(3, 8, 3, stride=2, padding=1), "r1": nn.ReLU(), "c2": nn.Conv2d(8, 6, 5),
        "t": nn.ConvTranspose2d(6, 4, 2, stride=2), "r2": nn.ReLU(), "flat": nn.Flatten(),
        "f1": nn.Linear(4 * 12 * 12, 9), "r3": nn.ReLU(), "f2": nn.Linear(9, 5),
    }  # fmt: skip
    model = nn.Sequential(*layers.values())
    for name in frozen:
        layers[name].requires_grad_(False)
    counter = FlopCounterMode(display=False)
    with counter:
        model(torch.randn(1, 3, 20, 20)).sum().backward()
    found = cnncalc.analyze(cnncalc.loads(TORCH).freeze(frozen))
    assert 2 * sum(step.macs or 0 for step in steps(found)) == counter.get_total_flops()


def test_a_type_changes_bytes_only(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    text = """
input: 3x9x9
layers:
  - conv: {name: a, out_channels: 7, kernel_size: 3, dtype: int4}
  - flatten
  - linear: {name: b, out_features: 2, dtype: WORD}
"""
    plain = analysis_of(text.replace(", dtype: int4", "").replace(", dtype: WORD", ""))
    mixed = cnncalc.analyze(cnncalc.loads(text.replace("WORD", "bf16")), 2)
    assert plain.totals() == mixed.totals()
    assert mixed.output_bytes(1) == (343 * 2 + 1) // 2
    assert mixed.output_bytes(2) == 343 * 2 * 4  # flatten is float32 again, so it is a copy
    assert mixed.weight_bytes(3) == (2 * (343 * 2 + 2), 0)
    memory = measure(mixed)
    assert memory.weights == 98 + 2 * 688
    assert (memory.peak, memory.peak_node) == (343 + 343 * 8, "flatten_1")
    file = tmp_path / "spec.yaml"
    file.write_text(text.replace("WORD", "int8"))
    assert run(["summary", str(file), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["totals"]["weight_bytes"] == 98 + 688
    assert [node["dtype"] for node in found["nodes"]] == ["int4", "float32", "int8"]
    file.write_text(text.replace("WORD", "int9"))
    assert run(["summary", str(file)]) == 1
    assert "did you mean `int" in capsys.readouterr().err


@settings(max_examples=25)
@given(specs(), st.integers(1, 5), st.sampled_from(["float64", "bfloat16", "int8"]))
def test_a_type_of_every_layer_is_as_one_of_the_network(text: str, batch: int, dtype: str) -> None:
    graph = cnncalc.loads(text)
    said = graph.replace(nodes=tuple([node.marked((None, dtype)) for node in graph.nodes]))
    plain, marked = cnncalc.analyze(graph, batch, dtype), cnncalc.analyze(said, batch)
    assert measure(plain) == measure(marked)
    for index in range(len(graph.nodes)):
        assert plain.output_bytes(index) == marked.output_bytes(index)
        assert plain.weight_bytes(index) == marked.weight_bytes(index)


def test_the_factor_of_a_layer_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "lenet5", "--what", "training"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "MACs·(1 + 1) = 117,600·(1 + 1) = 117,600·2 = 235,200" in told
    assert "nothing before it is trained" in told
    assert "MACs·(1 + 1 + 1) = 240,000·(1 + 1 + 1) = 240,000·3 = 720,000" in told


def test_a_block_may_have_parameters_of_these_names() -> None:
    found = analysis_of("""
input: 3x4x4
blocks:
  unit:
    parameters: {trainable: true, dtype: float32}
    layers:
      - conv: {name: a, out_channels: 3, kernel_size: 1, trainable: trainable}
      - conv: {name: b, out_channels: 3, kernel_size: 1, dtype: dtype}
layers:
  - unit: {trainable: false, dtype: int8}
""")
    assert (found["unit_1/a"].frozen, found["unit_1/b"].frozen) == (12, 0)
    assert [found.dtype_of(index) for index in (1, 2)] == ["float32", "int8"]
