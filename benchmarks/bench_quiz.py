"""Measures `cnncalc quiz`: variants a second on one core, each drawn, checked by running, written.

A variant is ten questions of mixed kinds about one layer and about a small network: shapes,
counts, a table, a receptive field. Reading the template, drawing (equal steps, no two slips of one
value, nobody like another), running every network and writing the manifest and two sheets per
student are measured together, as a whole process. Processor time is what counts: a busy machine
shares its cores:

    python benchmarks/bench_quiz.py [students]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TEMPLATE = """
title: Benchmark
specs:
  one:
    parameters: {W: 32, F: 5, P: 2, S: 1, K: 10, C: 3}
    input: [C, W, W]
    layers: [conv: {name: conv, out_channels: K, kernel_size: F, padding: P, stride: S}]
  net:
    parameters: {W: 32, K: 8, M: 16, F: 3}
    input: [3, W, W]
    layers:
      - conv: {name: conv1, out_channels: K, kernel_size: F}
      - max_pool: {name: pool1, kernel_size: 2}
      - conv: {name: conv2, out_channels: M, kernel_size: 3}
      - max_pool: {name: pool2, kernel_size: 2}
      - flatten: {name: flat}
      - linear: {name: fc, out_features: 10}
questions:
  - id: q1
    kind: shape
    spec: one
    draw: {W: 24..64, F: [3, 5, 7], P: 0..3, S: [1, 2], K: 4..32, C: [1, 3]}
    where: 2 * P < F
  - {id: q2, kind: params, spec: one, draw: {F: [3, 5, 7], K: 4..64, C: 1..32}}
  - id: q3
    kind: macs
    spec: one
    draw: {W: 16..48, F: [3, 5], P: 0..2, K: 4..32}
    where: 2 * P < F
  - {id: q4, kind: fits, spec: one, draw: {W: 24..64, F: [3, 5, 7], P: 0..3, S: [2, 3], K: 4..32}}
  - id: q5
    kind: table
    spec: net
    points: 6
    columns: [shape, params]
    draw: {W: 20..64, K: 4..16, M: 8..32, F: [3, 5]}
  - id: q6
    kind: receptive_field
    spec: net
    node: pool2
    draw: {W: 20..64, K: 4..16, M: 8..32, F: [3, 5, 7]}
  - {id: q7, kind: params, spec: net, draw: {W: 20..64, K: 4..16, M: 8..32, F: [3, 5]}}
  - id: q8
    kind: activations
    spec: one
    node: conv
    draw: {W: 24..64, F: [3, 5, 7], P: 0..3, S: [1, 2], K: 4..32}
  - {id: q9, kind: weight_bytes, spec: net, node: conv2, draw: {W: 20..64, K: 4..16, M: 8..32}}
  - {id: q10, kind: flops, spec: one, node: conv, draw: {W: 16..48, F: [3, 5], K: 4..32, C: 1..8}}
"""
QUESTIONS = TEMPLATE.count("kind: ")


def run(place: Path, students: int, formats: str) -> tuple[float, float, int]:
    """Return seconds, processor seconds and peak KiB of one whole run of the command."""
    command = [sys.executable, "-m", "cnncalc", "quiz", "bench.yaml", "--seed", "secret"]
    command += ["--count", str(students), "--format", formats, "-o", f"{formats}{students}"]
    started = time.perf_counter()
    one_core = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # threads that wait would count, too
    process = subprocess.Popen(command, cwd=place, env=one_core, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    assert status == 0, status
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main() -> None:
    students = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "bench.yaml").write_text(TEMPLATE)
        for formats in ("sheets", "moodle"):
            seconds, busy, peak = min(run(place, students, formats) for _ in range(2))
            print(
                f"{students} variants of {QUESTIONS} questions as {formats}: {seconds:.1f} s,"
                f" {busy:.1f} s of processor time ({students / busy:.0f} variants a second),"
                f" {peak / 1024:.0f} MiB at most"
            )


if __name__ == "__main__":
    main()
