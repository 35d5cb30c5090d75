"""The pages on grading name all that an assignment may hold and `grade` may be asked."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from cnncalc.diagnostics import Source
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.class_run import NAMES
from cnncalc.grading.conventions import RUBRIC, Conventions
from cnncalc.grading.feedback import LEVELS
from cnncalc.grading.marking.marker import Marker
from cnncalc.grading.marking.slips import SLIPS
from cnncalc.grading.question_types import QUESTION_TYPES
from cnncalc.grading.question_types.question import QuestionType
from cnncalc.grading.quiz.template import Template
from cnncalc.grading.results import STATUSES
from cnncalc.grading.yaml_keys import KnownKey, table_of

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
PAGES = [*sorted(HOWTO.glob("grading*.md")), HOWTO / "question-kind.md"]
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
        ("Conventions", set(table_of(Conventions))),
        ("Credit", set(RUBRIC) - {"misconceptions"}),
        ("Outputs", (*NAMES, *(level for level in LEVELS if level != "score"))),
        ("Submissions", STATUSES),
    ],
)
def test_every_word_is_described(section: str, names: set[str]) -> None:
    assert set(names) - words(section) == set()


@pytest.mark.parametrize(
    ("kind", "question", "right", "wrong"),
    [
        ("yes_no", "text: Does a pool learn?, answer: no", "No.", "yes"),
        (
            "lost",
            "spec: {input: 1x12x12, layers: [max_pool: {kernel_size: 3, stride: 2}]}",
            "1",
            "0",
        ),
    ],
)
def test_the_kinds_that_the_page_adds_can_be_asked(
    kind: str, question: str, right: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [code] = re.findall(rf"```python kind={kind}\n(.*?)```", TEXT, re.DOTALL)
    names: dict[str, object] = {"__name__": __name__}
    exec(code, names)
    added = names[kind.upper()]
    assert isinstance(added, QuestionType)
    added = replace(added, own={"key_of_its_own": KnownKey("what no other kind has")})
    monkeypatch.setitem(QUESTION_TYPES, kind, added)
    text = f"questions: [{{id: q, kind: {kind}, key_of_its_own: 3, {question}}}]"
    marker = Marker(read_assignment_text(Source("hw.yaml", text)))
    assert len(Template(Source("hw.yaml", text)).drawables) == 1
    assert [marker.mark({"q": answer})[0].credit for answer in (right, wrong)] == [1, 0]
    assert marker.items[0].right_answer.lower() == right.lower().rstrip(".")
