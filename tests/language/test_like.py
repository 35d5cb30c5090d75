"""`like`: a layer that takes the size of another node, at every size of the input."""

from __future__ import annotations

import numpy as np
import pytest

import cnncalc
from cnncalc.analysis.memory import measure
from cnncalc.cli.exchange import gives_the_same
from cnncalc.diagnostics import SpecError
from cnncalc.exchange.respec import respec
from cnncalc.executor.initial import initial_arrays

#: A skip whose sizes differ by one where the input is odd; blocks, heads and channels that drop.
SPEC = """
input: 3x21x18
blocks:
  up:
    parameters: {mode: nearest}
    layers:
      - conv: {out_channels: 4, kernel_size: 3, stride: 2, padding: 1}
      - upsample: {like: skip, mode: mode}
  joined:
    inputs: [low, high]
    layers:
      - upsample: {from: low, like: high, mode: bicubic}
      - concat: {from: [upsample_1, high]}
layers:
  - conv: {out_channels: 4, kernel_size: 3, padding: 1, name: skip}
  - up: {repeat: 2, name: up}
  - add: {from: [skip, up]}
  - slice: {stop: 2}
  - conv: {out_channels: 4, kernel_size: 5, stride: 3, name: low}
  - joined: {from: [low, skip]}
  - conv: {out_channels: 2, kernel_size: 4, name: small}
  - crop: {from: skip, like: small}
  - pad: {like: skip, mode: reflect}
"""
SIZES = ((21, 18), (20, 23), (9, 9))


def graph_of(height: int, width: int) -> cnncalc.Graph:
    return cnncalc.loads(SPEC, input=f"3x{height}x{width}")


@pytest.mark.parametrize("size", SIZES)
def test_the_size_follows_at_every_size_of_the_input_and_is_executed(size: tuple[int, int]) -> None:
    graph = graph_of(*size)
    names = [node.name for node in graph.nodes]
    shapes = dict(zip(names, cnncalc.analyze(graph).output_shapes(), strict=True))
    assert shapes["up_1/upsample_1"][1:] == shapes["joined_1/upsample_1"][1:] == size
    assert shapes["crop_1"][1:] == shapes["small"][1:]
    assert shapes["pad_1"] == (4, *size)
    assert cnncalc.verify(graph).passed


def test_it_is_what_the_size_written_out_is() -> None:
    sizes = {"like: skip": "size: [21, 18]", "like: high": "size: [21, 18]"}
    text = SPEC.replace("{from: skip, like: small}", "{from: skip, cropping: [[1, 2], [1, 2]]}")
    text = text.replace("{like: skip, mode: reflect}", "{padding: [[1, 2], [1, 2]], mode: reflect}")
    for name, size in sizes.items():
        text = text.replace(name, size)
    one, other = graph_of(21, 18), cnncalc.loads(text)
    x = np.random.default_rng(0).normal(size=(3, 21, 18))
    arrays = dict(initial_arrays(one, "kaiming", 0, "float32"))
    given = [cnncalc.run(graph, arrays, x).outputs["pad_1"] for graph in (one, other)]
    np.testing.assert_array_equal(*given)
    fields = [[n.axes for n in cnncalc.receptive_field(graph).nodes] for graph in (one, other)]
    assert fields[0] == fields[1]


def test_it_is_printed_as_a_spec_that_follows_too() -> None:
    graph = graph_of(21, 18)
    again = cnncalc.loads(respec(graph).text, input="3x20x23")
    shapes = cnncalc.analyze(graph_of(20, 23)).output_shapes()
    assert sorted(cnncalc.analyze(again).output_shapes()) == sorted(shapes)
    assert gives_the_same(graph, respec(graph).text, respec(graph).order)


def test_only_its_size_is_read_so_it_need_not_be_kept() -> None:
    text = "input: 1x8x8\nlayers: [{relu: {name: big}}, {max_pool: 2}, {upsample: {KEY}}]"
    given = [cnncalc.loads(text.replace("KEY", key)) for key in ("like: big", "size: [8, 8]")]
    peaks = {measure(cnncalc.analyze(graph)).peak for graph in given}
    assert len(peaks) == 1


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("upsample: {like: skp}", "no earlier layer is named `skp`"),
        ("upsample: {like: late}", "no earlier layer is named `late`"),
        ("upsample: {like: [a, b]}", "`like` names one layer"),
        ("upsample: {like: {a: b}}", "`like` must be the name of an earlier layer, not a mapping"),
        ("upsample: {like: skip, size: 3}", "needs one of `scale_factor`, `size` and `like`"),
        ("crop: {like: big}", "crop cannot make 10 of 8"),
        ("pad: {like: small}", "pad cannot make 4 of 8"),
        ("crop: {}", "crop needs either `cropping` or `like`"),
        ("crop: {like: flat}", "1x8x8 cannot be as large as 64"),
    ],
)
def test_what_cannot_be_is_said(layer: str, message: str) -> None:
    text = (
        "input: 1x8x8\nlayers:\n  - relu: {name: skip}\n  - max_pool: {kernel_size: 2, name: small}"
        "\n  - flatten: {from: skip, name: flat}\n  - pad: {padding: 1, from: skip, name: big}"
        f"\n  - identity: {{from: skip}}\n  - {layer}\n  - relu: {{name: late}}\n"
    )
    with pytest.raises(SpecError) as caught:
        cnncalc.analyze(cnncalc.loads(text))
    assert message in caught.value.diagnostics[0].message
