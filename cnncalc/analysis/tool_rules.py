"""What other tools count for each layer, as measured on the versions that `CONVENTIONS` names.

A layer says by which of the rules below each tool counts it (`Layer.tools`); a tool that it does
not name counts nothing. A layer that PyTorch does not have has no count in any of them, which is an
error and never a zero.

`seen_as` says that a reference program writes the layer in a way that changes what a tool sees:

* `function`: called as a function, `F.adaptive_avg_pool2d(x, 1)`; thop looks at modules only.
* `mean`: a global average written as `x.mean((2, 3))`, which no tool counts that looks at pools.
* `linear`: a 1x1 convolution written as `nn.Linear` over the last axis; torchinfo counts its
  weights once, whatever the number of positions.
* `subclass`: a class derived from the usual one, unknown to tools that compare the class
  (torchvision's `LayerNorm2d`).

A layer whose count then differs says so too, under `tool/way`.
"""

from __future__ import annotations

from cnncalc.analysis.terms import BIAS_ADDS, PRODUCTS
from cnncalc.diagnostics import LayerError
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.analysis.terms import Terms
    from cnncalc.layers.base import Layer
    from cnncalc.quantities import OpCount, ParamSpec, Shape

#: Which ways of writing a layer hide it from a tool, unless the layer says what is then counted.
_HIDDEN = {
    "fvcore": ("mean",),
    "thop": ("function", "mean", "subclass"),
    "ptflops_pytorch": ("function", "mean", "subclass"),
}


class Seen:
    """One layer on its inputs, as a rule sees it; rules are its methods, by name."""

    def __init__(
        self,
        layer: Any,
        inputs: tuple[Shape, ...],
        output: Shape,
        params: tuple[ParamSpec, ...],
        ops: OpCount,
    ) -> None:
        self.layer = layer
        self.shape = inputs[0] if inputs else output
        self.output = output
        self.params = params
        self.ops = ops

    def named(self, what: str, factor: int, count: int) -> Terms:
        """Return a term of the layer's own, such as `batch-norm elements`."""
        return ((f"{self.layer.label} {what}", factor, count),)

    def products(self, factor: int) -> Terms:
        """Return the products of weights and elements."""
        return ((PRODUCTS, factor, self.ops.macs),)

    def biases(self) -> Terms:
        """Return the bias adds of a layer with products."""
        return ((BIAS_ADDS, 1, self.ops.adds),) if self.ops.adds else ()

    def transposed(self) -> Terms:
        """Return products as if every output position met all taps of the kernel."""
        # ops.macs counts input positions, each of which does.
        weights = self.ops.macs // product(self.shape[1:])
        count = weights * product(self.output[1:])
        return (("transposed products over output positions", 1, count),)

    def groups_twice(self) -> Terms:
        """Return products of a transposed convolution, divided by the groups once too often."""
        groups = self.layer.groups
        if groups == 1:
            return self.products(1)
        filters = self.output[0] // groups
        count = self.ops.macs // filters * (filters // groups)
        return (("transposed products divided by groups twice", 1, count),)

    def unit_steps(self, factor: int, plain: int) -> Terms:
        """Return so many per number of a recurrent state and step, or `plain` without biases."""
        own = factor if self.layer.biases else plain
        count = self.layer.unit_steps(self.shape)
        return self.named("states", own, count) if own else ()

    def gate_biases(self) -> Terms:
        """Return the biases that a product adds: one of two in the first layer.

        There the input lies in memory so that the other is added apart.
        """
        layer = self.layer
        each = layer.unit_steps(self.shape) // layer.num_layers * layer.gates
        count = each * (2 * layer.num_layers - 1) if layer.biases else 0
        return self.named("biases added within products", 1, count) if count else ()

    def weights_once(self) -> Terms:
        """Return the parameters of a 1x1 convolution, whatever the number of positions."""
        count = sum(array.count for array in self.params)
        return (("parameters of linear layers over positions", 1, count),)

    def elements(self, factor: int, plain: int = 0) -> Terms:
        """Return so many per element, or `plain` for a norm without learned numbers."""
        own = factor if getattr(self.layer, "affine", True) else plain
        what = "elements" if self.output == self.shape else "outputs"
        return self.named(what, own, product(self.output))

    def inputs(self, factor: int) -> Terms:
        """Return so many per element of the input."""
        return self.named("inputs", factor, product(self.shape))

    def inputs_2d(self) -> Terms:
        """Return one per element of an image; nothing in other ranks."""
        return self.inputs(1) if len(self.shape) == 3 else ()

    def channel_windows(self) -> Terms:
        """Return the elements and the zeros around the channels that a window of them reads."""
        more = (self.layer.size - 1) * product(self.shape[1:])
        return (*self.inputs(4), *self.named("inputs in the padding", 1, more))

    def parameters(self) -> Terms:
        """Return one per learned number."""
        count = sum(array.count for array in self.params if array.trainable)
        return self.named("parameters", 1, count) if count else ()

    def windows(self) -> Terms:
        """Return (window + 1) per output, where window = input positions / output positions."""
        reads, outputs = product(self.shape), product(self.output)
        terms = (*self.named("inputs", 1, reads), *self.named("outputs", 1, outputs))
        window = 1.0
        for length, bins in zip(self.shape[1:], self.output[1:], strict=True):
            window *= length / bins
        # The tool cuts this product of floating-point numbers off to an integer.
        lost = reads + outputs - int((window + 1) * outputs)
        return (*terms, ("lost in the tool's rounding", -1, lost)) if lost else terms

    def exponentials(self) -> Terms:
        """Return 3N - 1 for each N elements of a softmax that sum to one."""
        count = product(self.output)
        return self.named("operations", 1, 3 * count - count // self.layer.length(self.output))

    def modes(self, factors: dict[str, int]) -> Terms:
        """Return so many per output by mode and rank, such as `nearest2`."""
        mode = self.layer.mode
        if mode not in ("nearest", "bicubic"):
            mode = ("linear", "bilinear", "trilinear")[len(self.output) - 2]
        factor = factors.get(f"{mode}{len(self.output) - 1}", 0)
        return self.named("outputs", factor, product(self.output)) if factor else ()


def tool_terms(
    tool: str,
    layer: Layer,
    inputs: tuple[Shape, ...],
    output: Shape,
    params: tuple[ParamSpec, ...],
    ops: OpCount,
    seen_as: str | None = None,
) -> Terms:
    """Return what a tool counts for one layer; raises `LayerError` for one PyTorch lacks."""
    tools = layer.counted_by_tools()
    if tools is None:
        raise LayerError(
            f"{tool} has no count for {layer.keyword} as it is here: PyTorch has no such layer",
            help="use the convention default, macs or 2macs",
        )
    calls = tools.get(f"{tool}/{seen_as}")
    if calls is None:
        calls = () if seen_as in _HIDDEN.get(tool, ()) else tools.get(tool, ())
    seen = Seen(layer, inputs, output, params, ops)
    terms: list[tuple[str, int, int]] = []
    for rule, *numbers in calls:
        method: Callable[..., Terms] = getattr(seen, rule)
        terms += method(*numbers)
    return tuple(terms)
