"""Another spec as a block: built in, or a file beside this one, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc
from cnncalc.diagnostics import Diagnostic, SpecError, frame

HEAD = """\
input: 3x64x64
layers:
  - network: {network}
  - conv: {{out_channels: 2, kernel_size: 1, name: head}}
"""
SMALL = """\
input: 3x32x32
parameters: {width: 4}
layers:
  - conv: {out_channels: width, kernel_size: 3, padding: 1, name: first}
  - aux: {name: side, layers: [global_avg_pool]}
  - add: {name: unit, main: [{conv: {out_channels: width, kernel_size: 1}}], shortcut: []}
  - relu: {name: last}
"""


def faults(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        cnncalc.loads(text)
    return caught.value.diagnostics


def test_a_built_in_network_is_laid_out_on_what_the_entry_reads() -> None:
    whole = cnncalc.analyze(cnncalc.load("resnet18", input="3x64x64"))
    inside = cnncalc.analyze(
        cnncalc.loads(HEAD.format(network="{spec: resnet18, until: stage4, name: backbone}"))
    )
    names = [node.name for node in inside.graph.nodes[1:-1]]
    own = [node.name for node in whole.graph.nodes[1:]]
    assert names == [f"backbone/{name}" for name in own[: len(names)]]
    assert [f.output for f in inside.facts[:-1]] == [
        f.output for f in whole.facts[: len(names) + 1]
    ]
    assert inside.facts[-1].output == (2, 2, 2)
    assert inside.graph.complete


def test_parameters_and_parts_of_the_inner_network_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    outer = tmp_path / "outer.yaml"
    outer.write_text(
        "input: 3x16x16\nparameters: {k: 6}\nlayers:\n"
        "  - network: {spec: small.yaml, set: {width: k * 2}, name: a}\n"
        "  - network: {spec: small.yaml, set: {width: 12}, repeat: 2, name: b, until: unit}\n"
        "  - concat: {from: [a/first, b_2, b_1/unit/main]}\n"
    )
    graph = cnncalc.load(str(outer))
    analysis = cnncalc.analyze(graph)
    shapes = {n.name: f.output for n, f in zip(graph.nodes, analysis.facts, strict=True)}
    assert shapes["a/last"] == (12, 16, 16)
    assert shapes["concat_1"] == (36, 16, 16)
    assert "b_1/last" not in shapes
    assert [graph.nodes[i].name for i in graph.nodes[-1].inputs] == [
        "a/first", "b_2/unit", "b_1/unit/main/conv_1",
    ]  # fmt: skip
    assert [graph.nodes[i].name for i in graph.aux_outputs][:1] == ["a/side/global_avg_pool_1"]


def test_an_inlined_network_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "outer.yaml").write_text("input: 3x32x32\nlayers: [{network: small.yaml}]\n")
    outer = cnncalc.analyze(cnncalc.load(str(tmp_path / "outer.yaml")))
    inner = cnncalc.analyze(cnncalc.load(str(tmp_path / "small.yaml")))
    assert outer.totals() == inner.totals()
    assert [n.layer for n in outer.graph.nodes] == [n.layer for n in inner.graph.nodes]
    assert [n.inputs for n in outer.graph.nodes] == [n.inputs for n in inner.graph.nodes]


@pytest.mark.parametrize("name", ["../small.yaml", "/etc/passwd.yaml", "down/../../small.yaml"])
def test_no_file_above_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "outer.yaml").write_text(HEAD.format(network=name))
    with pytest.raises(SpecError, match="is not beside this spec"):
        cnncalc.load(str(inner / "outer.yaml"))


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "link.yaml").symlink_to(tmp_path / "small.yaml")
    (inner / "outer.yaml").write_text(HEAD.format(network="link.yaml"))
    with pytest.raises(SpecError, match="leads out of this folder"):
        cnncalc.load(str(inner / "outer.yaml"))


def test_a_text_may_read_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    (fault,) = faults(HEAD.format(network="small.yaml"))
    assert fault.message == "this spec may not read files"


def test_a_network_inside_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "self.yaml"
    path.write_text("input: 4x8x8\nlayers: [relu, {network: self.yaml}]\n")
    with pytest.raises(SpecError, match="nested more than 60 deep"):
        cnncalc.load(str(path))


def test_a_fault_inside_is_shown_in_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL.replace("kernel_size: 1", "kernel_size: 0"))
    (tmp_path / "outer.yaml").write_text(HEAD.format(network="small.yaml"))
    with pytest.raises(SpecError) as caught:
        cnncalc.load(str(tmp_path / "outer.yaml"))
    assert "small.yaml:6" in frame(caught.value.diagnostics[0])


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("{until: stage4}", "network needs `spec`"),
        ("resnet19", "there is no network named `resnet19`"),
        ("{spec: resnet18, untill: a}", "network has no field `untill`"),
        ("{spec: resnet18, until: stage9}", "no earlier layer is named `stage9`"),
        ("{spec: resnet18, set: 3}", "`set` must be a mapping, not a number"),
        ("{spec: resnet18, set: {widht: 3}}", "the spec has no parameter `widht` to set"),
    ],
)
def test_what_a_network_needs(network: str, message: str) -> None:
    assert message in faults(HEAD.format(network=network))[0].message
