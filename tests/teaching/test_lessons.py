"""Lessons in every format: LaTeX that compiles, Markdown that renders, JSON that holds all."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.report.lesson import render
from cnncalc.teaching.explain import QUANTITIES, explain
from cnncalc.teaching.formula import evaluate, parse

EVERYTHING = """
name: "all & sundry_100% #1 {~^} größer 网络 λ"
input: 6x9x10
layers:
  - conv: {out_channels: 8, kernel_size: [3, 2], padding: same, groups: 2, name: "a_b"}
  - batch_norm
  - prelu
  - conv: {out_channels: 8, kernel_size: 3, stride: 2, dilation: 2, padding: 2, bias: false}
  - local_response_norm
  - add: {main: [{conv: {out_channels: 8, kernel_size: 1}}], short: []}
  - concat: {a: [identity], b: [{avg_pool: {kernel_size: 3, stride: 1, padding: same}}]}
  - multiply: {gate: [global_avg_pool, hard_sigmoid], main: []}
  - upsample: {scale_factor: 2, mode: bilinear}
  - conv_transpose: {out_channels: 4, kernel_size: 3, stride: 2, padding: 1, output_padding: 1}
  - adaptive_avg_pool: 3
  - pad: {padding: 1, channels: [1, 1]}
  - crop: 1
  - slice: {start: 1, step: 2}
  - group_norm: 1
  - lp_pool: {kernel_size: 2, ceil_mode: true}
  - flatten
  - linear: 5
  - softmax
"""


def lesson(name: str | None = None) -> Any:
    graph = cnncalc.loads(EVERYTHING) if name is None else cnncalc.load(name)
    return explain(cnncalc.analyze(graph), None, QUANTITIES)


@pytest.mark.parametrize("name", [None, "lenet5_paper", "alexnet"])
def test_latex_compiles(name: str | None, tmp_path: Path) -> None:
    pdflatex = shutil.which("pdflatex")
    if pdflatex is None:
        pytest.skip("pdflatex is not installed")
    file = tmp_path / "lesson.tex"
    file.write_text(render(lesson(name), "latex"), encoding="utf-8")
    command = [pdflatex, "-interaction=nonstopmode", "-halt-on-error", file.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Missing character" not in (tmp_path / "lesson.log").read_text(errors="replace")


@pytest.mark.parametrize("name", [None, "googlenet"])
def test_latex_is_balanced_and_ascii(name: str | None) -> None:
    text = render(lesson(name), "latex")
    assert "网" not in text
    plain = re.sub(r"\\[{}]", "", text)
    assert plain.count("{") == plain.count("}")
    for name in re.findall(r"\\begin\{([a-z*]+)\}", text):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}")
    dollars = re.sub(r"\\\$", "", text)
    assert dollars.count("$") % 2 == 0


def test_markdown_holds_every_formula_in_code() -> None:
    text = render(lesson(), "markdown")
    for line in text.splitlines():
        assert line.count("`") % 2 == 0, line
        outside = re.sub(r"`[^`]*`", "", line)
        assert "⌊" not in outside
        assert "·" not in outside


class Tags(HTMLParser):
    """Checks that tags close in the order in which they open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        del attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_well_formed() -> None:
    text = render(lesson(), "html")
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert "&amp; sundry" in text


def test_json_can_be_worked_out_again() -> None:
    found = json.loads(render(lesson(), "json"))
    assert found["schema"] == "cnncalc.explain/1"
    count = 0
    for layer in found["layers"]:
        for quantity in layer["quantities"].values():
            for line in quantity["derivation"]:
                if isinstance(line, dict):
                    count += 1
                    assert evaluate(parse(line["formula"]), line["values"]) == line["result"]
                    assert line["text"].endswith(f"{line['result']:,}")
    assert count > 60
    assert set(found["symbols"]) >= {"W", "K", "S", "P", "C_in", "C_out"}


def test_text_lines_stay_narrow() -> None:
    for name in ("lenet5_paper", "googlenet", "resnet50"):
        text = render(lesson(name), "text")
        assert max(map(len, text.splitlines())) <= 104


def test_what_is_never_read_is_said_in_words() -> None:
    def words(layer: str, shape: str) -> str:
        graph = cnncalc.loads(f"input: {shape}\nlayers: [{{{layer}}}]")
        return render(explain(cnncalc.analyze(graph), None, ("shape",)), "text")

    conv = "conv: {out_channels: 1, kernel_size: 3, "
    assert "3 leftover columns on the right are never read" in words(conv + "stride: 4}", "1x7x10")
    assert "1 leftover row at the bottom is never read" in words(conv + "stride: 2}", "1x8x9")
    padded = words(conv + "stride: 2, padding: 1}", "1x8x8")
    assert "1, but that lies in the padding: every column is read" in padded
    assert "2 samples between windows are never read" in words(
        "max_pool: {kernel_size: 2, stride: 4}", "1x10"
    )
    assert "1 before and 2 after; the odd one after" in words(
        "conv: {out_channels: 1, kernel_size: 4, padding: same}", "1x8x8"
    )
    assert "dilation 2 skips 1 element between taps" in words(conv + "dilation: 2}", "1x8x8")
    assert "a filter reads 2 of the 6 channels" in words(
        "conv: {out_channels: 3, kernel_size: 1, groups: 3}", "6x4x4"
    )
    assert "depthwise" in words("conv: {out_channels: 6, kernel_size: 1, groups: 6}", "6x4x4")
    assert "is dropped" in words("max_pool: {kernel_size: 2, stride: 3, ceil_mode: true}", "1x6x6")
