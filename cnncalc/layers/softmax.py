"""Softmaxes: functions of all elements along one axis."""

from __future__ import annotations

from math import exp

from cnncalc.layers import options
from cnncalc.layers.activation import Activation
from cnncalc.layers.axes import check_axis
from cnncalc.layers.reading import over_axis
from cnncalc.quantities import OpCount, product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.layers.protocols import Blackboard, Costs, Lines, Sheet
    from cnncalc.layers.reading import Reading
    from cnncalc.layers.working import UnitWindow
    from cnncalc.quantities import Shape


class OverAxis(Activation):
    """Base of softmaxes: every output depends on all elements along one axis."""

    in_place = False
    gives_probabilities = True
    axis: int = options.integer("the axis whose elements sum to one; 0: channels", 0, minimum=0)

    def length(self, shape: Shape) -> int:
        """Return how many elements sum to one; raises `LayerError` for an axis there is not."""
        return shape[check_axis(self.axis, shape)]

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        self.length(inputs[0])
        return inputs[0]

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        return over_axis(output, self.axis)

    def in_few_words(self) -> list[str]:
        return [f"axis {self.axis}"] if self.axis else []

    def explain_shape(self, board: Blackboard) -> Lines:
        along = f"axis {self.axis}" if self.axis else "the channels"
        return [f"{self.keyword} keeps the shape; it works over {along}"]

    def sums(self, board: Blackboard) -> tuple[str, str]:
        """Return the formulas of the elements, and of the sums that are taken over the axis."""
        volume = board.volume(board.output)
        if not self.axis:
            return volume, board.spatial(board.output)
        return volume, f"{volume}/{board.put('N', board.output[self.axis])}"


class Softmax(OverAxis):
    """Softmax over the channels, or another axis: exp(x) / sum of exp, the largest subtracted.

    Operations: for each N elements that sum to one: N - 1 comparisons, N subtractions, N
        exponentials, N - 1 additions and N divisions
    Source: PyTorch's Softmax(dim=1)
    """

    keyword = "softmax"
    foreign = {
        "pytorch": "Softmax Softmax2d",
        "keras": "Softmax",
        "onnx": "Softmax",
        "caffe": "Softmax",
        "darknet": "softmax",
    }
    tools = {
        "thop": (("exponentials",),),
        "ptflops_pytorch": (("elements", 1),),
        "ptflops_pytorch/function": (("elements", 1),),
    }

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        count = product(output)
        others = count - count // self.length(output)
        return OpCount(comparisons=others, adds=count + others, exps=count, divs=count)

    def explain_ops(self, board: Blackboard) -> Costs:
        volume, sums = self.sums(board)
        return {
            "comparisons": (f"{volume} - {sums}", "the largest is found"),
            "adds": (f"2*{volume} - {sums}", "it is subtracted, the exponentials are summed"),
            "exps": (volume, "an exponential each"),
            "divs": (volume, "by the sum"),
        }

    def work(self, sheet: Sheet) -> float:
        window = sheet.whole()
        largest, total = exponentials(sheet, window)
        return sheet.equation("y", "exp(x - m)/S", x=sheet.own(), m=largest, S=total)


class LogSoftmax(OverAxis):
    """Logarithm of the softmax over the channels, or another axis, computed without overflow.

    Operations: for each N elements together: N - 1 comparisons, N subtractions, N exponentials,
        N - 1 additions, one logarithm and N subtractions
    Source: PyTorch's LogSoftmax(dim=1)
    """

    keyword = "log_softmax"
    foreign = {"pytorch": "LogSoftmax", "keras": "log_softmax", "onnx": "LogSoftmax"}

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        count = product(output)
        sums = count // self.length(output)
        others = count - sums
        return OpCount(comparisons=others, adds=2 * count + others, exps=count + sums)

    def explain_ops(self, board: Blackboard) -> Costs:
        volume, sums = self.sums(board)
        spent = "it is subtracted, the exponentials are summed, its log is taken off"
        return {
            "comparisons": (f"{volume} - {sums}", "the largest is found"),
            "adds": (f"3*{volume} - {sums}", spent),
            "exps": (f"{volume} + {sums}", "an exponential each, and a log of the sum"),
        }

    def work(self, sheet: Sheet) -> float:
        largest, total = exponentials(sheet, sheet.whole())
        return sheet.equation("y", "x - m - log(S)", x=sheet.own(), m=largest, S=total)


def exponentials(sheet: Sheet, window: UnitWindow) -> tuple[float, float]:
    """Write the largest of some numbers, and the sum of exp(x - largest); returns both."""
    largest = sheet.fold(window, "max", "m")
    lifted = [exp(value - largest) for value in window.read()]
    return largest, sheet.fold(sheet.shown(window, lifted, "exp(x - m)"), "sum", "S")
