"""Runs a batch: hands out bundles of students, writes what comes back, survives being killed.

Results are appended to `results.jsonl.partial` bundle by bundle; every other file grows beside its
place. A run that was killed leaves the partial file behind, and `resume` goes on after its last
whole line. Nothing depends on the clock, on the number of processes or on where a run broke off,
so that the files of an interrupted and resumed run equal those of a run in one go.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from cnncalc.diagnostics import UsageError
from cnncalc.grading.files import Pending, write_whole
from cnncalc.grading.processes import process_pool
from cnncalc.grading.records import header, outcome_of, whole_lines
from cnncalc.grading.statistics import Statistics
from cnncalc.grading.student_results import STATUSES, StudentResult
from cnncalc.grading.submissions.collect import Unit
from cnncalc.grading.worker import (
    SINGLE,
    Bundle,
    Setup,
    grade_bundle,
    lost,
    restored_bundle,
    worker_of,
)

if TYPE_CHECKING:
    from concurrent.futures import Executor

T = TypeVar("T")
#: Students per task: enough to make handing out cheap, few enough to lose little.
BUNDLE = 50
RESULTS = "results.jsonl"
PLAN = "results.plan"
Progress = Callable[[int, int], None]


@dataclass
class Report:
    """What a batch did: rows by status, and why it does not add up, if it does not."""

    students: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    expected: int = 0
    resumed: int = 0

    @property
    def rows(self) -> int:
        """Rows of `submissions.csv`."""
        return sum(self.counts.values())

    @property
    def reconciled(self) -> bool:
        """Whether every file and every missing student has exactly one row."""
        return self.rows == self.expected


def run_batch(
    setup: Setup,
    units: Sequence[Unit],
    jobs: int = 1,
    resume: bool = False,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Report:
    """Grade all units and write every output into `setup.directory`.

    `executor` runs the bundles (by default this process, or `jobs` processes); anything with the
    interface of `concurrent.futures.Executor` will do. With `resume` it goes on behind what an
    interrupted run left, if there is any; raises UsageError if that belongs to another batch.
    """
    make_folders(setup)
    done = _prepare(setup, units, resume)
    report = Report(expected=sum(max(1, len(unit.files)) for unit in units), resumed=done)
    worker = worker_of(setup)
    statistics = Statistics(len(worker.assignment.items))
    with ExitStack() as stack:
        files = {name: _table(stack, setup, writer.file) for name, writer in worker.tables.items()}
        for name, writer in worker.tables.items():
            files[name].write(writer.header(worker.book))
        results = stack.enter_context(
            # A lone surrogate, of a file's name or a student's JSON, is written as its JSON escape.
            open(
                _path(setup, RESULTS + ".partial"), "a", encoding="utf-8",
                errors="backslashreplace", newline="\n",
            )
        )  # fmt: skip

        def keep(bundle: Bundle, record: bool) -> None:
            if record:
                results.write(bundle.records)
                results.flush()
            for name, rows in bundle.tables.items():
                files[name].write(rows)
            for status, count in bundle.counts.items():
                report.counts[status] += count
            statistics.merge(bundle.statistics)
            report.students += bundle.students
            if progress:
                progress(report.students, len(units))

        for outcomes in _bundles(_stored(setup, done), BUNDLE):
            keep(restored_bundle(setup, outcomes), record=False)
        todo = _bundles(iter(units[done:]), BUNDLE)
        for bundle in _results(setup, todo, jobs, executor):
            keep(bundle, record=True)
    write_whole(_path(setup, "statistics.csv"), statistics.csv(worker.assignment))
    os.replace(_path(setup, RESULTS + ".partial"), _path(setup, RESULTS))
    os.remove(_path(setup, PLAN))
    return report


def _path(setup: Setup, name: str) -> str:
    return os.path.join(setup.directory, name)


def _table(stack: ExitStack, setup: Setup, name: str) -> Pending:
    return stack.enter_context(Pending(_path(setup, name)))


def make_folders(setup: Setup) -> None:
    """Make the folders of all outputs; raises UsageError if that fails."""
    try:
        os.makedirs(setup.directory, exist_ok=True)
        for name in setup.outputs:
            if name in SINGLE:
                os.makedirs(_path(setup, SINGLE[name][0]), exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write to `{setup.directory}`: {error.strerror}") from None


def _fingerprint(setup: Setup) -> str:
    parts = (setup.text, sorted(setup.specs.items()), setup.overrides, setup.changes)
    return hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _plan_of(setup: Setup, units: Sequence[Unit]) -> str:
    """Return what tells one batch from another: the students and every file as it is now."""
    digest = hashlib.blake2b(_fingerprint(setup).encode(), digest_size=16)
    stamps: dict[str, str] = {}
    for unit in units:
        digest.update(repr((unit.person.key, unit.known)).encode("utf-8", "replace"))
        for found in unit.files:
            if found.path not in stamps or found.offset < 0:
                try:
                    state = os.stat(found.path)
                    stamps = {found.path: f"{state.st_size},{state.st_mtime_ns}"}
                except OSError:
                    stamps = {found.path: "gone"}
            place = (found.path, found.offset, stamps[found.path])
            digest.update(repr(place).encode("utf-8", "replace"))
    return digest.hexdigest()


def _prepare(setup: Setup, units: Sequence[Unit], resume: bool) -> int:
    """Write the plan, or find it again; returns how many students are already done."""
    plan, partial = _path(setup, PLAN), _path(setup, RESULTS + ".partial")
    wanted = _plan_of(setup, units)
    if resume and os.path.exists(plan) and os.path.exists(partial):
        with open(plan, encoding="utf-8") as file:
            found = file.read().strip()
        if found != wanted:
            help = "run without --resume to grade everything anew"
            raise UsageError("the batch to resume had other submissions or options", help)
        # Whole bundles only, so that sums are made in the same order as in one go.
        first, done, size = whole_lines(partial, BUNDLE)
        if first:
            with open(partial, "r+b") as cut:
                cut.truncate(size)
            return done
    with open(partial, "w", encoding="utf-8", newline="\n") as file:
        items = worker_of(setup).assignment.items
        file.write(header(_fingerprint(setup), len(units), setup.changes, items))
    write_whole(plan, wanted + "\n")
    return 0


def _stored(setup: Setup, count: int) -> Iterator[StudentResult]:
    with open(_path(setup, RESULTS + ".partial"), encoding="utf-8") as file:
        next(file)
        for line in islice(file, count):
            yield outcome_of(json.loads(line))


def _bundles(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while bundle := list(islice(items, size)):
        yield bundle


def _results(
    setup: Setup, bundles: Iterable[list[Unit]], jobs: int, executor: Executor | None
) -> Iterator[Bundle]:
    """Yield the results of all bundles in their order, whatever runs them."""
    if executor is not None:
        yield from _handed_out(setup, bundles, executor, 4 * max(1, jobs))
    elif jobs <= 1:
        for units in bundles:
            yield grade_bundle(setup, units)
    else:
        yield from _in_processes(setup, bundles, jobs)


def _handed_out(
    setup: Setup, bundles: Iterable[list[Unit]], executor: Executor, most: int
) -> Iterator[Bundle]:
    """Yield results in order, with at most `most` bundles on their way."""
    waiting: list[Any] = []
    for units in bundles:
        waiting.append(executor.submit(grade_bundle, setup, units))
        if len(waiting) >= most:
            yield waiting.pop(0).result()
    for future in waiting:
        yield future.result()


def _in_processes(setup: Setup, bundles: Iterable[list[Unit]], jobs: int) -> Iterator[Bundle]:
    """Yield results from a pool of processes; a process that dies takes one student with it."""
    from concurrent.futures.process import BrokenProcessPool

    waiting: list[tuple[Any, list[Unit]]] = []
    source = iter(bundles)
    pool = process_pool(jobs)
    finished = False
    try:
        while True:
            for units in islice(source, 2 * jobs + 2 - len(waiting)):
                waiting.append((pool.submit(grade_bundle, setup, units), units))
            if not waiting:
                finished = True
                return
            future, units = waiting.pop(0)
            try:
                yield future.result()
            except BrokenProcessPool:
                pool.shutdown(wait=False, cancel_futures=True)
                yield _one_by_one(setup, units)
                pool = process_pool(jobs)
                waiting = [(pool.submit(grade_bundle, setup, u), u) for _, u in waiting]
    finally:
        pool.shutdown(wait=finished, cancel_futures=True)


def _one_by_one(setup: Setup, units: Sequence[Unit]) -> Bundle:
    """Grade each student in a process of their own; who kills it too is unreadable."""
    from concurrent.futures.process import BrokenProcessPool

    whole: Bundle | None = None
    for unit in units:
        with process_pool(1) as pool:
            try:
                part = pool.submit(grade_bundle, setup, [unit]).result()
            except BrokenProcessPool:
                part = restored_bundle(setup, [lost(unit, "the process that read it was ended")])
        whole = part if whole is None else _joined(whole, part)
    return whole or restored_bundle(setup, [])


def _joined(first: Bundle, second: Bundle) -> Bundle:
    first.statistics.merge(second.statistics)
    return Bundle(
        first.students + second.students,
        first.records + second.records,
        {name: rows + second.tables[name] for name, rows in first.tables.items()},
        {status: count + second.counts[status] for status, count in first.counts.items()},
        first.statistics,
    )
