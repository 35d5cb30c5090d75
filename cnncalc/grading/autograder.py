"""A ready Gradescope autograder: the folder to upload, and what runs on Gradescope's machine."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from cnncalc.diagnostics import Source, UsageError
from cnncalc.grading.feedback import Pages
from cnncalc.grading.files import NewFiles
from cnncalc.grading.grader import Grader
from cnncalc.grading.points import Book
from cnncalc.grading.result_files import gradescope, gradescope_failure
from cnncalc.grading.submissions.layouts import FoundFile, walk_files
from cnncalc.grading.submissions.roster import Person, StudentFiles, roster_of
from cnncalc.grading.work import Manifest, Work
from cnncalc.language.library import folder as shipped_specs

_SETUP = """#!/usr/bin/env bash
# Runs once, while Gradescope builds the machine; fails there and not before students.
set -e
{ apt-get update && apt-get install -y python3 python3-pip; } || true
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
  echo 'Python 3.10 or later is needed: choose Ubuntu 22.04 or later as the base image.' >&2
  exit 1
}
PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install REQUIRED
cd "$(dirname "$0")"
python3 -m cnncalc.grading.autograder --check .
"""
_RUN = """#!/usr/bin/env bash
# Whatever happens, Gradescope finds a valid results.json.
root=${1:-/autograder}
mkdir -p "$root/results"
cp "$root/source/failure.json" "$root/results/results.json"
cd "$root/source"
timeout 300 python3 -m cnncalc.grading.autograder "$root"
exit 0
"""
_EPOCH = (2020, 1, 1, 0, 0, 0)


def make_zip(work: Work, level: str) -> bytes:
    """Return the archive that Gradescope asks for; equal assignments give equal bytes."""
    assignment = work.assignment
    # NumPy only where networks that are handed in are run.
    runs = any(item.truth.executes for item in assignment.items)
    needs = "'pyyaml>=6' 'numpy>=1.24'" if runs else "'pyyaml>=6'"
    settings = {"level": level, "options": work.options, "specs": assignment.specs}
    failure = gradescope_failure(assignment.points, "the grading stopped")
    files = {
        "setup.sh": _SETUP.replace("REQUIRED", needs).encode(),
        "run_autograder": _RUN.encode(),
        "failure.json": failure.encode(),
        "assignment.yaml": work.text.encode(),  # or the manifest of a quiz
        "settings.json": json.dumps(settings).encode(),
    }
    package, shipped = Path(__file__).parent.parent, Path(shipped_specs())
    for folder, place, kind in (package, "", "*.py"), (shipped, "architectures", "*.yaml"):
        for path in sorted(folder.rglob(kind)):
            name = Path("cnncalc", place, path.relative_to(folder)).as_posix()
            files[name] = path.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            mode = 0o755 if name in ("setup.sh", "run_autograder") else 0o644
            info.external_attr = (0o100000 | mode) << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def run(root: str) -> str:
    """Grade `root/submission` and return `results.json`; a failure becomes a valid one too."""
    most = Fraction(0)
    try:
        level, work = _opened(os.path.join(root, "source"))
        most = work.assignment.points
        return _graded(root, work, level)
    except UsageError as error:
        reason = error.message
    except Exception as error:  # the student must get a valid result, whatever went wrong
        reason = f"{type(error).__name__}: {error}".rstrip(": .")
    return gradescope_failure(most, reason)


def _opened(source: str) -> tuple[str, Work]:
    """Return the level of feedback, and what is marked against."""
    settings = json.loads(Path(source, "settings.json").read_text(encoding="utf-8"))
    text = Path(source, "assignment.yaml").read_text(encoding="utf-8")
    work = Work(Source("assignment.yaml", text), source, settings["specs"], settings["options"])
    return settings["level"], work


def _graded(root: str, work: Work, level: str) -> str:
    try:
        with open(os.path.join(root, "submission_metadata.json"), encoding="utf-8") as file:
            metadata = json.load(file)
    except (OSError, ValueError):
        metadata = {}
    user: dict[str, Any] = next(iter(metadata.get("users") or ()), {})
    email = str(user.get("email") or "")
    assignment = work.assignment
    if work.manifest is not None:
        assignment = work.variant(_variant(work.manifest, email, user))
    # A student's own date, which may be later than the others', comes first.
    dates = [(place.get("assignment") or {}).get("due_date") for place in (user, metadata)]
    if due := next(filter(None, dates), None):
        assignment = replace(assignment, deadline=due)
    time = metadata.get("created_at") or ""
    person = Person(email or str(user.get("id") or "student"))
    found = tuple(
        FoundFile(path, (person.key,), time, group="submission", linked=os.path.islink(path))
        for path in walk_files(os.path.join(root, "submission"))
    )
    result = Grader(assignment).outcome(StudentFiles(person, found, True))
    return gradescope(Book(assignment, {}).account(result), Pages(level, "md"))


def _variant(manifest: Manifest, email: str, user: Mapping[str, Any]) -> str:
    """Return by which name a quiz knows a user of Gradescope; never another one's variant."""
    words = [email, email.partition("@")[0]]
    words += [str(user[key]) for key in ("sid", "id", "name") if user.get(key)]
    roster = roster_of(Person(key) for key in manifest.draws)
    position = roster.find(filter(None, words))
    if position is None:
        raise UsageError(f"there is no variant for {email or 'an unknown student'} in this quiz")
    return roster.people[position].key


def main(arguments: Sequence[str]) -> None:
    """Write the results of the submission in a folder; or `--check FOLDER` with the assignment."""
    *check, root = arguments or ["/autograder"]
    if root.startswith("-") or check not in ([], ["--check"]):
        sys.exit("usage: python3 -m cnncalc.grading.autograder [--check] FOLDER")
    if check:
        _, work = _opened(root)
        print(f"{work.assignment.title}: ready, {len(work.assignment.questions)} questions")
        return
    with NewFiles(os.path.join(root, "results")) as new:
        new.write("results.json", run(root))


if __name__ == "__main__":
    main(sys.argv[1:])
