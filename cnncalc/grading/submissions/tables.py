"""The rows of typed tables, and which of them means which layer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cnncalc.grading.model import Question
from cnncalc.grading.submissions.ids import Row, plain_word

QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")
#: Heads of the column, and keys, that say which layer a row is about.
LABELS = ("layer", "name", "row", "operation", "op", "stage", "block", "line")
MAX_ROWS = 500
_QUOTES = {ord(mark): '"' for mark in "“”„‟«»"} | {ord(mark): "'" for mark in "‘’‚"}
_KEY = r"[\"']?[A-Za-z_][\w ./()-]{0,60}?[\"']?\s*:"
#: `name: value` in one line; a value that is not quoted ends before the next name.
_PAIR = re.compile(
    r"[\"']?(?<![\w.])([A-Za-z_][\w ./()-]{0,60}?)[\"']?\s*:[ \t]*"
    r"(\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\n]|'')*'|\[[^\]\n]*\]|\([^)\n]*\)|"
    rf"[^{{}}\s\"'\[(][^{{}}\n]*?(?=\s*,\s*{_KEY}|[{{}}\n]|$)|)"
)
#: What stands between two commas: quotes and brackets are kept whole. Where commas have spaces
#: behind them, those without belong to numbers: `1,168`.
_CELL = r"(?:\"[^\"]*\"|'[^']*'|\((?:[^()]|\([^()]*\))*\)|\[(?:[^\[\]]|\[[^\[\]]*\])*\]|\{[^{}]*\}|"
_CELLS = re.compile(_CELL + r"[^,])+")
_SPACED_CELLS = re.compile(_CELL + r"[^,]|,(?=\S))+")
#: `conv1  28x28x6  156`: a name, and behind it words that begin with a digit.
_WORDS = re.compile(
    r"(row \d+|(?!row \d)[A-Za-z][\w./-]*(?: [A-Za-z][\w./-]*){0,3})"
    r"((?:\s+[-−]?\d[^\s(),]*(?:,\d{3})*)+)"
)
_RULE = re.compile(r"^[\s|:+=-]+$")
_COLUMNS = {
    "shape": ("shape", "output", "size", "volume", "activation shape", "out"),
    "params": ("param", "weights and biases", "learn"),
    "weights": ("weight",),
    "biases": ("bias",),
    "macs": ("mac", "mult"),
    "flops": ("flop",),
    "receptive_field": ("receptive", "rf", "field"),
    "activations": ("activation", "values", "neurons"),
    "connections": ("connection",),
}


def read_rows(text: str) -> list[Row]:
    """Return the rows of a table typed as Markdown, CSV, YAML, JSON or plain lines."""
    text = text.translate(_QUOTES).replace("\xa0", " ")
    lines = [line for line in text.split("\n") if line.strip() and not _RULE.match(line)]
    if lines and sum(line.count("|") for line in lines) >= len(lines):
        return _headed(barred(text))
    return _from_pairs(text) or _headed(list(map(_split, lines[:MAX_ROWS])))


def unquoted(text: str) -> str:
    """Return what stands in quotes, as YAML and JSON write it."""
    if text[0] == "'":
        return text[1:-1].replace("''", "'")
    return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")


def barred(text: str) -> list[list[str]]:
    """Return the rows of a table of bars; a bar behind a backslash belongs to its cell."""
    rows = []
    for line in text.split("\n"):
        if line.strip() and not _RULE.match(line):
            inner = re.sub(r"^[\s*+>-]*\|?|(?<!\\)\|?\s*$", "", line, count=2)
            cells = re.split(r"(?<!\\)\|", inner)
            rows.append([cell.replace("\\|", "|").strip() for cell in cells])
    return rows


def _from_pairs(text: str) -> list[Row]:
    """Return the rows of a table of `name: value`, as YAML, JSON and what is left of them.

    Empty if no value is named by its column.
    """
    rows: list[Row] = []
    for match in _PAIR.finditer(text):
        key, value = match[1].strip(), match[2].strip()
        inner = unquoted(value) if QUOTED.fullmatch(value) else value.strip("\"',{ ")
        if key.lower() in LABELS:
            rows.append(Row(inner))
        elif _column(key) and rows:
            rows[-1].cells.setdefault(key, inner)
        else:
            rows.append(Row(key, listed=_commas(inner.strip("[]"))))
    named = any(row.cells for row in rows)
    return [row for row in rows if row.cells or row.listed][:MAX_ROWS] if named else []


def _split(line: str) -> list[str]:
    """Return the cells of a line: between tabs, `;` or wide spaces, else behind its label."""
    line = line.strip().lstrip("-* ")
    if line.startswith(("[", "(")) and line.endswith(("]", ")")):
        line = line[1:-1]
    head, colon, tail = line.partition(":")
    labelled = colon and any(map(str.isalpha, head))
    if labelled and ";" in tail:
        return [head, *tail.split(";")]
    for mark in ("\t", ";"):
        if mark in line:
            return line.split(mark)
    wide = re.split(r"\s{2,}", line)
    if len(wide) > 1 and not any(cell.endswith((",", ":")) for cell in wide):
        return wide
    if words := _WORDS.fullmatch(line):
        return [words[1], *words[2].split()]
    head, _, tail = line.partition(":" if labelled else ",")
    return [head.strip("\"' "), *_commas(tail)]


def _commas(line: str) -> list[str]:
    cells = (_SPACED_CELLS if ", " in line else _CELLS).findall(line)
    return [cell.strip().strip("\"'") for cell in cells if cell.strip()]


def _headed(lines: Sequence[Sequence[str]]) -> list[Row]:
    """Return rows with their cells by column, if the first of them names the columns."""
    rows = [[cell.strip().strip("`*").strip() for cell in line] for line in lines]
    heads = rows[0] if rows else []
    if not heads or not (names_columns(heads) or heads[0].lower() in LABELS):
        return [Row(row[0], listed=row[1:]) for row in rows]
    label = next((head for head in heads if head.lower() in LABELS), heads[0])
    named = [dict(zip(heads, row, strict=False)) for row in rows[1:]]
    return [Row(cells.pop(label, ""), cells) for cells in named]


def names_columns(heads: Iterable[str]) -> bool:
    """Tell whether any cell of a row names a column, and none has a number."""
    return any(map(_column, heads)) and not any(map(str.isdigit, "".join(heads)))


def _column(name: str) -> str:
    """Return the quantity that the head of a column names, or ''."""
    word = re.sub(r"[^a-z]+", " ", name.lower()).strip()
    for column, hints in _COLUMNS.items():
        if word == column.replace("_", " ") or any(hint in word for hint in hints):
            return column
    return ""


def place(rows: Sequence[Row], question: Question, problems: list[str]) -> dict[str, str]:
    """Return item id → raw text for the rows of a table; `problems` get what has no place."""
    columns = list(dict.fromkeys(item.column for item in question.items))
    items = {(item.row, item.column): item.id for item in question.items}
    heads = {_bare(column): column for column in columns}
    result: dict[str, str] = {}
    for given, label in _places(rows, question, problems).items():
        own = [column for column in columns if (label, column) in items]
        cells = rows[given].cells or _in_order(rows[given].listed, columns, own)
        if cells is None:
            problems.append(f"{question.id}: too many cells for `{label}`")
        for name, text in (cells or {}).items():
            column = heads.get(_bare(name)) or _column(name)
            if column == "params" and column not in columns:
                column = "weights"
            if (label, column) in items:
                result.setdefault(items[label, column], text)
    return result


def _in_order(listed: list[str], columns: list[str], own: list[str]) -> dict[str, str] | None:
    """Return the cells of a row by column, or by its `own` alone; None if there are too many."""
    whole = dict(zip(columns, listed, strict=False)) if len(listed) == len(columns) else {}
    others = "".join(whole[name] for name in whole if name not in own)
    if whole and not any(map(str.isalnum, others)):
        return whole
    if len(own) == 1:  # `total: 12,058`
        return {own[0]: ",".join(listed)}
    return dict(zip(own, listed, strict=False)) if len(listed) <= len(own) else None


def _places(rows: Sequence[Row], question: Question, problems: list[str]) -> dict[int, str]:
    """Return the layer of each row that has a place.

    A row is known by its name, or the end of it; rows that are called by their kind of layer
    (`conv`, `pool`) are those of that kind in order, if there are as many.
    """
    wanted = list(dict.fromkeys(item.row for item in question.items))
    labels = [_bare(row.label) for row in rows]
    places: dict[int, str] = {}
    for names in (wanted, [name.rsplit("/", 1)[-1] for name in wanted]):
        bare = list(map(_bare, names))
        for position, label in enumerate(labels):
            if position not in places and bare.count(label) == labels.count(label) == 1:
                places[position] = wanted[bare.index(label)]
    kinds = {label: _kinds(question, label) for label in wanted if label not in places.values()}
    unnamed: dict[str, list[int]] = {}
    for position, row in enumerate(rows):
        if position not in places:
            word = plain_word(re.sub(r"[\d/].*", "", row.label))
            unnamed.setdefault(word, []).append(position)
    # A word for one kind of layer goes before one for several: `gap` before `pool`.
    for kind in sorted(unnamed, key=lambda kind: sum(kind in words for words in kinds.values())):
        own, known = unnamed[kind], [label for label, words in kinds.items() if kind in words]
        if len(known) == len(own):
            places |= zip(own, known, strict=True)
            kinds = {label: words for label, words in kinds.items() if label not in known}
        elif known:
            problems.append(f"{question.id}: which of the rows is `{rows[own[0]].label}`?")
    return places


def _bare(label: str) -> str:
    return re.sub(r"[\s.:_-]+", "", label.lower()).replace("(", "/").rstrip(")")


def _kinds(question: Question, label: str) -> set[str]:
    """Return by what words a row may be called: its name without numbers, the layer's names."""
    words = {label}
    item = next(item for item in question.items if item.row == label)
    if question.network is not None and not item.whole:
        layer = question.network.graph.nodes[item.nodes[-1]].layer
        words |= {layer.keyword, layer.keyword.rpartition("_")[2]}
        words |= set(" ".join(layer.foreign.values()).split())
    return {plain_word(re.sub(r"\d.*", "", word)) for word in words}
