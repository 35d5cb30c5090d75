"""The folders that learning systems export, and what their names tell about who and when."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from cnncalc.diagnostics import UsageError

_SYSTEM = frozenset(
    ("thumbs.db", "desktop.ini", "submission_metadata.yml", "timestamp.txt", "__macosx",
     "submission_metadata.json", "results.json", "feedback")
)  # fmt: skip
_METADATA = re.compile(r"( *)(- +)?[:\"']?([\w .-]+?)[\"']?:(?: +(?:![^ ]+ +)?(?:&\w+ +)?|$)(.*)")
#: By what Gradescope names a student, the surest first.
_WAYS = ("sid", "email", "name", "id")
CANVAS = re.compile(r"([^\W_][\w'-]*?)_(LATE_)?(\d+)_(\d+)_(.+?)(?:-(\d+))?(\.[A-Za-z0-9]+)?")
MOODLE = re.compile(r"(.+?)_(\d+)_assignsubmission_(?:file|onlinetext)_?(.*)")


class TableHead(NamedTuple):
    """How a class table is written, and its columns; `lines` are those down to the header.

    `pair` are the columns of question and answer of a table with a row for each answer.
    """

    delimiter: str
    columns: tuple[str, ...]
    lines: int
    pair: tuple[int, int] | None


class FoundFile(NamedTuple):
    """One file as found: where, the words that may name its author, when, which attempt.

    Of a class `table`, `rows` are the texts of one student's rows and `line` is where they begin;
    it is 0 for a file. Files of one `group` (a folder that a system made for one attempt) belong
    together. `shared` if it is one student's copy of what a group handed in. `shown` is how the
    place is called if not by its path; `linked` if it is a link among submissions, which is never
    followed.
    """

    path: str
    words: tuple[str, ...]
    time: str = ""
    late: bool = False
    attempt: int = 0
    group: str = ""
    sure: bool = True
    line: int = 0
    rows: tuple[str, ...] = ()
    table: TableHead | None = None
    shared: bool = False
    shown: str = ""
    linked: bool = False


def shown_name(name: str) -> str:
    """Return the name of a file as a text; bytes that are no UTF-8 are written as `\\xe9`."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def find_files(path: str) -> Iterator[FoundFile]:
    """Yield the submissions of a file or a folder, in the order of their names.

    The layout is recognised by what the folder holds: `submission_metadata.yml` (Gradescope),
    `submitted/` or `timestamp.txt` (nbgrader), the names of Moodle's and Canvas's downloads;
    otherwise a file or a folder is a student. Raises UsageError for a folder that is closed.
    """
    if not os.path.isdir(path):
        yield _Names([]).file(path, os.path.basename(path))
        return
    try:
        names = _listed(path)
    except OSError as error:
        raise UsageError(f"cannot read the folder `{path}`: {error.strerror}") from None
    below = os.path.join(path, "submitted")
    if "submission_metadata.yml" in names:
        yield from _gradescope(path, names)
    elif "submitted" in names and os.path.isdir(below):
        yield from _nbgrader(below)
    elif os.path.basename(os.path.normpath(path)) == "submitted" or _has_stamps(path, names):
        yield from _nbgrader(path)
    else:
        own = _Names(filter(_wanted, names))
        for name in own.in_order():
            yield from _entry(os.path.join(path, name), name, own)


def _listed(path: str) -> list[str]:
    with os.scandir(path) as entries:
        return sorted(entry.name for entry in entries)


def _inside(path: str) -> list[str]:
    """Return what a folder holds that may be handed in: nothing if it is none, or closed."""
    try:
        return list(filter(_wanted, _listed(path)))
    except OSError:
        return []


def _wanted(name: str) -> bool:
    return name[0] not in ".~" and name.lower() not in _SYSTEM and not name.endswith("~")


def _files(path: str, words: tuple[str, ...], **told: Any) -> Iterator[FoundFile]:
    """Yield what is below a path as files of one student."""
    for inner in walk_files(path):
        yield FoundFile(inner, words, linked=os.path.islink(inner), **told)


def walk_files(path: str) -> Iterator[str]:
    """Yield all files below a folder but those that systems leave there; a folder that is closed,
    or a link, is yielded itself.
    """
    if os.path.islink(path) or not os.path.isdir(path):
        yield path
        return
    closed: list[OSError] = []
    for folder, folders, names in os.walk(path, onerror=closed.append):
        folders[:] = sorted(filter(_wanted, folders))
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in sorted([*filter(_wanted, names), *links]):
            yield os.path.join(folder, name)
    for error in closed:
        yield str(error.filename)


class _Names:
    """The names in one folder: what Canvas and Moodle tell by them, seen beside one another."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)
        self._attempts = _canvas_attempts(self._names)
        owners: dict[str, set[str]] = {}
        for match in filter(None, map(MOODLE.fullmatch, self._names)):
            owners.setdefault(match[1], set()).add(match[2])
        #: Names that several participants of a Moodle course have.
        self._shared = {name for name, numbers in owners.items() if len(numbers) > 1}

    def in_order(self) -> list[str]:
        """Return the names, of one student's Canvas submissions the latest first."""
        return sorted(self._names, key=lambda name: -self._attempts.get(name, (0, 0))[1])

    def file(self, path: str, name: str) -> FoundFile:
        """Return a file of that name."""
        canvas = CANVAS.fullmatch(name)
        if canvas:
            attempt, user = self._attempts.get(name, (1, 0))[0], canvas[3]
            group = f"canvas/{user}/{attempt}"
            return FoundFile(path, (user, canvas[1]), "", bool(canvas[2]), attempt, group)
        stem = os.path.splitext(shown_name(name))[0]
        if moodle := self.participant(stem):
            return FoundFile(path, *moodle)
        words = (stem, stem.split("_")[0], stem.split(" - ")[0])
        return FoundFile(path, tuple(dict.fromkeys(words)), sure=False)

    def participant(self, stem: str) -> tuple[tuple[str, ...], str, bool, int, str] | None:
        """Return by what a Moodle download calls a student, and the group; None if it is none."""
        match = MOODLE.fullmatch(stem)
        if match is None:
            return None
        name = f"{match[1]} ({match[2]})" if match[1] in self._shared else match[1]
        return (name, f"Participant {match[2]}"), "", False, 0, f"moodle/{match[2]}"


def _canvas_attempts(names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return the attempt and the number of each file of a Canvas download.

    One student's files of equal names are attempts, in the order of Canvas's numbers: what was
    handed in again, with `-1` behind its name. Files of other names belong to the latest; so do
    `part-1` and `part-2` of one submission without a `part`.
    """
    versions: dict[str, dict[str, list[tuple[int, int, str]]]] = {}
    for match in filter(None, map(CANVAS.fullmatch, names)):
        _, _, user, submission, stem, number, suffix = match.groups()
        own = versions.setdefault(user, {}).setdefault(f"{stem}{suffix}".lower(), [])
        own.append((int(submission), int(number or 0), match.string))
    result = {}
    for stems in versions.values():
        listed: list[list[tuple[int, int, str]]] = []
        for own in stems.values():
            parts = len({submission for submission, *_ in own}) == 1 and all(n for _, n, _ in own)
            listed += [[one] for one in own] if parts else [own]
        latest = max(map(len, listed))
        for own in listed:
            for back, (submission, _, name) in enumerate(sorted(own, reverse=True)):
                result[name] = latest - back, submission
    return result


def _entry(path: str, name: str, names: _Names) -> Iterator[FoundFile]:
    if os.path.islink(path) or not os.path.isdir(path):
        yield names.file(path, name)._replace(linked=os.path.islink(path))
    elif not os.path.isfile(os.path.join(path, "results.jsonl")):  # of an earlier run
        name = shown_name(name)
        words = tuple(dict.fromkeys((name, name.split("_")[0])))
        moodle = names.participant(name)
        words, group = (moodle[0], moodle[-1]) if moodle else (words, f"folder/{path}")
        yield from _files(path, words, group=group)


def _has_stamps(path: str, names: list[str]) -> bool:
    folders = (os.path.join(path, name) for name in names[:5])
    return any(
        os.path.isfile(os.path.join(folder, assignment, "timestamp.txt"))
        for folder in folders
        for assignment in _inside(folder)[:5]
    )


def _nbgrader(path: str) -> Iterator[FoundFile]:
    for student in _inside(path):
        own = os.path.join(path, student)
        if os.path.islink(own) or not os.path.isdir(own):
            yield from _files(own, (student,))
            continue
        for assignment in _inside(own):
            folder = os.path.join(own, assignment)
            time = _text_of(os.path.join(folder, "timestamp.txt"))
            yield from _files(folder, (student,), time=time, group=f"nbgrader/{own}/{assignment}")


def _text_of(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "" if os.path.islink(path) else file.read(200).strip()
    except OSError:
        return ""


def _gradescope(path: str, names: Iterable[str]) -> Iterator[FoundFile]:
    known = _submitters(os.path.join(path, "submission_metadata.yml"))
    for name in filter(_wanted, names):
        people, time = known.get(name, ([], ""))
        ways = [tuple(filter(None, map(own.get, _WAYS))) for own in people]
        students = list(filter(None, ways)) or [(name,)]
        for words in students:
            told = {"time": time, "group": f"gradescope/{name}", "shared": len(students) > 1}
            yield from _files(os.path.join(path, name), words, **told)


def _submitters(path: str) -> dict[str, tuple[list[dict[str, str]], str]]:
    """Return folder → (identifiers of each submitter, time) from Gradescope's metadata.

    The file is read line by line: it is large, and holds tags of Ruby that no reader of plain YAML
    takes. Earlier submissions are listed in it, more deeply indented, with times of their own.
    """
    result: dict[str, tuple[list[dict[str, str]], str]] = {}
    people: list[dict[str, str]] = []
    folder, part, depth = "", "", 0
    with suppress(OSError), open(path, encoding="utf-8-sig", errors="replace") as file:
        for match in filter(None, (_METADATA.match(line[:1000].rstrip()) for line in file)):
            indent, dash, name, value = match.groups()
            value = value.strip("\"'")
            if not indent and not dash:
                folder, part, depth, people = name, "", 0, []
                result[folder] = people, ""
                continue
            depth = depth or len(indent)
            if len(indent) <= depth and not dash:
                part = name
            if part == "submitters" and dash:
                people.append({})
            if part == "submitters" and people and value:
                people[-1].setdefault(name, value)
            elif (
                part == "created_at" and value[:1].isdigit() and result.get(folder) == (people, "")
            ):
                result[folder] = people, value
    return result
