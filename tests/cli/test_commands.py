"""Every command: its help, its examples; and list, show, check, lint, layers, schema in detail."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import yaml
from each import each

import cnncalc
from cnncalc.cli import COMMANDS, run
from cnncalc.cli.group import cli
from cnncalc.language.library import builtin_names
from cnncalc.layers import LAYERS, layer_class
from cnncalc.report.schema import spec_schema

#: Commands whose examples read built-in networks only and take no time.
QUICK = ("summary", "list", "show", "check", "lint", "layers", "schema")


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    """A function that runs a command and returns what it prints."""

    def call(*arguments: str, status: int = 0) -> str:
        assert run([*arguments]) == status, capsys.readouterr()
        return capsys.readouterr().out

    return call


def examples(command: click.Command) -> list[list[str]]:
    """Return the commands that a help text shows."""
    lines = re.findall(r"(?m)^\s*cnncalc (.*)$", command.help or "")
    return [shlex.split(line.partition("|")[0]) for line in lines]


@pytest.mark.parametrize("name", COMMANDS)
class TestEveryCommand:
    def test_it_can_be_loaded_and_has_help_with_examples(self, name: str, printed: Any) -> None:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert name in [example[0] for example in examples(command)]
        text = printed(name, "--help")
        assert text.startswith(f"Usage: cnncalc {name}")
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert parameter.opts[-1] in text
                assert parameter.help, parameter.name

    def test_its_examples_run(
        self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if name not in QUICK:
            pytest.skip("its own tests do that")
        monkeypatch.chdir(tmp_path)
        (tmp_path / "mynet.yaml").write_text("input: 4\nlayers: [relu]\n")
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        for example in examples(command):
            assert run(example) in (0, 1)

    def test_an_unknown_option_is_wrong_usage(self, name: str) -> None:
        assert run([name, "--nonsense"]) == 2


def test_the_list_of_commands_is_in_the_help(printed: Any) -> None:
    text = printed("--help")
    for name in COMMANDS:
        assert re.search(rf"(?m)^  {name}[ ,]", text)


def test_version(printed: Any) -> None:
    assert printed("--version") == f"cnncalc {cnncalc.__version__}\n"


class TestList:
    def test_json_has_every_network_with_its_figures(self, printed: Any) -> None:
        found = json.loads(printed("list", "--format", "json"))
        assert found["schema"] == "cnncalc.list/1"
        networks = {entry["name"]: entry for entry in found["networks"]}
        assert set(networks) == {name for name, _, _ in builtin_names()}
        assert networks["resnet50"]["params"] == 25_557_032
        assert networks["resnet50"]["depth"] == 50
        assert networks["vgg16"]["macs"] == 15_470_264_320
        assert networks["lenet5_paper"]["year"] == 1998
        assert networks["alexnet"]["input"] == [[3, 227, 227]]

    def test_names_are_filtered(self, printed: Any) -> None:
        names = [line.split()[0] for line in printed("list", "vgg1?_bn").splitlines()[2:]]
        assert names == ["vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"]
        assert "resnet50" in printed("list", "resnet")
        assert "vgg16" not in printed("list", "resnet")

    def test_a_filter_without_a_match_is_wrong_usage(self, capsys: Any) -> None:
        assert run(["list", "resnt"]) == 2
        assert "did you mean" in capsys.readouterr().err


class TestShow:
    def test_text_has_one_line_per_node(self, printed: Any) -> None:
        lines = printed("show", "lenet5").splitlines()
        assert len(lines) == 1 + 14 + 1
        assert lines[2].split() == ["C1", "conv", "{out_channels:", "6,", "kernel_size:", "5}"]

    @pytest.mark.parametrize("name", ["lenet5", "googlenet", "resnet18"])
    def test_json_is_the_whole_graph(self, name: str, printed: Any) -> None:
        found, graph = json.loads(printed("show", name, "-f", "json")), cnncalc.load(name)
        assert found["schema"] == "cnncalc.graph/1"
        names = [node["name"] for node in found["nodes"]]
        assert names == [node.name for node in graph.nodes]
        for shown, node in zip(found["nodes"], graph.nodes, strict=True):
            assert [names.index(source) for source in shown["from"]] == list(node.inputs)
            fields = {
                key: tuple(value) if isinstance(value, list) else value
                for key, value in shown["fields"].items()
            }
            assert layer_class(shown["layer"])(**fields) == node.layer

    @pytest.mark.parametrize(
        ("format", "edge"),
        [
            ("dot", r"n(\d+) -> n(\d+) \[label=\"([\d×]+)\"(?:, style=dashed)?\];"),
            ("mermaid", r"n(\d+) -(?:-|\.-)>\|\"([\d×]+)\"\| n(\d+)"),
        ],
    )
    def test_pictures_have_every_edge(self, format: str, edge: str, printed: Any) -> None:
        graph = cnncalc.load("googlenet")
        text = printed("show", "googlenet", "--format", format)
        found = re.findall(rf"(?m)^\s*{edge}$", text)
        shapes = cnncalc.analyze(graph).output_shapes()
        edges = [
            (str(source), str(index), "×".join(map(str, shapes[source])))
            for index, node in enumerate(graph.nodes)
            for source in node.inputs
        ]
        if format == "mermaid":
            edges = [(a, shape, b) for a, b, shape in edges]
        assert found == edges

    @pytest.mark.parametrize("name", ["alexnet", "googlenet", "shufflenet_v2_x0_5"])
    def test_what_it_prints_computes_the_same_again(self, name: str, printed: Any) -> None:
        """The lines of the text, put into a spec, make the same network."""
        _title, first, *lines, outputs = printed("show", name).splitlines()
        entries, before = [], "input"
        for line in lines:
            path, keyword, *parts = re.split(r" {2,}", line)
            fields = [part[1:-1] for part in parts if part.startswith("{")]
            sources = [part[5:] for part in parts if part.startswith("from ")] or [before]
            shown = [f"name: {path}", f"from: [{sources[0]}]", *fields]
            entries.append(f"  - {keyword}: {{{', '.join(shown)}}}\n".replace("/", "."))
            before = path
        assert outputs == f"outputs: {before}"
        text = f"input: {first.split()[-1]}\nlayers:\n" + "".join(entries)
        again, original = cnncalc.loads(text), cnncalc.load(name)
        assert [n.inputs for n in again.nodes] == [n.inputs for n in original.nodes]
        assert cnncalc.analyze(again).totals() == cnncalc.analyze(original).totals()


class TestCheck:
    SPEC = (
        "input: 3x8x8\nlayers:\n  - conv: {name: c, out_channels: 4, kernel_size: 3}\n"
        "published:\n  - {quantity: params, value: %s%s}\n"
    )

    @pytest.mark.parametrize(
        ("value", "more", "status", "result"),
        [
            ("112", "", 0, "match"),
            ("113", "", 1, "mismatch"),
            ("0.1K", "", 0, "rounded"),
            ("0.11K", "", 0, "rounded"),
            ("0.12K", "", 1, "mismatch"),
            ("0.12K", ", erratum: counted wrongly", 0, "erratum"),
            ("112", ", node: c", 0, "match"),
        ],
    )
    def test_results(
        self, value: str, more: str, status: int, result: str, tmp_path: Path, printed: Any
    ) -> None:
        spec = tmp_path / "net.yaml"
        spec.write_text(self.SPEC % (value, more))
        found = json.loads(printed("check", str(spec), "-f", "json", status=status))
        assert found["schema"] == "cnncalc.check/1"
        assert found["passed"] == (status == 0)
        (fact,) = found["facts"]
        assert (fact["result"], fact["computed"]) == (result, 112)
        assert "112" in printed("check", str(spec), status=status)

    @pytest.mark.parametrize("name", [name for name, _, _ in builtin_names()][::5])
    def test_shipped_networks_pass(self, name: str, printed: Any) -> None:
        printed("check", name)


class TestLint:
    def test_formats_and_strict(self, tmp_path: Path, printed: Any) -> None:
        spec = tmp_path / "net.yaml"
        spec.write_text("input: 3x8x8\nlayers:\n  - max_pool: {kernel_size: 3, stride: 2}\n")
        text = printed("lint", str(spec))
        assert text.startswith("warning[unread-pixels]: max_pool never reads 1 at the bottom")
        assert f"{spec.name}:3:" in text
        found = json.loads(printed("lint", str(spec), "-f", "json", "--strict", status=1))
        assert [warning["code"] for warning in found["warnings"]] == ["unread-pixels"]
        assert found["warnings"][0]["line"] == 3

    def test_a_clean_network(self, printed: Any) -> None:
        assert printed("lint", "lenet5", "--strict") == "no warnings\n"


class TestLayers:
    def test_the_overview_names_all(self, printed: Any) -> None:
        text = printed("layers")
        for keyword in LAYERS:
            assert re.search(rf"(?m)^{keyword} ", text)

    @each("keyword", LAYERS)
    def test_a_page_has_fields_rule_and_example(self, keyword: str, printed: Any) -> None:
        text = printed("layers", keyword)
        for name, field in layer_class(keyword).fields().items():
            assert f"  {name}" in text
            assert field.doc in text
        for label in ("Shape:", "Params:", "Operations:", "Example:", "Source:"):
            assert label in text

    def test_json(self, printed: Any) -> None:
        found = json.loads(printed("layers", "--format", "json"))
        assert [layer["name"] for layer in found["layers"]] == list(LAYERS)
        assert "| `stride` | 1 |" in printed("layers", "conv", "-f", "markdown")

    def test_another_tools_word(self, capsys: Any) -> None:
        assert run(["layers", "Conv2d"]) == 2
        assert "did you mean `conv`?" in capsys.readouterr().err


@pytest.fixture(scope="module")
def validator() -> Any:
    """A validator of specs as YAML readers decode them."""
    return jsonschema.Draft202012Validator(spec_schema())


class TestSchema:
    def test_it_is_printed(self, printed: Any) -> None:
        assert json.loads(printed("schema")) == spec_schema()

    @pytest.mark.parametrize(
        "text",
        [
            "{layers: [{conv: {out_channels: 3, kernal_size: 2}}]}",
            "{layers: [{conv: {out_channels: 3}}]}",
            "{layers: [{conv: {out_channels: 0, kernel_size: 3}}]}",
            "{layers: [{relu: {a: 1}}]}",
            "{layers: {relu: }}",
            "{input: 3x4x4}",
            "{layer: [relu], layers: [relu]}",
            "{layers: [{relu: , tanh: }]}",
            "{layers: [relu], rounding: up}",
            "{layers: [relu], published: [{quantity: params}]}",
            "{layers: [relu], blocks: {b: {parameters: {a: 1}}}}",
        ],
    )
    def test_faulty_specs_are_not(self, text: str, validator: Any) -> None:
        assert not validator.is_valid(yaml.safe_load(text))
