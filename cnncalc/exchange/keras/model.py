"""Keras models as lists of calls: from any file that holds one, in all three ways to write it.

Nothing of a file is ever run: Lambda layers, which hold program code, are refused by name.
"""

from __future__ import annotations

import json
import os

from cnncalc.diagnostics import UsageError
from cnncalc.exchange.files import Archive, error_in, needed
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    #: The layer that makes a value, which of its calls, which of its outputs.
    Key: TypeAlias = tuple[str, int, int]

#: A description of a model is never longer than this; weights lie elsewhere.
MOST_BYTES = 64 << 20
#: Texts within texts are opened so often.
MOST_TEXTS = 3
HDF5_READING = "reading HDF5 files"
HDF5 = b"\x89HDF\r\n\x1a\n"


def description(path: str) -> tuple[dict[str, Any], int]:
    """Return the model's description, and the major version of Keras that wrote it.

    Raises `SpecError` for a file without one, `UsageError` for a file that cannot be read.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(8)
            size = os.fstat(file.fileno()).st_size
            if start.startswith(b"PK"):
                text: Any = from_archive(path)
            elif start == HDF5:
                text = from_hdf5(path)
            elif size > MOST_BYTES:
                raise error_in(path, f"a description of a model has at most {MOST_BYTES >> 20} MiB")
            else:
                text = (start + file.read()).decode("utf-8", "replace")
    except OSError as fault:
        raise UsageError(f"cannot read {path}: {fault.strerror or fault}") from None
    return unwrapped(path, text)


def from_archive(path: str) -> str:
    """Return the text of `config.json` in a `.keras` archive."""
    archive = Archive(path)
    if "config.json" not in archive.entries:
        raise error_in(path, "the archive holds no config.json, as Keras' own do")
    return archive.text("config.json", MOST_BYTES)


def from_hdf5(path: str) -> dict[str, Any]:
    """Return the attributes `model_config` and `keras_version` of an HDF5 file."""
    h5py = needed("h5py", HDF5_READING, "keras")
    try:
        with h5py.File(path, "r") as file:
            found = {
                name: plain(file.attrs.get(name)) for name in ("model_config", "keras_version")
            }
    except (OSError, RuntimeError, ValueError, KeyError) as fault:
        raise error_in(path, f"the HDF5 file is damaged: {fault}") from None
    if found["model_config"] is None:
        message = "the HDF5 file holds weights without the network they belong to"
        raise error_in(path, message, "save the whole model, or `model.to_json()`")
    text = found["model_config"]
    return {**found, "model_config": from_text(path, text) if isinstance(text, str) else text}


def plain(value: Any) -> Any:
    """Return an attribute's text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def from_text(path: str, text: str) -> Any:
    """Return what a JSON text holds; raises `SpecError` for what is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise error_in(path, f"it is not JSON: {fault}") from None


def unwrapped(path: str, text: Any) -> tuple[dict[str, Any], int]:
    """Return the description within a JSON text or what one holds, whatever it is wrapped in."""
    found: Any = text
    for _ in range(MOST_TEXTS):
        if not isinstance(found, str):
            break
        found = from_text(path, found)
    version = 0
    for key in ("modelTopology", "model_config", "config"):
        if not isinstance(found, dict):
            break
        version = version or major(found.get("keras_version"))
        inner = found.get(key)
        if "class_name" not in found and isinstance(inner, dict):
            found = inner
    if isinstance(found, dict):
        version = version or major(found.get("keras_version"))
    if not isinstance(found, dict) or "class_name" not in found or "config" not in found:
        raise error_in(path, "it is JSON, but no description of a Keras model")
    return found, version or (3 if "module" in found else 2)  # Keras 3 names modules of classes


def major(version: object) -> int:
    """Return the first number of a version, 0 for none."""
    first = str(version or "").split(".")[0]
    return int(first) if first.isdigit() else 0


MODELS = ("Sequential", "Functional", "Model")
#: Where Keras 3 keeps the classes of functions such as `keras.ops.mean` and of `a + b`.
FUNCTIONS = ("keras.src.ops", "keras.ops")
#: Layers of TensorFlow's Keras that stand for a call of a function of TensorFlow.
FUNCTION_LAYERS = ("TFOpLambda", "SlicingOpLambda")
#: What stands in a call for an input that is a number of the file, not a layer's output.
CONSTANT = "_CONSTANT_VALUE"
MOST_NESTED = 20


class TensorPlace(Record):
    """Stands among the arguments of a call for one of its inputs."""

    position: int


class LayerCall:
    """One use of a layer: the inputs it reads, in order, and all its arguments.

    `shapes` are those that the file states for the inputs, batch first; None where it does not.
    """

    __slots__ = ("arguments", "inputs", "named", "shapes")

    def __init__(self) -> None:
        self.inputs: list[Key] = []
        self.shapes: list[Any] = []
        self.arguments: list[Any] = []
        self.named: dict[str, Any] = {}

    def tensor(self, key: Any, shape: Any = None) -> TensorPlace:
        """Add an input and return what stands for it among the arguments."""
        name, node, tensor = key
        self.inputs.append((str(name), int(node), int(tensor)))
        self.shapes.append(shape)
        return TensorPlace(len(self.inputs) - 1)


class KerasLayer:
    """One layer of a model: its class, its name, its settings, and its calls.

    `function` is whether it stands for a call of a function, not for a layer; `own` whether its
    class is the user's. `made` are the nodes that it became at its first call.
    """

    __slots__ = ("calls", "config", "function", "kind", "made", "name", "own", "parts",
                 "perhaps_function")  # fmt: skip

    def __init__(self, kind: str, name: str, config: Any, module: object = None) -> None:
        self.kind = kind
        self.name = name
        self.config = config
        self.calls: list[LayerCall] = []
        self.parts: dict[str, object] = {}
        self.made: list[int] = []
        place = str(module or "keras")
        self.function = place.startswith(FUNCTIONS) or kind in FUNCTION_LAYERS
        # An HDF5 file names no modules; but every layer of Keras 3 says whether it is trained.
        self.perhaps_function = not module and not (
            isinstance(config, dict) and "trainable" in config
        )
        self.own = not place.startswith(("keras", "tensorflow", "tf_keras"))

    def part(self, name: str) -> object:
        """Return what stands for one of the layers of ours that this layer becomes."""
        return self.parts.setdefault(name, object())


class KerasModel(Record):
    """A model's layers in order, its inputs and its outputs."""

    name: str
    layers: list[KerasLayer]
    inputs: list[Key]
    outputs: list[Key]


def model(entry: dict[str, Any]) -> KerasModel:
    """Return the model that a description holds; raises `KeyError`, `TypeError` or `ValueError`
    for one that is not whole.
    """
    config = entry["config"]
    if entry["class_name"] == "Sequential":
        return sequential(config)
    layers = [described(item) for item in config["layers"]]
    ends = [keys_of(config[side]) for side in ("input_layers", "output_layers")]
    return KerasModel(str(config.get("name", "model")), layers, *ends)


def described(item: dict[str, Any]) -> KerasLayer:
    """Return a layer of a functional model, with its calls."""
    name = str(item.get("name") or item["config"]["name"])
    entry = KerasLayer(item["class_name"], name, item["config"], item.get("module"))
    entry.calls = [call(node) for node in item.get("inbound_nodes", [])]
    return entry


def sequential(config: Any) -> KerasModel:
    """Return a chain of layers; its input may be stated by its first layer only."""
    items = config if isinstance(config, list) else config["layers"]
    name = "sequential" if isinstance(config, list) else str(config.get("name", "sequential"))
    layers: list[KerasLayer] = []
    previous: Key | None = None
    for number, item in enumerate(items):
        settings = item["config"]
        own = settings.get("name") if isinstance(settings, dict) else None
        name_here = str(own or f"layer_{number + 1}")
        entry = KerasLayer(item["class_name"], name_here, settings, item.get("module"))
        if previous is None and entry.kind != "InputLayer":
            layers.append(KerasLayer("InputLayer", "input", first_shape(item)))
            previous = ("input", 0, 0)
        if previous is not None:
            made = LayerCall()
            built = item.get("build_config")
            made.arguments = [made.tensor(previous, (built or {}).get("input_shape"))]
            entry.calls.append(made)
        layers.append(entry)
        previous = (entry.name, 0, 0)
    if previous is None:
        raise ValueError("the model has no layers")
    return KerasModel(name, layers, [(layers[0].name, 0, 0)], [previous])


def first_shape(item: Any) -> dict[str, Any]:
    """Return the settings of an input layer that the first layer of a chain stands for."""
    config = item["config"]
    while item["class_name"] in MODELS:  # a chain within a chain
        inner = config if isinstance(config, list) else config["layers"]
        item, config = inner[0], inner[0]["config"]
    for key in ("batch_input_shape", "batch_shape"):
        if config.get(key):
            return {"batch_input_shape": config[key]}
    if config.get("input_dim"):
        return {"batch_input_shape": [None, config["input_dim"]]}
    return {}


def keys_of(value: Any) -> list[Key]:
    """Return the ends of a model: `["name", 0, 0]`, or a list of such."""
    if value and isinstance(value[0], str):
        value = [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [(str(name), int(node), int(tensor)) for name, node, tensor in value]


def call(node: Any) -> LayerCall:
    """Return a call: `[["name", 0, 0, {}], ...]`, or the arguments that Keras 3 writes."""
    made = LayerCall()
    if isinstance(node, dict):
        made.arguments = opened(node.get("args", []), made)
        made.named = opened(node.get("kwargs", {}), made)
        return made
    for item in [node] if node and isinstance(node[0], str) else node:
        constant = item[0] == CONSTANT
        made.arguments.append(item[2] if constant else made.tensor(item[:3]))
        for name, value in (item[3] if len(item) > 3 else {}).items():
            made.named.setdefault(name, made.tensor(value) if is_key(value) else value)
    return made


def is_key(value: Any) -> bool:
    """Return whether a value is `["name", 0, 0]`, as older files name a layer's output."""
    return (
        isinstance(value, list)
        and [type(part) for part in value] == [str, int, int]
        and value[0] != CONSTANT
    )


def opened(value: Any, made: LayerCall, depth: int = 0) -> Any:
    """Return arguments of a call as Keras 3 writes them, with the inputs among them found."""
    if depth > MOST_NESTED:
        raise ValueError("the arguments of a call are nested too deep")
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            config = value["config"]
            return made.tensor(config["keras_history"], config.get("shape"))
        return {name: opened(item, made, depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [opened(item, made, depth + 1) for item in value]
    return value
