"""Blocks whose copies differ in the fields of their layers alone: how they lie is found once.

The names, edges and scopes of a block's nodes depend on its parameters only through conditions,
repetitions and calls of other blocks. Where there are none, what a copy needs is its layers.
"""

from __future__ import annotations

from cnncalc.language.entries import GroupEntry, LayerEntry, MergeEntry
from cnncalc.language.fragments import BlockForm
from cnncalc.language.limits import MAX_IDLE, MAX_LAYERS
from cnncalc.language.places import SHORT_PATH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.language.entries import Entry
    from cnncalc.language.fragments import Laid, Recording
    from cnncalc.language.laid import Env
    from cnncalc.language.places import Scope
    from cnncalc.layers.base import Layer


class Plan(BlockForm):
    """The form of a block, and the entries of its nodes; it holds down to a `depth`."""

    __slots__ = ("depth", "entries", "in_aux")

    def __init__(
        self,
        laid: Laid,
        recording: Recording,
        path: str,
        scope: Scope,
        entries: list[LayerEntry],
    ) -> None:
        super().__init__(laid, recording, path)
        self.entries = entries
        self.depth = scope.depth
        self.in_aux = scope.aux

    def fits(self, laid: Laid, scope: Scope, path: str) -> bool:
        """Return whether a copy keeps within what a network may be at this place."""
        return (
            scope.depth <= self.depth
            and scope.aux is self.in_aux
            and len(path) + self.longest <= SHORT_PATH
            and len(laid.nodes) + len(self.nodes) <= MAX_LAYERS
            and laid.idle + self.idle <= MAX_IDLE
        )

    def layers(self, env: Env) -> list[Layer]:
        """Return the layers of a copy under a block's parameters; raises as they are made."""
        layers = []
        lookup = env.__getitem__
        for entry in self.entries:
            layer = entry.fixed
            if layer is None:
                env.entry = entry
                layer = entry.layer(lookup)
            layers.append(layer)
        return layers

    def is_sound(self) -> bool:
        """Return whether layers can be made before there are nodes: of the channels that enter
        a layer, those that enter the block are known, and no others.
        """
        return len(self.entries) == len(self.nodes) and all(
            "in_channels" not in entry.names or at in self.heads
            for at, entry in enumerate(self.entries)
            if entry.fixed is None
        )


def even(body: list[Entry]) -> list[LayerEntry] | None:
    """Return the entries of the nodes of a block, in their order; None if copies may differ."""
    found: list[LayerEntry] = []
    for entry in body:
        said = entry.condition or entry.repeat or entry.trainable or entry.dtype
        if said is not None or not isinstance(entry, LayerEntry | GroupEntry):
            return None
        parts = entry.branches if isinstance(entry, MergeEntry) else []
        for part in [entry.body] if isinstance(entry, GroupEntry) else [[p] for p in parts]:
            within = even([*part])
            if within is None:
                return None
            found += within
        if isinstance(entry, MergeEntry) and entry.fixed is None:
            return None
        if isinstance(entry, LayerEntry):
            found.append(entry)
    return found
