"""One file -> raw answers: the format from its name and its first character."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator

from cnncalc.grading.model import Assignment, Item
from cnncalc.grading.submissions.decode import Unreadable, decode
from cnncalc.grading.submissions.formats import read_csv
from cnncalc.grading.submissions.ids import Ids
from cnncalc.grading.submissions.markup import document_text, html_text, looks_like_html
from cnncalc.grading.submissions.raw import Raw
from cnncalc.grading.submissions.rows import ANSWER_COLUMNS, ID_COLUMNS, bare_table
from cnncalc.grading.submissions.scan import scan
from cnncalc.grading.submissions.structured import code_text, notebook_text, read_json
from cnncalc.grading.submissions.tables import place

#: `- id: q1`, and `answer:` in the next line, stand for the key `q1`.
_PAIRED = re.compile(
    rf"^[ \t]*(?:-[ \t]+)?(?:{'|'.join(ID_COLUMNS)})[ \t]*:[ \t]*([^\n:]{{1,80}}?)[ \t]*\n"
    rf"(?:[ \t]+(?:points|text|type)[ \t]*:[^\n]*\n)?"
    rf"[ \t]+(?:{'|'.join(ANSWER_COLUMNS)})[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_LAYERS = re.compile(r"^layers[ \t]*:", re.MULTILINE)
_QUOTED_KEY = re.compile(r"[\"'”][ \t]*:")
#: A line that goes on with the working above it, and one that must go on.
_GOES_ON = re.compile(r"[=×·][ \t]*[\w(\[{.-]|[*+/][\d(]")
_OPEN_END = re.compile(r"[-+*/×·=,(\[{]$")
#: `q1 = None` is a program's; as a word behind a colon it may be an answer.
_UNSET = re.compile(r"^\s*\w+ *= *None\b", re.MULTILINE)
#: What a template has where an answer belongs.
_PLACEHOLDER = re.compile(
    r".*\bYOUR[ _](?:CODE|ANSWER|SOLUTION)(?:[ _]HERE)?\b.*|.*\bTODO\b.*|NotImplemented\w*"
    r"|[\[(<{]\s*(?:your |my |the )?(?:answer|solution|code)?(?: goes)?(?: here)?\s*[\])>}]"
    r"|(?:your|type|enter|write)( your)? (?:answer|solution|code)(?: here)?\W*",
    re.DOTALL,
)


class SubmissionReader:
    """Reads submissions to one assignment."""

    def __init__(self, assignment: Assignment) -> None:
        self.ids = Ids(assignment)
        self.questions = {question.id: question for question in assignment.questions}
        self.items = {item.id: item for item in assignment.items}

    def read(self, data: bytes, name: str) -> Raw:
        """Return the raw answers of a file; raises Unreadable if there is nothing to be read."""
        document = document_text(data) if data.startswith(b"PK") else None
        if document is None:
            text = decode(data)
            raw = self.text(text, name)
        else:
            text, raw = document, scan(document, self.ids)
        if not raw.answers and not raw.tables and not self._network(raw, text):
            raise Unreadable("no answer to any question was found in it")
        for key in dict.fromkeys(raw.unknown):
            if self.ids.stray(f"{key}:"):
                raw.problems.append(f"`{key}` is no question")
        return self.placed(raw)

    def _network(self, raw: Raw, text: str) -> bool:
        """Take a file that is a network itself as the answer to the only question for one."""
        if len(self.ids.long) != 1 or not _LAYERS.search(text):
            return False
        raw.answers[next(iter(self.ids.long))] = text
        return True

    def text(self, text: str, name: str) -> Raw:
        """Return the raw answers of a text, tables not yet placed.

        The name of the file says how it is read. Where that finds less than is asked, it is read
        in every other way that its signs allow, and what finds most counts.
        """
        best: Raw | None = None
        for read in self._ways(text, os.path.splitext(name)[1].lower()):
            raw = read()
            if best is None or _found(raw) > _found(best):
                best = raw
            if len(best.answers) + len(best.tables) >= len(self.questions):
                break
        return best or Raw()

    def _ways(self, text: str, suffix: str) -> Iterator[Callable[[], Raw]]:
        """Yield the ways to read a text, the likeliest first."""
        first = text.lstrip()[:1]
        json = suffix in (".json", ".ipynb") or first in ("{", "[")
        table = suffix in (".csv", ".tsv")
        yaml = suffix in (".yaml", ".yml")
        if json and '"cells"' in text and (cells := notebook_text(text)) is not None:
            yield lambda: scan(cells, self.ids)
            return
        if suffix in (".html", ".htm") or looks_like_html(text):
            yield lambda: scan(html_text(text), self.ids)
            yield lambda: read_csv(bare_table(html_text(text)), self.ids)
        if json:
            yield lambda: read_json(text, self.ids)
        if table:
            yield lambda: read_csv(text, self.ids)
        if yaml and _PAIRED.search(text):
            yield lambda: scan(_PAIRED.sub(r"\1:", text), self.ids, yaml)
        plain = code_text(text) if suffix in (".py", ".ipynb") or _UNSET.search(text) else text
        yield lambda: scan(plain, self.ids, yaml or suffix == ".json")
        if not json and len(_QUOTED_KEY.findall(text, 0, 20_000)) > 1:
            yield lambda: read_json(text, self.ids)
        if not table:
            yield lambda: read_csv(bare_table(text), self.ids)

    def placed(self, raw: Raw) -> Raw:
        """Return `raw` with the rows of its tables turned into answers to cells."""
        for name, rows in raw.tables.items():
            agrees: Callable[[Item, str], bool] = _agrees
            found = place(rows, self.questions[name], agrees)
            if not found:
                raw.problems.append(f"{name}: none of the table's rows was found in the answer")
            for item, text in found.items():
                raw.answers.setdefault(item, text)
        raw.tables = {}
        for name, further in raw.further.items():
            raw.answers[name] = self._with_further(name, raw.answers[name], further)
        for name, paragraphs in raw.others.items():
            if self._unreadable(name, raw.answers[name]):
                readable = (text for text in paragraphs if not self._unreadable(name, text))
                raw.answers[name] = next(readable, raw.answers[name])
        for name, text in raw.answers.items():
            if name not in self.ids.long and _PLACEHOLDER.fullmatch(text):
                raw.answers[name] = ""
        return raw

    def _with_further(self, name: str, text: str, further: str) -> str:
        """Return an answer with the lines below it, if it needs them to be understood."""
        goes_on = _GOES_ON.match(further) or _OPEN_END.search(text)
        if not goes_on and not self._unreadable(name, text):
            return text
        whole = f"{text} {further}"
        return text if self._unreadable(name, whole) else whole

    def _unreadable(self, name: str, text: str) -> bool:
        item = self.items.get(name)
        return item is not None and item.judge(text).verdict == "unreadable"


def _found(raw: Raw) -> int:
    """Return how much was found, the cells of tables counted."""
    rows = (row for rows in raw.tables.values() for row in rows)
    return sum(map(bool, raw.answers.values())) + sum(
        len(row.cells) or len(row.listed) for row in rows
    )


def _agrees(item: Item, text: str) -> bool:
    return item.judge(text).verdict in ("accept", "accept_note")
