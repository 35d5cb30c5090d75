"""Which typed row means which layer of a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cnncalc.grading.model import Item, Question
from cnncalc.grading.submissions.raw import Row
from cnncalc.grading.submissions.rows import column_of

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
_HEAD = re.compile(r"\d{1,3}")
_GROUP = re.compile(r"\d{3}(?:,\d{3})*")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
_KEYWORDS = {word: keyword for keyword, words in _WORDS.items() for word in words}


def place(
    rows: Sequence[Row], question: Question, agrees: Callable[[Item, str], bool]
) -> dict[str, str]:
    """Return item id → raw text for the rows of a table, matched by name and order.

    `agrees` tells whether a cell is right; it decides only between rows of equal names.
    """
    labels = list(dict.fromkeys(item.row for item in question.items))
    columns = list(dict.fromkeys(item.column for item in question.items))
    by_cell = {(item.row, item.column): item for item in question.items}
    texts = [_by_column(row, columns) for row in rows]
    pairs = _named([row.label for row in rows], labels)
    # Only rows without a name of their own have to be compared with one another.
    left = [i for i in range(len(rows)) if i not in pairs]
    free = [j for j in range(len(labels)) if j not in pairs.values()]

    def score(given: int, label: str) -> int:
        rank = _likeness(rows[given].label, label, _keyword(question, label))
        cells = texts[given].items() if rank else ()
        return 100 * rank + sum(
            agrees(by_cell[label, column], text)
            for column, text in cells
            if (label, column) in by_cell
        )

    scores = [[score(given, labels[wanted]) for wanted in free] for given in left]
    pairs |= {left[one]: free[other] for one, other in _aligned(scores, len(free))}
    result: dict[str, str] = {}
    for given, wanted in pairs.items():
        own = [column for column in columns if (labels[wanted], column) in by_cell]
        for column, text in (_alone(rows[given], own) or texts[given]).items():
            item = by_cell.get((labels[wanted], column))
            if item is not None:
                result.setdefault(item.id, text)
    return result


def _named(given: Sequence[str], wanted: Sequence[str]) -> dict[int, int]:
    """Return the rows whose label is that of one row alone, with that row."""
    labels, rows = [[_bare(label) for label in several] for several in (given, wanted)]
    return {
        i: rows.index(label)
        for i, label in enumerate(labels)
        if rows.count(label) == labels.count(label) == 1
    }


def _by_column(row: Row, columns: list[str]) -> dict[str, str]:
    if row.cells:
        found: dict[str, str] = {}
        for name, text in row.cells.items():
            column = name if name in columns else column_of(name)
            if column == "params" and column not in columns and "weights" in columns:
                column = "weights"
            found.setdefault(column, text)
        return found
    listed = _grouped(row.listed, len(columns))
    if len(listed) > len(columns) and columns[0] in ("shape", "spatial"):
        extra = len(listed) - len(columns) + 1  # `conv, 28, 28, 6, 156`: the shape has commas
        listed = ["×".join(listed[:extra]), *listed[extra:]]
    return dict(zip(columns, listed, strict=False))


def _grouped(listed: list[str], width: int) -> list[str]:
    """Return cells with numbers such as `1,168` whole again, where the first is not a number."""
    if not listed or listed[0].isdecimal():
        return listed
    cells = list(listed)
    for i in range(len(cells) - 1, 1, -1):
        if len(cells) > width and _GROUP.fullmatch(cells[i]) and _HEAD.fullmatch(cells[i - 1]):
            cells[i - 1 : i + 1] = [f"{cells[i - 1]},{cells[i]}"]
    return cells


def _alone(row: Row, own: Sequence[str]) -> dict[str, str]:
    """Return the cell of a row that asks for one number: `total: 12,058`; empty for others."""
    if len(own) != 1 or not row.listed:
        return {}
    text = ",".join(row.listed)
    return {own[0]: text} if len(row.listed) == 1 or _THOUSANDS.fullmatch(text) else {}


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


def _aligned(scores: list[list[int]], wanted: int) -> list[tuple[int, int]]:
    """Return pairs in a common order with the greatest sum of scores."""
    given = len(scores)
    best = [[0] * (wanted + 1) for _ in range(given + 1)]
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
    return pairs
