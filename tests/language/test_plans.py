"""A block whose copies are laid out by a plan is what it is when each copy is laid out anew."""

from __future__ import annotations

import pytest

from cnncalc.diagnostics import Source, SpecError
from cnncalc.graph import Graph
from cnncalc.language.document import Recipe
from cnncalc.language.options import Options
from cnncalc.language.plans import Plan
from cnncalc.language.source import parse
from cnncalc.language.tree import Mapping

EVEN = {
    "chain": "[{conv: {out_channels: w, kernel_size: 3, padding: 1}}, batch_norm, relu]",
    "first reads in_channels": "[{conv: {out_channels: in_channels + w, kernel_size: 1}}, relu]",
    "branches": "[{add: {a: [{conv: {out_channels: w, kernel_size: 1}}, relu],"
    " b: [{conv: {out_channels: w, kernel_size: 1}}]}}, relu]",
    "identity": "[relu, {concat: {a: [], b: [{conv: {out_channels: w, kernel_size: 1}}]}}]",
    "names": "[{conv: {name: c, out_channels: w, kernel_size: 1}}, {relu: {name: r}},"
    " {add: {from: [c, r]}}, {relu: {from: c}}]",
    "shares": "[{conv: {name: c, out_channels: 4, kernel_size: 1}}, relu,"
    " {conv: {name: d, out_channels: 4, kernel_size: 1}},"
    " {conv: {out_channels: 4, kernel_size: 1, share: d}}]",
    "group": "[{group: {layers: [{conv: {out_channels: w, kernel_size: 1}}, relu]}}, relu]",
    "a width that ends": "[relu, {conv: {out_channels: 5 - w, kernel_size: 1}}, batch_norm]",
    "a size that ends": "[{conv: {out_channels: w, kernel_size: 4}}, relu]",
}
UNEVEN = {
    "condition": "[{conv: {out_channels: w, kernel_size: 1, if: w > 2}}, relu]",
    "repetition": "[{conv: {out_channels: w, kernel_size: 1, repeat: w}}]",
    "channels on the way": "[relu, {conv: {out_channels: w, kernel_size: 1}},"
    " {conv: {out_channels: in_channels * 2, kernel_size: 1}}]",
    "a name outside": "[{conv: {out_channels: w, kernel_size: 1}},"
    " {concat: {from: [stem, conv_1]}}]",
    "frozen": "[{conv: {out_channels: w, kernel_size: 1, trainable: w > 2}}]",
    "another block": "[{other: {w: w}}]",
}


def recipe(body: str) -> Recipe:
    """Return a spec that calls a block by numbers, by names, within branches and repeatedly."""
    root = parse(
        Source(
            "spec",
            f"input: 4x12x12\nblocks:\n  b:\n    parameters: {{w: }}\n    layers: {body}\n"
            "  other: {parameters: {w: }, layers: [{conv: {out_channels: w, kernel_size: 1}}]}\n"
            "layers:\n  - conv: {name: stem, out_channels: 4, kernel_size: 1}\n"
            "  - b: {repeat: 6, w: index + 1}\n  - b: {name: last, w: 3}\n"
            "  - concat: {l: [{b: {w: 2}}, {b: {w: 4}}], r: [{b: {w: 2}}, {b: {w: 3}}]}\n"
            "  - relu: {from: last}\n",
        )
    )
    assert isinstance(root, Mapping)
    return Recipe(root)


def described(found: Recipe) -> list[object]:
    """Return everything of the graph of a spec, or its faults."""
    try:
        graph: Graph = found.graph(Options())
    except SpecError as error:
        return [(d.message, str(d.span), d.help, d.notes) for d in error.diagnostics]
    nodes = [
        (n.name, n.layer, n.inputs, n.shares, n.aux, str(n.span), n.marks) for n in graph.nodes
    ]
    facts = [(f.inputs, f.output, f.params, f.ops) for f in graph.facts or ()]
    return [nodes, facts, graph.complete, graph.outputs, list(graph.scopes.items())]


@pytest.mark.parametrize("body", [*EVEN.values(), *UNEVEN.values()], ids=[*EVEN, *UNEVEN])
def test_a_plan_changes_nothing(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = recipe(body)
    twice = [described(planned), described(planned)]  # the second time with fragments
    monkeypatch.setattr(Plan, "fits", lambda *_: False)
    plain = described(recipe(body))
    assert twice == [plain, plain]


@pytest.mark.parametrize("body", [*EVEN.values(), *UNEVEN.values()], ids=[*EVEN, *UNEVEN])
def test_only_blocks_whose_copies_are_alike_have_a_plan(body: str) -> None:
    found = recipe(body)
    described(found)
    plans = [compiled.blocks["b"].plan for compiled in found.compiled.values()]
    assert [plan is not None for plan in plans] in ([body in EVEN.values()], [])
    assert plans or body == EVEN["a width that ends"]
