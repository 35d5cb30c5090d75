"""What a target format cannot say: raised by the rule of a layer, placed by the writer."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, SpecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.graph import Node


class Unwritable(Exception):
    """A layer, or the value of one of its fields, has no counterpart in the target.

    `lost` says what the written network would do otherwise; `field` is None for the whole layer.
    """

    def __init__(self, lost: str, field: str | None = None) -> None:
        super().__init__(lost)
        self.lost = lost
        self.field = field


def refused(node: Node, target: str, reason: Unwritable) -> SpecError:
    """Return the error for a node that cannot be written, to be raised."""
    what = (
        node.layer.keyword if reason.field is None else f"`{reason.field}` of {node.layer.keyword}"
    )
    return SpecError(
        Diagnostic(
            f"node `{node.name}`: {target} cannot say {what}: {reason.lost}",
            node.span_of(reason.field),
        )
    )
