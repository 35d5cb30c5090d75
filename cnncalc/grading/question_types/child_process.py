"""Does work in a child process that can be ended: what a student hands in must not stop a batch.

Where the system can limit it, the limit is on processor time, so that a busy machine voids nobody's
answer. The child is kept for the next task; it ends with its parent, when its input closes.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from math import ceil
from threading import Event, Timer
from typing import Any, TypeVar

from cnncalc.grading.model import Judged, failed

T = TypeVar("T")

#: How long a child may take to begin, on a slow machine.
START_SECONDS = 60
#: How much longer than its processor time a task may take, on a busy machine.
PATIENCE = 10
#: What a child may have of memory where the system can limit it.
MAX_BYTES = 4 * 2**30
_CODE = "from cnncalc.grading.question_types.child_process import serve; serve()"
#: What ends a process that used up its processor time.
_OVERTIME = getattr(signal, "SIGXCPU", 0)


class _Child:
    """One child process."""

    def __init__(self) -> None:
        import subprocess  # for those who hand in networks only

        self.process = subprocess.Popen(
            [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path}; {_CODE}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.answer(START_SECONDS, len, ("",), START_SECONDS)

    def answer(self, patience: float, *task: object) -> Any:
        """Return what a task gives; where it raises OSError the child has ended."""
        process, late = self.process, Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = Timer(patience, stop)
        timer.start()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            pickle.dump(task, process.stdin)
            process.stdin.flush()
            return pickle.load(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            process.kill()
            process.communicate()  # closes the pipes
            slow = late.is_set() or process.returncode == -_OVERTIME
            raise (TimeoutError if slow else ChildProcessError) from None
        finally:
            timer.cancel()


#: Children that wait for a task, by the process that started them: a fork has none of its parent's.
_waiting: dict[int, list[_Child]] = {}


def in_child_process(
    work: Callable[..., T], arguments: tuple[Any, ...], seconds: float
) -> T | Judged:
    """Return what a function of a module returns, worked out in a child process.

    An exception of it is a fault of this program, and judged as one. Raises TimeoutError, or
    ChildProcessError if the child ended before it was done, as for want of memory. Where no child
    can be started, the work is done here.
    """
    waiting = _waiting.setdefault(os.getpid(), [])
    try:
        child = waiting.pop()
    except IndexError:
        try:
            child = _Child()
        except OSError:
            return work(*arguments)
    patience = seconds * (PATIENCE if _OVERTIME else 1)
    found: T | Judged = child.answer(patience, work, arguments, seconds)
    waiting.append(child)
    return found


def serve() -> None:
    """Do the tasks that arrive on standard input, one after the other, until it closes."""
    tasks, replies = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing else is a reply
    _limit("RLIMIT_AS", MAX_BYTES)
    # The parent tells the student of a want of memory; the next task finds a new child.
    with suppress(EOFError, MemoryError):
        while True:
            work, arguments, seconds = pickle.load(tasks)
            _limit("RLIMIT_CPU", ceil(time.process_time() + seconds))
            try:
                found = work(*arguments)
            except MemoryError:
                raise
            except Exception as error:  # whatever it is, it belongs to this network alone
                found = failed(error)
            pickle.dump(found, replies)
            replies.flush()


def _limit(name: str, most: int) -> None:
    """Let the system end this process when it has used so much memory or processor time."""
    with suppress(ImportError, OSError, ValueError):  # else the parent waits no longer than it may
        import resource

        kind = getattr(resource, name)
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))
