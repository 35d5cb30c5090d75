"""What a proof is made of: a computed value beside the one that was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cnncalc.record import Shown


@dataclass(frozen=True, slots=True)
class Check:
    """A computed value and the measured one; both are plain values that JSON can hold.

    `measured` is None where the run never came to measure it.
    """

    computed: Any
    measured: Any

    @property
    def passed(self) -> bool:
        """Whether the measurement confirms the computation."""
        return bool(self.computed == self.measured)


@dataclass(frozen=True, slots=True)
class NodeProof:
    """The checks of one node: `receptive_field` is None where it was not measured.

    `params` compares the learned numbers that the node's kernels read for the first time in the
    run, `buffers` those that are kept but not learned, `macs` the products of one sample. `error`
    says why a node could not be executed.
    """

    index: int
    name: str
    layer: str
    shape: Check
    params: Check
    buffers: Check
    macs: Check
    receptive_field: Check | None = None
    error: str | None = None

    @property
    def checks(self) -> dict[str, Check | None]:
        """The checks by their names in the contract for programs."""
        return {
            "shape": self.shape,
            "params": self.params,
            "buffers": self.buffers,
            "macs": self.macs,
            "receptive_field": self.receptive_field,
        }

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return self.error is None and all(
            check.passed for check in self.checks.values() if check is not None
        )


@dataclass(frozen=True, slots=True, repr=False)
class Proof(Shown):
    """The checks of a whole network, in the order of its nodes (inputs left out).

    `macs` is the number of products performed for one sample, `seconds` the time of the run
    and of measuring receptive fields.
    """

    name: str
    variant: str | None
    nodes: tuple[NodeProof, ...]
    macs: int
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every node passed."""
        return all(node.passed for node in self.nodes)

    @property
    def failures(self) -> tuple[NodeProof, ...]:
        """The nodes that did not pass."""
        return tuple([node for node in self.nodes if not node.passed])
