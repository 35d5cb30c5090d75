"""Keras models as lists of calls: which layer reads what, in all three ways to write it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    #: The layer that makes a value, which of its calls, which of its outputs.
    Key: TypeAlias = tuple[str, int, int]

MODELS = ("Sequential", "Functional", "Model")


class LayerCall:
    """One use of a layer: what it reads, in order."""

    __slots__ = ("inputs",)

    def __init__(self, inputs: list[Key]) -> None:
        self.inputs = inputs


class KerasLayer:
    """One layer of a model: its class, its name, its settings, and its calls."""

    __slots__ = ("calls", "config", "kind", "name", "parts")

    def __init__(self, kind: str, name: str, config: Any, calls: list[LayerCall]) -> None:
        self.kind = kind
        self.name = name
        self.config = config
        self.calls = calls
        self.parts: dict[str, object] = {}

    def part(self, name: str) -> object:
        """Return what stands for one of the layers of ours that this layer becomes."""
        return self.parts.setdefault(name, object())


class KerasModel:
    """A model's layers in order, its inputs and its outputs."""

    __slots__ = ("inputs", "layers", "name", "outputs")

    def __init__(
        self, name: str, layers: list[KerasLayer], inputs: list[Key], outputs: list[Key]
    ) -> None:
        self.name = name
        self.layers = layers
        self.inputs = inputs
        self.outputs = outputs


def model(entry: dict[str, Any]) -> KerasModel:
    """Return the model that a description holds; raises `KeyError`, `TypeError` or `ValueError`
    for one that is not whole.
    """
    config = entry["config"]
    if entry["class_name"] == "Sequential":
        return sequential(config)
    layers = [
        KerasLayer(
            item["class_name"],
            str(item.get("name") or item["config"]["name"]),
            item["config"],
            [call(node) for node in item.get("inbound_nodes", [])],
        )
        for item in config["layers"]
    ]
    ends = [keys_of(config[side]) for side in ("input_layers", "output_layers")]
    return KerasModel(str(config.get("name", "model")), layers, *ends)


def sequential(config: Any) -> KerasModel:
    """Return a chain of layers; its input may be stated by its first layer only."""
    items = config if isinstance(config, list) else config["layers"]
    name = "sequential" if isinstance(config, list) else str(config.get("name", "sequential"))
    layers: list[KerasLayer] = []
    previous: Key | None = None
    for number, item in enumerate(items):
        settings = item["config"]
        own = settings.get("name") if isinstance(settings, dict) else None
        entry = KerasLayer(item["class_name"], str(own or f"layer_{number + 1}"), settings, [])
        if previous is None and entry.kind != "InputLayer":
            layers.append(KerasLayer("InputLayer", "input", first_shape(item), []))
            previous = ("input", 0, 0)
        if previous is not None:
            entry.calls.append(LayerCall([previous]))
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
    found: list[Key] = []
    if isinstance(node, dict):
        tensors(node.get("args", []), found)
        tensors(node.get("kwargs", {}), found)
    else:
        if node and isinstance(node[0], str):
            node = [node]
        for item in node:
            name, number, tensor = item[:3]
            found.append((str(name), int(number), int(tensor)))
    return LayerCall(found)


def tensors(value: Any, found: list[Key], depth: int = 0) -> None:
    """Collect the layers' outputs among the arguments of a call, in their order."""
    if depth > 20:
        raise ValueError("the arguments of a call are nested too deep")
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            name, number, tensor = value["config"]["keras_history"]
            found.append((str(name), int(number), int(tensor)))
            return
        for item in value.values():
            tensors(item, found, depth + 1)
    elif isinstance(value, list):
        for item in value:
            tensors(item, found, depth + 1)
