"""One call of a Keras layer: its settings, what it reads, and what builds."""

from __future__ import annotations

from cnncalc.diagnostics import SpecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.exchange.builder import GraphBuilder
    from cnncalc.exchange.keras.model import KerasLayer
    from cnncalc.quantities import Shape

    Rule = Callable[["LayerUse"], int]


#: Names of settings that Keras 1 used.
OLD_SETTINGS = {
    "nb_filter": "filters", "border_mode": "padding", "subsample": "strides",
    "dim_ordering": "data_format", "output_dim": "units", "bias": "use_bias",
    "atrous_rate": "dilation_rate", "filter_length": "kernel_size", "pool_length": "pool_size",
    "subsample_length": "strides", "stride": "strides", "length": "size",
}  # fmt: skip


class LayerUse:
    """One call of a layer: its settings under their present names, what it reads, what builds.

    `inputs` are indices of nodes. `channels_last` is how the model counts its axes; shapes here
    are channels first all the same. `version` is Keras' major version.
    """

    def __init__(
        self,
        builder: GraphBuilder,
        entry: KerasLayer,
        name: str,
        inputs: list[int],
        channels_last: bool,
        version: int,
    ) -> None:
        self.builder = builder
        self.entry = entry
        self.kind = entry.kind
        self.name = name
        self.inputs = inputs
        self.channels_last = channels_last
        self.version = version
        self.config = settings(entry.config)

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
        return self.builder.add(keyword, read, name, owner=owner, **fields)

    def error(self, message: str, help: str | None = None) -> SpecError:
        """Return an error about this layer, to be raised."""
        return self.builder.error(f"{self.kind}: {message}", node=self.entry.name, help=help)


def settings(config: Any) -> dict[str, Any]:
    """Return a layer's settings under the names that Keras uses today."""
    if not isinstance(config, dict):
        return {}
    result = {OLD_SETTINGS.get(str(n), str(n)): value for n, value in config.items()}
    if "nb_row" in result:
        result["kernel_size"] = [result["nb_row"], result["nb_col"]]
    order = result.get("data_format")
    result["data_format"] = {"tf": "channels_last", "th": "channels_first"}.get(str(order), order)
    return result


def alone(keyword: str, **fields: Any) -> Rule:
    """Return the rule of a layer without settings of interest."""

    def rule(use: LayerUse) -> int:
        return use.add(keyword, **fields)

    return rule
