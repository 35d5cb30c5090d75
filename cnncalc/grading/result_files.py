"""A file per student: feedback pages, and results for Gradescope, PrairieLearn and GitHub."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from cnncalc.grading.feedback import Pages
from cnncalc.grading.model import Question, show_points
from cnncalc.grading.scoring import Book, Score
from cnncalc.grading.student_results import StudentResult
from cnncalc.grading.submissions.layouts import CANVAS, MOODLE

MAX_BYTES = 1_000_000
#: More than any character takes in JSON.
_CHARACTER = 8
_UNSAFE = re.compile(r"[^A-Za-z0-9@._-]+")
#: Names that Windows keeps for devices, whatever stands behind a point.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
Maker = Callable[[Book, StudentResult, Score, Pages], str]


def safe_name(key: str) -> str:
    """Return a file name for a student; two different keys never share one."""
    name = _UNSAFE.sub("_", key).strip(".")[:80]
    if name == key and name.lower() == name and not _DEVICES.match(name):
        return name
    import hashlib  # not cheap to import, and seldom needed

    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return f"{name or 'student'}-{digest}"


def returned_name(result: StudentResult) -> str:
    """Return how feedback is called so that Canvas or Moodle takes it back; '' for other files.

    Both know a student by the name that their download gave to a file, or to a folder.
    """
    for row in result.rows:
        *folders, file = row.file.split("/")
        stem = os.path.splitext(file)[0]
        if row.status != result.status:
            continue
        if CANVAS.fullmatch(file) or MOODLE.fullmatch(stem):
            return stem
        if own := next(filter(MOODLE.fullmatch, folders), ""):
            return f"{own}/feedback"
    return ""


def result_file(name: str, book: Book, student: StudentResult, score: Score, pages: Pages) -> str:
    """Return the text of an output of `MAKERS`; an error costs the remarks at most."""
    try:
        return MAKERS[name](book, student, score, pages)
    except Exception as error:  # the points are known, and must reach the student
        trouble = f"No remarks: internal error ({type(error).__name__}: {error}), please report it."
        return MAKERS[name](book, student, score, Pages("score", pages.markup.name, trouble))


def page(book: Book, student: StudentResult, score: Score, pages: Pages) -> str:
    """Return a page that a student reads."""
    return pages.page(book, student, score)


def gradescope(book: Book, student: StudentResult, score: Score, pages: Pages) -> str:
    """Return Gradescope's `results.json`; its `score`, not the sum of the tests, is what counts."""
    # Values are shown only when nobody can hand in any more.
    usual = "after_due_date" if book.level == "full" else "visible"
    tests = [
        {
            "name": question.id,
            "score": _number(earned),
            "max_score": _number(question.points),
            "status": "passed" if _solved(question, earned, student) else "failed",
            "output": text,
            "output_format": "md",
            "visibility": question.visibility or usual,
        }
        for question, earned, text in pages.questions(book, student, score)
    ]
    return _json({
        "score": _number(score.total),
        "output": pages.summary(book, student, score),
        "output_format": "md",
        "tests": tests,
        "extra_data": {"status": student.status, "late_days": student.days},
    })  # fmt: skip


def gradescope_failure(most: Fraction, message: str) -> str:
    """Return a valid `results.json` for a run that failed: no points, and what to do."""
    text = f"The submission could not be graded: {message}"
    test = {
        "name": "grading", "score": 0, "max_score": _number(most), "status": "failed",
        "output": text, "output_format": "text", "visibility": "visible",
    }  # fmt: skip
    return _json({"score": 0, "output": text, "output_format": "text", "tests": [test]})


def prairielearn(book: Book, student: StudentResult, score: Score, pages: Pages) -> str:
    """Return PrairieLearn's `results.json`; what could not be read costs no attempt."""
    summary = pages.summary(book, student, score).strip()
    if not student.marks and not score.notes:
        return _json({"gradable": False, "format_errors": [summary], "message": summary})
    tests = [
        {
            "name": question.id,
            "description": question.text[:300],
            "points": _number(earned),
            "max_points": _number(question.points),
            "message": text,
        }
        for question, earned, text in pages.questions(book, student, score)
    ]
    if score.penalty:
        own = {"description": "Late penalty", "points": _number(-score.penalty), "max_points": 0}
        tests.append(_late(score) | own)
    most = book.assignment.points
    share = float(min(Fraction(1), score.total / most)) if most else 0.0
    result = {"gradable": True, "score": share, "message": summary, "tests": tests}
    if len(_json(result).encode("utf-8", "replace")) > MAX_BYTES:
        for test in tests:
            room = MAX_BYTES // _CHARACTER // len(tests) - len(str(test["description"]))
            test["message"] = str(test["message"])[: max(0, room)] + "…"
    return _json(result)


def github(book: Book, student: StudentResult, score: Score, pages: Pages) -> str:
    """Return GitHub Classroom's result: base64 of a JSON object, whose scores are added up."""
    tests: list[dict[str, Any]] = []
    marked = bool(student.marks or score.notes)
    summary = pages.summary(book, student, score)
    for question, earned, text in pages.questions(book, student, score):
        status = "pass" if _solved(question, earned, student) else "fail"
        tests.append({
            "name": question.id,
            "status": status if marked else "error",
            "score": _number(earned),
            "message": text if marked else summary,
            "test_code": question.text[:300],
            "filename": student.rows[0].file if student.rows else "",
            "line_no": 0,
        })  # fmt: skip
    if score.penalty:
        own = {"status": "fail", "score": _number(-score.penalty)}
        tests.append(_late(score) | own | {"test_code": "", "filename": "", "line_no": 0})
    states = {test["status"] for test in tests}
    status = "error" if "error" in states else "fail" if "fail" in states else "pass"
    most = _number(book.assignment.points)
    result = {"version": 1, "status": status, "max_score": most, "tests": tests}
    return base64.b64encode(_json(result).encode("utf-8", "replace")).decode() + "\n"


def _number(value: Fraction) -> int | float:
    """Return points as JSON has them: the number that all tables print."""
    return value.numerator if value.denominator == 1 else float(show_points(value))


def _solved(question: Question, earned: Fraction, student: StudentResult) -> bool:
    """Tell whether a question is solved; one without points is if all of it is right."""
    if question.points:
        return earned >= question.points
    own = {item.id for item in question.items}
    marks = [mark for mark in student.marks if mark.item in own]
    return bool(marks) and all(mark.credit == 1 for mark in marks)


def _late(score: Score) -> dict[str, Any]:
    """Return the test that takes the late penalty off where tests are added up."""
    return {"name": "late", "message": f"{show_points(score.penalty)} points were taken off."}


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


MAKERS: dict[str, Maker] = {
    "feedback": page, "returns": page, "gradescope": gradescope, "prairielearn": prairielearn,
    "github": github,
}  # fmt: skip
