"""The text format of protocol buffers: `name: value` and `name { ... }`, as a tree with places."""

from __future__ import annotations

import re

from cnncalc.exchange.files import LARGEST, Place, Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from cnncalc.diagnostics import Source

MOST_TOKENS = 200_000
MOST_NESTED = 30
TOKEN = re.compile(
    r"""[ \t\r\n,;]+|\#[^\n]*
    |(?P<word>[A-Za-z_][\w.\[\]/]*)
    |(?P<text>"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\\\n]*(?:\\.[^'\\\n]*)*')
    |(?P<number>[-+]?(?:\d[\w.]*(?:[-+]\d+)?|\.\d\w*))
    |(?P<mark>[{}<>:\[\]])|(?P<bad>.)""",
    re.VERBOSE,
)


class Message(Settings):
    """The fields of one `{ ... }`."""

    def message(self, name: str) -> Message:
        """Return a field that is a message; an empty one if it is not given."""
        values = self.all(name)
        if not values:
            return Message(self.place)
        if not isinstance(values[-1], Message):
            raise self.place_of(name).error(f"`{name}` is written `{name} {{ ... }}`")
        return values[-1]

    def messages(self, name: str) -> list[Message]:
        """Return the messages of a field that may be given several times."""
        return [value for value in self.all(name) if isinstance(value, Message)]

    def words(self, name: str) -> list[str]:
        """Return the texts of a field that may be given several times."""
        return [str(value) for value in self.all(name) if isinstance(value, str)]

    def truth(self, name: str, default: bool) -> bool:
        """Return a field that is true or false."""
        word = self.word(name, str(default)).lower()
        if word not in ("true", "false", "1", "0"):
            raise self.place_of(name).error(f"`{name}` is true or false, not `{word}`")
        return word in ("true", "1")


def parse(source: Source) -> Message:
    """Return the fields of a text; raises `SpecError` where it is not well formed."""
    message = Message(Place(source, 1))
    PrototxtParser(source).fields(message, "", 0)
    return message


class PrototxtParser:
    """Reads tokens one after the other; the kind of the present one is empty at the end."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens = self.scanned()
        self.advance()

    def scanned(self) -> Iterator[tuple[str, str, int, int]]:
        """Yield the kind, the text, the line and the column of every token, and ends at the end."""
        line, start, count = 1, 0, 0
        for found in TOKEN.finditer(self.source.text):
            kind, value = found.lastgroup, found.group()
            if kind is None:
                if "\n" in value:
                    line += value.count("\n")
                    start = found.start() + value.rfind("\n") + 1
                continue
            column = found.start() - start + 1
            count += 1
            if count > MOST_TOKENS:
                message = f"a network has at most {MOST_TOKENS:,} words and numbers"
                raise Place(self.source, line, column, len(value)).error(message)
            if kind == "bad":
                raise Place(self.source, line, column).error(f"{value!r} has no meaning here")
            yield kind, value, line, column
        while True:
            yield "", "", line, 1

    def advance(self) -> None:
        """Go to the next token."""
        self.kind, self.value, self.line, self.column = next(self.tokens)

    @property
    def place(self) -> Place:
        """Where the present token stands."""
        return Place(self.source, self.line, self.column, len(self.value))

    def fields(self, message: Message, end: str, depth: int) -> None:
        """Read fields until the mark that ends them."""
        while self.kind and self.value != end:
            place, name = self.place, self.value
            if self.kind != "word":
                raise place.error(f"a field is written `name: value`, not `{name[:40]}`")
            self.advance()
            has_colon = self.value == ":" and self.kind == "mark"
            if has_colon:
                self.advance()
            for value in self.values(place, has_colon, depth):
                message.fields.setdefault(name, []).append((value, place))
        if self.value != end:
            raise message.place.error("a message begins here that does not end")

    def values(self, place: Place, has_colon: bool, depth: int) -> list[Any]:
        """Return the values of one field: a message, a scalar, or a list of them in brackets."""
        if depth > MOST_NESTED:
            raise self.place.error(f"messages are nested more than {MOST_NESTED} deep")
        if self.kind == "mark" and self.value in "{<":
            end = "}" if self.value == "{" else ">"
            self.advance()
            inner = Message(place)
            self.fields(inner, end, depth + 1)
            self.advance()
            return [inner]
        if not has_colon:
            raise place.error("a `:` or a `{` is missing after this name")
        if self.value == "[" and self.kind == "mark":
            self.advance()
            found = []
            while self.kind and self.value != "]":
                found += self.values(place, True, depth + 1)
            self.advance()
            return found
        return [self.scalar(place)]

    def scalar(self, place: Place) -> Any:
        """Return a number, a text or a word."""
        kind, value = self.kind, self.value
        if kind == "text":
            parts = ""
            while self.kind == "text":
                parts += self.value[1:-1]
                self.advance()
            return parts
        if kind not in ("word", "number"):
            raise place.error("a value is missing after this name")
        self.advance()
        return value if kind == "word" else number(value, place)


def number(text: str, place: Place) -> int | float:
    """Return a number; raises `SpecError` for what is none."""
    try:
        found = int(text, 8 if text.startswith("0") and len(text) > 1 else 0)
        return found if abs(found) < LARGEST else float("inf")
    except ValueError:
        pass
    try:
        return float(text.rstrip("fF"))
    except ValueError:
        raise place.error(f"{text[:40]} is no number") from None
