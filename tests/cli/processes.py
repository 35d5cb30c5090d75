"""Running cnncalc as a process of its own: on pipes, on terminals, on what is closed."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

PROGRAM = [sys.executable, "-m", "cnncalc"]


def environment(**changes: str | None) -> dict[str, str]:
    """Return the environment without what would change the output, and with some changes."""
    plain = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "TERM")}
    changed = {**plain, "PYTHONPATH": os.pathsep.join(sys.path), **changes}
    return {name: value for name, value in changed.items() if value is not None}


def cnncalc(
    *arguments: str, cwd: Path | None = None, stdin: bytes = b"", **changes: str | None
) -> subprocess.CompletedProcess[str]:
    """Run cnncalc with pipes; keyword arguments change the environment."""
    done = subprocess.run(
        [*PROGRAM, *arguments],
        cwd=cwd,
        input=stdin,
        env=environment(**changes),
        capture_output=True,
        check=False,
        timeout=60,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(arguments, done.returncode, out, err)


def on_terminal(*arguments: str, columns: int = 100, **changes: str | None) -> tuple[int, str]:
    """Run cnncalc on a terminal of some width; returns its status and what it wrote."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    settings: dict[str, Any] = {"TERM": "xterm-256color", **changes}
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(**settings),
    )
    os.close(theirs)
    pieces = []
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(ours)
    return process.wait(60), b"".join(pieces).decode().replace("\r\n", "\n")


def shell(command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `cnncalc` is this cnncalc."""
    prefix = f'cnncalc() {{ {" ".join(PROGRAM)} "$@"; }}; '
    return subprocess.run(
        ["bash", "-c", prefix + command],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
