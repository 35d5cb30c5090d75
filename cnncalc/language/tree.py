"""The located tree: scalars, lists and mappings that know their line and column.

Plain slotted classes, not values: a spec may have a hundred thousand of them, and making one must
cost next to nothing. So a node keeps numbers, and makes a `Span` when a message asks for one.
"""

from __future__ import annotations

from cnncalc.diagnostics import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Node: TypeAlias = "Scalar | Sequence | Mapping"


class Located:
    """What the nodes share: where they begin, and how many characters of that line they take."""

    __slots__ = ("source",)

    source: Source

    if TYPE_CHECKING:

        @property
        def line(self) -> int: ...
        @property
        def column(self) -> int: ...
        @property
        def length(self) -> int: ...

    @property
    def place(self) -> tuple[Source, int, int]:
        """Return source, line and column."""
        return self.source, self.line, self.column

    @property
    def span(self) -> Span:
        """Return the place; of a node of several lines, the part on its first line."""
        return Span(self.source, self.line, self.column, self.length)


class Scalar(Located):
    """A word, a number or a text; `text` is what was written, without its quotes.

    A key without a value has an empty, unquoted scalar. `style` is the parser's: a quote, `|`,
    `>`, or nothing for a plain scalar.
    """

    __slots__ = ("column", "line", "style", "text")

    line: int
    column: int

    def __init__(
        self, text: str, style: str | None, source: Source, line: int, column: int
    ) -> None:
        self.text = text
        self.style = style
        self.source = source
        self.line = line
        self.column = column

    @property
    def quoted(self) -> bool:
        """Whether this is a text beyond doubt: in quotes, or a block of lines."""
        return bool(self.style)

    @property
    def kind(self) -> str:
        """Return what a message calls this node."""
        if self.style:
            return "a quoted text"
        if not self.text:
            return "nothing"
        return "a number" if self.text.lstrip("+-.")[:1].isdigit() else "a word"

    @property
    def length(self) -> int:
        """Return the number of characters on the first line, quotes and anchor included."""
        line, start = self.source.line(self.line), self.column - 1
        return max(_end_of_scalar(line, start, self.text) - start, 1)

    def span_within(self, offset: int, length: int) -> Span:
        """Return the place of a part of `text`, or the whole node's if it is not written plainly.

        Quotes and an anchor are passed over; a text with escapes or line breaks has no parts.
        """
        line, start = self.source.line(self.line), self.column - 1
        found = line.find(self.text, start, start + self.length)
        if found < 0 or offset > len(self.text):
            return self.span
        return Span(self.source, self.line, found + offset + 1, max(length, 1))

    def __repr__(self) -> str:
        return f"Scalar({self.text!r})"


def _end_of_scalar(line: str, start: int, text: str) -> int:
    """Return where the scalar that begins at `start` ends on its line.

    Found from the text, because only a message asks for it, while the parser's answer would have
    to be taken and kept for every scalar.
    """
    first = line[start : start + 1]
    if first in ("&", "*"):
        end = start + len(
            line[start:].replace(",", " ").replace("]", " ").replace("}", " ").split()[0]
        )
        rest = len(line) - len(line[end:].lstrip())
        return _end_of_scalar(line, rest, text) if first == "&" and rest < len(line) else end
    if first in ('"', "'"):
        return _end_of_quotes(line, start)
    if first not in ("|", ">") and line.startswith(text, start):
        return start + len(text)
    return _end_of_line(line, start)


def _end_of_quotes(line: str, start: int) -> int:
    quote, at = line[start], start + 1
    while at < len(line):
        doubled = quote == "'" and line[at : at + 2] == "''"
        if doubled or (quote == '"' and line[at] == "\\"):
            at += 1
        elif line[at] == quote:
            return at + 1
        at += 1
    return len(line)


def _end_of_line(line: str, start: int) -> int:
    """Return where a line ends, but for its comment and the spaces before that."""
    at = start
    while at < len(line):
        before = line[at - 1] if at else " "
        if line[at] == "#" and before == " ":
            break
        at = _end_of_quotes(line, at) if line[at] in "\"'" and before in " [{,(" else at + 1
    return start + len(line[start:at].rstrip())


class Collection(Located):
    """What lists and mappings share: the parser's marks, counted from 0, of start and end."""

    __slots__ = ("end", "start")

    start: Any
    end: Any

    @property
    def line(self) -> int:
        """Return the line, from 1."""
        return int(self.start.line) + 1

    @property
    def column(self) -> int:
        """Return the column, from 1."""
        return int(self.start.column) + 1

    @property
    def length(self) -> int:
        """Return the number of characters on the first line, without a comment."""
        line, start = self.source.line(self.line), int(self.start.column)
        # What is written in lines ends for the parser where the next thing begins.
        in_brackets = line[start : start + 1] in ("[", "{", "*")
        if in_brackets and self.end.line == self.start.line:
            return max(int(self.end.column) - start, 1)
        return max(_end_of_line(line, start) - start, 1)


class Sequence(Collection):
    """A list of nodes."""

    __slots__ = ("items",)
    kind = "a list"

    def __init__(self, items: list[Node], source: Source, start: Any, end: Any) -> None:
        self.items = items
        self.source = source
        self.start = start
        self.end = end

    def __repr__(self) -> str:
        return f"Sequence({self.items!r})"


class Mapping(Collection):
    """Keys and their nodes, in the order of the text; no key comes twice."""

    __slots__ = ("keys", "values")
    kind = "a mapping"

    def __init__(
        self, keys: list[Scalar], values: dict[str, Node], source: Source, start: Any, end: Any
    ) -> None:
        self.keys = keys
        self.values = values  # by the text of the key, in the same order
        self.source = source
        self.start = start
        self.end = end

    @property
    def entries(self) -> list[tuple[Scalar, Node]]:
        """Return the keys, each with its node."""
        return list(zip(self.keys, self.values.values(), strict=True))

    def get(self, key: str) -> Node | None:
        """Return the node under `key`, or None."""
        return self.values.get(key)

    def __repr__(self) -> str:
        return f"Mapping({self.values!r})"
