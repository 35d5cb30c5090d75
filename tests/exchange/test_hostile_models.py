"""Files that mean no good: an error that says where, soon, and with little memory."""

from __future__ import annotations

import json
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import cnncalc

NET = "[net]\nwidth=8\nheight=8\nchannels=3\n"


def dense(count: int) -> str:
    """Return a Keras model of so many layers."""
    layer = {"class_name": "Dense", "config": {"units": 5, "batch_input_shape": [None, 3]}}
    return json.dumps({"class_name": "Sequential", "config": {"layers": [layer] * count}})


TEXTS: dict[str, tuple[str, Callable[[], str], str]] = {
    "brackets": ("json", lambda: "[" * 100_000, "not JSON"),
    "mappings": ("json", lambda: '{"config":' * 50_000, "not JSON"),
    "a long number": ("json", lambda: "9" * 100_000, "not JSON"),
    "many layers": ("json", lambda: dense(20_001), "more than 20,000 are not read"),
    "infinite units": ("json", lambda: dense(1).replace("5", "1e400"), "not whole"),
    "huge units": ("json", lambda: dense(1).replace("5", "9" * 30), "out_features"),
    "messages": ("prototxt", lambda: "layer {" * 100_000, "nested more than 30 deep"),
    "lists": ("prototxt", lambda: "a: " + "[" * 100_000, "nested more than 30 deep"),
    "an endless text": ("prototxt", lambda: 'a: "' + "x" * 2_000_000, "no meaning"),
    "many words": ("prototxt", lambda: "a:1 " * 70_000, "at most 200,000 words"),
    "many lines": ("cfg", lambda: NET + "a=1\n" * 300_000, "at most 300,000 lines"),
    "many sections": ("cfg", lambda: NET + "[dropout]\n" * 20_001, "are not read"),
    "doubled channels": (
        "cfg", lambda: NET + "[dropout]\n" + "[route]\nlayers=-1,-1\n" * 70, "no axis may be longer"
    ),
    "no number": ("cfg", lambda: NET.replace("8", "nan"), "not a whole number"),
    "zeros": ("cfg", lambda: "\0" * 1000, "not text"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_texts(tmp_path: Path, name: str) -> None:
    suffix, text, message = TEXTS[name]
    path = tmp_path / f"net.{suffix}"
    path.write_text(text())
    start = time.process_time()
    with pytest.raises(cnncalc.SpecError, match=message):
        cnncalc.load(str(path))
    assert time.process_time() - start < 20  # two at most, or very long


def test_an_archive_that_unpacks_to_much_more_than_it_is(tmp_path: Path) -> None:
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "[" * (20 << 20))
    tracemalloc.start()
    with pytest.raises(cnncalc.SpecError, match="no model does that"):
        cnncalc.load(str(path))
    assert tracemalloc.get_traced_memory()[1] < 10 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("suffix", ["keras", "pt2"])
def test_an_archive_of_very_many_entries(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"net.{suffix}"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20_001):
            archive.writestr(str(number), "")
    with pytest.raises(cnncalc.SpecError, match="more than 20,000 entries"):
        cnncalc.load(str(path))


@pytest.mark.parametrize("suffix", ["keras", "pt2", "onnx"])
@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + b"\xff" * 18, b"\0" * 500])
def test_files_that_are_nothing(tmp_path: Path, suffix: str, content: bytes) -> None:
    if suffix == "onnx":
        pytest.importorskip("onnx")
    path = tmp_path / f"net.{suffix}"
    path.write_bytes(content)
    with pytest.raises(cnncalc.SpecError):
        cnncalc.load(str(path))


def onnx_faults() -> dict[str, tuple[list[tuple[str, str, str, dict[str, object]]], object, str]]:
    """Return operations, an array `w`, and what the error says, by name."""
    import numpy as np

    return {
        "a circle": ([("Add", "x b", "a", {}), ("Relu", "a", "b", {}), ("Relu", "b", "y", {})],
                     None, "nothing before it makes"),
        "a text for numbers": ([("MaxPool", "x", "y", {"kernel_shape": "abc"})], None,
                               "not what it needs"),
        "no attributes": ([("LRN", "x", "y", {})], None, "not what it needs"),
        "one input too few": ([("Add", "x", "y", {})], None, "not what it needs"),
        "a huge kernel": ([("MaxPool", "x", "y", {"kernel_shape": [2**40, 3]})], None,
                          "kernel_size"),
        "no stride": ([("MaxPool", "x", "y", {"kernel_shape": [1, 1], "strides": [0, 0]})], None,
                      "stride"),
        "an array for another layer": ([("BatchNormalization", "x w w w w", "y", {})],
                                       np.zeros(7, np.float32), "its weight is 7, but 3"),
        "an array that grows": ([("Tile", "w r", "v", {}), ("Add", "x v", "y", {})],
                                np.zeros(1000, np.float32), "reads nothing"),
        "a range without end": ([("Range", "z r o", "v", {}), ("Add", "x v", "y", {})],
                                None, "reads nothing"),
    }  # fmt: skip


@pytest.mark.parametrize("number", range(9))
def test_operations_that_fit_nothing(tmp_path: Path, number: int) -> None:
    onnx = pytest.importorskip("onnx")
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    nodes, array, message = list(onnx_faults().values())[number]
    arrays = {"r": np.array([10**12], np.int64), "z": np.int64(0), "o": np.int64(1)}
    arrays["r"] = arrays["r"] if nodes[0][0] == "Tile" else np.int64(10**12)
    graph = helper.make_graph(
        [helper.make_node(k, i.split(), o.split(), **more) for k, i, o, more in nodes],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 3, 8, 8))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(a), n) for n, a in {**arrays, "w": array}.items()
         if a is not None],
    )  # fmt: skip
    path = str(tmp_path / "net.onnx")
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    with pytest.raises(cnncalc.SpecError, match=message):
        cnncalc.load(path)


@pytest.mark.parametrize(
    ("shape", "message"), [((2**20, 2**20), "only 4 bytes"), ((-3, 3), "has a size of")]
)
def test_arrays_that_are_not_in_the_file(
    tmp_path: Path, shape: tuple[int, ...], message: str
) -> None:
    pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    tensor = TensorProto(name="w", data_type=1, raw_data=b"1234", dims=shape)
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"])],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 3, 8, 8))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [tensor],
    )
    path = tmp_path / "net.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    with pytest.raises(cnncalc.SpecError, match=message):
        cnncalc.load(str(path))


def test_names_that_are_no_text(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    relu = onnx.helper.make_node("Relu", ["x"], ["name_to_damage"])
    ends = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 3, 8, 8])
        for name in ("x", "name_to_damage")
    ]
    graph = onnx.helper.make_graph([relu], "net", ends[:1], ends[1:])
    path = tmp_path / "net.onnx"
    data = onnx.helper.make_model(graph).SerializeToString()
    path.write_bytes(data.replace(b"name_to", b"\xff\xfe\xfd\xfc_to"[:7]))
    with pytest.raises(cnncalc.SpecError, match="is not UTF-8 text"):
        cnncalc.load(str(path))
