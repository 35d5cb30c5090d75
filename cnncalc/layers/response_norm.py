"""Local response normalisation, over neighbouring channels."""

from __future__ import annotations

from cnncalc.geometry import Window
from cnncalc.layers import options
from cnncalc.layers.elementwise import Elementwise
from cnncalc.layers.reading import Reading
from cnncalc.layers.relations import SAME, Slide
from cnncalc.quantities import OpCount, product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.protocols import Blackboard, Costs, NodeWeights, Sheet
    from cnncalc.quantities import Shape


class LocalResponseNorm(Elementwise):
    """Local response normalisation: divides each element by the energy of nearby channels.

    x / (k + alpha/size * sum of squares over `size` channels) ** beta

    Operations: per element one square, the additions of its window (cut at the first and last
        channel), one multiplication and addition, one power, one division
    Example: {local_response_norm: {size: 5, alpha: 5e-4, beta: 0.75, k: 2}}
    Source: Krizhevsky et al. 2012, section 3.3 (there alpha is not divided by size)
    """

    keyword = "local_response_norm"
    sized = True
    role = "norm"
    in_place = False
    foreign = {
        "pytorch": "LocalResponseNorm",
        "tensorflow": "local_response_normalization",
        "onnx": "LRN",
        "caffe": "LRN",
        "other": "lrn",
    }
    tools = {"ptflops_pytorch": (("channel_windows",),)}
    size: int = options.integer("channels in the window", 5)
    alpha: float = options.number("weight of the energy", 1e-4)
    beta: float = options.number("exponent", 0.75)
    k: float = options.number("constant added to the energy", 1.0)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        count, before = output[0], self.size // 2
        window = Window(self.size, 1, before, self.size - 1 - before)
        return (Reading((Slide(count, count, window), *(SAME,) * (len(output) - 1))),)

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        channels, count = output[0], product(output)
        # A neighbour d channels away exists for channels - d of them, on either side.
        before = min(self.size // 2, channels)
        after = min((self.size - 1) // 2, channels)
        neighbours = sum([side * channels - side * (side + 1) // 2 for side in (before, after)])
        adds = neighbours * (count // channels)
        return OpCount(adds=adds + count, muls=2 * count, divs=count, exps=count)

    def explain_ops(self, board: Blackboard) -> Costs:
        ops, channels = self.op_count(board.inputs, board.output), board.output[0]
        where = board.spatial(board.output)
        board.put("V", ops.adds // product(board.output[1:]))
        board.put("C", channels)
        volume = board.volume(board.output)
        return {
            "adds": (f"(V - C)*{where} + {volume}", "sums over windows, cut at the ends, and k"),
            "muls": (f"2*{volume}", "a square, and alpha"),
            "divs": (volume, "one per element"),
            "exps": (volume, "a power per element"),
        }

    def work(self, sheet: Sheet) -> float:
        energy = sheet.fold(sheet.whole(), "squares", "s")
        constants = {"k": self.k, "α": self.alpha, "n": self.size}
        scale = sheet.equation("d", "k + α/n*s", "n channels", s=energy, **constants)
        numbers = {"x": sheet.own(), "d": scale, "β": self.beta}
        return sheet.equation("y", "x/d**β", **numbers)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.normalization import local_response_norm

        return local_response_norm(run, inputs[0], self.size, self.alpha, self.beta, self.k)
