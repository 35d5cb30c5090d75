"""Generated YAML texts of which every place is known, because each is written piece by piece."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st


class Place(NamedTuple):
    """What a parser should say about one scalar."""

    text: str
    quoted: bool
    line: int
    column: int
    written: str


class Word(NamedTuple):
    """A scalar to be written: its text, and how it looks."""

    text: str
    written: str


letters = st.sampled_from("abkz09é漢😀_./+-")
plain = (
    st.text(letters, min_size=1, max_size=8)
    .map(lambda text: "x" + text)
    .map(lambda text: Word(text, text))
)
single = st.text(letters | st.sampled_from("':#, {}[]&*!"), max_size=8).map(
    lambda text: Word(text, "'" + text.replace("'", "''") + "'")
)
double = st.text(letters | st.sampled_from("\"\\:#, {}[]&*!'"), max_size=8).map(
    lambda text: Word(text, '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
)
words = plain | plain | plain | single | double
keys = plain


def _collections(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    mappings = st.dictionaries(keys.map(lambda word: word.text), inner, min_size=1, max_size=4)
    return st.lists(inner, min_size=1, max_size=4) | mappings


documents = st.recursive(words, _collections, max_leaves=20)


class Writer:
    """Writes a document in block or flow style, with comments, and notes the places."""

    def __init__(self, choices: st.DrawFn) -> None:
        self.choose = choices
        self.lines = [""]
        self.places: list[Place] = []

    def put(self, text: str) -> None:
        self.lines[-1] += text

    def scalar(self, word: Word) -> None:
        quoted = word.written != word.text
        column = len(self.lines[-1]) + 1
        self.places.append(Place(word.text, quoted, len(self.lines), column, word.written))
        self.put(word.written)

    def new_line(self, indent: int) -> None:
        self.put(self.choose(st.sampled_from(["", "", " # note: [", "  "])))
        if self.choose(st.integers(0, 5)) == 0:
            self.lines.append(" " * indent + "# a comment: {")
        self.lines.append(" " * indent)

    def flow(self, node: object) -> None:
        if isinstance(node, Word):
            self.scalar(node)
            return
        opening, closing = "[]" if isinstance(node, list) else "{}"
        self.put(opening)
        first = True
        for item in node:  # type: ignore[attr-defined]  # a list or a dict
            if not first:
                self.put(self.choose(st.sampled_from([", ", " ,  "])))
            first = False
            if isinstance(node, dict):
                self.scalar(Word(item, item))
                self.put(": ")
                item = node[item]  # what the key stands for
            self.flow(item)
        self.put(closing)

    def block(self, node: object, indent: int) -> None:
        """Write a node whose first character stands where the line ends now."""
        if isinstance(node, Word) or self.choose(st.booleans()):
            self.flow(node)
        elif isinstance(node, list):
            for number, item in enumerate(node):
                if number:
                    self.new_line(indent)
                self.put("- ")
                self.block(item, indent + 2)
        elif isinstance(node, dict):
            for number, (key, value) in enumerate(node.items()):
                if number:
                    self.new_line(indent)
                self.scalar(Word(key, key))
                self.put(":")
                if isinstance(value, Word) or self.choose(st.booleans()):
                    self.put(" ")
                    self.flow(value)
                else:
                    self.new_line(indent + 2)
                    self.block(value, indent + 2)


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, list[Place]]:
    """Return a YAML text and the places of its scalars, in the order of the text."""
    writer = Writer(draw)
    writer.block(draw(documents), 0)
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    return end.join(writer.lines) + draw(st.sampled_from(["", end])), writer.places
