"""Keras models in all the ways that Keras 1, 2 and 3 write them; figures worked out by hand."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc import networks


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


def keras_3(*entries: tuple[str, str, str, Any, dict[str, Any]], shape: list[Any]) -> Any:
    """Return a chain as Keras 3 writes it: class, module, name, what else it reads, settings.

    Each entry reads the one before, whose stated shape is that of the entry before it.
    """
    layers: list[dict[str, Any]] = [
        {"class_name": "InputLayer", "module": "keras.layers", "name": "image",
         "config": {"name": "image", "batch_shape": shape}, "inbound_nodes": []}
    ]  # fmt: skip
    stated = shape
    for kind, module, name, (more, output), config in entries:
        tensor = {
            "class_name": "__keras_tensor__",
            "config": {"shape": stated, "keras_history": [layers[-1]["name"], 0, 0]},
        }
        arguments = [tensor if argument == "x" else argument for argument in more]
        layers.append({
            "class_name": kind, "module": module, "name": name,
            "config": {"name": name, **config},
            "inbound_nodes": [{"args": arguments, "kwargs": {}}],
        })  # fmt: skip
        stated = output
    ends = {"input_layers": [["image", 0, 0]], "output_layers": [[layers[-1]["name"], 0, 0]]}
    return {"class_name": "Functional", "module": "keras", "config": {"layers": layers, **ends}}


OPS, LAYERS = "keras.src.ops.numpy", "keras.layers"


def slices(*pairs: tuple[int | None, int | None]) -> list[Any]:
    """Return places along axes as Keras 3 writes them."""
    return [
        {"class_name": "__slice__", "config": {"start": a, "stop": b, "step": None}}
        for a, b in pairs
    ]


def test_functions_of_keras_3(tmp_path: Path) -> None:
    model = keras_3(
        ("Subtract", OPS, "from_one", ([1, "x"], [None, 8, 6, 4]), {}),
        ("TrueDivide", OPS, "halves", (["x", 2.0], [None, 8, 6, 4]), {}),
        ("Relu", "keras.src.ops.nn", "relu", (["x"], [None, 8, 6, 4]), {}),
        ("GetItem", OPS, "part", (["x", slices((None, None), (1, 7), (None, None), (2, 4))],
                                  [None, 6, 6, 2]), {}),
        ("Mean", OPS, "mean", (["x"], [None, 2]), {"axis": [1, 2], "keepdims": False}),
        shape=[None, 8, 6, 4],
    )  # fmt: skip
    graph = cnncalc.load(written(tmp_path, model))
    facts = cnncalc.analyze(graph).facts
    kinds = [node.layer.keyword for node in graph.nodes]
    assert kinds == ["input", "scale", "scale", "relu", "slice", "slice", "global_avg_pool",
                     "reshape"]  # fmt: skip
    assert graph.nodes[1].layer.as_dict()["factor"] == -1
    assert [facts[5].output, facts[-1].output] == [(2, 6, 6), (2,)]


def test_functions_of_tensorflow(tmp_path: Path) -> None:
    def function(name: str, word: str, nodes: Any) -> dict[str, Any]:
        return {"class_name": "TFOpLambda", "name": name, "inbound_nodes": nodes,
                "config": {"name": name, "function": word}}  # fmt: skip

    image = layer("InputLayer", "image", batch_input_shape=[None, 8, 8, 3])
    layers = [
        image,
        function("double", "math.multiply", [["image", 0, 0, {"y": 2.0, "name": None}]]),
        function("sum", "__operators__.add", [["double", 0, 0, {"y": ["image", 0, 0]}]]),
        function("rest", "math.subtract", [["_CONSTANT_VALUE", -1, 1.0, {"y": ["sum", 0, 0]}]]),
        function("both", "concat", [[["rest", 0, 0, {"axis": -1}], ["sum", 0, 0, {}]]]),
        function("mean", "math.reduce_mean", [["both", 0, 0, {"axis": [1, 2], "keepdims": True}]]),
    ]  # fmt: skip
    graph = cnncalc.load(written(tmp_path, functional(layers, "mean")))
    found = [(node.layer.keyword, node.inputs) for node in graph.nodes]
    assert found == [
        ("input", ()), ("scale", (0,)), ("add", (1, 0)), ("scale", (2,)), ("concat", (3, 2)),
        ("global_avg_pool", (4,)),
    ]  # fmt: skip


UNKNOWN = (
    ("Conv2D", LAYERS, "c", (["x"], [None, 6, 6, 4]), {"filters": 4, "kernel_size": 3}),
    ("Wave", "__main__", "wave", (["x"], [None, 6, 3, 5]), {}),
    ("Flatten", LAYERS, "f", (["x"], [None, 90]), {}),
)


def test_a_layer_of_ones_own_has_the_shape_that_is_stated(tmp_path: Path) -> None:
    path = written(tmp_path, keras_3(*UNKNOWN, shape=[None, 8, 8, 3]))
    graph = cnncalc.load(path)
    analysis = cnncalc.analyze(graph)
    assert analysis.facts[2].output == (5, 6, 3)
    assert analysis.unknown(2)
    with pytest.raises(cnncalc.SpecError, match="there is no such layer"):
        networks.load(path, strict=True)
    with pytest.raises(cnncalc.SpecError, match=r"nor does the file say the shape .* `f` reads it"):
        cnncalc.load(path, input="3x9x9")  # whose shapes are not stated


def test_sizes_and_slopes(tmp_path: Path) -> None:
    image = layer("InputLayer", "image", batch_input_shape=[None, 9, 8, 3])
    layers = [
        image,
        layer("Resizing", "larger", ["image"], height=12, width=16),
        layer("CenterCrop", "middle", ["larger"], height=7, width=10),
        layer("PReLU", "each", ["middle"], shared_axes=None),
        layer("PReLU", "rows", ["each"], shared_axes=[2]),
        layer("PReLU", "one", ["rows"], shared_axes=[1, 2, 3]),
        layer("Activation", "wavy", ["one"], activation="wavy"),
    ]
    graph = cnncalc.load(written(tmp_path, functional(layers, "wavy")))
    analysis = cnncalc.analyze(graph)
    assert graph.nodes[2].layer.as_dict()["cropping"] == ((2, 3), (3, 3))
    assert [fact.output for fact in analysis.facts[1:]] == [(3, 12, 16), *[(3, 7, 10)] * 5]
    counts = [sum(spec.count for spec in fact.params) for fact in analysis.facts[3:6]]
    assert counts == [210, 21, 1]
    assert analysis.unknown(6)


def test_words_through_recurrent_layers(tmp_path: Path) -> None:
    layers = [
        layer("InputLayer", "words", batch_input_shape=[None, 20]),
        layer("Embedding", "table", ["words"], input_dim=100, output_dim=8),
        layer("Bidirectional", "both", ["table"], layer={
            "class_name": "LSTM", "config": {"units": 5, "return_sequences": True}}),
        layer("GRU", "gru", ["both"], units=6, reset_after=True),
        layer("GRU", "old", ["both"], units=6, reset_after=False),
        layer("Concatenate", "ends", ["gru", "old"]),
        layer("Dense", "d", ["ends"], units=2),
    ]  # fmt: skip
    analysis = cnncalc.analyze(cnncalc.load(written(tmp_path, functional(layers, "d"))))
    table, both = 100 * 8, 2 * 4 * 5 * (8 + 5 + 1)
    gru, old = 3 * 6 * (10 + 6 + 2), 3 * 6 * (10 + 6 + 1)
    assert analysis.totals().params == table + both + gru + old + 12 * 2 + 2
    assert [fact.output for fact in analysis.facts[1:3]] == [(8, 20), (10, 20)]


def test_what_is_not_trained(tmp_path: Path) -> None:
    model = json.loads(json.dumps(RESIDUAL))
    for entry in model["config"]["layers"][:3]:
        entry["config"]["trainable"] = False
    before = cnncalc.analyze(cnncalc.load(written(tmp_path, RESIDUAL))).totals()
    after = cnncalc.analyze(cnncalc.load(written(tmp_path, model))).totals()
    stem = 8 * 3 * 15 + 8 + 8
    assert (after.params, after.buffers) == (before.params, before.buffers)
    assert (before.trainable, after.trainable) == (before.params, before.params - stem)


def test_attention_counts_its_weights_and_products(tmp_path: Path) -> None:
    layers = [
        layer("InputLayer", "image", batch_input_shape=[None, 9, 8]),
        layer(
            "MultiHeadAttention",
            "look",
            ["image", "image"],
            num_heads=2,
            key_dim=4,
            attention_axes=[1],
            use_gate=False,
        ),
    ]
    analysis = cnncalc.analyze(cnncalc.load(written(tmp_path, functional(layers, "look"))))
    figures = analysis.figures(1)
    assert (figures.params, figures.macs) == (4 * 8 * 8 + 4 * 8, 9 * 4 * 8 * 8 + 2 * 9 * 9 * 8)
    assert analysis.facts[1].output == (8, 9)
