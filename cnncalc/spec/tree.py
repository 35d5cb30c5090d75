"""The located tree: scalars, lists and mappings that know their line and column.

Plain slotted classes, not values: a spec may have a hundred thousand of them, and making one must
cost next to nothing. So a node keeps numbers, and makes a `Span` when a message asks for one.
"""

from __future__ import annotations

from cnncalc.diagnostics import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Node: TypeAlias = "Scalar | Sequence | Mapping"
    Place: TypeAlias = tuple[Source, int, int, int]  # source, line, column, length


class Located:
    """What the nodes share: `line` and `column`, from 1, and the `length` in characters.

    A node that ends on a later line, or is empty, has length 0.
    """

    __slots__ = ("column", "length", "line", "source")

    source: Source
    line: int
    column: int
    length: int

    @property
    def place(self) -> Place:
        """Return source, line, column and length as they are kept."""
        return self.source, self.line, self.column, self.length

    @property
    def span(self) -> Span:
        """Return the place; of a node of several lines, the part on its first line."""
        length = self.length
        if not length:
            rest = self.source.line(self.line)[self.column - 1 :].split(" #")[0]
            length = max(len(rest.rstrip()), 1)
        return Span(self.source, self.line, self.column, length)


class Scalar(Located):
    """A word, a number or a text; `text` is what was written, without the quotes if `quoted`.

    A key without a value has an empty, unquoted scalar.
    """

    __slots__ = ("quoted", "text")

    def __init__(
        self, text: str, quoted: bool, source: Source, line: int, column: int, length: int
    ) -> None:
        self.text = text
        self.quoted = quoted
        self.source = source
        self.line = line
        self.column = column
        self.length = length

    @property
    def kind(self) -> str:
        """Return what a message calls this node."""
        if self.quoted:
            return "a quoted text"
        if not self.text:
            return "nothing"
        return "a number" if self.text.lstrip("+-.")[:1].isdigit() else "a word"

    def span_within(self, offset: int, length: int) -> Span:
        """Return the place of a part of `text`, or the whole node's if it is not written plainly.

        Quotes and an anchor are passed over; a text with escapes or line breaks has no parts.
        """
        line = self.source.line(self.line)
        start = line.find(self.text, self.column - 1)
        if not self.text or not 0 <= start <= self.column - 1 + self.length - len(self.text):
            return self.span
        return Span(self.source, self.line, start + offset + 1, max(length, 1))

    def __repr__(self) -> str:
        return f"Scalar({self.text!r})"


class Sequence(Located):
    """A list of nodes."""

    __slots__ = ("items",)
    kind = "a list"

    def __init__(
        self, items: list[Node], source: Source, line: int, column: int, length: int
    ) -> None:
        self.items = items
        self.source = source
        self.line = line
        self.column = column
        self.length = length

    def __repr__(self) -> str:
        return f"Sequence({self.items!r})"


class Mapping(Located):
    """Keys and their nodes, in the order of the text; no key comes twice."""

    __slots__ = ("keys", "values")
    kind = "a mapping"

    def __init__(
        self,
        keys: list[Scalar],
        values: dict[str, Node],
        source: Source,
        line: int,
        column: int,
        length: int,
    ) -> None:
        self.keys = keys
        self.values = values  # by the text of the key, in the same order
        self.source = source
        self.line = line
        self.column = column
        self.length = length

    @property
    def entries(self) -> list[tuple[Scalar, Node]]:
        """Return the keys, each with its node."""
        return list(zip(self.keys, self.values.values(), strict=True))

    def get(self, key: str) -> Node | None:
        """Return the node under `key`, or None."""
        return self.values.get(key)

    def __repr__(self) -> str:
        return f"Mapping({self.values!r})"
