"""Parsing with places against yaml.load of the same text: paired runs, medians.

    python benchmarks/bench_parse.py [LINES] [RUNS]

The project's target is at most half the time of `yaml.load(text, CSafeLoader)`, which gives no
places, on a spec of 5,000 lines.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable

import yaml

from cnncalc.diagnostics import Source
from cnncalc.language.source import parse

LAYERS = """\
  - conv: {{name: conv_{0}, out_channels: 2 * width, kernel_size: 3, padding: 1, bias: false}}
  - batch_norm
  - relu
  - max_pool: {{kernel_size: 3, stride: 2, padding: 1}}
  - basic:
      channels: width
      repeat: 2
      name: stage{0}
"""


def spec_of(lines: int) -> str:
    """Return a spec of about that many lines, as people write them."""
    head = "name: benchmark\ninput: 3x224x224\nparameters: {width: 64}\nlayers:\n"
    return head + "".join([LAYERS.format(number) for number in range((lines - 4) // 8)])


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call of `work` takes, after a collection of garbage."""
    gc.collect()
    start = time.perf_counter()
    result = work()
    elapsed = time.perf_counter() - start
    del result  # kept until here, so that its destruction is not measured
    return elapsed


def main(lines: int = 5000, runs: int = 15) -> None:
    text = spec_of(lines)
    ours, theirs, ratios = [], [], []
    for _ in range(runs):
        theirs.append(seconds(lambda: yaml.load(text, yaml.CSafeLoader)))
        ours.append(seconds(lambda: parse(Source("benchmark.yaml", text))))
        ratios.append(ours[-1] / theirs[-1])
    print(f"{text.count(chr(10)):,} lines, {len(text):,} characters, {runs} paired runs, medians")
    print(f"  yaml.load(text, CSafeLoader)  {statistics.median(theirs) * 1e3:7.1f} ms")
    print(f"  parse with places             {statistics.median(ours) * 1e3:7.1f} ms")
    print(f"  ratio                         {statistics.median(ratios):7.2f}")


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:]])
