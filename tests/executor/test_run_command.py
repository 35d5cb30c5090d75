"""`cnncalc run` and `cnncalc weights` as they are typed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cnncalc.cli import run

NET = """
name: net
input: 1x4x4
layers:
  - conv: {name: first, out_channels: 2, kernel_size: 3}
  - batch_norm: {name: norm}
  - relu
  - flatten
  - linear: {name: last, out_features: 3}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET)
    np.save("x.npy", np.arange(16.0).reshape(1, 4, 4))
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("init", ["zeros", "ones", "normal", "kaiming"])
def test_a_template_fits_its_network(init, capsys):
    assert run(["weights", "net.yaml", "--init", init, "-o", "w.npz"]) == 0
    assert capsys.readouterr().out == "w.npz: 8 arrays of net, 51 params and 4 buffers\n"
    with np.load("w.npz") as arrays:
        assert sorted(arrays) == [
            "first.bias", "first.weight", "last.bias", "last.weight",
            "norm.bias", "norm.running_mean", "norm.running_var", "norm.weight",
        ]  # fmt: skip
        assert arrays["first.weight"].shape == (2, 1, 3, 3)
        assert arrays["last.weight"].shape == (3, 8)
        assert arrays["first.weight"].dtype == np.float32
        assert (arrays["norm.running_var"] == 1).all()
        if init in ("zeros", "ones"):
            assert (arrays["last.weight"] == (init == "ones")).all()
        else:
            assert (arrays["norm.weight"] == 1).all()
            assert (arrays["first.bias"] == 0).all()
            assert arrays["last.weight"].std() > 0
    assert run(["run", "net.yaml", "--input", "x.npy", "--weights", "w.npz"]) == 0


def test_templates_are_the_same_for_the_same_seed(folder):
    for name, seed in (("a.npz", "1"), ("b.npz", "1"), ("c.npz", "2")):
        assert run(["weights", "net.yaml", "--seed", seed, "-o", name]) == 0
    a, b, c = ((folder / name).read_bytes() for name in ("a.npz", "b.npz", "c.npz"))
    assert a == b != c


@pytest.mark.usefixtures("folder")
def test_results_are_the_network_s(capsys):
    arrays = {
        "first.weight": np.ones((2, 1, 3, 3)),
        "first.bias": np.array([0.0, -1000.0]),
        "norm.weight": np.array([2.0, 1.0]),
        "norm.bias": np.array([1.0, 0.0]),
        "norm.running_mean": np.zeros(2),
        "norm.running_var": np.ones(2) - 1e-5,
        "last.weight": np.arange(24.0).reshape(3, 8),
        "last.bias": np.zeros(3),
    }
    np.savez("w.npz", **arrays)
    sums = np.array([45.0, 54.0, 81.0, 90.0])  # of the 3x3 windows
    values = np.concatenate([2 * sums + 1, np.zeros(4)])
    expected = arrays["last.weight"] @ values
    arguments = ["run", "net.yaml", "--input", "x.npy", "--weights", "w.npz", "--dtype", "float64"]
    assert run([*arguments, "--format", "json", "--save", "out.npz"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "cnncalc.run/1"
    np.testing.assert_allclose(found["outputs"][0]["values"], [expected], rtol=1e-12)
    with np.load("out.npz") as saved:
        np.testing.assert_allclose(saved["last"], [expected], rtol=1e-12)
    assert run([*arguments, "--layer", "relu_1", "--layer", "first"]) == 0
    out = capsys.readouterr().out
    assert "relu_1: 2x2x2" in out
    assert "[[[ 91. 109.]" in out
    assert "first: 2x2x2" in out


@pytest.mark.usefixtures("folder")
def test_everything_wrong_with_the_weights_is_said_at_once(capsys):
    np.savez("w.npz", **{"first.weight": np.ones((1, 2, 3, 3)), "fist.bias": np.ones(2)})
    assert run(["run", "net.yaml", "--input", "x.npy", "--weights", "w.npz"]) == 1
    error = capsys.readouterr().err
    assert "`first.weight` has shape (1, 2, 3, 3), not (2, 1, 3, 3)" in error
    assert "`first.bias` is missing: shape (2)" in error
    assert "`last.weight` is missing: shape (3, 8)" in error
    assert "`fist.bias` is not an array of this network" in error


@pytest.mark.usefixtures("folder")
def test_results_that_are_not_finite_name_the_layer(capsys):
    assert run(["weights", "net.yaml", "-o", "w.npz"]) == 0
    np.save("bad.npy", np.full((1, 4, 4), 3e38))
    assert run(["run", "net.yaml", "--input", "bad.npy", "--weights", "w.npz"]) == 1
    assert "not finite from layer `first` on" in capsys.readouterr().err
    arguments = ["run", "net.yaml", "--input", "bad.npy", "--init", "ones", "--format", "json"]
    assert run(arguments) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["not_finite"] == "first"
    assert found["outputs"][0]["values"] == [[None] * 3]


@pytest.mark.usefixtures("folder")
def test_the_network_is_built_for_the_input(capsys):
    np.save("large.npy", np.ones((2, 1, 6, 5)))
    assert (
        run(["run", "net.yaml", "--input", "large.npy", "--init", "ones", "--layer", "first"]) == 0
    )
    out = capsys.readouterr().out
    assert "first of sample 1: 2x4x3" in out


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--input", "none.npy", "--init", "ones"], "cannot read `none.npy`: No such file"),
        (["--input", "net.yaml", "--init", "ones"], "cannot read `net.yaml`"),
        (["--input", "x.npy"], "net needs weights (first.weight, first.bias, ...): --weights FILE"),
        (["--input", "x.npy", "--weights", "x.npy"], "`x.npy` is not an .npz file"),
        (["--input", "x.npy", "--weights", "net.yaml"], "cannot read `net.yaml`"),
        (["--input", "x.npy", "--weights", "objects.npz"], "does not hold numbers"),
        (["--input", "x.npy", "--init", "ones", "--weights", "w.npz"], "give one of the two"),
        (["--input", "x.npy", "--init", "ones", "--layer", "frist"], "did you mean `first`?"),
        (["--input", "[[1, 2], [3]]", "--init", "ones"], "nested lists of equal lengths"),
        (["--input", "[[[[[1]]]]]", "--init", "ones"], "holds an array of shape (1, 1, 1, 1, 1)"),
        (["--input", "other=x.npy", "--init", "ones"], "net has no input `other`"),
        (["--input", "x.npy", "--init", "ones", "--save", "y.txt"], "results go to an .npz file"),
        (["--input", "x.npy", "--init", "ones", "--max-memory", "1K"], "1,000 bytes may be used"),
        ([], "missing option '--input'"),
    ],
)
def test_wrong_calls(arguments, message, capsys):
    np.savez("objects.npz", **{"first.weight": np.array([{}], dtype=object)})
    assert run(["run", "net.yaml", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_weights_want_an_npz_file(folder, capsys):
    assert run(["weights", "net.yaml", "-o", "w.txt"]) == 2
    assert "weights go to an .npz file" in capsys.readouterr().err
    assert run(["weights", "net.yaml", "-o", "missing/w.npz"]) == 2
    assert "cannot write `missing/w.npz`" in capsys.readouterr().err
    assert sorted(p.name for p in folder.iterdir()) == ["net.yaml", "x.npy"]


def test_several_inputs_are_given_by_name(folder, capsys):
    (folder / "two.yaml").write_text(
        "inputs: {a: 1x2x2, b: 1x2x2}\nlayers: [{add: {from: [a, b]}}]"
    )
    both = ["--input", "a=[[1, 2], [3, 4]]", "--input", "b=[[10, 20], [30, 40]]"]
    assert run(["run", "two.yaml", *both]) == 0
    assert "[[11. 22.]\n   [33. 44.]]" in capsys.readouterr().out
    assert run(["run", "two.yaml", *both[:2]]) == 2
    assert "the input `b` is missing" in capsys.readouterr().err
    assert run(["run", "two.yaml", "--input", "[[1, 2], [3, 4]]"]) == 2
    assert "has the inputs a, b: say which" in capsys.readouterr().err
    uneven = ["--input", "a=[[[[1, 2], [3, 4]]], [[[1, 2], [3, 4]]]]", *both[2:]]
    assert run(["run", "two.yaml", *uneven]) == 2
    assert "different numbers of samples" in capsys.readouterr().err


def test_a_given_kernel_that_does_not_fit_has_a_place(folder, capsys):
    layer = "conv: {out_channels: 1, kernel_size: 2, bias: false, weight: sobel_x}"
    (folder / "bad.yaml").write_text(f"input: 1x4x4\nlayers:\n  - {layer}\n")
    for arguments in (["run", "--input", "x.npy"], ["weights", "-o", "w.npz"]):
        assert run([arguments[0], "bad.yaml", *arguments[1:]]) == 1
        error = capsys.readouterr().err
        assert "sobel_x is a 3x3 kernel" in error
        assert "bad.yaml:3:" in error
    assert run(["verify", "bad.yaml"]) == 1


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("RGBA", 3), ("P", 3)])
def test_images_become_numbers_between_0_and_1(mode, channels):
    image = pytest.importorskip("PIL.Image")
    from cnncalc.executor.inputs import read_input

    image.new("RGB", (5, 3), (255, 255, 255)).convert(mode).save("white.png")
    array = read_input("white.png")
    assert array.shape == (channels, 3, 5)
    assert (array == 1).all()


@pytest.mark.usefixtures("folder")
def test_an_image_runs_through_a_filter():
    image = pytest.importorskip("PIL.Image")
    pixels = np.zeros((6, 6, 3), np.uint8)
    pixels[:, 3:] = 255
    image.fromarray(pixels).save("half.png")
    assert run(["run", "examples/edges", "--input", "half.png", "--save", "edges.npz"]) == 0
    with np.load("edges.npz") as saved:
        across, down = saved["gradients"][0]
    np.testing.assert_allclose(across, [[0, 0, 4, 4, 0, 0]] * 6, atol=1e-5)
    np.testing.assert_allclose(down, 0, atol=1e-5)
