"""The roster: who takes the course, under every identifier that a learning system uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cnncalc.diagnostics import UsageError
from cnncalc.grading.files import plain_cell, read_bytes
from cnncalc.grading.submissions.decode import MAX_BYTES, Unreadable, decode, rows_of
from cnncalc.grading.submissions.ids import PEOPLE, plain_word
from cnncalc.language.files import missing

_SHARED = -1
#: Rows of Canvas's table that are no students.
_NOBODY = ("points possible", "student, test")


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
    """Students in the order of the roster, and ways to find one by any identifier.

    `exact` has identifiers as written, `lookup` as they are compared; an identifier that two
    students share is in neither.
    """

    people: tuple[Person, ...]
    exact: Mapping[str, int]
    lookup: Mapping[str, int]

    def find(self, words: Iterable[str]) -> int | None:
        """Return the position of the student that the first known of `words` names."""
        for word in words:
            position = self.exact.get(word.strip())
            if position is None:
                position = self.lookup.get(plain_word(word))
            if position is not None:
                return position
        return None


def read_roster(path: str) -> Roster:
    """Return the roster of a CSV file; Canvas, Moodle and nbgrader exports are understood.

    Raises UsageError if the file cannot be read or has no column that names students.
    """
    try:
        text = decode(read_bytes(path, MAX_BYTES + 1))
    except FileNotFoundError:
        raise missing(path, "roster") from None
    except (OSError, Unreadable) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read the roster `{path}`: {reason}") from None
    rows = [row for _, row in rows_of(text)]
    heads = [PEOPLE.get(plain_word(cell), "") for cell in rows[0]] if rows else []
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
    key = next((way for way in ways if way), "")
    if not key or (name.lower() in _NOBODY and (canvas or key == name)):
        return None
    return Person(
        key, name, own.get("email", ""), own.get("login", ""), number, own.get("sis", ""),
        own.get("section", ""), own.get("first", ""), own.get("last", ""),
    )  # fmt: skip


def roster_of(people: Iterable[Person]) -> Roster:
    """Return a roster of people; a second row of the same key is passed over."""
    by_key: dict[str, Person] = {}
    for person in people:
        by_key.setdefault(person.key, person)
    kept = tuple(by_key.values())
    return Roster(kept, _index(kept, str.strip), _index(kept, plain_word))


def _index(people: Sequence[Person], form: Callable[[str], str]) -> dict[str, int]:
    """Return whom an identifier names in one form; one that two people share names neither.

    What a student is called by (the key) goes before any other identifier of another.
    """
    found: dict[str, int] = {}
    for ways in (_key_alone, identifiers):
        own: dict[str, int] = {}
        for position, person in enumerate(people):
            for word in {form(word) for word in ways(person)}:
                own[word] = position if own.get(word, position) == position else _SHARED
        found = own | found
    return {word: position for word, position in found.items() if position != _SHARED}


def _key_alone(person: Person) -> set[str]:
    return {person.key}


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
