"""One layer of a Caffe file while it is read."""

from __future__ import annotations

from cnncalc.quantities import product
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.diagnostics import SpecError
    from cnncalc.exchange.builder import GraphBuilder
    from cnncalc.exchange.caffe.prototxt import Message
    from cnncalc.quantities import Shape

    Rule = Callable[["CaffeUse"], int | list[int]]


class CaffeUse(Record):
    """A layer: its settings, what it reads, and what builds.

    `shared` stands for its arrays, in order, where they have names; `reads_later` says whether
    another layer reads what its first input is now.
    """

    builder: GraphBuilder
    layer: Message
    kind: str
    inputs: list[int]
    shared: list[object | None]
    reads_later: bool

    @property
    def name(self) -> str:
        """What the layer is called, by its type where nobody named it."""
        return self.layer.word("name") or self.kind

    def shape(self, position: int = 0) -> Shape:
        """Return the shape of an input, the batch left out."""
        if position >= len(self.inputs):
            raise self.error(f"it reads {len(self.inputs)} blobs, and needs {position + 1}")
        return self.builder.shapes[self.inputs[position]]

    def axis(self, param: Message, name: str, default: int) -> int:
        """Return an axis of Caffe, which counts the batch, as one of ours: 0 is the channels."""
        given = param.integer(name, default, -8)
        rank = len(self.shape()) + 1
        own = given + rank if given < 0 else given
        if not 1 <= own < rank:
            raise param.place_of(name).error(f"axis {given} is not one of a sample of {rank - 1}")
        return own - 1

    def add(self, keyword: str, *inputs: int, part: str = "", **fields: Any) -> int:
        """Add a layer that reads some nodes, by default the first input."""
        name = f"{self.name}/{part}" if part else self.name
        return self.builder.add(keyword, inputs or (self.inputs[0],), name, **fields)

    def weighted(self, keyword: str, index: int, has_bias: bool, **fields: Any) -> int:
        """Add a layer with weights, which it shares with those of the same names."""
        found = dict(
            zip(("weight", "bias") if has_bias else ("weight",), self.shared, strict=False)
        )
        named = {name: array for name, array in found.items() if array is not None}
        if named and has_bias:
            named.setdefault("bias", object())
        return self.builder.add(keyword, (index,), self.name, named or None, **fields)

    def custom(self, output: Shape, **each: int) -> int:
        """Add a layer that is none of ours; `each` says what is spent on each output, if known."""
        counts: dict[str, Any] = {kind: n * product(output) for kind, n in each.items()}
        if counts:
            counts["rest"] = "none"
        return self.add("custom", *self.inputs, kind=self.kind, output=output, **counts)

    def error(self, message: str, help: str | None = None) -> SpecError:
        """Return an error at the layer, to be raised."""
        return self.layer.place.error(f"{self.kind} `{self.name}`: {message}", help)
