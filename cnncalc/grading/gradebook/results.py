"""Results of one student for autograders: Gradescope, PrairieLearn, GitHub Classroom."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from cnncalc.grading.feedback import Pages
from cnncalc.grading.gradebook.book import Book
from cnncalc.grading.gradebook.cells import points
from cnncalc.grading.model import Question
from cnncalc.grading.scoring import Score
from cnncalc.grading.student_results import StudentResult

MAX_BYTES = 1_000_000
#: More than any character takes in JSON.
_CHARACTER = 8


def number(value: Fraction) -> int | float:
    """Return points as JSON has them: the number that all tables print."""
    return value.numerator if value.denominator == 1 else float(points(value))


def _full(question: Question, earned: Fraction, outcome: StudentResult) -> bool:
    """Tell whether a question is solved; one without points is if all of it is right."""
    if question.points:
        return earned >= question.points
    own = {item.id for item in question.items}
    marks = [mark for mark in outcome.marks if mark.item in own]
    return bool(marks) and all(mark.credit == 1 for mark in marks)


def single(name: str, book: Book, outcome: StudentResult, score: Score, pages: Pages) -> str:
    """Return the text of an output with a file per student; an error costs the remarks at most."""
    try:
        return MAKERS[name](book, outcome, score, pages)
    except Exception as error:  # the points are known, and must reach the student
        trouble = f"No remarks: internal error ({type(error).__name__}: {error}), please report it."
        return MAKERS[name](book, outcome, score, Pages("score", pages.markup.name, trouble))


def gradescope(book: Book, outcome: StudentResult, score: Score, pages: Pages) -> str:
    """Return Gradescope's `results.json`; its `score`, not the sum of the tests, is what counts."""
    # Values are shown only when nobody can hand in any more.
    usual = "after_due_date" if book.level == "full" else "visible"
    tests = [
        {
            "name": question.id,
            "score": number(earned),
            "max_score": number(question.points),
            "status": "passed" if _full(question, earned, outcome) else "failed",
            "output": text,
            "output_format": "md",
            "visibility": question.visibility or usual,
        }
        for question, earned, text in pages.questions(book, outcome, score)
    ]
    return _json({
        "score": number(score.total),
        "output": pages.summary(book, outcome, score),
        "output_format": "md",
        "tests": tests,
        "extra_data": {"status": outcome.status, "late_days": outcome.days},
    })  # fmt: skip


def gradescope_failure(most: Fraction, message: str) -> str:
    """Return a valid `results.json` for a run that failed: no points, and what to do."""
    text = f"The submission could not be graded: {message}"
    test = {
        "name": "grading", "score": 0, "max_score": number(most), "status": "failed",
        "output": text, "output_format": "text", "visibility": "visible",
    }  # fmt: skip
    return _json({"score": 0, "output": text, "output_format": "text", "tests": [test]})


def prairielearn(book: Book, outcome: StudentResult, score: Score, pages: Pages) -> str:
    """Return PrairieLearn's `results.json`; what could not be read costs no attempt."""
    summary = pages.summary(book, outcome, score).strip()
    if not outcome.marks and not score.notes:
        return _json({"gradable": False, "format_errors": [summary], "message": summary})
    most = book.assignment.points
    tests = [
        {
            "name": question.id,
            "description": question.text[:300],
            "points": number(earned),
            "max_points": number(question.points),
            "message": text,
        }
        for question, earned, text in pages.questions(book, outcome, score)
    ]
    if score.penalty:
        own = {"description": "Late penalty", "points": number(-score.penalty), "max_points": 0}
        tests.append(_late(score) | own)
    share = float(min(Fraction(1), score.total / most)) if most else 0.0
    result = {"gradable": True, "score": share, "message": summary, "tests": tests}
    text = _json(result)
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        for test in tests:
            room = MAX_BYTES // _CHARACTER // len(tests) - len(str(test["description"]))
            test["message"] = str(test["message"])[: max(0, room)] + "…"
        text = _json(result)
    return text


def github(book: Book, outcome: StudentResult, score: Score, pages: Pages) -> str:
    """Return GitHub Classroom's result: base64 of a JSON object, whose scores are added up."""
    tests: list[dict[str, Any]] = []
    marked = bool(outcome.marks or score.notes)
    summary = pages.summary(book, outcome, score)
    for question, earned, text in pages.questions(book, outcome, score):
        status = "pass" if _full(question, earned, outcome) else "fail"
        tests.append({
            "name": question.id,
            "status": status if marked else "error",
            "score": number(earned),
            "message": text if marked else summary,
            "test_code": question.text[:300],
            "filename": outcome.rows[0].file if outcome.rows else "",
            "line_no": 0,
        })  # fmt: skip
    if score.penalty:
        own = {"status": "fail", "score": number(-score.penalty)}
        tests.append(_late(score) | own | {"test_code": "", "filename": "", "line_no": 0})
    return _encoded(number(book.assignment.points), tests)


def _late(score: Score) -> dict[str, Any]:
    """Return the test that takes the late penalty off where tests are added up."""
    return {"name": "late", "message": f"{points(score.penalty)} points were taken off."}


def _encoded(most: int | float, tests: Sequence[dict[str, Any]]) -> str:
    states = {test["status"] for test in tests}
    status = "error" if "error" in states else "fail" if "fail" in states else "pass"
    result = {"version": 1, "status": status, "max_score": most, "tests": list(tests)}
    return base64.b64encode(_json(result).encode("utf-8", "replace")).decode() + "\n"


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _page(book: Book, outcome: StudentResult, score: Score, pages: Pages) -> str:
    return pages.page(book, outcome, score)


MAKERS = {
    "feedback": _page, "returns": _page, "gradescope": gradescope, "prairielearn": prairielearn,
    "github": github,
}  # fmt: skip
