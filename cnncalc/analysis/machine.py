"""What a machine moves and computes for a network at best: bytes, intensity, ideal times.

A lower bound and no forecast: every weight and activation is moved once between memory and
processor, nothing is kept in caches or fused, and all operations run at the stated peak (the
roofline model, Williams, Waterman & Patterson 2009).
"""

from __future__ import annotations

from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.analysis.walk import Analysis


class Machine(Record):
    """What a machine can do at best: FLOPs and bytes per second; None if not given."""

    flops: float | None = None
    bandwidth: float | None = None


class Load(Record):
    """What a node, or several, put on a machine for one batch; None where it is not known.

    `read` and `written` are bytes: the inputs and the weights of a layer, and its output. `flops`
    are operations by the default convention.
    """

    read: int | None
    written: int
    flops: int | None

    @property
    def moved(self) -> int | None:
        """Bytes read and written."""
        return None if self.read is None else self.read + self.written

    @property
    def intensity(self) -> float | None:
        """Operations for each byte that is moved; None where nothing is."""
        if self.moved is None or self.flops is None or not self.moved:
            return None
        return self.flops / self.moved

    def seconds(self, machine: Machine) -> float | None:
        """Return the ideal time at the stated peak, of one layer; None if not all is known."""
        times = [0.0]
        if machine.flops:
            if self.flops is None:
                return None
            times.append(self.flops / machine.flops)
        if machine.bandwidth:
            if self.moved is None:
                return None
            times.append(self.moved / machine.bandwidth)
        return max(times)

    def bound(self, machine: Machine) -> str | None:
        """Return what bounds the ideal time of one layer: `arithmetic` or `memory`.

        None if one of the two rates is not given, or nothing is done.
        """
        if not machine.flops or not machine.bandwidth or not self.moved or self.flops is None:
            return None
        by_arithmetic = self.flops / machine.flops >= self.moved / machine.bandwidth
        return "arithmetic" if by_arithmetic else "memory"


def load(analysis: Analysis, index: int) -> Load:
    """Return what one node puts on a machine; nothing for inputs and views, which move nothing."""
    node, facts = analysis.graph.nodes[index], analysis.facts
    flops = facts[index].ops.flops
    work = None if flops is None else flops * analysis.batch
    if not node.inputs or is_view(analysis, index):
        return Load(0, 0, work)
    weights = analysis.weight_bytes(index)
    inputs = sum([analysis.output_bytes(source) for source in node.sources])
    read = None if None in weights else inputs + sum([size or 0 for size in weights])
    return Load(read, analysis.output_bytes(index), work)


def is_view(analysis: Analysis, index: int) -> bool:
    """Return whether a node passes its input on in the same place, in the same type."""
    node = analysis.graph.nodes[index]
    if not node.layer.is_view or not node.inputs:
        return False
    return analysis.dtype_of(index) == analysis.dtype_of(node.inputs[0])


def total(loads: Iterable[Load]) -> Load:
    """Return what several nodes put on a machine together; None where a part is not known."""
    found = list(loads)
    reads = [one.read for one in found if one.read is not None]
    flops = [one.flops for one in found if one.flops is not None]
    return Load(
        sum(reads) if len(reads) == len(found) else None,
        sum([one.written for one in found]),
        sum(flops) if len(flops) == len(found) else None,
    )
