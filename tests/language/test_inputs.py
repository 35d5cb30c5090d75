"""The order of an input's axes: what is read how, what is refused, and what is asked about."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.diagnostics import SpecError, UsageError
from cnncalc.language.axis_order import channels_first, looks_like

NET = """\
input: {input}
layers:
  - conv: {{out_channels: 8, kernel_size: 3, padding: 1}}
"""


def shape_of(spec: str, **options: str) -> tuple[int, ...]:
    graph = cnncalc.loads(spec, **options)
    return tuple(graph.nodes[0].layer.output_shape(()))


def doubts(spec: str, **options: str) -> list[tuple[str, str | None]]:
    warnings = cnncalc.loads(spec, **options).warnings
    return [(w.message, w.help) for w in warnings if w.code in ("axes", "input-channels")]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ((224, 224, 3), (3, 224, 224)),
        ((28, 28, 1), (1, 28, 28)),
        ((240, 320, 4), (4, 240, 320)),
        ((1, 3, 224, 224), (3, 224, 224)),
        ((32, 3, 32, 32), (3, 32, 32)),
        ((1, 224, 224, 3), (3, 224, 224)),
        ((64, 64, 64, 1), (1, 64, 64, 64)),
        ((224, 224), (1, 224, 224)),
    ],
)
def test_shapes_that_look_like_another_order(written: tuple[int, ...], meant: object) -> None:
    assert looks_like(written) == meant


@pytest.mark.parametrize(
    "shape",
    [
        (3, 224, 224), (1, 28, 28), (64, 7, 7), (64, 1, 1), (512, 4, 4), (3, 16, 112, 112),
        (1, 16, 64, 64), (784,), (12, 5000), (64, 56, 56), (3, 3, 3), (2, 20, 20, 20), (16, 40, 9),
    ],
)  # fmt: skip
def test_shapes_that_are_as_they_are_read(shape: tuple[int, ...]) -> None:
    assert looks_like(shape) is None


def test_a_layout_turns_only_the_channels() -> None:
    assert channels_first((5, 6, 7, 2), "hwc") == (2, 5, 6, 7)
    assert channels_first((2, 5, 6), "chw") == (2, 5, 6)
    assert channels_first((10,), "hwc") == (10,)


def test_the_spec_says_in_which_order_its_input_is_written() -> None:
    spec = NET.format(input="24x32x3")
    assert shape_of(spec) == (24, 32, 3)
    assert shape_of("layout: hwc\n" + spec) == (3, 24, 32)
    assert shape_of("layout: hwc\n" + NET.format(input="[24, 32, 3]")) == (3, 24, 32)
    assert doubts("layout: hwc\n" + spec) == []
    assert doubts("layout: chw\n" + spec) == []  # whoever says so means it
    ((message, help),) = doubts(spec)
    assert message == ("`input: 24x32x3` is read as channels x height x width: 24 channels of 32x3")
    assert help == "write `input: 3x24x32`, or add `layout: hwc`"


def test_the_layout_of_the_spec_is_not_that_of_the_option() -> None:
    spec = "layout: hwc\n" + NET.format(input="24x32x3")
    assert shape_of(spec, input="3x40x50") == (3, 40, 50)
    assert shape_of(spec, input="40x50x3", layout="hwc") == (3, 40, 50)
    assert [message for message, _ in doubts(spec, input="40x50x3")] == [
        "`--input 40x50x3` is read as channels x height x width: 40 channels of 50x3"
    ]
    assert doubts(spec, input="40x50x3", layout="hwc") == []


def test_another_word_for_the_layout_is_refused() -> None:
    with pytest.raises(SpecError, match="`layout` must be one of chw, hwc"):
        cnncalc.loads("layout: nhwc\n" + NET.format(input="24x32x3"))


@pytest.mark.parametrize(
    ("typed", "help"),
    [
        ("224x224", "--input 3x224x224"),
        ("1x3x224x224", "--input 3x224x224"),
        ("1x200x224x3", "--input 3x200x224"),
        ("150528", "--input 3x32x32"),
    ],
)
def test_an_input_with_other_axes_than_the_spec_has_is_refused(typed: str, help: str) -> None:
    with pytest.raises(UsageError) as caught:
        cnncalc.loads(NET.format(input="3x32x32"), input=typed)
    assert f"`--input {typed}` has" in caught.value.message
    assert caught.value.help == help


def test_the_effect_of_other_channels_is_said() -> None:
    found = doubts(NET.format(input="3x32x32"), input="1x32x32")
    assert found == [
        (
            "the input has 1 channel, not 3 as in the spec: `conv_1` has 80 params instead of 224",
            None,
        )
    ]
    assert doubts(NET.format(input="3x32x32"), input="3x20x20") == []


@pytest.mark.parametrize(("given", "option"), [("32x32x1", {}), ("1x32x32", {"input": "32x32x1"})])
def test_a_shape_error_that_follows_names_the_order(given: str, option: dict[str, str]) -> None:
    spec = NET.format(input=given).replace(", padding: 1", "")
    with pytest.raises(SpecError) as caught:
        cnncalc.analyze(cnncalc.loads(spec, **option))
    (fault,) = caught.value.diagnostics
    assert "a window of 3 does not fit" in fault.message
    assert "1x32x32`, or add `" in (fault.help or "")


@pytest.mark.parametrize(
    ("written", "message", "help"),
    [
        ("[None, 32, 32, 3]", "the batch is no part of", "write 3x32x32: channels come first"),
        ("[-1, 3, 32, 32]", "the batch is no part of", "write [3, 32, 32]"),
        ("[batch, 784]", "the batch is no part of", "write [784]"),
        ("", "`input` has no shape", "write channels x height x width"),
    ],
)
def test_what_other_programs_write(written: str, message: str, help: str) -> None:
    with pytest.raises(SpecError) as caught:
        cnncalc.loads(NET.format(input=written))
    (fault,) = caught.value.diagnostics
    assert message in fault.message
    assert (fault.help or "").startswith(help)


def test_a_product_is_a_flat_vector_which_is_said() -> None:
    ((message, help),) = doubts("input: 3*32*32\nlayers: [{linear: 10}]")
    assert "is a flat vector of 3,072" in message
    assert help == "write `input: 3x32x32` if it has axes"
    assert doubts("input: 28 * 28\nlayers: [{linear: 10}]") == []


@pytest.mark.parametrize("blank", ["inputs:", "inputs: {}", "inputs: 3"])
def test_inputs_without_any_are_refused(blank: str) -> None:
    with pytest.raises(SpecError) as caught:
        cnncalc.loads(f"{blank}\nlayers: [relu]")
    assert [fault.message.split(",")[0] for fault in caught.value.diagnostics] in (
        ["`inputs` is empty"],
        ["`inputs` must be a mapping"],
    )
