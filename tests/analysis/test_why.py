"""Reconciling two totals, and explaining a number that somebody printed."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

import cnncalc
from cnncalc.analysis.conventions import CONVENTIONS, convention
from cnncalc.analysis.why import breakdown, main_path, reconcile, total
from cnncalc.analysis.why_number import explain_number, printed_number
from cnncalc.cli import run
from cnncalc.diagnostics import UsageError
from cnncalc.layers import LAYERS

NETS = ("resnet50", "convnext_tiny", "mobilenet_v3_small", "alexnet_torchvision", "inception_v3")


@pytest.fixture(scope="module")
def resnet50():
    return main_path(cnncalc.analyze(cnncalc.load("resnet50")))


@pytest.mark.parametrize("net", NETS)
def test_the_lines_add_up_to_the_difference(net):
    rows = main_path(cnncalc.analyze(cnncalc.load(net)))
    for a, b in itertools.product(CONVENTIONS.values(), repeat=2):
        result = reconcile(rows, a, b)
        assert sum(line.amount for line in result.lines) == result.difference
        assert (result.total_a, result.total_b) == (total(rows, a), total(rows, b))
        assert all(line.factor and line.count and line.layers for line in result.lines)


def test_a_convention_against_itself_leaves_nothing(resnet50):
    for counting in CONVENTIONS.values():
        assert reconcile(resnet50, counting, counting).lines == ()


def test_resnet50_by_fvcore_and_by_macs(resnet50):
    """4.112 G - 4.089 G, the question people ask most."""
    result = reconcile(resnet50, convention("fvcore"), convention("macs"))
    assert (result.total_a, result.total_b) == (4_111_512_576, 4_089_184_256)
    assert [(x.name, x.factor, x.count, x.layers) for x in result.lines] == [
        ("batch-norm elements", 2, 11_113_984, 53),
        ("adaptive-average-pool inputs", 1, 100_352, 1),
    ]


def test_equal_counts_merge_and_their_factors_subtract(resnet50):
    """thop takes 4 per batch-norm element and fvcore 2: one line of 2, not two lines."""
    result = reconcile(resnet50, convention("thop"), convention("fvcore"))
    assert ("batch-norm elements", 2) in [(line.name, line.factor) for line in result.lines]


def test_opposite_order_has_opposite_amounts(resnet50):
    there = reconcile(resnet50, convention("default"), convention("torchinfo"))
    back = reconcile(resnet50, convention("torchinfo"), convention("default"))
    assert sorted(x.amount for x in there.lines) == sorted(-x.amount for x in back.lines)


@pytest.mark.parametrize(
    ("text", "value", "digit"),
    [
        ("4089184256", 4089184256, 1),
        ("4,089,184,256", 4089184256, 1),
        ("4.1G", 4_100_000_000, 10**8),
        ("4.1 GMACs", 4_100_000_000, 10**8),
        ("159k", 159_000, 1000),
        ("3.8e9", 3_800_000_000, 10**8),
        ("0.7 GFLOPs", 700_000_000, 10**8),
        ("4100000", 4_100_000, 10**5),
        ("120", 120, 1),
    ],
)
def test_numbers_are_read_with_their_precision(text, value, digit):
    read = printed_number(text)
    assert (read.value, read.digit) == (value, digit)


@pytest.mark.parametrize("text", ["", "G", "fvcor", "4.1X", "-3G", "1.5", "4..1G", "1e400", "٣G"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(UsageError):
        printed_number(text)


def explain(rows, text):
    return explain_number(rows, printed_number(text))


def test_an_exact_number_names_all_conventions_that_give_it(resnet50):
    result = explain(resnet50, "4089184256")
    assert [match.convention.name for match in result.matches] == ["macs", "calflops"]
    assert {match.how for match in result.matches} == {"exactly"}


def test_a_rounded_number_names_all_conventions_that_round_to_it(resnet50):
    result = explain(resnet50, "4.09G")
    assert "macs" in [match.convention.name for match in result.matches]
    assert "fvcore" not in [match.convention.name for match in result.matches]
    assert {match.how for match in result.matches} == {"rounded"}


def test_a_doubled_number_is_recognised(resnet50):
    fvcore = total(resnet50, convention("fvcore"))
    match = explain(resnet50, str(2 * fvcore)).matches[0]
    assert (match.convention.name, match.multiplied) == ("fvcore", "twice")


def test_terms_of_no_single_convention_are_combined(resnet50):
    """A tool that counts products, bias adds and one operation per batch-norm element."""
    wanted = 4_089_184_256 + 1000 + 11_113_984
    result = explain(resnet50, str(wanted))
    assert not result.matches
    assert sum(line.amount for line in result.combination) == wanted
    assert {line.name for line in result.combination} == {
        "products", "bias adds", "batch-norm elements",
    }  # fmt: skip


def test_a_forgotten_layer_is_found(resnet50):
    result = explain(resnet50, str(4_089_184_256 - 2048 * 1000))
    assert "all linear" in result.equals


def test_an_unexplained_number_says_what_is_left(resnet50):
    result = explain(resnet50, "3.8G")
    assert not result.matches
    assert not result.combination
    assert result.nearest_total + result.residue == 3_800_000_000


def test_a_breakdown_adds_up(resnet50):
    for counting in CONVENTIONS.values():
        lines = breakdown(resnet50, counting)
        assert sum(line.amount for line in lines) == total(resnet50, counting)


def command(capsys, *arguments, status=0):
    assert run(["why", *arguments]) == status
    return capsys.readouterr()


def test_the_command_reconciles_two_conventions(capsys):
    text = command(capsys, "resnet50", "--convention", "fvcore", "--against", "macs").out
    head = "resnet50: fvcore 4.112 G - macs 4.089 G = 2 × 11.11 M batch-norm elements + 100.4 K"
    assert text.startswith(head)
    assert "22,227,968 = 2 × 11,113,984  batch-norm elements           53 layers" in text
    assert CONVENTIONS["fvcore"].rule.split(",")[0] in text
    assert max(map(len, text.splitlines())) <= 100


def test_the_json_adds_up(capsys):
    text = command(
        capsys, "vgg16_bn", "--convention", "thop", "--against", "torch", "--format", "json"
    ).out
    found = json.loads(text)
    assert found["schema"] == "cnncalc.why/1"
    assert found["difference"] == found["convention"]["total"] - found["against"]["total"]
    assert sum(term["amount"] for term in found["terms"]) == found["difference"]
    assert all(term["factor"] * term["count"] == term["amount"] for term in found["terms"])
    by_node = sum(node["convention"] - node["against"] for node in found["nodes"])
    assert by_node == found["difference"]


def test_the_command_explains_numbers(capsys):
    assert "macs, rounded" in command(capsys, "resnet50", "--against", "4.1G").out
    assert "is this total of resnet50:\n    twice 4,111,512,576" in (
        command(capsys, "resnet50", "--against", "8223025152").out
    )
    found = json.loads(command(capsys, "resnet50", "--against", "4.1G", "-f", "json").out)
    assert [match["convention"] for match in found["matches"]][:2] == ["macs", "fvcore"]


def test_the_papers_resnet50_is_another_network(capsys):
    """The paper says 3.8 G, the tool 4.1 G: the stride stands on another convolution."""
    text = command(capsys, "resnet50", "--against", "3.8G").out
    assert "no total of resnet50" in text
    assert "289,184,256 below it (7.07%)" in text
    assert "another network, resnet50_paper" in text


def test_alone_the_command_shows_every_convention(capsys):
    text = command(capsys, "lenet5_paper").out
    assert "325,680  MACs   macs" in text
    assert "no count  MACs   fvcore" in text
    totals = json.loads(command(capsys, "lenet5_paper", "-f", "json").out)["totals"]
    assert totals["fvcore"] is None


def test_faults_have_the_usual_status(capsys):
    assert "did you mean `fvcore`" in command(
        capsys, "resnet18", "--against", "fvcor", status=2
    ).err  # fmt: skip
    refused = command(capsys, "lenet5_paper", "--convention", "fvcore", status=1).err
    assert "fvcore has no count for" in refused
    assert "lenet5_paper.yaml:" in refused


def test_auxiliary_heads_count_on_request(capsys):
    plain = json.loads(command(capsys, "inception_v3", "-f", "json").out)
    with_aux = json.loads(command(capsys, "inception_v3", "--aux", "-f", "json").out)
    assert plain["totals"]["macs"] < with_aux["totals"]["macs"]


def test_the_page_on_conventions_states_the_rules_in_force():
    page = Path(__file__).parents[2] / "docs" / "explanations" / "conventions.md"
    text = page.read_text(encoding="utf-8")
    for keyword in {*LAYERS} | {*CONVENTIONS}:
        assert f"`{keyword}`" in text, keyword


def test_a_number_of_macs_that_is_called_flops_is_named_as_such(resnet50):
    from cnncalc.report.why import explanation_text

    remark = "It is printed as FLOPs, but these totals count MACs"
    assert remark in explanation_text("r", explain(resnet50, "4.1 GFLOPs"), {})
    assert remark not in explanation_text("r", explain(resnet50, "4.1 GMACs"), {})
    assert remark not in explanation_text("r", explain(resnet50, "4.1G"), {})
