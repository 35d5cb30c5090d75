"""How long a summary takes, against the start of an interpreter and against torchinfo.

Run as `python benchmarks/bench_summary.py [ROUNDS]` on an idle machine, with cnncalc installed for
that interpreter. Every round runs each command once, in turn, and gives one ratio; medians of
those are printed beside the goals. torchinfo's line is left out where it is not installed.
"""

from __future__ import annotations

import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TORCHINFO = """
import torchvision, torchinfo
torchinfo.summary(torchvision.models.resnet50(), (1, 3, 224, 224))
"""
#: The same where torchvision is missing: torch and torchinfo alone, on one convolution.
TORCHINFO_BARE = """
import torch, torchinfo
torchinfo.summary(torch.nn.Conv2d(3, 64, 7), (1, 3, 224, 224))
"""
PASS = [sys.executable, "-c", "pass"]
SUMMARY = [sys.executable, "-m", "cnncalc", "summary", "resnet50"]
GOALS = {
    "table into a pipe": 7.0,
    "JSON into a pipe": 7.0,
    "CSV into a pipe": 7.0,
    "table on a terminal": 11.0,
}


def on_pipe(command: list[str]) -> tuple[float, float]:
    """Return seconds and peak MiB of a process whose output goes into a pipe."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return seconds, usage.ru_maxrss / 1024


def on_terminal(command: list[str]) -> float:
    """Return the seconds of a process whose output goes to a terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    environment.pop("NO_COLOR", None)
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=theirs, stdin=theirs, env=environment)
    os.close(theirs)
    while True:
        try:
            if not os.read(ours, 65536):
                break
        except OSError:  # the other side is closed
            break
    process.wait()
    seconds = time.perf_counter() - start
    os.close(ours)
    return seconds


def processes(rounds: int) -> None:
    """Print the ratios of whole processes to `python -c pass`."""
    commands = {
        "table into a pipe": lambda: on_pipe(SUMMARY)[0],
        "JSON into a pipe": lambda: on_pipe([*SUMMARY, "--format", "json"])[0],
        "CSV into a pipe": lambda: on_pipe([*SUMMARY, "--format", "csv"])[0],
        "table on a terminal": lambda: on_terminal(SUMMARY),
    }
    for command in commands.values():
        command()  # compiled files and the disk's cache are there from now on
    passes: list[float] = []
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        passes.append(on_pipe(PASS)[0])
        for name, command in commands.items():
            times[name].append(command())
    bare = statistics.median(passes)
    print(f"python -c pass: {bare * 1000:.1f} ms (median of {rounds} rounds)")
    for name, goal in GOALS.items():
        ratio = statistics.median(t / p for t, p in zip(times[name], passes, strict=True))
        took = statistics.median(times[name]) * 1000
        line(f"summary resnet50, {name}", f"{ratio:.2f} x pass ({took:.0f} ms)", ratio, goal)
    peak = statistics.median(on_pipe(SUMMARY)[1] for _ in range(5))
    line("peak memory", f"{peak:.1f} MiB", peak, 25.0)
    torchinfo(statistics.median(times["table into a pipe"]))


def torchinfo(ours: float) -> None:
    """Print the ratio of a summary to a torchinfo script, if there is one to run."""
    for program, what in ((TORCHINFO, "resnet50"), (TORCHINFO_BARE, "one convolution")):
        command = [sys.executable, "-c", program]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            theirs = statistics.median(on_pipe(command)[0] for _ in range(5))
            ratio = ours / theirs
            line(f"against torchinfo on {what}", f"{ratio:.3f} of {theirs:.2f} s", ratio, 0.05)
            return
    print("against torchinfo: not installed")


#: What a unit of a long chain is made of, and how many layers that are.
RESIDUAL = """
      - add:
          main:
            - conv: {out_channels: channels, kernel_size: 3, padding: 1}
            - batch_norm
            - relu
          side:
            - conv: {out_channels: channels, kernel_size: 1}"""
PLAIN = """
      - conv: {out_channels: channels, kernel_size: 3, padding: 1, bias: false}
      - batch_norm
      - relu"""
#: The chains: a unit, its layers, and its width. No width of the changing ones comes twice.
CHAINS = {
    "equal residual units": (RESIDUAL, 5, "64"),
    "residual units of changing width": (RESIDUAL, 5, "1 + index"),
    "conv, norm and ReLU of changing width": (PLAIN, 3, "1 + index"),
}


def spec(chain: str, layers: int) -> str:
    """Return the spec of a chain with about so many layers."""
    unit, each, channels = CHAINS[chain]
    return f"""\
input: 64x56x56
blocks:
  unit:
    parameters: {{channels: }}
    layers:{unit}
layers:
  - unit: {{repeat: {layers // each}, channels: {channels}}}
"""


def layers(chain: str, count: int, repeats: int) -> tuple[float, float]:
    """Return microseconds per layer: from a parsed spec to all figures, and the walk's part.

    Processor time, the least of some runs: what else the machine does counts as little as can be.
    """
    from cnncalc.analysis.walk import analyze
    from cnncalc.diagnostics import Source
    from cnncalc.language.document import Recipe
    from cnncalc.language.options import Options
    from cnncalc.language.source import parse
    from cnncalc.language.tree import Mapping

    root = parse(Source("bench", spec(chain, count)))
    assert isinstance(root, Mapping)
    whole, walks = [], []
    for _ in range(repeats):
        start = time.process_time()
        graph = Recipe(root).graph(Options())
        middle = time.process_time()
        analyze(graph).totals()
        end = time.process_time()
        whole.append((end - start) / len(graph.nodes) * 1e6)
        walks.append((end - middle) / len(graph.nodes) * 1e6)
        del graph  # its end is not part of the next one's time
    return min(whole), min(walks)


def additions() -> float:
    """Return the milliseconds of a million additions in a loop, to compare machines by."""
    times = []
    for _ in range(9):
        start, total = time.process_time(), 0
        for number in range(1_000_000):
            total += number
        times.append(time.process_time() - start)
    return min(times) * 1e3


def per_layer() -> None:
    """Print the cost of shapes, parameters and counts per layer, and how it grows."""
    print(f"a million additions: {additions():.0f} ms")
    for chain in CHAINS:
        small, walk = layers(chain, 1_000, 31)
        large, _ = layers(chain, 100_000, 3)
        shown = f"{small:.2f} us per layer ({walk:.2f} the walk)"
        line(f"{chain}, 1,000", shown, small, 8.0)
        line(f"{chain}, 100,000", f"{large / small:.2f} x that", large / small, 1.8)


def line(what: str, shown: str, value: float, goal: float) -> None:
    """Print one figure beside its goal."""
    verdict = "ok" if value <= goal else "MISSED"
    print(f"{what:<48} {shown:<38} goal {goal:g}  {verdict}")


if __name__ == "__main__":
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"):
        os.environ.pop(name, None)  # an installed package is compiled, and a pipe is buffered
    with tempfile.TemporaryDirectory() as folder:
        here = Path.cwd()
        os.chdir(folder)  # as a user has it: not in the checkout
        processes(int(sys.argv[1]) if len(sys.argv) > 1 else 21)
        os.chdir(here)
    per_layer()
