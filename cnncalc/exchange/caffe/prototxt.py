"""The text format of protocol buffers: `name: value` and `name { ... }`, as a tree with places."""

from __future__ import annotations

import re

from cnncalc.exchange.texts import Place

TYPE_CHECKING = False
if TYPE_CHECKING:
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


class EnumWord(str):
    """A word without quotes: an enumeration's value, true or false."""

    __slots__ = ()


class Message:
    """Fields of one `{ ... }`, each with all the values that it is given, and their places."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.fields: dict[str, list[tuple[Any, Place]]] = {}

    def has(self, *names: str) -> bool:
        """Return whether one of some fields is given."""
        return any(name in self.fields for name in names)

    def all(self, name: str) -> list[Any]:
        """Return all the values of a field."""
        return [value for value, _ in self.fields.get(name, ())]

    def place_of(self, name: str) -> Place:
        """Return where a field stands, or the message if it is not given."""
        found = self.fields.get(name)
        return found[-1][1] if found else self.place

    def message(self, name: str) -> Message:
        """Return a field that is a message; an empty one if it is not given."""
        values = self.all(name)
        if not values:
            return Message(self.place)
        if not isinstance(values[-1], Message):
            raise self.place_of(name).error(f"`{name}` is written `{name} {{ ... }}`")
        return values[-1]

    def word(self, name: str, default: str = "") -> str:
        """Return a field that is a text or a word."""
        values = self.all(name)
        if values and not isinstance(values[-1], str):
            raise self.place_of(name).error(f"`{name}` is no text")
        return str(values[-1]) if values else default

    def words(self, name: str) -> list[str]:
        """Return the texts of a field that may be given several times."""
        return [str(value) for value in self.all(name) if isinstance(value, str)]

    def number(self, name: str, default: float) -> float:
        """Return a field that is a number."""
        values = self.all(name)
        if values and type(values[-1]) not in (int, float):
            raise self.place_of(name).error(f"`{name}` is no number")
        return values[-1] if values else default

    def integer(self, name: str, default: int = 0, least: int = 0) -> int:
        """Return a field that is a whole number; raises `SpecError` at its place."""
        found = self.number(name, default)
        if type(found) is not int or found < least:
            raise self.place_of(name).error(f"`{name}` must be a whole number from {least} on")
        return found

    def integers(self, name: str) -> list[int]:
        """Return the whole numbers of a field that may be given several times."""
        values = self.all(name)
        if any(type(value) is not int for value in values):
            raise self.place_of(name).error(f"`{name}` must be whole numbers")
        return values

    def truth(self, name: str, default: bool) -> bool:
        """Return a field that is true or false."""
        word = str(self.all(name)[-1]) if self.has(name) else str(default)
        if word not in ("true", "false", "True", "False", "1", "0"):
            raise self.place_of(name).error(f"`{name}` is true or false, not `{word}`")
        return word in ("true", "True", "1")


def parse(source: Source) -> Message:
    """Return the fields of a text; raises `SpecError` where it is not well formed."""
    return PrototxtParser(source).all()


class PrototxtParser:
    """Reads tokens one after the other."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 0
        self.line = 1
        self.line_start = 0
        self.tokens = 0
        self.kind, self.value, self.start = "", "", 0
        self.advance()

    def place(self) -> Place:
        """Return the place of the present token."""
        column = self.start - self.line_start + 1
        return Place(self.source, self.line, column, len(self.value))

    def advance(self) -> None:
        """Go to the next token; its kind is empty at the end."""
        while True:
            found = TOKEN.match(self.text, self.at)
            if found is None:
                self.kind, self.value, self.start = "", "", self.at
                return
            self.start, self.at = self.at, found.end()
            if found.lastgroup is not None:
                break
            lines = self.text.count("\n", self.start, self.at)
            if lines:
                self.line += lines
                self.line_start = self.text.rfind("\n", self.start, self.at) + 1
        self.kind, self.value = found.lastgroup, found.group()
        self.tokens += 1
        if self.tokens > MOST_TOKENS:
            raise self.place().error(f"a network has at most {MOST_TOKENS:,} words and numbers")
        if self.kind == "bad":
            raise self.place().error(f"{self.value!r} has no meaning here")

    def all(self) -> Message:
        """Return the whole text as one message."""
        message = Message(Place(self.source, 1))
        self.fields(message, "", 0)
        return message

    def fields(self, message: Message, end: str, depth: int) -> None:
        """Read fields until the mark that ends them."""
        if depth > MOST_NESTED:
            raise self.place().error(f"messages are nested more than {MOST_NESTED} deep")
        while self.kind and self.value != end:
            place, name = self.place(), self.value
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
        return EnumWord(value) if kind == "word" else number(value, place)


def number(text: str, place: Place) -> int | float:
    """Return a number; raises `SpecError` for what is none."""
    try:
        return int(text, 0) if not text.startswith("0") or len(text) < 2 else int(text, 8)
    except ValueError:
        pass
    try:
        return float(text.rstrip("fF"))
    except ValueError:
        raise place.error(f"{text[:40]} is no number") from None
