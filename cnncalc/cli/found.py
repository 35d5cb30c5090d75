"""`cnncalc found`: what a search has found so far."""

from __future__ import annotations

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.options import emit, printed
from cnncalc.cli.output import emit_table
from cnncalc.diagnostics import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.search.found import Found

SHOWN = 20


@click.command()
@click.argument("store", metavar="FILE")
@option("--where CONDITION", "Other conditions than the search's.", multiple=True)
@option("--pareto A,B,...", "Only the front of these, made small: macs,-field.")
@flag("--front", "Only the front by the search's own objectives.")
@option("--sort A,B,...", "In the order of these formulas: -params.")
@option("--top N", "Only the first N; a table has 20.", low=1)
@printed("table", "csv", "json", "parquet", "svg", wide=True)
def command(
    store: str,
    where: tuple[str, ...],
    pareto: str | None,
    front: bool,
    sort: str | None,
    top: int | None,
    format: str,
    output: str | None,
) -> int:
    """Show the candidates in FILE that pass, best first; a search may still be writing it.

    \b
      cnncalc found found.db
      cnncalc found found.db --where 'params < 3M' --pareto macs,-field
      cnncalc found found.db --sort -params --top 5 --format csv
      cnncalc found found.db --pareto macs,params --format svg -o front.svg
    """
    from cnncalc.search.evaluate import Evaluator
    from cnncalc.search.found import read
    from cnncalc.search.store import opened

    file = opened(store)
    question = file.last_question()
    is_stored = not where and not pareto
    objectives = tuple(part.strip() for part in parts(pareto)) or question.objectives
    asked = question.replace(where=where or question.where, objectives=objectives)
    ask = Evaluator(file.problem, asked)
    if front and not objectives:
        raise UsageError("there is no front without objectives", "--pareto macs,params")
    only_front = (front or pareto is not None) and format != "svg"
    if top is None and format == "table" and not only_front:
        top = SHOWN
    found = read(file, ask, is_stored, sort, top, only_front)
    file.close()
    write(found, format, output)
    return 0


def write(found: Found, format: str, output: str | None) -> None:
    """Print what was found, or write it to a file."""
    from cnncalc.report import found as words

    if format == "table":
        emit_table(words.table(found), format, output, None)
    elif format == "parquet":
        from cnncalc.report.found import write_parquet

        if output is None:
            raise UsageError("Parquet is no text to print", "add -o found.parquet")
        write_parquet(found, output)
    elif format == "svg":
        from cnncalc.report.chart import scatter

        emit(scatter(found), output)
    else:
        emit(words.csv(found) if format == "csv" else words.as_json(found), output)


def parts(text: str | None) -> list[str]:
    """Return the parts of a list of formulas: cut at commas outside parentheses."""
    result, depth = [""], 0
    for char in text or "":
        depth += (char in "([") - (char in ")]")
        if char == "," and depth == 0:
            result.append("")
        else:
            result[-1] += char
    return [part for part in result if part.strip()]
