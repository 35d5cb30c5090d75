"""Which way of counting gives a number that somebody printed, such as 4.1G or 4089184256."""

from __future__ import annotations

from cnncalc.amounts import amount
from cnncalc.analysis.conventions import CONVENTIONS
from cnncalc.analysis.terms import PRODUCTS
from cnncalc.analysis.why import Line, breakdown, counted, not_known, total
from cnncalc.diagnostics import Diagnostic, SpecError, UsageError, quoted
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.conventions import Convention
    from cnncalc.analysis.figures import NodeFigures

_MOST_SUMS = 100_000  # combinations that are tried before giving up


class PrintedNumber(Record):
    """A printed number: its `text`, its `value`, the size of its last printed digit.

    `unit` is what the text says is counted, `FLOPs` or `MACs`, or empty.
    """

    text: str
    value: int
    digit: int = 1
    unit: str = ""

    def means(self, exact: int) -> str | None:
        """Return how an exact figure becomes this one: `exactly`, `rounded`, `cut off` or None."""
        if exact == self.value:
            return "exactly"
        if 2 * abs(exact - self.value) <= self.digit and self.digit > 1:
            return "rounded"
        return "cut off" if 0 < exact - self.value < self.digit else None


def printed_number(text: str) -> PrintedNumber:
    """Read `4089184256`, `4,089,184,256`, `4.1G`, `4.1 GMACs` or `3.8e9`.

    Trailing zeros of a whole number above a thousand may be rounding. Raises `UsageError`.
    """
    found = amount(text)
    if found is None:
        raise UsageError(
            f"{quoted(text)} is neither a convention nor a number",
            help=f"write 4.1G or 4089184256, or one of {', '.join(CONVENTIONS)}",
        )
    if found.digit < 1:
        raise UsageError(
            f"{quoted(text)} is not a whole number of operations",
            f"write {text.strip()}G for billions, or all digits",
        )
    rounding = 10**found.zeros if found.zeros >= 3 else 1
    return PrintedNumber(text, int(found.value), max(int(found.digit), rounding), found.unit)


class Match(Record):
    """A total that gives the figure: `how` it does, after `multiplied` (1, 2 or one half)."""

    convention: Convention
    total: int
    how: str
    multiplied: str


class NumberExplanation(Record):
    """What was found about a figure.

    `matches` are the totals that give it; if there are none, `combination` may be lines that add
    up to it exactly (found by trying `tried` sums), and `nearest` is the closest convention, with
    `residue` = figure - its total. `equals` names what in the network has exactly as many MACs as
    lie between the figure and all MACs; `beyond_macs` = figure - all MACs.
    """

    figure: PrintedNumber
    matches: tuple[Match, ...]
    nearest: Convention
    nearest_total: int
    residue: int
    beyond_macs: int
    equals: tuple[str, ...] = ()
    combination: tuple[Line, ...] = ()
    tried: int = 0


def all_totals(rows: list[NodeFigures]) -> dict[str, int]:
    """Return the totals by all conventions that have a count for the network, and all of it."""
    totals = {}
    for convention in CONVENTIONS.values():
        if not_known(rows, convention):
            continue
        try:
            totals[convention.name] = total(rows, convention)
        except SpecError:
            continue  # a tool that has no count for this network cannot have printed its total
    return totals


def explain_number(rows: list[NodeFigures], printed: PrintedNumber) -> NumberExplanation:
    """Return which convention gives a printed figure, or how near one comes and what is left.

    Raises `SpecError` if the MACs of some layer are not known.
    """
    totals = all_totals(rows)
    if "macs" not in totals:
        row = not_known(rows, CONVENTIONS["macs"])[0]
        message = f"the MACs of `{row.node.name}` are not known, so no total can be compared"
        help = "give its formula: `macs: ...`"
        raise SpecError(Diagnostic(message, row.node.span, help, node=row.node.name))
    matches = find_matches(totals, printed)
    name = min(totals, key=lambda key: abs(printed.value - totals[key]))
    residue = printed.value - totals[name]
    beyond = printed.value - totals["macs"]
    if matches:
        return NumberExplanation(printed, matches, CONVENTIONS[name], totals[name], residue, beyond)
    combination: tuple[Line, ...] = ()
    tried = 0
    if printed.digit == 1:
        combination, tried = _combination(rows, list(totals), printed.value)
    equals = _parts_of_size(rows, abs(beyond))
    return NumberExplanation(
        printed, (), CONVENTIONS[name], totals[name], residue, beyond, equals, combination, tried
    )


def find_matches(totals: dict[str, int], printed: PrintedNumber) -> tuple[Match, ...]:
    """Return the totals that give a figure: all that do so exactly, else all rounded, else cut off.

    Doubled and halved totals are a last resort: `2macs` and `torch` are twice `macs` already.
    """
    for how in ("exactly", "rounded", "cut off"):
        found = [
            Match(CONVENTIONS[name], exact, how, "")
            for name, exact in totals.items()
            if printed.means(exact) == how
        ]
        if found:
            return tuple(found)
    result = []
    for name, exact in totals.items():
        for multiplied, value in _other_unit(CONVENTIONS[name].unit, exact):
            meaning = printed.means(value)
            if meaning is not None:
                result.append(Match(CONVENTIONS[name], exact, meaning, multiplied))
    return tuple(result)


def _other_unit(unit: str, exact: int) -> tuple[tuple[str, int], ...]:
    """Return MACs as FLOPs, or FLOPs as MACs, as people convert them: by two."""
    if unit == "MACs":
        return (("twice", 2 * exact),)
    return (("half of", exact // 2),) if exact % 2 == 0 else ()


def _combination(
    rows: list[NodeFigures], names: list[str], target: int
) -> tuple[tuple[Line, ...], int]:
    """Return the fewest terms of any conventions that add up to the target, and the sums tried."""
    options: dict[tuple[str, int], tuple[Line, set[int]]] = {}
    for name in names:
        for line in breakdown(rows, CONVENTIONS[name]):
            if line.factor > 0:
                key = (line.name, line.count)
                options.setdefault(key, (line, {1, 2}))[1].add(line.factor)
    sums: dict[int, tuple[Line, ...]] = {0: ()}
    for line, factors in options.values():
        grown = dict(sums)
        for start, lines in sums.items():
            for factor in sorted(factors):
                reached = start + factor * line.count
                known = grown.get(reached)
                if reached <= target and (known is None or len(known) > len(lines) + 1):
                    grown[reached] = (*lines, line.replace(factor=factor))
        sums = grown
        if len(sums) > _MOST_SUMS:
            break
    found = sums.get(target, ())
    # Without the products it would be an accident of arithmetic.
    return (found if any(PRODUCTS in line.name for line in found) else ()), len(sums)


def _parts_of_size(rows: list[NodeFigures], macs: int) -> tuple[str, ...]:
    """Return the layers, scopes and kinds of layer that have exactly so many MACs."""
    sizes: dict[str, int] = {}
    for row in rows:
        name, own = row.node.name, counted(row.ops).macs
        parents = name.split("/")
        for depth in range(1, len(parents) + 1):
            path = "/".join(parents[:depth])
            sizes[path] = sizes.get(path, 0) + own
        kind = f"all {row.node.layer.keyword}"
        sizes[kind] = sizes.get(kind, 0) + own
    return tuple([name for name, size in sizes.items() if size == macs and macs])
