"""Who takes the course, under every identifier of a learning system, and who handed in what."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cnncalc.diagnostics import UsageError
from cnncalc.grading.files import MAX_ROSTER, plain_cell, read_bytes
from cnncalc.grading.submissions.columns import class_rows, rows_of
from cnncalc.grading.submissions.ids import Ids, plain_word, tells
from cnncalc.grading.submissions.layouts import FoundFile, find_files
from cnncalc.grading.submissions.text import Unreadable, decode, needed, seen
from cnncalc.language.files import missing

#: Rows of Canvas's table that are no students.
_NOBODY = ("points possible", "student, test")
_HEAD = 600
_AUTHOR = re.compile(
    r"^[ \t>*#|{\"'-]*(?:student(?:[ _]?id)?|matriculation|sid|login|email|user(?:name)?|netid)"
    r"[ \t\xa0\"'*]*[:=|][ \t\xa0\"'*]*([^\s\"'|,}#_\\*][^\s\"'|,}#\\*]*)",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Person:
    """One student: `key` is how all outputs call them; further identifiers are '' if unknown."""

    key: str
    name: str = ""
    email: str = ""
    login: str = ""
    canvas: str = ""
    sis: str = ""
    section: str = ""
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """Students in the order of the roster; `near` are those whom a plain word may name."""

    people: tuple[Person, ...]
    near: Mapping[str, Sequence[int]]

    def find(self, words: Iterable[str]) -> int | None:
        """Return the position of the student that the first known of `words` names."""
        return next(filter(lambda position: position is not None, map(self._one, words)), None)

    def _one(self, word: str) -> int | None:
        """Return whom a word names: as written before as compared, what a student is called by
        before what else names another; one that two share in both forms names neither."""
        near = self.near.get(plain_word(word), ())
        for form in (str.strip, plain_word):
            for ways in (lambda person: {person.key}, identifiers):
                own = [at for at in near if form(word) in map(form, ways(self.people[at]))]
                if len(own) == 1:
                    return own[0]
                if own:
                    break
        return None


class StudentFiles(NamedTuple):
    """One student with all files of theirs, or one file of nobody known; the unit of work.

    `known` if the student is on the roster, or if there is no roster to ask.
    """

    person: Person
    files: tuple[FoundFile, ...]
    known: bool


def read_roster(path: str) -> Roster:
    """Return the roster of a CSV file, of Canvas, Moodle or nbgrader too.

    Raises UsageError if the file cannot be read or has no column that names students.
    """
    with needed("roster", path):
        rows = [row for _, row in rows_of(decode(read_bytes(path, MAX_ROSTER + 1), MAX_ROSTER))]
    heads = list(map(tells, rows[0])) if rows else []
    if heads.count("name") > 1 and "id" not in heads:
        heads[heads.index("name")] = "id"  # `student,name`: the first is how they are called
    if not set(heads) & {"id", "email", "login", "name", "sis", "last"}:
        help = "its first line names the columns, such as `id,name,email`"
        raise UsageError(f"the roster `{path}` has no column of students", help)
    canvas = "sis" in heads and "id" in heads
    people = [_person(dict(zip(heads, row, strict=False)), canvas) for row in rows[1:]]
    return roster_of(person for person in people if person is not None)


def _person(cells: dict[str, str], canvas: bool) -> Person | None:
    own = {field: plain_cell(cell.strip()) for field, cell in cells.items()}
    name = own.get("name") or " ".join(filter(None, (own.get("first"), own.get("last"))))
    number = own.get("canvas") or own.get("participant") or (own.get("id", "") if canvas else "")
    ways = (own.get("sis"), own.get("id"), own.get("login"), own.get("email"), number, name)
    key = next(filter(None, ways), "")
    if not key or (name.lower() in _NOBODY and (canvas or key == name)):
        return None
    fields = {field: own.get(field, "")
              for field in ("email", "login", "sis", "section", "first", "last")}  # fmt: skip
    return Person(key, name, canvas=number, **fields)


def roster_of(people: Iterable[Person]) -> Roster:
    """Return a roster of people; a second row of the same key is passed over."""
    by_key: dict[str, Person] = {}
    for person in people:
        by_key.setdefault(person.key, person)
    near: dict[str, list[int]] = {}
    for position, person in enumerate(by_key.values()):
        for word in set(map(plain_word, identifiers(person))):
            near.setdefault(word, []).append(position)
    return Roster(tuple(by_key.values()), near)


def identifiers(person: Person) -> set[str]:
    """Return every word by which a file may name a person."""
    words = {person.key, person.name, person.email, person.login, person.canvas, person.sis}
    words.add(person.email.split("@")[0])
    first, last = person.first, person.last
    if not last and "," in person.name:
        last, _, first = person.name.partition(",")
    elif not last and " " in person.name:
        first, _, last = person.name.rpartition(" ")
    words |= {first + last, last + first} if first and last else set()
    return {word for word in words if word.strip()}


def collect(
    paths: Iterable[str] | Mapping[str, str],
    roster: Roster | None,
    ids: Ids,
    exclude: Iterable[str] = (),
) -> list[StudentFiles]:
    """Return the units of a batch: the roster in its order, then everybody else by name.

    `paths` may say how each is shown. `exclude` are files and folders that are no submissions
    although they stand among them: the assignment, the roster, earlier results. Raises UsageError
    for a path that does not exist.
    """
    by_student: dict[int | str, list[FoundFile]] = {}
    outside = tuple(os.path.abspath(path) + os.sep for path in exclude if path)
    for top in paths:
        if not os.path.exists(top):
            raise missing(top, "file or folder")
        shown = paths[top] if isinstance(paths, Mapping) else top
        for found in _found(top, ids):
            if f"{os.path.abspath(found.path)}{os.sep}".startswith(outside):
                continue
            if shown != top:
                found = found._replace(shown=shown + found.path[len(top) :])
            # Who it is of is settled: a large class need not keep the words that said it.
            by_student.setdefault(_whose(found, roster), []).append(found._replace(words=()))
    units = []
    for position, person in enumerate(roster.people if roster else ()):
        units.append(StudentFiles(person, tuple(by_student.pop(position, ())), True))
    for key in sorted(map(str, by_student)):
        units.append(StudentFiles(Person(key, key), tuple(by_student[key]), roster is None))
    return units


def _found(path: str, ids: Ids) -> Iterable[FoundFile]:
    for found in find_files(path):
        table = found.path.lower().endswith((".csv", ".tsv")) and not found.linked
        rows = class_rows(found.path, ids) if table else None
        yield from [found] if rows is None else rows


def _whose(found: FoundFile, roster: Roster | None) -> int | str:
    """Return the student's position on the roster, or the word by which nobody is known."""
    words = found.words
    if not (found.sure or found.linked) and (roster is None or roster.find(words) is None):
        words = (*_authors(found.path), *words)
    position = roster.find(words) if roster is not None else None
    if position is not None:
        return position
    known = found.words if roster is not None else words
    return known[0] or plain_word(os.path.basename(found.path))


def _authors(path: str) -> list[str]:
    """Return whom the first lines of a file name as its author."""
    try:
        return _AUTHOR.findall(seen(read_bytes(path))[:_HEAD])
    except (OSError, Unreadable):
        return []
