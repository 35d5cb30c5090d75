"""The process around a command: its streams, its signals, and what is left when it ends."""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # `signal` itself takes time to load
import gc
import os
import sys

from cnncalc.cli import failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

#: Signals that end a process; on them what it was writing is taken away.
ENDING = ("SIGTERM", "SIGHUP")


def run_as_process(run: Callable[[list[str]], int], arguments: list[str]) -> int:
    """Run a command line and return the exit status, whatever its streams and signals do."""
    prepare_signals()
    closed = prepare_streams()
    try:
        status = run(arguments)
        sys.stdout.flush()
        if closed:
            status = failures.usage_error("cannot write: standard output is closed", None, [])
    except OSError as error:
        # What is still in the buffer has nowhere to go; the interpreter must not try again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = unwritten(error)
    except KeyboardInterrupt:
        status = 130
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Nothing is left to be cleaned up: an interruption from here on ends the process.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.freeze()  # the interpreter would look for cycles in all of it, a fifth of a summary's time
    return status


def prepare_signals() -> None:
    """Let an interruption raise `KeyboardInterrupt`, and an end leave through all clean-up."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)


def end(number: int, _frame: object) -> NoReturn:
    """Leave with the status that shells give to an ended process."""
    sys.exit(128 + number)


def prepare_streams() -> bool:
    """Make closed streams harmless; returns whether standard output was closed."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: SIM115  # closed with the process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115  # closed with the process
    if sys.stdout is not None:
        return False
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # closed with the process
    return True


def unwritten(error: OSError) -> int:
    """Say that output could not be written; returns the exit status."""
    if isinstance(error, BrokenPipeError):
        return 0  # the reader has gone (`| head`): what it read was right
    what = f"`{error.filename}`" if error.filename else "standard output"
    return failures.usage_error(f"cannot write {what}: {error.strerror}", None, [])
