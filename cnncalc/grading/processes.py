"""The processes that mark a class: how they collect garbage, and when they end."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor


def collect_rarely() -> None:
    """Let this process look for garbage that refers to itself at every 20,000th object only.

    Marking makes objects by the million and hardly any such garbage; the usual rhythm of every
    700th costs it some 6 % of its time.
    """
    gc.set_threshold(20_000, 20, 20)


def process_pool(jobs: int) -> Executor:
    """Return a pool of processes that do not outlive this one."""
    # Not needed, and not cheap to import, where one process does it all.
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(jobs, initializer=_begin, initargs=(os.getpid(),))


def _begin(owner: int) -> None:
    collect_rarely()
    _follow(owner)


def _follow(owner: int) -> None:
    """End this worker soon after the process that hands out the work, however that one ended.

    A worker left behind would hold its pipes open, and write files that a resumed run writes too.
    """
    from threading import Thread
    from time import sleep

    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent and (parent != 1 or owner == 1):
            sleep(0.2)
        os._exit(1)

    Thread(target=watch, daemon=True).start()
