"""What may be written in several ways means the same: equivalences of the spec language."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc.layers import LAYERS, layer_class


def meaning(text: str, **options: Any) -> list[tuple[Any, ...]]:
    """Return a network without its names: each node's layer, inputs, figures and standing."""
    graph = cnncalc.loads(text, **options)
    analysis = cnncalc.analyze(graph)
    return [
        (n.layer, n.inputs, n.shares, n.aux, own.output, own.trainable, own.ops)
        for n, own in zip(graph.nodes, analysis.facts, strict=True)
    ]


def totals(text: str, **options: Any) -> tuple[Any, ...]:
    """Return output shape, parameters and operations of a network."""
    analysis = cnncalc.analyze(cnncalc.loads(text, **options))
    both = analysis.totals()
    shape = analysis.output_shapes()[analysis.graph.outputs[0]]
    return shape, both.params, both.buffers, both.ops


def spec(*entries: str, head: str = "input: 6x12x12") -> str:
    return head + "\nlayers:\n" + "".join(f"  - {entry}\n" for entry in entries)


simple = st.sampled_from(
    [
        "relu",
        "batch_norm",
        "{conv: {out_channels: 4, kernel_size: 3, padding: 1}}",
        "{conv: {out_channels: in_channels, kernel_size: 1, bias: false}}",
        "{conv: {out_channels: in_channels * 2, kernel_size: 3, padding: same}}",
        "{dropout: 0.25}",
        "{max_pool: {kernel_size: 3, stride: 1, padding: 1}}",
    ]
)
branch = st.lists(simple, max_size=2).map(lambda body: f"[{', '.join(body)}]")
branches = st.lists(branch, min_size=1, max_size=3)
concat = branches.map(
    lambda items: "{concat: {" + ", ".join(f"b{i}: {b}" for i, b in enumerate(items)) + "}}"
)
gate = st.just("{multiply: {main: [], gate: [global_avg_pool, sigmoid]}}")
residual = st.lists(st.sampled_from(["relu", "batch_norm"]), max_size=2).map(
    lambda body: f"{{add: {{main: [{', '.join(body)}], shortcut: []}}}}"
)
bodies = st.lists(simple | concat | gate | residual, min_size=1, max_size=4)


@given(bodies)
def test_a_block_is_its_layers_written_out(body: list[str]) -> None:
    head = f"input: 6x12x12\nblocks:\n  b:\n    layers: [{', '.join(body)}]"
    assert meaning(spec("relu", "b", "relu", head=head)) == meaning(spec("relu", *body, "relu"))


@given(bodies, st.integers(0, 3))
def test_repeat_is_writing_as_often(body: list[str], times: int) -> None:
    head = f"input: 6x12x12\nblocks:\n  b:\n    layers: [{', '.join(body)}]"
    repeated = meaning(spec(f"b: {{repeat: {times}}}", "relu", head=head))
    assert repeated == meaning(spec(*["b"] * times, "relu", head=head))


@given(bodies, st.booleans())
def test_a_condition_leaves_in_or_out(body: list[str], holds: bool) -> None:
    head = f"input: 6x12x12\nparameters: {{wanted: {holds}}}\n"
    head += f"blocks:\n  b:\n    layers: [{', '.join(body)}]"
    kept = meaning(spec("relu", "b: {if: wanted}", "relu", head=head))
    assert kept == meaning(spec("relu", *body * holds, "relu"))


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
def test_groups_are_convolutions_of_slices(groups: int, each: int, filters: int) -> None:
    head = f"input: {groups * each}x9x9"
    whole = spec(
        f"conv: {{out_channels: {groups * filters}, kernel_size: 3, groups: {groups}}}", head=head
    )
    parts = ", ".join(
        f"g{i}: [slice: {{start: {i * each}, stop: {(i + 1) * each}}},"
        f" conv: {{out_channels: {filters}, kernel_size: 3}}]"
        for i in range(groups)
    )
    assert totals(whole) == totals(spec(f"concat: {{{parts}}}", head=head))


@pytest.mark.parametrize("merge", ["add", "multiply", "concat"])
def test_branches_and_from_say_the_same(merge: str) -> None:
    a = "[conv: {out_channels: 6, kernel_size: 1}, relu]"
    structured = spec(f"{merge}: {{a: {a}, b: [batch_norm], c: []}}", "relu")
    referenced = spec(
        "conv: {out_channels: 6, kernel_size: 1}",
        "relu: {name: a}",
        "batch_norm: {from: input, name: b}",
        f"{merge}: {{from: [a, b, input]}}",
        "relu",
    )
    assert meaning(structured) == meaning(referenced)


def test_branches_may_begin_elsewhere() -> None:
    structured = spec("relu: {name: stem}", "batch_norm", "add: {from: stem, a: [sigmoid], b: []}")
    referenced = spec(
        "relu: {name: stem}",
        "batch_norm",
        "sigmoid: {from: stem, name: a}",
        "add: {from: [a, stem]}",
    )
    assert meaning(structured) == meaning(referenced)


@given(st.integers(1, 40), st.integers(1, 5), st.booleans())
def test_parameters_are_their_values(width: int, kernel: int, bias: bool) -> None:
    shown = "true" if bias else "false"
    written = spec(f"conv: {{out_channels: {width}, kernel_size: {kernel}, bias: {shown}}}", "relu")
    entry = "conv: {out_channels: w, kernel_size: k, bias: b}"
    for head, options in (
        (f"parameters: {{w: {width}, k: {kernel}, b: {shown}}}", {}),
        ("parameters: {w: 3, k: 2, b: true}", {"w": width, "k": kernel, "b": bias}),
        (
            "parameters: {w: 3, k: 2, b: true}\n"
            f"variants: {{v: {{w: {width}, k: {kernel}, b: {shown}}}}}",
            {"variant": "v"},
        ),
        (
            f"parameters: {{w: {width} + k - k, b: {shown}, k: {kernel}}}".replace(" + k - k", ""),
            {},
        ),
    ):
        text = spec(entry, "relu", head=f"input: 6x12x12\n{head}")
        assert meaning(text, **options) == meaning(written)


@given(st.integers(1, 20), st.integers(1, 20))
def test_block_arguments_defaults_and_ambient_names_are_their_values(a: int, b: int) -> None:
    head = (
        "input: 6x12x12\nblocks:\n  pair:\n"
        "    parameters: {first: , second: first + in_channels}\n    layers:\n"
        "      - conv: {out_channels: first, kernel_size: 1}\n"
        "      - conv: {out_channels: second, kernel_size: 1}\n"
    )
    conv = "conv: {{out_channels: {}, kernel_size: 1}}".format
    assert meaning(spec(f"pair: {a}", head=head)) == meaning(spec(conv(a), conv(a + 6)))
    both = f"pair: {{second: {b}, first: {a}, repeat: 2}}"
    assert meaning(spec(both, head=head)) == meaning(spec(*[conv(a), conv(b)] * 2))
    grown = "pair: {first: in_channels * (index + 1), repeat: 2}"
    assert meaning(spec(grown, head=head)) == meaning(spec(conv(6), conv(12), conv(24), conv(36)))


WINDOWED = "{kernel_size: 3, stride: 2}"


@pytest.mark.parametrize("rounding", ["floor", "ceil", "strict"])
def test_rounding_may_be_said_at_any_level(rounding: str) -> None:
    head = "input: 6x11x11"
    each = spec(f"max_pool: {{kernel_size: 3, stride: 2, rounding: {rounding}}}", "relu", head=head)
    plain = spec(f"max_pool: {WINDOWED}", "relu", head=head)
    whole = spec(f"max_pool: {WINDOWED}", "relu", head=f"{head}\nrounding: {rounding}")
    outputs = [[own[4] for own in m] for m in (meaning(each), meaning(whole))]
    assert outputs[0] == outputs[1] == [own[4] for own in meaning(plain, rounding=rounding)]


def test_the_innermost_rounding_wins() -> None:
    text = spec(
        "max_pool: {kernel_size: 2, rounding: floor}",
        "max_pool: {kernel_size: 2}",
        head="input: 1x11x11\nrounding: strict",
    )
    shapes = [own[4] for own in meaning(text, rounding="ceil")]
    assert shapes == [(1, 11, 11), (1, 5, 5), (1, 3, 3)]


@pytest.mark.parametrize("written", ["3x8x10", "[3, 8, 10]", "3 x 8 x 10", "3×8×10", "3X8X10",
                                     "[c, c + 5, 10]", "'3x8x10'"])  # fmt: skip
def test_an_input_may_be_written_in_many_ways(written: str) -> None:
    text = f"parameters: {{c: 3}}\ninput: {written}\nlayers: [relu]"
    assert cnncalc.analyze(cnncalc.loads(text)).output_shapes() == [(3, 8, 10)] * 2


@pytest.mark.parametrize("keyword", sorted(set(LAYERS) - {"add", "multiply", "concat"}))
def test_a_scalar_is_the_first_field(keyword: str) -> None:
    fields = layer_class(keyword).fields()
    if not fields:
        pytest.skip("no fields")
    first, field = next(iter(fields.items()))
    others = ", ".join(f"{n}: 1" for n, f in fields.items() if f.required and n != first)
    value = getattr(field, "choices", "1")[-1]
    if others:  # then a scalar alone is not enough
        pytest.skip("needs more fields")
    long, short = f"{keyword}: {{{first}: {value}}}", f"{keyword}: {value}"
    for head in ("input: 8x6x6", "input: 8"):
        texts = [spec(entry, head=head) for entry in (long, short)]
        layers = [cnncalc.loads(text).nodes[-1].layer for text in texts]
        assert layers[0] == layers[1]
        assert layers[0].keyword == keyword


def test_flow_block_and_windows_lines_are_the_same_text() -> None:
    block = (
        "input: 3x8x8\nlayers:\n  - conv:\n      out_channels: 4\n      kernel_size: [3, 1]\n"
        "      padding:\n        - [1, 1]\n        - [0, 0]\n  - relu\n"
    )
    flow = (
        '{"input": [3, 8, 8], "layers": [{"conv": {"out_channels": 4, "kernel_size": [3, 1],'
        ' "padding": [[1, 1], [0, 0]]}}, "relu"]}'
    )
    assert meaning(block) == meaning(flow) == meaning(block.replace("\n", "\r\n"))


def test_shared_weights_count_once_and_work_twice() -> None:
    conv = "conv: {out_channels: 6, kernel_size: 3, padding: 1, name: one}"
    again = "conv: {out_channels: 6, kernel_size: 3, padding: 1, share: one}"
    shape, params, _, ops = totals(spec(conv))
    assert totals(spec(conv, again)) == (shape, params, 0, ops + ops)


@given(bodies)
def test_a_shared_block_has_no_weights_of_its_own(body: list[str]) -> None:
    keep = "{conv: {out_channels: 6, kernel_size: 1}}"
    head = f"input: 6x12x12\nblocks:\n  b:\n    layers: [{', '.join(body)}, {keep}]"
    once = totals(spec("b: {name: one}", head=head))
    both = totals(spec("b: {name: one}", "b: {share: one, name: two}", head=head))
    assert both[:3] == once[:3]
    assert both[3] == once[3] + once[3]


@given(bodies, bodies)
def test_an_auxiliary_head_leaves_the_main_path_alone(body: list[str], head: list[str]) -> None:
    with_aux = cnncalc.loads(
        spec(*body, f"aux: {{name: side, layers: [{', '.join(head)}]}}", "relu")
    )
    without = cnncalc.loads(spec(*body, "relu"))
    alone = cnncalc.loads(spec(*body, *head))
    analyses = [cnncalc.analyze(graph) for graph in (with_aux, without, alone)]
    assert analyses[0].totals(False) == analyses[1].totals()
    assert analyses[0].output_shapes()[-1] == analyses[1].output_shapes()[-1]
    prefix = cnncalc.analyze(cnncalc.loads(spec(*body))).totals()
    assert analyses[0].totals(True).params + prefix.params == analyses[2].totals().params
    assert all(node.aux for node in with_aux.nodes if node.name.startswith("side/"))
