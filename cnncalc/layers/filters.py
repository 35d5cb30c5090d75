"""What convolutions and other layers of filters have in common: groups, biases, the counting."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers.reading import all_channels
from cnncalc.layers.relations import SAME, Blocks
from cnncalc.layers.window import Windowed
from cnncalc.quantities import ParamSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.executor.workspace import Array
    from cnncalc.layers.base import Tools
    from cnncalc.layers.protocols import Blackboard, Costs, Sheet
    from cnncalc.layers.relations import Relation

#: How tools count convolutions and linear layers.
COUNTED_AS_PRODUCTS: Tools = {
    "fvcore": (("products", 1),),
    "thop": (("products", 1),),
    "torchinfo": (("products", 1), ("biases",)),
    "ptflops": (("products", 1), ("biases",)),
    "ptflops_pytorch": (("products", 1), ("biases",)),
    "torch": (("products", 2),),
    "calflops": (("products", 1),),
    "darknet": (("products", 2),),
}


def biases(bias: Any, *shape: int) -> tuple[ParamSpec, ...]:
    """Return the array of biases, if there is one; raises `LayerError` if its values do not fit."""
    if not bias:
        return ()
    if bias is not True:
        from cnncalc.layers.given import check_values

        check_values(bias, shape, "bias")
    return (ParamSpec("bias", shape),)


def check_groups(channels: int, groups: int, what: str) -> None:
    """Raise `LayerError` unless the groups divide the channels evenly."""
    if channels % groups:
        near = [g for g in range(1, min(channels, 1024) + 1) if channels % g == 0]
        near.sort(key=lambda g: abs(g - groups))
        options = ", ".join(str(g) for g in sorted(near[:4]))
        raise LayerError(
            f"groups {groups} do not divide the {channels} {what} channels",
            help=f"{channels} can be split into {options} groups",
            field="groups",
        )


def grouped(channels: int, filters: int, groups: int) -> Relation:
    """Return which input channels a filter reads: those of its group."""
    if groups == 1:
        return all_channels(channels, filters)
    if groups == channels == filters:
        return SAME
    return Blocks(channels // groups, filters // groups)


class Filters(Windowed):
    """Base of convolutions: the bias and the filters are counted alike, shared or not."""

    role = "weighted"

    if TYPE_CHECKING:
        bias: Any = True

    def kernels(self, sheet: Sheet, channels: int) -> list[Array]:
        """Return the kernels of the unit's filter, one for each channel that it reads."""
        weights = sheet.array("weight")[sheet.cell[0]]
        return [weights[number] for number in range(channels)]

    def work(self, sheet: Sheet) -> float:
        windows = sheet.windows()
        total = sheet.products(windows, self.kernels(sheet, len(windows)))
        if not self.bias:
            return total
        bias = sheet.array("bias")
        place = sheet.cell[: bias.ndim]
        return sheet.equation("y", "z + b", "with the bias", z=total, b=bias[place])

    def explain_ops(self, board: Blackboard) -> Costs:
        taps = board.taps(self.kernel_size)
        outputs = board.put("C_out", board.output[0]) + "*" + board.positions()
        costs = {"macs": (f"{taps}*{board.input_channels()}*{outputs}", "window times outputs")}
        if self.bias:
            costs["adds"] = (outputs, "a bias for every output")
        return costs
