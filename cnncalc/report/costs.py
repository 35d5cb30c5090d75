"""What layers cost a machine: bytes, ideal times, and the products of a step of training."""

from __future__ import annotations

from cnncalc.analysis.machine import Machine, load, total
from cnncalc.analysis.training import steps
from cnncalc.quantities import AtLeast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.analysis.summary import Summary


class Costs:
    """The costs of the nodes of a summary, and their sums."""

    def __init__(self, summary: Summary) -> None:
        analysis = summary.analysis
        self.summary = summary
        self.analysis = analysis
        self.machine = summary.machine or Machine()
        self.batch = analysis.batch
        self.loads = [load(analysis, index) for index in range(len(analysis.facts))]
        self.steps = steps(analysis)

    def cell(self, key: str, indices: tuple[int, ...]) -> int | float | str | AtLeast | None:
        """Return the value of a column for some nodes; None where it is not known."""
        if key == "dtype":
            return ", ".join(dict.fromkeys(self.analysis.dtype_of(index) for index in indices))
        if key == "intensity":
            both = total([self.loads[index] for index in indices])
            return "" if both.moved == 0 else both.intensity  # a view moves nothing
        if key == "time" and self.summary.machine is None:
            return None
        if key == "bound":
            return self.bound(indices[0]) if len(indices) == 1 else None
        found = [self.value(key, index) for index in indices]
        known = [one for one in found if one is not None]
        if len(known) == len(found):
            return sum(known)
        return AtLeast(sum(known)) if len(found) > 1 else None

    def single(self, key: str, index: int) -> int | float | str | None:
        """Return a cost of one node; None if it is not known, or asks for a machine."""
        found = self.cell(key, (index,))
        return None if isinstance(found, AtLeast) or found == "" else found

    def value(self, key: str, index: int) -> int | float | None:
        """Return a cost of one node; None if it is not known."""
        if key == "read":
            return self.loads[index].read
        if key == "written":
            return self.loads[index].written
        if key == "time":
            return self.loads[index].seconds(self.machine)
        step = self.steps[index]
        return step.macs if key == "training_macs" else step.flops

    def bound(self, index: int) -> str | None:
        """Return what bounds the ideal time of a node."""
        return self.loads[index].bound(self.machine)

    def bounded(self, indices: Iterable[int]) -> dict[str, int]:
        """Return how many nodes each of `arithmetic` and `memory` bounds."""
        found = [self.bound(index) for index in indices]
        return {kind: found.count(kind) for kind in ("arithmetic", "memory")}
