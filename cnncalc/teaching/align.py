"""`diff`: two networks aligned layer by layer, with what each change costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnncalc.layers.option import show

if TYPE_CHECKING:
    from cnncalc.analysis.figures import NodeFigures
    from cnncalc.analysis.walk import Analysis

#: Above this many pairs the middle of two long networks is aligned by equal layers only.
MOST_PAIRS = 4_000_000


@dataclass(frozen=True)
class Pair:
    """A layer of the old network beside one of the new; one of them may be missing.

    `changes` are fields whose values differ, as `name: (old, new)`.
    """

    old: NodeFigures | None
    new: NodeFigures | None
    changes: tuple[tuple[str, str, str], ...] = ()

    @property
    def kind(self) -> str:
        """`added`, `removed`, `changed` (fields), `affected` (figures only) or `equal`."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        if self.changes:
            return "changed"
        same = self.old.output == self.new.output and self.params == 0 == self.macs
        return "equal" if same else "affected"

    @property
    def params(self) -> int | None:
        """How many more parameters the new network has here; None if that is not known."""
        return more(self.old.params if self.old else 0, self.new.params if self.new else 0)

    @property
    def macs(self) -> int | None:
        """How many more MACs the new network has here; None if that is not known."""
        return more(self.old.ops.macs if self.old else 0, self.new.ops.macs if self.new else 0)


def more(old: int | None, new: int | None) -> int | None:
    """Return how much more the new figure is; None if one of them is not known."""
    return None if old is None or new is None else new - old


def align(old: Analysis, new: Analysis) -> list[Pair]:
    """Return the layers of two networks side by side, in order; nothing is left out.

    Layers are matched if they are of one kind; equal fields and equal names count for a match.
    The sums of `params` and `macs` over the pairs are the differences of the totals, where all of
    them are known.
    """
    a, b = old.rows(), new.rows()
    start = 0
    while start < min(len(a), len(b)) and likeness(a[start], b[start]) >= EQUAL:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and likeness(a[-1 - end], b[-1 - end]) >= EQUAL:
        end += 1
    pairs = [paired(x, y) for x, y in zip(a[:start], b[:start], strict=True)]
    middle = (a[start : len(a) - end], b[start : len(b) - end])
    pairs += best(*middle) if len(middle[0]) * len(middle[1]) <= MOST_PAIRS else by_equals(*middle)
    tails = zip(a[len(a) - end :], b[len(b) - end :], strict=True)
    return pairs + [paired(x, y) for x, y in tails]


#: The likeness of two layers of one kind, with equal fields and equal names.
KIND, FIELDS, NAME = 4, 4, 1
EQUAL = KIND + FIELDS + NAME


def likeness(a: NodeFigures, b: NodeFigures) -> int:
    """Return how alike two layers are: 0 if they are of different kinds."""
    one, other = a.node.layer, b.node.layer
    if type(one) is not type(other):
        return 0
    score = KIND
    if one == other:
        score += FIELDS
    else:
        mine, theirs = one.values(), other.values()
        same = sum(x == y for x, y in zip(mine, theirs, strict=True))
        score += (FIELDS - 1) * same // max(len(mine), 1)
    return score + (NAME if a.node.name == b.node.name else 0)


def paired(a: NodeFigures, b: NodeFigures) -> Pair:
    """Return two matched layers with the fields in which they differ."""
    mine, theirs = a.node.layer.as_dict(), b.node.layer.as_dict()
    changes = [(n, show(v), show(theirs[n])) for n, v in mine.items() if v != theirs[n]]
    return Pair(a, b, tuple(changes))


def best(a: list[NodeFigures], b: list[NodeFigures]) -> list[Pair]:
    """Return the alignment of the greatest likeness (Needleman & Wunsch 1970, no gap penalty)."""
    width = len(b) + 1
    score = [[0] * width for _ in range(len(a) + 1)]
    alike = [[likeness(x, y) for y in b] for x in a]
    for i in range(len(a) - 1, -1, -1):
        below, here = score[i + 1], score[i]
        for j in range(len(b) - 1, -1, -1):
            match = alike[i][j]
            together = below[j + 1] + match if match else 0
            here[j] = max(together, below[j], here[j + 1])
    pairs, i, j = [], 0, 0
    while i < len(a) or j < len(b):
        if i == len(a):
            pairs.append(Pair(None, b[j]))
            j += 1
        elif j == len(b) or score[i][j] == score[i + 1][j]:
            pairs.append(Pair(a[i], None))
            i += 1
        elif alike[i][j] and score[i][j] == score[i + 1][j + 1] + alike[i][j]:
            pairs.append(paired(a[i], b[j]))
            i, j = i + 1, j + 1
        else:
            pairs.append(Pair(None, b[j]))
            j += 1
    return pairs


def by_equals(a: list[NodeFigures], b: list[NodeFigures]) -> list[Pair]:
    """Return an alignment of very long networks: equal layers matched, blocks between paired."""
    from difflib import SequenceMatcher

    keys = [[repr(row.node.layer) for row in rows] for rows in (a, b)]
    matcher = SequenceMatcher(a=keys[0], b=keys[1], autojunk=False)
    pairs: list[Pair] = []
    for word, i, i_end, j, j_end in matcher.get_opcodes():
        if word == "equal":
            pairs += [paired(x, y) for x, y in zip(a[i:i_end], b[j:j_end], strict=True)]
        else:
            pairs += [Pair(x, None) for x in a[i:i_end]]
            pairs += [Pair(None, y) for y in b[j:j_end]]
    return pairs
