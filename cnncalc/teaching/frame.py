"""What the formulas of one layer are made of: its symbols, and the numbers they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.layers.axes import per_axis
from cnncalc.quantities import product
from cnncalc.teaching.derivation import Derivation
from cnncalc.teaching.formula import parse, symbols

if TYPE_CHECKING:
    from cnncalc.analysis.figures import NodeFigures
    from cnncalc.geometry import Window
    from cnncalc.layers.base import Axes
    from cnncalc.quantities import Shape

#: The spatial axes of an input by their number: name, symbol, index of a kernel's symbol, and what
#: is lost at the far end of the axis.
AXES = {
    1: (("length", "L", "l", "sample", "at the end"),),
    2: (
        ("height", "H", "h", "row", "at the bottom"),
        ("width", "W", "w", "column", "on the right"),
    ),
    3: (
        ("depth", "D", "d", "slice", "at the back"),
        ("height", "H", "h", "row", "at the bottom"),
        ("width", "W", "w", "column", "on the right"),
    ),
}


class LayerFrame:
    """One layer on its inputs, seen as a formula sees it.

    `values` collects the symbols that were used; `where` names the spatial axes.
    """

    def __init__(self, row: NodeFigures) -> None:
        self.row = row
        # Any: which fields a formula reads depends on the layer.
        self.layer: Any = row.node.layer
        self.inputs: tuple[Shape, ...] = row.inputs
        self.input: Shape = row.inputs[0] if row.inputs else row.output
        self.output: Shape = row.output
        self.values: dict[str, int] = {}

    @property
    def rank(self) -> int:
        """Spatial axes of the input."""
        return len(self.input) - 1

    @property
    def where(self) -> tuple[tuple[str, str, str, str, str], ...]:
        """The spatial axes, as in `AXES`; none for a flat vector."""
        return AXES.get(self.rank, ())

    def put(self, symbol: str, value: int) -> str:
        """Give a symbol its number; returns the symbol."""
        self.values[symbol] = value
        return symbol

    def spatial(self, shape: Shape, suffix: str = "") -> str:
        """Return the product of the spatial axes of a shape, such as `H_out*W_out` (or `1`)."""
        rank = len(shape) - 1
        names = [
            self.put(a[1] + suffix, n) for a, n in zip(AXES.get(rank, ()), shape[1:], strict=True)
        ]
        return "*".join(names) or "1"

    def volume(self, shape: Shape, suffix: str = "") -> str:
        """Return the product of all axes of a shape, such as `C*H*W`, or `N` of a flat vector."""
        if len(shape) == 1:
            return self.put("N_in" if suffix == "_in" else "N", shape[0])
        return self.put("C" + suffix, shape[0]) + "*" + self.spatial(shape, suffix)

    def taps(self, kernel: Axes) -> str:
        """Return the product of the kernel's axes: `K*K`, or `K_h*K_w` if they differ."""
        sizes = per_axis(kernel, self.rank, "kernel_size")
        if len(set(sizes)) == 1:
            return "*".join([self.put("K", sizes[0])] * len(sizes))
        names = [self.put("K_" + a[2], k) for a, k in zip(self.where, sizes, strict=True)]
        return "*".join(names)

    def in_words(self) -> str:
        """Return the output in words: `3 channels, height 32, width 32`."""
        return described(self.output)

    def positions(self) -> str:
        """Return the product of the output's spatial axes."""
        return self.spatial(self.output, "_out")

    def input_channels(self) -> str:
        """Return the channels that one filter reads: `C_in`, or `(C_in/G)`."""
        self.put("C_in", self.input[0])
        groups = getattr(self.layer, "groups", 1)
        if groups == 1:
            return "C_in"
        self.put("G", groups)
        return "(C_in/G)"

    def weights_and_biases(self) -> str:
        """Return in words how many of the parameters are weights and how many biases."""
        counts = {array.name: array.count for array in self.row.arrays}
        weights = plural(counts["weight"], "weight")
        if "bias" not in counts:
            return f"{weights}, no biases"
        return f"{weights} and {plural(counts['bias'], 'bias')}"

    def with_bias(self, each: str, count: str) -> tuple[str, str]:
        """Return `(each + 1)*count`, without the 1 where there is no bias."""
        remark = self.weights_and_biases()
        return (f"({each} + 1)*{count}" if self.layer.bias else f"{each}*{count}"), remark

    def padding(self, before: int, after: int) -> str:
        """Return the padding in a formula: `2*P`, or before and after where they differ."""
        if before == after:
            self.put("P", before)
            return "2*P"
        return self.put("P_1", before) + " + " + self.put("P_2", after)

    def along(self, axis: int, formula: str, remark: str = "") -> Derivation:
        """Return the derivation of the output's length along an axis.

        `{}` in the formula stands for the symbol of the input's length.
        """
        name, letter, *_rest = self.where[axis]
        self.put(letter, self.input[1 + axis])
        out = self.output[1 + axis]
        return self.derive(f"{letter}_out", formula.format(letter), out, f"output {name}", remark)

    def derive(
        self, symbol: str, formula: str, computed: int, meaning: str, remark: str = ""
    ) -> Derivation:
        """Return a derivation with the symbols given so far; raises `ContradictionError`."""
        used = {name: self.values[name] for name in symbols(parse(formula))}
        return Derivation(symbol, formula, used, computed, meaning, remark)

    def windows(self) -> tuple[Window, ...]:
        """Return the layer's windows along its axes; none for layers without."""
        windows = getattr(self.layer, "windows", None)
        return windows(*self.inputs) if windows is not None and self.rank else ()

    @property
    def elements(self) -> int:
        """The numbers in the output."""
        return product(self.output)


def described(shape: Shape) -> str:
    """Return a shape in words: `3 channels, height 32, width 32`."""
    if len(shape) == 1:
        return f"a flat vector of {shape[0]}"
    names = [axis[0] for axis in AXES.get(len(shape) - 1, ())]
    sizes = [f"{name} {n}" for name, n in zip(names, shape[1:], strict=False)]
    return ", ".join([plural(shape[0], "channel"), *sizes])


def plural(count: int, noun: str) -> str:
    """Return a count with its noun, `1 column` or `3 columns`."""
    if count == 1:
        return f"1 {noun}"
    ending = "es" if noun.endswith(("s", "x", "ch")) else "s"
    return f"{count:,} {noun}{ending}"
