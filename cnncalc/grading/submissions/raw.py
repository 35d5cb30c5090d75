"""What was found in one submission: raw texts by item, and who says to have written it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

#: What a roster, a class table or a submission calls what it tells about a student.
PEOPLE = {
    "student": "name", "name": "name", "fullname": "name", "studentname": "name",
    "id": "id", "studentid": "id", "sid": "id", "matriculation": "id", "matrikelnummer": "id",
    "idnumber": "id", "user": "id", "sisuserid": "sis", "sisid": "sis", "sisloginid": "login",
    "login": "login", "username": "login", "netid": "login", "loginid": "login", "email": "email",
    "emailaddress": "email", "mail": "email", "section": "section", "group": "section",
    "firstname": "first", "givenname": "first", "first": "first", "lastname": "last",
    "surname": "last", "familyname": "last", "last": "last", "canvasid": "canvas",
    "canvasuserid": "canvas", "userid": "canvas", "participant": "participant",
    "identifier": "participant",
}  # fmt: skip
TIMES = frozenset(
    ("submitted", "submittedat", "timestamp", "time", "date", "createdat", "completed",
     "completiontime", "submissiontime")
)  # fmt: skip


def plain_word(word: str) -> str:
    """Return an identifier as it is compared: no case, no accents, no spaces or punctuation."""
    text = unicodedata.normalize("NFKD", word.strip().lower())
    return re.sub(r"[^a-z0-9@]+", "", text) or word.strip().lower()


def names_author(key: str) -> bool:
    """Tell whether a key in a submission names its author."""
    word = plain_word(key)
    named = PEOPLE.get(word) in ("id", "login", "email", "name")
    return named and word != "id"  # `id: q1` names a question


@dataclass(slots=True)
class Row:
    """One row of a typed table: its label, and its cells by column name or in order."""

    label: str
    cells: dict[str, str] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)

    def texts(self) -> list[str]:
        """Return what stands in its cells."""
        return [text for text in (*self.cells.values(), *self.listed) if text.strip()]


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
        if plain_word(key) in TIMES:
            self.time = self.time or value.strip().strip("\"'")
            return True
        return names_author(key)
