"""Reconciling two totals, and explaining a number that somebody printed."""

from __future__ import annotations

import itertools

import pytest

import cnncalc
from cnncalc.analysis.conventions import CONVENTIONS, convention
from cnncalc.analysis.why import breakdown, main_path, reconcile, total
from cnncalc.analysis.why_number import explain_number, figure
from cnncalc.diagnostics import UsageError

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
    read = figure(text)
    assert (read.value, read.digit) == (value, digit)


@pytest.mark.parametrize("text", ["", "G", "fvcor", "4.1X", "-3G", "1.5", "4..1G", "1e400", "٣G"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(UsageError):
        figure(text)


def explain(rows, text):
    return explain_number(rows, figure(text))


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
