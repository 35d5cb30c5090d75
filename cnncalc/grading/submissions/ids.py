"""The ids that submissions may use: questions, cells of tables, and other ways to write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cnncalc.grading.model import Assignment
from cnncalc.grading.submissions.raw import PERSON, TIMES

_PREFIX = r"(?:question|answer|ans|task|exercise|ex|problem|aufgabe|frage|q\.)[ \t]*[#:]?[ \t]*"
_DELIMITER = r"(?:[:=|\t]|->|→|[.)\]](?=\s|$)|$)"


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
        self.order = [question.id for question in assignment.questions]
        self.line = _line_pattern([*self.names, *PERSON, *TIMES])
        self.numbered = _numbers(self.order)
        self.numbered_line = _line_pattern(self.numbered) if self.numbered else None

    def find(self, key: str) -> str | None:
        """Return the question or item that a key names, or None."""
        word = folded(key)
        found = self.names.get(word)
        if found is None:
            stripped = re.sub(rf"^(?:{_PREFIX})", "", key.strip(), flags=re.IGNORECASE)
            found = self.names.get(folded(stripped)) or self.numbered.get(stripped.strip())
        return found


def folded(key: str) -> str:
    """Return an id as it is compared: lower case, one separator for `/`, `.`, `_` and spaces."""
    return re.sub(r"[\s/._:-]+", "/", key.strip().lower()).strip("/")


def _line_pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern of a line that begins an answer; groups: indent, name, rest."""
    words = sorted(dict.fromkeys(names), key=len, reverse=True)
    joined = "|".join(re.escape(word).replace("/", r"[\s/._:-]+") for word in words)
    return re.compile(
        rf"^([ \t]*)(?:[-*+>#|]+[ \t]*)*[*_`\"']*(?:{_PREFIX})?({joined})[*_`\"']*[ \t]*"
        rf"{_DELIMITER}[*_`]*[ \t]*(.*)$",
        re.IGNORECASE | re.MULTILINE,
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
