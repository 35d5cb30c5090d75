"""From the description of a Keras model to a graph."""

from __future__ import annotations

import os

from cnncalc.exchange.builder import GraphBuilder, Stated
from cnncalc.exchange.files import error_in
from cnncalc.exchange.keras.layers import ELEMENT_BY_ELEMENT, RULES
from cnncalc.exchange.keras.model import MODELS, KerasLayer, KerasModel, description, model
from cnncalc.exchange.keras.use import LayerUse, ModelBuild, UnknownLayer, settings
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.builder import Given
    from cnncalc.exchange.keras.model import Key
    from cnncalc.exchange.keras.use import Rule
    from cnncalc.graph import Graph

MOST_NESTED = 20
#: What is raised where a description leaves something out, or has another kind of it.
FAULTS = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError,
          RecursionError)  # fmt: skip


def read(path: str, given: Given, strict: bool = False) -> Graph:
    """Return the graph of a Keras model: a `.keras` archive, a JSON text, or an HDF5 file.

    `given` gives shapes to inputs, also to those whose sizes are left open. With `strict` a layer
    that cannot be counted is an error. Raises `SpecError` for a file that cannot be read.
    """
    return KerasReader(path, given, strict).graph()


class KerasReader(ModelBuild):
    """Calls the layers of a model, and of models within it."""

    def __init__(self, path: str, given: Given, strict: bool = False) -> None:
        described, version = description(path)
        super().__init__(GraphBuilder(os.path.basename(path)), version, strict)
        self.given = given
        self.models: dict[int, KerasModel] = {}
        try:
            self.model = model(described)
        except FAULTS as fault:
            raise error_in(path, f"the description of the model is not whole: {fault!r}") from None

    def graph(self) -> Graph:
        """Return the graph of the whole model."""
        found = self.model
        self.channels_last = counts_channels_last(found)
        by_name = {entry.name: entry for entry in found.layers}
        stated = []
        for name, _, _ in found.inputs:
            entry = by_name.get(name)
            if entry is None:
                raise self.builder.error(
                    f"there is no layer `{name}`, which is said to be an input"
                )
            stated.append(self.stated(entry))
        entered = self.builder.enter(stated, self.given)
        self.as_stated = all(
            self.builder.shapes[entered[entry.name]] == tuple(entry.lengths) for entry in stated
        )
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
            raise self.builder.error(f"models are nested more than {MOST_NESTED} deep")
        reads = Reads(found)
        waiting = [(entry, number) for entry in found.layers for number in range(len(entry.calls))]
        # Layers may stand in any order: those that can be called are called, until none is left.
        while waiting:
            later = []
            for entry, number in waiting:
                keys = entry.calls[number].inputs
                if entry.kind == "InputLayer" and not keys:
                    continue
                if all(key in values for key in keys):
                    read = [values[key] for key in keys]
                    results = self.call(entry, number, read, scope, depth, reads)
                    for tensor, index in enumerate(results):
                        values[entry.name, number, tensor] = index
                else:
                    later.append((entry, number))
            if len(later) == len(waiting):
                entry, number = later[0]
                missing = [key[0] for key in entry.calls[number].inputs if key not in values]
                raise self.builder.error(
                    f"layer `{entry.name}` reads `{missing[0]}`, which nothing makes"
                )
            waiting = later
        try:
            return [values[key] for key in found.outputs]
        except KeyError as fault:
            raise self.builder.error(f"nothing makes the output {fault}") from None

    def call(
        self,
        entry: KerasLayer,
        number: int,
        inputs: list[int],
        scope: str,
        depth: int,
        reads: Reads,
    ) -> list[int]:
        """Return the outputs of one call of a layer, or of a model within the model."""
        name = f"{scope}{entry.name}"
        if entry.kind in MODELS:
            inner = self.inner(entry)
            keys = inner.inputs
            if len(keys) != len(inputs):
                message = f"model `{entry.name}` has {len(keys)} inputs, but gets {len(inputs)}"
                raise self.builder.error(message)
            values = dict(zip(keys, inputs, strict=True))
            return self.called(inner, values, f"{name}/", depth + 1)
        if not inputs:
            message = f"layer `{entry.name}` ({entry.kind}) reads nothing"
            raise self.builder.error(message)
        use = LayerUse(self, entry, name, inputs, entry.calls[number])
        if entry.kind == "Lambda":
            raise use.error("it holds program code, which is never run")
        try:
            return self.layer(use)
        except UnknownLayer as reason:
            key = entry.name, number, 0
            return [use.custom(reason, reads.shapes.get(key), reads.readers.get(key))]
        except FAULTS as fault:
            raise use.error(f"its settings are not whole: {fault!r}") from None

    def layer(self, use: LayerUse) -> list[int]:
        """Return the nodes that a call of a layer becomes; raises `UnknownLayer`."""
        rule = rule_of(use)
        if rule is None or use.entry.own:
            raise use.unknown("there is no such layer")
        orders = {self.orders.get(index) for index in use.inputs}
        same = len(orders) == 1 and use.kind in ELEMENT_BY_ELEMENT
        if orders != {None} and not same:
            use.inputs[:] = [self.in_order(use, index) for index in use.inputs]
        made = rule(use)
        found = made if isinstance(made, list) else [made]
        order = orders.pop()
        if same and order is not None and self.builder.shapes[found[0]] == (product(order),):
            for index in {*found, *use.entry.made}:
                self.orders[index] = order
        return found

    def in_order(self, use: LayerUse, index: int) -> int:
        """Return a node with its elements in the order in which Keras has them."""
        order = self.orders.get(index)
        if order is None:
            return index
        whole = use.add("reshape", index, part="map", shape=order)
        last = use.add("permute", whole, part="order", dims=(*range(1, len(order)), 0))
        return use.add("flatten", last, part="flat")

    def inner(self, entry: KerasLayer) -> KerasModel:
        """Return a model within the model, read once: all its calls share its layers."""
        found = self.models.get(id(entry))
        if found is None:
            try:
                found = model({"class_name": entry.kind, "config": entry.config})
            except FAULTS as fault:
                message = f"the description of model `{entry.name}` is not whole: {fault!r}"
                raise self.builder.error(message) from None
            self.models[id(entry)] = found
        return found


class Reads:
    """What the layers of a model read: of each value the readers, and the shape they state."""

    def __init__(self, found: KerasModel) -> None:
        self.readers: dict[Key, list[str]] = {}
        self.shapes: dict[Key, Any] = {}
        for entry in found.layers:
            for call in entry.calls:
                for key, shape in zip(call.inputs, call.shapes, strict=True):
                    self.readers.setdefault(key, []).append(entry.name)
                    self.shapes.setdefault(key, shape)


def rule_of(use: LayerUse) -> Rule | None:
    """Return what makes a layer of ours of a call, or None."""
    if use.entry.function or (use.version >= 3 and use.entry.perhaps_function):
        from cnncalc.exchange.keras.ops import function_rule

        return function_rule(use)
    return RULES.get(use.kind)


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
