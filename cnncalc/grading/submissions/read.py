"""One file -> raw answers: the format from its name and its first character."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator

from cnncalc.grading.model import Assignment, Item
from cnncalc.grading.submissions.columns import read_csv, take
from cnncalc.grading.submissions.decode import Unreadable, decode
from cnncalc.grading.submissions.ids import Ids
from cnncalc.grading.submissions.lines import read_lines
from cnncalc.grading.submissions.maps import take_maps
from cnncalc.grading.submissions.markup import document_text, html_text, looks_like_html
from cnncalc.grading.submissions.raw import Raw, Row
from cnncalc.grading.submissions.rows import (
    ANSWER_COLUMNS,
    ID_COLUMNS,
    bare_table,
    plain_quotes,
    read_rows,
)
from cnncalc.grading.submissions.tables import place

MAX_DEPTH = 20
#: `id: q1`, and `answer:` behind it or in the next line, stand for the key `q1`.
_PAIRED = re.compile(
    rf"(?:^[ \t]*(?:-[ \t]+)?|[{{,]\s*)[\"']?(?:{'|'.join(ID_COLUMNS)})[\"']?[ \t]*:"
    r"[ \t]*[\"']?([^\n:\"']{1,80}?)[\"']?[ \t]*,?\s*"
    r"(?:[\"']?(?:points|text|type)[\"']?[ \t]*:[^\n]*\n\s*)?"
    rf"[\"']?(?:{'|'.join(ANSWER_COLUMNS)})[\"']?[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_LAYERS = re.compile(r"^layers[ \t]*:", re.MULTILINE)
_QUOTED_KEY = re.compile(r"[\"'”][ \t]*:")
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

    def read(self, data: bytes, name: str) -> Raw:
        """Return the raw answers of a file; raises Unreadable if there is nothing to be read."""
        document = document_text(data) if data.startswith(b"PK") else None
        text = decode(data) if document is None else document
        raw = self.text(text, name) if document is None else read_lines(text, self.ids)
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
        ids = self.ids
        as_json = suffix in (".json", ".ipynb") or text.lstrip()[:1] in ("{", "[")
        table = suffix in (".csv", ".tsv")
        yaml = suffix in (".yaml", ".yml")
        if as_json and '"cells"' in text and (cells := notebook_text(text)) is not None:
            yield lambda: read_lines(cells, ids)
            return
        if suffix in (".html", ".htm") or looks_like_html(text):
            yield lambda: read_lines(html_text(text), ids)
            yield lambda: read_csv(bare_table(html_text(text)), ids)
        if as_json:
            yield lambda: read_json(text, ids)
        if table:
            yield lambda: read_csv(text, ids)
        if yaml and _PAIRED.search(text):
            yield lambda: read_lines(_PAIRED.sub(r"\1:", text), ids, yaml)
        plain = code_text(text) if suffix in (".py", ".ipynb") or _UNSET.search(text) else text
        yield lambda: read_lines(plain, ids, yaml or suffix == ".json")
        if not as_json and len(_QUOTED_KEY.findall(text, 0, 20_000)) > 1:
            yield lambda: read_json(text, ids)
        if not table:
            yield lambda: read_csv(bare_table(text), ids)

    def placed(self, raw: Raw) -> Raw:
        """Return `raw` with the rows of its tables turned into answers to cells."""
        for name, rows in raw.tables.items():
            found = place(rows, self.questions[name], _agrees)
            if not found:
                raw.problems.append(f"{name}: none of the table's rows was found in the answer")
            for item, text in found.items():
                raw.answers.setdefault(item, text)
        raw.tables = {}
        return raw


def _agrees(item: Item, text: str) -> bool:
    return item.judge(text).verdict in ("accept", "accept_note")


def _found(raw: Raw) -> int:
    """Return how much was found, the cells of tables counted."""
    rows = (row for rows in raw.tables.values() for row in rows)
    return sum(map(bool, raw.answers.values())) + sum(
        len(row.cells) or len(row.listed) for row in rows
    )


class _Pairs(list):  # type: ignore[type-arg]  # a JSON object as its pairs, duplicates kept
    """The pairs of a JSON object."""


def read_json(text: str, ids: Ids) -> Raw:
    """Return the raw answers of a JSON text, numbers as typed; a broken one is read as lines."""
    root = _parsed(text)
    if root is None:
        text = _NEXT_KEY.sub("\n", _PAIRED.sub(r'\n"\1":', plain_quotes(text)))
        raw = read_lines("\n".join(map(_value, text.split("\n"))), ids, yaml=True)
        raw.problems.insert(0, "not valid JSON: read key by key")
        return raw
    raw = Raw()
    _walk(raw, root, ids)
    return raw


def _value(line: str) -> str:
    """Return a line of broken JSON without what closes more than it opens."""
    line = line.rstrip(" \t,")
    while (last := line[-1:]) in _OPENING and line.count(last) > line.count(_OPENING[last]):
        line = line[:-1].rstrip(" \t,")
    return line


def _parsed(text: str) -> object | None:
    try:
        return json.loads(  # type: ignore[no-any-return]  # whatever stands there
            text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_Pairs
        )
    except (ValueError, RecursionError):
        return None


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


def notebook_text(text: str) -> str | None:
    """Return the text of all cells of a Jupyter notebook, or None if it is none."""
    root = _parsed(text)
    cells = dict(root).get("cells") if isinstance(root, _Pairs) else None
    if not isinstance(cells, list):
        return None
    return "\n\n".join(_cell_text(dict(cell)) for cell in cells if isinstance(cell, _Pairs))


def _cell_text(cell: dict[str, object]) -> str:
    source = cell.get("source")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source or "")
    return code_text(text) if cell.get("cell_type") == "code" else text


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
