"""The report page without a browser: what it holds, how large it is, what may run in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import cnncalc
from cnncalc.analysis.memory import alive_elements, measure
from cnncalc.analysis.summary import summarize
from cnncalc.cli import run
from cnncalc.diagnostics import UsageError
from cnncalc.pictures.page import page, policy
from cnncalc.pictures.page_data import Machine, network, stages
from cnncalc.report.png import address


def held(text: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert found is not None
    data: dict[str, object] = json.loads(found[1])
    return data


def test_the_page_of_resnet50_is_small() -> None:
    text = page([[cnncalc.analyze(cnncalc.load("resnet50"))]])
    assert len(text.encode()) <= 700_000


def test_only_its_own_script_and_style_may_run() -> None:
    text = page([[cnncalc.analyze(cnncalc.load("lenet5"))]])
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.S)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.S)
    assert policy(style, script) in text
    assert "default-src 'none'" in text
    assert "unsafe" not in policy(style, script)
    assert re.findall(r'\s(?:href|src)="(?!data:)[^"]*"', text) == []
    assert not re.search(r"\son\w+=|\sstyle=", re.sub(r"<script.*?</script>", "", text, flags=re.S))


def test_it_is_the_same_to_the_byte() -> None:
    one, other = (page([[cnncalc.analyze(cnncalc.load("resnet18"))]]) for _ in range(2))
    assert one == other


def test_every_node_has_its_own_figures_working_and_memory() -> None:
    analysis = cnncalc.analyze(cnncalc.load("googlenet"), batch=2, dtype="float16")
    found = network(analysis, Machine(1e12, 1e11))
    summary = summarize(analysis)
    first = len(analysis.graph.inputs)
    for index, one in enumerate(found["nodes"]):
        assert one["params"] == analysis.figures(index).params
        assert (one["lesson"] is None) == (index < first)
    assert sum(one["macs"] for one in found["nodes"] if not one["aux"]) == found["totals"]["macs"]
    assert found["totals"]["flops"][0] == summary.main.flops
    memory = measure(analysis)
    assert max(one["alive"] for one in found["nodes"]) == memory.peak == found["totals"]["peak"]
    assert sorted(at for stage in stages(analysis) for at in stage["nodes"]) == list(
        range(first, len(found["nodes"]))
    )
    conv = found["nodes"][first]
    moved = ((3 * 224 * 224 + 64 * 112 * 112) * 2 + conv["params"]) * 2
    assert conv["time"] == pytest.approx(max(conv["flops"][0] * 2 / 1e12, moved / 1e11))


def test_memory_over_the_run_peaks_where_the_summary_says() -> None:
    for name in ("resnet18", "densenet121", "googlenet"):
        analysis = cnncalc.analyze(cnncalc.load(name))
        for in_place in (False, True):
            alive = alive_elements(analysis, in_place)
            memory = measure(analysis, in_place)
            assert max(alive) * 4 == memory.peak
            assert analysis.graph.nodes[alive.index(max(alive))].name == memory.peak_node


def test_numbers_beyond_what_a_script_holds_are_texts() -> None:
    spec = "input: 1000000x1000x1000\nlayers:\n  - conv: {out_channels: 1000000, kernel_size: 1}\n"
    found = network(cnncalc.analyze(cnncalc.loads(spec)), Machine())
    assert found["nodes"][1]["macs"] == str(10**18)


def test_an_image_must_be_one() -> None:
    with pytest.raises(UsageError, match="neither PNG"):
        address(b"BM")


def test_faults_of_a_call_are_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for arguments, message in (
        (["lenet5", "--peak", "fast"], "--peak wants a number such as 10T"),
        (["lenet5", "--image", str(tmp_path / "none.png")], "cannot read"),
        (["lenet5", "--open"], "add -o report.html"),
        (["lenet6"], "lenet5"),
    ):
        assert run(["report", *arguments]) == 2
        assert message in capsys.readouterr().err


def test_a_network_that_does_not_fit_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    spec = tmp_path / "bad.yaml"
    spec.write_text("input: 3x8x8\nlayers:\n  - linear: 10\n")
    assert run(["report", str(spec)]) == 1
    assert "flatten" in capsys.readouterr().err


def test_the_data_is_what_programs_read(tmp_path: Path) -> None:
    target = tmp_path / "two.html"
    assert run(["report", "resnet18", "resnet34", "-o", str(target)]) == 0
    data = held(target.read_text(encoding="utf-8"))
    assert [len(each) for each in data["networks"]] == [1, 1]  # type: ignore[attr-defined]
    pairs = data["diffs"][0]  # type: ignore[index]
    names = [[one["name"] for one in n[0]["nodes"]] for n in data["networks"]]  # type: ignore[attr-defined]
    assert [a for _, a, _, *_ in pairs if a is not None] == list(range(1, len(names[0])))
    assert [b for _, _, b, *_ in pairs if b is not None] == list(range(1, len(names[1])))
