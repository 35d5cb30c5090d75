"""The located tree: scalars, lists and mappings that know their line and column.

Plain slotted classes, not values: a spec may have a hundred thousand of them, and making one must
cost next to nothing. A `Span` is made only when a message needs it.
"""

from __future__ import annotations

from cnncalc.diagnostics import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Node: TypeAlias = "Scalar | Sequence | Mapping"
    Place: TypeAlias = tuple[Source, int, int, int]  # source, line, column, length


class Located:
    """What the nodes share: a place, kept as plain numbers until somebody asks for the `span`."""

    __slots__ = ("place",)

    def __init__(self, place: Place) -> None:
        self.place = place

    @property
    def source(self) -> Source:
        return self.place[0]

    @property
    def line(self) -> int:
        return self.place[1]

    @property
    def span(self) -> Span:
        """Return the place; of a node of several lines, the part on its first line."""
        source, line, column, length = self.place
        if not length:
            rest = source.line(line)[column - 1 :].split(" #")[0]
            length = max(len(rest.rstrip()), 1)
        return Span(source, line, column, length)


class Scalar(Located):
    """A word, a number or a text; `text` is what was written, without the quotes if `quoted`.

    A key without a value has an empty, unquoted scalar.
    """

    __slots__ = ("quoted", "text")

    def __init__(self, text: str, quoted: bool, place: Place) -> None:
        self.text = text
        self.quoted = quoted
        self.place = place

    @property
    def kind(self) -> str:
        """Return what a message calls this node."""
        if self.quoted:
            return "a quoted text"
        if not self.text:
            return "nothing"
        return "a number" if self.text.lstrip("+-.")[:1].isdigit() else "a word"

    def __repr__(self) -> str:
        return f"Scalar({self.text!r})"


class Sequence(Located):
    """A list of nodes."""

    __slots__ = ("items",)
    kind = "a list"

    def __init__(self, items: list[Node], place: Place) -> None:
        self.items = items
        self.place = place

    def __repr__(self) -> str:
        return f"Sequence({self.items!r})"


class Mapping(Located):
    """Keys and their nodes: `entries` in the order of the text, and `values` by key."""

    __slots__ = ("entries", "values")
    kind = "a mapping"

    def __init__(
        self, entries: list[tuple[Scalar, Node]], values: dict[str, Node], place: Place
    ) -> None:
        self.entries = entries
        self.values = values
        self.place = place

    def get(self, key: str) -> Node | None:
        """Return the node under `key`, or None."""
        return self.values.get(key)

    def __repr__(self) -> str:
        return f"Mapping({self.values!r})"
