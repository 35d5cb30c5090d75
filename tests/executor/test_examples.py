"""The lectures' worked examples, run as the specs that ship."""

from __future__ import annotations

import numpy as np
import pytest

import cnncalc
from cnncalc.analysis.walk import analyze
from cnncalc.executor.filters import FIXED, given_kernel, named_kernel
from cnncalc.executor.run import run
from cnncalc.executor.verify import verify
from cnncalc.language import library
from cnncalc.layers.conv import KERNEL_NAMES

#: A spec, its input, and the numbers that the lecture shows for each output.
LECTURES = {
    "pooling": (
        [[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]],
        {"max": [[6, 8], [3, 4]], "average": [[3.25, 5.25], [2, 2]]},
    ),
    "convolution_1d": (
        [0, 1, 2, 1, 1, 2, 0, 1, 0, 1, 2, 0, 0, 1],
        {"conv_1": [0.5, 1.5, 1.5, 0.5, 0.5, 1.0, 0.5]},
    ),
    "convolution_2d": (
        [
            [1, -2, -1, 5, 3, 2, 1, 1],
            [1, 3, -1, 4, 3, 3, 1, -1],
            [1, -2, 1, 6, 3, 3, 2, 2],
            [2, -2, 2, 5, 2, 1, 0, -1],
            [0, 3, -2, 5, 4, 1, 2, 1],
            [1, 2, -3, 1, 1, 2, -1, 2],
            [1, -2, -1, 1, 2, 1, 1, 3],
        ],
        {"conv_1": [[1, 23, 21], [3, 26, 18], [-1, 8, 13]]},
    ),
    "max_pool": (
        [[5, 1, 3, 4], [8, 2, 9, 2], [1, 3, 0, 1], [2, 2, 2, 0]],
        {"max_pool_1": [[8, 9], [3, 2]]},
    ),
}


A9 = [
    [-1, 1, 1, 1, -1], [-1, 1, -1, 1, -1], [-1, 1, 1, 1, -1], [-1, -1, -1, 1, -1],
    [-1, -1, -1, 1, -1], [-1, -1, 1, -1, -1], [-1, 1, -1, -1, -1],
]  # fmt: skip
SIX = [
    [3, 3, 2, 1, 0, 0], [0, 1, 3, 1, 3, 1], [2, 2, 3, 2, 0, 0], [2, 2, 2, 0, 0, 0],
    [1, 0, 1, 3, 2, 2], [3, 2, 0, 3, 0, 1],
]  # fmt: skip
FIVE = [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
THREE = [
    [[0, 0, 1, 0, 2], [1, 0, 2, 0, 1], [1, 0, 2, 2, 0], [2, 0, 0, 2, 0], [2, 1, 2, 2, 0]],
    [[2, 1, 2, 1, 1], [2, 1, 2, 0, 1], [0, 2, 1, 0, 1], [1, 2, 2, 2, 2], [0, 1, 2, 0, 1]],
    [[2, 1, 1, 2, 0], [1, 0, 0, 1, 0], [0, 1, 0, 0, 0], [1, 0, 2, 1, 0], [2, 2, 1, 1, 1]],
]
W0 = [
    [[-1, 0, 1], [0, 0, 1], [1, -1, 1]],
    [[-1, 0, 1], [1, -1, 1], [0, 1, 0]],
    [[-1, 1, 1], [1, 1, 0], [0, -1, 0]],
]
W1 = [
    [[0, 1, -1], [0, -1, 0], [0, -1, 1]],
    [[-1, 0, 0], [1, -1, 0], [1, -1, 0]],
    [[-1, 1, -1], [0, -1, -1], [1, 0, 0]],
]
RING = [[1, 1, 1], [1, -1, 1], [1, 1, 1]]
#: By the number of the lectures' example: a spec, its parameters, its input, its one output.
WITH_PARAMETERS = {
    25: (
        "convolution_2d",
        {"filters": 2, "padding": 1, "bias": [1, 0], "weight": [W0, W1]},
        THREE,
        [[[2, 3, 3], [3, 7, 3], [8, 10, -3]], [[-8, -8, -3], [-3, 1, 0], [-3, -8, -5]]],
    ),
    26: (
        "convolution_2d",
        {"stride": 1, "weight": [[2, 2, 2], [0, 1, 0], [2, 0, 1]]},
        SIX,
        [[[24, 21, 13, 9], [16, 17, 20, 10], [19, 19, 14, 12], [18, 16, 7, 9]]],
    ),
    27: (
        "max_pool",
        {"size": 3, "stride": 2, "padding": 1},
        FIVE,
        [[[3, 3, 3], [3, 3, 3], [2, 2, 2]]],
    ),
    28: (
        "convolution_2d",
        {"stride": 1, "weight": [[0, 1, 2], [2, 2, 0], [0, 1, 2]]},
        FIVE,
        [[[12, 12, 17], [10, 17, 19], [9, 6, 14]]],
    ),
    29: (
        "convolution_2d",
        {"padding": "same"},
        [row[:7] for row in LECTURES["convolution_2d"][0]],
        [[[3, 8, 20, 7], [3, 16, 30, 10], [6, 11, 22, 5], [2, -2, 8, 3]]],
    ),
    32: (
        "convolution_1d",
        {"stride": 1},
        LECTURES["convolution_1d"][0],
        [[0.5, 1.5, 1.5, 1, 1.5, 1, 0.5, 0.5, 0.5, 1.5, 1, 0, 0.5]],
    ),
}


@pytest.mark.parametrize("number", WITH_PARAMETERS)
def test_a_lecture_s_example_by_parameters(number):
    name, settings, numbers, expected = WITH_PARAMETERS[number]
    array = np.array(numbers, float)
    array = array if number == 25 else array[None]
    shape = "x".join(map(str, array.shape))
    graph = cnncalc.load(f"examples/{name}", input=shape, **settings)
    (found,) = run(graph, {}, array).outputs.values()
    assert found[0].tolist() == expected


def test_the_lecture_s_picture_of_a_9():
    graph = cnncalc.load(
        "examples/convolution_2d", input="1x7x5", stride=1, weight=np.divide(RING, 9).tolist()
    )
    found = run(graph, {}, np.array([A9], float), dtype="float64").outputs["conv_1"][0, 0]
    assert found.shape == (5, 3)
    assert np.unravel_index(found.argmax(), found.shape) == (0, 1)
    assert found.max() == pytest.approx(1)
    assert [found[cell] for cell in ((3, 0), (3, 2), (4, 1))] == pytest.approx([-5 / 9] * 3)


@pytest.mark.parametrize("name", LECTURES)
def test_a_lecture_s_numbers(name):
    numbers, expected = LECTURES[name]
    results = run(cnncalc.load(f"examples/{name}"), {}, np.array([numbers]))
    assert {n: a[0, 0].tolist() for n, a in results.outputs.items()} == expected


def example_names():
    folder = library.folder() + "/examples"
    import os

    return sorted(name[:-5] for name in os.listdir(folder))


@pytest.mark.parametrize("name", example_names())
def test_every_example_is_found_by_name_and_verifies(name):
    graph = cnncalc.load(f"examples/{name}")
    assert verify(analyze(graph)).passed
    assert graph.description
    assert graph.source


def filtered(kernel, image, size=3):
    graph = cnncalc.load("examples/image_filters", input="1x5x5", filter=kernel, size=size)
    return run(graph, {}, np.array([image], float), dtype="float64").outputs["filtered"][0, 0]


RAMP = np.arange(5.0) * np.ones((5, 1))
SPOT = np.zeros((5, 5))
SPOT[2, 2] = 1.0


@pytest.mark.parametrize("kernel", KERNEL_NAMES)
def test_a_spot_shows_the_kernel_turned_around(kernel):
    size = len(FIXED.get(kernel, "3x3"))
    around = slice(2 - size // 2, 3 + size // 2)
    shown = filtered(kernel, SPOT, size)[around, around]
    np.testing.assert_allclose(shown, named_kernel(kernel, (size, size))[::-1, ::-1])


def test_what_filters_are_for():
    inner = (slice(1, 4), slice(1, 4))
    np.testing.assert_allclose(filtered("sobel_x", RAMP)[inner], 8)
    np.testing.assert_allclose(filtered("sobel_y", RAMP), 0)
    np.testing.assert_allclose(filtered("sobel_y", RAMP.T)[inner], 8)
    np.testing.assert_allclose(filtered("sobel_left", RAMP)[inner], -8)
    np.testing.assert_allclose(filtered("sobel_top", RAMP.T)[inner], -8)
    np.testing.assert_allclose(filtered("laplacian", RAMP)[inner], 0)
    row = np.eye(5)[[2]] * np.ones((5, 1))
    lines = {"horizontal": row.T, "vertical": row, "falling": np.eye(5), "rising": np.eye(5)[::-1]}
    for drawn, image in lines.items():
        found = {name: filtered(f"line_{name}", image)[2, 2] for name in lines}
        assert found[drawn] == 6
        assert all(value <= 0 for name, value in found.items() if name != drawn)
    for kernel in ("sharpen", "box_blur", "gaussian", "identity", "emboss"):
        np.testing.assert_allclose(filtered(kernel, np.full((5, 5), 7.0)), 7)
    np.testing.assert_allclose(filtered("identity", RAMP), RAMP)


def test_every_name_has_a_kernel():
    assert set(FIXED) | {"box_blur", "gaussian", "identity"} == set(KERNEL_NAMES)


@pytest.mark.parametrize(("size", "sigma"), [(5, 1.0), (13, 2.0), (25, 4.0)])
def test_a_gaussian_of_a_width_falls_as_its_formula_says(size, sigma):
    fields = f"out_channels: 1, kernel_size: {size}, bias: false, weight: gaussian, sigma: {sigma}"
    graph = cnncalc.loads(f"input: 1x{size}x{size}\nlayers: [{{conv: {{{fields}}}}}]")
    middle = size // 2
    spots = np.zeros((4, 1, size, size))
    for sample, (row, column) in enumerate([(0, 0), (0, 1), (2, 1), (-1, -2)]):
        spots[sample, 0, middle + row, middle + column] = 1
    found = run(graph, {}, spots, dtype="float64").outputs["conv_1"].ravel()
    wanted = np.exp(-np.array([0, 1, 5, 5]) / (2 * sigma**2))
    np.testing.assert_allclose(found / found[0], wanted, rtol=1e-12)
    everywhere = run(graph, {}, np.ones((1, size, size)), dtype="float64").outputs["conv_1"]
    assert everywhere.item() == pytest.approx(1)


def test_the_gaussian_over_273_is_the_printed_one():
    printed = np.array(FIXED["gaussian_273"]) * 273
    np.testing.assert_allclose(printed[2], [7, 26, 41, 26, 7])
    np.testing.assert_allclose(printed, printed.T)
    assert printed.sum() == pytest.approx(273)


@pytest.mark.parametrize("name", ["box_blur", "gaussian", "identity"])
@pytest.mark.parametrize("kernel", [(3,), (5, 5), (2, 3), (3, 3, 3)])
def test_kernels_of_any_size_keep_the_brightness(name, kernel):
    values = named_kernel(name, kernel)
    assert values.shape == kernel
    assert values.sum() == pytest.approx(1)


def test_kernels_by_value_serve_one_or_all_channels():
    shape = (2, 3, 1, 2)
    one = given_kernel([[1, 2]], shape, "float64")
    assert one.shape == shape
    assert (one == [[[[1, 2]]]]).all()
    each = given_kernel([[[1, 2]], [[3, 4]]], shape, "float64")
    assert each[:, 2].tolist() == [[[1, 2]], [[3, 4]]]
    everything = np.arange(12.0).reshape(shape)
    assert (given_kernel(everything.tolist(), shape, "float64") == everything).all()


@pytest.mark.parametrize("values", [[1, 2, 3], [[1, 2, 3]], [[[1, 2]]] * 3, 5.0, "sobel_x"])
def test_kernels_of_another_size_are_refused(values):
    with pytest.raises(ValueError, match=r"kernel"):
        given_kernel(values, (2, 3, 1, 2), "float64")


def test_the_library_runs_and_verifies():
    graph = cnncalc.loads("input: 2\nlayers: [{linear: {out_features: 2, bias: false}}]")
    weights = {"linear_1.weight": np.array([[1.0, 2.0], [3.0, 4.0]])}
    results = cnncalc.run(graph, weights, np.array([10.0, 1.0]))
    assert results.outputs["linear_1"].tolist() == [[12.0, 34.0]]
    assert results.not_finite is None
    assert cnncalc.verify(graph).passed
    fields = cnncalc.verify(cnncalc.load("examples/edges", input="3x9x9"), fields=True)
    assert fields.passed
    assert all(node.receptive_field is not None for node in fields.nodes)
