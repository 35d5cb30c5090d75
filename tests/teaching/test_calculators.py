"""The calculators of one layer: how shapes and sizes are read, what is said, exit statuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from questions import output

from cnncalc.diagnostics import UsageError
from cnncalc.teaching.typed import parse_padding, parse_shape, parse_size, window_fields


def layers(command: str) -> Any:
    status, text = output(command + " --format json")
    assert status == 0, text
    return json.loads(text)["layers"]


@pytest.mark.parametrize(
    ("text", "layout", "dims", "shape", "batch"),
    [
        ("32x32x3", "hwc", None, (3, 32, 32), 1),
        ("32×32×3", "hwc", None, (3, 32, 32), 1),
        ("(32, 32, 3)", "hwc", None, (3, 32, 32), 1),
        ("32 x 28 x 3", "hwc", None, (3, 32, 28), 1),
        ("32 by 28 by 3", "hwc", None, (3, 32, 28), 1),
        ("3x32x28", "chw", None, (3, 32, 28), 1),
        ("7x7", "hwc", None, (1, 7, 7), 1),
        ("7x7", "chw", None, (1, 7, 7), 1),
        ("14", "hwc", None, (1, 14), 1),
        ("14x3", "hwc", 1, (3, 14), 1),
        ("3x14", "chw", 1, (3, 14), 1),
        ("6@28x28", "hwc", None, (6, 28, 28), 1),
        ("16x112x112x3", "hwc", None, (3, 16, 112, 112), 1),
        ("8x3x32x32", "nchw", None, (3, 32, 32), 8),
        ("Nx3x32x32", "nchw", None, (3, 32, 32), 1),
        ("(None, 32, 32, 3)", "nhwc", None, (3, 32, 32), 1),
        ("2x280x320x3", "nhwc", None, (3, 280, 320), 2),
        ("4x3x8x9x10", "nchw", None, (3, 8, 9, 10), 4),
    ],
)
def test_shapes(
    text: str, layout: str, dims: int | None, shape: tuple[int, ...], batch: int
) -> None:
    typed = parse_shape(text, layout, dims)
    assert (typed.shape, typed.batch) == (shape, batch)
    assert "input read as" in typed.assumed


def test_a_single_number_is_a_flat_vector_for_dense_layers() -> None:
    assert parse_shape("3072", flat=True).shape == (3072,)


@pytest.mark.parametrize(
    "text",
    ["", "x", "0x3", "32x", "a", "1x2x3x4x5x6", "32x32x-3", "1.5x2", "9" * 12, "3@2@1", "²x3"],
)
def test_bad_shapes_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_shape(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", 2),
        ("1x2", (1, 2)),
        ("same", "same"),
        ("VALID", "valid"),
        ("0:1", ((0, 1),)),
        ("0:1x2:3", ((0, 1), (2, 3))),
        ("full", "full"),
    ],
)
def test_padding(text: str, value: Any) -> None:
    assert parse_padding(text) == value


@pytest.mark.parametrize("text", ["", "-1", "some", "1:", ":", "1:2:3", "1.5"])
def test_bad_padding_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_padding(text)


def test_sizes() -> None:
    assert parse_size("3", "--kernel") == 3
    assert parse_size("3x5", "--kernel") == (3, 5)
    for text in ("0", "x", "3x", "-1", "1x2x3x4", "99999999999"):
        with pytest.raises(UsageError):
            parse_size(text, "--kernel")


def test_full_padding_counts_every_overlap() -> None:
    assert window_fields("3", None, "full", "2")["padding"] == 4
    assert window_fields("3x5", None, "full")["padding"] == (2, 4)
    [found] = layers("conv 5 -k 3 -p full --what shape")
    assert found["output"] == [1, 7]


def test_uneven_padding_in_one_pair_is_for_every_axis() -> None:
    [found] = layers("conv 6x6 -k 3 -s 2 -p 0:1 --what shape")
    assert found["output"] == [1, 3, 3]


def test_the_issues_first_example() -> None:
    status, text = output("conv 32x32x3 --filters 10 --kernel 5 --padding 2")
    assert status == 0
    assert text.startswith("32x32x10, 760 parameters, 768,000 MACs, receptive field 5x5\n")
    assert "3 channels, height 32, width 32" in text
    assert "(5·5·3 + 1)·10 = 76·10 = 760" in text
    assert "r_in + (K - 1)·j_in = 1 + (5 - 1)·1" in text


def test_strict_rounding_refuses_and_says_what_would_fit() -> None:
    status, text = output("conv 7x7x1 -k 3 -s 3 --rounding strict")
    assert status == 1
    assert "2.33" in text
    assert "an input of 6 or 9" in text
    assert "padding 1" in text


def test_batches_show_in_the_answer() -> None:
    assert output("conv 16x3x32x32 --layout nchw -n 8 -k 3 -p 1")[1].startswith("16x8x32x32,")
    assert output("conv 32x32x3 -n 8 -k 3 -p 1 --batch 16")[1].startswith("16x32x32x8,")


def test_separable_convolutions_are_set_against_the_full_one() -> None:
    _status, text = output("conv 56x56x64 -n 128 -k 3 -p same --separable --no-bias")
    assert "8,768 parameters, 27,496,448 MACs" in text
    assert "the full convolution has 73,728 parameters (8.41 times as many)" in text


def test_other_kinds() -> None:
    [local] = layers("conv 8x8x2 -n 3 -k 3 --local")
    assert local["quantities"]["params"]["value"] == 36 * 3 * (18 + 1)
    [depthwise] = layers("conv 8x8x6 -k 3 --depthwise")
    assert depthwise["quantities"]["params"]["value"] == 60
    [whole] = layers("pool 7x7x2048 --kind avg --global")
    assert whole["output"] == [2048, 1, 1]
    [volume] = layers("conv 16x112x112x3 -n 64 -k 3x7x7 -s 1x2x2 -p 1x3x3 --what shape")
    assert volume["output"] == [64, 16, 56, 56]
    [ceiled] = layers("pool 112x112x64 -k 3 -s 2 --ceil")
    assert ceiled["output"] == [64, 56, 56]
    [up] = layers("conv-transpose 16x16x64 -n 32 -k 3 -s 2 -p 1 --output-padding 1")
    assert up["output"] == [32, 32, 32]
    assert layers("linear 7x7x512 -n 4096")[-1]["quantities"]["params"]["value"] == 102_764_544


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        ("conv 32x32x3", 2, "--kernel 3"),
        ("conv 32xx3 -k 3", 2, "no shape"),
        ("conv 32x32x3 -k 3.5", 2, "--kernel cannot be"),
        ("conv 32x32x3 -k 3 --groups 2", 1, "groups 2 do not divide"),
        ("conv 4x4 -k 5", 1, "kernel of at most 4"),
        ("conv 32x32x3 -k 3 --depthwise --local", 2, "exclude"),
        ("conv 32x32x3 -k 3x3x3", 1, "2 spatial axes"),
        ("pool 32x32", 2, "--kernel 2"),
        ("pool 32x32 -k 2 --kind l2 --global", 2, "no global l2 pool"),
        ("pool 32x32 -k 2 --ceil --rounding floor", 2, "contradicts"),
        ("pool 32x32 -k 2 -p 2", 1, "at most 1"),
        ("conv-transpose 4x4 -k 3 -p some", 2, "--padding cannot be"),
        ("conv-transpose 4x4 -k 3 --output-padding 2", 1, "output_padding 2"),
        ("linear 10 -n 0", 2, "impossible length"),
        ("conv 32x32x3 -k 3 --what size", 2, "cannot be explained"),
        ("conv 99999x99999x99999 -k 99999 -n 2147483647 --format json", 0, "cnncalc.explain/1"),
    ],
)
def test_faults_are_told_kindly(command: str, status: int, said: str) -> None:
    got, text = output(command)
    assert (got, said in text) == (status, True), text


@pytest.mark.parametrize("kernel", ["1", "2", "3", "4", "5", "3x2"])
@pytest.mark.parametrize("stride", ["1", "2", "3"])
def test_same_multiplies_by_the_stride(kernel: str, stride: str) -> None:
    [found] = layers(f"conv-transpose 7x7 -k {kernel} -s {stride} -p same --what shape")
    assert found["output"] == [1, 7 * int(stride), 7 * int(stride)]


@pytest.mark.parametrize("format", ["text", "json", "markdown", "latex", "html"])
def test_every_format_prints(format: str) -> None:
    for command in ("conv 8x8x3 -k 3", "pool 8x8x3 -k 2", "linear 12", "conv-transpose 4x4 -k 3"):
        status, text = output(f"{command} --format {format}")
        assert status == 0
        assert len(text) > 200
