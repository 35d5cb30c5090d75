"""The ids that submissions may use: questions, cells of tables, and other ways to write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple, TypeVar

from cnncalc.grading.memory import Bounded
from cnncalc.grading.model import Assignment
from cnncalc.grading.submissions.printed import Printed
from cnncalc.grading.submissions.raw import PERSON, TIMES

_PREFIX = (
    r"(?:question|answer|ans|response|task|exercise|ex|problem|aufgabe|frage|q\.)"
    r"\s*(?:[#:]\s*|(?:to|for|of)\s+)?"
)
_PREFIXED = re.compile(_PREFIX, re.IGNORECASE)
#: What may stand between an id and its delimiter: closing marks, `(2 points)`, `answer`.
_BETWEEN = (
    r"[*_`\"'”’)\]]*\s*(?:[(\[](?=[^()\[\]]*[^\W\d_]{2})[^()\[\]]{0,40}[)\]][*_`]*\s*)??"
    r"(?:(?:answer|ans|solution|result|antwort)\b[*_`]*\s*)??"
)
#: The last is a shape in brackets, before which nothing else need stand.
_DELIMITER = (
    r"(?:=>|[:=|：＝]|(?<=\t)|->|→|(?<=\s)[-–—](?=\s)|[.)\]](?=[*_`]*(?:\s|$))|$"
    r"|(?<=\s)(?=[(\[]\s*(?:\d+|None|N)\s*[,x×])|(?<=[*_`])(?=\s))"
)
_INDENT = r"(?P<indent>\s*)(?!\s)(?:\d{1,2}[.)]\s+)?(?:[-*+]\s+\[[xX ]\]\s)?[-*+>#|_`\"'“”•(\[\s]*"
#: What divides the parts of an id, as in `q3/conv1/shape`.
_BREAK = r"[\s/._:-]+"
#: Where the name of a cell may end.
_STOP = re.compile(rf"{_BETWEEN}{_DELIMITER}(?P<marks>[*_`]*)\s*")
_MAX_STOPS = 8
_MARKUP = " \t\xa0*_`\"'“”>#+|•"
#: The text of a question, as it is copied before its answer.
ASKED = re.compile(
    r"\W*(?:what|how|which|does|do|is|are|give|wie|was|welche)\b.*\?[*_`]*$", re.IGNORECASE
)
#: Lines are remembered: a class types the same ones again and again.
_MAX_LINES = 4_000
_MAX_LENGTH = 300


T = TypeVar("T")


class Opening(NamedTuple):
    """A line that begins an answer: the question or item it names ('' for a key about the author),
    the key as written, what stands behind it, whether it is indented, whether a row of a table;
    `weak` if no sign but emphasis divides the two, `simple` if that is all the line can say."""

    name: str
    key: str
    rest: str
    indented: bool
    row: bool
    weak: bool = False
    simple: bool = False


class Ids:
    """Everything by which a file may name an item or a whole table."""

    def __init__(self, assignment: Assignment) -> None:
        self.printed = Printed(assignment)
        self.names: dict[str, str] = {}
        self.tables: dict[str, tuple[str, ...]] = {}
        self.rows: dict[str, tuple[list[str], int]] = {}
        self.long: set[str] = set()
        self.texts: dict[str, str] = {}
        for question in assignment.questions:
            self.names[folded(question.id)] = question.id
            self.texts[folded(question.text)] = question.id
            if question.kind == "table":
                self.tables[question.id] = tuple(item.id for item in question.items)
                labels = list(dict.fromkeys(item.row for item in question.items))
                self.rows[question.id] = labels, len({item.column for item in question.items})
                for item in question.items:
                    self.names[folded(item.id)] = item.id
            elif question.kind == "network":
                self.long.add(question.id)
        order = [question.id for question in assignment.questions]
        for name in order:  # `Q 1`, `q_1` for `q1`
            self.names.setdefault(re.sub(r"(?<=[a-z])(?=\d)", "/", folded(name)), name)
        self.numbered = _numbers(order)
        #: Ids as the assignment has them, of whatever is answered in one line.
        self._plain = {item.id for item in assignment.items} - self.long
        self._lines: dict[str, Opening | None] = Bounded(_MAX_LINES)
        self._found: dict[str, str | None] = Bounded(_MAX_LINES)
        self._headings: dict[str, str | None] = Bounded(_MAX_LINES)
        self._compile(order)
        self._stray = self._strays(order)

    def _compile(self, order: list[str]) -> None:
        """Make the patterns of lines that begin an answer to one of the questions."""
        # Cells of tables are many: they are looked up, not listed in patterns.
        singles = [name for name, own in self.names.items() if own in order]
        keys = [*singles, *PERSON, *TIMES]
        tables = _words(map(folded, self.tables)) or "(?!)"
        self._line = _line_pattern(keys, self.numbered)
        self._loose_line = _line_pattern(singles, self.numbered, r"[\s._…]+(?:is\s+|are\s+)?(?=\S)")
        self._numbered_line = _line_pattern(self.numbered) if self.numbered else None
        self._cell_line = re.compile(
            rf"{_INDENT}(?:{_PREFIX})?(?P<table>{tables}){_BREAK}(?P<tail>.*)$", re.IGNORECASE
        )
        cell = rf"(?:{tables})[ /._-]+[\w/. -]{{1,100}}?"
        self._further = re.compile(
            rf"(?:[,;]|(?<=[\d)\]}}])(?=\s))\s*(?=(?:{cell}|{_words(singles)})\s*[:=])",
            re.IGNORECASE,
        )
        self.key = re.compile(
            rf"(?<![\w/.-])[\"']?(?:{_PREFIX})?({cell}|{_words(keys, '[ /._-]+')})[\"']?\s*:",
            re.IGNORECASE,
        )

    def _strays(self, order: list[str]) -> re.Pattern[str]:
        """Return the pattern of a line that begins as an answer would, with an id of that form."""
        kinds = {re.sub(r"\d+$", "", folded(name)) for name in order} if self.numbered else set()
        parts = (
            [rf"(?:{'|'.join(map(re.escape, sorted(kinds - {''})))})[ _.-]?\d+"] if kinds else []
        )
        parts += [rf"{re.escape(folded(name))}[/.][\w/.-]+" for name in self.tables]
        return re.compile(
            rf"[-*+>#|_`\"'\s]*({'|'.join(parts) or '(?!)'})[*_`\"']*\s*[:=|]", re.IGNORECASE
        )

    def find(self, key: str) -> str | None:
        """Return the question or item that a key names, or None."""
        return _remembered(self._found, key, self._find)

    def _find(self, key: str) -> str | None:
        found = self.names.get(folded(key))
        if found is None:
            stripped = _PREFIXED.sub("", key.strip(_MARKUP), count=1)
            found = self.names.get(folded(stripped)) or self.numbered.get(stripped.strip())
        return found

    def heading(self, cell: str) -> str | None:
        """Return what the head of a column names: an id, alone or before its text, or a text."""
        return _remembered(self._headings, cell, self._heading)

    def _heading(self, cell: str) -> str | None:
        found = self.find(cell) or self.texts.get(folded(cell))
        if found is None:
            opening = self.opening(cell.strip().partition("\n")[0].strip())
            found = opening.name or None if opening is not None else None
        return found

    def opening(self, line: str) -> Opening | None:
        """Return what a line begins, or None if it begins nothing."""
        return _remembered(self._lines, line, self._read_line)

    def _read_line(self, line: str) -> Opening | None:
        key, colon, rest = line.partition(":")
        if colon and key in self._plain and (rest := rest.strip())[:1] not in ("*", "_", "`"):
            return self._usual(Opening(key, key, rest, False, False))
        return self._cell_opening(line) or self._opening(self._line.match(line))

    def _usual(self, opening: Opening) -> Opening:
        """Return the opening of a line such as `q1: 42`, marked if nothing more can be in it."""
        rest = opening.rest
        open_ends = not rest or rest[0] in "'\"" or "|" in rest or ASKED.match(rest)
        simple = not open_ends and self.parted(opening) == [opening]
        return opening._replace(simple=simple)

    def _cell_opening(self, line: str) -> Opening | None:
        """Return what a line begins that names a cell of a table, the longest name it may be."""
        match = self._cell_line.match(line)
        if match is None:
            return None
        tail, best = match["tail"], None
        for stop in islice(_STOP.finditer(tail, 0, _MAX_LENGTH), _MAX_STOPS):
            key = f"{match['table']}/{tail[: stop.start()]}"
            name = self.names.get(folded(key))
            # A later stop that makes no longer name of it belongs to the answer.
            if name is not None and (best is None or name != best.name):
                row = "|" in line[: match.start("table")]
                rest = _marked(stop, line[: match.start("table")], tail[stop.end() :])
                best = Opening(name, key, rest, bool(match["indent"]), row)
        return best

    def loose_opening(self, line: str) -> Opening | None:
        """Return what a line begins that has nothing but a space or `is` behind its id."""
        return self._opening(self._loose_line.match(line))

    def numbered_opening(self, line: str) -> Opening | None:
        """Return what a line begins that names its question by a bare number."""
        match = self._numbered_line.match(line) if self._numbered_line else None
        return self._opening(match)

    def _opening(self, match: re.Match[str] | None) -> Opening | None:
        if match is None:
            return None
        indent, key, number, rest = match.group("indent", "key", "number", "rest")
        name = self.numbered.get(number or key) or self.names.get(folded(key or number), "")
        before = match.string[: max(match.start("key"), match.start("number"))]
        text = _marked(match, before, rest)
        between = match.string[match.end("key" if key else "number") : match.start("marks")]
        weak = bool(text) and between.strip() != "" and not between.strip(" *_`")
        return Opening(name, key or number, text, bool(indent), "|" in before, weak)

    def stray(self, line: str) -> str:
        """Return the id that a line gives an answer for although no question has it, or ''."""
        match = self._stray.match(line)
        return match.group(1) if match and self.find(match.group(1)) is None else ""

    def parted(self, opening: Opening) -> list[Opening]:
        """Return the openings of a line that answers several questions: `q1: 5, q2: 6`."""
        rest = opening.rest
        if not opening.name or opening.row or not (":" in rest or "=" in rest):
            return [opening]
        further = self._further.search(rest)
        if further is None:
            return [opening]
        after = self.opening(rest[further.end() :])
        if after is None:
            return [opening]
        own = opening._replace(rest=rest[: further.start()].rstrip())
        return [own, *self.parted(after)]


def _marked(match: re.Match[str], before: str, rest: str) -> str:
    """Return an answer with the marks of emphasis before it, unless these close its id's."""
    marks = match["marks"]
    return rest.strip() if any(mark in before for mark in marks) else marks + rest.strip()


def _remembered(known: dict[str, T], text: str, read: Callable[[str], T]) -> T:
    """Return what is read in a text, from memory if it is short and was read before."""
    try:
        return known[text]
    except KeyError:
        found = read(text)
    if len(text) <= _MAX_LENGTH:
        known[text] = found
    return found


def folded(key: str) -> str:
    """Return an id as it is compared: lower case, one separator for `/`, `.`, `_` and spaces."""
    return re.sub(r"[\s/._:-]+", "/", key.strip(_MARKUP).lower()).strip("/")


def _words(names: Iterable[str], between: str = _BREAK) -> str:
    words = sorted(dict.fromkeys(names), key=len, reverse=True)
    return "|".join(re.escape(word).replace("/", between) for word in words)


def _line_pattern(
    names: Iterable[str], numbers: Iterable[str] = (), end: str = _BETWEEN + _DELIMITER
) -> re.Pattern[str]:
    """Return the pattern of a line that begins an answer; `end` stands behind the id.

    It names one of `names`, or one of `numbers` behind a word such as `Question`. Every part
    begins with what the part before it cannot end with, or is one set of characters: a line of any
    length, such as a table's rule of dashes, is refused in linear time.
    """
    numbered = rf"(?:{_PREFIX})(?P<number>{_words(numbers) or '(?!)'})"
    return re.compile(
        rf"{_INDENT}"
        rf"(?:(?:{_PREFIX})?(?P<key>{_words(names)})|{numbered})"
        rf"{end}(?P<marks>[*_`]*)\s*(?P<rest>.*)$",
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
