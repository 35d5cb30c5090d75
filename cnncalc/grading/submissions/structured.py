"""Finds raw answers in JSON, also in broken JSON, and in notebooks; numbers stay as typed."""

from __future__ import annotations

import json
import re

from cnncalc.grading.submissions.formats import store, take
from cnncalc.grading.submissions.ids import Ids, folded
from cnncalc.grading.submissions.raw import Raw, Row
from cnncalc.grading.submissions.rows import ANSWER_COLUMNS, ID_COLUMNS, plain_quotes, read_rows

MAX_DEPTH = 20
_CLOSING = {"{": "}", "[": "]", "(": ")"}
_OPENING = {"}": "{", "]": "["}
_STRING = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'")
#: An assignment of a program, and the remark behind it.
_ASSIGNED = re.compile(r"(\s*\w+\s*=)(?!=)((?:[^\"'#]|\"[^\"]*\"|'[^']*')*)(?:#.*)?$")
_TO_DO = re.compile(r"YOUR[ _](?:CODE|ANSWER)|TODO")
_UNSET = re.compile(
    r"(?<==)\s*(?:None|\.\.\.|NotImplemented|\[\]|\(\)|''|\"\"|float\(.nan.\)|np\.nan)\s*$"
)
_NEXT_KEY = re.compile(r",\s*[\"'][\w ./-]{1,60}[\"']\s*:")
#: `{"id": "q1", "answer":` stands for the key `q1`.
_AS_PAIR = re.compile(
    rf"[\"'](?:{'|'.join(ID_COLUMNS)})[\"']\s*:\s*([\"'][^\"'\n]{{1,80}}[\"'])\s*,?\s*"
    rf"[\"'](?:{'|'.join(ANSWER_COLUMNS)})[\"']\s*:",
    re.IGNORECASE,
)


class _Pairs(list):  # type: ignore[type-arg]  # a JSON object as its pairs, duplicates kept
    """The pairs of a JSON object."""


def read_json(text: str, ids: Ids) -> Raw:
    """Return the raw answers of a JSON text; of a broken one, what stands behind every id."""
    raw = Raw()
    root = _parsed(text)
    if root is None:
        raw.problems.append("not valid JSON: read id by id")
        _salvage(raw, text, ids)
    else:
        _walk(raw, root, ids)
    return raw


def _parsed(text: str) -> object | None:
    try:
        return json.loads(  # type: ignore[no-any-return]  # whatever stands there
            text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_Pairs
        )
    except (ValueError, RecursionError):
        return None


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
            line = _UNSET.sub("", f"{match[1]}{match[2]}")
        lines.append(line)
    return "\n".join(lines)


def _walk(raw: Raw, node: object, ids: Ids, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        return
    if isinstance(node, _Pairs):
        own = {str(key).lower(): value for key, value in node}
        key = next((own[word] for word in ID_COLUMNS if word in own), None)
        answer = next((own[word] for word in ANSWER_COLUMNS if word in own), None)
        if isinstance(key, str) and answer is not None and ids.find(key):
            _take(raw, key, answer, ids)
            return
        for name, value in node:
            if ids.find(str(name)) is None and isinstance(value, list):
                _walk(raw, value, ids, depth + 1)
            else:
                _take(raw, str(name), value, ids)
    elif isinstance(node, list):
        if len(node) == 2 and isinstance(node[0], str) and ids.find(node[0]):
            _take(raw, node[0], node[1], ids)
            return
        for item in node:
            _walk(raw, item, ids, depth + 1)


def _take(raw: Raw, key: str, value: object, ids: Ids) -> None:
    found = ids.find(key)
    if found in ids.tables and isinstance(value, list):
        rows = _rows(value)
        if rows:
            raw.tables.setdefault(str(found), rows)
    else:
        take(raw, key, plain_text(value), ids)


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
        else:
            rows += _typed(label, item)
    return rows


def _typed(label: object, item: object) -> list[Row]:
    """Return the row of a cell that is a text: `"conv1": "28x28x6, 156"`."""
    text = plain_text(item)
    return read_rows(f"{label}: {text}" if label else text)[:1]


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


def _salvage(raw: Raw, text: str, ids: Ids) -> None:
    """Take what stands behind every known key, up to the next one, whatever is open around it."""
    text = _AS_PAIR.sub(r"\1:", plain_quotes(text))
    found = list(ids.key.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    for match, end in zip(found, ends, strict=False):
        value = text[match.end() : end]
        name = ids.names.get(folded(match.group(1)))
        if name is None:
            raw.note(match.group(1), _value(value))
        else:
            store(raw, name, value if name in ids.tables else _value(value), ids)


def _value(text: str) -> str:
    """Return the first value of a text, which need not end."""
    text = text.strip()
    quoted = _STRING.match(text)
    if quoted:
        try:
            return str(json.loads(quoted.group())) if text[0] == '"' else quoted.group(2)
        except ValueError:
            return quoted.group()[1:-1]
    if text[:1] in _CLOSING:
        end = _balanced(text)
        if end:
            return text[:end]
    line = text.partition("\n")[0]
    further = _NEXT_KEY.search(line)
    line = line[: further.start()] if further else line
    line = line.rstrip(" \t\r,{[")
    # What closes more than the value opens belongs to what is around it.
    while (last := line[-1:]) in _OPENING and line.count(last) > line.count(_OPENING[last]):
        line = line[:-1].rstrip(" \t,")
    return line.strip("\"'")


def _balanced(text: str) -> int:
    """Return where the bracket that begins a text is closed, within its line; 0 if it is not."""
    depth = 0
    for position, char in enumerate(text[:2000]):
        if char in _CLOSING:
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "\n":
            return 0
        if not depth:
            return position + 1
    return 0
