"""Explanations lead to the analysis' numbers, for every layer and random arguments."""

from __future__ import annotations

import re
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.layers import LAYERS
from cnncalc.teaching.derivation import ContradictionError, Derivation
from cnncalc.teaching.explain import QUANTITIES, explain
from cnncalc.teaching.formula import LATEX, TEXT, decimal, evaluate, parse, symbols

# The executor's tests draw random layers of every keyword; these need the same ones.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "executor"))
from random_layers import cases, graph_of

BUILT_IN = (
    "lenet5_paper", "alexnet", "googlenet", "resnet50", "mobilenet_v3_small", "inception_v3",
    "densenet121", "shufflenet_v2_x1_0", "convnext_tiny", "squeezenet1_1",
)  # fmt: skip


@pytest.mark.parametrize("keyword", sorted(LAYERS))
@settings(max_examples=6)
@given(data=st.data())
def test_every_quantity_of_every_layer_is_derived(keyword: str, data: st.DataObject) -> None:
    layer, shapes, batch = data.draw(cases(keyword))
    graph = graph_of(layer, shapes)
    analysis = cnncalc.analyze(graph, batch)
    [told] = explain(analysis, [len(shapes)], QUANTITIES).explanations
    row = analysis.rows()[-1]
    values = {section.quantity: section.value for section in told.sections}
    assert values["shape"] == list(row.output)
    assert values["params"] == row.params
    assert values["macs"] == row.ops.macs
    assert values["flops"] == row.ops.flops
    assert values["connections"] == row.connections
    assert all(section.lines for section in told.sections)
    for section in told.sections:
        for derivation in section.derivations():
            assert_reads_as_it_computes(derivation)


def assert_reads_as_it_computes(derivation: Derivation) -> None:
    """Every stage that is printed has the value of the result, read back as arithmetic."""
    for stage in derivation.stages(TEXT)[1:]:
        assert reading(stage) == derivation.computed, stage


def reading(text: str) -> Fraction | int:
    """Read a printed stage without the code that wrote it."""
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)  # separators; arguments have a space
    plain = plain.replace("·", "*").replace("⌊", "math.floor(").replace("⌈", "math.ceil(")
    plain = plain.replace("⌋", ")").replace("⌉", ")")
    plain = re.sub(r"(?<![\d.])(\d+)(?![\d.])", r"Fraction(\1)", plain)
    import math

    return eval(plain, {"math": math, "Fraction": Fraction, "max": max, "min": min})


@pytest.mark.parametrize("name", BUILT_IN)
def test_whole_networks_are_explained(name: str) -> None:
    analysis = cnncalc.analyze(cnncalc.load(name))
    lesson = explain(analysis, None, QUANTITIES)
    totals = {section.quantity: section.value for section in lesson.totals}
    sums = analysis.totals(aux=False)
    assert totals == {"params": sums.params, "macs": sums.ops.macs, "flops": sums.ops.flops}
    assert [e.name for e in lesson.explanations] == [r.node.name for r in analysis.rows()]


def test_a_derivation_that_contradicts_the_analysis_cannot_exist() -> None:
    with pytest.raises(ContradictionError, match="gives 28, but the analysis 27"):
        Derivation("W_out", "(W - K)/S + 1", {"W": 32, "K": 5, "S": 1}, 27, "output width")


def test_every_symbol_has_a_meaning() -> None:
    for name in BUILT_IN:
        lesson = explain(cnncalc.analyze(cnncalc.load(name)), None, QUANTITIES)
        assert all(text != symbol for symbol, text in lesson.legend().items())


@pytest.mark.parametrize(
    ("formula", "text", "latex"),
    [
        ("floor((W - K + 2*P)/S) + 1", "⌊(W - K + 2·P)/S⌋ + 1",
         r"\left\lfloor \frac{W - K + 2 \cdot P}{S} \right\rfloor + 1"),
        ("K*K*(C_in/G)*C_out", "K·K·(C_in/G)·C_out",
         r"K \cdot K \cdot \frac{C_{\mathrm{in}}}{G} \cdot C_{\mathrm{out}}"),
        ("a - (b - c)", "a - (b - c)", "a - (b - c)"),
        ("a - b*c", "a - b·c", r"a - b \cdot c"),
        ("(a + b)*c", "(a + b)·c", r"(a + b) \cdot c"),
        ("max(a, -b)", "max(a, -b)", r"\max(a, -b)"),
        ("a**2", "a^2", "a^{2}"),
    ],
)  # fmt: skip
def test_printing(formula: str, text: str, latex: str) -> None:
    assert TEXT.write(parse(formula)) == text
    assert LATEX.write(parse(formula)) == latex


def test_negative_numbers_stand_in_parentheses() -> None:
    assert TEXT.write(parse("a - b"), {"a": 3, "b": -2}) == "3 - (-2)"
    assert evaluate(parse("a - b"), {"a": 3, "b": -2}) == 5


def test_formulas_are_only_arithmetic() -> None:
    for text in ("__import__('os')", "a.b", "[1]", "a if b else c", "lambda: 1"):
        with pytest.raises((ValueError, SyntaxError)):
            parse(text)


def test_symbols_come_in_reading_order() -> None:
    assert symbols(parse("floor((W - K + 2*P)/S) + W")) == ["W", "K", "P", "S"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(7, 3), "2.33"),
        (Fraction(1, 2), "0.5"),
        (Fraction(-7, 3), "-2.33"),
        (1234, "1,234"),
    ],
)
def test_decimals(value: Fraction, text: str) -> None:
    assert decimal(value) == text
