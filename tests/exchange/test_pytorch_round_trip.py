"""Every layer as PyTorch source, read again by `from_torch`: the same figures, layer for layer."""

from __future__ import annotations

from typing import Any

import pytest
from layer_examples import CASES, one_layer
from test_pytorch_write import module_of

import cnncalc
from cnncalc.analysis.walk import Analysis
from cnncalc.diagnostics import SpecError
from cnncalc.writing import as_source

torch = pytest.importorskip("torch")

#: What the source computes by other operations, with other figures: kernels that are made of fewer
#: parameters, distances and norms as arithmetic, and places that are counted by a convolution.
OTHERWISE = {"locally_connected", "lp_pool", "rbf", "subsample"}
OTHER_FIELDS = {"connections", "count_include_pad"}


class Together(torch.nn.Module):  # type: ignore[misc, name-defined]  # the base is not known here
    """Networks side by side, each with inputs and outputs of its own: one export for all."""

    def __init__(self, networks: list[Any], counts: list[int]) -> None:
        super().__init__()
        self.case = torch.nn.ModuleList(networks)
        self.counts = counts

    def forward(self, *inputs: Any) -> Any:
        given = iter(inputs)
        outputs = [
            network(*[next(given) for _ in range(count)])
            for network, count in zip(self.case, self.counts, strict=True)
        ]
        return tuple(outputs)


def figures(analysis: Analysis, indices: list[int]) -> tuple[int | None, ...]:
    """Return the params, buffers and MACs of some nodes together."""
    own = [analysis.figures(i) for i in indices]
    return tuple(
        None if None in counts else sum(counts)
        for counts in ([getattr(figure, kind) for figure in own] for kind in
                       ("params", "buffers", "macs"))
    )  # fmt: skip


def test_every_layer_is_read_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("ERROR")  # the exporter logs each of its steps
    analyses, networks = [], []
    for keyword, fields, shapes in CASES:
        if keyword in OTHERWISE or OTHER_FIELDS & fields.keys():
            continue
        graph = one_layer(keyword, fields, shapes)
        try:
            networks.append(module_of(as_source(graph, "pytorch"))[1])
        except SpecError:  # what PyTorch cannot say
            continue
        analyses.append(cnncalc.analyze(graph))
    entering = [[a.facts[i].output for i in a.graph.inputs] for a in analyses]
    together = Together(networks, [len(shapes) for shapes in entering])
    read = cnncalc.analyze(cnncalc.from_torch(together, *[s for e in entering for s in e]))
    parts: dict[int, list[int]] = {}
    for index, node in enumerate(read.graph.nodes):
        if node.name.startswith("case/"):
            parts.setdefault(int(node.name.split("/")[1]), []).append(index)
    assert len(analyses) > 100
    for number, analysis in enumerate(analyses):
        (own,), found = analysis.graph.outputs, parts.get(number, [])
        layer = analysis.graph.nodes[own].layer
        assert figures(read, found) == figures(analysis, [own]), layer
        if found:  # what does nothing leaves no trace
            assert read.facts[found[-1]].output == analysis.facts[own].output, layer
