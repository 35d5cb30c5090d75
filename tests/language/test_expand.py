"""Names, scopes and references after expansion, and what is refused on the way."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.diagnostics import Diagnostic, SpecError, UsageError

BLOCKS = """\
blocks:
  unit:
    parameters: {channels: 4}
    layers:
      - conv: {out_channels: channels, kernel_size: 1}
      - relu
  pair:
    layers: [unit, {unit: {name: last}}]
"""


def names(layers: str, head: str = "input: 4x8x8\n" + BLOCKS) -> list[str]:
    """Return the names of all nodes but the input."""
    return [node.name for node in cnncalc.loads(f"{head}layers:\n{layers}").nodes[1:]]


def sources(text: str) -> dict[str, list[str]]:
    """Return for each node what it reads."""
    graph = cnncalc.loads(text)
    return {n.name: [graph.nodes[i].name for i in n.inputs] for n in graph.nodes}


def faults(text: str, **options: object) -> tuple[Diagnostic, ...]:
    """Return what is wrong with a spec that must be refused."""
    with pytest.raises(SpecError) as caught:
        cnncalc.analyze(cnncalc.loads(text, **options))
    return caught.value.diagnostics


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (" [relu, relu, tanh, relu]", "relu_1 relu_2 tanh_1 relu_3"),
        (" [relu: {name: first}, relu]", "first relu_1"),
        (" [unit, unit]", "unit_1/conv_1 unit_1/relu_1 unit_2/conv_1 unit_2/relu_1"),
        (" [unit: {name: head}]", "head/conv_1 head/relu_1"),
        (" [relu: {repeat: 2}]", "relu_1 relu_2"),
        (" [relu: {repeat: 2, name: r}]", "r_1 r_2"),
        (" [unit: {repeat: 2, name: s}]", "s_1/conv_1 s_1/relu_1 s_2/conv_1 s_2/relu_1"),
        (" [unit: {repeat: 1, name: s}]", "s_1/conv_1 s_1/relu_1"),
        (
            " [pair: {name: p}]",
            "p/unit_1/conv_1 p/unit_1/relu_1 p/last/conv_1 p/last/relu_1",
        ),
        (" [add: {main: [relu, relu], side: []}]", "add_1/main/relu_1 add_1/main/relu_2 add_1"),
        (" [concat: {name: mix, 5x5: [unit]}]", "mix/5x5/unit_1/conv_1 mix/5x5/unit_1/relu_1 mix"),
        (" [aux: {name: side, layers: [relu]}, relu]", "side/relu_1 relu_1"),
        (" [aux: {layers: [relu]}, relu]", "aux_1/relu_1 relu_1"),
        (" [relu: {repeat: 0}, tanh]", "tanh_1"),
        (" [relu: {repeat: 0, name: r}, tanh: {name: r_1}]", "r_1"),
        (" [relu: {if: 1 > 2, name: a}, tanh: {if: 1 < 2, name: a}]", "a"),
        (" [relu: {repeat: 3, if: index != 1}]", "relu_1 relu_2"),
        (" [relu: {repeat: 3, if: index != 1, name: r}]", "r_1 r_3"),
        (
            " [unit: {channels: 2, name: u}, unit: 3]",
            "u/conv_1 u/relu_1 unit_1/conv_1 unit_1/relu_1",
        ),
    ],
)
def test_names(layers: str, expected: str) -> None:
    assert names(layers) == expected.split()


def test_a_reference_looks_in_the_innermost_scope_first_then_outwards() -> None:
    reads = sources(
        """\
input: 4x8x8
blocks:
  b:
    layers:
      - relu: {name: here}
      - tanh: {from: here, name: inner}
      - sigmoid: {from: there, name: outer}
layers:
  - relu: {name: here}
  - relu: {name: there}
  - b: {name: x}
  - add: {from: [here, x/here], name: both}
"""
    )
    assert reads["x/inner"] == ["x/here"]
    assert reads["x/outer"] == ["there"]
    assert reads["both"] == ["here", "x/here"]


def test_the_name_of_a_scope_means_its_last_output() -> None:
    reads = sources(
        f"""\
input: 4x8x8
{BLOCKS}
layers:
  - unit: {{name: stage, repeat: 3}}
  - add: {{name: a, left: [unit: {{name: deep}}], right: [relu, tanh]}}
  - concat: {{name: all, from: [stage, stage_2, a/left, a/left/deep, a/right, a, input]}}
  - relu: {{from: stage_1}}
"""
    )
    assert reads["all"] == [
        "stage_3/relu_1", "stage_2/relu_1", "a/left/deep/relu_1", "a/left/deep/relu_1",
        "a/right/tanh_1", "a", "input",
    ]  # fmt: skip
    assert reads["relu_1"] == ["stage_1/relu_1"]


def test_everything_reads_the_line_above_unless_it_says_otherwise() -> None:
    reads = sources(
        """\
inputs: {left: 2x4x4, right: 3x4x4}
layers:
  - relu
  - tanh: {from: right, name: t}
  - concat: {from: [relu_1, t]}
  - aux: {name: side, layers: [relu]}
  - aux: {name: other, from: t, layers: [relu, tanh]}
  - concat: {name: c, a: [relu, tanh], b: [], d: [sigmoid: {from: left}]}
  - relu
"""
    )
    assert reads == {
        "left": [], "right": [],
        "relu_1": ["left"],
        "t": ["right"],
        "concat_1": ["relu_1", "t"],
        "side/relu_1": ["concat_1"],
        "other/relu_1": ["t"],
        "other/tanh_1": ["other/relu_1"],
        "c/a/relu_1": ["concat_1"],
        "c/a/tanh_1": ["c/a/relu_1"],
        "c/d/sigmoid_1": ["left"],
        "c": ["c/a/tanh_1", "concat_1", "c/d/sigmoid_1"],
        "relu_2": ["c"],
    }  # fmt: skip


def test_each_repeat_reads_the_one_before_and_knows_its_channels() -> None:
    text = "input: 3x8x8\nlayers:\n - relu: {name: r}\n - conv: {from: input, name: c, repeat: 3,"
    graph = cnncalc.loads(text + " out_channels: in_channels * 2 + index, kernel_size: 1}")
    assert [node.inputs for node in graph.nodes] == [(), (0,), (0,), (2,), (3,)]
    assert [shape[0] for shape in cnncalc.analyze(graph).output_shapes()[2:]] == [6, 13, 28]


def test_in_channels_of_arguments_is_what_enters_the_block_anew_for_each_repeat() -> None:
    head = "input: 3x8x8\nblocks:\n  b:\n    parameters: {c: , hidden: in_channels * 10}\n"
    head += "    layers:\n      - conv: {out_channels: hidden, kernel_size: 1}\n"
    head += "      - conv: {out_channels: c, kernel_size: 1}\n"
    graph = cnncalc.loads(head + "layers: [b: {c: in_channels + 1, repeat: 2}]")
    assert [shape[0] for shape in cnncalc.analyze(graph).output_shapes()] == [3, 30, 4, 40, 5]


def test_outputs_and_variants_and_metadata() -> None:
    graph = cnncalc.loads(
        "name: N\nsource: S\nyear: 1998\ninput: 4\nlayers: [relu: {name: a}, tanh]\n"
        "outputs: [tanh_1, a]\nvariants: {v: }\n",
        variant="v",
    )
    assert [graph.nodes[i].name for i in graph.outputs] == ["tanh_1", "a"]
    assert (graph.name, graph.source, graph.year, graph.variant) == ("N", "S", 1998, "v")


def test_a_single_output_may_be_written_bare() -> None:
    graph = cnncalc.loads("input: 4\nlayers: [relu: {name: a}, tanh]\noutputs: a\n")
    assert graph.outputs == (1,)


def test_blocks_know_the_parameters_of_the_spec_but_their_own_win() -> None:
    head = "input: 3x8x8\nparameters: {c: 5, k: 3}\nblocks:\n  b:\n    parameters: {c: 7}\n"
    head += "    layers: [conv: {out_channels: c, kernel_size: k}]\n"
    graph = cnncalc.loads(head + "layers: [b, {conv: {out_channels: c, kernel_size: 1}}]")
    assert cnncalc.analyze(graph).output_shapes()[1:] == [(7, 6, 6), (5, 6, 6)]


@pytest.mark.parametrize(
    ("layers", "line", "message"),
    [
        ("- relu: {name: a}\n- tanh: {name: a}", 2, "the name `a` is taken already (line 1)"),
        ("- relu: {name: relu_1}\n- relu", 2, "the name `relu_1` is taken already (line 1)"),
        ("- relu: {name: input}", 1, "the name `input` is taken already"),
        ("- relu: {from: later}\n- relu: {name: later}", 1, "no earlier layer is named `later`"),
        ("- relu: {from: relu_1}", 1, "no earlier layer is named `relu_1`"),
        ("- relu: {name: a/b}", 1, "a name cannot contain `/`"),
        ("- relu: {repeat: -1}", 1, "`repeat` must be a whole number from 0, not -1"),
        ("- relu: {repeat: 1.5}", 1, "`repeat` must be a whole number from 0, not 1.5"),
        ("- relu: {repeat: 1000000000}", 1, "the network has more than 150,000 layers"),
        ("- relu: {if: 2.5}", 1, "`if` must be true or false, not 2.5"),
        ("- relu: {share: nothing}", 1, "no earlier layer is named `nothing`"),
        ("- add: {from: []}", 1, "an empty list names nothing"),
        ("- add: {}", 1, "add needs branches, or `from`"),
        ("- add", 1, "add needs branches, or `from`"),
        ("- relu: {from: [input, input]}", 1, "relu takes one input, not several"),
        ("- aux: {name: side}", 1, "aux needs `layers`"),
    ],
)
def test_refusals_name_the_place(layers: str, line: int, message: str) -> None:
    text = f"input: 4x8x8\nlayers:\n{layers}\n"
    found = [(d.span.line - 2 if d.span else None, d.message) for d in faults(text)]
    assert (line, message.replace("(line 1)", "(line 3)")) in found or (
        line,
        message.replace("already", "already (line 1)"),
    ) in found


def test_all_faults_are_told_at_once_in_the_order_of_the_text() -> None:
    text = """\
input: 4x8x8
inputt: 1
layers:
  - conf: 3
  - conv: {out_chanels: 4, kernel_size: 1}
  - conv: {out_channels: x, kernel_size: 0}
  - relu: {name: a}
  - relu: {name: a}
"""
    found = faults(text)
    assert [d.span.line for d in found if d.span] == sorted(d.span.line for d in found if d.span)
    assert {d.span.line for d in found if d.span} >= {2, 4, 5, 6}
    helps = " ".join(d.help or "" for d in found)
    for meant in ("`input`", "`conv`", "`out_channels`"):
        assert f"did you mean {meant}" in helps


def test_the_number_of_layers_is_bounded_even_through_blocks() -> None:
    nested = "input: 4\nblocks:\n  a:\n    layers: [relu: {repeat: 1000}]\n"
    nested += "  b:\n    layers: [a: {repeat: 1000}]\nlayers: [b: {repeat: 1000}]\n"
    (fault,) = faults(nested)
    assert "more than 150,000 layers" in fault.message


def test_a_block_that_calls_itself_is_refused() -> None:
    text = "input: 4\nblocks:\n  a:\n    layers: [relu, a]\nlayers: [a]\n"
    (fault,) = faults(text)
    assert fault.message == "blocks and branches are nested more than 60 deep"
    assert "give the call an `if`" in (fault.help or "")


@pytest.mark.parametrize(("depth", "fits"), [(15, True), (59, True), (61, False)])
def test_an_if_ends_a_recursion_at_any_depth_within_the_bound(depth: int, fits: bool) -> None:
    text = "input: 4\nblocks:\n  a:\n    parameters: {n: }\n    layers:\n      - relu\n"
    text += f"      - a: {{if: n > 1, n: n - 1}}\nlayers: [a: {depth}]\n"
    if fits:
        assert len(cnncalc.loads(text).nodes) == depth + 1
    else:
        (fault,) = faults(text)
        assert "60 deep" in fault.message


def test_shared_weights_must_fit() -> None:
    text = "input: 4x8x8\nlayers:\n  - conv: {out_channels: 6, kernel_size: 3, name: a}\n"
    text += "  - conv: {out_channels: 6, kernel_size: 3, share: a}\n"
    (fault,) = faults(text)
    for part in ("`a`", "weight 6x4x3x3, bias 6", "needs weight 6x6x3x3"):
        assert part in fault.message
    assert fault.span is not None
    assert fault.span.line == 4


def test_options_without_use_are_wrong_usage() -> None:
    text = "input: 4\nparameters: {width: 1}\nlayers: [linear: width]\n"
    for options, meant in (
        ({"widht": 3}, "did you mean `width`?"),
        ({"variant": "x"}, "it has no variants"),
    ):
        with pytest.raises(UsageError) as caught:
            cnncalc.loads(text, **options)
        assert caught.value.help == meant
    with pytest.raises(UsageError, match="no input `b`"):
        cnncalc.language.build(
            cnncalc.diagnostics.Source("x", text), cnncalc.language.Options(inputs={"b": "3"})
        )


def test_unused_blocks_and_parameters_are_warned_of() -> None:
    graph = cnncalc.loads(
        "input: 4\nparameters: {a: 1, b: 2, c: a + b, d: 4}\n"
        "blocks:\n  used:\n    parameters: {p: 1, q: b}\n"
        "    layers: [linear: p]\n  idle:\n    layers: [relu]\nlayers: [used]\n"
    )
    assert sorted(warning.message for warning in graph.warnings) == [
        "block `idle` is never used",
        "parameter `d` is never read",
        "parameter `q` of block `used` is never read",
    ]
    assert {warning.code for warning in graph.warnings} == {"unused"}


@pytest.mark.parametrize("key", ["name", "source", "description"])
def test_a_text_is_one_line_and_cannot_steer_a_terminal(key: str) -> None:
    rest = "input: 4\nlayers: [relu]\n"
    graph = cnncalc.loads(f'{key}: "two\\n  lines"\n{rest}')
    assert getattr(graph, key) == "two lines"
    (fault,) = faults(f'{key}: "\\e[2J"\n{rest}')
    assert "control character 0x1b" in fault.message
    (fault,) = faults(f'variants: {{"a\\eb": }}\n{rest}')
    assert "control characters" in fault.message


NEEDED = "stride != 1 or in_channels != width * 4"
UNIT = """\
input: 64x8x8
parameters: {{width: 16, stride: 2}}
layers:
{layers}
"""


def shortcut(layers: str) -> tuple[list[str], int, list[str]]:
    """Return the keywords of a shortcut's layers, its params, and what is warned of."""
    graph = cnncalc.loads(UNIT.format(layers=layers))
    analysis = cnncalc.analyze(graph)
    words = [node.layer.keyword for node in graph.nodes[1:]]
    return words, analysis.totals().params, [w.message for w in graph.warnings]


def test_a_group_decides_once_for_all_its_layers() -> None:
    conv = "conv: {{{}out_channels: width * 4 + 4, kernel_size: 1, stride: stride, bias: false}}"
    condition = f"if: '{NEEDED.replace('* 4', '* 4 + 4')}', "
    apart = f"  - {conv.format(condition)}\n  - batch_norm: {{{condition[:-2]}}}"
    text = apart.replace("stride != 1 or ", "")
    words, params, warnings = shortcut(text)
    assert (words, params) == (["conv"], 64 * 68)  # the normalisation is lost ...
    assert len(warnings) == 1  # ... which is said
    assert "false here, but the same words on line 4 were true" in warnings[0]
    group = f"  - group:\n      {condition[:-2]}\n      layers:\n        - {conv.format('')}\n"
    words, params, warnings = shortcut(group + "        - batch_norm")
    assert (words, params, warnings) == (["conv", "batch_norm"], 64 * 68 + 2 * 68, [])


def test_a_group_equals_its_layers_written_in_its_place() -> None:
    inside = ["conv: {out_channels: 8, kernel_size: 3, padding: 1}", "relu", "max_pool: 2"]
    flat = "".join(f"  - {line}\n" for line in inside)
    grouped = "  - group:\n      layers:\n" + "".join(f"        - {line}\n" for line in inside)
    twice = grouped.replace("group:\n", "group:\n      repeat: 2\n")
    names = {
        text: [node.name for node in cnncalc.loads(UNIT.format(layers=text)).nodes]
        for text in (flat, grouped, flat * 2, twice)
    }
    assert names[flat] == names[grouped]
    assert names[flat * 2] == names[twice]
    without = twice.replace("repeat: 2", "repeat: 0") + "  - relu"
    assert [n.name for n in cnncalc.loads(UNIT.format(layers=without)).nodes] == ["input", "relu_1"]


def test_a_group_reads_what_its_from_names_and_knows_the_index_of_its_copy() -> None:
    text = """\
  - conv: {out_channels: 8, kernel_size: 1, name: a}
  - relu
  - group:
      from: a
      repeat: 2
      layers:
        - conv: {out_channels: 10 + index, kernel_size: 1}
        - relu
"""
    graph = cnncalc.loads(UNIT.format(layers=text))
    sources = {node.name: [graph.nodes[i].name for i in node.inputs] for node in graph.nodes}
    assert sources["conv_1"] == ["a"]
    assert sources["conv_2"] == ["relu_2"]
    shapes = cnncalc.analyze(graph).output_shapes()
    assert [shape[0] for shape in shapes] == [64, 8, 8, 10, 10, 11, 11]


@pytest.mark.parametrize(
    "branch", ["{if: COND, layers: [relu]}", "{group: {if: COND, layers: [relu]}}"]
)
def test_a_condition_on_a_branch_drops_the_branch(branch: str) -> None:
    merge = f"  - concat: {{one: [], other: {branch}}}"
    both = cnncalc.analyze(cnncalc.loads(UNIT.format(layers=merge.replace("COND", "stride == 2"))))
    one = cnncalc.analyze(cnncalc.loads(UNIT.format(layers=merge.replace("COND", "stride == 3"))))
    assert both.output_shapes()[-1] == (128, 8, 8)
    assert one.output_shapes()[-1] == (64, 8, 8)
    neither = merge.replace("one: []", f"one: {branch}").replace("COND", "stride == 3")
    (fault,) = faults(UNIT.format(layers=neither))
    assert fault.message == "the conditions leave concat no branch"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("group: {if: true}", "group needs `layers`"),
        ("group: [relu]", "group needs `layers`"),
        ("group: {name: a, layers: [relu]}", "group has no field `name`"),
        ("group: {from: [input, input], layers: [relu]}", "group takes one input, not several"),
        ("add: {a: {if: true, layers: [relu], repeat: 2}, b: []}", "a has no field `repeat`"),
    ],
)
def test_what_a_group_cannot_have(entry: str, message: str) -> None:
    (fault,) = faults(UNIT.format(layers=f"  - {entry}"))
    assert fault.message == message


def test_words_may_be_chosen_by_an_expression() -> None:
    text = """\
input: 3x8x8
parameters: {sharp: true, mode: bilinear}
layers:
  - upsample: {scale_factor: 2, mode: nearest if sharp else bilinear}
  - upsample: {scale_factor: 2, mode: mode}
  - relu: {if: mode == bilinear}
  - relu: {if: mode != bilinear}
"""
    layers = [node.layer for node in cnncalc.loads(text).nodes[1:]]
    assert [layer.keyword for layer in layers] == ["upsample", "upsample", "relu"]
    assert [layer.as_dict()["mode"] for layer in layers[:2]] == ["nearest", "bilinear"]
    layers = [node.layer for node in cnncalc.loads(text, sharp=False, mode="nearest").nodes[1:]]
    assert [layer.as_dict().get("mode") for layer in layers] == ["bilinear", "nearest", None]


@pytest.mark.parametrize(
    "text",
    [
        "parameters:\n  a0: '[1,1,1,1,1,1,1,1,1]'\n"
        + "".join(f"  a{i}: '[{','.join([f'a{i - 1}'] * 9)}]'\n" for i in range(1, 8))
        + "layers: [relu]",
        "parameters: {p: [" + ",".join("1" * 9000) + "]}\n"
        "layers: [{relu: {repeat: 50000, if: 'sum(p) < 0'}}]",
        "parameters: {p: [" + ",".join("1" * 9000) + "]}\n"
        "layers: [{relu: {repeat: 100, if: '[" + ",".join(["p[1:]"] * 150) + "] == 1'}}]",
    ],
    ids=["lists of lists", "sums", "parts"],
)
def test_lists_in_expressions_are_bounded(text: str) -> None:
    (fault,) = faults(f"input: 3x8x8\n{text}\n")
    assert "10,000 numbers" in fault.message or "2,000,000 items" in fault.message
    assert fault.span is not None
    assert len(fault.message) < 120
