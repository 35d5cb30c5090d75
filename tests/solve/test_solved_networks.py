"""Questions about whole networks, against trying every size, batch and value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc import amounts
from cnncalc.analysis.memory import measure
from cnncalc.analysis.walk import ShapeError
from cnncalc.diagnostics import UsageError
from cnncalc.geometry import Window
from cnncalc.graph import Graph
from cnncalc.solve import sizes
from cnncalc.solve.budget import (
    grid,
    largest_batch,
    largest_parameter,
    limits,
)
from cnncalc.solve.cover import (
    blocks_to_cover,
    field_of,
    layers_between,
    layers_to_cover,
)
from cnncalc.solve.growth import Growth

WINDOWS = (
    "conv: {out_channels: 2, kernel_size: %d, stride: %d, padding: %s}",
    "max_pool: {kernel_size: %d, stride: %d, padding: valid}",
    "max_pool: {kernel_size: %d, stride: %d, ceil_mode: true}",
    "conv: {out_channels: 2, kernel_size: %d, stride: %d, dilation: 2}",
)


@st.composite
def networks(draw: Any) -> str:
    """A chain of windows, some of them as a block with a shortcut whose sizes may disagree."""
    lines = ["input: 2x8x8", "layers:"]
    for _ in range(draw(st.integers(1, 4))):
        text = draw(st.sampled_from(WINDOWS))
        values: tuple[Any, ...] = (draw(st.integers(1, 4)), draw(st.integers(1, 3)))
        if "padding: %s" in text:
            values = (*values, draw(st.sampled_from(["0", "1", "same", "valid"])))
        layer = "{" + text % values + "}"
        if draw(st.integers(0, 2)) == 0:
            other = f"conv: {{out_channels: 2, kernel_size: 1, stride: {values[1]}}}"
            lines.append(f"  - add: {{main: [{layer}], short: [{{{other}}}]}}")
        else:
            lines.append(f"  - {text % values}")
    return "\n".join(lines)


def legal(text: str, size: int) -> Graph | None:
    """The network at a size, None if it does not fit; found without the solver."""
    try:
        graph = cnncalc.loads(text, input=f"2x{size}x{size}")
        cnncalc.analyze(graph)
    except ShapeError:
        return None
    return graph if graph.complete else None


def loses(graph: Graph) -> bool:
    """Whether any position of any map is read by no layer, by listing every read."""
    shapes = cnncalc.analyze(graph).output_shapes()
    for index, readers in enumerate(graph.readers()):
        if not readers:
            continue
        seen: set[int] = set()
        for reader in readers:
            layer: Any = graph.nodes[reader].layer
            if layer.keyword == "add":
                seen |= set(range(shapes[index][1]))
                continue
            window = layer.windows(shapes[index])[0]
            for unit in range(shapes[reader][1]):
                first = unit * window.stride - window.before
                seen |= {first + tap * window.dilation for tap in range(window.kernel)}
        if not set(range(shapes[index][1])) <= seen:
            return True
    return False


@settings(max_examples=25)
@given(networks())
def test_sizes_are_those_of_trying_every_one(text: str) -> None:
    graph = cnncalc.loads(text)
    limit = 40
    fits = {size: legal(text, size) for size in range(1, limit + 1)}
    first = next((size for size, one in fits.items() if one), None)
    smallest = sizes.smallest(graph)
    if first is not None:
        assert smallest.value == first
    lossless = sizes.lossless(graph, limit)
    assert lossless.value == [s for s, one in fits.items() if one and not loses(one)]


@settings(max_examples=25)
@given(networks())
def test_what_repeats_is_true_far_beyond(text: str) -> None:
    graph = cnncalc.loads(text)
    growth = Growth(graph)
    result = sizes.sizes(growth, 20, lambda size: not growth.unread(size))
    if result.period is None:
        return
    inside = {s % result.period for s in result.searched if s >= result.start}
    for size in range(result.start, result.start + 3 * result.period):
        one = legal(text, size)
        good = one is not None and not loses(one)
        assert good == (size % result.period in inside), size


@settings(max_examples=20)
@given(networks(), st.integers(1, 6))
def test_sizes_for_an_output(text: str, wanted: int) -> None:
    graph = cnncalc.loads(text)
    limit = 60
    fits = {size: legal(text, size) for size in range(1, limit + 1)}
    if not any(fits.values()):
        return
    right = [
        s for s, one in fits.items()
        if one and cnncalc.analyze(one).output_shapes()[one.outputs[0]][1:] == (wanted, wanted)
    ]  # fmt: skip
    result = sizes.with_output(graph, (wanted,), limit)
    assert result.value == right
    assert result.found == bool(right)


@pytest.mark.parametrize(
    ("name", "size"),
    [("lenet5", 16), ("alexnet", 67), ("vgg16", 32), ("resnet50", 1), ("densenet121", 29)],
)
def test_smallest_inputs(name: str, size: int) -> None:
    assert sizes.smallest(cnncalc.load(name)).value == size


def test_lossless_sizes_of_known_networks() -> None:
    vgg = sizes.lossless(cnncalc.load("vgg16"), 320)
    assert vgg.value == list(range(32, 321, 32))
    assert "from there on every 32 pixels" in vgg.summary
    alexnet = sizes.lossless(cnncalc.load("alexnet"), 240)
    assert alexnet.value == [67, 99, 131, 163, 195, 227]


def test_a_stride_over_a_kernel_of_one_loses_pixels_at_any_size() -> None:
    result = sizes.lossless(cnncalc.loads("input: 3x32x32\nlayers: [{conv: {out_channels: 4,"
                                          " kernel_size: 1, stride: 2}}]"), 64)  # fmt: skip
    assert result.value == [1]
    assert "on there are none" in result.summary


@pytest.mark.parametrize("training", [False, True])
def test_the_largest_batch_fits_and_one_more_does_not(training: bool) -> None:
    graph = cnncalc.load("alexnet")
    memory = amounts.size("2GiB")

    def needed(batch: int) -> int:
        used = measure(cnncalc.analyze(graph, batch))
        return used.training if training else used.weights + used.buffers + used.peak

    result = largest_batch(graph, memory, "float32", training)
    assert isinstance(result.value, int)
    assert needed(result.value) <= memory < needed(result.value + 1)


def test_a_batch_that_cannot_fit_says_why() -> None:
    result = largest_batch(cnncalc.load("vgg16"), amounts.size("100MB"), "float32", False)
    assert not result.found
    assert "not even one sample fits" in result.summary


def test_the_largest_width_within_a_budget() -> None:
    def load(value: str) -> Graph:
        return cnncalc.load("lenet5", classes=value)

    result = largest_parameter(load, "classes", grid("5..50:5"), limits("62K", None, None))
    assert result.value == "10"  # 61,706 parameters; with 15 classes 62,131
    none = largest_parameter(load, "classes", grid("5..50:5"), limits("1K", None, None))
    assert not none.found


@given(st.integers(1, 400), st.integers(1, 9), st.integers(1, 3), st.integers(1, 3))
def test_layers_to_cover(pixels: int, kernel: int, stride: int, dilation: int) -> None:
    window = Window(kernel, stride, dilation=dilation)
    result = layers_to_cover(pixels, window)
    if not result.found:
        assert kernel == 1
        return
    size, jump, count = 1, 1, 0
    while size < pixels:
        size, jump, count = size + (window.extent - 1) * jump, jump * stride, count + 1
    assert result.value == count


def test_how_many_3x3_see_11_pixels() -> None:
    assert layers_to_cover(11, Window(3)).value == 5


def test_layers_that_bring_a_length_down() -> None:
    assert layers_between(224, 7, Window(2, 2)).value == 5
    assert layers_between(32, 24, Window(5)).value == 2
    passed = layers_between(32, 25, Window(5))
    assert (passed.found, passed.value) == (False, 2)
    assert passed.summary == "none: 1 layer gives 28, 2 layers 24; 25 is passed over"
    assert not layers_between(32, 7, Window(3, 1, 1, 1)).found
    assert not layers_between(4, 1, Window(3)).found
    assert layers_between(5, 5, Window(3)).value == 0
    assert layers_between(10**9, 1, Window(2)).value == 10**9 - 1


def test_layers_that_make_a_length_grow() -> None:
    assert layers_between(5, 11, Window(3, 1, 2, 2)).value == 3
    assert layers_between(7, 10**9 + 1, Window(3, 1, 2, 2)).value == (10**9 - 6) // 2
    assert layers_between(5, 12, Window(3, 1, 2, 2)).summary.endswith("12 is passed over")
    assert layers_between(1, 7, Window(3, 2, 5, 5)).value == 2  # by way of 5
    assert not layers_between(5, 20, Window(3, 2, 5, 5)).found


def test_blocks_to_cover() -> None:
    block = cnncalc.loads(
        "input: 3x64x64\nlayers: [{conv: {out_channels: 3, kernel_size: 3}}, {max_pool: 2}]"
    )
    # 4 pixels and a jump of 2: 4, 10, 22, 46.
    assert blocks_to_cover(22, block).value == 3
    assert blocks_to_cover(23, block).value == 4
    assert field_of(block) == 4


@pytest.mark.parametrize(
    ("text", "count"),
    [("8GiB", 8 * 2**30), ("500 MB", 500_000_000), ("1.5 kib", 1536), ("7b", 7)],
)
def test_bytes(text: str, count: int) -> None:
    assert amounts.size(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [("5M", 5_000_000), ("1.5G", 1_500_000_000), ("1e6", 10**6), ("12,345", 12_345), ("2K", 2000)],
)
def test_counts(text: str, count: int) -> None:
    assert amounts.count(text) == count


@pytest.mark.parametrize("text", ["", "GiB", "-1GB", "GB1", "8 apples"])
def test_bad_amounts_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        amounts.size(text)


def test_grids() -> None:
    assert grid("128..256:64") == ["128", "192", "256"]
    assert grid("0.25..1:0.25") == ["0.25", "0.5", "0.75", "1"]
    assert grid("32,48,64") == ["32", "48", "64"]
    for text in ("", "5..1", "1..2:0", "a..b", "1,,2", "1..1000000"):
        with pytest.raises(UsageError):
            grid(text)
