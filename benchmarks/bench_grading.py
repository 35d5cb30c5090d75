"""Measures `cnncalc grade`: submissions a second on one core, and memory by class size.

Every submission answers 20 items: a table of a network and single questions. A quarter of the
answers are wrong: four out of five of these by a usual slip, the others with a number that nobody
else has, which calls for the whole search for reasons. Reading, marking and writing (tables,
records, a feedback page per student) are measured together, as a whole process, beside the least
that any program would do: read each file, compare the texts, write two rows and a page. Run it
alone on a quiet machine; processor time is shown too, since a busy one shares its cores:

    python benchmarks/bench_grading.py [students]

Every run writes to a folder of its own and nothing is deleted before the end: for minutes after
many files were deleted ext4 takes up to a millisecond to make a new one.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ASSIGNMENT = """
title: Benchmark
specs:
  net:
    input: 3x32x32
    layers:
      - conv: {name: conv1, out_channels: 8, kernel_size: 3}
      - max_pool: {name: pool1, kernel_size: 2}
      - conv: {name: conv2, out_channels: 16, kernel_size: 3}
      - max_pool: {name: pool2, kernel_size: 2}
      - flatten: {name: flat}
      - linear: {name: fc, out_features: 10}
questions:
  - {id: t, kind: table, points: 6, rows: all, columns: [shape, params]}
  - {id: q1, kind: macs, node: conv1}
  - {id: q2, kind: macs, node: conv2}
  - {id: q3, kind: receptive_field, node: conv2}
  - {id: q4, kind: receptive_field, node: pool2}
  - {id: q5, kind: params}
  - {id: q6, kind: weight_bytes}
  - {id: q7, kind: fits, node: pool2}
  - {id: q8, kind: choice, node: conv2, options: [13x13x16, 14x14x16, 15x15x8]}
"""
ROWS = ("conv1", "pool1", "conv2", "pool2", "flat", "fc")
RIGHT = {
    "conv1/shape": ("30x30x8", "(30, 30, 8)", "8@30x30"), "conv1/params": ("224", "8*(27+1)"),
    "pool1/shape": ("15x15x8", "15 × 15 × 8"), "pool1/params": ("0",),
    "conv2/shape": ("13x13x16", "(13,13,16)"), "conv2/params": ("1168", "1,168"),
    "pool2/shape": ("6x6x16", "(6,6,16)"), "pool2/params": ("0", "none"),
    "flat/shape": ("576", "(576,)"), "flat/params": ("0",),
    "fc/shape": ("10", "(10,)"), "fc/params": ("5770", "576*10+10"),
    "q1": ("194400",), "q2": ("194688", "194,688"), "q3": ("8", "8x8"), "q4": ("10",),
    "q5": ("7162",), "q6": ("28648", "28.6 KB"), "q7": ("no", "does not fit"), "q8": ("a",),
}  # fmt: skip


def submission(random_: random.Random) -> str:
    """Return one page of 20 answers."""
    lines = []
    for key, forms in RIGHT.items():
        text = random_.choice(forms)
        if random_.random() < 0.25:
            text = wrong(key, random_)
        lines.append(f"{'t/' if '/' in key else ''}{key}: {text}")
    return "\n".join(lines) + "\n"


def wrong(key: str, random_: random.Random) -> str:
    """Return a wrong answer: a usual slip, or any number."""
    slips = {
        "conv1/shape": "32x32x8", "conv1/params": "216", "pool1/shape": "16x16x8",
        "conv2/shape": "14x14x16", "conv2/params": "1152", "pool2/shape": "7x7x16",
        "flat/shape": "784", "fc/params": "7850", "q1": "7200", "q3": "6", "q6": "7162",
    }  # fmt: skip
    if key in slips and random_.random() < 0.8:
        return slips[key]
    if key.endswith("shape"):
        return f"{random_.randint(2, 40)}x{random_.randint(2, 40)}x{random_.randint(1, 32)}"
    return str(random_.randint(1, 9999))


def write_class(folder: Path, students: int) -> None:
    """Write the submissions of a class, the same at every run."""
    random_ = random.Random(1)
    folder.mkdir()
    for number in range(students):
        (folder / f"student{number:06}.txt").write_text(submission(random_))


#: The least that any program would do, as a program of its own.
FLOOR = r"""
import os, sys
folder, out = sys.argv[1:]
os.makedirs(out + "/feedback")
with open(out + "/grades.csv", "w") as grades:
    for name in sorted(os.listdir(folder)):
        with open(folder + "/" + name) as file:
            answers = [line.rstrip().split(": ", 1) for line in file]
        marks = [(key, text, int(text == key)) for key, text in answers]
        for key, text, mark in marks:
            grades.write(f"{name},{key},{text},{mark}\n")
        with open(out + "/feedback/" + name, "w") as page:
            page.write("".join(f"{key}: {text} {mark}\n" for key, text, mark in marks))
"""


def run(folder: Path) -> tuple[float, float, int]:
    """Return seconds, processor seconds and peak KiB of one whole run of the command."""
    command = ["-m", "cnncalc", "grade", "bench.yaml", folder.name]
    return measured([*command, "-o", unused(folder)], folder.parent)


def floor(folder: Path) -> tuple[float, float, int]:
    """Return the same of the least program."""
    return measured(["-c", FLOOR, folder.name, unused(folder)], folder.parent)


def unused(folder: Path) -> str:
    """Return the name of a folder that no run has written to."""
    return f"out{len(list(folder.parent.iterdir()))}"


def measured(command: list[str], place: Path) -> tuple[float, float, int]:
    """Return seconds, processor seconds and peak KiB of one Python process."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], cwd=place, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    assert status == 0, status
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main() -> None:
    students = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "bench.yaml").write_text(ASSIGNMENT)
        write_class(place / "class", students)
        write_class(place / "small", students // 10)
        rounds = [(run(place / "class"), floor(place / "class")) for _ in range(5)]
        small = run(place / "small")
    (seconds, busy, peak), least = (min(column) for column in zip(*rounds, strict=True))
    print(f"{students} submissions of {len(RIGHT)} answers, {os.cpu_count()} cores")
    print(
        f"{students / seconds:.0f} a second ({students / busy:.0f} by processor time),"
        f" {peak / 1024:.0f} MiB at most"
    )
    floors = sorted(first[1] / last[1] for first, last in rounds)
    print(f"over the least program: {floors[2]:.1f} times its processor time ({least[1]:.2f} s)")
    print(f"{students // 10} students: {small[2] / 1024:.0f} MiB at most")


if __name__ == "__main__":
    main()
