"""Finds raw answers in JSON and CSV; numbers stay as typed."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable

from cnncalc.grading.submissions.ids import Ids
from cnncalc.grading.submissions.raw import Raw, Row
from cnncalc.grading.submissions.scan import scan
from cnncalc.grading.submissions.tables import read_rows

_ID_COLUMNS = ("id", "question", "item", "q", "key", "nr", "no", "number", "task")
_ANSWER_COLUMNS = ("answer", "value", "response", "given", "solution", "result", "text")
_PAIR = re.compile(r'"([^"\\\n]{1,80})"\s*:\s*("(?:[^"\\\n]|\\.)*"|\[[^\]\n]*\]|[^,}\n]+)')
MAX_DEPTH = 20


class _Pairs(list):  # type: ignore[type-arg]  # a JSON object as its pairs, duplicates kept
    """The pairs of a JSON object."""


def read_json(text: str, ids: Ids) -> Raw:
    """Return the raw answers of a JSON text; of a broken one, the pairs that are whole."""
    raw = Raw()
    try:
        root = json.loads(
            text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_Pairs
        )
    except (ValueError, RecursionError):
        raw.problems.append("not valid JSON: read pair by pair")
        for key, value in _PAIR.findall(text):
            _take(raw, key, _salvaged(value), ids)
        return raw
    _walk(raw, root, ids)
    return raw


def _salvaged(value: str) -> object:
    word = value.strip()
    if word.startswith('"'):
        try:
            return json.loads(word)
        except ValueError:
            return word.strip('"')
    return word


def _walk(raw: Raw, node: object, ids: Ids, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        return
    if isinstance(node, _Pairs):
        own = {str(key).lower(): value for key, value in node}
        key = next((own[word] for word in _ID_COLUMNS if word in own), None)
        answer = next((own[word] for word in _ANSWER_COLUMNS if word in own), None)
        if isinstance(key, str) and answer is not None and ids.find(key):
            _take(raw, key, answer, ids)
            return
        for name, value in node:
            if ids.find(str(name)) is None and isinstance(value, list):
                _walk(raw, value, ids, depth + 1)
            else:
                _take(raw, str(name), value, ids)
    elif isinstance(node, list):
        for item in node:
            _walk(raw, item, ids, depth + 1)


def _take(raw: Raw, key: str, value: object, ids: Ids) -> None:
    found = ids.find(key)
    if found is None:
        if not raw.note(key, plain_text(value)):
            raw.unknown.append(key)
    elif found in ids.tables:
        rows = _json_rows(value) if isinstance(value, list) else read_rows(plain_text(value))
        if rows:
            raw.tables.setdefault(found, rows)
    elif found in raw.answers:
        raw.problems.append(f"{found} is answered twice: the first answer counts")
    else:
        raw.answers[found] = plain_text(value)


def _json_rows(value: list[object]) -> list[Row]:
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
    return rows


def plain_text(value: object) -> str:
    """Return a JSON value as a student would have typed it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, _Pairs):
        return ", ".join(f"{key}={plain_text(one)}" for key, one in value)
    if isinstance(value, list):
        return "[" + ", ".join(plain_text(one) for one in value) + "]"
    return str(value)


def sniffed(text: str) -> str:
    """Return the delimiter of a CSV text: the sign that divides its first lines most evenly."""
    lines = [line for line in text.split("\n", 6)[:6] if line.strip()]
    best = max(",;\t", key=lambda mark: min((line.count(mark) for line in lines), default=0))
    return best if best in (lines[0] if lines else "") else ","


def rows_of(text: str) -> list[list[str]]:
    """Return the rows of a CSV text; a broken quote spoils its own line only."""
    delimiter = sniffed(text)
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error:
        rows: list[list[str]] = []
        for line in text.splitlines():
            rows += csv.reader([line.replace('"', "")], delimiter=delimiter)
        return rows


def read_csv(text: str, ids: Ids) -> Raw:
    """Return the raw answers of one student's CSV: `id,answer` rows, or a header and one row."""
    rows = [row for row in rows_of(text) if any(cell.strip() for cell in row)]
    if not rows:
        return Raw()
    heads = [ids.find(cell) for cell in rows[0]]
    if sum(found is not None for found in heads) > 1 and len(rows) > 1:
        return row_answers(rows[0], rows[1], ids)
    raw = Raw()
    id_at, answer_at = _columns(rows[0])
    if not any(ids.find(row[id_at]) for row in rows if len(row) > id_at):
        return scan(text, ids)
    for row in rows:
        if len(row) <= id_at:
            continue
        # A comma in an unquoted answer has cut it: what is left over belongs to it.
        value = row[answer_at] if len(row) > answer_at else ""
        if answer_at == len(rows[0]) - 1 and len(row) > answer_at + 1:
            value = ",".join(row[answer_at:])
        if ids.find(row[id_at]) or row[id_at].strip().lower() not in _ID_COLUMNS:
            _take(raw, row[id_at], value, ids)
    return raw


def _columns(header: list[str]) -> tuple[int, int]:
    words = [cell.strip().lower() for cell in header]
    key = next((i for i, word in enumerate(words) if word in _ID_COLUMNS), 0)
    value = next((i for i, word in enumerate(words) if word in _ANSWER_COLUMNS), key + 1)
    return key, value


def row_answers(header: Iterable[str], row: list[str], ids: Ids) -> Raw:
    """Return the raw answers of one row of a class table."""
    raw = Raw()
    for name, value in zip(header, row, strict=False):
        found = ids.find(name)
        if found is None:
            raw.note(name, value)
        else:
            _take(raw, name, value, ids)
    return raw
