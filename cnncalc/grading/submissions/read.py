"""One file -> raw answers: the format from its first characters and from its name."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping

from cnncalc.grading.model import Assignment, Question
from cnncalc.grading.submissions.columns import read_csv, take
from cnncalc.grading.submissions.decode import Unreadable, decode
from cnncalc.grading.submissions.ids import ANSWER_COLUMNS, ID_COLUMNS, Ids, Raw, Row
from cnncalc.grading.submissions.lines import Printed, read_lines
from cnncalc.grading.submissions.markup import document_text, html_text, looks_like_html
from cnncalc.grading.submissions.tables import place, plain_quotes, read_rows

#: `id: q1`, and `answer:` behind it or in the next line, stand for the key `q1`.
_PAIRED = re.compile(
    rf"(?:^[ \t]*(?:-[ \t]+)?|[{{,]\s*)[\"']?(?:{'|'.join(ID_COLUMNS)})[\"']?[ \t]*:"
    r"[ \t]*[\"']?([^\n:\"']{1,80}?)[\"']?[ \t]*,?\s*"
    r"(?:[\"']?(?:points|text|type)[\"']?[ \t]*:[^\n]*\n\s*)?"
    rf"[\"']?(?:{'|'.join(ANSWER_COLUMNS)})[\"']?[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_JSON = re.compile(r"\s*[{\[]\s*[\"{\[]")
_LAYERS = re.compile(r"^layers[ \t]*:", re.MULTILINE)
#: Where JSON begins another key.
_NEXT_KEY = re.compile(r"[{,\s]+(?=[\"'][\w ./-]{1,60}[\"']\s*:)")
_OPENING = {"}": "{", "]": "["}
#: An assignment of a program, and the remark behind it.
_ASSIGNED = re.compile(r"(\s*\w+\s*=)(?!=)((?:[^\"'#]|\"[^\"]*\"|'[^']*')*)(?:#.*)?$")
_TO_DO = re.compile(r"YOUR[ _](?:CODE|ANSWER)|TODO")
#: `q1 = None` is a program's; as a word behind a colon it may be an answer.
_UNSET = re.compile(r"^\s*\w+ *= *None\b", re.MULTILINE)
_NO_VALUE = re.compile(
    r"(?<==)\s*(?:None|\.\.\.|NotImplemented|\[\]|\(\)|''|\"\"|float\(.nan.\)|np\.nan)\s*$"
)


class SubmissionReader:
    """Reads submissions to one assignment."""

    def __init__(self, assignment: Assignment) -> None:
        self.ids = Ids(assignment)
        self.questions = {question.id: question for question in assignment.questions}
        self._printed = Printed(assignment)

    def read(self, data: bytes, name: str) -> Raw:
        """Return the raw answers of a file; raises Unreadable if there is nothing to be read."""
        document = document_text(data) if data.startswith(b"PK") else None
        text = decode(data) if document is None else document
        raw = self.text(text, name if document is None else "")
        take_maps(raw, text, self.questions)
        if not raw.answers and not raw.tables:
            if len(self.ids.long) != 1 or not _LAYERS.search(text):
                raise Unreadable("no answer to any question was found in it")
            raw.answers[next(iter(self.ids.long))] = text  # the file itself is the network
        for key in dict.fromkeys(raw.unknown):
            if self.ids.stray(f"{key}:"):
                raw.problems.append(f"`{key}` is no question")
        return self.placed(raw)

    def text(self, text: str, name: str) -> Raw:
        """Return the raw answers of a text, tables not yet placed."""
        suffix = os.path.splitext(name)[1].lower()
        if suffix in (".json", ".ipynb") or _JSON.match(text):
            root, raw = _parsed(text), Raw()
            cells = root.get("cells") if isinstance(root, dict) else None
            if isinstance(cells, list):
                return read_lines(notebook_text(cells), self.ids, self._printed)
            _walk(raw, root, self.ids)
            return raw if root is not None else read_broken_json(text, self.ids)
        if looks_like_html(text) or suffix in (".html", ".htm"):
            text = html_text(text)
        elif suffix in (".csv", ".tsv"):
            return read_csv(text, self.ids)
        elif suffix in (".yaml", ".yml"):
            return read_lines(_PAIRED.sub(r"\1:", text), self.ids, None)
        elif suffix == ".py" or _UNSET.search(text):
            text = code_text(text)
        return read_lines(text, self.ids, self._printed)

    def placed(self, raw: Raw) -> Raw:
        """Return `raw` with the rows of its tables turned into answers to cells."""
        for name, rows in raw.tables.items():
            found = place(rows, self.questions[name], raw.problems)
            if not found:
                raw.problems.append(f"{name}: none of the table's rows was found in the answer")
            for item, text in found.items():
                raw.answers.setdefault(item, text)
        raw.tables = {}
        return raw


def _parsed(text: str) -> object:
    """Return the value of a JSON text, numbers as typed and the first of equal keys; else None."""

    def mapping(pairs: list[tuple[str, object]]) -> dict[str, object]:
        return dict(reversed(pairs)) if len(dict(pairs)) < len(pairs) else dict(pairs)

    try:
        found: object = json.loads(
            text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=mapping
        )
    except (ValueError, RecursionError):
        return None
    return found


def read_broken_json(text: str, ids: Ids) -> Raw:
    """Return the raw answers of a text that is not quite JSON, read key by key."""
    lines = []
    for line in _NEXT_KEY.sub("\n", _PAIRED.sub(r'\n"\1":', plain_quotes(text))).split("\n"):
        line = line.rstrip(" \t,")
        # What closes more than its line opens belongs to what is around it.
        while (last := line[-1:]) in _OPENING and line.count(last) > line.count(_OPENING[last]):
            line = line[:-1].rstrip(" \t,")
        lines.append(line)
    raw = read_lines("\n".join(lines), ids, None)
    raw.problems.insert(0, "not valid JSON: read key by key")
    return raw


def _walk(raw: Raw, node: object, ids: Ids) -> None:
    """Take the answers in a JSON value, at whatever depth its keys are ids."""
    if isinstance(node, list):
        for value in node:
            _walk(raw, value, ids)
    if not isinstance(node, dict):
        return
    own = {key.lower(): value for key, value in node.items()}
    key = next((own[word] for word in ID_COLUMNS if word in own), None)
    answer = next((own[word] for word in ANSWER_COLUMNS if word in own), None)
    pairs = node.items()
    if isinstance(key, str) and answer is not None and ids.find(key):
        pairs = {key: answer}.items()
    for key, value in pairs:
        found = ids.find(key)
        if found is None and isinstance(value, dict | list):
            _walk(raw, value, ids)
        elif found in ids.tables and isinstance(value, dict | list):
            raw.tables.setdefault(str(found), _rows(value))
        else:
            take(raw, key, plain_text(value), ids)


def _rows(value: dict[str, object] | list[object]) -> list[Row]:
    rows: list[Row] = []
    pairs = value.items() if isinstance(value, dict) else [("", item) for item in value]
    for label, item in pairs:
        if isinstance(item, dict):
            cells = {key: plain_text(cell) for key, cell in item.items()}
            name = next((key for key in cells if key.lower() in ("layer", "name", "row")), "")
            rows.append(Row(cells.pop(name, label), cells))
        elif isinstance(item, list):
            listed = [*filter(None, [label]), *map(plain_text, item), ""]
            rows.append(Row(listed[0], listed=listed[1:-1]))
        else:  # `"conv1": "28x28x6, 156"`
            rows += read_rows(f"{label}: {plain_text(item)}" if label else plain_text(item))[:1]
    return rows


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
    lines = []
    for line in text.split("\n"):
        match = _ASSIGNED.match(line)
        if match and _TO_DO.search(line):
            line = match[1]
        elif match:
            line = _NO_VALUE.sub("", f"{match[1]}{match[2]}")
        lines.append(line)
    return "\n".join(lines)


#: What says where a number of a map stands, what may stand between its numbers, and a number.
_PLACES = re.compile(r"\b(?:rows?|columns?|col)[ _]*\d+|\b(?:np\.|numpy\.)?array\b", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,;:|\[\](){}\"'=-]*")
_NUMBER = re.compile(r"[-+−]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?:/\d+)?")


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
    for question, part in zip(map(questions.get, parts[::2]), parts[1::2], strict=True):
        if question is None or question.numbers is None or len(question.items) == 1:
            continue
        part = _PLACES.sub("", part)
        found = _NUMBER.findall(part)
        if _BETWEEN.fullmatch(_NUMBER.sub(" ", part)) and len(found) == len(question.items):
            raw.tables.pop(question.id, None)
            raw.answers |= zip([item.id for item in question.items], found, strict=True)
