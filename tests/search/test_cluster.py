"""The same search on a real Dask cluster on this machine: same results, and what goes wrong.

Skipped where the extra `cluster` is not installed; .ci/run installs it.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brute
import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

WORDS = [
    "--vary", "width=1..400", "--vary", "depths[0]=1..50", "--sample", "2000", "--seed", "7",
    "--where", "params < 100M and peak < 32MiB", "--pareto", "macs,-params", "--chunk", "50",
]  # fmt: skip


class Dask:
    """A scheduler and workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self.processes: list[subprocess.Popen[bytes]] = []
        self.file = folder / "scheduler.json"
        self.scheduler = self.start(
            "dask_scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1",
            "--scheduler-file", str(self.file),
        )  # fmt: skip
        for _ in range(600):
            if self.file.exists() and "address" in self.file.read_text():
                break
            time.sleep(0.1)
        import json

        self.address = str(json.loads(self.file.read_text())["address"])

    def start(self, module: str, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        program = f"from distributed.cli.{module} import main; main()"
        log = (self.folder / f"{module}{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-c", program, *words],
            env={**os.environ, **environment}, stdout=log, stderr=log, cwd=self.folder,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker; it is a process without a nanny, so that a kill is final."""
        self.count += 1
        return self.start(
            "dask_worker", self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard",
            "--name", f"w{self.count}", "--host", "127.0.0.1", **environment,
        )  # fmt: skip

    def wait_for_workers(self, count: int) -> None:
        from distributed import Client

        with Client(self.address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=120)

    def close(self) -> None:
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait(30)


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    cluster = Dask(tmp_path)
    yield cluster
    cluster.close()


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(brute.TEXT)
    return path


def started(spec: Path, store: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cnncalc", "search", str(spec), *WORDS, "-o", str(store), *more],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def rows(store: Path) -> list[Any]:
    with sqlite3.connect(store) as connection:
        return connection.execute("SELECT * FROM found ORDER BY key").fetchall()


def wait_for_rows(store: Path, process: subprocess.Popen[str], count: int) -> None:
    for _ in range(1200):
        assert process.poll() is None, process.communicate()
        try:
            with sqlite3.connect(f"file:{store}?mode=ro", timeout=1, uri=True) as connection:
                (there,) = connection.execute("SELECT count(*) FROM found").fetchone()
            if there >= count:
                return
        except sqlite3.Error:
            there = 0  # not begun, or being written
        time.sleep(0.05)
    pytest.fail("the search finds nothing")


@pytest.fixture
def whole(spec: Path, tmp_path: Path) -> tuple[str, list[Any]]:
    """Return what a search in one process prints, and its rows."""
    store = tmp_path / "whole.db"
    process = started(spec, store)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return said, rows(store)


def test_a_worker_dies_and_another_comes_late(
    spec: Path, tmp_path: Path, dask: Dask, whole: tuple[str, list[Any]]
) -> None:
    first = dask.worker()
    dask.wait_for_workers(1)
    store = tmp_path / "found.db"
    process = started(spec, store, "--cluster", dask.address)
    wait_for_rows(store, process, 100)
    dask.worker()
    dask.wait_for_workers(2)
    first.kill()
    said, errors = process.communicate(timeout=240)
    assert (process.returncode, errors) == (0, "")
    assert (said, rows(store)) == whole


def test_a_scheduler_that_goes_away(
    spec: Path, tmp_path: Path, dask: Dask, whole: tuple[str, list[Any]]
) -> None:
    dask.worker()
    dask.wait_for_workers(1)
    store = tmp_path / "found.db"
    process = started(spec, store, "--cluster", dask.address)
    wait_for_rows(store, process, 100)
    dask.scheduler.send_signal(signal.SIGKILL)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 2, errors
    assert f"the scheduler {dask.address} has gone" in errors
    assert "--resume" in errors
    assert "Traceback" not in errors
    there = rows(store)
    assert 0 < len(there) < len(whole[1])
    assert set(there) < set(whole[1])
    again = started(spec, store, "--resume")
    said, _ = again.communicate(timeout=120)
    assert (again.returncode, said, rows(store)) == (0, *whole)


def test_a_worker_of_another_version(spec: Path, tmp_path: Path, dask: Dask) -> None:
    site = tmp_path / "other"
    site.mkdir()
    (site / "sitecustomize.py").write_text("import cnncalc; cnncalc.__version__ = '0.0.1'\n")
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join([str(site), root, os.environ.get("PYTHONPATH", "")])
    dask.worker(PYTHONPATH=path)
    dask.wait_for_workers(1)
    process = started(spec, tmp_path / "found.db", "--cluster", dask.address)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "a worker runs cnncalc 0.0.1" in errors
    assert "install the same version on all workers" in errors


def test_no_scheduler_answers(spec: Path, tmp_path: Path) -> None:
    process = started(spec, tmp_path / "found.db", "--cluster", "tcp://127.0.0.1:1")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "no scheduler answers at tcp://127.0.0.1:1" in errors
    assert not (tmp_path / "found.db").exists()
