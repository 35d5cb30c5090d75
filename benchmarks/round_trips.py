"""Hold every network that ships with cnncalc, and random ones, to what is exported of them.

For each network and target (ONNX in ONNX Runtime, PyTorch source, Keras source on its PyTorch
backend) random weights and inputs go through the exported network and through the executor, and the
outputs must agree within 1e-4; parameters must agree, and the ONNX model read back must have the
figures of the analysis, node for node. Needs the extra `oracles`.

    python benchmarks/round_trips.py                       # all that ship, up to --most parameters
    python benchmarks/round_trips.py resnet50 googlenet --to pytorch
    python benchmarks/round_trips.py --random 300          # the last 100 of them: --skip 200
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("exchange", "executor", "trials", "")]
os.environ.setdefault("KERAS_BACKEND", "torch")

import cnncalc  # noqa: E402  # after the path
from cnncalc.diagnostics import SpecError  # noqa: E402

TARGETS = ("onnx", "pytorch", "keras")


def checks() -> dict[str, Callable[[Any, Path], None]]:
    """Return what holds a graph to its export, for each target."""
    import test_keras_write
    import test_onnx_write
    import test_pytorch_write

    def onnx(graph: Any, folder: Path) -> None:
        model = test_onnx_write.check(graph, 1)
        test_onnx_write.check_read_back(graph, model, folder)

    def pytorch(graph: Any, folder: Path) -> None:
        test_pytorch_write.check(graph, folder, 1)

    def keras(graph: Any, folder: Path) -> None:
        test_keras_write.check(graph, folder, 1)

    return {"onnx": onnx, "pytorch": pytorch, "keras": keras}


def shipped(names: list[str], most: int) -> Iterator[tuple[str, Any]]:
    """Yield the networks that ship, or those named, up to a number of parameters."""
    from cnncalc.language.library import builtin_names

    for name in names or [name for name, _, _ in builtin_names()]:
        graph = cnncalc.load(name)
        if cnncalc.analyze(graph).totals().params <= most:
            yield name, graph


def random_networks(count: int, skipped: int) -> Iterator[tuple[str, Any]]:
    """Yield the random networks of the tests that can be built, by their seeds, after some."""
    from random_dags import RandomNetwork

    seed = made = 0
    while made < count:
        network = RandomNetwork(seed)
        if network.refused is None and len(network.nodes) > 1:
            made += 1
            if made > skipped:
                yield f"seed {seed}", cnncalc.loads(network.text)
        seed += 1


def main() -> int:
    """Check what was asked for; return 1 if anything differed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--to", choices=TARGETS, action="append")
    parser.add_argument("--most", type=float, default=70e6, help="parameters (default 70e6)")
    parser.add_argument("--random", type=int, metavar="N", help="N random networks instead")
    parser.add_argument("--skip", type=int, default=0, metavar="N", help="leave out the first N")
    options = parser.parse_args()
    run = checks()
    tally: dict[tuple[str, str], int] = {}
    networks = (
        shipped(options.names, int(options.most))
        if options.random is None
        else random_networks(options.random, options.skip)
    )
    for name, graph in networks:
        words = []
        for target in options.to or TARGETS:
            start = time.perf_counter()
            with tempfile.TemporaryDirectory() as folder:
                try:
                    run[target](graph, Path(folder))
                    found = "agrees"
                except SpecError as error:
                    found = "refused"
                    words.append(str(error).split("\n")[0])
                except Exception as error:  # whatever differs is shown, and the sweep goes on
                    found = "differs"
                    words.append(f"{type(error).__name__}: {str(error).strip()[:300]}")
            tally[target, found] = tally.get((target, found), 0) + 1
            words.append(f"{target} {found} ({time.perf_counter() - start:.1f} s)")
        if options.random is None or "differs" in " ".join(words):
            print(f"{name}: {'; '.join(words)}", flush=True)
    for (target, found), count in sorted(tally.items()):
        print(f"{target}: {count} {'agree' if found == 'agrees' else found}")
    return int(any(found == "differs" for _, found in tally))


if __name__ == "__main__":
    sys.exit(main())
