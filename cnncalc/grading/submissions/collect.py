"""Who handed in what: every file found and every student of the roster, in one plan."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cnncalc.diagnostics import UsageError
from cnncalc.grading.files import read_bytes
from cnncalc.grading.submissions.classes import class_rows
from cnncalc.grading.submissions.ids import Ids
from cnncalc.grading.submissions.layouts import FoundFile, find_files
from cnncalc.grading.submissions.raw import plain_word
from cnncalc.grading.submissions.roster import Person, Roster

_HEAD = 600
_AUTHOR = re.compile(
    rb"^[ \t>*#|{\"'-]*(?:student(?:[ _]?id)?|matriculation|sid|login|email|user(?:name)?|netid)"
    rb"[ \t\"'*]*[:=|][ \t\"'*]*([^\s\"'|,}#]+)",
    re.IGNORECASE | re.MULTILINE,
)


class StudentFiles(NamedTuple):
    """One student with all files of theirs, or one file of nobody known; the unit of work.

    `known` if the student is on the roster, or if there is no roster to ask.
    """

    person: Person
    files: tuple[FoundFile, ...]
    known: bool


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
    seen: set[tuple[str, int, tuple[str, ...]]] = set()
    outside = tuple(os.path.abspath(path) + os.sep for path in exclude if path)
    tops = list(paths)
    for top in tops:
        if not os.path.exists(top):
            raise UsageError(f"there is no file or folder `{top}`")
        shown = paths[top] if isinstance(paths, Mapping) else top
        for found in _files(top, ids):
            path = os.path.abspath(found.path)
            place = (path, found.line, found.words if found.shared else ())
            if place in seen or f"{path}{os.sep}".startswith(outside):
                continue
            if len(tops) > 1:  # one path never leads to a file twice
                seen.add(place)
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


def _files(path: str, ids: Ids) -> Iterable[FoundFile]:
    for found in find_files(path):
        table = found.path.lower().endswith((".csv", ".tsv")) and not found.linked
        rows = class_rows(found.path, ids) if table else None
        yield from [found] if rows is None else rows


def _whose(found: FoundFile, roster: Roster | None) -> int | str:
    """Return the student's position on the roster, or the word by which nobody is known."""
    words = found.words
    position = roster.find(words) if roster is not None else None
    if position is None and not found.sure and not found.linked:
        authors = _authors(found.path)
        position = roster.find(authors) if roster is not None else None
        words = (*authors, *words) if roster is None else words
    return words[0] or plain_word(os.path.basename(found.path)) if position is None else position


def _authors(path: str) -> list[str]:
    """Return whom the first lines of a file name as its author."""
    try:
        head = read_bytes(path, _HEAD)
    except OSError:
        return []
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.decode("utf-16", "replace").encode()
    words = [word.decode("utf-8", "replace") for word in _AUTHOR.findall(head)]
    return [word for word in words if any(map(str.isalnum, word))]  # a sheet's line may be empty
