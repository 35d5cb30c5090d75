"""Who handed in what: every file found, also in archives, and every student of the roster."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.diagnostics import UsageError
from cnncalc.grading.files import read_bytes
from cnncalc.grading.submissions.columns import class_rows
from cnncalc.grading.submissions.decode import MAX_BYTES
from cnncalc.grading.submissions.ids import Ids, plain_word
from cnncalc.grading.submissions.layouts import MOODLE, FoundFile, find_files
from cnncalc.grading.submissions.roster import Person, Roster
from cnncalc.language.files import missing

if TYPE_CHECKING:
    from zipfile import ZipFile

MAX_MEMBERS = 100_000
MAX_TOTAL = 2 * 1024**3
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
            raise missing(top, "file or folder")
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


@contextmanager
def unpacked(paths: Iterable[str]) -> Iterator[dict[str, str]]:
    """Yield where submissions are, each with the name it is shown by; archives are unpacked.

    Raises UsageError for an archive that cannot be read or is too large.
    """
    given = list(paths)
    if not any(path.lower().endswith(".zip") and os.path.isfile(path) for path in given):
        yield {path: path for path in given}
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as place:
        found = {}
        for number, path in enumerate(given):
            if path.lower().endswith(".zip") and os.path.isfile(path):
                folder, inner = _unpack(path, os.path.join(place, str(number)))
                found[folder] = os.path.join(path, inner) if inner else path
            else:
                found[path] = path
        yield found


def _unpack(path: str, folder: str) -> tuple[str, str]:
    """Unpack an archive; returns the folder of the submissions, and its name in the archive."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(path) as archive:
            _extract(archive, path, folder)
    except (BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise UsageError(f"cannot read the archive `{path}`: {error}") from None
    names = os.listdir(folder)
    inner = names[0] if len(names) == 1 else ""
    below = os.path.join(folder, inner)
    # A folder that was packed whole, unless it is one student's.
    if inner and os.path.isdir(below) and not MOODLE.fullmatch(inner):
        held = os.listdir(below)
        if len(held) > 1 or "submitted" in held:
            return below, inner
    return folder, ""


def _extract(archive: ZipFile, path: str, folder: str) -> None:
    os.makedirs(folder, exist_ok=True)
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MAX_MEMBERS:
        raise UsageError(f"`{path}` holds {len(members):,} files", f"{MAX_MEMBERS:,} are the most")
    total = 0
    for member in members:
        parts = [part for part in member.filename.replace("\\", "/").split("/") if part]
        if not parts or ".." in parts or ":" in parts[0]:
            continue  # would lead out of the folder
        place = os.path.join(folder, *parts)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with archive.open(member) as source, open(place, "wb") as target:
            # One byte more than is ever read shows that it is too large.
            total += target.write(source.read(MAX_BYTES + 1))
        if total > MAX_TOTAL:
            raise UsageError(f"`{path}` holds too much", "unpack it, and give the folder")
