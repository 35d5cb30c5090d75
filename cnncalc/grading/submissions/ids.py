"""What a submission may call a question or an item, and what is found under these names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from cnncalc.grading.model import Assignment

_TELLS = {
    word: field
    for field, words in {
        "name": "student name fullname studentname",
        "id": "id studentid sid matriculation matrikelnummer idnumber user",
        "sis": "sisuserid sisid",
        "login": "sisloginid login username netid loginid",
        "email": "email emailaddress mail",
        "section": "section group",
        "first": "firstname givenname first",
        "last": "lastname surname familyname last",
        "canvas": "canvasid canvasuserid userid",
        "participant": "participant identifier",
        "time": "submitted submittedat timestamp time date createdat completed completiontime"
        " submissiontime",
    }.items()
    for word in words.split()
}
#: Heads of columns above ids and above answers, and keys of structured files for them.
ID_COLUMNS = ("id", "question", "item", "q", "key", "nr", "no", "number", "task")
ANSWER_COLUMNS = ("answer", "value", "response", "given", "solution", "result", "text")
_MARKUP = " \t\xa0*_`\"'“”>#+|•"
_SEPARATOR = r"[\s/._:-]"
_QUESTION = r"(?:question|answer|response|task|exercise|ex|problem|aufgabe|frage|q\.)\.?\s*#?\s*"
_PREFIX = re.compile(_QUESTION, re.IGNORECASE)
#: What may stand before an id: signs of Markdown, quotes, a box to tick, the number of an item.
_LEAD = r"(?P<lead>\s*{}(?:[-*+]\s+\[[xX ]\]\s)?[-*+>#|_`\"'“”•(\[\s]*)"
_ITEM = r"(?:\d{1,2}[.)]\s+)?"
#: What ends a label: closing marks, `(2 points)`, and a sign; or emphasis alone, the weakest.
_STOP = (
    r"[*_`\"'”’)\]]*\s*"
    r"(?:[(\[](?![^()\[\]]*\d\s*[,x×])[^()\[\]]*[^\W\d_]{2}[^()\[\]]*[)\]][*_`]*\s*)?"
    r"(?:(?:=>|[:=|：＝]|(?<=\t)|->|→|(?<=\s)[-–—](?=\s|$)|[.)\]](?=[*_`]*(?:\s|$)))"
    r"|(?P<heading>$)|(?P<weak>(?<=[*_`])(?=\s)))\s*"
)
_NUMBERED = re.compile(
    rf"{_LEAD.format('')}(?P<key>\d{{1,3}})[*_`)\]]*[.:)\]]"
    r"(?:(?P<heading>$)|(?=[*_`]*(?:\s|$)))(?P<weak>(?!))?"
)
_KEYED = re.compile(r"[\W_]*([^\W\d_][\w .-]{0,40}?)[*_`\"']*[ \t]*[:=]\s*(.*)", re.DOTALL)
#: Where a line may go on with another id: `q1: 5, q2: 6`.
_FURTHER = re.compile(r"(?:[,;]\s*|(?<=[\d)\]}])\s+)(?=\w[\w ./-]{0,100}?\s*[:=])")
#: A number or letter alone, or in a formula: `4`, `F - 1`, `C = 6`.
_ALONE = re.compile(r"\s*[(\[]*[-+−]?(?:\d+|[^\W\d_])\s*(?:=.*|[-–—](?:\s.*)?)?")
#: The emphasis, or the signs of a heading, that a label stands in.
_EMPHASIS = re.compile(r"(?:\*+|_+|`+|#+)(?=\s*$)")
#: Lines are remembered: a class types the same ones again and again. Labels are not long.
_MAX_LINES = 4_000
_MAX_LABEL = 300


def plain_word(word: str) -> str:
    """Return an identifier as it is compared: no case, no accents, no spaces or punctuation."""
    text = unicodedata.normalize("NFKD", word.strip().lower())
    return re.sub(r"[^a-z0-9@]+", "", text) or word.strip().lower()


def tells(name: str) -> str:
    """Return what a key or the head of a column tells: a field of a person, `time`, or ''."""
    return _TELLS.get(plain_word(name), "")


@dataclass(slots=True)
class Row:
    """One row of a typed table: its label, and its cells by column name or in order."""

    label: str
    cells: dict[str, str] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Raw:
    """The raw answers of a submission, by item id, and when it says to have been handed in.

    `tables` are rows that still have to be placed, by question; `problems` what could not be used;
    `unknown` ids that the assignment does not have.
    """

    answers: dict[str, str] = field(default_factory=dict)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    time: str = ""
    problems: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def note(self, key: str, value: str) -> bool:
        """Take note of a key about the author or the time; returns whether it was one."""
        tells_of = tells(key)
        if tells_of == "time":
            self.time = self.time or value.strip().strip("\"'")
        # `id: q1` names a question
        return tells_of in ("time", "id", "login", "email", "name") and plain_word(key) != "id"


class Opening(NamedTuple):
    """A line that begins an answer: the question or item it names ('' for a key about the author),
    its label as written, what stands behind that, and how far it is indented.

    `heading` if nothing but the label stands there; `weak` if only emphasis ends the label, or if
    it is one number or letter: part of an answer to another question, if the id stands elsewhere.
    `further` if it stands in a line behind another one.
    """

    name: str
    key: str
    rest: str
    indent: int = 0
    heading: bool = False
    weak: bool = False
    further: bool = False

    @property
    def unsure(self) -> bool:
        """Whether it may be part of an answer: `F: 3` is no sure `f`."""
        return self.weak or (len(self.key) == 1 and self.key != self.name)


class Ids:
    """Everything by which a file may name an item or a whole table."""

    def __init__(self, assignment: Assignment) -> None:
        questions = assignment.questions
        order = [question.id for question in questions]
        #: Tables, each with its rows and how many columns it has.
        self.tables = {
            one.id: ({item.row for item in one.items}, len({item.column for item in one.items}))
            for one in questions
            if one.kind == "table"
        }
        self.long = {question.id for question in questions if question.kind == "network"}
        self.blocks = {*self.tables, *self.long}  # what takes several lines
        items = [item.id for question in questions if question.kind == "table"
                 for item in question.items]  # fmt: skip
        self._names = {folded(name): name for name in (*order, *items)}
        for name in order:  # `Q 1`, `q_1` for `q1`
            self._names.setdefault(re.sub(r"(?<=[a-z])(?=\d)", "/", folded(name)), name)
        self._texts = {folded(question.text): question.id for question in questions}
        self._numbers = _numbers(order)
        self._label = re.compile(_labels([*order, *items], self._numbers), re.IGNORECASE)
        #: What a key names, a question or an item.
        self.find: Callable[[str], str | None] = lru_cache(_MAX_LINES)(self._find)
        #: What a line begins; a line may answer several questions.
        self.openings: Callable[[str], tuple[Opening, ...]] = lru_cache(_MAX_LINES)(self._openings)

    def _find(self, key: str) -> str | None:
        bare = _PREFIX.sub("", key.strip(_MARKUP), count=1)
        found = self._names.get(folded(key)) or self._names.get(folded(bare))
        return found or self._numbers.get(bare.strip(_MARKUP))

    def heading(self, cell: str) -> str | None:
        """Return what the head of a column names: an id, alone or before its text, or a text."""
        begun = self.openings(cell.strip().partition("\n")[0].strip())
        found = self.find(cell) or self._texts.get(folded(cell))
        return found or (begun[0].name if begun and not _ALONE.fullmatch(cell) else None) or None

    def _openings(self, line: str) -> tuple[Opening, ...]:
        match = self._label.match(line, 0, _MAX_LABEL)
        if match is None:
            keyed = _KEYED.match(line) if ":" in line or "=" in line else None
            author = keyed is not None and Raw().note(keyed[1], "")
            return (Opening("", keyed[1], keyed[2].strip()),) if keyed and author else ()
        opening = _opened(match, line, self.find(match["key"]))
        rest = opening[0].rest if opening else ""
        for further in _FURTHER.finditer(rest) if ":" in rest or "=" in rest else ():
            after = self._openings(rest[further.end() :])
            if after and after[0].name and (opening[0].weak or not after[0].weak):
                first = opening[0]._replace(rest=rest[: further.start()].rstrip())
                return first, *(one._replace(further=True) for one in after)
        return opening

    def numbered(self, line: str) -> tuple[Opening, ...]:
        """Return what a line begins that has the bare number of a question: `1)`, `**2.**`."""
        match = _NUMBERED.match(line, 0, _MAX_LABEL)
        return _opened(match, line, self._numbers.get(match["key"])) if match else ()

    def unread(self, lines: Iterable[str], found: Iterable[str]) -> list[str]:
        """Return remarks on lines with the bare number of a question that was not `found`."""
        missing = set(self._numbers.values()).difference(found)
        begun = ((line, one) for line in lines if missing for one in self.numbered(line))
        return [
            f"`{line.strip()[:40]}` may answer {one.name}, and was not read"
            for line, one in begun
            if one.name in missing
        ]


def folded(key: str) -> str:
    """Return an id as it is compared: lower case, one separator for `/`, `.`, `_` and spaces."""
    return re.sub(rf"{_SEPARATOR}+", "/", key.strip(_MARKUP).lower()).strip("/")


def _numbers(ids: list[str]) -> dict[str, str]:
    """Return number → id if every id is letters and a number of its own: `q1`, `q2`."""
    matches = [re.fullmatch(r"[A-Za-z_.-]*?0*(\d+)", name) for name in ids]
    numbers = {match[1]: match[0] for match in matches if match}
    return numbers if len(numbers) == len(ids) else {}


def _labels(names: Iterable[str], numbers: Iterable[str]) -> str:
    """Return the pattern of a label that has one of the ids, the longest that fits."""
    ids = []
    for name in sorted(names, key=len, reverse=True):
        parts = re.split(rf"{_SEPARATOR}+|(?<=[A-Za-z])(?=\d)", name)
        ids.append(rf"{_SEPARATOR}*".join(map(re.escape, parts)))
    numbered = rf"|{_QUESTION}(?:{'|'.join(numbers)})" if numbers else ""
    key = rf"(?P<key>(?:{_QUESTION})?(?:{'|'.join(ids)}){numbered})"
    return rf"{_LEAD.format(_ITEM)}{key}(?!\w){_STOP}"


def unwrapped(lead: str, stop: str, rest: str) -> str:
    """Return what stands behind a label, without the end of an emphasis that began before it."""
    begun, rest = _EMPHASIS.search(lead), rest.strip()
    if begun is None or begun[0] in stop:
        return rest
    if rest.startswith(begun[0]):
        return rest.removeprefix(begun[0]).lstrip()
    return rest.removesuffix(begun[0]).rstrip()


def _opened(match: re.Match[str], line: str, name: str | None) -> tuple[Opening, ...]:
    if name is None:
        return ()
    rest = unwrapped(match["lead"], line[match.end("key") : match.end()], line[match.end() :])
    indent = len(line) - len(line.lstrip())
    weak = (match["weak"] is not None and rest != "") or _ALONE.fullmatch(line) is not None
    return (Opening(name, match["key"], rest, indent, match["heading"] is not None, weak),)
