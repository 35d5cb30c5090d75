"""The figures of one layer on given input shapes."""

from __future__ import annotations

from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.quantities import OpCount, ParamSpec, PartCount, Shape

    Operations = OpCount | PartCount


class Facts:
    """The figures of one layer on given input shapes (`inputs`), for one sample.

    `output` is a shape; `params` the weight arrays; `trainable` and `buffers` count their numbers;
    `ops` is the operation count; `elements` the numbers in the output. A count that is not known
    is None: `trainable` or `buffers`, as `unknown` names them, or a component of `ops`. `constants`
    are those trainable numbers whose values the spec gives.
    """

    __slots__ = (
        "buffers", "constants", "elements", "inputs", "ops", "output", "params", "trainable",
    )  # fmt: skip

    def __init__(
        self,
        inputs: tuple[Shape, ...],
        output: Shape,
        params: tuple[ParamSpec, ...],
        ops: Operations,
        unknown: tuple[str, ...] = (),
        constants: int = 0,
    ) -> None:
        self.inputs = inputs
        self.constants = constants
        self.output = output
        self.params = params
        self.ops = ops
        self.elements = product(output)
        trainable = buffers = 0
        for array in params:
            if array.trainable:
                trainable += product(array.shape)
            else:
                buffers += product(array.shape)
        self.trainable = None if "params" in unknown else trainable
        self.buffers = None if "buffers" in unknown else buffers
