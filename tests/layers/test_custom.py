"""Layers of a spec's own: formulas over shapes, and counts that nobody knows."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.conventions import CONVENTIONS
from cnncalc.analysis.machine import Machine
from cnncalc.analysis.summary import summarize
from cnncalc.cli import run
from cnncalc.cli.group import cli
from cnncalc.diagnostics import LayerError, SpecError, UsageError
from cnncalc.exchange.respec import respec
from cnncalc.layers.custom import Custom, opaque
from cnncalc.pictures.page_data import network
from cnncalc.quantities import OPERATIONS
from cnncalc.report.columns import WIDE, SummaryOptions
from cnncalc.report.summary import summary_table
from cnncalc.report.summary_json import summary_object
from cnncalc.report.text import render
from cnncalc.teaching.explain import QUANTITIES, explain

# The tests of analysis draw random networks; these need the same ones.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "analysis"))
from random_graphs import specs

SPEC = """
name: Custom
input: 3x8x6
parameters: {out: 5}
layers:
  - conv: {name: stem, out_channels: 4, kernel_size: 3, padding: 1}
  - custom: {name: known, kind: deform_conv, output: [out, height, width // 2],
      params: in_channels * out * 9, buffers: 3, macs: out_elements * in_channels * 9, rest: none}
  - relu
  - custom: {name: vague, kind: mystery, output: [out, 4, 4], macs: 7}
  - global_avg_pool
  - flatten
  - linear: 2
"""


def only(fields: str, head: str = "input: 3x8x6") -> cnncalc.Analysis:
    return cnncalc.analyze(cnncalc.loads(f"{head}\nlayers: [{{custom: {{kind: x, {fields}}}}}]"))


class TestFormulas:
    def test_counts_follow_the_shapes(self) -> None:
        row = cnncalc.analyze(cnncalc.loads(SPEC))["known"]
        assert row.output == (5, 8, 3)
        assert (row.params, row.buffers) == (4 * 5 * 9, 3)
        assert row.ops.as_dict() == {"macs": 5 * 8 * 3 * 4 * 9, **dict.fromkeys(OPERATIONS[1:], 0)}

    def test_counts_follow_another_input(self) -> None:
        row = cnncalc.analyze(cnncalc.loads(SPEC, input="3x10x10", out="2"))["known"]
        assert row.output == (2, 10, 5)
        assert row.ops.macs == 2 * 10 * 5 * 4 * 9

    @pytest.mark.parametrize(
        ("head", "fields", "output", "params"),
        [
            ("input: 7", "output: [elements], params: in_channels + 1", (7,), 8),
            ("input: 2x9", "output: [in_channels, length - 1], params: positions", (2, 8), 9),
            (
                "input: 2x3x4x5",
                "output: [1, depth, height, width], params: depth",
                (1, 3, 4, 5),
                3,
            ),
            ("input: 2x3x4", "output: shape, params: len(shapes)", (2, 3, 4), 1),
            ("input: 2x3x4", "output: 12, params: 'out_shape[0] * 2'", (12,), 24),
            ("input: 2x3x4", "output: '[max(shape), 1]', params: 12 / 4", (4, 1), 3),
        ],
    )
    def test_names_of_every_rank(
        self, head: str, fields: str, output: tuple[int, ...], params: int
    ) -> None:
        row = only(fields, head).rows()[-1]
        assert (row.output, row.params) == (output, params)

    def test_several_inputs_are_read_by_name(self) -> None:
        text = """
input: 3x8x6
layers:
  - conv: {name: a, out_channels: 4, kernel_size: 1}
  - conv: {name: b, out_channels: 2, kernel_size: 1, from: input}
  - custom: {kind: join, from: [a, b], output: ["in_channels + shapes[1][0]", 1, 1]}
"""
        graph = cnncalc.loads(text)
        assert graph.nodes[-1].inputs == (1, 2)
        assert cnncalc.analyze(graph).output_shapes()[-1] == (6, 1, 1)

    @pytest.mark.parametrize(
        ("fields", "message", "help"),
        [
            ("output: [4, 4, 4], params: heigth", "`heigth` is not a known name", "height"),
            ("output: [4, 4, out_height]", "a formula cannot read `out_height`", "height"),
            ("output: [4, height / 5, 4]", "`output` must come to one to four lengths", "//"),
            ("output: [4, length, 4]", "unknown name `length`", "height"),
            ("output: [4, 4, 4], macs: height - 9", "must come to a whole number from 0", "//"),
            ("output: [4, 4, 4], macs: height //", "the expression ends", None),
            ("output: [4, 4, 4], macs: 'elements // (height - 8)'", "division by zero", None),
            ("output: [4, 4, 4], macs: -1", "`macs` must be a whole number", "elements"),
            ("output: [1, 2, 3, 4, 5]", "`output` must be a list of lengths", None),
            ("params: 3", "custom needs `output`", "the shape of the output"),
            ("output: [4, 4, 4], rest: zero", "`zero` is not one of the words", "none"),
            ("output: [4, 4, 4], flops: 3", "custom has no field `flops`", None),
            ("output: {a: 1}", "`output` must be", None),
        ],
    )
    def test_a_faulty_formula_is_refused_at_its_place(
        self, fields: str, message: str, help: str | None
    ) -> None:
        with pytest.raises(SpecError) as caught:
            only(fields)
        [found] = caught.value.diagnostics
        assert message in found.message
        assert found.span is not None
        assert found.span.line == 2
        assert help is None or help in (found.help or "")

    def test_a_name_that_could_mean_two_things_is_refused(self) -> None:
        with pytest.raises(SpecError, match="`width` is a parameter here") as caught:
            only("output: [4, height, width]", "input: 3x8x6\nparameters: {width: 64}")
        assert "shape[2]" in (caught.value.diagnostics[0].help or "")


class TestUnknown:
    def test_nothing_unknown_is_a_zero(self) -> None:
        summary = summarize(cnncalc.analyze(cnncalc.loads(SPEC)))
        row = summary.analysis["vague"]
        assert (row.params, row.buffers, row.macs, row.flops) == (None, None, 7, None)
        assert summary.main.exact("macs") == sum(r.macs or 0 for r in summary.analysis.rows())
        assert summary.main.exact("params") is None
        assert summary.main.exact("flops") is None
        assert summary.main.params == sum(r.params or 0 for r in summary.analysis.rows())

    def test_json_has_null_and_says_which_totals_are_at_least(self) -> None:
        found = summary_object(summarize(cnncalc.analyze(cnncalc.loads(SPEC))))
        node = next(node for node in found["nodes"] if node["name"] == "vague")
        assert node["params"] is node["trainable"] is node["flops"] is node["ops"]["adds"] is None
        assert node["macs"] == 7
        counts = ["params", "buffers", *OPERATIONS[1:]]
        assert found["unknown"] == [{"node": "vague", "kind": "mystery", "counts": counts}]
        lower = found["totals"]["at_least"]
        assert {"params", "trainable", "buffers", "flops", "ops.adds", "weight_bytes"} <= set(lower)
        assert not {"macs", "ops.macs", "activations", "peak_bytes"} & set(lower)
        assert found["totals"]["with_aux"]["at_least"] == [
            "params", "trainable", "buffers", "flops",
        ]  # fmt: skip
        assert found["totals"]["aux"]["at_least"] == []
        json.dumps(found)

    @pytest.mark.parametrize("name", CONVENTIONS)
    def test_every_convention_says_at_least(self, name: str) -> None:
        summary = summarize(cnncalc.analyze(cnncalc.loads(SPEC)), CONVENTIONS[name])
        assert ("flops" in summary.main.at_least) is (name not in ("macs", "2macs"))

    @pytest.mark.parametrize("format", ["table", "markdown", "html", "latex"])
    def test_a_report_begins_with_what_is_not_known(self, format: str) -> None:
        done = CliRunner().invoke(cli, ["summary", "-", "--format", format], input=SPEC)
        assert "not all is known of 1 layer: mystery (1)" in "\n".join(done.output.split("\n")[:16])
        least = r"$\geq$" if format == "latex" else "≥"
        assert f"{least} 304" in done.output
        assert "at least 304 trainable" in done.output

    def test_strict_makes_it_an_error(self, tmp_path: Path) -> None:
        file = tmp_path / "custom.yaml"
        for text, status in ((SPEC, 1), (SPEC.replace("macs: 7}", "rest: none}"), 0)):
            file.write_text(text)
            assert run(["summary", str(file), "--strict"]) == status

    def test_its_field_is_not_known_from_there_on(self) -> None:
        fields = cnncalc.receptive_field(cnncalc.loads(SPEC))
        assert fields["stem"].size == (3, 3)
        for name in ("known", "relu_1", "vague", "global_avg_pool_1", "linear_1"):
            axes = fields[name].axes
            assert axes is not None
            assert not fields[name].whole
            assert {(axis.size, axis.reason) for axis in axes} <= {
                (None, f"the field is not known past `{own}`") for own in ("known", "vague")
            }
        with pytest.raises(UsageError, match="not known past `known`"):
            fields.unit("relu_1")
        with pytest.raises(UsageError, match="not known past `known`"):
            fields.seen_by((1, 1))


class TestOpaque:
    def test_a_reader_makes_one_of_a_kind_and_a_shape(self) -> None:
        layer = opaque("NonMaxSuppression", (100, 4))
        facts = layer.facts(((3, 8, 8), (4,)))
        assert facts.output == (100, 4)
        assert (facts.trainable, facts.buffers, facts.ops.macs) == (None, None, None)
        assert opaque("Resize", (3, 4, 4), params=0, macs=5).facts(((3, 8, 8),)).ops.macs == 5

    def test_it_is_a_value_like_any_layer(self) -> None:
        layer = opaque("x", (4,), params=3)
        assert pickle.loads(pickle.dumps(layer)) == layer == layer.replace(macs=None)
        assert layer.replace(params=4) != layer
        assert layer.as_dict()["params"] == 3

    def test_wrong_fields_are_refused_by_name(self) -> None:
        with pytest.raises(LayerError, match="`macs` must be a whole number"):
            opaque("x", (4,), macs=-1)
        with pytest.raises(TypeError, match="weights"):
            opaque("x", (4,), weights=1)
        with pytest.raises(LayerError, match="a formula cannot read `foo`"):
            Custom("x", "shape", macs="foo")


class TestElsewhere:
    """What other analyses say of a network with such a layer: an answer, or a clear refusal."""

    @pytest.mark.parametrize(
        ("command", "message"),
        [
            ("verify FILE", "it cannot be executed, and nothing proved"),
            ("solve input FILE --lossless", "`known` (deform_conv) is a layer of the spec's own"),
            (
                "solve batch FILE --memory 1G",
                "params and buffers of `vague` (mystery) are not",
            ),
            ("solve parameter FILE out --range 2,4 --max-params 5M", "no budget can be kept"),
            ("why FILE --against 4.1G", "the MACs of `blind` are not known"),
            ("receptive-field FILE --layer relu_1 --unit 1,1", "not known past `known`"),
        ],
    )
    def test_what_cannot_be_said_is_refused(
        self, command: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "custom.yaml"
        file.write_text(SPEC + "  - custom: {name: blind, kind: mystery, output: [9]}\n")
        assert run([word.replace("FILE", str(file)) for word in command.split()]) in (1, 2)
        assert message in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("command", "said"),
        [
            ("lint FILE", "no warnings"),
            ("show FILE", "kind: mystery"),
            ("explain FILE vague", "not known: the spec does not say"),
            (
                "explain FILE known",
                "spec's formula in_channels * 5 * 9: in_channels",
            ),
            ("compare FILE lenet5", "≥ 304"),
            ("diff FILE FILE", "at least 304 -> at least 304"),
            ("why FILE", "not known"),
            ("why FILE --against fvcore", "Not all is known of known (custom deform_conv), vague"),
            ("draw FILE --format dot", "custom mystery"),
            ("receptive-field FILE", "?"),
            ("sweep FILE --set out=2,4", "?"),
            ("import FILE", "kind: mystery"),
        ],
    )
    def test_what_can_be_said_is_said(
        self, command: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "custom.yaml"
        file.write_text(SPEC)
        assert run([word.replace("FILE", str(file)) for word in command.split()]) in (0, 1)
        assert said in " ".join(capsys.readouterr().out.split())

    def test_a_condition_of_a_search_does_not_pass_unknown(self) -> None:
        from cnncalc.search.figures import FIGURES, NODE_FIGURES, Measured

        measured = Measured(cnncalc.analyze(cnncalc.loads(SPEC)))
        unknown = ("params", "buffers", "flops", "adds", "weights", "training", "intensity")
        assert [FIGURES[name][2](measured) for name in unknown] == [None] * len(unknown)
        assert FIGURES["macs"][2](measured) == measured.totals.macs
        assert NODE_FIGURES["params"][1](measured, measured.nodes("vague")) is None
        assert NODE_FIGURES["params"][1](measured, measured.nodes("known")) == 180

    def test_a_network_handed_in_may_not_have_one(self) -> None:
        from cnncalc.grading.answers import Unread
        from cnncalc.grading.question_types.network_submission import NetworkTruth, checked

        found = checked(NetworkTruth(()), SPEC)
        assert isinstance(found, Unread)
        assert "`known` (deform_conv) is a layer of the spec's own" in found.problem

    @pytest.mark.parametrize(
        "fields",
        [
            {"kind": "a, b: c", "output": ("max(height, width)", "shape[1] + 1", 3)},
            {"kind": "x", "output": "shape", "macs": "max(height, 4) * shapes[0][2]"},
            {"kind": "- {y}", "output": (4,), "params": 3, "rest": "none"},
        ],
    )
    def test_a_spec_made_of_it_means_the_same(self, fields: dict[str, object]) -> None:
        from layer_examples import one_layer

        graph = one_layer("custom", fields, ((3, 6, 5),))
        again = cnncalc.loads(respec(graph).text)
        facts = [g.nodes[-1].layer.facts(((3, 6, 5),)) for g in (graph, again)]
        assert facts[0].output == facts[1].output
        assert (facts[0].trainable, facts[0].ops) == (facts[1].trainable, facts[1].ops)
        assert again.nodes[-1].layer.as_dict()["kind"] == fields["kind"]


KNOWN = st.sampled_from(["", ", params: elements", ", macs: 9, rest: none", ", rest: none"])


@settings(max_examples=15)
@given(st.data())
def test_every_analysis_of_a_random_network_with_one_answers_or_refuses(
    data: st.DataObject,
) -> None:
    """Nothing fails otherwise, nothing unknown is a zero, and rows add up to what totals say."""
    text = data.draw(specs(8))
    lines = text.split("\n")
    at = data.draw(st.integers(2, len(lines)))
    more = data.draw(KNOWN)
    shape = data.draw(st.sampled_from(["shape", "[2, 4, 4]"]))
    lines.insert(at, f"  - custom: {{name: own, kind: own, output: {shape}{more}, from: input}}")
    lines.append("  - relu: {name: last, from: own}")
    graph = cnncalc.loads("\n".join(lines))
    analysis = cnncalc.analyze(graph)
    for convention in CONVENTIONS.values():
        summary = summarize(analysis, convention, Machine(1e12, 1e11))
        known = [count for count in summary.flops if count is not None]
        assert summary.everything.flops >= sum(known)
    found = summary_object(summarize(analysis))
    for key in ("params", "trainable", "buffers", "macs", "training_macs", "read_bytes"):
        rows = [node[key] for node in found["nodes"] if not node["aux"]]
        assert found["totals"][key] == sum(count or 0 for count in rows)
        assert (key in found["totals"]["at_least"]) == (None in rows)
    table = summary_table(summarize(analysis), SummaryOptions(WIDE))
    for format in ("table", "csv", "markdown", "latex", "html"):
        assert "own" in render(table, format)
    fields = cnncalc.receptive_field(graph)
    assert [axis.size for axis in fields["last"].axes or ()] == [None, None]
    assert explain(analysis, None, QUANTITIES).explanations
    assert network(analysis, Machine())["nodes"]
    again = cnncalc.analyze(cnncalc.loads(respec(graph).text))
    assert again.totals() == analysis.totals()
    with pytest.raises((SpecError, UsageError)):
        cnncalc.verify(graph)


@pytest.mark.parametrize("question", ["kind: params", "kind: params, node: vague", "kind: flops"])
def test_a_question_about_what_nobody_knows_is_refused(
    question: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.yaml").write_text(SPEC)
    file = tmp_path / "homework.yaml"
    text = "title: T\nspecs: {net: net.yaml}\nquestions:\n  - {id: q1, QUESTION}\n"
    file.write_text(text.replace("QUESTION", question))
    assert run(["grade", str(file)]) == 1
    assert "has no single value here" in capsys.readouterr().err


def test_a_quiz_asks_only_what_running_can_check(tmp_path: Path) -> None:
    from cnncalc.grading.quiz.template import network_template

    file = tmp_path / "net.yaml"
    file.write_text(SPEC)
    text, _ = network_template(str(file))
    assert "'stem'" in text
    assert "linear" not in text


@pytest.mark.parametrize(
    ("counts", "depth", "known"),
    [
        ("macs: 7", 2, True),
        ("macs: 0, params: 7", 1, True),
        ("params: 7", 2, True),
        ("params: 0", 1, True),
        ("adds: 1", 1, False),
    ],
)
def test_the_depth_counts_layers_with_products_or_weights(
    counts: str, depth: int, known: bool
) -> None:
    layers = f"[{{linear: 2}}, {{custom: {{kind: own, output: [3], {counts}}}}}]"
    analysis = cnncalc.analyze(cnncalc.loads(f"input: 4\nlayers: {layers}\n"))
    assert (analysis.depth(), analysis.knows_depth) == (depth, known)
    totals = summary_object(summarize(analysis, CONVENTIONS["default"]))["totals"]
    assert ("depth" in totals["at_least"]) is not known
