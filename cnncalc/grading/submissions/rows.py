"""The rows of typed tables, in any notation and with any of them broken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cnncalc.diagnostics import Source, SpecError
from cnncalc.grading.submissions.raw import Row
from cnncalc.language.source import parse
from cnncalc.language.tree import Mapping, Scalar
from cnncalc.language.tree import Sequence as ListNode

ID_COLUMNS = ("id", "question", "item", "q", "key", "nr", "no", "number", "task")
ANSWER_COLUMNS = ("answer", "value", "response", "given", "solution", "result", "text")
MAX_ROWS = 500
_BULLETS = " \t*+->"
_QUOTES = {ord(mark): '"' for mark in "“”„‟«»"} | {ord(mark): "'" for mark in "‘’‚"}
_KEY = r"[\"']?[A-Za-z_][\w ./()-]{0,60}?[\"']?\s*:"
#: `name: value` in one line; a value that is not quoted ends before the next name.
_PAIR = re.compile(
    r"[\"']?(?<![\w.])([A-Za-z_][\w ./()-]{0,60}?)[\"']?\s*:[ \t]*"
    r"(\"[^\"\n]*\"|'[^'\n]*'|\[[^\]\n]*\]|\([^)\n]*\)|"
    rf"[^{{}}\s\"'\[(][^{{}}\n]*?(?=\s*,\s*{_KEY}|[{{}}\n]|$)|)"
)
#: `conv1  28x28x6  156`: a name, and behind it words that begin with a digit.
_SPACED = re.compile(
    r"([A-Za-z][\w./-]*(?: [A-Za-z][\w./-]*){0,3})((?:\s+\d[^\s(),]*(?:,\d{3})*){1,8})"
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
_OF = re.compile(r"\s*([A-Za-z ]{1,30}) of ([\w./-]{1,60})\s*")
_THOUSANDS = re.compile(r"(?<![\w,.×])\d{1,3}(?:,\d{3})+(?![\w.×]|,\S)")
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


def plain_quotes(text: str) -> str:
    """Return a text with the quotes of word processors made plain."""
    return text.translate(_QUOTES)


def read_rows(text: str) -> list[Row]:
    """Return the rows of a table typed as Markdown, CSV, YAML, JSON or plain lines."""
    return _merged(_typed_rows(text))


def _typed_rows(text: str) -> list[Row]:
    text = plain_quotes(text).replace("\xa0", " ")
    lines = [line for line in text.split("\n") if line.strip() and not _RULE.match(line)]
    if not lines:
        return []
    if sum(line.count("|") for line in lines) >= len(lines):
        return headed([_cells(row_cells(_bare_row(line))) for line in lines])
    return (
        _from_tree(text) or _from_pairs(text) or headed([_split(line) for line in lines[:MAX_ROWS]])
    )


def stacked_rows(lines: Sequence[str], labels: Sequence[str], columns: int) -> list[Row]:
    """Return the rows of a table whose cells each have a line, as some programs export it.

    A row is taken only if it has as many cells as columns, blank lines counted if need be: which
    of them are missing could not be known. Empty if fewer than half of the labels have lines.
    """
    known = {label.lower() for label in labels}
    places = [i for i, line in enumerate(lines) if line.strip().strip("`*").lower() in known]
    if 2 * len({lines[i].strip().strip("`*").lower() for i in places}) < len(known):
        return []
    rows = []
    for place, end in zip(places, [*places[1:], len(lines)], strict=True):
        cells = [line.strip() for line in lines[place + 1 : end]]
        filled = [cell for cell in cells if cell]
        found = filled if len(filled) == columns else cells if len(cells) == columns else []
        rows.append(Row(lines[place].strip().strip("`*"), listed=found))
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


def _bare_row(line: str) -> str:
    """Return a row of a table without the bars at its ends."""
    line = line.rstrip().lstrip(_BULLETS).lstrip("|")
    return line[:-1] if line.endswith("|") and not line.endswith("\\|") else line


def _from_pairs(text: str) -> list[Row]:
    """Return the rows of a table whose notation is broken, from what is `name: value` in it.

    Empty if no value is named by its column.
    """
    rows: list[Row] = []
    named = False
    for match in _PAIR.finditer(text):
        key, value = match.group(1).strip(), match.group(2).strip()
        inner = value[1:-1] if value[:1] in "\"'[" else value.strip("\"',[{ ")
        if not inner and not (column_of(key) and rows):
            rows.append(Row(key))
        elif key.lower() in _LABELS:
            rows.append(Row(inner))
        elif column_of(key) and rows:
            rows[-1].cells.setdefault(key, inner)
            named = True
        else:
            rows.append(Row(key, listed=_split_commas(inner)))
    return [row for row in rows if row.cells or row.listed][:MAX_ROWS] if named else []


def _cells(cells: list[str]) -> list[str]:
    return [cell.strip().strip("`*").strip() for cell in cells]


def _split(line: str) -> list[str]:
    """Return the cells of a line: at `:` or the first comma, then at commas outside brackets."""
    line = line.strip().lstrip("-* ").strip()
    if line.startswith(("[", "(")) and line.endswith(("]", ")")):
        line = line[1:-1]
    for mark in ("\t", ";"):
        if mark in line:
            return _cells(line.split(mark))
    wide = re.split(r"\s{2,}", line)
    if len(wide) > 1 and not any(cell.endswith((",", ":")) for cell in wide):
        return _cells(wide)
    head, colon, tail = line.partition(":")
    if colon and any(char.isalpha() for char in head):
        return [head.strip(), *_split_commas(tail)]
    spaced = _SPACED.fullmatch(line)
    return [spaced[1], *spaced[2].split()] if spaced else _split_commas(line)


def _listed(text: str) -> list[str]:
    """Return the cells of a row behind its label."""
    return _cells(text.split(";")) if ";" in text else _split_commas(text)


def _split_commas(line: str) -> list[str]:
    parts, depth, start = [], 0, 0
    quoted = ""
    # Where commas have spaces behind them, one within a number is a mark of thousands.
    numbers = _THOUSANDS.finditer(line) if ", " in line else ()
    inside = {at for found in numbers for at in range(*found.span())}
    for position, char in enumerate(line):
        if quoted:
            quoted = "" if char == quoted else quoted
        elif char in "\"'":
            quoted = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth <= 0 and position not in inside:
            parts.append(line[start:position])
            start = position + 1
    parts.append(line[start:])
    return [part.strip().strip("\"'") for part in parts if part.strip()]


def headed(rows: list[list[str]]) -> list[Row]:
    """Return rows with their cells by column, if the first row names the columns."""
    rows = [row for row in rows if row]
    header: list[str] = []
    if rows and not any(char.isdigit() for cell in rows[0] for char in cell):
        names = [column_of(cell) for cell in rows[0]]
        if any(names) or rows[0][0].lower() in _LABELS:
            header, rows = rows[0], rows[1:]
    if not header:
        return [Row(row[0], listed=row[1:]) for row in rows]
    at = next((i for i, cell in enumerate(header) if cell.lower() in _LABELS), 0)
    result = []
    for row in rows:
        cells = {header[i]: cell for i, cell in enumerate(row) if i < len(header) and i != at}
        result.append(Row(row[at] if at < len(row) else row[0], cells))
    return result


def _merged(rows: list[Row]) -> list[Row]:
    """Return rows such as `pool1 shape: 14x14x6` and `params of pool1: 0` as cells of one row."""
    result: dict[str, Row] = {}
    for row in rows:
        label, _, column = row.label.strip().rpartition(" ")
        if named := _OF.fullmatch(row.label):
            column, label = named.groups()
        text = ",".join(row.listed)
        one = len(row.listed) == 1 or _GROUPED.fullmatch(text)
        if not label or not column_of(column) or not one:
            return rows
        result.setdefault(label, Row(label)).cells.setdefault(column, text)
    return list(result.values())


def _from_tree(text: str) -> list[Row]:
    """Return the rows of a YAML or JSON table; empty if it is none, or if commas cut its cells."""
    try:
        root = parse(Source("table", text))
    except SpecError:
        return []
    rows: list[Row] = []
    for mapping in _mappings(root):
        if _cut(mapping):
            return []
    if isinstance(root, Mapping):
        for key, node in root.entries:
            if isinstance(node, Mapping):
                rows.append(Row(key.text, {name.text: written(v) for name, v in node.entries}))
            elif isinstance(node, ListNode):
                rows.append(Row(key.text, listed=[written(item) for item in node.items]))
            else:
                rows.append(Row(key.text, listed=_listed(written(node))))
    elif isinstance(root, ListNode):
        for item in root.items:
            rows += _tree_row(item)
    return rows[:MAX_ROWS]


def _cut(mapping: Mapping) -> bool:
    """Tell whether a comma has cut a value of `{shape: 28, 28, 6}`: what is left has no value."""
    flow = mapping.source.line(mapping.line)[mapping.column - 1 :].startswith("{")
    values = (value for _, value in mapping.entries if isinstance(value, Scalar))
    return flow and any(not value.text and value.length < 2 for value in values)


def _mappings(node: object) -> Iterator[Mapping]:
    if isinstance(node, Mapping):
        yield node
        for _, value in node.entries:
            yield from _mappings(value)
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from _mappings(item)


def _tree_row(node: object) -> list[Row]:
    if isinstance(node, ListNode) and node.items:
        cells = [written(item) for item in node.items]
        return [Row(cells[0], listed=cells[1:])]
    if isinstance(node, Mapping):
        cells_by = {key.text: written(value) for key, value in node.entries}
        label = next((key for key in cells_by if key.lower() in _LABELS), None)
        if label is not None:
            return [Row(cells_by.pop(label), cells_by)]
        if len(node.entries) == 1 and isinstance(node.entries[0][1], Mapping):
            key, inner = node.entries[0][0], node.entries[0][1]
            return [Row(key.text, {name.text: written(v) for name, v in inner.entries})]
    if isinstance(node, Scalar):
        cells = _split(node.text)
        return [Row(cells[0], listed=cells[1:])] if cells else []
    return []


def written(node: object) -> str:
    """Return the text of a node as it was written, brackets and all."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Mapping | ListNode):
        line = node.source.line(node.line)[node.column - 1 :]
        if line.startswith(("[", "{")) and node.start.line == node.end.line:
            return line[: node.length]
        if isinstance(node, ListNode):
            return "[" + ", ".join(map(written, node.items)) + "]"
        pairs = ((key.text, written(value)) for key, value in node.entries)
        return ", ".join(f"{key}: {value}" if value else key for key, value in pairs)
    return ""


def column_of(name: str) -> str:
    """Return the quantity that the head of a column names, or ''."""
    word = re.sub(r"[^a-z]+", " ", name.lower()).strip()
    for column, hints in _COLUMNS.items():
        if word == column.replace("_", " "):
            return column
        if any(hint in word for hint in hints):
            return column
    return ""
