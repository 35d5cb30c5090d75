"""The window arithmetic against windows placed one by one, and against others' definitions."""

from __future__ import annotations

import re
from itertools import pairwise, product

import pytest
from each import each
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.diagnostics import LayerError
from cnncalc.geometry import (
    Field,
    Window,
    adaptive_bin,
    bin_sizes,
    extent,
    leftover,
    output_length,
    same_padding,
    step,
    transposed_length,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.geometry import Rounding

windows = st.builds(
    Window,
    kernel=st.integers(1, 7),
    stride=st.integers(1, 5),
    before=st.integers(0, 4),
    after=st.integers(0, 4),
    dilation=st.integers(1, 3),
)
lengths = st.integers(1, 40)


def taps(window: Window, position: int) -> list[int]:
    """Return the input elements that a position of the window touches, padding included."""
    start = position * window.stride - window.before
    return [start + tap * window.dilation for tap in range(window.kernel)]


def placed(length: int, window: Window, rounding: str, is_pool: bool = False) -> int:
    """Return how many windows fit, by sliding one along until it leaves the padded input.

    With `ceil` one more may reach beyond the end, as long as the one before did not reach it and
    it begins before the end; in a pool, before the padding at the end.
    """
    last = length + window.after - 1  # of the padded input
    beyond = window.stride - 1 if rounding == "ceil" else 0
    count = 0
    while taps(window, count)[-1] <= last + beyond:
        count += 1
    if rounding == "ceil" and count:
        first, *_, end = [taps(window, count - 1)[0], *taps(window, count - 1)]
        count -= end > last and first > (length - 1 if is_pool else last)
    return count


@given(lengths, windows, st.sampled_from(["floor", "ceil"]), st.booleans())
def test_output_length_is_the_number_of_windows_that_can_be_placed(
    length: int, window: Window, rounding: Rounding, is_pool: bool
) -> None:
    count = placed(length, window, rounding, is_pool)
    if count == 0:
        with pytest.raises(LayerError, match="does not fit"):
            output_length(length, window, rounding, is_pool)
    else:
        assert output_length(length, window, rounding, is_pool) == count


@given(lengths, windows)
def test_an_exact_fit_does_not_depend_on_the_rounding(length: int, window: Window) -> None:
    room = length + window.before + window.after - window.extent
    assume(room >= 0 and room % window.stride == 0)
    ways: tuple[Rounding, ...] = ("floor", "ceil", "strict")
    both = (False, True)
    assert len({output_length(length, window, way, pool) for way in ways for pool in both}) == 1


def test_caffe_rounds_pools_up_and_convolutions_down() -> None:
    text = "input: 3x256x128\nrounding: caffe\nlayers: [{conv: {out_channels: 64, kernel_size: 7,"
    text += " stride: 2, padding: 3}}, {max_pool: {kernel_size: 3, stride: 2}}]"
    analysis = cnncalc.analyze(cnncalc.loads(text))
    assert analysis.output_shapes()[1:] == [(64, 128, 64), (64, 64, 32)]
    up = cnncalc.analyze(cnncalc.loads(text.replace("caffe", "ceil")))
    assert up.output_shapes()[1] == (64, 129, 65)


@pytest.mark.parametrize("rounding", ["floor", "ceil", "caffe"])
@pytest.mark.parametrize("layer", ["conv: {out_channels: 2, ", "subsample: {"])
@settings(max_examples=30)
@given(st.integers(1, 4), st.integers(1, 5), st.tuples(st.integers(0, 2), st.integers(0, 2)))
def test_the_executor_finds_the_same_lengths_by_itself(
    rounding: str, layer: str, kernel: int, stride: int, sides: tuple[int, int]
) -> None:
    layer = layer if 2 * max(sides) <= kernel else layer.replace("subsample", "avg_pool")
    options = f"kernel_size: {kernel}, stride: {stride}, padding: [{[*sides]}]"
    text = f"input: 2x7\nlayers: [{{{layer}{options}, rounding: {rounding}}}}}]"
    assert cnncalc.verify(cnncalc.loads(text)).passed


@each(
    ("length", "kernel", "stride", "ceil"),
    product([1, 2, 5, 8], [1, 2, 3, 5], [1, 2, 3, 4], [False, True]),
)
def test_output_length_is_pytorchs(length: int, kernel: int, stride: int, ceil: bool) -> None:
    torch = pytest.importorskip("torch")
    for padding in range(kernel // 2 + 1):
        for dilation in (1, 2):
            pool = torch.nn.MaxPool1d(kernel, stride, padding, dilation, ceil_mode=ceil)
            window = Window(kernel, stride, padding, padding, dilation)
            try:
                wanted = pool(torch.zeros(1, 1, length)).shape[2]
            except RuntimeError:
                with pytest.raises(LayerError):
                    output_length(length, window, "ceil" if ceil else "floor", is_pool=True)
            else:
                found = output_length(length, window, "ceil" if ceil else "floor", is_pool=True)
                assert found == wanted


@given(lengths, windows)
def test_strict_accepts_what_ends_with_its_input_and_nothing_else(
    length: int, window: Window
) -> None:
    count = placed(length, window, "floor", False)
    if count and taps(window, count - 1)[-1] == length + window.after - 1:
        assert output_length(length, window, "strict") == count
    else:
        with pytest.raises(LayerError):
            output_length(length, window, "strict")


@given(lengths, windows)
def test_every_fix_for_a_misfit_fits(length: int, window: Window) -> None:
    try:
        output_length(length, window, "strict")
        return
    except LayerError as error:
        if error.field != "stride":
            return
        message, help = error.message, error.help or ""
    left = int(re.findall(r"(\d+) left over", message)[0])
    assert left == (length + window.before + window.after - window.extent) % window.stride > 0
    kinds = {"input of": 0, "padding": 0, "stride": 0}
    for kind in kinds:
        for text in re.findall(rf"{kind} (\d+(?: or \d+)*)", help):
            for value in map(int, text.split(" or ")):
                kinds[kind] += 1
                assert value >= (kind != "padding")
                if kind == "input of":
                    output_length(value, window, "strict")
                elif kind == "padding":
                    output_length(length, window.replace(before=value, after=value), "strict")
                else:
                    output_length(length, window.replace(stride=value), "strict")
    assert kinds["input of"] >= 1


@given(lengths, windows)
def test_every_fix_for_a_window_too_large_makes_room(length: int, window: Window) -> None:
    try:
        output_length(length, window)
        return
    except LayerError as error:
        help = error.help or ""
    for value in map(int, re.findall(r"kernel of at most (\d+)", help)):
        output_length(length, window.replace(kernel=value))
        with pytest.raises(LayerError):
            output_length(length, window.replace(kernel=value + 1))
    (padding,) = map(int, re.findall(r"padding (\d+)", help))
    output_length(length, window.replace(before=padding, after=padding))
    (more,) = map(int, re.findall(r"larger by (\d+)", help))
    output_length(length + more, window)
    with pytest.raises(LayerError):
        output_length(length + more - 1, window)


@given(lengths, windows)
def test_leftover_is_what_no_window_covers_at_the_end(length: int, window: Window) -> None:
    count = placed(length, window, "floor", False)
    if count:
        reached = max(taps(window, count - 1))
        assert leftover(length, window, count) == max(0, length - 1 - reached)


@given(lengths, st.integers(1, 7), st.integers(1, 5))
def test_same_is_tensorflows_definition(length: int, kernel: int, stride: int) -> None:
    """The two cases of the notes on padding in TensorFlow's `tf.nn`."""
    if length % stride == 0:
        total = max(kernel - stride, 0)
    else:
        total = max(kernel - length % stride, 0)
    assert same_padding(length, kernel, stride) == (total // 2, total - total // 2)


@given(lengths, st.integers(1, 7), st.integers(1, 5), st.integers(1, 3))
def test_same_is_the_least_padding_that_gives_the_length_divided_by_the_stride(
    length: int, kernel: int, stride: int, dilation: int
) -> None:
    wanted = -(-length // stride)
    before, after = same_padding(length, kernel, stride, dilation)
    assert 0 <= after - before <= 1
    window = Window(kernel, stride, before, after, dilation)
    # Without padding a small kernel may reach more often than wanted only if it skips nothing.
    assert output_length(length, window) == wanted
    if before + after:
        assert placed(length, window.replace(after=after - 1), "floor") < wanted


@given(st.integers(1, 12), windows, st.data())
def test_transposed_length_is_as_far_as_scattering_reaches(
    length: int, window: Window, data: st.DataObject
) -> None:
    extra = data.draw(st.integers(0, max(window.stride, window.dilation) - 1))
    reached = {position for i in range(length) for position in taps(window, i)}
    whole = max(reached) + window.before + 1  # from the first element written, nothing cut
    assert transposed_length(length, window, extra) == whole - window.before - window.after + extra


@given(lengths, windows)
def test_transposing_undoes_a_convolution_up_to_what_it_did_not_read(
    length: int, window: Window
) -> None:
    count = placed(length, window, "floor", False)
    if count:
        rest = (length + window.before + window.after - window.extent) % window.stride
        assert transposed_length(count, window, rest) == length


@given(st.integers(1, 30), st.integers(1, 30))
def test_adaptive_bins_cover_the_axis_in_order(bins: int, length: int) -> None:
    ranges = [adaptive_bin(index, bins, length) for index in range(bins)]
    assert ranges[0][0] == 0
    assert ranges[-1][1] == length
    for (lo, hi), (next_lo, next_hi) in pairwise(ranges):
        assert lo < hi
        assert lo <= next_lo <= hi <= next_hi


@pytest.mark.parametrize(("bins", "length"), [(7, 7), (3, 10), (5, 7), (10, 3), (6, 13)])
def test_adaptive_bins_are_pytorchs(bins: int, length: int) -> None:
    torch = pytest.importorskip("torch")
    for index in range(bins):
        x = torch.zeros(1, 1, length, requires_grad=True)
        torch.nn.functional.adaptive_avg_pool1d(x, bins)[0, 0, index].backward()
        seen = x.grad[0, 0].nonzero().flatten().tolist()
        assert seen == list(range(*adaptive_bin(index, bins, length)))


@given(st.lists(windows, min_size=1, max_size=5), st.integers(0, 3))
def test_a_field_is_the_hull_of_the_pixels_that_reach_a_unit(
    chain: list[Window], unit: int
) -> None:
    field = Field()
    for window in chain:
        field = step(field, window)
    seen = {unit}
    for window in reversed(chain):
        seen = {element for position in seen for element in taps(window, position)}
    assert min(seen) == field.start + unit * field.jump
    assert max(seen) - min(seen) + 1 == field.size


def test_two_3x3_see_what_one_5x5_sees() -> None:
    three, five = Window(3, 1, 1, 1), Window(5, 1, 2, 2)
    assert step(step(Field(), three), three) == step(Field(), five)


@given(st.integers(1, 9), st.integers(1, 4))
def test_extent_counts_the_holes(kernel: int, dilation: int) -> None:
    elements = taps(Window(kernel, dilation=dilation), 0)
    assert extent(kernel, dilation) == Window(kernel, dilation=dilation).extent
    assert extent(kernel, dilation) == elements[-1] - elements[0] + 1


@given(st.integers(1, 60), st.integers(1, 60))
def test_the_sizes_of_adaptive_bins_are_those_of_the_bins(bins: int, length: int) -> None:
    found = {hi - lo for lo, hi in [adaptive_bin(i, bins, length) for i in range(bins)]}
    assert set(bin_sizes(bins, length)) == found
