"""The ids that submissions may use, and the lines that begin with one: `q1: …`, `## Question 1`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from cnncalc.grading.model import Assignment
from cnncalc.grading.submissions.printed import Printed
from cnncalc.grading.submissions.raw import TIMES, names_author, plain_word

#: What may stand before an id: signs of Markdown, quotes, a box to tick, the number of an item.
_LEAD = re.compile(
    r"(?P<indent>\s*)(?P<number>\d{1,2}[.)]\s+)?(?:[-*+]\s+\[[xX ]\]\s)?[-*+>#|_`\"'“”•(\[\s]*"
)
_PREFIX = re.compile(
    r"(?:question|answer|ans|response|task|exercise|ex|problem|aufgabe|frage|q\.)"
    r"\s*(?:[#:]\s*|(?:to|for|of)\s+)?",
    re.IGNORECASE,
)
#: What ends an id: closing marks, `(2 points)`, `answer`, and a sign. The last of the signs is a
#: shape in brackets, before which nothing else need stand; emphasis alone is the weakest.
_STOP = re.compile(
    r"[*_`\"'”’)\]]*\s*(?:[(\[](?=[^()\[\]]*[^\W\d_]{2})[^()\[\]]{0,40}[)\]][*_`]*\s*)??"
    r"(?:(?:answer|ans|solution|result|antwort)\b[*_`]*\s*)??"
    r"(?:=>|[:=|：＝]|(?<=\t)|->|→|(?<=\s)[-–—](?=\s)|[.)\]](?=[*_`]*(?:\s|$))|$"
    r"|(?<=\s)(?=[(\[]\s*(?:\d+|None|N)\s*[,x×])|(?P<weak>(?<=[*_`])(?=\s)))"
    r"(?P<marks>[*_`]*)\s*",
    re.IGNORECASE,
)
_LOOSE_STOP = re.compile(r"[\s._…]+(?:(?:is|are)\s+)?(?=\S)(?P<weak>(?!))?(?P<marks>)", re.I)
#: Where a line may go on with another id: `q1: 5, q2: 6`.
_FURTHER = re.compile(r"(?:[,;]\s*|(?<=[\d)\]}])\s+)(?=(\w[\w ./-]{0,100}?)\s*[:=])")
_STRAY = re.compile(r"[-*+>#|_`\"'\s]*([^\W\d][\w./-]{0,60}(?: \d+)?)[*_`\"']*\s*[:=|]")
_MAX_STOPS = 8
_MARKUP = " \t\xa0*_`\"'“”>#+|•"
#: The text of a question, as it is copied before its answer.
ASKED = re.compile(
    r"\W*(?:what|how|which|does|do|is|are|give|wie|was|welche)\b.*\?[*_`]*$", re.IGNORECASE
)
#: Lines are remembered: a class types the same ones again and again.
_MAX_LINES = 4_000
_MAX_LENGTH = 300


class Opening(NamedTuple):
    """A line that begins an answer: the question or item it names ('' for a key about the author),
    the key as written, what stands behind it, whether it is indented, whether a row of a table;
    `weak` if no sign but emphasis divides the two, `simple` if that is all the line can say."""

    name: str
    key: str
    rest: str
    indented: bool = False
    row: bool = False
    weak: bool = False
    simple: bool = False


class Ids:
    """Everything by which a file may name an item or a whole table."""

    def __init__(self, assignment: Assignment) -> None:
        self.printed = Printed(assignment)
        self.names: dict[str, str] = {}
        self.tables: dict[str, tuple[list[str], int]] = {}
        self.long: set[str] = set()
        self.texts: dict[str, str] = {}
        for question in assignment.questions:
            self.names[folded(question.id)] = question.id
            self.texts[folded(question.text)] = question.id
            if question.kind == "table":
                labels = list(dict.fromkeys(item.row for item in question.items))
                self.tables[question.id] = labels, len({item.column for item in question.items})
                self.names |= {folded(item.id): item.id for item in question.items}
            elif question.kind == "network":
                self.long.add(question.id)
        order = [question.id for question in assignment.questions]
        for name in order:  # `Q 1`, `q_1` for `q1`
            self.names.setdefault(re.sub(r"(?<=[a-z])(?=\d)", "/", folded(name)), name)
        self._numbers = _numbers(order)
        self._kinds = {re.sub(r"\d+$", "", folded(name)) for name in order if self._numbers} - {""}
        #: Ids as the assignment has them, of whatever is answered in one line.
        self._plain = {item.id for item in assignment.items} - self.long
        #: What a key names, a question or an item; and what the head of a column names.
        self.find: Callable[[str], str | None] = lru_cache(_MAX_LINES)(self._find)
        self.heading: Callable[[str], str | None] = lru_cache(_MAX_LINES)(self._heading)
        self._short: Callable[[str], Opening | None] = lru_cache(_MAX_LINES)(self._opening)

    def _find(self, key: str) -> str | None:
        word = key.strip(_MARKUP)
        bare = _PREFIX.sub("", word, count=1)
        return (
            self.names.get(folded(word))
            or self.names.get(folded(bare))
            or self._numbers.get(bare.strip())
        )

    def _heading(self, cell: str) -> str | None:
        """Return what the head of a column names: an id, alone or before its text, or a text."""
        found = self.find(cell) or self.texts.get(folded(cell))
        if found is None:
            opening = self.opening(cell.strip().partition("\n")[0].strip())
            found = opening.name or None if opening is not None else None
        return found

    def opening(self, line: str) -> Opening | None:
        """Return what a line begins, or None if it begins nothing."""
        return self._short(line) if len(line) <= _MAX_LENGTH else self._opening(line)

    def _opening(self, line: str) -> Opening | None:
        key, colon, rest = line.partition(":")
        if colon and key in self._plain and (rest := rest.strip())[:1] not in ("*", "_", "`"):
            opening = Opening(key, key, rest)
            open_ends = not rest or rest[0] in "'\"" or "|" in rest or ASKED.match(rest)
            return opening._replace(simple=not open_ends and self.parted(opening) == [opening])
        lead = _LEAD.match(line)
        at = lead.end() if lead else 0
        return self._at(line, at, _STOP, self._named)

    def loose_opening(self, line: str) -> Opening | None:
        """Return what a line begins that has nothing but a space or `is` behind its id, or that
        names its question by a bare number."""
        lead = _LEAD.match(line)
        at = lead.end() if lead else 0
        if lead and lead["number"]:
            return self._at(line, lead.start("number"), _STOP, self._numbers.get)
        found = self._at(line, at, _STOP, self._numbers.get)
        return found or self._at(line, at, _LOOSE_STOP, self.find)

    def _named(self, key: str) -> str | None:
        """Return what a key at the head of a line names, '' for one about the author."""
        name = self.names.get(folded(key))
        prefix = _PREFIX.match(key)
        if name is None and prefix is not None:
            bare = key[prefix.end() :]
            name = self._numbers.get(bare.strip(_MARKUP)) or self.names.get(folded(bare))
        if name is None and (names_author(key) or plain_word(key) in TIMES):
            return ""
        return name

    def _at(
        self, line: str, at: int, stops: re.Pattern[str], named: Callable[[str], str | None]
    ) -> Opening | None:
        """Return what a line begins whose key stands at a place: the longest name it may be."""
        before, body = line[:at], line[at:]
        best: Opening | None = None
        for stop in islice(stops.finditer(body[:_MAX_LENGTH]), _MAX_STOPS):
            key = body[: stop.start()]
            name = named(key) if key else None
            # A later stop that makes no longer name of it belongs to the answer.
            if name is None or (best is not None and name == best.name):
                continue
            rest = body[stop.end() :].strip()
            if not any(mark in before for mark in stop["marks"]):  # they close no id's
                rest = stop["marks"] + rest
            weak = stop["weak"] is not None and rest != ""
            best = Opening(name, key, rest, line[:1].isspace(), "|" in before, weak)
        return best

    def stray(self, line: str) -> str:
        """Return the id that a line gives an answer for although no question has it, or ''."""
        match = _STRAY.match(line)
        if match is None or self.find(match[1]) is not None:
            return ""
        kind, digits, _ = re.split(r"(\d*)$", match[1], maxsplit=1)
        of_table = any(match[1].startswith((f"{name}/", f"{name}.")) for name in self.tables)
        known = digits and folded(kind) in self._kinds
        return match[1] if known or of_table else ""

    def parted(self, opening: Opening) -> list[Opening]:
        """Return the openings of a line that answers several questions: `q1: 5, q2: 6`."""
        rest = opening.rest
        if opening.name and not opening.row and (":" in rest or "=" in rest):
            for further in _FURTHER.finditer(rest):
                after = self.opening(rest[further.end() :]) if self.find(further[1]) else None
                if after is not None:
                    own = opening._replace(rest=rest[: further.start()].rstrip())
                    return [own, *self.parted(after)]
        return [opening]


def folded(key: str) -> str:
    """Return an id as it is compared: lower case, one separator for `/`, `.`, `_` and spaces."""
    return re.sub(r"[\s/._:-]+", "/", key.strip(_MARKUP).lower()).strip("/")


def _numbers(ids: list[str]) -> dict[str, str]:
    """Return number → id if every id is letters and a number of its own: `q1`, `q2`."""
    result: dict[str, str] = {}
    for name in ids:
        match = re.fullmatch(r"[A-Za-z_.-]*?0*(\d+)", name)
        if match is None or match.group(1) in result:
            return {}
        result[match.group(1)] = name
    return result
