"""From the description of a Keras model to a graph."""

from __future__ import annotations

import os

from cnncalc.exchange.builder import GraphBuilder, Stated
from cnncalc.exchange.keras.file import description, error
from cnncalc.exchange.keras.layers import RULES
from cnncalc.exchange.keras.model import MODELS, KerasLayer, KerasModel, model
from cnncalc.exchange.keras.use import LayerUse, settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.builder import Given
    from cnncalc.exchange.keras.model import Key
    from cnncalc.graph import Graph

MOST_NESTED = 20
#: What is raised where a description leaves something out, or has another kind of it.
FAULTS = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError,
          RecursionError)  # fmt: skip


def read(path: str, given: Given, _strict: bool = False) -> Graph:
    """Return the graph of a Keras model: a `.keras` archive, a JSON text, or an HDF5 file.

    `given` gives shapes to inputs, also to those whose sizes are left open. Raises `SpecError` for
    a file that cannot be read.
    """
    described, version = description(path)
    try:
        found = model(described)
    except FAULTS as fault:
        raise error(path, f"the description of the model is not whole: {fault!r}") from None
    return KerasReader(path, version, given).graph(found)


class KerasReader:
    """What is known while the layers of a model, and of models within it, are called."""

    def __init__(self, path: str, version: int, given: Given) -> None:
        self.path = path
        self.version = version
        self.given = given
        self.builder = GraphBuilder(os.path.basename(path))
        self.models: dict[int, KerasModel] = {}
        self.channels_last = True

    def graph(self, found: KerasModel) -> Graph:
        """Return the graph of a model."""
        self.channels_last = counts_channels_last(found)
        by_name = {entry.name: entry for entry in found.layers}
        stated = []
        for name, _, _ in found.inputs:
            entry = by_name.get(name)
            if entry is None:
                raise error(self.path, f"there is no layer `{name}`, which is said to be an input")
            stated.append(self.stated(entry))
        entered = self.builder.enter(stated, self.given)
        values: dict[Key, int] = {(name, 0, 0): index for name, index in entered.items()}
        ends = self.called(found, values, "", 0)
        return self.builder.graph(found.name, ends)

    def stated(self, entry: KerasLayer) -> Stated:
        """Return an input of the network as the file states it."""
        config = settings(entry.config)
        stated = config.get("batch_shape") or config.get("batch_input_shape")
        if isinstance(stated, list) and stated and isinstance(stated[0], list):
            stated = stated[0]
        lengths = [int(n or 0) for n in stated[1:]] if isinstance(stated, list) else []
        if self.channels_last and len(lengths) > 1:
            lengths = [lengths[-1], *lengths[:-1]]
        return Stated(entry.name, lengths)

    def called(
        self, found: KerasModel, values: dict[Key, int], scope: str, depth: int
    ) -> list[int]:
        """Return the outputs of a model whose inputs have values."""
        self.builder.check_count(sum(len(entry.calls) for entry in found.layers))
        if depth > MOST_NESTED:
            raise error(self.path, f"models are nested more than {MOST_NESTED} deep")
        waiting = [(entry, number) for entry in found.layers for number in range(len(entry.calls))]
        # Layers may stand in any order: those that can be called are called, until none is left.
        while waiting:
            later = []
            for entry, number in waiting:
                keys = entry.calls[number].inputs
                if entry.kind == "InputLayer" and not keys:
                    continue
                if all(key in values for key in keys):
                    results = self.call(entry, [values[key] for key in keys], scope, depth)
                    for tensor, index in enumerate(results):
                        values[entry.name, number, tensor] = index
                else:
                    later.append((entry, number))
            if len(later) == len(waiting):
                entry, number = later[0]
                missing = [key[0] for key in entry.calls[number].inputs if key not in values]
                raise error(
                    self.path, f"layer `{entry.name}` reads `{missing[0]}`, which nothing makes"
                )
            waiting = later
        try:
            return [values[key] for key in found.outputs]
        except KeyError as fault:
            raise error(self.path, f"nothing makes the output {fault}") from None

    def call(self, entry: KerasLayer, inputs: list[int], scope: str, depth: int) -> list[int]:
        """Return the outputs of one call of a layer, or of a model within the model."""
        name = f"{scope}{entry.name}"
        if entry.kind in MODELS:
            inner = self.inner(entry)
            keys = inner.inputs
            if len(keys) != len(inputs):
                message = f"model `{entry.name}` has {len(keys)} inputs, but gets {len(inputs)}"
                raise error(self.path, message)
            values = dict(zip(keys, inputs, strict=True))
            return self.called(inner, values, f"{name}/", depth + 1)
        rule = RULES.get(entry.kind)
        use = LayerUse(self.builder, entry, name, inputs, self.channels_last, self.version)
        if rule is None or not inputs:
            raise use.error(
                "it holds program code, which is never run"
                if entry.kind == "Lambda"
                else "there is no such layer",
            )
        try:
            return [rule(use)]
        except FAULTS as fault:
            raise use.error(f"its settings are not whole: {fault!r}") from None

    def inner(self, entry: KerasLayer) -> KerasModel:
        """Return a model within the model, read once: all its calls share its layers."""
        found = self.models.get(id(entry))
        if found is None:
            try:
                found = model({"class_name": entry.kind, "config": entry.config})
            except FAULTS as fault:
                message = f"the description of model `{entry.name}` is not whole: {fault!r}"
                raise error(self.path, message) from None
            self.models[id(entry)] = found
        return found


def counts_channels_last(found: KerasModel) -> bool:
    """Return whether the model's maps have their channels at the end, as Keras' default is."""
    for entry in found.layers:
        if entry.kind in MODELS:
            inner: Any = entry.config
            items = inner if isinstance(inner, list) else inner.get("layers", [])
            formats = [settings(item.get("config")).get("data_format") for item in items]
        else:
            formats = [settings(entry.config).get("data_format")]
        if "channels_first" in formats:
            return False
        if "channels_last" in formats:
            return True
    return True
