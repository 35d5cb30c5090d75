"""What a slip can be: a layer seen otherwise, a count made otherwise, a field that grows otherwise.

The rows of `slips` are made of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.geometry import Window, output_length, same_padding, transposed_length
from cnncalc.grading.marking.believed_network import BelievedNetwork, Change, Shapes, window_of
from cnncalc.layers.axes import per_axis
from cnncalc.layers.base import Layer
from cnncalc.layers.pool import Pool
from cnncalc.layers.window import Windowed
from cnncalc.quantities import product

if TYPE_CHECKING:
    from cnncalc.geometry import Rounding
    from cnncalc.quantities import Shape

#: A wrong value: a number, or a shape that the question asks about; None if there is none.
Wrong = tuple[int, ...] | int | None
Concerns = Callable[[Layer], bool]
Alter = Callable[[int, Window], Window]


def is_a(*kinds: type[Layer]) -> Concerns:
    """Return the test for layers of some classes."""
    return lambda layer: isinstance(layer, kinds)


def has(name: str, usual: object, *kinds: type[Layer]) -> Concerns:
    """Return the test for layers in which a field has another value than the usual one."""

    def test(layer: Layer) -> bool:
        own = isinstance(layer, kinds or Layer) and name in layer.fields()
        return own and getattr(layer, name) != usual

    return test


def has_filters(layer: Layer) -> bool:
    """Tell whether a layer has filters, whose number is that of its channels."""
    return "out_channels" in layer.fields()


def is_padded(layer: Layer) -> bool:
    """Tell whether a layer has padding."""
    return getattr(layer, "padding", 0) not in (0, "valid")


def is_unpadded(layer: Layer) -> bool:
    """Tell whether a convolution has no padding."""
    return isinstance(layer, Windowed) and has_filters(layer) and not is_padded(layer)


def rounds(*, up: bool) -> Concerns:
    """Return the test for layers that round sizes up, or down."""
    return lambda layer: isinstance(layer, Windowed) and (layer.rounding_in_force() == "ceil") is up


def without(name: str, usual: object) -> Change:
    """Return the change that sets a field to its usual value."""
    return Change(has(name, usual), lambda layer: layer.replace(**{name: usual}))


def window(
    concerns: Concerns, alter: Alter, rounding: Rounding | None = None, *, everywhere: bool = True
) -> Change:
    """Return the change that moves another window over every axis."""

    def output(layer: Layer, inputs: Shapes, natural: Shape) -> Shape | None:
        windows = window_of(layer, inputs)
        if windows is None:
            return None
        moved = [(n, alter(n, one)) for n, one in zip(inputs[0][1:], windows, strict=True)]
        if isinstance(layer, Windowed):
            word, pools = rounding or layer.rounding_in_force(), layer.role == "pool"
            return (natural[0], *[output_length(n, one, word, pools) for n, one in moved])
        more = per_axis(getattr(layer, "output_padding", 0), len(moved), "output_padding")
        lengths = [transposed_length(n, one) for n, one in moved]
        return (natural[0], *map(sum, zip(lengths, more, strict=True)))

    return Change(concerns, output=output, everywhere=everywhere)


def sizes(concerns: Concerns, size: Callable[[int], int]) -> Change:
    """Return the change of every spatial length."""

    def output(_layer: Layer, _inputs: Shapes, natural: Shape) -> Shape:
        return (natural[0], *map(size, natural[1:]))

    return Change(concerns, output=output)


def channels(concerns: Concerns, count: Callable[[Layer, Shapes], int]) -> Change:
    """Return the change to another number of output channels (0: as it is)."""

    def output(layer: Layer, inputs: Shapes, natural: Shape) -> Shape:
        return (count(layer, inputs) or natural[0], *natural[1:])

    return Change(concerns, output=output)


def kept(length: int, window: Window) -> Window:
    """Return a window with as much padding as keeps the size."""
    before, after = same_padding(length, window.kernel, window.stride, window.dilation)
    return window.replace(before=before, after=after)


def half(_length: int, window: Window) -> Window:
    """Return a window with padding of half its kernel."""
    padding = 0 if window.dilation > 1 else (window.kernel - 1) // 2
    return window.replace(before=padding, after=padding)


def overhanging(length: int, window: Window) -> Window:
    """Return the window with room for a last position, wherever that begins."""
    left = (length + window.before + window.after - window.extent) % window.stride
    return window.replace(after=window.after + window.stride - left) if left else window


def as_conv(layer: Layer, inputs: Shapes, natural: Shape) -> Shape:
    """Return the output of a convolution with the window of a transposed one."""
    pairs = zip(inputs[0][1:], window_of(layer, inputs) or (), strict=True)
    return (natural[0], *[output_length(length, window) for length, window in pairs])


def pooled(layer: Layer, inputs: Shapes) -> int:
    """Return the channels that a pool would leave that moved over them too."""
    windows = window_of(layer, inputs)
    return inputs[0][0] // windows[0].stride if windows else 0


def multiplied(layer: Layer, inputs: Shapes) -> int:
    """Return the channels if every filter gave a map for each channel of the input."""
    return inputs[0][0] * int(getattr(layer, "out_channels", 0)) if inputs[0][0] > 1 else 0


class Site:
    """One layer with what it reads, gives and learns, as somebody believes it.

    `count` returns the `quantity` asked for, under other conventions if any are named; `value` is
    it as it is, `unit` the bytes of a value (1 where no bytes are asked for), and `biased` tells
    whether biases count.
    `weights` and `biases` are the trained values, `macs` the multiply-accumulates, each of which is
    `factor` of the operations asked for; `others` are the operations that count beside them. Of the
    window there are the `kernel` along each axis and the `taps` in all; `side` is the factor from
    a square or cubic window to its side. `flattened` and `unpooled` are as in `maps_before`.
    It is not `known` if its figures do not follow.
    """

    def __init__(
        self,
        network: BelievedNetwork,
        index: int,
        quantity: str,
        output: Shape | None,
        count: Callable[..., int | None],
        *,
        biased: bool,
        unit: int,
        flops: str,
    ) -> None:
        self.network, self.index, self.layer = network, index, network.layers[index]
        self.quantity, self.count, self.biased, self.unit = quantity, count, biased, unit
        self.inputs, self.output = network.inputs[index] or (), output or ()
        self.known = bool(self.inputs and self.output)
        if not self.known:
            return
        self.value = count() or 0
        trained = [array for array in network.params(index) or () if array.trainable]
        self.biases = sum([array.count for array in trained if array.name == "bias"])
        self.weights = sum([array.count for array in trained]) - self.biases
        self.kernel = tuple([one.kernel for one in network.windows(index) or ()])
        self.taps = product(self.kernel)
        self.side = product(self.kernel[1:]) if len(set(self.kernel)) == 1 else 1
        self.filters, self.positions = self.output[0], product(self.output[1:])
        self.flattened, self.unpooled = maps_before(network, index)
        ops = network.ops(index, self.output)
        self.macs, self.adds, self.others = (ops.macs, ops.adds, 0) if ops else (0, 0, 0)
        self.factor = 2 if quantity == "flops" and flops != "macs" else 1
        if quantity == "connections":
            self.others = self.adds * self.biased
        elif ops and quantity == "flops" and flops == "default":
            self.others = ops.flops - 2 * ops.macs

    @property
    def depth(self) -> int:
        """The input channels that one filter reads."""
        return max(1, self.inputs[0][0] // int(getattr(self.layer, "groups", 1)))


Applies = Callable[[Site], object]


class Count(NamedTuple):
    """A wrong way of counting: its quantities, its places, and what it leads to."""

    quantities: frozenset[str]
    applies: Applies
    values: Callable[[Site], Sequence[Wrong]]


def parameters(applies: Applies, pairs: Callable[[Site], Iterable[tuple[int, int]]]) -> Count:
    """Return a wrong count of parameters, from pairs of weights and biases."""

    def values(at: Site) -> list[Wrong]:
        return [at.unit * (weights + at.biased * biases) for weights, biases in pairs(at)]

    return Count(frozenset(("params", "weights", "weight_bytes")), applies, values)


def operations(
    pair: Callable[[Site], tuple[int, int]], quantities: str = "macs flops connections"
) -> Count:
    """Return a wrong count of operations, from the MACs and the others."""

    def values(at: Site) -> list[Wrong]:
        macs, others = pair(at)
        return [at.factor * macs + others]

    return Count(frozenset(quantities.split()), lambda at: at.kernel and at.macs, values)


def outputs(applies: Applies, count: Callable[[Site], int]) -> Count:
    """Return a wrong count of output values."""
    of = frozenset(("activations", "neurons", "activation_bytes"))
    return Count(of, applies, lambda at: [at.unit * count(at)])


def number(quantities: str, value: Callable[[Site], Wrong]) -> Count:
    """Return any other wrong value of some quantities (None: none)."""
    return Count(frozenset(quantities.split()), always, lambda at: [value(at)])


def otherwise(quantities: str, **changes: Any) -> Count:
    """Return the count of some quantities under other conventions."""
    return Count(frozenset(quantities.split()), always, lambda at: [at.count(**changes)])


def always(_at: Site) -> bool:
    """Tell that a way of counting is possible everywhere."""
    return True


def has_kernels(at: Site) -> bool:
    """Tell whether a layer has a window with weights."""
    return bool(at.kernel and at.weights)


def maps_before(network: BelievedNetwork, index: int) -> tuple[Shape, Shape]:
    """Return the map that a fully connected layer reads as a vector, and what the last pool before
    the flattening reads; either is empty if there is none.
    """
    nodes, shapes = network.graph.nodes, network.shapes
    if nodes[index].layer.takes != "vector":
        return (), ()
    source = nodes[nodes[index].inputs[0]]
    while source.layer.role == "activation" or (source.layer.is_view and not source.layer.flattens):
        source = nodes[source.inputs[0]]
    if not source.layer.flattens:
        return (), ()
    before = source.inputs[0]
    flattened = shapes[before] or ()
    while nodes[before].inputs:
        node = nodes[before]
        if network.windows(before) is not None:
            return flattened, (shapes[node.inputs[0]] or () if isinstance(node.layer, Pool) else ())
        before = node.inputs[0]
    return flattened, ()


def input_positions(at: Site) -> int | None:
    """Return the operations if the window stopped at every position of the input."""
    wide = at.network.ops(at.index, (at.filters, *at.inputs[0][1:]))
    if wide is None or not (at.kernel and at.macs and at.layer.slides):
        return None
    return at.factor * wide.macs + (wide.adds if at.others else 0)
