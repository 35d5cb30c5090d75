"""Networks that do not ship with cnncalc, written as an engineer would, against other counts."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc
from cnncalc.analysis.published import check
from cnncalc.diagnostics import SpecError

NETWORKS = sorted((Path(__file__).parent / "networks").glob("*.yaml"))
SEEDS = 150


@pytest.mark.parametrize("path", NETWORKS, ids=[path.stem for path in NETWORKS])
def test_totals_and_outputs_are_what_other_implementations_have(path: Path) -> None:
    findings = check(cnncalc.analyze(cnncalc.load(str(path))))
    assert len(findings) >= 3
    for finding in findings:
        assert finding.status == "match", finding.fact


@pytest.mark.parametrize("start", range(0, SEEDS, 50))
def test_random_networks_are_what_pytorch_makes_of_them(start: int) -> None:
    pytest.importorskip("torch")
    from random_dags import RandomNetwork

    for seed in range(start, start + 50):
        network = RandomNetwork(seed)
        if network.refused is not None:
            with pytest.raises(SpecError) as caught:
                cnncalc.analyze(cnncalc.loads(network.text))
            wrong = [diagnostic.span.line for diagnostic in caught.value.diagnostics]
            assert wrong == [2 + len(network.lines)], f"seed {seed}:\n{network.text}"
            continue
        analysis = cnncalc.analyze(cnncalc.loads(network.text))
        for index, node in enumerate(network.nodes):
            figures = analysis.figures(index)
            found = (figures.output, figures.params, figures.ops.macs)
            expected = (tuple(node.value.shape[1:]), node.params, node.macs)
            assert found == expected, f"seed {seed}, {node.name}:\n{network.text}"
