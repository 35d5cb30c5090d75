"""Pools by a norm: of each window, and of the whole map."""

from __future__ import annotations

from math import nan

from cnncalc.layers import options
from cnncalc.layers.adaptive import GlobalPool
from cnncalc.layers.axes import per_axis
from cnncalc.layers.pool import Pool
from cnncalc.quantities import OpCount, product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Axes
    from cnncalc.layers.protocols import Blackboard, Costs, Formula, NodeWeights, Sheet
    from cnncalc.quantities import Shape


def norm_operations(p: float, reads: int, outputs: int) -> OpCount:
    """Return what p-norms of so many numbers in all spend: powers, sums and roots."""
    if p == 1:
        return OpCount(adds=reads - outputs)
    if p == 2:
        return OpCount(adds=reads - outputs, muls=reads, exps=outputs)
    return OpCount(adds=reads - outputs, exps=reads + outputs)


def worked_norm(sheet: Sheet, p: float, scale: float = 1.0) -> float:
    """Write the p-norm of what a unit reads; a window that hangs over counts as a full one."""
    window = sheet.whole()
    if p == 1:
        total = sheet.fold(window, "sum", "s")
    elif p == 2:
        total = sheet.fold(window, "squares", "s")
    else:
        powers = [power(value or 0.0, p) for value in window.numbers]
        total = sheet.fold(sheet.shown(window, powers, f"x^{p:g}, {window.places}"), "sum", "s")
    if scale != 1:
        total = sheet.equation("t", "k*s", "as of a full window", k=scale, s=total)
    name = "s" if scale == 1 else "t"
    if p == 1:
        return total
    if p == 2:
        return sheet.equation("y", f"sqrt({name})", "the root", **{name: total})
    return sheet.equation("y", f"{name}**(1/p)", "the p-th root", p=p, **{name: total})


def power(value: float, p: float) -> float:
    """Return a real power; not a number where there is none."""
    if value < 0 and not float(p).is_integer():
        return nan
    return float(value**p)


def norm_costs(p: float, outputs: str, others: Formula, every: str) -> Costs:
    """Return the formulas of `norm_operations`."""
    if p == 1:
        return {"adds": others}
    if p == 2:
        root = (outputs, "a root per output")
        return {"adds": others, "muls": (every, "squares"), "exps": root}
    return {"adds": others, "exps": (f"{every} + {outputs}", "powers, and a root per output")}


class LpPool(Pool):
    """Lp pooling: the p-norm of each window (p = 2: the square root of the sum of squares).

    Shape: (C, *L) -> (C, *O), O = floor((L + pads - extent) / stride) + 1, or ceil
    Params: none
    Operations: prod(kernel_size) powers (a multiplication each for p = 2, none for p = 1, else a
        transcendental), prod(kernel_size) - 1 additions and a root (none for p = 1) per output
    Example: {lp_pool: {kernel_size: 2, norm_type: 2}}
    Source: PyTorch's LPPool2d; padding and dilation as in ONNX' LpPool
    """

    keyword = "lp_pool"
    noun = "Lp pool"
    foreign = {"pytorch": "LPPool1d LPPool2d LPPool3d", "onnx": "LpPool", "other": "l2_pool"}
    tools = {"ptflops_pytorch": (("inputs", 1), ("elements", 2))}
    pads_freely = True
    norm_type: float = options.number("the p of the norm", 2.0, minimum=1e-3, maximum=1e3)
    dilation: Axes = options.axes("distance between the taps of the window", 1)

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        count = product(output)
        return norm_operations(self.norm_type, count * self.taps(inputs[0]), count)

    def explain_ops(self, board: Blackboard) -> Costs:
        return norm_costs(self.norm_type, *self.pooled(board))

    def work(self, sheet: Sheet) -> float:
        full = product(per_axis(self.kernel_size, len(sheet.cell) - 1, "kernel_size"))
        hangs = full != self.padded_taps(sheet)
        scale = full / self.padded_taps(sheet) if hangs else 1.0
        return worked_norm(sheet, self.norm_type, scale)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.pooling import lp_pool

        return lp_pool(run, inputs[0], self.slide(inputs[0]), norm_type=self.norm_type)


class GlobalLpPool(GlobalPool):
    """Global Lp pooling: the p-norm of each channel; axes of size 1 remain.

    Shape: (C, *L) -> (C, 1, ..., 1)
    Params: none
    Operations: per channel prod(L) powers (a multiplication each for p = 2, none for p = 1, else a
        transcendental), prod(L) - 1 additions and a root (none for p = 1)
    Example: {global_lp_pool: {norm_type: 2}}
    Source: ONNX' GlobalLpPool; PyTorch's LPPool2d with a window of the whole map
    """

    keyword = "global_lp_pool"
    foreign = {"onnx": "GlobalLpPool", "other": "global_l2_pool"}
    tools = {"ptflops_pytorch": (("inputs", 1), ("elements", 2))}
    is_average = False
    norm_type: float = options.number("the p of the norm", 2.0, minimum=1e-3, maximum=1e3)

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return norm_operations(self.norm_type, product(inputs[0]), product(output))

    def explain_ops(self, board: Blackboard) -> Costs:
        every, channels = board.volume(board.input), board.put("C", board.input[0])
        others = f"{every} - {channels}", "a channel of n needs n - 1"
        return norm_costs(self.norm_type, channels, others, every)

    def work(self, sheet: Sheet) -> float:
        return worked_norm(sheet, self.norm_type)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.pooling import global_lp_pool

        return global_lp_pool(run, inputs[0], self.norm_type)
