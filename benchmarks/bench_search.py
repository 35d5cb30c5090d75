"""How fast a search is: a candidate in process, processes and Dask workers, the size of chunks.

    python benchmarks/bench_search.py [candidates of each row]

RegNets of 150 to 300 layers around one variant. Each row is a search of its own, in a new store.
Dask rows need the extra `cluster`; they start a scheduler and workers on this machine.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cnncalc.search.engine import Search
from cnncalc.search.evaluate import Evaluator, evaluate_chunk
from cnncalc.search.problem import Problem, SearchQuestion
from cnncalc.search.request import Request
from cnncalc.search.sampling import Sampling, drawn
from cnncalc.search.space import variable
from cnncalc.search.store import create
from cnncalc.search.workers import Workers, workers

SPACE = (
    "widths[0]=24..64:8", "widths[1]=64..160:8", "widths[2]=160..320:8", "widths[3]=320..640:8",
    "depths[0]=1..3", "depths[1]=2..6", "depths[2]=4..12", "depths[3]=3..6", "group_width=8",
)  # fmt: skip
CHEAP = SearchQuestion(("params < 5M and macs < 400M",), ("macs", "params"))
FEW = SearchQuestion(("depths[2] > 12",))
ALL = SearchQuestion(figures=("macs", "params", "peak", "depth", "field"))


def problem() -> Problem:
    """Return the space."""
    return Request("regnet_x_400mf", variables=tuple(map(variable, SPACE))).problem()


def rate(pool: Workers, count: int, chunk: int, question: SearchQuestion = CHEAP) -> str:
    """Say how many candidates a search answers in a second, the store included.

    And what of it is this process's own time: to draw, to hand out, to write.
    """
    asked = problem()
    with tempfile.TemporaryDirectory() as folder:
        store = create(os.path.join(folder, "found.db"), asked, question)
        search = Search(Evaluator(asked, question), question, store, pool, chunk)
        search.run(Sampling("uniform", 40 * pool.window, seed=9), lambda _: None)  # all are awake
        start, own = time.perf_counter(), time.process_time()
        search.run(Sampling("uniform", count, seed=1), lambda _: None)
        taken, own = time.perf_counter() - start, time.process_time() - own
        store.close()
    return f"{count / taken:,.0f}/s, {1000 * own / count:.2f} ms each in this process"


def in_process(count: int, question: SearchQuestion) -> tuple[float, float]:
    """Return the milliseconds (of this processor's time) and the layers of a candidate."""
    asked = problem()
    ask = Evaluator(asked, question)
    keys = list(drawn(asked.space, Sampling("uniform", 2 * count, seed=1)))
    layers = [
        len(ask.makes.graph(ask.makes.options(asked.space.texts(k))).nodes) for k in keys[:50]
    ]
    evaluate_chunk(asked, question, [(key, {}) for key in keys[:count]])
    start = time.process_time()
    evaluate_chunk(asked, question, [(key, {}) for key in keys[count:]])
    return 1000 * (time.process_time() - start) / count, sum(layers) / len(layers)


def memory() -> float:
    """Return the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def speed_of_machine() -> float:
    """Return the seconds that three million additions take here and now."""
    start = time.process_time()
    total = 0
    for number in range(3_000_000):
        total += number * number
    return time.process_time() - start


class Dask:
    """A scheduler and workers of one thread each."""

    def __init__(self, count: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name, "scheduler.json")
        self.processes = []
        self.start("dask_scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1",
                   "--scheduler-file", str(file))  # fmt: skip
        while not (file.exists() and "address" in file.read_text()):
            time.sleep(0.1)
        self.address = json.loads(file.read_text())["address"]
        for _ in range(count):
            self.start("dask_worker", self.address, "--no-nanny", "--nthreads", "1",
                       "--no-dashboard", "--host", "127.0.0.1")  # fmt: skip

    def start(self, module: str, *words: str) -> None:
        program = f"from distributed.cli.{module} import main; main()"
        self.processes.append(
            subprocess.Popen(
                [sys.executable, "-c", program, *words],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self.folder.cleanup()


def on_dask(count: int, people: int, chunk: int) -> str:
    """Say the rate of a search on so many Dask workers."""
    from cnncalc.search.cluster import connect

    cluster = Dask(people)
    try:
        with connect(cluster.address) as pool:
            pool.client.wait_for_workers(people)
            return rate(pool, count, chunk)
    finally:
        cluster.close()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"three million additions take {speed_of_machine():.2f} s here")
    for name, question in (
        ("fails at its parameters", FEW),
        ("params and macs", CHEAP),
        ("peak, depth and field too", ALL),
    ):
        each, layers = in_process(count // 2, question)
        print(f"in process, {name}: {each:.2f} ms a candidate of {layers:.0f} layers")
    print(f"memory: {memory():.0f} MiB")
    for jobs in (1, 2):
        with workers(jobs) as pool:
            print(f"{jobs} process{'es' * (jobs > 1)}, chunks of 200: {rate(pool, count, 200)}")
    for chunk in (1, 10, 50, 500):
        with workers(2) as pool:
            print(f"2 processes, chunks of {chunk}: {rate(pool, count, chunk)}")
    try:
        import distributed  # noqa: F401
    except ImportError:
        print("no Dask here: python -m pip install 'cnncalc[cluster]'")
        return
    for people in (1, 2):
        print(f"{people} Dask workers, chunks of 200: {on_dask(count, people, 200)}")
    for chunk in (1, 10, 50, 500):
        few = max(200, count // 4) if chunk == 1 else count
        print(f"2 Dask workers, chunks of {chunk}: {on_dask(few, 2, chunk)}")


if __name__ == "__main__":
    main()
