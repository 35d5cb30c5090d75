"""`cnncalc search`, `found`: try many networks of one design space, and show what was found."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.options import DECLARED, declared, emit, memory_options, pairs, printed
from cnncalc.cli.output import emit_table
from cnncalc.cli.progress import progress
from cnncalc.diagnostics import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.search.engine import Search
    from cnncalc.search.found import Found
    from cnncalc.search.request import Request
    from cnncalc.search.store import Store
    from cnncalc.search.workers import Workers


@click.command()
@click.argument("spec", metavar="[SPEC]", required=False)
@option(
    "--vary NAME=VALUES",
    "width=8..64:8, depths[0]=1..6, input=160..256:32; `log` after it: drawn by logarithms.",
    multiple=True,
)
@flag("--variants", "Try every variant of the spec.")
@option("--where CONDITION", "What must hold: params < 5M.", multiple=True)
@option("--pareto A,B,...", "Find the front of these, made small: macs,-field.")
@option("--objective FORMULA", "One more: 'max field', 'params / macs'.", multiple=True)
@option("--what A,B,...", "Other figures to keep: depth,peak.")
@flag("--grid", "Try every candidate.")
@option("--sample N", "Try so many.", low=1)
@option("--passing N", "Draw until so many pass.", low=1)
@option("--sampling", "How the sample is drawn.", of="uniform log-uniform stratified evolve")
@option("--seed", "Of the sample; 0 unless given.", low=0, high=2**63)
@declared("variant", "settings", "inputs", "rounding")
@memory_options
@option("-o, --output FILE", "Keep what is found: found.db.", name="store")
@flag("--resume", "Go on with that file.")
@DECLARED["jobs"]
@option("--cluster ADDRESS", "A Dask scheduler: tcp://host:8786.")
@option("--chunk", "Candidates handed to a worker at once.", low=1, high=100_000, default=200)
@option(
    "-f, --format",
    "How to print the front, or the first of what passes.",
    of="table csv json",
    default="table",
)
def search(
    spec: str | None,
    store: str | None,
    resume: bool,
    jobs: int,
    cluster: str | None,
    chunk: int,
    format: str,
    **options: Any,
) -> int:
    """Try the candidates of a design space: SPEC is a network, or a search file (search.yaml).

    \b
      cnncalc search resnet18 --vary width=16..64:8 --vary input=160..256:32 --pareto macs,params
      cnncalc search regnet_space --vary w0=8..128:8 --sample 1000 --where 'macs < 400M' -o found.db
      cnncalc search --resume -o found.db
    """
    import json

    from cnncalc.search.engine import Search
    from cnncalc.search.evaluate import Evaluator
    from cnncalc.search.store import create

    request = asked(spec, options)
    with saying_what_is_kept(store), ExitStack() as stack:
        request, file = continued(request, store, resume)
        problem = request.problem() if file is None else file.problem
        ask = Evaluator(problem, request.question, request.places)
        sampling = request.sampling(problem.space.size)
        pool: Workers = stack.enter_context(hands(jobs, cluster))
        drawn = json.dumps(sampling.as_dict())
        if file is None:
            file = create(store or ":memory:", problem, request.question, drawn)
        else:
            file.remember("sampling", drawn)
        stack.callback(file.close)
        search = Search(ask, request.question, file, pool, chunk)
        size = problem.space.size
        total = sampling.passing or min(size if sampling.count is None else sampling.count, size)
        with progress("searching", total, rate=True) as advance:
            search.run(sampling, advance)
        report(search, format)
    return 0


def asked(spec: str | None, options: dict[str, Any]) -> Request:
    """Return what the options ask for, with what a search file says."""
    from dataclasses import replace

    from cnncalc.search.file import read, search_file
    from cnncalc.search.request import Request
    from cnncalc.search.space import variable

    batch, dtype = options["batch"], options["dtype"]
    objectives = [part.strip() for part in parts(options["pareto"])]
    own = Request(
        spec=spec,
        variant=options["variant"],
        settings=tuple(pairs(options["settings"], "--set").items()),
        inputs=tuple(pairs(options["inputs"], "--input", True).items()),
        rounding=options["rounding"],
        batch=batch if batch != 1 else None,
        dtype=dtype if dtype != "float32" else None,
        variables=tuple([variable(text) for text in options["vary"]]),
        variants=options["variants"],
        where=options["where"],
        objectives=(*objectives, *options["objective"]),
        figures=tuple(part.strip() for part in parts(options["what"])),
        method="grid" if options["grid"] else options["sampling"],
        count=options["sample"],
        passing=options["passing"],
        seed=options["seed"],
    )
    path = None if spec is None else search_file(spec)
    if path is None:
        return own
    return replace(own, spec=None).over(read(path))


def continued(request: Request, path: str | None, resume: bool) -> tuple[Request, Store | None]:
    """Return the store to go on with, and the request with what it was asked."""
    from cnncalc.search import request as requests
    from cnncalc.search import store

    if resume and path is None:
        raise UsageError("--resume goes on with a file", "add -o found.db")
    if path is None or not resume:
        return request, None
    if not store.is_begun(path) and request.spec is not None:
        return request, None
    file = store.opened(path)
    return requests.continued(request, file), file


def hands(jobs: int, cluster: str | None) -> Workers:
    """Return who does the work."""
    if cluster is None:
        from cnncalc.search.workers import workers

        return workers(jobs)
    if jobs != 1:
        raise UsageError("--jobs are processes here, --cluster others", "leave one of them out")
    from cnncalc.search.cluster import connect

    return connect(cluster)


@contextmanager
def saying_what_is_kept(path: str | None) -> Iterator[None]:
    """Say after Ctrl-C what is kept, wherever the search was."""
    try:
        yield
    except KeyboardInterrupt:
        from cnncalc.search.store import is_begun, opened

        if path is not None and is_begun(path):
            print(
                f"{opened(path).count():,} candidates are in {path};"
                f" `cnncalc search --resume -o {path}` goes on",
                file=sys.stderr,
            )
        raise


def report(search: Search, format: str) -> None:
    """Print the front, or the first of the candidates that pass."""
    from cnncalc.search.found import read

    only_front = bool(search.ask.objectives)
    found = read(search.store, search.ask, True, None, None if only_front else SHOWN, only_front)
    write(found, format, None)


SHOWN = 20


@click.command()
@click.argument("store", metavar="FILE")
@option("--where CONDITION", "Other conditions than the search's.", multiple=True)
@option("--pareto A,B,...", "Only the front of these, made small: macs,-field.")
@flag("--front", "Only the front by the search's own objectives.")
@option("--sort A,B,...", "In the order of these formulas: -params.")
@option("--top N", "Only the first N; a table has 20.", low=1)
@printed("table", "csv", "json", "parquet", "svg", wide=True)
def found(
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
