"""Pictures of a run: the input, each filter, each feature map, as numbers that can be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analysis.walk import analyze
from cnncalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncalc.executor.weights import WeightSource
    from cnncalc.executor.workspace import Array
    from cnncalc.graph import Graph

#: So many maps of a layer are shown, and so many channels of the input and of a filter.
MOST_MAPS, MOST_CHANNELS = 16, 3


class Panel(Record):
    """One picture: numbers in rows (an array with two axes), and the largest size on its scale.

    A panel that is not `signed` goes from black at 0 to white at `limit`; a signed one has zero in
    the middle, `limit` on one side and `-limit` on the other.
    """

    title: str
    numbers: Array
    limit: float
    signed: bool

    @property
    def low(self) -> float:
        """The smallest number."""
        return float(self.numbers.min())

    @property
    def high(self) -> float:
        """The largest number."""
        return float(self.numbers.max())


class MapPanels(Record):
    """One feature map, and the filter that made it, a panel for each channel; none without one."""

    filter: tuple[Panel, ...]
    map: Panel


class LayerMaps(Record):
    """The maps of one layer, on one scale; `left_out` counts those that are not shown."""

    name: str
    keyword: str
    items: tuple[MapPanels, ...]
    left_out: int


class Maps(Record):
    """A run in pictures: its inputs and the maps of some layers."""

    name: str
    inputs: tuple[Panel, ...]
    layers: tuple[LayerMaps, ...]


def pictured(
    graph: Graph,
    inputs: Sequence[Array],
    outputs: Mapping[str, Array],
    source: WeightSource,
    sample: int = 0,
) -> Maps:
    """Return the pictures of one sample of a run; `outputs` are its layers' outputs by name."""
    panels = []
    for index, array in zip(graph.inputs, inputs, strict=True):
        name = graph.nodes[index].name
        planes = flat(array[sample])[:MOST_CHANNELS]
        limit = float(max(abs(planes.min()), abs(planes.max()), 1e-12))
        signed = bool(planes.min() < 0)
        for channel, plane in enumerate(planes):
            title = f"{name}, channel {channel}" if len(array[sample]) > 1 else name
            panels.append(Panel(title, plane, max(limit, 1.0) if not signed else limit, signed))
    layers = [layer_maps(graph, name, array[sample], source) for name, array in outputs.items()]
    return Maps(graph.name, tuple(panels), tuple(layers))


def layer_maps(graph: Graph, name: str, output: Array, source: WeightSource) -> LayerMaps:
    """Return the maps of one layer with their filters."""
    index = graph.index(name)
    node = graph.nodes[index]
    planes = flat(output)
    limit = float(max(abs(planes.min()), abs(planes.max()), 1e-12))
    signed = bool(planes.min() < 0)
    filters = filters_of(graph, index, source)
    reach = 1e-12 if filters is None else float(max(abs(filters.min()), abs(filters.max()), 1e-12))
    items = []
    for channel, plane in enumerate(planes[:MOST_MAPS]):
        kernels: tuple[Panel, ...] = ()
        if filters is not None and len(filters) == len(planes):
            kernels = tuple(
                [
                    Panel(f"filter {channel}, channel {c}", kernel, reach, True)
                    for c, kernel in enumerate(filters[channel][:MOST_CHANNELS])
                ]
            )
        items.append(MapPanels(kernels, Panel(f"map {channel}", plane, limit, signed)))
    return LayerMaps(name, node.layer.keyword, tuple(items), max(len(planes) - MOST_MAPS, 0))


def filters_of(graph: Graph, index: int, source: WeightSource) -> Array | None:
    """Return the kernels (out, in, height, width) of a layer with sliding filters, else None."""
    node = graph.nodes[index]
    owner = index if node.shares is None else node.shares
    if not node.layer.slides:
        return None
    facts = analyze(graph).facts[index]
    for spec in facts.params:
        if spec.name == "weight" and len(spec.shape) in (3, 4) and spec.shape[0] == facts.output[0]:
            array = source.array(owner, spec, outputs_last=False)
            return array if array.ndim == 4 else array[:, :, None, :]
    return None


def flat(sample: Array) -> Array:
    """Return a sample as planes (C, height, width): a signal is one row, a volume its first slice.

    A vector is one plane of one row.
    """
    if sample.ndim == 1:
        return sample[None, None, :]
    if sample.ndim == 2:
        return sample[:, None, :]
    if sample.ndim == 4:
        return sample[:, 0]
    return sample
