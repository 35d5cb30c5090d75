"""Caffe files: figures worked out by hand from the program's own rules."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc

INPUT = 'name: "net"\ninput: "data"\ninput_dim: 10\ninput_dim: 3\ninput_dim: 12\ninput_dim: 16\n'
CONV = """layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 8 kernel_size: 3 stride: 2 pad: 1 } }
"""


def read(folder: Path, text: str, **options: str) -> cnncalc.Graph:
    """Return the graph of a file with this text."""
    path = folder / "net.prototxt"
    path.write_text(text)
    return cnncalc.load(str(path), **options)


def layer(kind: str, bottoms: str, top: str, settings: str = "") -> str:
    """Return a layer that is called as its output is."""
    reads = " ".join(f'bottom: "{name}"' for name in bottoms.split())
    return f'layer {{ name: "{top}" type: "{kind}" {reads} top: "{top}" {settings} }}\n'


def shapes(folder: Path, text: str, **options: str) -> list[tuple[int, ...]]:
    """Return the output shapes of all nodes after the inputs."""
    graph = read(folder, text, **options)
    return [facts.output for facts in cnncalc.analyze(graph).facts[len(graph.inputs) :]]


def test_a_scale_after_a_batch_norm_is_its_scale_and_shift(tmp_path: Path) -> None:
    text = INPUT + CONV
    text += 'layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }\n'
    text += 'layer { name: "s" type: "Scale" bottom: "conv" top: "conv" '
    text += "scale_param { bias_term: true } }\n"
    text += 'layer { name: "r" type: "ReLU" bottom: "conv" top: "conv" }\n'
    graph = read(tmp_path, text)
    assert [n.layer.keyword for n in graph.nodes] == ["input", "conv", "batch_norm", "relu"]
    totals = cnncalc.analyze(graph).totals()
    assert (totals.params, totals.buffers) == (8 * 27 + 8 + 16, 16)


def test_a_scale_whose_input_others_read_stays_a_scale(tmp_path: Path) -> None:
    text = INPUT + layer("BatchNorm", "data", "bn") + layer("Scale", "bn", "scaled")
    text += layer("Eltwise", "bn scaled", "sum")
    graph = read(tmp_path, text)
    assert [n.layer.keyword for n in graph.nodes[1:]] == ["batch_norm", "scale", "add"]


def test_pools_round_up_and_convolutions_down(tmp_path: Path) -> None:
    conv = CONV.replace("pad: 1", "pad: 0")
    pool = layer("Pooling", "conv", "pool", "pooling_param { kernel_size: 2 stride: 2 }")
    assert shapes(tmp_path, INPUT + conv + pool) == [(8, 5, 7), (8, 3, 4)]
    floor = pool.replace("stride: 2", "stride: 2 round_mode: FLOOR")
    assert shapes(tmp_path, INPUT + conv + floor) == [(8, 5, 7), (8, 2, 3)]
    whole = layer("Pooling", "conv", "pool", "pooling_param { pool: AVE global_pooling: true }")
    assert shapes(tmp_path, INPUT + conv + whole)[-1] == (8, 1, 1)


@pytest.mark.parametrize(
    "head",
    [
        INPUT,
        'input: "data"\ninput_shape { dim: 1 dim: 3 dim: 12 dim: 16 }\n',
        'input: "data"\ninput_shape { dim: [1, 3, 12, 16] }\n',
        'layer { name: "d" type: "Input" top: "data" '
        "input_param { shape { dim: 1 dim: 3 dim: 12 dim: 16 } } }\n",
        'layers { name: "d" type: MEMORY_DATA top: "data" top: "label" '
        "memory_data_param { batch_size: 1 channels: 3 height: 12 width: 16 } }\n",
    ],
)
def test_the_input_is_given_in_many_ways(tmp_path: Path, head: str) -> None:
    assert shapes(tmp_path, head + CONV) == [(8, 6, 8)]


def test_a_training_file_is_read_in_its_test_phase(tmp_path: Path) -> None:
    data = 'layer { name: "d" type: "Data" top: "data" top: "label" include { phase: %s }\n'
    data += "transform_param { crop_size: %d } }\n"
    text = data % ("TRAIN", 20) + data % ("TEST", 12) + CONV
    text += layer("SoftmaxWithLoss", "conv label", "loss") + layer("Accuracy", "conv label", "acc")
    text += layer("Dropout", "conv", "drop", "include { phase: TRAIN }")
    with pytest.raises(cnncalc.SpecError, match=r"\?x12x12: the file leaves sizes open"):
        read(tmp_path, text)
    graph = read(tmp_path, text, input="3x12x12")
    assert [node.name for node in graph.nodes] == ["data", "conv"]


def test_old_files_with_enumerations(tmp_path: Path) -> None:
    text = INPUT + 'layers { name: "ip" type: INNER_PRODUCT bottom: "data" top: "ip" '
    text += "inner_product_param { num_output: 5 } blobs_lr: 1 }\n"
    text += 'layers { name: "relu" type: RELU bottom: "ip" top: "ip" }\n'
    graph = read(tmp_path, text)
    assert [n.layer.keyword for n in graph.nodes[1:]] == ["flatten", "linear", "relu"]
    assert cnncalc.analyze(graph).totals().params == 5 * 576 + 5


@pytest.mark.parametrize(("second", "params"), [("w b", 80), ("w c", 160), ("v c", 160)])
def test_arrays_with_one_name_are_counted_once(tmp_path: Path, second: str, params: int) -> None:
    text = INPUT + layer("Slice", "data", "s", 'top: "t" slice_param { slice_point: 1 }')
    text += layer("Slice", "t", "a", 'top: "b" slice_param { slice_point: 1 }')
    for bottom, top, names in (("s", "one", "w b"), ("a", "two", second)):
        named = " ".join(f'param {{ name: "{name}" }}' for name in names.split())
        settings = f"{named} convolution_param {{ num_output: 8 kernel_size: 3 }}"
        text += layer("Convolution", bottom, top, settings)
    graph = read(tmp_path, text)
    assert cnncalc.analyze(graph).totals().params == params
    notes = " ".join(w.message for w in graph.warnings)
    assert ("counted in each" in notes) == (second == "w c")
    assert ("are counted once" in notes) == (second == "w b")


def test_a_segmentation_network_is_cut_back_to_its_input(tmp_path: Path) -> None:
    text = INPUT + CONV.replace("pad: 1", "pad: 20")
    larger = "convolution_param { num_output: 4 kernel_size: 4 stride: 2 bias_term: false }"
    text += layer("Deconvolution", "conv", "up", larger)
    text += layer("Crop", "up data", "score", "crop_param { axis: 2 offset: 19 }")
    found = shapes(tmp_path, text)
    assert found == [(8, 25, 27), (4, 52, 56), (4, 12, 16)]


def test_sums_with_coefficients_powers_and_gates(tmp_path: Path) -> None:
    text = INPUT + layer("Power", "data", "p", "power_param { scale: 0.5 shift: -1 }")
    text += layer("Eltwise", "data p", "e", "eltwise_param { coeff: 1 coeff: -1 }")
    text += layer("Eltwise", "e p", "f", "eltwise_param { operation: SUM coeff: 1 coeff: 0.5 }")
    text += layer("Concat", "e f", "c") + layer("Permute", "c", "g", "permute_param { order: 0 "
                                                "order: 2 order: 3 order: 1 }")  # fmt: skip
    graph = read(tmp_path, text + layer("Reshape", "g", "h", "reshape_param { shape { dim: 0 "
                                        "dim: -1 dim: 2 } }"))  # fmt: skip
    keywords = [n.layer.keyword for n in graph.nodes[1:]]
    assert keywords == ["scale", "subtract", "scale", "add", "concat", "permute", "reshape"]
    assert cnncalc.analyze(graph).facts[-1].output == (12 * 16 * 3, 2)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("layer {", "a message begins here that does not end", 1),
        ("layer }", "a `:` or a `{` is missing", 1),
        (INPUT + "layer { name: }", "a value is missing", 7),
        (INPUT + "layer { type: $ }", "has no meaning here", 7),
        (INPUT + layer("Convolution", "data", "c"), "num_output", 7),
        (INPUT + layer("NoSuch", "data", "c"), "no layer for the type NoSuch", 7),
        (INPUT + layer("ReLU", "date", "c"), "`date` is read here", 7),
        (INPUT + CONV.replace("8", "-8"), "`num_output` is -8, not a whole number", 8),
        (INPUT + CONV.replace("pad: 1", "pad: x"), "`pad` must be whole numbers", 8),
        ('net: "train.prototxt"', "has no layers", 1),
        ("a {" * 40, "nested more than 30 deep", 1),
    ],
)
def test_faults_are_shown_where_they_stand(
    tmp_path: Path, text: str, message: str, line: int
) -> None:
    with pytest.raises(cnncalc.SpecError) as caught:
        read(tmp_path, text)
    first = caught.value.diagnostics[0]
    assert message in first.message
    assert first.span is not None
    assert first.span.line == line
