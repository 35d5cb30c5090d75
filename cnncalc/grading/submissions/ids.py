"""The ids that submissions may use: questions, cells of tables, and other ways to write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from cnncalc.grading.model import Assignment
from cnncalc.grading.submissions.raw import PERSON, TIMES

_PREFIX = r"(?:question|answer|ans|task|exercise|ex|problem|aufgabe|frage|q\.)[ \t]*(?:[#:][ \t]*)?"
_PREFIXED = re.compile(_PREFIX, re.IGNORECASE)
_DELIMITER = r"(?:[:=|\t]|->|→|[.)\]](?=\s|$)|$)"
#: Lines are remembered: a class types the same ones again and again.
_MAX_LINES = 20_000
_MAX_LENGTH = 300


class Opening(NamedTuple):
    """A line that begins an answer: the question or item it names ('' for a key about the author),
    the key as written, what stands behind it, whether it is indented, whether a row of a table."""

    name: str
    key: str
    rest: str
    indented: bool
    row: bool


class Ids:
    """Everything by which a file may name an item or a whole table."""

    def __init__(self, assignment: Assignment) -> None:
        self.names: dict[str, str] = {}
        self.tables: dict[str, tuple[str, ...]] = {}
        self.long: set[str] = set()
        for question in assignment.questions:
            self.names[folded(question.id)] = question.id
            if question.kind == "table":
                self.tables[question.id] = tuple(item.id for item in question.items)
                for item in question.items:
                    self.names[folded(item.id)] = item.id
            elif question.kind == "network":
                self.long.add(question.id)
        order = [question.id for question in assignment.questions]
        self.numbered = _numbers(order)
        self._line = _line_pattern([*self.names, *PERSON, *TIMES])
        self._numbered_line = _line_pattern(self.numbered) if self.numbered else None
        self._lines: dict[str, Opening | None] = {}

    def find(self, key: str) -> str | None:
        """Return the question or item that a key names, or None."""
        found = self.names.get(folded(key))
        if found is None:
            stripped = _PREFIXED.sub("", key.strip(), count=1)
            found = self.names.get(folded(stripped)) or self.numbered.get(stripped.strip())
        return found

    def opening(self, line: str) -> Opening | None:
        """Return what a line begins, or None if it begins nothing."""
        found = self._lines.get(line, self)
        if found is not self:
            return found  # type: ignore[return-value]  # `self` only stands for "not seen yet"
        match = self._line.match(line)
        opening = None
        if match is not None:
            name = self.names.get(folded(match.group(2)), "")
            opening = _opening(match, name)
        if len(line) <= _MAX_LENGTH:
            if len(self._lines) > _MAX_LINES:
                self._lines.clear()
            self._lines[line] = opening
        return opening

    def numbered_opening(self, line: str) -> Opening | None:
        """Return what a line begins that names its question by a bare number."""
        match = self._numbered_line.match(line) if self._numbered_line else None
        return None if match is None else _opening(match, self.numbered[match.group(2)])


def _opening(match: re.Match[str], name: str) -> Opening:
    indent, key, rest = match.groups()
    row = match.string.lstrip().startswith("|")
    return Opening(name, key, rest.strip(), bool(indent), row)


def folded(key: str) -> str:
    """Return an id as it is compared: lower case, one separator for `/`, `.`, `_` and spaces."""
    return re.sub(r"[\s/._:-]+", "/", key.strip().lower()).strip("/")


def _line_pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern of a line that begins an answer; groups: indent, name, rest.

    Every part begins with what the part before it cannot end with, or is one set of characters:
    a line of any length, such as a table's rule of dashes, is refused in linear time.
    """
    words = sorted(dict.fromkeys(names), key=len, reverse=True)
    joined = "|".join(re.escape(word).replace("/", r"[\s/._:-]+") for word in words)
    return re.compile(
        rf"([ \t]*)(?![ \t])[-*+>#|_`\"' \t]*(?:{_PREFIX})?({joined})[*_`\"']*[ \t]*"
        rf"{_DELIMITER}[*_`]*[ \t]*(.*)$",
        re.IGNORECASE,
    )


def _numbers(ids: list[str]) -> dict[str, str]:
    """Return number → id if every id is letters and a number of its own: `q1`, `q2`."""
    result: dict[str, str] = {}
    for name in ids:
        match = re.fullmatch(r"[A-Za-z_.-]*?0*(\d+)", name)
        if match is None or match.group(1) in result:
            return {}
        result[match.group(1)] = name
    return result
