"""What `torch.export` makes of a module: calls of PyTorch's operations in order, as plain values.

Both readers make one, from a module in memory and from a saved file, so that nothing after them
knows of either.
"""

from __future__ import annotations

from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.operations.values import ConstantArray


class ProgramName(str):
    """A value of the program, among the arguments of a call, where other texts are words."""

    __slots__ = ()


class ProgramCall(Record):
    """One call: the operation (`aten.conv2d.default`), its arguments by name, what it makes.

    `module` is the path of the module that calls it, such as `layer1.0.conv1`, and `kind` the
    class of that module.
    """

    target: str
    arguments: dict[str, Any]
    outputs: list[str]
    module: str
    kind: str

    @property
    def operation(self) -> str:
        """The operation without its room and its variant; `add` for `aten.add_.Tensor`."""
        parts = self.target.split(".")
        word = parts[1] if parts[0] in ("aten", "_operator", "torchvision") else self.target
        return word[:-1] if self.writes_in_place else word

    @property
    def writes_in_place(self) -> bool:
        """Whether it writes over its first argument, as PyTorch says by a last underscore."""
        parts = self.target.split(".")
        return len(parts) > 1 and parts[1].endswith("_") and not parts[1].startswith("__")

    @property
    def path(self) -> str:
        """What the layer is called: its module, or its operation within a module of one's own."""
        scope = self.module.partition("@")[0].replace(".", "/")
        if scope and self.kind.startswith("torch.nn.modules."):
            return scope
        return f"{scope}/{self.operation}" if scope else self.operation


class Program(Record):
    """A module's calls; its inputs, arrays and outputs by name; the shapes that it states.

    Shapes hold the batch, and 0 for a length that is left open.
    """

    name: str
    inputs: list[str]
    arrays: dict[str, ConstantArray]
    calls: list[ProgramCall]
    outputs: list[str]
    shapes: dict[str, list[int]]
