"""Worker processes that end with the process that hands out the work."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor


def process_pool(jobs: int) -> Executor:
    """Return a pool of processes that do not outlive this one."""
    # Not needed, and not cheap to import, where one process does it all.
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(jobs, initializer=_follow, initargs=(os.getpid(),))


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
