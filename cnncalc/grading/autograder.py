"""A ready Gradescope autograder: the folder to upload, and what runs on Gradescope's machine."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from fractions import Fraction
from typing import Any

from cnncalc.diagnostics import Source, SpecError, UsageError
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.feedback import Pages
from cnncalc.grading.files import write_whole
from cnncalc.grading.gradebook.book import open_book
from cnncalc.grading.gradebook.results import gradescope, gradescope_failure
from cnncalc.grading.model import Assignment
from cnncalc.grading.outcome import Grader
from cnncalc.grading.submissions.collect import Unit
from cnncalc.grading.submissions.layouts import Found, walk_files
from cnncalc.grading.submissions.roster import Person
from cnncalc.grading.worker import changed
from cnncalc.spec.library import folder as shipped_specs

_SETUP = """#!/usr/bin/env bash
set -e
apt-get install -y python3 python3-pip || true
python3 -m pip install --break-system-packages 'click>=8.1' 'rich>=13' 'pyyaml>=6' 'numpy>=1.24' \\
  || python3 -m pip install 'click>=8.1' 'rich>=13' 'pyyaml>=6' 'numpy>=1.24'
"""
_RUN = """#!/usr/bin/env bash
# Whatever happens, Gradescope finds a valid results.json.
mkdir -p /autograder/results
cd /autograder/source
cp failure.json /autograder/results/results.json
PYTHONPATH=/autograder/source python3 -m cnncalc.grading.autograder /autograder
exit 0
"""
_EPOCH = (2020, 1, 1, 0, 0, 0)


def make_zip(assignment: Assignment, level: str = "hint") -> bytes:
    """Return the archive that Gradescope asks for; equal assignments give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, "setup.sh", _SETUP.encode(), 0o755)
        _put(archive, "run_autograder", _RUN.encode(), 0o755)
        failure = gradescope_failure(assignment.points, "the grading stopped. Tell the staff.")
        _put(archive, "failure.json", failure.encode())
        _put(archive, "assignment.yaml", assignment.source.text.encode())
        _put(archive, "level.txt", level.encode())
        # By number: a name may hold folders, or lead out of the archive.
        for number, text in enumerate(assignment.specs.values()):
            _put(archive, f"specs/{number}.yaml", text.encode())
        _put(archive, "specs.json", json.dumps(list(assignment.specs)).encode())
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        for name, path in _sources(package, "cnncalc", (".py",)):
            _put_file(archive, name, path)
        for name, path in _sources(shipped_specs(), "cnncalc/architectures", (".yaml",)):
            _put_file(archive, name, path)
    return buffer.getvalue()


def _sources(folder: str, prefix: str, suffixes: tuple[str, ...]) -> list[tuple[str, str]]:
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name not in ("__pycache__", "architectures")
        )
        inner = os.path.relpath(place, folder)
        for name in sorted(names):
            if name.endswith(suffixes):
                parts = [prefix] + ([] if inner == "." else inner.split(os.sep)) + [name]
                found.append(("/".join(parts), os.path.join(place, name)))
    return found


def _put(archive: zipfile.ZipFile, name: str, data: bytes, mode: int = 0o644) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.external_attr = (0o100000 | mode) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, data)


def _put_file(archive: zipfile.ZipFile, name: str, path: str) -> None:
    with open(path, "rb") as file:
        _put(archive, name, file.read())


def run(root: str) -> str:
    """Grade `root/submission` and return `results.json`; a failure becomes a valid one too."""
    source = os.path.join(root, "source")
    try:
        assignment = _assignment(source)
    except (OSError, SpecError, UsageError, ValueError) as error:
        return gradescope_failure(Fraction(1), f"the assignment cannot be read ({error})")
    try:
        return _graded(root, source, assignment)
    except Exception as error:  # the student must get a valid result, whatever went wrong
        return gradescope_failure(assignment.points, f"{type(error).__name__}: {error}")


def _assignment(source: str) -> Assignment:
    with open(os.path.join(source, "assignment.yaml"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(source, "specs.json"), encoding="utf-8") as file:
        names = json.load(file)
    specs = {}
    for number, name in enumerate(names):
        with open(os.path.join(source, "specs", f"{number}.yaml"), encoding="utf-8") as file:
            specs[name] = file.read()
    return read_assignment_text(Source("assignment.yaml", text), source, specs)


def _graded(root: str, source: str, assignment: Assignment) -> str:
    metadata = _metadata(os.path.join(root, "submission_metadata.json"))
    due = (metadata.get("assignment") or {}).get("due_date")
    if due and not assignment.deadline:
        assignment = changed(assignment, (("deadline", str(due)),))
    time = str(metadata.get("created_at") or "")
    users = metadata.get("users") or [{}]
    person = Person(str(users[0].get("email") or users[0].get("id") or "student"))
    found = tuple(
        Found(path, (person.key,), time, group="submission")
        for path in walk_files(os.path.join(root, "submission"))
    )
    outcome = Grader(assignment).outcome(Unit(person, found, True))
    with open(os.path.join(source, "level.txt"), encoding="utf-8") as file:
        level = file.read().strip()
    book = open_book(assignment, {}, "", level)
    return gradescope(book, outcome, book.scorer.score(outcome), Pages(level, "md"))


def _metadata(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def main(root: str) -> None:
    """Write the results of the submission that lies in `root`."""
    os.makedirs(os.path.join(root, "results"), exist_ok=True)
    write_whole(os.path.join(root, "results", "results.json"), run(root))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "/autograder")
