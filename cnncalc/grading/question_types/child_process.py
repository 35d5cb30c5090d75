"""Does work in a child process that can be ended: what a student hands in must not stop a batch.

Where the system can limit it, the limit is on processor time, so that a busy machine voids nobody's
answer. The child is kept for the next task; it ends with its parent, when its input closes.
"""

from __future__ import annotations

import atexit
import os
import pickle
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib import import_module
from math import ceil
from queue import Empty, SimpleQueue
from threading import Thread, local
from typing import IO, Any

#: How long a child may take to begin, on a slow machine.
START_SECONDS = 60
#: How much longer than its processor time a task may take, on a busy machine.
PATIENCE = 10
#: What a child may have of memory where the system can limit it.
MAX_BYTES = 4 * 2**30
_CODE = "from cnncalc.grading.question_types.child_process import serve; serve()"
#: What ends a process that used up its processor time.
_OVERTIME = getattr(signal, "SIGXCPU", 0)


class TooSlowError(Exception):
    """The work took longer than it may."""


class LostError(Exception):
    """The child ended before it was done, as for want of memory."""


class FaultError(Exception):
    """The work raised an exception that is a fault of this program; the message is its name."""


class _Child:
    """One child process; its replies are read by a thread, so that they can be waited for."""

    def __init__(self) -> None:
        package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        paths = [package, os.environ.get("PYTHONPATH", "")]
        self.owner = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CODE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)},
        )
        self.replies: SimpleQueue[Any] = SimpleQueue()
        self.listener = Thread(target=self._listen, daemon=True)
        self.listener.start()
        atexit.register(self.end)
        try:
            self.wait(START_SECONDS)
        except (TooSlowError, LostError):
            self.end()
            raise

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with suppress(Exception):
            while True:
                self.replies.put(pickle.load(self.process.stdout))
        self.replies.put(LostError())

    def send(self, task: tuple[str, str, tuple[Any, ...], float]) -> None:
        assert self.process.stdin is not None
        try:
            pickle.dump(task, self.process.stdin)
            self.process.stdin.flush()
        except OSError:
            raise LostError from None

    def wait(self, seconds: float) -> Any:
        try:
            reply = self.replies.get(timeout=seconds)
        except Empty:
            raise TooSlowError from None
        if isinstance(reply, LostError) and self.process.wait() == -_OVERTIME:
            raise TooSlowError
        if isinstance(reply, Exception):
            raise reply
        return reply

    def end(self) -> None:
        atexit.unregister(self.end)
        if self.owner == os.getpid():
            with suppress(OSError):
                self.process.kill()
            self.process.wait()
            self.listener.join()
            for pipe in (self.process.stdin, self.process.stdout):
                with suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]


class _Children(local):
    """The child of each thread."""

    child: _Child | None = None


_children = _Children()


def in_child_process(module: str, name: str, arguments: tuple[Any, ...], seconds: float) -> Any:
    """Return what a function of a module returns, worked out in a child process.

    Raises TooSlowError or LostError, after which the next task gets a new child, and FaultError.
    Where no child can be started, the work is done here.
    """
    child = _children.child
    if child is None or child.owner != os.getpid():  # a forked process has its parent's child
        try:
            child = _children.child = _Child()
        except (OSError, TooSlowError, LostError):
            return getattr(import_module(module), name)(*arguments)
    try:
        child.send((module, name, arguments, seconds))
        return child.wait(seconds * (PATIENCE if _OVERTIME else 1))
    except (TooSlowError, LostError):
        _children.child = None
        child.end()
        raise


def serve() -> None:
    """Do the tasks that arrive on standard input, one after the other, until it closes."""
    tasks, replies = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing else is a reply
    import_module("cnncalc.grading.question_types.network_submission")
    _limit("RLIMIT_AS", MAX_BYTES)
    _reply(replies, None)
    while True:
        try:
            module, name, arguments, seconds = pickle.load(tasks)
        except EOFError:
            return
        _limit("RLIMIT_CPU", ceil(time.process_time() + seconds))
        try:
            found = getattr(import_module(module), name)(*arguments)
        except MemoryError:  # the parent tells the student; the next task finds a new child
            return
        except Exception as error:  # whatever it is, it belongs to this network alone
            found = FaultError(type(error).__name__)
        _reply(replies, found)


def _reply(replies: IO[bytes], found: object) -> None:
    pickle.dump(found, replies)
    replies.flush()


def _limit(name: str, most: int) -> None:
    """Let the system end this process when it has used so much memory or processor time."""
    try:
        import resource
    except ImportError:
        return  # not on this system: the parent waits no longer than it may
    with suppress(OSError, ValueError):
        kind = getattr(resource, name)
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))
