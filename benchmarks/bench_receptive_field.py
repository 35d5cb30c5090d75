"""Receptive fields: the recurrence per node, one unit backwards, and measured fields.

    python benchmarks/bench_receptive_field.py [--measured]

The project's targets: at most 5 µs per node for the recurrence; one unit of 100,000 nodes in
seconds; with `--measured`, the fields of all layers of ResNet-50 at 224 pixels by experiment in
two minutes on two cores.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import cnncalc
from cnncalc.fields.forward import forward
from cnncalc.graph import Graph, Node
from cnncalc.layers import layer_class

NETWORKS = ("resnet50", "resnet_v1_152", "densenet121", "inception_v3_slim", "efficientnet_b0",
            "vgg16", "shufflenet_v2_x1_0")  # fmt: skip
RUNS = 15


def seconds(work: Callable[[], object], runs: int = RUNS) -> float:
    """Return the median time of some runs."""
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def chain(length: int) -> Graph:
    """Return a residual chain of about that many nodes: conv, relu, and an addition."""
    conv = layer_class("conv")(out_channels=8, kernel_size=3, padding=1)
    relu, add = layer_class("relu")(), layer_class("add")()
    nodes = [Node("input", layer_class("input")(shape=(8, 224, 224)), ())]
    while len(nodes) < length:
        last = len(nodes) - 1
        nodes.append(Node(f"conv_{last}", conv, (last,)))
        nodes.append(Node(f"relu_{last}", relu, (last + 1,)))
        nodes.append(Node(f"add_{last}", add, (last, last + 2)))
    return Graph("chain", tuple(nodes), (0,), (len(nodes) - 1,))


def main() -> None:
    """Print the figures."""
    print(f"{'network':22}{'nodes':>8}{'recurrence':>14}{'unit':>12}")
    for name in NETWORKS:
        analysis = cnncalc.analyze(cnncalc.load(name))
        shapes = analysis.output_shapes()
        graph = analysis.graph
        each = seconds(lambda g=graph, s=shapes: forward(g, s, 0)) / len(shapes)
        fields = cnncalc.receptive_field(analysis)
        last = max(i for i, shape in enumerate(shapes) if len(shape) > 1)
        unit = seconds(lambda f=fields, i=last: f.unit(i), 5)
        print(f"{name:22}{len(shapes):8}{each * 1e6:11.2f} µs{unit * 1e3:9.2f} ms")
    graph = chain(100_000)
    analysis = cnncalc.analyze(graph)
    shapes = analysis.output_shapes()
    each = seconds(lambda: forward(graph, shapes, 0), 3) / len(shapes)
    print(f"{'chain':22}{len(shapes):8}{each * 1e6:11.2f} µs", end="")
    fields = cnncalc.receptive_field(analysis)
    print(f"{seconds(lambda: fields.unit(len(shapes) - 1), 1):10.2f} s")
    if "--measured" in sys.argv:
        measured()


def measured() -> None:
    """Measure the fields of ResNet-50 with NaN in its input."""
    from cnncalc.executor.field_checks import prove_fields

    analysis = cnncalc.analyze(cnncalc.load("resnet50"))
    begun = time.perf_counter()
    checks = prove_fields(analysis)
    passed = sum(check.passed for check in checks.values())
    print(f"resnet50 measured: {passed} of {len(checks)} fields as computed,"
          f" {time.perf_counter() - begun:.1f} s")  # fmt: skip


if __name__ == "__main__":
    main()
