"""Runs cnncalc's commands in the browser: what the worker calls with a spec and gets as text."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from typing import Any

from cnncalc.cli import run

FILE = "network.yaml"
SAMPLE = "input: 3x8x8\nlayers:\n  - conv: {out_channels: 4, kernel_size: 3}\n  - relu\n"
NO_NUMPY = (
    "`verify` runs the network, which needs NumPy; this copy of the playground does not have it. "
    "On your computer: pip install cnncalc, then cnncalc verify."
)
COMMANDS = {
    "summary": ["summary", FILE],
    "fields": ["receptive-field", FILE],
    "explain": ["explain", FILE],
    "picture": ["draw", FILE, "--format", "svg"],
    "verify": ["verify", FILE],
    "lint": ["lint", FILE],
}


def answer(kind: str, text: str, more: list[str]) -> str:
    """Return as JSON what a command prints on a spec: status, output, errors, lines at fault."""
    with open(FILE, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    if kind == "verify" and not has_numpy():
        return json.dumps({"status": 0, "out": NO_NUMPY, "err": "", "faults": []})
    status, out, err = played([*COMMANDS[kind], *more])
    places = re.findall(rf"(?m)^ *--> {re.escape(FILE)}:(\d+)", err)
    return json.dumps({"status": status, "out": out, "err": err, "faults": [*map(int, places)]})


def played(arguments: list[str]) -> tuple[int, str, str]:
    """Run a command line and return its exit status and what it wrote."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        status = run(arguments)
    return (status, *map(written, streams))


def written(stream: io.TextIOWrapper) -> str:
    """Return what was written to a stream in memory."""
    stream.flush()
    buffer: Any = stream.buffer
    return str(buffer.getvalue().decode("utf-8"))


def has_numpy() -> bool:
    """Return whether NumPy is here, found without importing it."""
    from importlib.util import find_spec

    return "numpy" in sys.modules or find_spec("numpy") is not None


def names(text: str, variant: str | None) -> str:
    """Return as JSON the layers and variants of a spec; none if it has faults."""
    import cnncalc

    try:
        graph = cnncalc.loads(text, name=FILE, variant=variant)
    except (cnncalc.SpecError, cnncalc.UsageError):
        return json.dumps({"layers": [], "variants": []})
    layers = [node.name for node in graph.nodes if node.inputs]
    return json.dumps({"layers": layers, "variants": list(graph.variants)})


def networks() -> str:
    """Return as JSON the name, the text and the variant of every network that comes with it."""
    from cnncalc.language.library import builtin_names

    return json.dumps([[name, spec, variant] for name, spec, variant in builtin_names()])


def spec_of(stem: str) -> str:
    """Return the text of a file of networks."""
    from cnncalc.language.library import text

    return text(stem)
