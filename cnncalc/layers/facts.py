"""The figures of one layer on given input shapes."""

from __future__ import annotations

from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Protocol

    from cnncalc.quantities import OpCount, ParamSpec, PartCount, Shape

    Operations = OpCount | PartCount

    class Giving(Protocol):
        """What a layer says of its arrays: which have given values, which numbers nobody knows."""

        opaque: ClassVar[bool]

        @property
        def unknown(self) -> tuple[str, ...]: ...
        def given(self, array: ParamSpec) -> Any: ...


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
        layer: Giving,
        inputs: tuple[Shape, ...],
        output: Shape,
        params: tuple[ParamSpec, ...],
        ops: Operations,
    ) -> None:
        self.inputs = inputs
        self.output = output
        self.params = params
        self.ops = ops
        self.elements = product(output)
        trainable = buffers = constants = 0
        for array in params:
            count = product(array.shape)
            if not array.trainable:
                buffers += count
                continue
            trainable += count
            said = getattr(layer, array.name, None)  # mostly True or None: nothing to ask further
            if said is not None and said is not True and layer.given(array) is not None:
                constants += count
        self.constants = constants
        self.trainable: int | None = trainable
        self.buffers: int | None = buffers
        if layer.opaque:
            unknown = layer.unknown
            self.trainable = None if "params" in unknown else trainable
            self.buffers = None if "buffers" in unknown else buffers
