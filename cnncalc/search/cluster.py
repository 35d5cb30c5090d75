"""Workers on other machines, by Dask: chunks go to a scheduler, which finds who computes them.

Needs the extra `cluster`. Dask moves the work of a worker that dies to another, and gives work to
workers that come later; what is left to do here is to notice that the scheduler itself has gone.
"""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, CancelledError
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import UsageError
from cnncalc.search.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from cnncalc.search.workers import Answer

PATIENCE = 10  # seconds in which a scheduler must answer
EACH = 3  # chunks on their way for each thread of the workers: none of them should wait for us


class Cluster(Workers):
    """The workers of a Dask scheduler, however many there are at the moment."""

    def __init__(self, address: str) -> None:
        from distributed import Client

        self.address = address
        self.client = Client(address, timeout=PATIENCE, set_as_default=False)
        self.executor = self.client.get_executor(pure=False)

    @property
    def window(self) -> int:  # type: ignore[override]  # it follows the workers that come and go
        """Chunks on their way at a time."""
        if self.client.status != "running":
            raise gone(self.address)
        workers = self.client.scheduler_info(n_workers=-1)["workers"].values()
        threads: int = sum(worker["nthreads"] for worker in workers)
        return EACH * max(1, threads)

    def submit(self, function: Callable[..., Answer], *arguments: Any) -> Future[Answer]:
        try:
            future: Future[Answer] = self.executor.submit(function, *arguments)
        except Exception as error:
            raise BrokenExecutor(str(error)) from None
        return future

    def lost(self, error: BaseException) -> bool:
        from distributed import KilledWorker

        return isinstance(error, (BrokenExecutor, CancelledError, KilledWorker, OSError))

    def renew(self) -> None:
        if self.client.status != "running":
            raise gone(self.address)

    def abandon(self) -> None:
        self.executor.shutdown(wait=False)
        self.client.close(timeout=1)


def gone(address: str) -> UsageError:
    """Return the fault of a scheduler that does not answer any more."""
    return UsageError(
        f"the scheduler {address} has gone",
        "what was finished is in the store: go on with --resume, here or on another cluster",
    )


def connect(address: str) -> Cluster:
    """Return the workers of a scheduler; raises `UsageError` if there is none."""
    try:
        import distributed  # noqa: F401  # is it there?
    except ImportError:
        raise UsageError(
            "--cluster needs Dask", "python -m pip install 'cnncalc[cluster]'"
        ) from None
    keep_quiet()
    try:
        return Cluster(address)
    except (OSError, ValueError, TimeoutError) as error:
        raise UsageError(
            f"no scheduler answers at {address}: {error}",
            "start one with `dask scheduler`, and give the address that it prints",
        ) from None


def keep_quiet() -> None:
    """Let Dask not log its inner life: what of it concerns the search is said as our errors."""
    import logging

    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
