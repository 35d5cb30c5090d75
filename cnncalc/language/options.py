"""What a run says of a network over and above its spec."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Options:
    """The choices of one run.

    `settings` are texts by parameter name (`--set`); `inputs` texts by input name, the name `""`
    standing for the only input (`--input`); `rounding` replaces the spec's.
    """

    __slots__ = ("inputs", "rounding", "settings", "variant")

    def __init__(
        self,
        variant: str | None = None,
        settings: Mapping[str, str] | None = None,
        inputs: Mapping[str, str] | None = None,
        rounding: str | None = None,
    ) -> None:
        self.variant = variant
        self.settings = settings or {}
        self.inputs = inputs or {}
        self.rounding = rounding
