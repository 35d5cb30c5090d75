"""Rows of a summary: whatever is folded or opened, they stand for every node once."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.conventions import convention
from cnncalc.analysis.summary import summarize
from cnncalc.analysis.walk import Analysis
from cnncalc.language.library import builtin_names
from cnncalc.report.columns import COLUMNS, RAW, USUAL, WIDE, SummaryCells, SummaryOptions, column
from cnncalc.report.summary import summary_table
from cnncalc.report.tree import COMFORTABLE_ROWS, TreeRow, rows

NETWORKS = ("lenet5", "resnet50", "googlenet", "densenet121", "mobilenet_v3_small", "wrn_16_8")
SUMMED = ("params", "trainable", "buffers", "macs", "flops", "activations", "memory")

entries = st.sampled_from(
    ["relu", "batch_norm", "unit", "unit: {repeat: 3}", "unit: {name: %s, repeat: 2}", "pair",
     "pair: {repeat: 2}", "add: {main: [unit], side: [pair]}",
     "concat: {a: [relu], b: [pair], c: []}",
     "aux: {name: %s, layers: [unit]}", "unit: {channels: 5}"]
)  # fmt: skip


@st.composite
def nested(draw: st.DrawFn) -> str:
    """Draw a spec of blocks within blocks, repeats and branches."""
    lines = [
        "input: 4x6x6",
        "blocks:",
        "  unit:",
        "    parameters: {channels: 4}",
        "    layers: [{conv: {out_channels: channels, kernel_size: 1}}, relu,"
        " {conv: {out_channels: 4, kernel_size: 1}}]",
        "  pair:",
        "    layers: [unit, {unit: {name: last}}, {multiply: {gate: [sigmoid], main: []}}]",
        "layers:",
    ]
    chosen = draw(st.lists(entries, min_size=1, max_size=6))
    lines += [f"  - {e % f'n{i}' if '%' in e else e}" for i, e in enumerate(chosen)]
    return "\n".join(lines) + "\n"


@cache
def analysis(name: str) -> Analysis:
    return cnncalc.analyze(cnncalc.load(name))


def check_rows(found: Analysis, depth: int | None) -> list[TreeRow]:
    """Assert that the rows stand for every node once, in order, and that copies are copies."""
    parts = rows(found, depth)
    covered = [index for row in parts for index in row.nodes]
    assert covered == list(range(len(found.graph.inputs), len(found.facts)))
    for row in parts:
        assert (not row.nodes) == (row.kind == "heading")
        assert row.kind != "node" or len(row.nodes) == 1
        if row.copies > 1:
            size, rest = divmod(len(row.nodes), row.copies)
            assert rest == 0
            groups = [row.nodes[i : i + size] for i in range(0, len(row.nodes), size)]
            shown = [
                [(found.graph.nodes[i].layer, found.facts[i].output) for i in g] for g in groups
            ]
            assert all(group == shown[0] for group in shown)
    return parts


@given(nested(), st.sampled_from([None, 0, 1, 2, 3]))
def test_rows_stand_for_every_node_once(text: str, depth: int | None) -> None:
    check_rows(cnncalc.analyze(cnncalc.loads(text)), depth)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("depth", [None, 0, 1, 2, 3])
def test_rows_of_real_networks(name: str, depth: int | None) -> None:
    check_rows(analysis(name), depth)


@given(nested())
def test_a_deeper_table_is_never_shorter(text: str) -> None:
    found = cnncalc.analyze(cnncalc.loads(text))
    counts = [len(rows(found, depth)) for depth in (1, 2, 3, 4, 0)]
    assert counts == sorted(counts)
    # What is still folded with all levels open repeats a group that is shown.
    assert all(row.like for row in rows(found, 0) if row.kind == "group")
    assert max(row.level for row in rows(found, 1)) == 0


@pytest.mark.parametrize("name", [name for name, _, _ in builtin_names()][::7])
def test_the_usual_table_is_comfortable(name: str) -> None:
    found = analysis(name)
    parts = rows(found)
    assert len(parts) <= max(COMFORTABLE_ROWS, len(rows(found, 1)))


@given(nested(), st.sampled_from([None, 0, 1, 2]))
def test_columns_sum_to_the_total_row(text: str, depth: int | None) -> None:
    found = cnncalc.analyze(cnncalc.loads(text))
    options = SummaryOptions(("name", *SUMMED), depth)
    table = summary_table(summarize(found), options)
    *body, total = table.rows
    for position in range(1, len(SUMMED) + 1):
        shown = [row.cells[position].replace(",", "") for row in body]
        assert sum(int(cell) for cell in shown if cell) == int(
            total.cells[position].replace(",", "")
        )
    both = found.totals()
    assert total.cells[1] == f"{both.params:,}"
    assert total.cells[4] == f"{both.ops.macs:,}"
    assert total.cells[5] == f"{both.ops.flops:,}"


@pytest.mark.parametrize("keys", [USUAL, WIDE, RAW, tuple(COLUMNS)])
@pytest.mark.parametrize("name", ["lenet5_paper", "googlenet"])
def test_every_column_has_a_value_for_every_row(name: str, keys: tuple[str, ...]) -> None:
    figures = SummaryCells(summarize(analysis(name), convention("macs")))
    for depth in (0, 1, None):
        for row in rows(analysis(name), depth):
            for key in keys:
                figures.value(column(key).key, row) if key not in ("%", "bar") else None


def test_sorting_puts_the_largest_first_and_loses_nothing() -> None:
    found = analysis("resnet50")
    options = SummaryOptions(("name", "params"), sort="params")
    *body, _total = summary_table(summarize(found), options).rows
    params = [int(row.cells[1].replace(",", "")) for row in body]
    assert params == sorted(params, reverse=True)
    assert len(body) == len(found.rows())
    assert {row.cells[0] for row in body} == {row.node.name for row in found.rows()}


def test_chains_hide_where_rows_read_and_graphs_show_it() -> None:
    titles = [
        [c.key for c in summary_table(summarize(analysis(name)), SummaryOptions()).columns]
        for name in ("lenet5", "googlenet")
    ]
    assert "from" not in titles[0]
    text = "input: 3x4x4\nlayers: [relu: {name: a}, tanh, add: {from: [a, tanh_1]}, sigmoid]"
    table = summary_table(summarize(cnncalc.analyze(cnncalc.loads(text))), SummaryOptions())
    place = [c.key for c in table.columns].index("from")
    assert [row.cells[place] for row in table.rows] == ["", "", "a, tanh_1", "", ""]


def test_a_layout_turns_shapes_only() -> None:
    shown = [
        summary_table(summarize(analysis("alexnet")), SummaryOptions(layout=layout))
        for layout in ("chw", "hwc")
    ]
    for first, second in zip(shown[0].rows, shown[1].rows, strict=True):
        for a, b in zip(first.cells, second.cells, strict=True):
            lengths = a.split("x")
            assert b in (a, "x".join([*lengths[1:], lengths[0]]))
    assert "227x227x3" in shown[1].title


def test_a_partial_analysis_can_be_shown() -> None:
    from cnncalc.analysis.walk import ShapeError

    graph = cnncalc.loads("input: 3x8x8\nlayers: [relu, {add: {a: [relu], b: [{linear: 5}]}}]")
    with pytest.raises(ShapeError) as caught:
        cnncalc.analyze(graph)
    table = summary_table(summarize(caught.value.partial), SummaryOptions())
    assert len([row for row in table.rows if row.kind == "node"]) == 2
