"""Who does the work: this process, processes beside it, or (in `cluster`) other machines.

All of them are `concurrent.futures` executors behind one small seam. A worker that is killed takes
down the standard process pool with everything handed to it; here the pool is made anew and what
was not finished is done again, so that one lost process is not the end of an hour's work.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cnncalc.diagnostics import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Task = TypeVar("Task")
Answer = TypeVar("Answer")

#: After how many losses a task is done alone, so that it can be known as the one that kills, and
#: after how many in all it is given up.
ALONE, GIVEN_UP = 2, 4


class Workers:
    """This process: a task is done when it is handed in."""

    #: Tasks that may be handed in before the first of them is finished.
    window = 1

    def submit(self, function: Callable[..., Answer], *arguments: Any) -> Future[Answer]:
        """Hand in a task; raises `BrokenExecutor` if the workers are lost."""
        future: Future[Answer] = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def renew(self) -> None:
        """Find workers again after they were lost; raises `UsageError` if there are none."""

    def lost(self, error: BaseException) -> bool:
        """Return whether a task failed because its worker was lost, not by itself."""
        return isinstance(error, BrokenExecutor)

    def abandon(self) -> None:
        """Stop at once, whatever is being done."""

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_error: object) -> None:
        self.abandon()


class Processes(Workers):
    """Processes on this machine."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.window = 2 * jobs
        self.pool = process_pool(jobs)

    def submit(self, function: Callable[..., Answer], *arguments: Any) -> Future[Answer]:
        # A worker that is made now must not hear Ctrl-C before it can leave it to this process.
        mask = getattr(signal, "pthread_sigmask", None)
        before = mask(signal.SIG_BLOCK, {signal.SIGINT}) if mask else None
        try:
            return self.pool.submit(function, *arguments)
        finally:
            if mask:
                mask(signal.SIG_SETMASK, before)

    def renew(self) -> None:
        self.abandon()
        self.pool = process_pool(self.jobs)

    def abandon(self) -> None:
        # Workers in the middle of a chunk hear nothing else. The pool's own thread is waited for:
        # at this program's end it would be woken by a pipe that it may be closing.
        for process in list((getattr(self.pool, "_processes", None) or {}).values()):
            process.kill()
        self.pool.shutdown(wait=True, cancel_futures=True)


def process_pool(jobs: int) -> Executor:
    """Return a pool of processes that do not outlive this one, and leave Ctrl-C to it."""
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(jobs, initializer=_follow, initargs=(os.getpid(),))


def _follow(owner: int) -> None:
    """End this worker soon after the process that hands out the work, however that one ended.

    A worker left over would hold its pipes open, and write files that a resumed run writes too.
    """
    from threading import Thread
    from time import sleep

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent and (parent != 1 or owner == 1):
            sleep(0.2)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def workers(jobs: int) -> Workers:
    """Return this process, or so many others."""
    return Workers() if jobs == 1 else Processes(jobs)


class Handed(Generic[Task]):
    """A task that was handed in: its place in the order, and how often its worker was lost."""

    def __init__(self, place: int, task: Task) -> None:
        self.place = place
        self.task = task
        self.losses = 0


def finished(
    pool: Workers, function: Callable[..., Answer], tasks: Iterable[tuple[Any, ...]]
) -> Iterator[tuple[int, Answer]]:
    """Yield the place of every task in `tasks`, and its answer, as they are finished.

    Tasks are the arguments of `function`. No more than the workers' window is handed in at a
    time, so that `tasks` may be endless. What a lost worker had is done again; a task that loses
    its worker time after time, alone, raises `UsageError`. An error of the task is raised here.
    """
    todo = (Handed(place, task) for place, task in enumerate(tasks))
    again: deque[Handed[tuple[Any, ...]]] = deque()
    handed: dict[Future[Answer], Handed[tuple[Any, ...]]] = {}
    while True:
        lost = not hand_in(pool, function, todo, again, handed)
        if not handed and not lost:
            return
        done, _ = wait(handed, timeout=1.0, return_when=FIRST_COMPLETED)
        for future in done:
            task = handed[future]
            error = CancelledError() if future.cancelled() else future.exception()
            if error is not None and pool.lost(error):
                lost = True
                continue
            del handed[future]
            yield task.place, future.result()
        if lost:
            for task in handed.values():
                task.losses += 1
                if task.losses >= GIVEN_UP:
                    raise UsageError(
                        f"a worker was lost {GIVEN_UP} times at the same work",
                        "is there enough memory? fewer --jobs or a smaller --chunk may help",
                    )
            again.extend(sorted(handed.values(), key=lambda task: task.place))
            handed.clear()
            pool.renew()


def hand_in(
    pool: Workers,
    function: Callable[..., Answer],
    todo: Iterator[Handed[tuple[Any, ...]]],
    again: deque[Handed[tuple[Any, ...]]],
    handed: dict[Future[Answer], Handed[tuple[Any, ...]]],
) -> bool:
    """Hand in as many tasks as there is room for; returns False if the workers are lost."""
    while len(handed) < pool.window:
        is_suspect = bool(again) and again[0].losses >= ALONE
        if (is_suspect and handed) or any(task.losses >= ALONE for task in handed.values()):
            return True
        task = again.popleft() if again else next(todo, None)
        if task is None:
            return True
        try:
            handed[pool.submit(function, *task.task)] = task
        except BrokenExecutor:
            again.appendleft(task)
            return False
    return True


def in_order(answers: Iterable[tuple[int, Answer]]) -> Iterator[Answer]:
    """Yield answers in the order of their tasks."""
    waiting: dict[int, Answer] = {}
    wanted = 0
    for place, answer in answers:
        waiting[place] = answer
        while wanted in waiting:
            yield waiting.pop(wanted)
            wanted += 1
