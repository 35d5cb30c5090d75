"""Typed tables: their rows in any notation, and which row means which layer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cnncalc.diagnostics import Source, SpecError
from cnncalc.grading.model import Item, Question
from cnncalc.grading.submissions.raw import Row
from cnncalc.spec.source import parse
from cnncalc.spec.tree import Mapping, Scalar
from cnncalc.spec.tree import Sequence as ListNode

MAX_ROWS = 500
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
_WORDS = {
    "linear": ("fc", "dense", "fullyconnected", "gemm"),
    "max_pool": ("pool", "maxpool"),
    "avg_pool": ("avgpool", "averagepool"),
    "batch_norm": ("bn", "batchnorm", "norm"),
    "conv": ("convolution", "conv2d", "conv1d", "conv3d"),
    "local_response_norm": ("lrn",),
    "conv_transpose": ("deconv", "convtranspose"),
    "global_avg_pool": ("gap",),
    "subsample": ("subsampling",),
    "relu": ("activation",),
    "total": ("sum", "totals"),
}
_KEYWORDS = {word: keyword for keyword, words in _WORDS.items() for word in words}


def read_rows(text: str) -> list[Row]:
    """Return the rows of a table typed as Markdown, CSV, YAML or plain lines."""
    lines = [line for line in text.split("\n") if line.strip() and not _RULE.match(line)]
    if not lines:
        return []
    if sum(line.count("|") for line in lines) >= len(lines):
        return _headed([_cells(line.strip().strip("|").split("|")) for line in lines])
    tree = _from_tree(text)
    if tree:
        return tree
    return _headed([_split(line) for line in lines[:MAX_ROWS]])


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
    head, colon, tail = line.partition(":")
    if colon and any(char.isalpha() for char in head):
        return [head.strip(), *_split_commas(tail)]
    return _split_commas(line)


def _split_commas(line: str) -> list[str]:
    parts, depth, start = [], 0, 0
    quoted = ""
    for position, char in enumerate(line):
        if quoted:
            quoted = "" if char == quoted else quoted
        elif char in "\"'":
            quoted = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth <= 0:
            parts.append(line[start:position])
            start = position + 1
    parts.append(line[start:])
    return [part.strip().strip("\"'") for part in parts if part.strip()]


def _headed(rows: list[list[str]]) -> list[Row]:
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


def _from_tree(text: str) -> list[Row]:
    """Return the rows of a YAML or JSON table; empty if it is none."""
    try:
        root = parse(Source("table", text))
    except SpecError:
        return []
    rows: list[Row] = []
    if isinstance(root, Mapping):
        for key, node in root.entries:
            if isinstance(node, Mapping):
                rows.append(Row(key.text, {name.text: written(v) for name, v in node.entries}))
            elif isinstance(node, ListNode):
                rows.append(Row(key.text, listed=[written(item) for item in node.items]))
            else:
                rows.append(Row(key.text, listed=_split_commas(written(node))))
    elif isinstance(root, ListNode):
        for item in root.items:
            rows += _tree_row(item)
    return rows[:MAX_ROWS]


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
        line = node.source.line(node.line)
        if node.length:
            return line[node.column - 1 : node.column - 1 + node.length]
        if isinstance(node, ListNode):
            return "[" + ", ".join(written(item) for item in node.items) + "]"
        return ", ".join(f"{key.text}: {written(value)}" for key, value in node.entries)
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


def place(
    rows: Sequence[Row], question: Question, agrees: Callable[[Item, str], bool]
) -> dict[str, str]:
    """Return item id → raw text for the rows of a table, matched by name and order.

    `agrees` tells whether a cell is right; it decides only between rows of equal names.
    """
    labels = list(dict.fromkeys(item.row for item in question.items))
    columns = list(dict.fromkeys(item.column for item in question.items))
    by_cell = {(item.row, item.column): item for item in question.items}
    result: dict[str, str] = {}
    texts = [_by_column(row, columns) for row in rows]

    def score(given: int, wanted: int) -> int:
        label = labels[wanted]
        rank = _likeness(rows[given].label, label, _keyword(question, label))
        if not rank:
            return 0
        right = sum(
            (label, column) in by_cell and agrees(by_cell[label, column], text)
            for column, text in texts[given].items()
        )
        return 100 * rank + right

    for given, wanted in _aligned(len(rows), len(labels), score):
        for column, text in texts[given].items():
            item = by_cell.get((labels[wanted], column))
            if item is not None:
                result.setdefault(item.id, text)
    return result


def _by_column(row: Row, columns: list[str]) -> dict[str, str]:
    if row.cells:
        found: dict[str, str] = {}
        for name, text in row.cells.items():
            column = name if name in columns else column_of(name)
            if column == "params" and column not in columns and "weights" in columns:
                column = "weights"
            found.setdefault(column, text)
        return found
    listed = row.listed
    if len(listed) > len(columns) and columns[0] in ("shape", "spatial"):
        extra = len(listed) - len(columns) + 1  # `conv, 28, 28, 6, 156`: the shape has commas
        listed = ["×".join(listed[:extra]), *listed[extra:]]
    return dict(zip(columns, listed, strict=False))


def _keyword(question: Question, label: str) -> str:
    network = question.network
    item = next(item for item in question.items if item.row == label)
    if network is None or item.whole:
        return ""
    return network.graph.nodes[item.nodes[-1]].layer.keyword


def _likeness(given: str, label: str, keyword: str) -> int:
    """Return how much a typed label looks like a row: 3 the same, 1 the same kind of layer."""
    left, right = _bare(given), _bare(label)
    if left == right:
        return 3
    if left and (right.endswith("/" + left) or right.rsplit("/", 1)[-1] == left):
        return 2
    word = re.sub(r"[\d/].*", "", left.replace("_", ""))
    kind = _KEYWORDS.get(word, word)
    plain = keyword.replace("_", "")
    same_kind = kind.replace("_", "") == plain or (kind == "max_pool" and "pool" in keyword)
    total = kind == "total" and label == "total"
    return 1 if word and (same_kind or total) else 0


def _bare(label: str) -> str:
    return re.sub(r"[\s.:_-]+", "", label.lower()).replace("(", "/").rstrip(")")


def _aligned(given: int, wanted: int, score: Callable[[int, int], int]) -> list[tuple[int, int]]:
    """Return pairs in a common order with the greatest sum of scores."""
    best = [[0] * (wanted + 1) for _ in range(given + 1)]
    scores = [[score(i, j) for j in range(wanted)] for i in range(given)]
    for i in range(given - 1, -1, -1):
        for j in range(wanted - 1, -1, -1):
            pair = scores[i][j] + best[i + 1][j + 1] if scores[i][j] else 0
            best[i][j] = max(pair, best[i + 1][j], best[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < given and j < wanted:
        if scores[i][j] and best[i][j] == scores[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return _with_strays(pairs, given, wanted, scores)


def _with_strays(
    pairs: list[tuple[int, int]], given: int, wanted: int, scores: list[list[int]]
) -> list[tuple[int, int]]:
    """Add rows that stand out of order but bear exactly the name of a row that is still free."""
    used_given = {i for i, _ in pairs}
    used_wanted = {j for _, j in pairs}
    for i in range(given):
        for j in range(wanted):
            if i not in used_given and j not in used_wanted and scores[i][j] >= 200:
                pairs.append((i, j))
                used_given.add(i)
                used_wanted.add(j)
    return pairs
