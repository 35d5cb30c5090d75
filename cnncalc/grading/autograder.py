"""A ready Gradescope autograder: the folder to upload, and what runs on Gradescope's machine."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from cnncalc.diagnostics import Source, UsageError
from cnncalc.grading.feedback import Pages
from cnncalc.grading.files import NewFiles
from cnncalc.grading.grader import Grader
from cnncalc.grading.model import Assignment
from cnncalc.grading.points import Book
from cnncalc.grading.result_files import gradescope, gradescope_failure
from cnncalc.grading.submissions.layouts import FoundFile, walk_files
from cnncalc.grading.submissions.roster import Person, StudentFiles, roster_of
from cnncalc.grading.work import Manifest, Work, changed, work_of
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
_TELL = "Tell the staff."
_EPOCH = (2020, 1, 1, 0, 0, 0)


def make_zip(work: Work, level: str) -> bytes:
    """Return the archive that Gradescope asks for; equal assignments give equal bytes."""
    specs = work.assignment.specs
    settings = {"level": level, "changes": dict(work.changes)}
    failure = gradescope_failure(work.assignment.points, f"the grading stopped. {_TELL}")
    commands = _SETUP.replace("REQUIRED", _packages(work.assignment))
    # The specs by number: a name may hold folders, or lead out of the archive.
    texts = {
        "failure.json": failure,
        "assignment.yaml": work.text,  # or the manifest of a quiz
        "settings.json": json.dumps(settings, default=str),
        **{f"specs/{number}.yaml": text for number, text in enumerate(specs.values())},
        "specs.json": json.dumps(list(specs)),
    }
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, "setup.sh", commands.encode(), 0o755)
        _put(archive, "run_autograder", _RUN.encode(), 0o755)
        for name, text in texts.items():
            _put(archive, name, text.encode())
        for folder, prefix, suffix in (
            (package, "cnncalc", ".py"),
            (shipped_specs(), "cnncalc/architectures", ".yaml"),
        ):
            for path in sorted(Path(folder).rglob(f"*{suffix}")):
                name = path.relative_to(folder).as_posix()
                if not name.startswith("architectures/"):
                    _put(archive, f"{prefix}/{name}", path.read_bytes())
    return buffer.getvalue()


def _packages(assignment: Assignment) -> str:
    """Return what has to be installed; NumPy only where networks handed in are run."""
    runs = any(item.truth.executes for item in assignment.items)
    return "'pyyaml>=6' 'numpy>=1.24'" if runs else "'pyyaml>=6'"


def _put(archive: zipfile.ZipFile, name: str, data: bytes, mode: int = 0o644) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.external_attr = (0o100000 | mode) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, data)


def run(root: str) -> str:
    """Grade `root/submission` and return `results.json`; a failure becomes a valid one too."""
    source = os.path.join(root, "source")
    metadata = _metadata(os.path.join(root, "submission_metadata.json"))
    users = metadata.get("users")
    user = _mapping(users[0]) if isinstance(users, list) and users else {}
    try:
        level, assignment = _assignment(source, user)
    except UsageError as error:
        return gradescope_failure(Fraction(0), f"{error.message}. {_TELL}")
    except Exception as error:  # the student must get a valid result, whatever went wrong
        return gradescope_failure(Fraction(0), f"the assignment cannot be read ({error}). {_TELL}")
    try:
        return _graded(root, assignment, level, metadata, user)
    except Exception as error:  # as above
        reason = f"{type(error).__name__}: {error}".rstrip(": .")
        return gradescope_failure(assignment.points, f"{reason}. {_TELL}")


def _assignment(source: str, user: Mapping[str, Any] | None = None) -> tuple[str, Assignment]:
    """Return the level of feedback and the assignment; of a quiz, the variant of a user."""
    place = Path(source)

    def text(name: str) -> str:
        return (place / name).read_text(encoding="utf-8")

    settings = json.loads(text("settings.json"))
    names = json.loads(text("specs.json"))
    specs = {name: text(f"specs/{number}.yaml") for number, name in enumerate(names)}
    changes = settings["changes"]
    if "late_penalty" in changes:
        changes["late_penalty"] = Fraction(changes["late_penalty"])
    work = work_of(Source("assignment.yaml", text("assignment.yaml")), source, specs, changes)
    if work.manifest is not None and user is not None:
        return settings["level"], work.variant(_variant(work.manifest, user))
    return settings["level"], work.assignment


def _variant(manifest: Manifest, user: Mapping[str, Any]) -> str:
    """Return by which name a quiz knows a user of Gradescope; never another one's variant."""
    email = str(user.get("email") or "")
    words = [email, email.partition("@")[0]]
    words += [str(user[key]) for key in ("sid", "id", "name") if user.get(key)]
    roster = roster_of(Person(key) for key in manifest.draws)
    position = roster.find(filter(None, words))
    if position is None:
        raise UsageError(f"there is no variant for {email or 'an unknown student'} in this quiz")
    return roster.people[position].key


def _graded(
    root: str,
    assignment: Assignment,
    level: str,
    metadata: Mapping[str, Any],
    user: Mapping[str, Any],
) -> str:
    # A student's own date, which may be later than the others', comes first.
    due = _mapping(user.get("assignment")).get("due_date")
    due = due or _mapping(metadata.get("assignment")).get("due_date")
    if due:
        assignment = changed(assignment, {"deadline": str(due)})
    time = str(metadata.get("created_at") or "")
    person = Person(str(user.get("email") or user.get("id") or "student"))
    found = tuple(
        FoundFile(path, (person.key,), time, group="submission", linked=os.path.islink(path))
        for path in walk_files(os.path.join(root, "submission"))
    )
    outcome = Grader(assignment).outcome(StudentFiles(person, found, True))
    return gradescope(Book(assignment, {}).account(outcome), Pages(level, "md"))


def _metadata(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            return _mapping(json.load(file))
    except (OSError, ValueError, RecursionError):
        return {}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def main(arguments: Sequence[str]) -> None:
    """Write the results of the submission in a folder; or `--check FOLDER` with the assignment."""
    if arguments[:1] == ["--check"]:
        _, assignment = _assignment(arguments[1])
        print(f"{assignment.title}: ready, {len(assignment.questions)} questions")
        return
    root = arguments[0] if arguments else "/autograder"
    with NewFiles(os.path.join(root, "results")) as new:
        new.write("results.json", run(root))


if __name__ == "__main__":
    main(sys.argv[1:])
