"""The rows of typed tables, in any notation and with any of them broken."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cnncalc.grading.submissions.raw import Row

ID_COLUMNS = ("id", "question", "item", "q", "key", "nr", "no", "number", "task")
ANSWER_COLUMNS = ("answer", "value", "response", "given", "solution", "result", "text")
MAX_ROWS = 500
_BULLETS = " \t*+->"
_QUOTES = {ord(mark): '"' for mark in "“”„‟«»"} | {ord(mark): "'" for mark in "‘’‚"}
_KEY = r"[\"']?[A-Za-z_][\w ./()-]{0,60}?[\"']?\s*:"
#: `name: value` in one line; a value that is not quoted ends before the next name.
_PAIR = re.compile(
    r"[\"']?(?<![\w.])([A-Za-z_][\w ./()-]{0,60}?)[\"']?\s*:[ \t]*"
    r"(\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\n]|'')*'|\[[^\]\n]*\]|\([^)\n]*\)|"
    rf"[^{{}}\s\"'\[(][^{{}}\n]*?(?=\s*,\s*{_KEY}|[{{}}\n]|$)|)"
)
#: `conv1  28x28x6  156`: a name, and behind it words that begin with a digit.
_SPACED = re.compile(
    r"([A-Za-z][\w./-]*(?: [A-Za-z][\w./-]*){0,3})((?:\s+\d[^\s(),]*(?:,\d{3})*){1,8})"
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
_OF = re.compile(r"\s*([A-Za-z ]{1,30}) of ([\w./-]{1,60})\s*")
_THOUSANDS = re.compile(r"(?<![\w,.×])\d{1,3}(?:,\d{3})+(?![\w.×]|,\S)")
#: What stands between two commas: quotes and brackets are kept whole.
_CELL = re.compile(
    r"(?:\"[^\"]*\"|'[^']*'|\((?:[^()]|\([^()]*\))*\)|\[(?:[^\[\]]|\[[^\[\]]*\])*\]|\{[^{}]*\}|[^,])+"
)
_RULE = re.compile(r"^[\s|:+=-]+$")
_LABELS = ("layer", "name", "row", "operation", "op", "stage", "block", "line")
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
    text = plain_quotes(text).replace("\xa0", " ")
    lines = [line for line in text.split("\n") if line.strip() and not _RULE.match(line)]
    if lines and sum(line.count("|") for line in lines) >= len(lines):
        rows = headed([_cells(row_cells(_bare_row(line))) for line in lines])
        return _merged(rows) or rows
    rows = headed([_split(line) for line in lines[:MAX_ROWS]])
    return _merged(rows) or _from_pairs(text) or rows


def plain_quotes(text: str) -> str:
    """Return a text with the quotes of word processors made plain."""
    return text.translate(_QUOTES)


def unquoted(text: str) -> str:
    """Return what stands in quotes, as YAML and JSON write it."""
    inner = text[1:-1]
    if text[0] == "'":
        return inner.replace("''", "'")
    pairs = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\\\": "\\"}
    return re.sub(r"\\[nt\"\\]", lambda match: pairs[match.group()], inner)


def stacked_rows(lines: Sequence[str], labels: Sequence[str], columns: int) -> list[Row]:
    """Return the rows of a table whose cells each have a line, as some programs export it.

    A row is taken only if it has as many cells as columns, blank lines counted if need be: which
    of them are missing could not be known. Empty if fewer than half of the labels have lines.
    """
    known = {label.lower() for label in labels}
    bare = [line.strip().strip("`*") for line in lines]
    places = [at for at, line in enumerate(bare) if line.lower() in known]
    if 2 * len({bare[at].lower() for at in places}) < len(known):
        return []
    rows = []
    for place, end in zip(places, [*places[1:], len(lines)], strict=True):
        cells = [line.strip() for line in lines[place + 1 : end]]
        filled = [cell for cell in cells if cell]
        found = filled if len(filled) == columns else cells if len(cells) == columns else []
        rows.append(Row(bare[place], listed=found))
    return rows


def row_cells(line: str) -> list[str]:
    """Return the cells of a row that bars divide; a bar behind a backslash belongs to its cell."""
    return [cell.replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)]


def bare_table(text: str) -> str:
    """Return a text whose tables of bars have lost their rules and the bars at the ends of rows."""
    if "|" not in text:
        return text
    lines = (line for line in text.split("\n") if not _RULE.match(line))
    return "\n".join(_bare_row(line) if line.lstrip()[:1] == "|" else line for line in lines)


def _bare_row(line: str) -> str:
    """Return a row of a table without the bars at its ends."""
    line = line.rstrip().lstrip(_BULLETS).lstrip("|")
    return line[:-1] if line.endswith("|") and not line.endswith("\\|") else line


def answer_column(line: str, column: int) -> int:
    """Return how many columns behind the ids a table's head has the answers; else `column`."""
    words = [cell.strip(" *_`").lower() for cell in row_cells(_bare_row(line))]
    ids = [i for i, word in enumerate(words) if word in ID_COLUMNS]
    at = answers_at(words)
    return at - ids[0] if ids and at > ids[0] else column


def answers_at(words: Sequence[str]) -> int:
    """Return which of the heads of columns stands above the answers, or -1."""
    found = (words.index(word) for word in ANSWER_COLUMNS if word in words)
    return next(found, -1)


def _from_pairs(text: str) -> list[Row]:
    """Return the rows of a table of `name: value`, as YAML, JSON and what is left of them.

    Empty if no value is named by its column.
    """
    rows: list[Row] = []
    for match in _PAIR.finditer(text):
        key, value = match[1].strip(), match[2].strip()
        quoted = value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1
        inner = unquoted(value) if quoted else value.strip("\"',{ ")
        if not inner and not (column_of(key) and rows):
            rows.append(Row(key))
        elif key.lower() in _LABELS:
            rows.append(Row(inner))
        elif column_of(key) and rows:
            rows[-1].cells.setdefault(key, inner)
        else:
            rows.append(Row(key, listed=_split_commas(inner.strip("[]"))))
    named = any(row.cells for row in rows)
    return [row for row in rows if row.cells or row.listed][:MAX_ROWS] if named else []


def _cells(cells: list[str]) -> list[str]:
    return [cell.strip().strip("`*").strip() for cell in cells]


def _split(line: str) -> list[str]:
    """Return the cells of a line: at `:` or the first comma, then at commas outside brackets."""
    line = line.strip().lstrip("-* ").strip()
    if line.startswith(("[", "(")) and line.endswith(("]", ")")):
        line = line[1:-1]
    head, colon, tail = line.partition(":")
    if colon and ";" in tail and any(map(str.isalpha, head)):
        return _cells([head, *tail.split(";")])
    for mark in ("\t", ";"):
        if mark in line:
            return _cells(line.split(mark))
    wide = re.split(r"\s{2,}", line)
    if len(wide) > 1 and not any(cell.endswith((",", ":")) for cell in wide):
        return _cells(wide)
    if colon and any(map(str.isalpha, head)):
        return [head.strip(), *_split_commas(tail)]
    spaced = _SPACED.fullmatch(line)
    return [spaced[1], *spaced[2].split()] if spaced else _split_commas(line)


def _split_commas(line: str) -> list[str]:
    """Return what commas divide; where they have spaces behind them, `1,168` is a number."""
    if ", " in line:
        line = _THOUSANDS.sub(lambda number: number[0].replace(",", "\0"), line)
    parts = (part.strip().strip("\"'").replace("\0", ",") for part in _CELL.findall(line))
    return [part for part in parts if part]


def headed(rows: list[list[str]]) -> list[Row]:
    """Return rows with their cells by column, if the first row names the columns."""
    rows = [row for row in rows if row]
    heads = rows[0] if rows else []
    named = any(map(column_of, heads)) or (heads and heads[0].lower() in _LABELS)
    if not named or any(char.isdigit() for head in heads for char in head):
        return [Row(row[0], listed=row[1:]) for row in rows]
    at = next((i for i, head in enumerate(heads) if head.lower() in _LABELS), 0)
    result = []
    for row in rows[1:]:
        cells = {head: cell for head, cell in zip(heads, row, strict=False) if head != heads[at]}
        result.append(Row(row[at] if at < len(row) else row[0], cells))
    return result


def _merged(rows: list[Row]) -> list[Row]:
    """Return rows such as `pool1 shape: 14x14x6` and `params of pool1: 0` as cells of one row.

    Empty if any row is not of that form.
    """
    result: dict[str, Row] = {}
    for row in rows:
        label, _, column = row.label.strip().rpartition(" ")
        if named := _OF.fullmatch(row.label):
            column, label = named.groups()
        text = ",".join(row.listed)
        one = len(row.listed) == 1 or _GROUPED.fullmatch(text)
        if not label or not column_of(column) or not one:
            return []
        result.setdefault(label, Row(label)).cells.setdefault(column, text)
    return list(result.values())


def column_of(name: str) -> str:
    """Return the quantity that the head of a column names, or ''."""
    word = re.sub(r"[^a-z]+", " ", name.lower()).strip()
    for column, hints in _COLUMNS.items():
        if word == column.replace("_", " ") or any(hint in word for hint in hints):
            return column
    return ""
