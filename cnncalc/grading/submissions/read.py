"""One file -> raw answers: the format from its first characters and from its name."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from cnncalc.grading.model import Assignment, Question
from cnncalc.grading.submissions.columns import read_cells, rows_of, take
from cnncalc.grading.submissions.ids import ANSWER_COLUMNS, ID_COLUMNS, Ids, Raw
from cnncalc.grading.submissions.lines import Printed, read_lines
from cnncalc.grading.submissions.tables import QUOTED, place
from cnncalc.grading.submissions.text import (
    Unreadable,
    decode,
    document_text,
    html_text,
    looks_like_html,
)

#: `id: q1`, with `answer:` in one of the next two lines, stands for the key `q1`.
_PAIRED = re.compile(
    rf"^[ \t]*-?[ \t]*(?:{'|'.join(ID_COLUMNS)})[ \t]*:[ \t]*[\"']?([^\n:\"']{{1,80}}?)[\"']?"
    rf"[ \t]*\n(?:[ \t]+[a-z]+:.*\n)?[ \t]*(?:{'|'.join(ANSWER_COLUMNS)})[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_JSON = re.compile(r"\s*[{\[]\s*[\"{\[]")
#: Of YAML: what stands before a comment, and the sign of a block of lines.
_COMMENT = re.compile(
    rf"(?m)^([^\n#\"':]*:(?:[ \t]+(?:{QUOTED.pattern}))?[^\n#\"']*)(?<=[ \t])#.*$"
)
_BLOCK = re.compile(r"(?m)(?<=:) +[|>][+-]?\d?[ \t]*$")
_LAYERS = re.compile(r"^layers[ \t]*:", re.MULTILINE)
#: A program sets a name; its value is still to be set; `q1: None` may be an answer.
_ASSIGNED = re.compile(
    r"(?m)^([ \t]*\w+[ \t]*=)(?!=)((?:[^\n\"'#]|\"[^\n\"]*\"|'[^\n']*')*)(?:#.*)?$"
)
_TO_SET = re.compile(r"\s*(?:None|\.\.\.|\[\]|\(\)|''|\"\"|float\(.nan.\)|np\.nan)?\s*")
_TO_DO = re.compile(r"YOUR[ _](?:CODE|ANSWER)|TODO")
_UNSET = re.compile(r"^\s*\w+ *= *None\b", re.MULTILINE)
#: What says where a number of a map stands, what may stand between its numbers, and a number.
_PLACES = re.compile(r"\b(?:rows?|columns?|col)[ _]*\d+|\b(?:np\.|numpy\.)?array\b", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,;:|\[\](){}\"'=-]*")
_NUMBER = re.compile(r"[-+−]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?:/\d+)?")


class SubmissionReader:
    """Reads submissions to one assignment."""

    def __init__(self, assignment: Assignment) -> None:
        self.ids = Ids(assignment)
        self.questions = {question.id: question for question in assignment.questions}
        self._printed = Printed(assignment, self.ids)

    def read(self, data: bytes, name: str) -> Raw:
        """Return the raw answers of a file; raises Unreadable if there is nothing to be read."""
        document = document_text(data)
        text = decode(data) if document is None else document
        raw = self.text(text, name if document is None else "")
        take_maps(raw, text, self.questions)
        if not raw.answers and not raw.tables:
            if len(self.ids.long) != 1 or not _LAYERS.search(text):
                raise Unreadable("; ".join(raw.problems) or "no answer to any question was found")
            raw.answers[next(iter(self.ids.long))] = text  # the file itself is the network
        return self.placed(raw)

    def text(self, text: str, name: str) -> Raw:
        """Return the raw answers of a text, tables not yet placed."""
        suffix = os.path.splitext(name)[1].lower()
        if suffix in (".json", ".ipynb") or _JSON.match(text):
            return self._json(text)
        if looks_like_html(text) or suffix in (".html", ".htm"):
            text = html_text(text)
        elif suffix in (".csv", ".tsv"):
            return read_cells([row for _, row in rows_of(text)], self.ids)
        elif suffix in (".yaml", ".yml"):
            text = _COMMENT.sub(r"\1", text) if "#" in text else text
            text = _PAIRED.sub(r"\1:", _BLOCK.sub("", text))
        elif suffix == ".py" or ("None" in text and _UNSET.search(text)):
            text = code_text(text)
        return read_lines(text, self.ids, self._printed)

    def _json(self, text: str) -> Raw:
        """Return the raw answers of JSON, or of the cells of a notebook; numbers are as typed."""
        twice: list[str] = []

        def first(pairs: list[tuple[str, object]]) -> dict[str, object]:
            result: dict[str, object] = {}
            for key, value in pairs:
                twice.extend([key] if key in result else [])
                result.setdefault(key, value)
            return result

        try:
            found = json.loads(
                text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=first
            )
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"not valid JSON: {error}") from None
        cells = found.get("cells") if isinstance(found, dict) else None
        if isinstance(cells, list):
            return read_lines(notebook_text(cells), self.ids, self._printed)
        raw = Raw()
        _walk(raw, found, self.ids)
        names = filter(None, map(self.ids.find, twice))
        raw.problems += [f"{name} is answered twice: the first answer counts" for name in names]
        return raw

    def placed(self, raw: Raw) -> Raw:
        """Return `raw` with the rows of its tables turned into answers to cells."""
        for name, rows in raw.tables.items():
            found = place(rows, self.questions[name], raw.problems)
            if not found:
                raw.problems.append(f"{name}: none of the table's rows was found in the answer")
            raw.answers = found | raw.answers
        raw.tables = {}
        return raw


def _walk(raw: Raw, node: object, ids: Ids, path: str = "") -> None:
    """Take the answers in a JSON value, whose nested keys name cells of tables together."""
    if isinstance(node, list):
        for value in node:
            _walk(raw, value, ids)
    for key, value in _pairs(node, ids) if isinstance(node, dict) else ():
        name = path + key
        found = ids.find(name)
        known = path or found in ids.tables
        if known and isinstance(value, list) and all(isinstance(r, dict | list) for r in value):
            take(raw, name, _table_text(value), ids)
        elif isinstance(value, dict | list) and (found is None or found in ids.tables):
            _walk(raw, value, ids, f"{name}/" if known else "")
        else:
            take(raw, name, plain_text(value), ids)


def _pairs(node: dict[str, object], ids: Ids) -> Iterable[tuple[str, object]]:
    """Return keys with their values; of `{"id": "q1", "answer": …}` the id with its answer."""
    own = {key.lower(): value for key, value in node.items()}
    key = next((own[word] for word in ID_COLUMNS if word in own), None)
    answer = next((own[word] for word in ANSWER_COLUMNS if word in own), None)
    paired = isinstance(key, str) and answer is not None and ids.find(key)
    return [(str(key), answer)] if paired else node.items()


def _table_text(rows: list[Any]) -> str:
    """Return rows as a table of bars; the keys of the first one, if it has keys, are the heads."""
    lines = [list(rows[0])] if rows and isinstance(rows[0], dict) else []
    lines += [list(row.values()) if isinstance(row, dict) else row for row in rows]
    return "\n".join(f"| {' | '.join(map(plain_text, line))} |" for line in lines)


def plain_text(value: object) -> str:
    """Return a JSON value as a student would have typed it."""
    if isinstance(value, dict):
        return ", ".join(f"{key}={plain_text(one)}" for key, one in value.items())
    if isinstance(value, list):
        return "[" + ", ".join(map(plain_text, value)) + "]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def notebook_text(cells: list[object]) -> str:
    """Return the text of the cells of a Jupyter notebook."""
    texts = []
    for cell in cells:
        if isinstance(cell, dict):
            source = cell.get("source") or ""
            text = "".join(map(str, source)) if isinstance(source, list) else str(source)
            texts.append(code_text(text) if cell.get("cell_type") == "code" else text)
    return "\n\n".join(texts)


def code_text(text: str) -> str:
    """Return a program's text without its remarks, and without values that are still to be set."""

    def assigned(line: re.Match[str]) -> str:
        unset = _TO_SET.fullmatch(line[2]) or _TO_DO.search(line[0])
        return line[1] if unset else line[1] + line[2]

    return _ASSIGNED.sub(assigned, text)


def take_maps(raw: Raw, text: str, questions: Mapping[str, Question]) -> None:
    """Put the maps of values in a text, as programs print them, in place of what else was read.

    Between the name of a question and the next one there must be as many numbers as cells, and
    nothing else.
    """
    if all(question.numbers is None for question in questions.values()):
        return
    names = "|".join(map(re.escape, questions))
    name = rf"(?m)(?:^[ \t\"'*#{{-]*|[{{,]\s*[\"'])({names})\b[\"'*]*[ \t]*[:=]"
    _, *parts = re.split(name, text)
    for question, part in zip(map(questions.__getitem__, parts[::2]), parts[1::2], strict=True):
        part = _PLACES.sub("", part)
        found = _NUMBER.findall(part)
        whole = _BETWEEN.fullmatch(_NUMBER.sub(" ", part)) and len(found) == len(question.items)
        if question.numbers is not None and len(question.items) > 1 and whole:
            raw.tables.pop(question.id, None)
            raw.answers |= zip([item.id for item in question.items], found, strict=True)
