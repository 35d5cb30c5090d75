"""One call of a Keras layer: its settings, what it reads, and what builds."""

from __future__ import annotations

import re

from cnncalc.diagnostics import SpecError
from cnncalc.exchange.keras.model import KerasLayer, LayerCall, TensorPlace
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.exchange.builder import GraphBuilder
    from cnncalc.quantities import Shape

    #: The node that a layer becomes, or one for each of its outputs.
    Rule = Callable[["LayerUse"], int | list[int]]
    OneRule = Callable[["LayerUse"], int]


#: A map has at most so many axes, the channels among them.
MOST_AXES = 4
#: Names of settings that Keras 1 used.
OLD_SETTINGS = {
    "nb_filter": "filters", "border_mode": "padding", "subsample": "strides",
    "dim_ordering": "data_format", "output_dim": "units", "bias": "use_bias",
    "atrous_rate": "dilation_rate", "filter_length": "kernel_size", "pool_length": "pool_size",
    "subsample_length": "strides", "stride": "strides", "length": "size",
}  # fmt: skip


class UnknownLayer(Exception):
    """A layer, or what its settings ask for, has no layer of ours; the text says what.

    `shape` is that of its output where it is known all the same, `counts` what is known of it.
    """

    def __init__(self, message: str, shape: Shape | None, counts: dict[str, Any]) -> None:
        super().__init__(message)
        self.shape = shape
        self.counts = counts


class ModelBuild:
    """What is known while a model is read: how it counts its axes, and what builds.

    `orders` has the nodes whose output is a flattened map, channel after channel, with the shape
    of that map: Keras has such elements in another order. `as_stated` is whether the inputs have
    the shapes that the file states.
    """

    def __init__(self, builder: GraphBuilder, version: int, strict: bool) -> None:
        self.builder = builder
        self.version = version
        self.strict = strict
        self.channels_last = True
        self.as_stated = True
        self.orders: dict[int, Shape] = {}


class LayerUse:
    """One call of a layer: its settings under their present names, what it reads, what builds.

    `inputs` are indices of nodes. Shapes are channels first here, however the model counts them.
    """

    def __init__(
        self,
        model: ModelBuild,
        entry: KerasLayer,
        name: str,
        inputs: list[int],
        call: LayerCall,
    ) -> None:
        self.model = model
        self.builder = model.builder
        self.entry = entry
        self.kind = entry.kind
        self.name = name
        self.inputs = inputs
        self.call = call
        self.channels_last = model.channels_last
        self.version = model.version
        self.config = settings(entry.config)

    def within(self, described: Any, part: str = "") -> LayerUse:
        """Return the use of a layer that this one holds, on the same inputs."""
        config = described.get("config", {})
        inner = KerasLayer(str(described.get("class_name")), self.entry.name, config)
        name = f"{self.name}/{part}" if part else self.name
        return LayerUse(self.model, inner, name, self.inputs, self.call)

    def argument(self, position: int, *names: str, default: Any = None) -> Any:
        """Return an argument of the call of a function, by its place or one of its names.

        An input is an index of a node within a `TensorPlace`. What is part of the function itself
        stands among the settings.
        """
        if position < len(self.call.arguments):
            return self.call.arguments[position]
        for source in (self.call.named, self.config):
            for name in names:
                if source.get(name) is not None:
                    return source[name]
        return default

    def read(self, argument: Any) -> int | None:
        """Return the node that an argument of the call is, or None if it is none."""
        return self.inputs[argument.position] if isinstance(argument, TensorPlace) else None

    def get(self, name: str, default: Any = None) -> Any:
        """Return a setting, or a default where it is missing or null."""
        found = self.config.get(name)
        return default if found is None else found

    def shape(self, position: int = 0) -> Shape:
        """Return the shape of an input, channels first."""
        return self.builder.shapes[self.inputs[position]]

    @property
    def rank(self) -> int:
        """How many spatial axes the input has."""
        return len(self.shape()) - 1

    def axis(self, axis: int) -> int:
        """Return an axis of Keras, which counts the batch, as one of ours: 0 is the channels."""
        whole = self.rank + 2
        own = axis + whole if axis < 0 else axis
        if not 1 <= own < whole:
            raise self.error(f"its axis is {axis}, which is not one of a sample")
        if not self.channels_last or self.rank == 0:
            return own - 1
        return 0 if own == whole - 1 else own

    def spatial(self, name: str, default: int | None = 1) -> Any:
        """Return a setting with one number per spatial axis; without a default it must be there."""
        value = self.config[name] if default is None else self.get(name, default)
        values = [int(n) for n in value] if isinstance(value, list | tuple) else [int(value)]
        if len(values) == 1:
            return values[0]
        if len(values) != self.rank:
            raise self.error(f"`{name}` has {len(values)} numbers for {self.rank} axes")
        return values[0] if len(set(values)) == 1 else tuple(values)

    def add(self, keyword: str, *inputs: int, part: str = "", **fields: Any) -> int:
        """Add a layer that reads some nodes, by default the inputs of this call.

        Calls of one Keras layer share the weights of what they become, part by part.
        """
        name = f"{self.name}/{part}" if part else self.name
        owner = self.entry.part(part)
        read = tuple(inputs) or tuple(self.inputs)
        frozen = self.config.get("trainable") is False
        index = self.builder.add(keyword, read, name, owner=owner, frozen=frozen, **fields)
        if self.builder.nodes[index].shares is None:
            self.entry.made.append(index)
        return index

    def counted(self, shape: Shape | None, *inputs: int, **counts: int) -> int:
        """Add what no layer of ours computes, but whose cost is known.

        `counts` are of operations, `each_` before them for what is spent on each element of the
        output; a `shape` of None is that of the first input.
        """
        read = inputs or tuple(self.inputs)
        output = self.builder.shapes[read[0]] if shape is None else shape
        size = product(output)
        costs: dict[str, Any] = {
            name.removeprefix("each_"): n * size if name.startswith("each_") else n
            for name, n in counts.items()
        }
        return self.add("custom", *read, kind=self.kind, output=output, rest="none", **costs)

    def unknown(
        self, message: str, shape: Shape | None = None, **counts: int
    ) -> UnknownLayer:  # to be raised
        """Return what says that this layer has no layer of ours."""
        return UnknownLayer(message, shape, counts)

    def custom(self, reason: UnknownLayer, stated: Any = None, readers: Any = None) -> int:
        """Return a layer that is not known, of the shape that is stated for what it makes.

        Raises `SpecError` with `strict`, or where the shape is not known.
        """
        if self.model.strict:
            raise self.error(str(reason))
        shape = reason.shape
        if shape is None and self.model.as_stated:
            shape = self.channels_first(stated)
        if shape is None:
            read = f"`{readers[0]}` reads it" if readers else "it is an output"
            message = f"{reason}, nor does the file say the shape of its output; {read}"
            raise self.error(message, "cut the model before it, or save it by Keras 3")
        kind = re.sub("[^A-Za-z0-9_]+", "_", self.kind).strip("_") or "layer"
        return self.add("custom", kind=kind, output=shape, **reason.counts)

    def channels_first(self, stated: Any) -> Shape | None:
        """Return a stated shape, which begins with the batch, as ours; None for an open one."""
        lengths = stated[1:] if isinstance(stated, list) else []
        if not 1 <= len(lengths) <= MOST_AXES or any(type(n) is not int or n < 1 for n in lengths):
            return None
        return (lengths[-1], *lengths[:-1]) if self.channels_last else tuple(lengths)

    def error(self, message: str, help: str | None = None) -> SpecError:
        """Return an error about this layer, to be raised."""
        return self.builder.error(f"{self.kind}: {message}", node=self.entry.name, help=help)


def settings(config: Any) -> dict[str, Any]:
    """Return a layer's settings under the names that Keras uses today."""
    if not isinstance(config, dict):
        return {}
    result = {OLD_SETTINGS.get(str(n), str(n)): value for n, value in config.items()}
    if "nb_row" in result:
        result["kernel_size"] = [result["nb_row"], result.get("nb_col")]
    order = result.get("data_format")
    result["data_format"] = {"tf": "channels_last", "th": "channels_first"}.get(str(order), order)
    return result


def alone(keyword: str, **fields: Any) -> OneRule:
    """Return the rule of a layer without settings of interest."""
    return lambda use: use.add(keyword, **fields)


def counting(**each: int) -> OneRule:
    """Return the rule of a function of one element that no layer of ours computes."""
    return lambda use: use.counted(None, **each)
