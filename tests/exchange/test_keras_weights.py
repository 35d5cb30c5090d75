"""Weights of Keras models: the executor computes from them what Keras does."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.cli import run

h5py = pytest.importorskip("h5py")
np = pytest.importorskip("numpy")


@pytest.fixture(scope="module")
def keras() -> Any:
    """Keras on its PyTorch backend."""
    pytest.importorskip("torch")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    return pytest.importorskip("keras")


def convolutional(keras: Any) -> Any:
    """Every kind of convolution, shared inner layers, norms, and a flattened map."""
    layers, ops = keras.layers, keras.ops
    image = keras.Input((12, 10, 3))
    x = layers.BatchNormalization(scale=False)(layers.Conv2D(4, (3, 2))(image))
    x = layers.SeparableConv2D(6, 3, padding="same", depth_multiplier=2)(x)
    tower = keras.Sequential(
        [keras.Input((10, 9, 6)), layers.Conv2D(6, 1), layers.BatchNormalization()]
    )
    x = ops.relu((x + tower(x)) * 2.0)
    pooled = layers.GlobalMaxPooling2D()(tower(x))
    x = layers.PReLU(shared_axes=[1, 2])(layers.DepthwiseConv2D(3, 2, depth_multiplier=3)(x))
    x = layers.LayerNormalization()(layers.Conv2DTranspose(5, 3, strides=2)(x))
    flat = layers.BatchNormalization()(layers.Flatten()(x))
    x = layers.Dense(24)(layers.LeakyReLU()(flat))
    x = layers.Conv2D(6, 2, groups=2)(layers.Reshape((2, 3, 4))(x))
    joined = ops.concatenate([flat, pooled], axis=-1)
    return keras.Model(image, [x, layers.Dense(3)(joined)])


def recurrent(keras: Any) -> Any:
    """Sequences."""
    layers = keras.layers
    image = keras.Input((9, 8, 2))
    x = layers.Reshape((8, -1))(layers.Flatten()(layers.Conv2D(4, 3, strides=2)(image)))
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    x = layers.Bidirectional(layers.GRU(4, return_sequences=True))(x)
    x = layers.Conv1D(3, 2, padding="causal")(x)
    return keras.Model(image, layers.LSTM(3)(layers.Dense(7, activation="tanh")(x)))


@pytest.mark.parametrize("make", [convolutional, recurrent])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_the_executor_computes_what_keras_does(
    keras: Any, make: Any, suffix: str, tmp_path: Path
) -> None:
    keras.backend.clear_session()
    model = make(keras)
    random = np.random.default_rng(0)
    for variable in model.weights:
        numbers = random.normal(size=variable.shape) * 0.3
        variable.assign(np.abs(numbers) + 0.5 if "variance" in variable.name else numbers)
    path, weights = str(tmp_path / f"model{suffix}"), str(tmp_path / "w.npz")
    model.save(path)
    assert run(["weights", "--from", path, "-o", weights]) == 0
    image = random.normal(size=(1, *model.input_shape[1:])).astype(np.float32)
    wanted = model(image)
    graph = cnncalc.load(path)
    found = cnncalc.run(graph, np.load(weights), np.moveaxis(image, -1, 1)).outputs.values()
    totals = cnncalc.analyze(graph).totals()
    assert totals.params + totals.buffers == model.count_params()
    for own, its in zip(found, wanted if isinstance(wanted, list) else [wanted], strict=True):
        numbers = np.moveaxis(its.detach().numpy(), -1, 1)
        assert np.abs(own.reshape(numbers.shape) - numbers).max() < 1e-5


def archive(path: Path, arrays: dict[str, Any] | None) -> str:
    """Write a model of one dense layer, with arrays at their places in the inner file."""
    layers = [
        {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [None, 3]}},
        {"class_name": "Dense", "config": {"name": "d", "units": 2}},
    ]
    with zipfile.ZipFile(path, "w") as file:
        config = {"class_name": "Sequential", "config": {"layers": layers}}
        file.writestr("config.json", json.dumps(config))
        if arrays is not None:
            inner = path.with_suffix(".inner")
            with h5py.File(inner, "w") as weights:
                for name, array in arrays.items():
                    weights[name] = array
            file.write(inner, "model.weights.h5")
    return str(path)


def older(path: Path, conv: dict[str, Any], **attributes: str) -> str:
    """Write a model of one convolution as Keras 1 and 2 did, with attributes of the file."""
    shape = [None, 3, 5, 5]
    config = {"name": "c", "batch_input_shape": shape, **conv}
    layers = [{"class_name": "Convolution2D", "config": config}]
    with h5py.File(path, "w") as file:
        file.attrs.update(attributes)
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": layers})
        group = file.create_group("model_weights/c")
        group["W"], group["b"] = np.ones((3, 3, 3, 3)), np.ones(3)
        group.attrs["weight_names"] = [b"W", b"b"]
    return str(path)


KERAS_1 = {"nb_filter": 3, "nb_row": 3, "nb_col": 3, "dim_ordering": "th"}
KERAS_2 = {"filters": 3, "kernel_size": [3, 3], "data_format": "channels_first"}


@pytest.mark.parametrize(
    ("conv", "attributes", "message"),
    [
        (KERAS_1, {"keras_version": "1.2.2"}, "Keras 1 wrote its kernels with the channels first"),
        (KERAS_2, {"keras_version": "2.0.4", "backend": "theano"}, "wrote the file on Theano"),
        (KERAS_2, {"keras_version": "2.0.4", "backend": "tensorflow"}, ""),
    ],
)
def test_kernels_that_are_kept_otherwise_are_refused(
    tmp_path: Path,
    conv: Any,
    attributes: dict[str, str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = older(tmp_path / "m.h5", conv, **attributes)
    assert run(["weights", "--from", path, "-o", str(tmp_path / "w.npz")]) == int(bool(message))
    assert message in " ".join(capsys.readouterr().err.split())


KERNEL, BIAS = "layers/dense/vars/0", "layers/dense/vars/1"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (None, "it has no weights"),
        ({}, "does not hold the numbers of `weight`"),
        ({KERNEL: np.ones((3, 2))}, "does not hold the numbers of `bias`"),
        ({KERNEL: np.ones((4, 2)), BIAS: np.ones(2)}, "has 8 numbers in the file, and 6"),
        ({KERNEL: np.ones((3, 2)), BIAS: np.ones(2), "layers/dense/vars/2": np.ones(2)}, "1 array"),
        ({KERNEL: h5py.ExternalLink("other.h5", "/x"), BIAS: np.ones(2)}, "`weight`"),
        ({KERNEL: np.array([[b"a", b"b"]] * 3), BIAS: np.ones(2)}, "are no numbers"),
    ],
)  # fmt: skip
def test_weights_that_are_not_there(
    tmp_path: Path, arrays: Any, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = archive(tmp_path / "m.keras", arrays)
    assert run(["weights", "--from", path, "-o", str(tmp_path / "w.npz")]) == 1
    assert message in " ".join(capsys.readouterr().err.split())
