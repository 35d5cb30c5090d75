"""An export as a learning system gives it: a `.zip` archive, unpacked while a run lasts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cnncalc.diagnostics import UsageError
from cnncalc.grading.submissions.decode import MAX_BYTES
from cnncalc.grading.submissions.layouts import MOODLE

if TYPE_CHECKING:
    from zipfile import ZipFile

MAX_MEMBERS = 100_000
MAX_TOTAL = 2 * 1024**3


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
