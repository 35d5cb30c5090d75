"""The folders that learning systems export, and what their names tell about who and when."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.diagnostics import Source, SpecError
from cnncalc.spec.source import parse
from cnncalc.spec.tree import Mapping, Scalar, Sequence

MAX_FILES = 2_000_000
_SYSTEM = frozenset(
    ("thumbs.db", "desktop.ini", "submission_metadata.yml", "timestamp.txt", "__macosx",
     "submission_metadata.json", "results.json", "feedback")
)  # fmt: skip
_CANVAS = re.compile(r"([^\W_][\w'-]*?)_(LATE_)?(\d+)_(\d+)_(.+?)(?:-(\d+))?(\.[A-Za-z0-9]+)?")
_MOODLE = re.compile(r"(.+?)_(\d+)_assignsubmission_(?:file|onlinetext)_?(.*)")


class Found(NamedTuple):
    """One file as found: where, the words that may name its author, when, which attempt.

    `offset` and `length` are set for one row of a class table; `more` are the places of further
    rows of the same student, offsets and lengths in turn. Files of one `group` (a folder that a
    system made for one attempt) belong together. `shared` if it is one student's copy of what a
    group handed in.
    """

    path: str
    words: tuple[str, ...]
    time: str = ""
    late: bool = False
    attempt: int = 0
    group: str = ""
    sure: bool = True
    offset: int = -1
    length: int = 0
    shared: bool = False
    more: tuple[int, ...] = ()


def shown_name(name: str) -> str:
    """Return the name of a file as a text; bytes that are no UTF-8 are written as `\\xe9`."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def find_files(path: str) -> Iterator[Found]:
    """Yield the submissions of a file or a folder, in the order of their names.

    The layout is recognised by what the folder holds: `submission_metadata.yml` (Gradescope),
    `submitted/` or `timestamp.txt` (nbgrader), the names of Moodle's and Canvas's downloads;
    otherwise a file or a folder is a student.
    """
    if not os.path.isdir(path):
        yield _single(path)
        return
    names = _listed(path)
    if "submission_metadata.yml" in names:
        yield from _gradescope(path, names)
    elif "submitted" in names and os.path.isdir(os.path.join(path, "submitted")):
        yield from _nbgrader(os.path.join(path, "submitted"))
    elif os.path.basename(os.path.normpath(path)) == "submitted" or _has_stamps(path, names):
        yield from _nbgrader(path)
    else:
        for name in names:
            if _wanted(name):
                yield from _entry(os.path.join(path, name), name)


def _listed(path: str) -> list[str]:
    with os.scandir(path) as entries:
        return sorted(entry.name for entry in entries)


def _wanted(name: str) -> bool:
    return name[0] not in ".~" and name.lower() not in _SYSTEM and not name.endswith("~")


def _single(path: str) -> Found:
    return _file(path, os.path.basename(path))


def _file(path: str, name: str) -> Found:
    name = shown_name(name)
    canvas = _CANVAS.fullmatch(name)
    if canvas:
        who, late, user, submission, _, number, _ = canvas.groups()
        attempt = int(number or 0)
        return Found(path, (user, who), "", bool(late), attempt, f"canvas/{user}/{submission}")
    moodle = _MOODLE.fullmatch(os.path.splitext(name)[0])
    if moodle:
        return Found(path, (moodle.group(1), moodle.group(2)), group=f"moodle/{moodle.group(2)}")
    stem = os.path.splitext(name)[0]
    words = (stem, stem.split("_")[0], stem.split(" - ")[0])
    return Found(path, tuple(dict.fromkeys(words)), sure=False)


def _entry(path: str, name: str) -> Iterator[Found]:
    if not os.path.isdir(path):
        yield _file(path, name)
        return
    name = shown_name(name)
    moodle = _MOODLE.fullmatch(name)
    words = (moodle.group(1), moodle.group(2)) if moodle else (name, name.split("_")[0])
    group = f"moodle/{moodle.group(2)}" if moodle else f"folder/{path}"
    for inner in walk_files(path):
        yield Found(inner, tuple(dict.fromkeys(words)), group=group, sure=True)


def walk_files(path: str) -> Iterator[str]:
    """Yield all files below a folder but those that systems leave there."""
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if _wanted(name))
        for name in sorted(names):
            if _wanted(name):
                yield os.path.join(folder, name)


def _has_stamps(path: str, names: list[str]) -> bool:
    for name in names[:5]:
        inner = os.path.join(path, name)
        if os.path.isdir(inner):
            for assignment in _listed(inner)[:5]:
                if os.path.exists(os.path.join(inner, assignment, "timestamp.txt")):
                    return True
    return False


def _nbgrader(path: str) -> Iterator[Found]:
    for student in filter(_wanted, _listed(path)):
        for assignment in filter(_wanted, _listed_folder(os.path.join(path, student))):
            folder = os.path.join(path, student, assignment)
            time = _text_of(os.path.join(folder, "timestamp.txt"))
            for inner in walk_files(folder) if os.path.isdir(folder) else [folder]:
                yield Found(inner, (student,), time, group=f"nbgrader/{student}/{assignment}")


def _listed_folder(path: str) -> list[str]:
    return _listed(path) if os.path.isdir(path) else []


def _text_of(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(200).strip()
    except OSError:
        return ""


def _gradescope(path: str, names: list[str]) -> Iterator[Found]:
    people = _submitters(os.path.join(path, "submission_metadata.yml"))
    for name in filter(_wanted, names):
        inner_path = os.path.join(path, name)
        group, time = people.get(name, (((name,),), ""))
        inner = list(walk_files(inner_path)) if os.path.isdir(inner_path) else [inner_path]
        for words in group:
            for file in inner:
                shared = len(group) > 1
                yield Found(file, words, time, group=f"gradescope/{name}", shared=shared)


def _submitters(path: str) -> dict[str, tuple[tuple[tuple[str, ...], ...], str]]:
    """Return folder → (identifiers of each submitter, time) from Gradescope's metadata."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            root = parse(Source(path, file.read()))
    except (OSError, SpecError):
        return {}
    result = {}
    for key, entry in root.entries if isinstance(root, Mapping) else []:
        if not isinstance(entry, Mapping):
            continue
        listed = _under(entry, "submitters")
        people = [
            tuple(_words(person))
            for person in (listed.items if isinstance(listed, Sequence) else [])
        ]
        stamp = _under(entry, "created_at")
        time = stamp.text if isinstance(stamp, Scalar) else ""
        known = tuple(words for words in people if words)
        result[key.text] = (known or ((key.text,),), time)
    return result


def _words(person: object) -> Iterator[str]:
    """Yield the identifiers of one submitter."""
    if isinstance(person, Mapping):
        for field in ("sid", "email", "name", "id"):
            value = _under(person, field)
            if isinstance(value, Scalar) and value.text:
                yield value.text


def _under(mapping: Mapping, name: str) -> object:
    """Return the value under a key, also where it is a Ruby symbol (`:name:`)."""
    return mapping.get(name) or mapping.get(":" + name)
