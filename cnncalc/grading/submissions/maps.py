"""Maps of values as programs print them: rows of numbers in brackets, or row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cnncalc.grading.model import Question
from cnncalc.grading.submissions.raw import Raw

#: What says where a number stands, and is no number.
_LABELS = re.compile(r"\b(?:rows?|columns?|col)[ _]*\d+", re.IGNORECASE)
#: What may stand between the numbers of a map.
_BETWEEN = re.compile(r"[\s,;:|\[\](){}\"'=-]*")
_NUMBER = re.compile(r"[-+−]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?:/\d+)?")
_ARRAY = re.compile(r"\b(?:np\.|numpy\.)?array\b")


def read_maps(text: str, questions: Mapping[str, Question]) -> Iterator[tuple[str, list[str]]]:
    """Yield the questions on maps that a text answers number by number, with the numbers.

    Between the name of a question and the next one there must be as many numbers as cells, and
    nothing else.
    """
    names = "|".join(map(re.escape, questions))
    marks = list(
        re.finditer(rf"(?m)(?:^[ \t\"'*#{{-]*|[{{,]\s*[\"'])({names})\b[\"'*]*[ \t]*[:=]", text)
    )
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        question = questions[mark.group(1)]
        if question.numbers is None or len(question.items) == 1:
            continue
        part = _ARRAY.sub("", _LABELS.sub("", text[mark.end() : end]))
        if _BETWEEN.fullmatch(_NUMBER.sub(" ", part)):
            found = _NUMBER.findall(part)
            if len(found) == len(question.items):
                yield question.id, found


def take_maps(raw: Raw, text: str, questions: Mapping[str, Question]) -> None:
    """Put the maps of a text into its raw answers, in place of what else was read of them."""
    if any(question.numbers is not None for question in questions.values()):
        for name, numbers in read_maps(text, questions):
            raw.tables.pop(name, None)
            cells = [item.id for item in questions[name].items]
            raw.answers.update(zip(cells, numbers, strict=True))
