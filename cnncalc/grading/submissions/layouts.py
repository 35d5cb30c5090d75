"""The folders and archives that learning systems export, and what their names tell about files."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from stat import S_ISLNK
from typing import NamedTuple

from cnncalc.diagnostics import UsageError
from cnncalc.grading.files import read_bytes

MAX_METADATA = 2**28
MAX_TOTAL = 2 * 1024**3
_SYSTEM = frozenset(
    ("thumbs.db", "desktop.ini", "submission_metadata.yml", "timestamp.txt", "__macosx",
     "submission_metadata.json", "results.json", "feedback")
)  # fmt: skip
CANVAS = re.compile(r"([^\W_][\w'-]*?)_(LATE_)?(\d+)_(\d+)_(.+?)(?:-(\d+))?(\.[A-Za-z0-9]+)?")
MOODLE = re.compile(r"(.+?)_(\d+)_assignsubmission_(?:file|onlinetext)_?(.*)")
#: Of Gradescope's metadata: submissions, what is listed of one, and by what a student is named.
_SUBMISSION = re.compile(r"(?m)^([^\s:#-][^:\n]*):[ \t]*$")
_SUBMITTERS = re.compile(r"(?ms)^  :?submitters:\s*\n(.*?)(?=^  :?\w|\Z)")
_CREATED = re.compile(
    r"(?m)^  :?created_at:(?:[^\n\d]*\n\s+utc:)?(?: &\w+)? *['\"]?(\d{4}-[^\n'\"]*)"
)
_IDENTIFIER = re.compile(r"(?m):?(sid|email|name|id): +['\"]?(.*?)['\"]?\s*$")
#: What shows that a folder holds results of an earlier run.
_RESULTS = "results.jsonl"
_WAYS = ("sid", "email", "name", "id")


class TableHead(NamedTuple):
    """How a class table is written, and its columns; `lines` are those down to the header.

    `pair` are the columns of question and answer, if there is a row for each answer.
    """

    delimiter: str
    columns: tuple[str, ...]
    lines: int
    pair: tuple[int, ...]


class FoundFile(NamedTuple):
    """One file as found: where, the words that may name its author, when.

    Of a class `table`, `rows` are the texts of one student's rows and `line` is where they begin;
    it is 0 for a file. Files of one `group` (a folder that a system made for one attempt) belong
    together. `shown` is how the place is called if not by its path; `linked` if it is a link among
    submissions, which is never followed.
    """

    path: str
    words: tuple[str, ...]
    time: str = ""
    late: bool = False
    group: str = ""
    sure: bool = True
    line: int = 0
    rows: tuple[str, ...] = ()
    table: TableHead | None = None
    shown: str = ""
    linked: bool = False


def shown_name(name: str) -> str:
    """Return the name of a file as a text; bytes that are no UTF-8 are written as `\\xe9`."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def find_files(path: str) -> Iterator[FoundFile]:
    """Yield the submissions of a file or a folder, in the order of their names.

    The layout is recognised by what the folder holds: `submission_metadata.yml` (Gradescope),
    `submitted/` (nbgrader), the names of Moodle's and Canvas's downloads; otherwise a file or a
    folder is a student. Raises UsageError for a folder that is closed, or of results.
    """
    if not os.path.isdir(path):
        yield _Names([]).file(path, os.path.basename(path))
        return
    try:
        names = sorted(os.listdir(path))
        if _RESULTS in names:
            help = "give the folder of the submissions, or see `cnncalc regrade`"
            raise UsageError(f"`{path}` holds results of `cnncalc grade`, not submissions", help)
        if "submitted" in names and os.path.isdir(os.path.join(path, "submitted")):
            path = os.path.join(path, "submitted")
            names = sorted(os.listdir(path))
    except OSError as error:
        raise UsageError(f"cannot read the folder `{path}`: {error.strerror}") from None
    own = _Names(list(filter(_wanted, names)))
    if "submission_metadata.yml" in names:
        yield from _gradescope(path, own.names)
        return
    for name in own.names:
        yield from own.entry(os.path.join(path, name), name)


def _wanted(name: str) -> bool:
    return name[0] not in ".~" and name.lower() not in _SYSTEM and not name.endswith("~")


def _files(path: str, words: tuple[str, ...], group: str, time: str = "") -> Iterator[FoundFile]:
    """Yield what is below a path as files of one student; nbgrader stamps folders with a time."""
    for inner in walk_files(path):
        folder = os.path.dirname(inner)
        stamp = _text_of(os.path.join(folder, "timestamp.txt"), 200).strip()
        own, linked = folder if stamp else group, os.path.islink(inner)
        yield FoundFile(inner, words, time or stamp, group=own, linked=linked)


def _text_of(path: str, most: int) -> str:
    try:
        data = b"" if os.path.islink(path) else read_bytes(path, most)
    except OSError:
        return ""
    return data.decode("utf-8-sig", "replace").replace("\r", "")


def walk_files(path: str) -> Iterator[str]:
    """Yield all files below a folder; one that is closed, or a link, is yielded itself."""
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
    """The names in one folder, seen beside one another; of Canvas's the latest come first, whose
    answers count where another download lies beside it."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = sorted(names, key=_canvas_number, reverse=True)
        owners = {match.groups()[:2] for match in map(MOODLE.fullmatch, names) if match}
        self._bearers = Counter(name for name, _ in owners)

    def file(self, path: str, name: str) -> FoundFile:
        if canvas := CANVAS.fullmatch(name):
            student, user = canvas[1], canvas[3]
            return FoundFile(path, (user, student), "", bool(canvas[2]), f"canvas/{user}")
        stem = os.path.splitext(shown_name(name))[0]
        if moodle := self._moodle(stem):
            return FoundFile(path, moodle[0], group=moodle[1])
        words = (stem, stem.split("_")[0], stem.split(" - ")[0])
        return FoundFile(path, tuple(dict.fromkeys(words)), sure=False)

    def entry(self, path: str, name: str) -> Iterator[FoundFile]:
        if os.path.islink(path) or not os.path.isdir(path):
            yield self.file(path, name)._replace(linked=os.path.islink(path))
        elif not os.path.isfile(os.path.join(path, _RESULTS)):
            name = shown_name(name)
            words = tuple(dict.fromkeys((name, name.split("_")[0])))
            yield from _files(path, *(self._moodle(name) or (words, path)))

    def _moodle(self, stem: str) -> tuple[tuple[str, ...], str] | None:
        """Return by what a Moodle download calls a student, and the group; None if it is none."""
        match = MOODLE.fullmatch(stem)
        if match is None:
            return None
        name = f"{match[1]} ({match[2]})" if self._bearers[match[1]] > 1 else match[1]
        return (name, f"Participant {match[2]}"), f"moodle/{match[2]}"


def _canvas_number(name: str) -> int:
    canvas = CANVAS.fullmatch(name)
    return int(canvas[4]) if canvas else 0


def _gradescope(path: str, names: Iterable[str]) -> Iterator[FoundFile]:
    """Yield the files of Gradescope's export; its metadata holds tags that no YAML reader takes."""
    _, *parts = _SUBMISSION.split(
        _text_of(os.path.join(path, "submission_metadata.yml"), MAX_METADATA)
    )
    known = dict(zip(parts[::2], parts[1::2], strict=True))
    for name in names:
        latest = re.split(r"(?m)^  :?history:", known.get(name, ""))[0]
        listed, created = _SUBMITTERS.search(latest), _CREATED.search(latest)
        people = re.split(r"(?m)^ *- ", listed[1])[1:] if listed else []
        ways = (dict(_IDENTIFIER.findall(person)) for person in people)
        students = [tuple(filter(None, map(own.get, _WAYS))) for own in ways]
        for words in list(filter(None, students)) or [(name,)]:
            place, time = os.path.join(path, name), created[1].strip() if created else ""
            yield from _files(place, words, f"gradescope/{name}", time)


@contextmanager
def unpacked(paths: Iterable[str]) -> Iterator[dict[str, str]]:
    """Yield where submissions are, each with the name it is shown by; archives are unpacked.

    Raises UsageError for an archive that cannot be read or is too large.
    """
    found: dict[str, str] = {}
    with ExitStack() as stack:
        for path in paths:
            if path.lower().endswith(".zip") and os.path.isfile(path):
                from tempfile import TemporaryDirectory

                folder, inner = _unpack(path, stack.enter_context(TemporaryDirectory()))
                found[folder] = os.path.join(path, inner) if inner else path
            else:
                found[path] = path
        yield found


def _unpack(path: str, folder: str) -> tuple[str, str]:
    """Unpack an archive; returns the folder of the submissions, and its name in the archive."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(path) as archive:
            members = [one for one in archive.infolist() if ".." not in one.filename.split("/")]
            if sum(one.file_size for one in members) > MAX_TOTAL:
                raise UsageError(f"`{path}` holds too much", "unpack it, and give the folder")
            archive.extractall(folder, members)
            for link in [one for one in members if S_ISLNK(one.external_attr >> 16)]:
                place = archive.extract(link, folder)  # a file that holds where the link leads
                os.remove(place)
                os.symlink("not followed", place)
    except (BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise UsageError(f"cannot read the archive `{path}`: {error}") from None
    inner, *others = os.listdir(folder) or [""]
    below = os.path.join(folder, inner)
    held = os.listdir(below) if os.path.isdir(below) else []
    # A folder that was packed whole, unless it is one student's.
    packed = not others and (len(held) > 1 or "submitted" in held)
    return (below, inner) if packed and not MOODLE.fullmatch(inner) else (folder, "")
