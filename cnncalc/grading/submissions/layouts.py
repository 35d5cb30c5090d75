"""The folders that learning systems export, and what their names tell about who and when."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from cnncalc.diagnostics import UsageError

_SYSTEM = frozenset(
    ("thumbs.db", "desktop.ini", "submission_metadata.yml", "timestamp.txt", "__macosx",
     "submission_metadata.json", "results.json", "feedback")
)  # fmt: skip
_METADATA = re.compile(r"( *)(- +)?[:\"']?([\w .-]+?)[\"']?:(?: +(?:![^ ]+ +)?(?:&\w+ +)?|$)(.*)")
_WAYS = ("sid", "email", "name", "id")
CANVAS = re.compile(r"([^\W_][\w'-]*?)_(LATE_)?(\d+)_(\d+)_(.+?)(?:-(\d+))?(\.[A-Za-z0-9]+)?")
MOODLE = re.compile(r"(.+?)_(\d+)_assignsubmission_(?:file|onlinetext)_?(.*)")


class FoundFile(NamedTuple):
    """One file as found: where, the words that may name its author, when, which attempt.

    `offset`, `length` and `line` are set for one row of a class table; `more` are the places of
    further rows of the same student, offsets and lengths in turn. Files of one `group` (a folder
    that a system made for one attempt) belong together. `shared` if it is one student's copy of
    what a group handed in. `shown` is how the place is called if not by its path; `linked` if it is
    a link among submissions, which is never followed.
    """

    path: str
    words: tuple[str, ...]
    time: str = ""
    late: bool = False
    attempt: int = 0
    group: str = ""
    sure: bool = True
    offset: int = -1
    line: int = 0
    length: int = 0
    shared: bool = False
    more: tuple[int, ...] = ()
    shown: str = ""
    linked: bool = False


def shown_name(name: str) -> str:
    """Return the name of a file as a text; bytes that are no UTF-8 are written as `\\xe9`."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def find_files(path: str) -> Iterator[FoundFile]:
    """Yield the submissions of a file or a folder, in the order of their names.

    The layout is recognised by what the folder holds: `submission_metadata.yml` (Gradescope),
    `submitted/` or `timestamp.txt` (nbgrader), the names of Moodle's and Canvas's downloads;
    otherwise a file or a folder is a student.
    """
    if not os.path.isdir(path):
        yield _file(path, os.path.basename(path))
        return
    try:
        names = _listed(path)
    except OSError as error:
        raise UsageError(f"cannot read the folder `{path}`: {error.strerror}") from None
    if "submission_metadata.yml" in names:
        yield from _gradescope(path, names)
    elif "submitted" in names and os.path.isdir(os.path.join(path, "submitted")):
        yield from _nbgrader(os.path.join(path, "submitted"))
    elif os.path.basename(os.path.normpath(path)) == "submitted" or _has_stamps(path, names):
        yield from _nbgrader(path)
    else:
        names = [name for name in names if _wanted(name)]
        attempts, shared = _canvas_attempts(names), _shared_names(names)
        for name in sorted(names, key=lambda name: -attempts.get(name, (0, 0))[1]):
            yield from _entry(os.path.join(path, name), name, attempts, shared)


def _listed(path: str) -> list[str]:
    with os.scandir(path) as entries:
        return sorted(entry.name for entry in entries)


def _wanted(name: str) -> bool:
    return name[0] not in ".~" and name.lower() not in _SYSTEM and not name.endswith("~")


def _canvas_attempts(names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return the attempt and the number of each file of a Canvas download.

    One student's files of equal names are attempts, in the order of Canvas's numbers: what was
    handed in again, with `-1` behind its name. Files of other names belong to the latest; so do
    `part-1` and `part-2` of one submission without a `part`.
    """
    versions: dict[str, dict[str, list[tuple[int, int, str]]]] = {}
    for name in names:
        match = CANVAS.fullmatch(name)
        if match:
            _, _, user, submission, stem, number, suffix = match.groups()
            own = versions.setdefault(user, {}).setdefault(f"{stem}{suffix}".lower(), [])
            own.append((int(submission), int(number or 0), name))
    result = {}
    for stems in versions.values():
        listed = [part for own in stems.values() for part in _one_by_one(own)]
        latest = max(map(len, listed))
        for own in listed:
            for back, (submission, _, name) in enumerate(sorted(own, reverse=True)):
                result[name] = latest - back, submission
    return result


def _one_by_one(own: list[tuple[int, int, str]]) -> list[list[tuple[int, int, str]]]:
    """Return the files of one stem as one list of versions, or each alone if they are parts."""
    parts = len({submission for submission, _, _ in own}) == 1 and all(n for _, n, _ in own)
    return [[one] for one in own] if parts else [own]


def _shared_names(names: Iterable[str]) -> frozenset[str]:
    """Return the names that several participants of a Moodle course have."""
    owners: dict[str, set[str]] = {}
    for name in names:
        match = MOODLE.fullmatch(name)
        if match:
            owners.setdefault(match.group(1), set()).add(match.group(2))
    return frozenset(name for name, numbers in owners.items() if len(numbers) > 1)


def _file(
    path: str,
    name: str,
    attempts: Mapping[str, tuple[int, int]] = MappingProxyType({}),
    shared: Container[str] = (),
) -> FoundFile:
    canvas = CANVAS.fullmatch(name)
    shown = shown_name(name)
    if canvas:
        who, late, user = canvas.group(1), canvas.group(2), canvas.group(3)
        attempt, _ = attempts.get(name, (1, 0))
        return FoundFile(path, (user, who), "", bool(late), attempt, f"canvas/{user}/{attempt}")
    stem = os.path.splitext(shown)[0]
    moodle = MOODLE.fullmatch(stem)
    if moodle:
        return FoundFile(path, _participant(moodle, shared), group=f"moodle/{moodle.group(2)}")
    words = (stem, stem.split("_")[0], stem.split(" - ")[0])
    return FoundFile(path, tuple(dict.fromkeys(words)), sure=False)


def _participant(match: re.Match[str], shared: Container[str]) -> tuple[str, ...]:
    """Return by what a Moodle download calls a student: the name, and the number in the course."""
    name, number = match.group(1), match.group(2)
    words = (name, f"Participant {number}")
    return (f"{name} ({number})", words[1]) if name in shared else words


def _entry(
    path: str, name: str, attempts: Mapping[str, tuple[int, int]], shared: Container[str]
) -> Iterator[FoundFile]:
    if os.path.islink(path) or not os.path.isdir(path):
        found = _file(path, name, attempts, shared)
        yield found._replace(linked=os.path.islink(path))
        return
    if os.path.isfile(os.path.join(path, "results.jsonl")):
        return  # an earlier run wrote its results here
    name = shown_name(name)
    moodle = MOODLE.fullmatch(name)
    words = _participant(moodle, shared) if moodle else (name, name.split("_")[0])
    group = f"moodle/{moodle.group(2)}" if moodle else f"folder/{path}"
    for inner in walk_files(path):
        linked = os.path.islink(inner)
        yield FoundFile(inner, tuple(dict.fromkeys(words)), group=group, linked=linked)


def walk_files(path: str) -> Iterator[str]:
    """Yield all files below a folder but those that systems leave there; a folder that is closed,
    or a link, is yielded itself.
    """
    if os.path.islink(path) or not os.path.isdir(path):
        yield path
        return
    closed: list[OSError] = []
    for folder, folders, names in os.walk(path, onerror=closed.append):
        folders[:] = sorted(name for name in folders if _wanted(name))
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in sorted([*names, *links]):
            if _wanted(name):
                yield os.path.join(folder, name)
    for error in closed:
        yield str(error.filename)


def _has_stamps(path: str, names: list[str]) -> bool:
    for name in names[:5]:
        inner = os.path.join(path, name)
        for assignment in _inside(inner)[:5]:
            if os.path.isfile(os.path.join(inner, assignment, "timestamp.txt")):
                return True
    return False


def _nbgrader(path: str) -> Iterator[FoundFile]:
    for student in filter(_wanted, _listed(path)):
        own = os.path.join(path, student)
        if os.path.islink(own) or not os.path.isdir(own):
            yield FoundFile(own, (student,), linked=os.path.islink(own))
            continue
        for assignment in filter(_wanted, _inside(own)):
            folder = os.path.join(own, assignment)
            time = _text_of(os.path.join(folder, "timestamp.txt"))
            group = f"nbgrader/{student}/{assignment}"
            for inner in walk_files(folder):
                yield FoundFile(inner, (student,), time, group=group, linked=os.path.islink(inner))


def _inside(path: str) -> list[str]:
    """Return what a folder holds: nothing if it is none, or closed."""
    try:
        return _listed(path)
    except OSError:
        return []


def _text_of(path: str) -> str:
    if os.path.islink(path):
        return ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(200).strip()
    except OSError:
        return ""


def _gradescope(path: str, names: list[str]) -> Iterator[FoundFile]:
    people = _submitters(os.path.join(path, "submission_metadata.yml"))
    for name in filter(_wanted, names):
        inner_path = os.path.join(path, name)
        group, time = people.get(name, (((name,),), ""))
        inner = list(walk_files(inner_path))
        for words in group:
            for file in inner:
                found = FoundFile(file, words, time, group=f"gradescope/{name}")
                yield found._replace(shared=len(group) > 1, linked=os.path.islink(file))


def _submitters(path: str) -> dict[str, tuple[tuple[tuple[str, ...], ...], str]]:
    """Return folder → (identifiers of each submitter, time) from Gradescope's metadata.

    The file is read line by line: it is large, and holds tags of Ruby that no reader of plain YAML
    takes. Earlier submissions are listed in it, more deeply indented, with times of their own.
    """
    result = {}
    for key, entry in _entries(path):
        people: list[dict[str, str]] = []
        time, part = "", ""
        depth = len(entry[0][0]) if entry else 0
        for indent, dash, name, value in entry:
            if len(indent) <= depth and not dash:
                part = name
            if part == "submitters" and dash:
                people.append({})
            if part == "submitters" and people and value:
                people[-1].setdefault(name, value)
            if part == "created_at" and not time and value[:1].isdigit():
                time = value
        ways = (tuple(filter(None, map(own.get, _WAYS))) for own in people)
        known = tuple(words for words in ways if words)
        result[key] = (known or ((key,),), time)
    return result


def _entries(path: str) -> Iterator[tuple[str, list[tuple[str, str, str, str]]]]:
    """Yield the keys at the left margin, each with its lines: indent, dash, key and value."""
    key, entry = "", []
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            for line in file:
                match = _METADATA.match(line[:1000].rstrip())
                if match is None:
                    continue
                indent, dash, name, value = match.groups()
                if indent or dash:
                    entry.append((indent, dash, name, value.strip("\"'")))
                    continue
                if key:
                    yield key, entry
                key, entry = name, []
    except OSError:
        return
    if key:
        yield key, entry
