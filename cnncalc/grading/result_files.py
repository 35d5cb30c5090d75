"""A file per student: feedback pages, and results for Gradescope, PrairieLearn and GitHub."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from cnncalc.grading.feedback import Pages
from cnncalc.grading.model import show_points
from cnncalc.grading.points import Account, QuestionPoints
from cnncalc.grading.submissions.layouts import CANVAS, MOODLE

#: Bytes of a result that PrairieLearn takes, and more than any character takes in JSON.
MAX_BYTES = 1_000_000
_CHARACTER = 8
_UNSAFE = re.compile(r"[^A-Za-z0-9@._-]+")
#: Names that Windows keeps for devices, whatever stands behind a point.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


def safe_name(key: str) -> str:
    """Return a file name for a student; two different keys never share one."""
    name = _UNSAFE.sub("_", key).strip(".")[:80]
    if name == key and name.lower() == name and not _DEVICES.match(name):
        return name
    import hashlib  # not cheap to import, and seldom needed

    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return f"{name or 'student'}-{digest}"


def _returned_name(account: Account) -> str:
    """Return how feedback is called so that Canvas or Moodle takes it back; '' for other files.

    Both know a student by the name that their download gave to a file, or to a folder.
    """
    for path, status, _ in account.result.rows:
        *folders, file = path.split("/")
        stem = os.path.splitext(file)[0]
        if status != account.result.status:
            continue
        if CANVAS.fullmatch(file) or MOODLE.fullmatch(stem):
            return stem
        if own := next(filter(MOODLE.fullmatch, folders), ""):
            return f"{own}/feedback"
    return ""


def gradescope(account: Account, pages: Pages) -> str:
    """Return Gradescope's `results.json`; its `score`, not the sum of the tests, is what counts."""
    # Values are shown only when nobody can hand in any more.
    usual = "after_due_date" if pages.level == "full" else "visible"
    tests: list[dict[str, Any]] = [
        {
            "name": one.question.id, "score": _number(one.points),
            "max_score": _number(one.question.points),
            "status": "passed" if _solved(one) else "failed",
            "output": pages.text(one), "output_format": "md",
            "visibility": one.question.visibility or usual,
        }
        for one in account.questions
    ]  # fmt: skip
    return _json({
        "score": _number(account.total), "output": pages.summary(account), "output_format": "md",
        "tests": tests,
        "extra_data": {"status": account.result.status, "late_days": account.result.days},
    })  # fmt: skip


def gradescope_failure(most: Fraction, message: str) -> str:
    """Return a valid `results.json` for a run that failed: no points, and what to do."""
    text = {
        "output": f"The submission could not be graded: {message}. Tell the staff.",
        "output_format": "text",
    }
    test = {
        "name": "grading", "score": 0, "max_score": _number(most), "status": "failed",
        "visibility": "visible",
    }  # fmt: skip
    return _json({"score": 0, **text, "tests": [test | text]})


def _prairielearn(account: Account, pages: Pages) -> str:
    """Return PrairieLearn's `results.json`; what could not be read costs no attempt."""
    summary = pages.summary(account).strip()
    if not account.counted:
        return _json({"gradable": False, "format_errors": [summary], "message": summary})
    tests: list[dict[str, Any]] = [
        {
            "name": one.question.id, "description": one.question.text[:300],
            "points": _number(one.points), "max_points": _number(one.question.points),
            "message": pages.text(one),
        }
        for one in account.questions
    ]  # fmt: skip
    off = {"description": "Late penalty", "points": _number(-account.penalty), "max_points": 0}
    tests += _late(account, off)
    most = account.assignment.points
    share = float(min(Fraction(1), account.total / most)) if most else 0.0
    result = {"gradable": True, "score": share, "message": summary, "tests": tests}
    if len(_json(result).encode("utf-8", "replace")) > MAX_BYTES:
        for test in tests:
            room = MAX_BYTES // _CHARACTER // len(tests) - len(test["description"])
            test["message"] = test["message"][: max(0, room)] + "…"
    return _json(result)


def _github(account: Account, pages: Pages) -> str:
    """Return GitHub Classroom's result: base64 of a JSON object, whose scores are added up."""
    summary = pages.summary(account)
    tests: list[dict[str, Any]] = [
        {
            "name": one.question.id,
            "status": ("pass" if _solved(one) else "fail") if account.counted else "error",
            "score": _number(one.points),
            "message": pages.text(one) if account.counted else summary,
            "test_code": one.question.text[:300],
            "filename": account.result.rows[0].file, "line_no": 0,
        }
        for one in account.questions
    ]  # fmt: skip
    off = {"status": "fail", "score": _number(-account.penalty), "test_code": "", "filename": ""}
    tests += _late(account, off | {"line_no": 0})
    states = {test["status"] for test in tests}
    status = next((state for state in ("error", "fail") if state in states), "pass")
    most = _number(account.assignment.points)
    result = {"version": 1, "status": status, "max_score": most, "tests": tests}
    return base64.b64encode(_json(result).encode("utf-8", "replace")).decode() + "\n"


def _number(value: Fraction) -> int | float:
    """Return points as JSON has them: the number that all tables print."""
    return value.numerator if value.denominator == 1 else float(show_points(value))


def _solved(one: QuestionPoints) -> bool:
    """Tell whether a question is solved; one without points is if all of it is right."""
    if one.question.points:
        return one.points >= one.question.points
    return all(item.mark is not None and item.mark.credit == 1 for item in one.items)


def _late(account: Account, more: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the test that takes the late penalty off where tests are added up."""
    text = f"{show_points(account.penalty)} points were taken off."
    return [{"name": "late", "message": text, **more}] if account.penalty else []


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


class PageKind(NamedTuple):
    """An output with a file per student: its text, and what names the file without its suffix.

    Without a name there is no file; without a markup it is the one of the run.
    """

    text: Callable[[Account, Pages], str]
    markup: str = ""
    suffix: str = ""
    name: Callable[[Account], str] = lambda account: safe_name(account.person.key)

    def file(self, account: Account, pages: Pages) -> str:
        """Return the name of a student's file, '' if there is none."""
        name = self.name(account)
        return name and name + (self.suffix or f".{pages.markup.name}")


PAGES = {
    "feedback": PageKind(lambda account, pages: pages.page(account)),
    "returns": PageKind(lambda account, pages: pages.page(account), name=_returned_name),
    "gradescope": PageKind(gradescope, "md", ".json"),
    "prairielearn": PageKind(_prairielearn, "text", ".json"),
    "github": PageKind(_github, "text", ".b64"),
}
