"""What every layer is said to spend, against two witnesses that share nothing with the layers.

`COUNTED` runs each layer's definition, written out here for one output, on numbers that count what
is done to them; `BY_HAND` has figures that were worked out on paper, each with its reasoning. Only
what is done to data counts: what follows from weights and options alone can be done beforehand, as
the scale and the shift of a batch norm are. Where branches differ, the dearer one is counted.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

import pytest
from each import each
from layer_examples import CASES, EXAMPLES, OPAQUE, Shapes

from cnncalc.layers import LAYERS, layer_class
from cnncalc.quantities import OPERATIONS, OpCount


class Number:
    """A number of the data: whatever is done to it is counted, once, by kind.

    Its value is a small negative number, for which no function takes the cheap branch.
    """

    def __init__(self, tally: Counter[str]) -> None:
        self.tally = tally

    def spend(self, kind: str) -> Number:
        """Count one operation and return its result."""
        self.tally[kind] += 1
        return Number(self.tally)

    def __add__(self, _other: object) -> Number:
        return self.spend("adds")

    def __mul__(self, _other: object) -> Number:
        return self.spend("muls")

    def __truediv__(self, _other: object) -> Number:
        return self.spend("divs")

    __radd__ = __sub__ = __rsub__ = __add__
    __rmul__ = __mul__
    __rtruediv__ = __truediv__

    def above(self, _other: object) -> bool:
        """Compare; the answer leads to the dearer branch."""
        self.spend("comparisons")
        return False


def larger(a: Number, _b: object) -> Number:
    """Return the larger (or the smaller) of two numbers."""
    return a.spend("comparisons")


def transcendental(v: Number) -> Number:
    """Return the exponential, logarithm, root, power, tanh or error function of a number."""
    return v.spend("exps")


def fold(values: list[Number], how: Any) -> Number:
    """Combine all numbers, one after the other: n - 1 steps for n numbers."""
    result = values[0]
    for value in values[1:]:
        result = how(result, value)
    return result


def total(values: list[Number]) -> Number:
    return fold(values, lambda a, b: a + b)


def largest(values: list[Number]) -> Number:
    return fold(values, larger)


def sigmoid(v: Number) -> Number:
    return 1 / (1 + transcendental(v))


def cut(v: Number) -> Number:
    """Between two bounds: a comparison with each."""
    return larger(larger(v, 0), 6)


def leaky(v: Number) -> Number:
    return v if v.above(0) else v * 0.1


def elu(v: Number) -> Number:
    return v if v.above(0) else (transcendental(v) - 1) * 1.0


def softplus(v: Number) -> Number:
    steep = v * 1.0
    return v if steep.above(20) else transcendental(1 + transcendental(steep)) / 1.0


def gelu(v: Number) -> Number:
    return v * 0.5 * (1 + transcendental(v * 0.707))


def selu(v: Number) -> Number:
    return v * 1.05 if v.above(0) else (transcendental(v) - 1) * 1.67 * 1.05


def absolute(v: Number) -> Number:
    return v.spend("comparisons")


#: One element's function, for layers that treat each by itself.
FUNCTIONS: dict[str, Any] = {
    "relu": lambda v: larger(v, 0),
    "relu6": cut,
    "hard_tanh": cut,
    "leaky_relu": leaky,
    "prelu": leaky,
    "elu": elu,
    "sigmoid": sigmoid,
    "tanh": transcendental,
    "silu": lambda v: v * sigmoid(v),
    "softplus": softplus,
    "gelu": gelu,
    "hard_sigmoid": lambda v: cut(v + 3) / 6,
    "hard_swish": lambda v: v * cut(v + 3) / 6,
    "mish": lambda v: v * transcendental(transcendental(1 + transcendental(v))),
    "softsign": lambda v: v / (1 + absolute(v)),
    "square": lambda v: v * v,
    "sqrt": transcendental,
    "selu": selu,
    "abs": absolute,
    "batch_norm": lambda v: v * 1.5 + 0.5,
    "layer_scale": lambda v: v * 1e-6,
}
FREE = (
    "identity", "dropout", "stochastic_depth", "flatten", "pad", "crop", "slice",
    "channel_shuffle", "concat", "reshape", "permute", "space_to_depth", "pixel_shuffle",
)  # fmt: skip


class Witness:
    """The definitions of the other layers, over the positions of one example."""

    def __init__(self, layer: Any, inputs: Shapes, output: tuple[int, ...]) -> None:
        self.layer = layer
        self.shapes = inputs
        self.shape, self.output = inputs[0], output
        self.tally: Counter[str] = Counter()

    def many(self, count: int) -> list[Number]:
        """Return numbers of the data."""
        return [Number(self.tally) for _ in range(count)]

    def outputs(self) -> range:
        return range(math.prod(self.output))

    def taps(self) -> int:
        rank = len(self.shape) - 1
        kernel = self.layer.kernel_size
        return kernel**rank if isinstance(kernel, int) else math.prod(kernel)

    def products(self, reads: int) -> None:
        """Add up products of data and weights in each output, and a bias."""
        for _ in self.outputs():
            self.tally["macs"] += reads
            if self.layer.bias:
                self.many(1)[0] + 0.5

    def conv(self) -> None:
        table = self.layer.connections
        if table is None:
            return self.products(self.shape[0] // self.layer.groups * self.taps())
        positions = math.prod(self.output[1:])
        for row in table:
            self.tally["macs"] += positions * len(row) * self.taps()
            for _ in range(positions):
                self.many(1)[0] + 0.5
        return None

    def locally_connected(self) -> None:
        self.products(self.shape[0] * self.taps())

    def linear(self) -> None:
        self.products(self.shape[self.layer.axis or 0])

    def lstm(self) -> None:
        def step() -> None:
            i, f, g, o, memory = self.many(5)
            for _bias in range(self.layer.biases * 4):
                self.many(1)[0] + 0.5
            memory = sigmoid(f) * memory + sigmoid(i) * transcendental(g)
            sigmoid(o) * transcendental(memory)

        self.steps(step, 4)

    def gru(self) -> None:
        def step() -> None:
            r, z, n, n_state, state = self.many(5)
            for _bias in range(self.layer.biases * 3):
                self.many(1)[0] + 0.5
            z = sigmoid(z)
            n = transcendental(n + sigmoid(r) * n_state)
            (1 - z) * n + z * state

        self.steps(step, 3)

    def steps(self, step: Any, gates: int) -> None:
        """Take every step of every number of every state; its gates weigh input and state."""
        directions, hidden = 1 + self.layer.bidirectional, self.layer.hidden_size
        reads = math.prod(self.shape[:-1])
        for _layer in range(self.layer.num_layers):
            for _ in range(directions * self.shape[-1] * hidden):
                self.tally["macs"] += gates * (reads + hidden)
                step()
            reads = directions * hidden

    def matmul(self) -> None:
        for _ in self.outputs():
            self.tally["macs"] += self.shape[-1]

    def clip(self) -> None:
        for value in self.many(math.prod(self.shape)):
            for bound in (self.layer.min, self.layer.max):
                if bound is not None:
                    value = larger(value, bound)

    def scale(self) -> None:
        learned = self.layer.learned
        for value in self.many(math.prod(self.shape)):
            if learned in ("factor", "both") or self.layer.factor != 1:
                value = value * 0.5
            if learned in ("shift", "both") or self.layer.shift:
                value + 2.0

    def sets(self) -> list[list[Number]]:
        """Return the elements of every output of a reduction."""
        each = math.prod(self.shape) // math.prod(self.output)
        return [self.many(each) for _ in self.outputs()]

    def mean(self) -> None:
        for values in self.sets():
            total(values) / len(values)

    def max(self) -> None:
        for values in self.sets():
            largest(values)

    def l2_normalize(self) -> None:
        for _ in range(math.prod(self.shape[1:])):
            values = self.many(self.shape[0])
            length = larger(transcendental(total([v * v for v in values])), 1e-12)
            for value in values:
                value / length

    def subtract(self) -> None:
        for _ in self.outputs():
            fold(self.many(len(self.shapes)), lambda a, b: a - b)

    def maximum(self) -> None:
        for _ in self.outputs():
            largest(self.many(len(self.shapes)))

    minimum = maximum

    def conv_transpose(self) -> None:
        each = self.layer.out_channels // self.layer.groups
        self.products(0)
        for _ in range(math.prod(self.shape)):  # every input element meets every tap
            self.tally["macs"] += each * self.taps()

    def rbf(self) -> None:
        for _ in self.outputs():
            differences = [v - 1.0 for v in self.many(self.shape[0])]
            total([d * d for d in differences])

    def max_pool(self) -> None:
        for _ in self.outputs():
            largest(self.many(self.taps()))

    min_pool = max_pool

    def avg_pool(self) -> None:
        for _ in self.outputs():
            total(self.many(self.taps())) / 4

    def global_lp_pool(self) -> None:
        self.norms(math.prod(self.shape[1:]))

    def lp_pool(self) -> None:
        self.norms(self.taps())

    def norms(self, count: int) -> None:
        """Take the p-norm of so many numbers for every output."""
        p = self.layer.norm_type
        for _ in self.outputs():
            values = self.many(count)
            powers = [v * v if p == 2 else v if p == 1 else transcendental(v) for v in values]
            result = total(powers)
            if p != 1:
                transcendental(result)

    def subsample(self) -> None:
        for _ in self.outputs():
            total(self.many(self.taps())) * 0.25 + 0.5

    def bins(self) -> list[list[Number]]:
        """Return the elements of every bin of an adaptive pool, by its definition."""
        result = []
        for index in itertools.product(*[range(m) for m in self.output[1:]]):
            axes = zip(index, self.output[1:], self.shape[1:], strict=True)
            sizes = [math.ceil((i + 1) * n / m) - math.floor(i * n / m) for i, m, n in axes]
            result += [self.many(math.prod(sizes)) for _ in range(self.shape[0])]
        return result

    def adaptive_avg_pool(self) -> None:
        for values in self.bins():
            total(values) / len(values)

    def adaptive_max_pool(self) -> None:
        for values in self.bins():
            largest(values)

    global_avg_pool, global_max_pool = adaptive_avg_pool, adaptive_max_pool

    def softmax(self) -> None:
        length = self.shape[self.layer.axis]
        for _ in range(math.prod(self.shape) // length):
            values = self.many(length)
            top = largest(values)
            powers = [transcendental(v - top) for v in values]
            whole = total(powers)
            for power in powers:
                power / whole

    def log_softmax(self) -> None:
        length = self.shape[self.layer.axis]
        for _ in range(math.prod(self.shape) // length):
            values = self.many(length)
            top = largest(values)
            lowered = [v - top for v in values]
            whole = transcendental(total([transcendental(v) for v in lowered]))
            for value in lowered:
                value - whole

    def local_response_norm(self) -> None:
        size, channels = self.layer.size, self.shape[0]
        for _ in range(math.prod(self.shape[1:])):
            values = self.many(channels)
            squares = [v * v for v in values]
            for c, value in enumerate(values):
                near = range(max(0, c - size // 2), min(channels, c + (size - 1) // 2 + 1))
                value / transcendental(2.0 + total([squares[i] for i in near]) * 1e-4)

    def standardise(self, sets: int) -> None:
        """Normalise sets of equal size; sums are gathered from zero on."""
        for _ in range(sets):
            values = self.many(math.prod(self.shape) // sets)
            mean = sum(values, start=Number(self.tally)) / 8
            centred = [v - mean for v in values]
            variance = sum([c * c for c in centred], start=Number(self.tally)) / 8
            scale = transcendental(variance + 1e-5)
            for c in centred:
                result = c * scale
                if self.layer.affine:
                    result * 1.5 + 0.5

    def layer_norm(self) -> None:
        together = {"all": self.shape, "channels": self.shape[:1], "last": self.shape[-1:]}
        self.standardise(math.prod(self.shape) // math.prod(together[self.layer.axes]))

    def group_norm(self) -> None:
        self.standardise(self.layer.num_groups)

    def instance_norm(self) -> None:
        self.standardise(self.shape[0])

    def add(self) -> None:
        for _ in self.outputs():
            total(self.many(len(self.shapes)))

    def multiply(self) -> None:
        for _ in self.outputs():
            fold(self.many(len(self.shapes)), lambda a, b: a * b)

    def upsample(self) -> None:
        if self.layer.mode == "nearest":
            return
        for _ in self.outputs():  # axis after axis, as if each pass had the size of the output
            for _axis in self.shape[1:]:
                taps = self.many(4 if self.layer.mode == "bicubic" else 2)
                total([tap * 0.25 for tap in taps])


def counted(keyword: str, layer: Any, inputs: Shapes, output: tuple[int, ...]) -> OpCount:
    """Return what the definition of a layer spends on one sample."""
    witness = Witness(layer, inputs, output)
    if keyword in FUNCTIONS:
        for number in witness.many(math.prod(inputs[0])):
            FUNCTIONS[keyword](number)
    elif keyword not in FREE:
        getattr(witness, keyword)()
    return OpCount(**witness.tally)


@each(("keyword", "fields", "shapes"), CASES)
def test_a_layer_spends_what_its_definition_does(
    keyword: str, fields: dict[str, Any], shapes: Shapes
) -> None:
    layer = layer_class(keyword)(**fields)
    facts = layer.facts(shapes)
    if keyword not in FUNCTIONS and not hasattr(Witness, keyword):
        assert not any(facts.ops.values()), f"write the definition of {keyword} into Witness"
    assert facts.ops == counted(keyword, layer, shapes, facts.output)


#: Worked out on paper: keyword, fields, inputs, the six components, and how they come about.
BY_HAND: list[tuple[str, dict[str, Any], Shapes, tuple[int, ...], str]] = [
    # macs, adds, muls, divs, comparisons, exps
    ("conv", {"out_channels": 2, "kernel_size": 2}, ((3, 3, 3),), (96, 8, 0, 0, 0, 0),
     "2x2 positions of 2 filters are 8 outputs of 3*2*2 products, each with a bias"),
    ("conv_transpose", {"out_channels": 2, "kernel_size": 2}, ((3, 2, 2),), (96, 18, 0, 0, 0, 0),
     "12 elements meet 2 filters of 4 taps; a bias in each of 3x3 positions of 2 channels"),
    ("locally_connected", {"out_channels": 2, "kernel_size": 2}, ((3, 3, 3),), (96, 8, 0, 0, 0, 0),
     "as the convolution: only the weights differ"),
    ("linear", {"out_features": 4}, ((5,),), (20, 4, 0, 0, 0, 0), "4 units weigh 5 inputs"),
    ("lstm", {"hidden_size": 2}, ((3, 4),), (160, 96, 24, 24, 0, 40),
     "4 columns: 4 gates of 2 numbers weigh 3 + 2 (40 products) and add 16 biases; for each number"
     " 3 sigmoids, 2 tanh, i g, f c and their sum, o tanh(c)"),
    ("gru", {"hidden_size": 2, "biases": 0}, ((3, 4),), (120, 40, 24, 16, 0, 24),
     "4 columns: 3 gates of 2 numbers weigh 3 + 2 (30 products); for each number 2 sigmoids, a"
     " tanh, r n', the sum with n, 1 - z, two products and their sum"),
    ("rbf", {"out_features": 2}, ((5,),), (0, 18, 10, 0, 0, 0),
     "2 outputs of 5 differences, 5 squares and 4 sums"),
    ("max_pool", {"kernel_size": 2}, ((3, 4, 4),), (0, 0, 0, 0, 36, 0),
     "3 comparisons find the largest of 4; 12 outputs"),
    ("min_pool", {"kernel_size": 2}, ((3, 4, 4),), (0, 0, 0, 0, 36, 0), "as for the largest"),
    ("avg_pool", {"kernel_size": 2}, ((3, 4, 4),), (0, 36, 0, 12, 0, 0),
     "3 sums of 4 numbers and a division, 12 times"),
    ("lp_pool", {"kernel_size": 2}, ((3, 4, 4),), (0, 36, 48, 0, 0, 12),
     "4 squares, 3 sums and a root, 12 times"),
    ("lp_pool", {"kernel_size": 2, "norm_type": 3}, ((3, 4, 4),), (0, 36, 0, 0, 0, 60),
     "4 powers, 3 sums and a root, 12 times"),
    ("subsample", {"kernel_size": 2}, ((3, 4, 4),), (0, 48, 12, 0, 0, 0),
     "3 sums and a bias, and one coefficient, 12 times"),
    ("global_avg_pool", {}, ((3, 4, 4),), (0, 45, 0, 3, 0, 0), "15 sums and a division, 3 times"),
    ("global_max_pool", {}, ((3, 4, 4),), (0, 0, 0, 0, 45, 0), "15 comparisons, 3 times"),
    ("global_lp_pool", {}, ((3, 4, 4),), (0, 45, 48, 0, 0, 3),
     "16 squares, 15 sums and a root, 3 times"),
    ("adaptive_avg_pool", {"output_size": 2}, ((1, 3),), (0, 2, 0, 2, 0, 0),
     "elements 0, 1 and elements 1, 2: a sum and a division each"),
    ("adaptive_max_pool", {"output_size": 2}, ((1, 3),), (0, 0, 0, 0, 2, 0), "the same two bins"),
    ("batch_norm", {}, ((3, 4),), (0, 12, 12, 0, 0, 0), "a scale and a shift for 12 elements"),
    ("local_response_norm", {"size": 3}, ((3, 1),), (0, 7, 6, 3, 0, 3),
     "windows of 2, 3 and 2 squares: 4 sums, and k 3 times; 3 squares and 3 times alpha"),
    ("layer_norm", {}, ((3, 4),), (0, 49, 36, 2, 0, 1),
     "4 sums (mean, centre, variance, shift) and 3 products for 12 elements, and eps"),
    ("group_norm", {"num_groups": 2, "affine": False}, ((4, 3),), (0, 38, 24, 4, 0, 2),
     "3 sums and 2 products for 12 elements; in 2 groups eps, 2 divisions and a root"),
    ("instance_norm", {}, ((3, 4),), (0, 39, 24, 6, 0, 3), "the same with 3 sets"),
    ("relu", {}, ((12,),), (0, 0, 0, 0, 12, 0), "one comparison with 0"),
    ("relu6", {}, ((12,),), (0, 0, 0, 0, 24, 0), "comparisons with 0 and 6"),
    ("leaky_relu", {}, ((12,),), (0, 0, 12, 0, 12, 0), "a comparison and a slope"),
    ("prelu", {}, ((12,),), (0, 0, 12, 0, 12, 0), "a comparison and a slope"),
    ("elu", {}, ((12,),), (0, 12, 12, 0, 12, 12), "alpha * (exp(x) - 1) below 0"),
    ("sigmoid", {}, ((12,),), (0, 12, 0, 12, 0, 12), "1 / (1 + exp(-x))"),
    ("hard_sigmoid", {}, ((12,),), (0, 12, 0, 12, 24, 0), "min(max(x + 3, 0), 6) / 6"),
    ("tanh", {}, ((12,),), (0, 0, 0, 0, 0, 12), "one function"),
    ("hard_tanh", {}, ((12,),), (0, 0, 0, 0, 24, 0), "comparisons with -1 and 1"),
    ("softplus", {}, ((12,),), (0, 12, 12, 12, 12, 24), "log(1 + exp(b x)) / b, if b x is small"),
    ("gelu", {}, ((12,),), (0, 12, 36, 0, 0, 12), "x * 0.5 * (1 + erf(x * sqrt(0.5)))"),
    ("silu", {}, ((12,),), (0, 12, 12, 12, 0, 12), "x times a sigmoid"),
    ("hard_swish", {}, ((12,),), (0, 12, 12, 12, 24, 0), "x times a hard sigmoid"),
    ("softmax", {}, ((4,),), (0, 7, 0, 4, 3, 4),
     "3 comparisons; 4 differences and 3 sums; 4 exponentials; 4 divisions"),
    ("log_softmax", {}, ((4,),), (0, 11, 0, 0, 3, 5),
     "3 comparisons; 4 differences, 3 sums, 4 differences; 4 exponentials and a logarithm"),
    ("add", {}, ((3, 4),) * 3, (0, 24, 0, 0, 0, 0), "2 sums for each of 12 outputs"),
    ("multiply", {}, ((3, 4),) * 2, (0, 0, 12, 0, 0, 0), "a product for each of 12 outputs"),
    ("layer_scale", {}, ((3, 4),), (0, 0, 12, 0, 0, 0), "a factor for each element"),
    ("mish", {}, ((12,),), (0, 12, 12, 0, 0, 36), "x * tanh(log(1 + exp(x)))"),
    ("softsign", {}, ((12,),), (0, 12, 0, 12, 12, 0), "x / (1 + |x|)"),
    ("square", {}, ((12,),), (0, 0, 12, 0, 0, 0), "x * x"),
    ("sqrt", {}, ((12,),), (0, 0, 0, 0, 0, 12), "one root"),
    ("selu", {}, ((12,),), (0, 12, 24, 0, 12, 12), "alpha * (exp(x) - 1), times a scale"),
    ("abs", {}, ((12,),), (0, 0, 0, 0, 12, 0), "a comparison with 0"),
    ("clip", {"min": 0, "max": 1}, ((12,),), (0, 0, 0, 0, 24, 0), "two bounds"),
    ("scale", {"factor": 2}, ((3, 4),), (0, 0, 12, 0, 0, 0), "a factor; no shift"),
    ("mean", {}, ((3, 4),), (0, 8, 0, 4, 0, 0), "at 4 positions 2 sums and a division"),
    ("max", {"axes": "space"}, ((3, 4),), (0, 0, 0, 0, 9, 0), "3 comparisons in 3 channels"),
    ("l2_normalize", {}, ((3, 4),), (0, 8, 12, 12, 4, 4),
     "at 4 positions 3 squares, 2 sums, a root, a comparison with eps, 3 divisions"),
    ("subtract", {}, ((3, 4),) * 2, (0, 12, 0, 0, 0, 0), "a difference for each of 12 outputs"),
    ("maximum", {}, ((3, 4),) * 3, (0, 0, 0, 0, 24, 0), "2 comparisons for each of 12 outputs"),
    ("minimum", {}, ((3, 4),) * 2, (0, 0, 0, 0, 12, 0), "a comparison for each of 12 outputs"),
    ("matmul", {}, ((2, 3), (3, 4)), (24, 0, 0, 0, 0, 0), "2x4 outputs of 3 products"),
    ("upsample", {"scale_factor": 2, "mode": "bilinear"}, ((1, 2, 2),), (0, 32, 64, 0, 0, 0),
     "16 outputs, along 2 axes 2 shares and their sum"),
    ("upsample", {"scale_factor": 0.5, "mode": "bicubic"}, ((1, 4, 4),), (0, 24, 32, 0, 0, 0),
     "4 outputs, along 2 axes 4 shares and their sum"),
    *[(keyword, *EXAMPLES[keyword][0], (0, 0, 0, 0, 0, 0), "nothing is computed")
      for keyword in FREE],
]  # fmt: skip


@each(("keyword", "fields", "shapes", "components", "reason"), BY_HAND)
def test_a_layer_spends_what_was_worked_out_by_hand(
    keyword: str, fields: dict[str, Any], shapes: Shapes, components: tuple[int, ...], reason: str
) -> None:
    ops = layer_class(keyword)(**fields).facts(shapes).ops
    assert ops.as_dict() == dict(zip(OPERATIONS, components, strict=True)), reason


@pytest.mark.parametrize("keyword", LAYERS)
def test_every_layer_that_computes_is_in_the_table(keyword: str) -> None:
    fields, shapes = EXAMPLES[keyword][0]
    if keyword in OPAQUE:
        pytest.skip("it spends what its formulas say")
    computes = any(layer_class(keyword)(**fields).facts(shapes).ops.values())
    assert not computes or keyword in {row[0] for row in BY_HAND}
