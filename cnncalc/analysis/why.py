"""Why two totals differ: their difference, as a sum of terms that leaves nothing over."""

from __future__ import annotations

from cnncalc.analysis.conventions import Convention
from cnncalc.diagnostics import Diagnostic, LayerError, SpecError
from cnncalc.quantities import OpCount
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.figures import NodeFigures
    from cnncalc.analysis.terms import Terms
    from cnncalc.analysis.walk import Analysis
    from cnncalc.layers.facts import Operations


class Line(Record):
    """One kind of term: `factor` for each of `count` things, over `layers` layers."""

    name: str
    factor: int
    count: int
    layers: int

    @property
    def amount(self) -> int:
        """What the line contributes."""
        return self.factor * self.count


class Reconciliation(Record):
    """Two totals for one sample and the lines whose amounts add up to `total_a - total_b`."""

    a: Convention
    b: Convention
    total_a: int
    total_b: int
    lines: tuple[Line, ...]

    @property
    def difference(self) -> int:
        """`total_a - total_b`, the sum of the lines' amounts."""
        return self.total_a - self.total_b


def main_path(analysis: Analysis, aux: bool = False) -> list[NodeFigures]:
    """Return the figures of the main path's nodes, or with `aux` those of all nodes."""
    return [row for row in analysis.rows() if aux or not row.node.aux]


def terms(row: NodeFigures, convention: Convention) -> Terms:
    """Return a node's terms, of what is known of it where that is not all.

    Raises `SpecError` where the convention has no rule for its layer.
    """
    if not convention.is_known(row):
        return convention.known_terms(row)
    node, ops = row.node, row.ops
    try:
        return convention.terms(
            node.layer, row.inputs, row.output, row.arrays, counted(ops), node.seen_as
        )
    except LayerError as error:
        raise SpecError(Diagnostic(error.message, node.span, error.help, node=node.name)) from None


def counted(ops: Operations) -> OpCount:
    """Return an operation count by its known components, for conventions that ask no others."""
    return ops if isinstance(ops, OpCount) else ops.known()


def figure(row: NodeFigures, convention: Convention) -> int | None:
    """Return a node's figure; None where it is not known. Raises `SpecError` as `terms` does."""
    if not convention.is_known(row):
        return None
    return sum([factor * count for _name, factor, count in terms(row, convention)])


def not_known(rows: list[NodeFigures], *conventions: Convention) -> list[NodeFigures]:
    """Return the nodes with unknown counts that one of the conventions needs."""
    return [row for row in rows if not all(one.is_known(row) for one in conventions)]


def total(rows: list[NodeFigures], convention: Convention) -> int:
    """Return the figure of a network for one sample, of what is known of it.

    Raises `SpecError` where there is no rule for a layer.
    """
    return sum([line.amount for line in breakdown(rows, convention)])


def breakdown(rows: list[NodeFigures], convention: Convention) -> tuple[Line, ...]:
    """Return what a convention's total is made of, the largest amounts first."""
    tally = Tally()
    for row in rows:
        tally.add(terms(row, convention))
    return tally.lines()


def reconcile(rows: list[NodeFigures], a: Convention, b: Convention) -> Reconciliation:
    """Return why the totals of two conventions differ; the lines add up to the difference.

    Raises `SpecError` where one of them has no count for a layer.
    """
    totals = [0, 0]
    tally = Tally()
    for row in rows:
        ours, theirs = terms(row, a), terms(row, b)
        totals[0] += sum([factor * count for _name, factor, count in ours])
        totals[1] += sum([factor * count for _name, factor, count in theirs])
        tally.add(_subtract(ours, theirs))
    return Reconciliation(a, b, totals[0], totals[1], tally.lines())


def _subtract(ours: Terms, theirs: Terms) -> Terms:
    """Return terms that add up to the difference of two layers' terms, merged by name."""
    mine = {name: (factor, count) for name, factor, count in ours}
    result = []
    for name, factor, count in theirs:
        own_factor, own_count = mine.pop(name, (0, count))
        if own_count == count:
            result.append((name, own_factor - factor, count))
        elif own_factor == factor:
            result.append((name, factor, own_count - count))
        else:
            result += [(name, own_factor, own_count), (name, -factor, count)]
    result += [(name, factor, count) for name, (factor, count) in mine.items()]
    return tuple([term for term in result if term[1] and term[2]])


class Tally:
    """Adds up terms of many layers that have the same name and factor."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, int], list[int]] = {}

    def add(self, own: Terms) -> None:
        """Add the terms of one more layer."""
        for name, factor, count in own:
            entry = self._sums.setdefault((name, factor), [0, 0])
            entry[0] += count
            entry[1] += 1

    def lines(self) -> tuple[Line, ...]:
        """Return a line for each name and factor, the largest amounts first."""
        lines = [Line(*key, *entry) for key, entry in self._sums.items()]
        return tuple(sorted(lines, key=lambda line: -abs(line.amount)))
