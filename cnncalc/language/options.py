"""What a run says of a network over and above its spec."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.language.tree import Node


class Options:
    """The choices of one run.

    `settings` are texts by parameter name (`--set`), or trees of such; `inputs` texts by input
    name, the name `""` standing for the only input (`--input`); `rounding` replaces the spec's.
    `layout` is the order in which `inputs` are typed: `chw`, `hwc`, or None, which is channels
    first but may be a slip. `folder` is where a spec finds the files beside it (None: it may name
    built-in networks only), and `depth` how deep it stands inside other networks.
    """

    __slots__ = ("depth", "folder", "inputs", "layout", "rounding", "settings", "variant")

    def __init__(
        self,
        variant: str | None = None,
        settings: Mapping[str, str | Node] | None = None,
        inputs: Mapping[str, str] | None = None,
        rounding: str | None = None,
        layout: str | None = None,
        folder: str | None = None,
        depth: int = 0,
    ) -> None:
        self.variant = variant
        self.settings = settings or {}
        self.inputs = inputs or {}
        self.rounding = rounding
        self.layout = layout
        self.folder = folder
        self.depth = depth

    def found(self, variant: str | None, folder: str | None) -> Options:
        """Return the same choices for a spec that was found under a variant's name, in a folder."""
        variant = self.variant if self.variant is not None else variant
        return Options(variant, self.settings, self.inputs, self.rounding, self.layout, folder)
