"""Recurrent layers, over the columns of a map as a sequence."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers import options
from cnncalc.layers.axes import spatial
from cnncalc.layers.base import Layer
from cnncalc.layers.elementwise import times
from cnncalc.layers.reading import Reading
from cnncalc.layers.relations import Everything, Upto
from cnncalc.quantities import OpCount, ParamSpec, show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import ClassVar

    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Tools
    from cnncalc.layers.protocols import Blackboard, Costs, Formula, Lines, NodeWeights
    from cnncalc.layers.relations import Relation
    from cnncalc.quantities import Shape

MOST_LAYERS = 100


class Recurrent(Layer):
    """Base of recurrent layers: a state of `hidden_size` numbers goes from column to column.

    A column of a C x H x W map has C * H features, channel after channel. `gates` is how many
    weighted sums each number of the state takes, `per_unit` what else it spends in a step.
    """

    role = "weighted"
    in_place = False
    is_view = False
    takes = "map"
    quiet = True
    gates: ClassVar[int]
    per_unit: ClassVar[OpCount]
    hidden_size: int = options.integer("numbers of the state, in each direction")
    num_layers: int = options.integer("layers, each reading the states of the one before", 1)
    bidirectional: bool = options.boolean(
        "whether a second state goes from the last column to the first", False
    )
    output: str = options.word(
        "the states after every column, or after the last that each direction reads",
        ("sequence", "last"),
        "sequence",
    )
    biases: int = options.integer(
        "biases of each gate: 2 as in PyTorch, 1 as in Keras, or 0", 2, minimum=0
    )

    def validate(self) -> None:
        if self.biases > 2:
            raise LayerError(
                f"`biases` must be 0, 1 or 2, not {self.biases}",
                help="PyTorch adds one to the input's share of a gate and one to the state's",
                field="biases",
            )
        if self.num_layers > MOST_LAYERS:
            raise LayerError(
                f"`num_layers` must be at most {MOST_LAYERS}, not {self.num_layers}",
                help=f"write `repeat` on {self.keyword} instead",
                field="num_layers",
            )

    @property
    def directions(self) -> int:
        """In how many directions the columns are read."""
        return 2 if self.bidirectional else 1

    def features(self, shape: Shape) -> int:
        """Return the features of a column; raises `LayerError` for more axes than two of space."""
        if len(spatial(self, shape)) > 2:
            raise LayerError(
                f"{self.keyword} reads the columns of a map, but {show_shape(shape)} has"
                f" {len(shape) - 1} spatial axes",
                help="`reshape` or `flatten` with `axis` joins some of them",
            )
        return shape[0] * (shape[1] if len(shape) == 3 else 1)

    def read_by_layers(self, shape: Shape) -> list[int]:
        """Return how many numbers each of the layers reads in a step, beside its state."""
        deeper = self.directions * self.hidden_size
        return [self.features(shape), *[deeper] * (self.num_layers - 1)]

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        shape = inputs[0]
        self.features(shape)
        steps = 1 if self.output == "last" else shape[-1]
        return (self.directions * self.hidden_size, *[1] * (len(shape) - 2), steps)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        shape = inputs[0]
        whole = self.bidirectional or self.output == "last"
        steps: Relation = Everything(shape[-1], output[-1]) if whole else Upto(shape[-1])
        rows = [Everything(n, 1) for n in shape[1:-1]]
        return (Reading((Everything(shape[0], output[0]), *rows, steps), whole),)

    def arrays(self) -> Iterator[tuple[int, str]]:
        """Yield for each layer and direction its number, and how its arrays' names end."""
        for layer in range(self.num_layers):
            for direction in range(self.directions):
                yield layer, f"l{layer}" + ("_reverse" if direction else "")

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        reads, rows = self.read_by_layers(inputs[0]), self.gates * self.hidden_size
        result = []
        for layer, ending in self.arrays():
            result.append(ParamSpec(f"weight_ih_{ending}", (rows, reads[layer])))
            result.append(ParamSpec(f"weight_hh_{ending}", (rows, self.hidden_size)))
            for name in ("bias_ih", "bias_hh")[: self.biases]:
                result.append(ParamSpec(f"{name}_{ending}", (rows,)))
        return tuple(result)

    def unit_steps(self, shape: Shape) -> int:
        """Return how often a number of a state is computed: in all layers, for all columns."""
        return shape[-1] * self.directions * self.num_layers * self.hidden_size

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        shape = inputs[0]
        reads = sum(self.read_by_layers(shape)) + self.num_layers * self.hidden_size
        each = shape[-1] * self.directions * self.hidden_size * self.gates
        more = self.per_unit.replace(adds=self.per_unit.adds + self.gates * self.biases)
        return times(more, self.unit_steps(shape)).replace(macs=each * reads)

    def connections_of(self, ops: OpCount) -> int | None:  # not defined for these
        return None

    def initial(self, array: ParamSpec) -> float | None:
        return 0.0 if len(array.shape) == 1 else None

    def counted_by_tools(self) -> Tools | None:
        return None if self.biases == 1 else self.tools

    def explain_shape(self, board: Blackboard) -> Lines:
        shape = board.input
        steps = f"{shape[-1]} columns are read one after the other"
        each = f"{show_shape(shape[:-1])} = {self.features(shape)} features each"
        lines: Lines = [f"{steps}, {each if len(shape) == 3 else f'{shape[0]} features each'}"]
        board.put("N_h", self.hidden_size)
        board.put("D", self.directions)
        both = "both directions" if self.bidirectional else "one direction"
        lines.append(board.derive("C_out", "D*N_h", board.output[0], f"states of {both}"))
        if self.output == "last":
            lines.append("only the last state of each direction is given")
        return lines

    def sums(self, board: Blackboard, biases: int) -> str:
        """Return the formula of what one step adds up in all layers, with so many biases."""
        board.put("G", self.gates)
        hidden, columns = board.put("N_h", self.hidden_size), board.put("D", self.directions)
        more = f" + {biases}" if biases else ""
        first = f"{board.put('N_in', self.features(board.input))} + {hidden}{more}"
        each = f"{columns}*G*{hidden}"
        if self.num_layers == 1:
            return f"{each}*({first})"
        deeper = f"({board.put('M', self.num_layers)} - 1)*({columns}*{hidden} + {hidden}{more})"
        return f"{each}*({first} + {deeper})"

    def explain_params(self, board: Blackboard) -> Formula:
        weighted = "the input and the state"
        remark = f"each of G = {self.gates} gates weighs {weighted}"
        return self.sums(board, self.biases), remark + (", and has biases" if self.biases else "")

    def explain_ops(self, board: Blackboard) -> Costs:
        steps = board.put("T", board.input[-1])
        each = f"{steps}*{board.put('D', self.directions)}*{board.put('M', self.num_layers)}"
        each += f"*{board.put('N_h', self.hidden_size)}"
        ops = self.op_count(board.inputs, board.output).replace(macs=0).as_dict()
        costs = {"macs": (f"{steps}*{self.sums(board, 0)}", "in each of T steps")}
        for kind, count in ops.items():
            if count:
                factor = count // self.unit_steps(board.input)
                costs[kind] = f"{factor}*{each}", f"{factor} per number of a state and step"
        return costs

    def in_few_words(self) -> list[str]:
        words = [str(self.hidden_size)] + [f"x{self.num_layers}"] * (self.num_layers > 1)
        return [*words, *["both ways"] * self.bidirectional, *["last"] * (self.output == "last")]

    def weights(self, given: NodeWeights) -> list[tuple[Array, Array, Array | None, Array | None]]:
        """Return of every layer and direction the two matrices, and the biases that there are."""
        result = []
        for _, ending in self.arrays():
            biases = [given[f"{name}_{ending}"] for name in ("bias_ih", "bias_hh")[: self.biases]]
            first, second = (*biases, None, None)[:2]
            pair = given[f"weight_ih_{ending}"], given[f"weight_hh_{ending}"]
            result.append((*pair, first, second))
        return result

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels import recurrent as kernel

        step = getattr(kernel, f"{self.keyword}_step")
        last = self.output == "last"
        return kernel.recurrent(run, inputs[0], self.weights(weights), step, self.directions, last)


class Lstm(Recurrent):
    """LSTM over the columns of a map: a state and a memory cell go from each column to the next.

    Shape: (C, W) -> (D * hidden_size, W), (C, H, W) -> (D * hidden_size, 1, W), D = 2 if
        bidirectional; with `output: last` W becomes 1
    Params: 4 * hidden_size * (features + hidden_size + biases) per layer and direction, features =
        C * H in the first layer and D * hidden_size in the others
    Operations: per column what the weights count in MACs; per number of a state and column, beside
        its biases, 4 additions, 3 multiplications, 3 divisions and 5 transcendentals (three
        sigmoids, two tanh)
    Example: {lstm: {hidden_size: 256, bidirectional: true}}
    Source: PyTorch's LSTM, whose gates are i, f, g, o; Hochreiter & Schmidhuber 1997
    """

    keyword = "lstm"
    foreign = {"pytorch": "LSTM", "keras": "LSTM", "onnx": "LSTM", "caffe": "LSTM"}
    tools = {
        "thop": (("products", 1), ("unit_steps", 16, 8)),
        "torchinfo": (("products", 1), ("unit_steps", 8, 0)),
        "ptflops_pytorch": (("products", 1), ("unit_steps", 18, 10)),
    }
    gates = 4
    per_unit = OpCount(adds=4, muls=3, divs=3, exps=5)


class Gru(Recurrent):
    """GRU over the columns of a map: a state goes from each column to the next.

    Shape: (C, W) -> (D * hidden_size, W), (C, H, W) -> (D * hidden_size, 1, W), D = 2 if
        bidirectional; with `output: last` W becomes 1
    Params: 3 * hidden_size * (features + hidden_size + biases) per layer and direction, features =
        C * H in the first layer and D * hidden_size in the others
    Operations: per column what the weights count in MACs; per number of a state and column, beside
        its biases, 5 additions, 3 multiplications, 2 divisions and 3 transcendentals (two
        sigmoids, one tanh)
    Example: {gru: {hidden_size: 128}}
    Source: PyTorch's GRU, whose gates are r, z, n: the state's share of n, its bias included, is
        multiplied by r (Keras' reset_after); Cho et al. 2014
    """

    keyword = "gru"
    foreign = {"pytorch": "GRU", "keras": "GRU", "onnx": "GRU"}
    tools = {
        "thop": (("products", 1), ("unit_steps", 13, 7)),
        "torchinfo": (("products", 1), ("unit_steps", 6, 0)),
        "ptflops": (("products", 1), ("gate_biases",)),
        "ptflops_pytorch": (("products", 1), ("unit_steps", 13, 7)),
        "torch": (("products", 2),),
    }
    gates = 3
    per_unit = OpCount(adds=5, muls=3, divs=2, exps=3)

    def validate(self) -> None:
        super().validate()
        if self.biases == 1:
            raise LayerError(
                "`biases` of a gru must be 0 or 2",
                help="one of them belongs to the input's share, one to the state's",
                field="biases",
            )
