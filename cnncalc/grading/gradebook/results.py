"""Results of one student for autograders: Gradescope, PrairieLearn, GitHub Classroom."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from cnncalc.grading.feedback import Pages, summary_text
from cnncalc.grading.gradebook.book import Book
from cnncalc.grading.model import Question
from cnncalc.grading.outcome import Outcome
from cnncalc.grading.scoring import Score

MAX_BYTES = 1_000_000


def number(value: Fraction) -> int | float:
    """Return points as JSON has them."""
    return value.numerator if value.denominator == 1 else round(float(value), 4)


def _questions(
    book: Book, outcome: Outcome, score: Score, pages: Pages
) -> list[tuple[Question, Fraction, str]]:
    """Return every question with the points earned and the feedback on it."""
    result = []
    position = 0
    for question, earned in zip(book.assignment.questions, score.questions, strict=True):
        marks = outcome.marks[position : position + len(question.items)]
        position += len(question.items)
        text = pages.question(question, marks, score) if marks and pages.level != "score" else ""
        result.append((question, earned, text))
    return result


def gradescope(book: Book, outcome: Outcome, score: Score, pages: Pages) -> str:
    """Return Gradescope's `results.json`."""
    tests = [
        {
            "name": question.id,
            "score": number(earned),
            "max_score": number(question.points),
            "status": "passed" if earned >= question.points else "failed",
            "output": text,
            "output_format": "md",
            "visibility": "visible",
        }
        for question, earned, text in _questions(book, outcome, score, pages)
    ]
    return _json({
        "score": number(score.total),
        "output": summary_text(book, outcome, score),
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


def prairielearn(book: Book, outcome: Outcome, score: Score, pages: Pages) -> str:
    """Return PrairieLearn's `results.json`; what could not be read costs no attempt."""
    if not outcome.marks:
        reasons = [row.detail for row in outcome.rows if row.detail] or [outcome.status]
        return _json({"gradable": False, "format_errors": reasons, "message": reasons[0]})
    most = book.assignment.points
    tests = [
        {
            "name": question.id,
            "description": question.text[:300],
            "points": number(earned),
            "max_points": number(question.points),
            "message": text,
        }
        for question, earned, text in _questions(book, outcome, score, pages)
    ]
    share = float(min(Fraction(1), score.total / most)) if most else 0.0
    result = {
        "gradable": True,
        "score": round(share, 6),
        "message": summary_text(book, outcome, score),
        "tests": tests,
    }
    text = _json(result)
    if len(text.encode()) > MAX_BYTES:
        for test in tests:
            test["message"] = str(test["message"])[:500]
        text = _json(result)
    return text


def github(book: Book, outcome: Outcome, score: Score, pages: Pages) -> str:
    """Return GitHub Classroom's result: base64 of a JSON object."""
    tests: list[dict[str, Any]] = []
    for question, earned, text in _questions(book, outcome, score, pages):
        status = "pass" if earned >= question.points else "fail"
        tests.append({
            "name": question.id,
            "status": status if outcome.marks else "error",
            "score": number(earned),
            "message": text,
            "test_code": question.text[:300],
            "filename": outcome.rows[0].file if outcome.rows else "",
            "line_no": 0,
        })  # fmt: skip
    return _encoded(number(book.assignment.points), tests)


def _encoded(most: int | float, tests: Sequence[dict[str, Any]]) -> str:
    states = {test["status"] for test in tests}
    status = "error" if "error" in states else "fail" if "fail" in states else "pass"
    result = {"version": 1, "status": status, "max_score": most, "tests": list(tests)}
    return base64.b64encode(_json(result).encode()).decode() + "\n"


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
