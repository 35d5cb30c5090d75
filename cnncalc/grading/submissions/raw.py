"""What was found in one submission: raw texts by item, and who says to have written it."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Keys by which a file names its author, with the identifier that each gives.
PERSON = {
    "student": "id", "student_id": "id", "studentid": "id", "student id": "id", "sid": "id",
    "matriculation": "id", "matrikelnummer": "id", "user": "id", "username": "login",
    "login": "login", "email": "email", "e-mail": "email", "mail": "email", "name": "name",
    "student_name": "name", "student name": "name", "full name": "name", "netid": "login",
}  # fmt: skip
TIMES = ("submitted", "submitted_at", "timestamp", "time", "date", "created_at")


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
    """The raw answers of a submission, by item id; `person` and `time` as far as it tells them.

    `tables` are rows that still have to be placed, by question; `problems` what could not be used;
    `unknown` ids that the assignment does not have.
    """

    answers: dict[str, str] = field(default_factory=dict)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    person: dict[str, str] = field(default_factory=dict)
    time: str = ""
    problems: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def note(self, key: str, value: str) -> bool:
        """Take note of a key about the author or the time; returns whether it was one."""
        word = key.strip().lower()
        if word in PERSON:
            self.person.setdefault(PERSON[word], value.strip().strip("\"'"))
            return True
        if word in TIMES:
            self.time = self.time or value.strip().strip("\"'")
            return True
        return False
