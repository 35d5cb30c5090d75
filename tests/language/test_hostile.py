"""Hostile files against the whole command: refused soon, in little memory, with a message."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="peak memory is measured as Linux tells it"
)

LAYERS = "input: 3x32x32\nlayers:\n"
SECONDS = 10.0  # of processor time: below one, or very long
MEBIBYTES = 100

# The peak of this process alone: getrusage would count that of the process it was forked from.
PROGRAM = """
import runpy, sys, time
sys.argv = ["cnncalc", *sys.argv[1:]]
status = 0
try:
    runpy.run_module("cnncalc", run_name="__main__")
except SystemExit as error:
    status = error.code
peaks = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print("SPENT", time.process_time(), peaks[0].split()[1], file=sys.stderr)
sys.exit(status)
"""


def blocks(count: int, body: str) -> str:
    """Return a spec whose blocks each use the next one, as `body` says; the last is empty."""
    chain = [f"  b{i}: {{layers: [{body.replace('NEXT', f'b{i + 1}')}]}}\n" for i in range(count)]
    return f"input: 4\nblocks:\n{''.join(chain)}  b{count}: {{layers: []}}\nlayers: [b0]\n"


def bomb() -> str:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{i}: &a{i} [" + f"*a{i - 1}, " * 10 + "]" for i in range(1, 12)]
    return "\n".join(lines)


TEXTS = {
    "alias bomb": bomb(),
    "alias cycle": LAYERS + "  - &a [*a]\n",
    "deep nesting": LAYERS + "[" * 100_000,
    "megabyte scalar": "name: " + "x" * 1_000_000,
    "large file": "a: b\n" * 1_000_000,
    "many values": "[" + "a," * 900_000,
    "a billion repeats": LAYERS + "  - relu: {repeat: 1000000000}\n",
    "repeats of nothing": "input: 4\nblocks: {e: {layers: []}}\nlayers:\n"
    + "  - e: {repeat: 150000}\n" * 100,
    "false conditions": LAYERS + "  - relu: {repeat: 150000, if: index < 0}\n" * 100,
    "doubling blocks": blocks(50, "NEXT, NEXT"),
    "repeated blocks": blocks(10, "NEXT: {repeat: 1000}"),
    "endless recursion": "input: 4\nblocks: {a: {layers: [a, a]}}\nlayers: [a]\n",
    "long names": blocks(58, "NEXT: {name: " + "x" * 100 + "}"),
    "attributes": LAYERS + "  - conv: {out_channels: '().__class__.__bases__', kernel_size: 3}\n",
    "powers": LAYERS + "  - conv: {out_channels: 9**9**9, kernel_size: 3}\n",
    "products": LAYERS + "  - linear: " + "9999999999 * " * 70 + "1\n",
    "NaN": "input: [3, .nan, 32]\nlayers: [relu]\n",
    "negative stride": LAYERS + "  - conv: {out_channels: 8, kernel_size: 3, stride: -1}\n",
    "huge output": LAYERS + "  - upsample: {scale_factor: 2147483647}\n" * 3,
    "doubling concat": LAYERS
    + "".join(
        f"  - concat: {{name: c{i}, from: [{'input' if i == 0 else f'c{i - 1}'}, input]}}\n"
        for i in range(3)
    )
    + "".join(f"  - concat: {{name: d{i}, from: [c2, c2]}}\n  - nonsense\n" for i in range(10_000)),
    "misspelt layers": LAYERS + "  - rleu\n" * 60_000,
    "misspelt fields": LAYERS + "  - conv: {out_chanels: 8, kernal_size: 3}\n" * 20_000,
    "misspelt keys": "".join(f"inptu{i}: 3\n" for i in range(50_000)),
    "unknown names": "input: 4\nparameters:\n"
    + "".join(f"  p{i}: 2 * q{i}\n" for i in range(20_000))
    + "layers: [relu]\n",
    "many parameters": "input: 4\nparameters:\n"
    + "".join(f"  p{i}: {i}\n" for i in range(40_000))
    + "layers: [relu]\n",
    "tags": "- !!python/object/apply:os.system [ls]\n" * 10_000,
    "merge keys": LAYERS + "  - {<<: {conv: 3}}\n" * 10_000,
    "duplicate keys": "a: 1\n" * 50_000,
    "tabs": "\t" * 100_000 + "a: 1\n",
    "NUL bytes": "\0" * 1000,
}
BYTES = {
    "UTF-16": (LAYERS + "  - relu\n").encode("utf-16"),
    "not text": bytes(range(256)) * 1000,
}


def summary(path: str | Path) -> tuple[int, str, float, int]:
    """Return status, standard error, processor seconds and peak MiB of `cnncalc summary`."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "summary", str(path)],
        capture_output=True,
        timeout=60,
        text=True,
    )
    told, _, spent = done.stderr.rpartition("SPENT ")
    seconds, peak = spent.split()
    return done.returncode, told, float(seconds), int(peak) // 1024


def check_refused(path: str | Path) -> None:
    status, told, seconds, mebibytes = summary(path)
    assert status in (1, 2)
    assert told.startswith("error: ")
    assert "Traceback" not in told
    assert len(told) < 100_000
    assert all(char.isprintable() for char in told.replace("\n", ""))
    assert seconds < SECONDS
    assert mebibytes < MEBIBYTES


@pytest.mark.parametrize("name", [*TEXTS, *BYTES])
def test_hostile_files_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(BYTES[name] if name in BYTES else TEXTS[name].encode())
    check_refused(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.yaml")
    (tmp_path / "folder.yaml").mkdir()
    for path in (tmp_path / "fifo.yaml", tmp_path / "folder.yaml", "/dev/zero", "absent.yaml"):
        assert summary(path)[0] == 2
        check_refused(path)
