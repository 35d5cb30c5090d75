"""Keras models in all the ways that Keras 1, 2 and 3 write them; figures worked out by hand."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import cnncalc


def layer(kind: str, name: str, reads: list[Any] | None = None, **config: Any) -> dict[str, Any]:
    """Return a layer of a functional model, as Keras 2 writes it."""
    nodes = [[[source, 0, 0, {}] for source in reads]] if reads else []
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": nodes,
    }


def functional(layers: list[dict[str, Any]], output: str) -> dict[str, Any]:
    """Return a functional model whose first layer is the input."""
    return {
        "class_name": "Functional",
        "config": {
            "name": "net",
            "layers": layers,
            "input_layers": [[layers[0]["name"], 0, 0]],
            "output_layers": [[output, 0, 0]],
        },
        "keras_version": "2.11.0",
    }


RESIDUAL = functional(
    [
        layer("InputLayer", "image", batch_input_shape=[None, 32, 24, 3]),
        layer("Conv2D", "stem", ["image"], filters=8, kernel_size=[3, 5], padding="same",
              activation="relu"),
        layer("BatchNormalization", "bn", ["stem"], axis=[3], scale=False, epsilon=0.001),
        layer("SeparableConv2D", "sep", ["bn"], filters=8, kernel_size=3, padding="same"),
        layer("Add", "sum", ["sep", "stem"]),
        layer("GlobalAveragePooling2D", "pool", ["sum"]),
        layer("Dense", "head", ["pool"], units=10, activation="softmax"),
    ],
    "head",
)  # fmt: skip


def written(folder: Path, model: Any, name: str = "model.json") -> str:
    """Write a model's description and return the path."""
    path = folder / name
    path.write_text(json.dumps(model), encoding="utf-8")
    return str(path)


def test_a_functional_model(tmp_path: Path) -> None:
    graph = cnncalc.load(written(tmp_path, RESIDUAL))
    analysis = cnncalc.analyze(graph)
    assert graph.nodes[0].layer.output_shape(()) == (3, 32, 24)  # channels first
    assert analysis.facts[-1].output == (10,)
    stem, bn, sep = 3 * 8 * 15 + 8, 8, 8 * 9 + 8 * 8 + 8
    assert analysis.totals().params == stem + bn + sep + 8 * 10 + 10
    assert analysis.totals().buffers == 16
    assert analysis.totals().ops.macs == 32 * 24 * (3 * 8 * 15 + 8 * 9 + 8 * 8) + 80


@pytest.mark.parametrize(
    "wrap",
    [
        lambda model: json.dumps(model),
        lambda model: {"modelTopology": {"model_config": model, "keras_version": "2.11"}},
        lambda model: {"model_config": model},
    ],
)
def test_descriptions_within_others(tmp_path: Path, wrap: Any) -> None:
    plain = cnncalc.analyze(cnncalc.load(written(tmp_path, RESIDUAL)))
    wrapped = cnncalc.analyze(cnncalc.load(written(tmp_path, wrap(RESIDUAL), "wrapped.json")))
    assert wrapped.totals() == plain.totals()


def test_an_archive_and_what_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(RESIDUAL))
    assert cnncalc.load(str(path)).nodes[-1].name == "head/softmax"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(cnncalc.SpecError, match="archive is damaged"):
        cnncalc.load(str(path))


def test_keras_1_names_and_channels_first(tmp_path: Path) -> None:
    model = {
        "class_name": "Sequential",
        "keras_version": "1.2.0",
        "config": [
            {"class_name": "Convolution2D", "config": {
                "name": "c", "nb_filter": 4, "nb_row": 3, "nb_col": 2, "border_mode": "valid",
                "subsample": [2, 2], "dim_ordering": "th", "bias": False,
                "batch_input_shape": [None, 3, 11, 10]}},
            {"class_name": "Flatten", "config": {"name": "f"}},
            {"class_name": "Dense", "config": {"name": "d", "output_dim": 2}},
        ],
    }  # fmt: skip
    analysis = cnncalc.analyze(cnncalc.load(written(tmp_path, model)))
    assert analysis.facts[1].output == (4, 5, 5)
    assert analysis.totals().params == 4 * 3 * 6 + 100 * 2 + 2


def test_a_model_within_a_model_called_twice_shares_its_weights(tmp_path: Path) -> None:
    inner = {
        "class_name": "Sequential",
        "config": {
            "name": "tower",
            "layers": [
                {"class_name": "InputLayer",
                 "config": {"name": "t", "batch_input_shape": [None, 8, 8, 1]}},
                {"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": 3}},
            ],
        },
    }  # fmt: skip
    tower = {**inner, "name": "tower", "inbound_nodes": [[["a", 0, 0, {}]], [["b", 0, 0, {}]]]}
    model = functional(
        [
            layer("InputLayer", "a", batch_input_shape=[None, 8, 8, 1]),
            layer("InputLayer", "b", batch_input_shape=[None, 8, 8, 1]),
            tower,
            {**layer("Subtract", "difference"),
             "inbound_nodes": [[["tower", 0, 0, {}], ["tower", 1, 0, {}]]]},
        ],
        "difference",
    )  # fmt: skip
    model["config"]["input_layers"] = [["a", 0, 0], ["b", 0, 0]]
    analysis = cnncalc.analyze(cnncalc.load(written(tmp_path, model)))
    assert analysis.totals().params == 2 * 9 + 2
    assert analysis.totals().ops.macs == 2 * 36 * 18


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (layer("Lambda", "code", ["image"]), "holds program code, which is never run"),
        (layer("Attention", "att", ["image"]), "there is no such layer"),
        (layer("Conv2D", "c", ["image"], filters=8), "its settings are not whole"),
        (layer("Conv2D", "c", ["nobody"], filters=8, kernel_size=1), "which nothing makes"),
        (layer("Activation", "a", ["image"], activation="wavy"), "no layer for its activation"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, entry: dict[str, Any], message: str) -> None:
    image = layer("InputLayer", "image", batch_input_shape=[None, 8, 8, 3])
    with pytest.raises(cnncalc.SpecError, match=message):
        cnncalc.load(written(tmp_path, functional([image, entry], entry["name"])))


def test_open_sizes_are_asked_for(tmp_path: Path) -> None:
    image = layer("InputLayer", "image", batch_input_shape=[None, None, None, 3])
    pool = layer("MaxPooling2D", "pool", ["image"], pool_size=2)
    path = written(tmp_path, functional([image, pool], "pool"))
    with pytest.raises(cnncalc.SpecError, match="leaves sizes open"):
        cnncalc.load(path)
    assert cnncalc.analyze(cnncalc.load(path, input="3x10x8")).facts[-1].output == (3, 5, 4)
    last = cnncalc.load(path, input="10x8x3", layout="hwc")
    assert cnncalc.analyze(last).facts[-1].output == (3, 5, 4)


@pytest.mark.parametrize("options", [{"rounding": "ceil"}, {"variant": "big"}, {"width": 2}])
def test_what_is_for_specs_is_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(cnncalc.UsageError, match="is a model file"):
        cnncalc.load(written(tmp_path, RESIDUAL), **options)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"a": 1}', '{"class_name": 3, "config": {}}', "\0"]
)
def test_no_description_is_a_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(cnncalc.SpecError):
        cnncalc.load(str(path))


def test_pickled_files_are_never_opened(tmp_path: Path) -> None:
    with pytest.raises(cnncalc.UsageError, match="would run its code"):
        cnncalc.load(str(tmp_path / "model.pth"))


def test_statistics_of_the_data_are_kept_and_not_trained() -> None:
    from tempfile import NamedTemporaryFile

    layers = [
        layer("InputLayer", "image", batch_input_shape=[None, 8, 8, 3]),
        layer("Normalization", "n", ["image"], axis=[-1], mean=None),
        layer("Rescaling", "r", ["n"], scale=[0.5, 0.25, 2.0], offset=0.0),
        layer("LayerScale", "s", ["r"], projection_dim=3),
        layer("StochasticDepth", "d", ["s"], drop_path_rate=0.1),
        layer("RandomFlip", "f", ["d"], mode="horizontal"),
    ]
    with NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(functional(layers, "f"), file)
        file.flush()
        analysis = cnncalc.analyze(cnncalc.load(file.name))
    totals = analysis.totals()
    assert (totals.params, totals.buffers) == (3, 7)
    assert (totals.ops.adds, totals.ops.divs, totals.ops.muls) == (192, 192, 384)
