"""Blocks of several inputs and outputs, and layers that a parameter names."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.diagnostics import Diagnostic, SpecError
from cnncalc.graph import Graph

CELL = """\
input: 8x16x16
blocks:
  cell:
    inputs: [now, before]
    outputs: [mixed, now]
    parameters: {channels: 8}
    layers:
      - conv: {from: before, out_channels: channels, kernel_size: 3, padding: 1, name: far}
      - conv: {from: now, out_channels: channels, kernel_size: 1, name: near}
      - add: {from: [far, near], name: mixed}
layers:
  - conv: {out_channels: 8, kernel_size: 3, padding: 1, name: stem}
LAYERS
"""


def graph_of(layers: str, text: str = CELL) -> Graph:
    lines = "".join(f"  - {line}\n" for line in layers.splitlines())
    return cnncalc.loads(text.replace("LAYERS\n", lines))


def faults(layers: str, text: str = CELL) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        graph_of(layers, text)
    return caught.value.diagnostics


def sources(graph: Graph) -> dict[str, list[str]]:
    return {node.name: [graph.nodes[i].name for i in node.inputs] for node in graph.nodes}


def test_a_block_reads_several_layers_by_its_own_names() -> None:
    graph = graph_of("cell: {from: [stem, input]}\nrelu")
    assert sources(graph)["cell_1/far"] == ["input"]
    assert sources(graph)["cell_1/near"] == ["stem"]
    assert sources(graph)["relu_1"] == ["cell_1/mixed"]  # the first of the outputs


def test_cells_pass_their_outputs_on() -> None:
    """NASNet's cells read the two before them: written out, or as a chain, it is one network."""
    chain = graph_of("cell: {from: [stem, input], name: a}\ncell: {repeat: 2, name: b}\ncell")
    found = sources(chain)
    assert found["b_1/near"] == ["a/mixed"]
    assert found["b_1/far"] == ["stem"]
    assert found["b_2/far"] == ["a/mixed"]
    assert found["cell_1/far"] == ["b_1/mixed"]
    text = "cell: {from: [stem, input], name: a}\n"
    text += "cell: {from: [a.mixed, a.now], name: b_1}\n"
    text += "cell: {from: [b_1.mixed, b_1.now], name: b_2}\n"
    text += "cell: {from: [b_2.mixed, b_2.now]}"
    apart = graph_of(text)
    assert sources(apart) == found
    assert [n.layer for n in apart.nodes] == [n.layer for n in chain.nodes]


def test_the_outputs_of_repeated_blocks_are_those_of_the_last() -> None:
    graph = graph_of("cell: {from: [stem, input], repeat: 3, name: b}\nadd: {from: [b.now, b]}")
    assert sources(graph)["add_1"] == ["b_2/mixed", "b_3/mixed"]


def test_a_block_of_one_input_may_name_it() -> None:
    text = CELL.replace("[now, before]", "[x]").replace("[mixed, now]", "[far]")
    text = text.replace("from: before", "from: x").replace("from: now", "from: x")
    graph = graph_of("cell: {repeat: 2}", text)
    assert sources(graph)["cell_2/near"] == ["cell_1/far"]


@pytest.mark.parametrize("again", range(3))
def test_networks_laid_out_again_are_the_same(again: int) -> None:
    graphs = [graph_of("cell: {from: [stem, input]}\ncell: {repeat: 4}") for _ in range(again + 1)]
    assert all(sources(graph) == sources(graphs[0]) for graph in graphs)


@pytest.mark.parametrize(
    ("layers", "message", "help"),
    [
        ("cell", "cell takes 2 inputs: now, before", "name as many layers: `from: [a, b]`"),
        ("cell: {from: stem}", "cell takes 2 inputs: now, before", "`from: [a, b]`"),
        ("cell: {from: [stem, input, stem]}", "cell takes 2 inputs: now, before", "`from: [a, b]`"),
        ("cell: {from: [stem, input]}\nrelu\ncell", "cell takes 2 inputs: now, before", ""),
        ("cell: {from: [stem, input]}\nrelu: {from: cell_1.far}", "is named `cell_1.far`", ""),
    ],
)
def test_what_a_block_of_two_inputs_needs(layers: str, message: str, help: str) -> None:
    (fault,) = faults(layers)
    assert message in fault.message
    assert help in (fault.help or "")


def test_faulty_names_of_inputs_and_outputs() -> None:
    (fault,) = faults("relu", CELL.replace("[now, before]", "[now, now]"))
    assert fault.message == "`now` is named twice"
    twice = CELL.replace("[mixed, now]", "[nowhere]")
    assert "named `nowhere`" in faults("cell: {from: [stem, input]}", twice)[0].message


WORDS = """\
input: 3x8x8
parameters: {act: relu, slope: 0.2, unit: plain}
blocks:
  plain: {layers: [{conv: {out_channels: 4, kernel_size: 3}}, {layer: {is: act}}]}
  wide: {parameters: {k: 5}, layers: [{conv: {out_channels: 4, kernel_size: k}}]}
layers:
LAYERS
"""


@pytest.mark.parametrize("act", ["relu", "hard_swish", "sigmoid"])
def test_a_parameter_names_a_layer(act: str) -> None:
    text = WORDS.replace("LAYERS\n", "  - plain\n  - layer: {is: act, repeat: 2, name: last}\n")
    graph = cnncalc.loads(text, act=act)
    assert [node.name for node in graph.nodes][2:] == [f"plain_1/{act}_1", "last_1", "last_2"]
    assert {node.layer.keyword for node in graph.nodes[2:]} == {act}


def test_a_parameter_names_a_block() -> None:
    text = WORDS.replace("LAYERS\n", "  - layer: {is: unit}\n")
    assert [n.name for n in cnncalc.loads(text).nodes][1] == "plain_1/conv_1"
    assert [n.name for n in cnncalc.loads(text, unit="wide").nodes][1] == "wide_1/conv_1"
    graph = cnncalc.loads(text.replace("{is: unit}", "{is: unit, k: 3}"), unit="wide")
    assert graph.nodes[1].layer.as_dict()["kernel_size"] == 3


def test_a_call_gives_a_word() -> None:
    text = WORDS.replace("plain: {layers", "plain: {parameters: {act: relu}, layers")
    graph = cnncalc.loads(text.replace("LAYERS\n", "  - plain: gelu\n  - plain\n"))
    assert [node.layer.keyword for node in graph.nodes[1:]] == ["conv", "gelu", "conv", "relu"]


def test_an_expression_chooses_the_layer() -> None:
    chosen = "  - layer: {is: relu if index == 0 else hard_swish, repeat: 2}\n"
    graph = cnncalc.loads(WORDS.replace("LAYERS\n", chosen + "  - plain\n"))
    assert [n.name for n in graph.nodes][1:3] == ["relu_1", "hard_swish_1"]


def test_the_fields_of_a_repeated_choice_may_count_its_copies() -> None:
    text = WORDS.replace("plain: {layers", "plain: {parameters: {k: 1}, layers")
    chosen = "  - layer: {is: unit, repeat: 2, name: stage, k: 1 + 2 * index}\n"
    graph = cnncalc.loads(text.replace("LAYERS\n", chosen), unit="wide")
    assert [n.name for n in graph.nodes][1:] == ["stage_1/conv_1", "stage_2/conv_1"]
    assert [n.layer.as_dict()["kernel_size"] for n in graph.nodes[1:]] == [1, 3]


@pytest.mark.parametrize(
    ("word", "unused"), [("unit", []), ("plain if slope > 1 else wide", []), ("plain", ["wide"])]
)
def test_blocks_that_a_word_may_name_are_used(word: str, unused: list[str]) -> None:
    text = WORDS.replace("{layer: {is: act}}", "relu")
    graph = cnncalc.loads(text.replace("LAYERS\n", f"  - layer: {{is: {word}}}\n"))
    messages = [w.message for w in graph.warnings if "never used" in w.message]
    assert messages == [f"block `{name}` is never used" for name in unused]


def test_the_fields_of_a_chosen_layer_are_its_own() -> None:
    layers = "layer: {is: act, negative_slope: slope}"
    graph = cnncalc.loads(WORDS.replace("LAYERS\n", f"  - {layers}\n  - plain\n"), act="leaky_relu")
    assert graph.nodes[1].layer.as_dict()["negative_slope"] == 0.2
    assert not [w for w in graph.warnings if "slope" in w.message]
    fault = faults(layers + "\nplain", WORDS)[0]
    assert fault.message == "relu has no field `negative_slope`"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("layer: {name: a}", "layer needs `is`"),
        ("layer: relu", "layer needs `is`"),
        ("layer: {is: slope}", "`is` must be a word, not 0.2"),
        ("layer: {is: rleu}", "`rleu` is not one of the words allowed here"),
    ],
)
def test_what_a_chosen_layer_needs(entry: str, message: str) -> None:
    assert faults(f"{entry}\nplain", WORDS)[0].message == message


def test_a_word_that_is_no_layer_is_refused_where_it_is_chosen() -> None:
    text = WORDS.replace("LAYERS\n", "  - plain\n")
    with pytest.raises(SpecError, match="there is no layer or block named `swich`"):
        cnncalc.loads(text, act="swich")


def test_a_branch_may_be_what_another_layer_gives() -> None:
    """The identity joins what entered a unit; the other branch shares a normalisation with it."""
    text = """
input: 4x8x8
blocks:
  unit:
    inputs: [x]
    parameters: {stride: 1}
    layers:
      - batch_norm
      - add:
          main: [{conv: {out_channels: 4, kernel_size: 3, stride: stride, padding: 1}}]
          identity: {if: stride == 1, from: x}
          shortcut: {if: stride > 1, layers: [{conv: {out_channels: 4, stride: stride,
            kernel_size: 1}}]}
layers: [unit, {unit: 2}]
"""
    graph = cnncalc.loads(text)
    reads = {n.name: [graph.nodes[i].name for i in n.inputs] for n in graph.nodes}
    assert reads["unit_1/add_1"] == ["unit_1/add_1/main/conv_1", "input"]
    assert reads["unit_2/add_1/shortcut/conv_1"] == ["unit_2/batch_norm_1"]
    assert reads["unit_2/add_1"][1:] == ["unit_2/add_1/shortcut/conv_1"]


def test_a_block_sees_the_names_around_its_call_and_the_parameters_of_the_spec() -> None:
    """But not the parameters of the block that calls it."""
    text = """
input: 4x8x8
parameters: {width: 3}
blocks:
  inner: {layers: [{conv: {out_channels: width, kernel_size: 1, from: seen}}]}
  outer: {parameters: {width: 5}, layers: [{relu: {name: seen}}, {sigmoid: {if: width > 4}}, inner]}
layers: [outer]
"""
    graph = cnncalc.loads(text)
    assert [n.name for n in graph.nodes[1:]] == [
        "outer_1/seen", "outer_1/sigmoid_1", "outer_1/inner_1/conv_1",
    ]  # fmt: skip
    assert graph.nodes[-1].inputs == (1,)
    assert cnncalc.analyze(graph).output_shapes()[-1] == (3, 8, 8)
