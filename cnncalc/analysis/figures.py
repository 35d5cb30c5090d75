"""The figures of a node, and sums of them over nodes."""

from __future__ import annotations

from collections.abc import Mapping

from cnncalc.quantities import OPERATIONS, OpCount, product
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.graph import Node
    from cnncalc.layers.facts import Operations
    from cnncalc.quantities import ParamSpec, Shape

#: What is summed over nodes, and what of it the spec says in a formula.
COUNTS = ("params", "trainable", "frozen", "buffers", *OPERATIONS)
NAMED = ("params", "buffers", *OPERATIONS)
#: The figures of a node that are plain values, in the order of a table's columns.
PLAIN = ("name", "layer", "output", "params", "buffers", "macs", "flops", "elements")


class NodeFigures(Record):
    """The figures of one node, for one sample.

    `params` counts the numbers that training could change, `frozen` those of them that it leaves
    alone; a node that uses another's weights has 0 and says whose in
    `shares`. `buffers` are numbers that are kept but not trained. `connections` counts products
    and bias adds, as LeCun et al. 1998 do; None where that has no meaning. Counts that are not
    known are None, as are those of `ops`.
    """

    node: Node
    inputs: tuple[Shape, ...]
    output: Shape
    arrays: tuple[ParamSpec, ...]
    params: int | None
    buffers: int | None
    ops: Operations
    shares: str | None = None
    frozen: int | None = 0

    @property
    def macs(self) -> int | None:
        """Multiply-accumulates."""
        return self.ops.macs

    @property
    def trainable(self) -> int | None:
        """The params that training changes."""
        if self.node.trainable is False:
            return 0
        return None if self.params is None or self.frozen is None else self.params - self.frozen

    @property
    def flops(self) -> int | None:
        """Operations by the default convention."""
        return self.ops.flops

    def keys(self) -> tuple[str, ...]:
        """Return the names of the plain figures: a row is read as a mapping of them, too."""
        return PLAIN

    def __iter__(self) -> Iterator[str]:
        return iter(PLAIN)

    def __len__(self) -> int:
        return len(PLAIN)

    def __getitem__(self, key: str) -> object:
        """Return a plain figure by name; raises `KeyError`."""
        if key == "name":
            return self.node.name
        if key == "layer":
            return self.node.layer.keyword
        if key not in PLAIN:
            raise KeyError(key)
        return getattr(self, key)

    @property
    def elements(self) -> int:
        """The numbers in the output."""
        return product(self.output)

    @property
    def connections(self) -> int | None:
        """Products and bias adds of a layer with weights."""
        return self.node.layer.connections_of(self.ops) if type(self.ops) is OpCount else None


Mapping.register(NodeFigures)  # which pandas asks before it reads rows


class Totals(Record):
    """Sums over some nodes, for one sample.

    `frozen` are those of the `params` that training leaves alone. `at_least` names the sums to
    which some layer adds a count that is not known, `flops` and `trainable` included: they are what
    is known, and the true figure is at least so large.
    """

    params: int
    buffers: int
    ops: OpCount
    activations: int
    at_least: tuple[str, ...] = ()
    frozen: int = 0

    @property
    def trainable(self) -> int:
        """The params that training changes."""
        return self.params - self.frozen

    @property
    def macs(self) -> int:
        """Multiply-accumulates."""
        return self.ops.macs

    def exact(self, name: str) -> int | None:
        """Return a sum by its name, such as `params`; None if it is only known to be at least so.

        Names are those of the fields, of the components of `ops`, and `flops`.
        """
        if name in self.at_least:
            return None
        found: int = getattr(self.ops if name in OPERATIONS or name == "flops" else self, name)
        return found
