"""The pages on grading name all that an assignment may hold and `grade` may be asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cnncalc.grading import conventions, rubric
from cnncalc.grading.feedback import LEVELS
from cnncalc.grading.marking.slip_names import SLIPS
from cnncalc.grading.outputs import NAMES
from cnncalc.grading.student_results import STATUSES

PAGES = sorted((Path(__file__).parents[2] / "docs" / "howto").glob("grading*.md"))
TEXT = "".join(page.read_text(encoding="utf-8") for page in PAGES)


def words(section: str) -> set[str]:
    """Return what stands between backticks in a section."""
    text = re.split(rf"^## {section}\n", TEXT, flags=re.MULTILINE)[1]
    text = re.split(r"\n##? ", text)[0]
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))


def test_misconceptions_are_those_that_are_named() -> None:
    assert words("Misconceptions") == set(SLIPS)


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ("Conventions", set(conventions.VALUES)),
        ("Credit", set(rubric.KEYS) - {"misconceptions"}),
        ("Outputs", (*NAMES, *(level for level in LEVELS if level != "score"))),
        ("Submissions", STATUSES),
    ],
)
def test_every_word_is_described(section: str, names: set[str]) -> None:
    assert set(names) - words(section) == set()
