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

MAX_DEPTH = 20
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
            root = _parsed(text)
            cells = dict(root).get("cells") if isinstance(root, _Pairs) else None
            if isinstance(cells, list):
                return read_lines(notebook_text(cells), self.ids, self._printed)
            return read_json(root, text, self.ids)
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


class _Pairs(list):  # type: ignore[type-arg]  # a JSON object as its pairs, duplicates kept
    """The pairs of a JSON object."""


def _parsed(text: str) -> object | None:
    try:
        return json.loads(  # type: ignore[no-any-return]  # whatever stands there
            text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_Pairs
        )
    except (ValueError, RecursionError):
        return None


def read_json(root: object | None, text: str, ids: Ids) -> Raw:
    """Return the raw answers of a JSON value, numbers as typed; a broken text is read as lines."""
    raw = Raw()
    if root is None:
        text = _NEXT_KEY.sub("\n", _PAIRED.sub(r'\n"\1":', plain_quotes(text)))
        raw = read_lines("\n".join(map(_value, text.split("\n"))), ids, None)
        raw.problems.insert(0, "not valid JSON: read key by key")
    _walk(raw, root, ids)
    return raw


def _value(line: str) -> str:
    """Return a line of broken JSON without what closes more than it opens."""
    line = line.rstrip(" \t,")
    while (last := line[-1:]) in _OPENING and line.count(last) > line.count(_OPENING[last]):
        line = line[:-1].rstrip(" \t,")
    return line


def _walk(raw: Raw, node: object, ids: Ids, depth: int = 0) -> None:
    if depth > MAX_DEPTH or not isinstance(node, list):
        return
    pairs = node
    if isinstance(node, _Pairs):
        own = {str(key).lower(): value for key, value in node}
        key = next((own[word] for word in ID_COLUMNS if word in own), None)
        answer = next((own[word] for word in ANSWER_COLUMNS if word in own), None)
        if isinstance(key, str) and answer is not None and ids.find(key):
            pairs = [(key, answer)]
    elif len(node) == 2 and isinstance(node[0], str) and ids.find(node[0]):
        pairs = [(node[0], node[1])]
    else:
        pairs = [("", value) for value in node]
    for key, value in pairs:
        found = ids.find(str(key)) if key else None
        if found is None and isinstance(value, list):
            _walk(raw, value, ids, depth + 1)
        elif found in ids.tables and isinstance(value, list):
            raw.tables.setdefault(str(found), _rows(value))
        elif key:
            take(raw, str(key), plain_text(value), ids)


def _rows(value: list[object]) -> list[Row]:
    rows: list[Row] = []
    pairs = value if isinstance(value, _Pairs) else [("", item) for item in value]
    for label, item in pairs:
        if isinstance(item, _Pairs):
            cells = {str(key): plain_text(cell) for key, cell in item}
            name = next((k for k in cells if k.lower() in ("layer", "name", "row")), None)
            rows.append(Row(cells.pop(name) if name else str(label), cells))
        elif isinstance(item, list):
            listed = [plain_text(cell) for cell in item]
            rows.append(Row(label or (listed[0] if listed else ""), listed=listed[not label :]))
        else:  # `"conv1": "28x28x6, 156"`
            text = plain_text(item)
            rows += read_rows(f"{label}: {text}" if label else text)[:1]
    return rows


def plain_text(value: object) -> str:
    """Return a JSON value as a student would have typed it."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    if isinstance(value, _Pairs):
        return ", ".join(f"{key}={plain_text(one)}" for key, one in value)
    if isinstance(value, list):
        return "[" + ", ".join(plain_text(one) for one in value) + "]"
    return str(value)


def notebook_text(cells: list[object]) -> str:
    """Return the text of the cells of a Jupyter notebook."""
    texts = []
    for cell in (dict(cell) for cell in cells if isinstance(cell, _Pairs)):
        source = cell.get("source")
        text = "".join(map(str, source)) if isinstance(source, list) else str(source or "")
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
