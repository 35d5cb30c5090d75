"""One file -> raw answers: the format from its name and its first character."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable

from cnncalc.grading.compare import judge
from cnncalc.grading.model import Assignment, Item
from cnncalc.grading.submissions.decode import Unreadable, decode
from cnncalc.grading.submissions.formats import read_csv, read_json
from cnncalc.grading.submissions.ids import Ids
from cnncalc.grading.submissions.raw import Raw
from cnncalc.grading.submissions.scan import scan
from cnncalc.grading.submissions.tables import place

TEXT_SUFFIXES = (
    ".txt", ".md", ".markdown", ".yaml", ".yml", ".json", ".csv", ".tsv", ".text", ".html", "",
)  # fmt: skip


_BREAK = re.compile(r"<(?:br|/p|/div|/li|/tr|/h\d)\b[^<>]*>", re.IGNORECASE)
_LAYERS = re.compile(r"^layers[ \t]*:", re.MULTILINE)
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")


class Reader:
    """Reads submissions to one assignment."""

    def __init__(self, assignment: Assignment) -> None:
        self.ids = Ids(assignment)
        self.questions = {question.id: question for question in assignment.questions}

    def read(self, data: bytes, name: str) -> Raw:
        """Return the raw answers of a file; raises Unreadable if there is nothing to be read."""
        text = decode(data)
        raw = self.text(text, name)
        if not raw.answers and not raw.tables and not self._network(raw, text):
            raise Unreadable("no answer to any question was found in it")
        return self.placed(raw)

    def _network(self, raw: Raw, text: str) -> bool:
        """Take a file that is a network itself as the answer to the only question for one."""
        if len(self.ids.long) != 1 or not _LAYERS.search(text):
            return False
        raw.answers[next(iter(self.ids.long))] = text
        return True

    def text(self, text: str, name: str) -> Raw:
        """Return the raw answers of a text, tables not yet placed."""
        suffix = os.path.splitext(name)[1].lower()
        first = text.lstrip()[:1]
        if suffix == ".json" or (first in "{[" and suffix in (".txt", "", ".yaml", ".yml")):
            raw = read_json(text, self.ids)
            return raw if raw.answers or raw.tables else scan(text, self.ids, True)
        if suffix in (".csv", ".tsv"):
            return read_csv(text, self.ids)
        if suffix in (".html", ".htm"):
            text = html.unescape(_TAG.sub("", _BREAK.sub("\n", text)))
        return scan(text, self.ids, suffix in (".yaml", ".yml"))

    def placed(self, raw: Raw) -> Raw:
        """Return `raw` with the rows of its tables turned into answers to cells."""
        for name, rows in raw.tables.items():
            agrees: Callable[[Item, str], bool] = _agrees
            for item, text in place(rows, self.questions[name], agrees).items():
                raw.answers.setdefault(item, text)
        raw.tables = {}
        return raw


def _agrees(item: Item, text: str) -> bool:
    return judge(item, text).verdict in ("accept", "accept_note")
