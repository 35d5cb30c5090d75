"""What is found survives killed processes, killed workers, Ctrl-C, and other searches."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

import brute
import pytest

from cnncalc.cli import run
from cnncalc.diagnostics import UsageError
from cnncalc.search.store import Store
from cnncalc.search.workers import Processes, Workers, finished, in_order, workers

SEARCH = [
    "--vary", "width=1..400", "--vary", "depths[0]=1..50", "--sample", "1500", "--seed", "7",
    "--where", "params < 100M", "--pareto", "macs,-params",
]  # fmt: skip


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(brute.TEXT)
    return path


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "cnncalc", *words]


def started(spec: Path, store: Path, *more: str, chunk: int = 50) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("search", str(spec), *SEARCH, "-o", str(store), "--chunk", str(chunk), *more),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def rows(store: Path) -> list[Any]:
    with sqlite3.connect(store) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute("SELECT * FROM found ORDER BY key").fetchall()


def wait_for_rows(store: Path, process: subprocess.Popen[str], count: int) -> None:
    for _ in range(600):
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


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Return the rows of a search that nobody disturbs."""
    folder = tmp_path_factory.mktemp("whole")
    spec, store = folder / "small.yaml", folder / "whole.db"
    spec.write_text(brute.TEXT)
    process = started(spec, store)
    assert process.wait(120) == 0
    return rows(store)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_killed_at_any_moment_and_resumed(
    spec: Path, tmp_path: Path, whole: list[Any], jobs: str
) -> None:
    store = tmp_path / "found.db"
    for count in (1, 300):
        process = started(spec, store, "--jobs", jobs, "--resume")
        wait_for_rows(store, process, count)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
        assert 0 < len(rows(store)) < len(whole)
    done = subprocess.run(
        command("search", "--resume", "-o", str(store), "--jobs", jobs),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert rows(store) == whole


def test_ctrl_c_ends_with_the_store_whole(spec: Path, tmp_path: Path, whole: list[Any]) -> None:
    # With large chunks the workers are deep in one when they are to end.
    for jobs, chunk, count in (("1", 50, 100), ("2", 50, 100), ("2", 10_000, 0)):
        store = tmp_path / f"found{jobs}-{chunk}.db"
        process = started(spec, store, "--jobs", jobs, chunk=chunk)
        wait_for_rows(store, process, count)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to workers too
        _, said = process.communicate(timeout=30)
        assert process.returncode == 130
        assert f"cnncalc search --resume -o {store}" in said
        assert "Traceback" not in said
        assert set(rows(store)) < set(whole)


def test_a_store_can_be_resumed_from_the_moment_it_is_there(
    spec: Path, tmp_path: Path, whole: list[Any], monkeypatch: Any, capsys: Any
) -> None:
    store = tmp_path / "found.db"
    with monkeypatch.context() as patch:
        patch.setattr(Store, "ask", interrupted)  # the first thing done with a new store
        assert run(["search", str(spec), *SEARCH, "-o", str(store)]) == 130
    assert f"0 candidates are in {store}; `cnncalc search --resume" in capsys.readouterr().err
    assert run(["search", "--resume", "-o", str(store)]) == 0
    assert rows(store) == whole


def interrupted(*_arguments: Any) -> None:
    raise KeyboardInterrupt


def test_a_killed_worker_is_not_the_end(spec: Path, tmp_path: Path, whole: list[Any]) -> None:
    store = tmp_path / "found.db"
    process = started(spec, store, "--jobs", "2")
    for count in (100, 300):
        wait_for_rows(store, process, count)
        os.kill(children(process.pid)[0], signal.SIGKILL)
    _, said = process.communicate(timeout=120)
    assert (process.returncode, said) == (0, "")
    assert rows(store) == whole


def children(pid: int) -> list[int]:
    """Return the processes that a process has started (Linux)."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def double(number: int) -> int:
    return 2 * number


def dies(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_work_that_kills_its_worker_every_time_is_given_up() -> None:
    with Processes(2) as pool, pytest.raises(UsageError, match="lost 4 times"):
        list(finished(pool, dies, ((n,) for n in range(6))))


@pytest.mark.parametrize("jobs", [1, 2])
def test_answers_can_be_had_in_order(jobs: int) -> None:
    with workers(jobs) as pool:
        assert list(in_order(finished(pool, double, ((n,) for n in range(50))))) == [
            2 * n for n in range(50)
        ]


class Unreliable(Workers):
    """Loses every third task."""

    window = 4

    def __init__(self) -> None:
        self.count = 0
        self.renewed = 0

    def submit(self, function: Any, *arguments: Any) -> Any:
        self.count += 1
        if self.count % 3 == 0:
            raise BrokenExecutor
        return super().submit(function, *arguments)

    def renew(self) -> None:
        self.renewed += 1


def test_every_task_is_answered_once_whatever_is_lost() -> None:
    pool = Unreliable()
    answers = list(finished(pool, double, ((n,) for n in range(40))))
    assert sorted(answers) == [(n, 2 * n) for n in range(40)]
    assert pool.renewed > 5


def test_endless_work_is_taken_up_bit_by_bit() -> None:
    taken = []

    def tasks() -> Iterator[tuple[int]]:
        n = 0
        while True:
            taken.append(n)
            yield (n,)
            n += 1

    answers = finished(Workers(), double, tasks())
    assert [next(answers) for _ in range(3)] == [(0, 0), (1, 2), (2, 4)]
    assert len(taken) <= 4


class TestTheFile:
    @pytest.fixture
    def store(self, spec: Path, tmp_path: Path) -> Path:
        path = tmp_path / "found.db"
        assert run(["search", str(spec), "--vary", "width=1..20", "-o", str(path)]) == 0
        return path

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--vary", "width=1..20", "-o", "{store}"], "is there already"),
            (["--vary", "width=1..21", "-o", "{store}", "--resume"], "the space differs"),
            (["--vary", "width=1..20", "--set", "kernel=5", "-o", "{store}", "--resume"], "--set"),
            (["--vary", "width=1..20", "--resume"], "goes on with a file"),
            (["-o", "{store}", "--resume"], "the whole search again"),
            (["--vary", "width=1..20", "-o", "/nowhere/found.db"], "cannot"),
            (["--vary", "width=1..20", "-o", "{folder}"], "is a directory"),
        ],
    )
    def test_what_does_not_belong_to_it_is_refused(
        self, spec: Path, store: Path, words: list[str], said: str, capsys: Any
    ) -> None:
        capsys.readouterr()
        filled = [word.format(store=store, folder=store.parent) for word in words]
        assert run(["search", str(spec), *filled]) == 2
        assert said in capsys.readouterr().err

    def test_a_changed_spec_is_another_search(self, spec: Path, store: Path, capsys: Any) -> None:
        spec.write_text(spec.read_text() + "# changed\n")
        words = ["search", str(spec), "--vary", "width=1..20", "-o", str(store), "--resume"]
        assert run(words) == 2
        assert "the text of the spec differs" in capsys.readouterr().err

    def test_another_version_is_refused(self, store: Path, capsys: Any) -> None:
        with sqlite3.connect(store) as connection:
            connection.execute(
                'UPDATE meta SET value = replace(value, \'"version": "\', \'"version": "9\')'
                " WHERE name = 'problem'"
            )
        assert run(["search", "--resume", "-o", str(store)]) == 2
        assert "was made by cnncalc 9" in capsys.readouterr().err

    def test_other_files_are_refused(self, tmp_path: Path, capsys: Any) -> None:
        other = tmp_path / "other.db"
        other.write_text("no database")
        assert run(["found", str(other)]) == 2
        assert "was not written by `cnncalc search`" in capsys.readouterr().err
        assert run(["found", str(tmp_path / "none.db")]) == 2
        assert "there is no file" in capsys.readouterr().err

    def test_other_tools_find_names_in_it(self, store: Path) -> None:
        with sqlite3.connect(store) as connection:
            row = connection.execute(
                "SELECT key, width, params, macs, error FROM candidates WHERE width = 3"
            ).fetchone()
        assert row[:2] == (2, 3)
        assert row[2] > 0
        assert row[4] is None
