"""How `cnncalc why` tells what it found, as text and as JSON."""

from __future__ import annotations

from cnncalc.report.table import Column, Table, TableRow
from cnncalc.report.words import describe, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cnncalc.analysis.conventions import Convention
    from cnncalc.analysis.figures import NodeFigures
    from cnncalc.analysis.why import Line, Reconciliation
    from cnncalc.analysis.why_number import Match, NumberExplanation

MOST_UNKNOWN = 8  # layers that a line names
_MOST_RULES = 3  # of conventions that give a number; more would bury the answer


def two_short(a: int, b: int) -> tuple[str, str]:
    """Return two numbers with enough digits to tell them apart, four or more."""
    for digits in range(4, 16):
        if short(a, digits) != short(b, digits):
            return short(a, digits), short(b, digits)
    return f"{a:,}", f"{b:,}"


def reconciliation_text(name: str, result: Reconciliation) -> str:
    """Return the difference of two totals in one line, then exactly, then the two rules."""
    a, b = result.a, result.b
    high, low = two_short(result.total_a, result.total_b)
    width = max(len(f"{result.total_a:,}"), len(f"{result.total_b:,}"))
    head = f"{name}: {a.name} {high} - {b.name} {low} = {_sum_of(result.lines)}"
    lines = [
        head,
        "",
        f"    {result.total_a:>{width},}  {a.name} ({a.unit})",
        f"  - {result.total_b:>{width},}  {b.name} ({b.unit})",
        f"  = {result.difference:>{width},}",
        "",
        *line_table(result.lines),
        *([""] if result.lines else []),
        *rules((a, b)),
    ]
    return "\n".join(lines)


def _sum_of(lines: Iterable[Line]) -> str:
    """Return terms as a sum in words: `2 × 11.11 M batch-norm elements - 2048 ...`."""
    text = ""
    for line in lines:
        sign = "-" if line.amount < 0 else "+"
        times = f"{abs(line.factor)} × " if abs(line.factor) != 1 else ""
        text += f" {sign} {times}{short(abs(line.count))} {line.name}"
    return text.removeprefix(" + ").strip() or "0: they count this network alike"


def line_table(lines: Iterable[Line]) -> list[str]:
    """Return one aligned row per term: amount = factor × count, what, over how many layers."""
    cells = [
        (
            f"{x.amount:,}",
            f"{x.factor}",
            f"{x.count:,}",
            x.name,
            f"{x.layers} layer{'s' if x.layers > 1 else ''}",
        )
        for x in lines
    ]
    widths = [max((len(row[column]) for row in cells), default=0) for column in range(5)]
    return [
        f"    {amount:>{widths[0]}} = {factor:>{widths[1]}} × {count:>{widths[2]}}"
        f"  {name:<{widths[3]}}  {layers:>{widths[4]}}"
        for amount, factor, count, name, layers in cells
    ]


def rules(conventions: Iterable[Convention]) -> list[str]:
    """Return each convention's rule, wrapped, once."""
    result = []
    for convention in dict.fromkeys(conventions):
        text = f"{convention.name} ({convention.title}): {convention.rule}"
        result.append(text)
    return result


def breakdown_text(
    name: str,
    own: Convention,
    lines: tuple[Line, ...],
    totals: dict[str, int | None],
    is_part: bool = False,
) -> str:
    """Return what a total is made of, and the totals of all conventions beside it.

    With `is_part` some layer is not known, so that totals may be of a part only.
    """
    from cnncalc.analysis.conventions import CONVENTIONS

    total = sum(line.amount for line in lines)
    none = "not known" if is_part else "no count"
    shown = {key: none if value is None else f"{value:,}" for key, value in totals.items()}
    width = max(len(text) for text in shown.values())
    least = "at least " if is_part and totals[own.name] is None else ""
    others = [
        f"    {text:>{width}}  {CONVENTIONS[key].unit:<5}  {key}" for key, text in shown.items()
    ]
    return "\n".join(
        [
            f"{name}: {own.name} {least}{total:,} {own.unit}",
            "",
            *line_table(lines),
            "",
            "by every convention:",
            "",
            *others,
            "",
            *rules((own,)),
        ]
    )


def unknown_text(rows: Sequence[NodeFigures]) -> str:
    """Return which layers a total leaves out, in whole or in part, since they are not known."""
    shown = [f"{row.node.name} ({describe(row.node.layer)})" for row in rows[:MOST_UNKNOWN]]
    more = f" and {len(rows) - MOST_UNKNOWN} more" if len(rows) > MOST_UNKNOWN else ""
    return f"Not all is known of {', '.join(shown)}{more}: the totals hold what is known."


def explanation_text(
    name: str, found: NumberExplanation, relatives: dict[str, tuple[Match, ...]]
) -> str:
    """Return which totals give a printed number, or how near one comes and what is left over."""
    if found.matches:
        return "\n".join(_matched(name, found))
    text = found.figure.text
    nearest = found.nearest
    side = "below" if found.residue < 0 else "above"
    share = abs(found.residue) / found.nearest_total if found.nearest_total else 1
    lines = [
        f"{text} is no total of {name} under any convention known here. The nearest is"
        f" {nearest.name}, {found.nearest_total:,} {nearest.unit}: {text} is"
        f" {abs(found.residue):,} {side} it ({share:.2%})."
    ]
    if found.equals:
        parts = ", ".join(f"`{part}`" for part in found.equals)
        how = "left out" if found.beyond_macs < 0 else "counted twice"
        lines.append(
            f"Its distance from macs, {abs(found.beyond_macs):,}, is exactly the MACs of {parts}:"
            f" perhaps {how}."
        )
    if found.combination:
        lines.append(
            f"It is exactly the sum of these terms, the shortest of {found.tried:,} sums that were"
            " tried. So many sums can also meet a number by accident."
        )
        lines += ["", *line_table(found.combination)]
    for relative, matches in relatives.items():
        lines += ["", f"It is a total of another network, {relative}:", *_match_rows(matches)]
    return "\n".join(lines)


def _matched(name: str, found: NumberExplanation) -> list[str]:
    """Return the totals that give the figure; all matches are of one kind."""
    matches = found.matches
    several = len(matches) > 1
    head = f"{found.figure.text} can be any of these totals of {name}"
    if several and matches[0].how != "exactly":
        head += ", which its digits cannot tell apart"
    if not several:
        head = f"{found.figure.text} is this total of {name}"
    lines = [head + ":", *_match_rows(matches), *_other_unit(found)]
    shown = list(dict.fromkeys(match.convention for match in matches))
    return [*lines, "", *rules(shown)] if len(shown) <= _MOST_RULES else lines


def _other_unit(found: NumberExplanation) -> list[str]:
    """Return a remark where a number is called FLOPs and is one of MACs, or the other way."""
    said, units = found.figure.unit, {match.convention.unit for match in found.matches}
    if not said or said in units or any(match.multiplied for match in found.matches):
        return []
    counts = {"MACs": "MACs: a product and its sum are one", "FLOPs": "FLOPs: they are two"}
    return ["", f"It is printed as {said}, but these totals count {counts[units.pop()]}."]


_HOW = {"exactly": "", "rounded": ", rounded", "cut off": ", cut off instead of rounded"}


def _match_rows(matches: tuple[Match, ...]) -> list[str]:
    width = max(len(f"{match.total:,}") for match in matches)
    return [
        f"    {match.multiplied + ' ' if match.multiplied else ''}{match.total:>{width},}"
        f" {match.convention.unit:<5}  {match.convention.name}{_HOW[match.how]}"
        for match in matches
    ]


def line_json(line: Line) -> dict[str, object]:
    """Return a term for `--format json`."""
    return {**line.as_dict(), "amount": line.amount}


def convention_json(convention: Convention, total: int | None) -> dict[str, object]:
    """Return a convention and its total (None: it has no count for the network)."""
    return {**convention.as_dict(), "total": total}


def match_json(match: Match) -> dict[str, object]:
    """Return a total that gives a printed number."""
    return {**match.as_dict(), "convention": match.convention.name}


def explanation_json(
    found: NumberExplanation, relatives: dict[str, tuple[Match, ...]]
) -> dict[str, object]:
    """Return what was found about a printed number."""
    return {
        "matches": [match_json(match) for match in found.matches],
        "nearest": convention_json(found.nearest, found.nearest_total),
        "residue": found.residue,
        "beyond_macs": found.beyond_macs,
        "equals": list(found.equals),
        "combination": [line_json(line) for line in found.combination],
        "sums_tried": found.tried,
        "other_networks": {
            name: [match_json(match) for match in matches] for name, matches in relatives.items()
        },
    }


def object_table(title: str, rows: Sequence[Mapping[str, object]], raw: bool) -> Table:
    """Return what `--format json` calls terms or matches as the rows of a table.

    `raw` numbers have no separators.
    """
    keys = list(rows[0]) if rows else ["name", "factor", "count", "layers", "amount"]
    columns = [
        Column(key, key, "right" if rows and isinstance(rows[0][key], int) else "left")
        for key in keys
    ]
    body = [
        TableRow(
            tuple([f"{v:,}" if isinstance(v, int) and not raw else str(v) for v in row.values()])
        )
        for row in rows
    ]
    return Table("" if raw else title, tuple(columns), tuple(body))
