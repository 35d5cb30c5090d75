"""Measure the executor against eager PyTorch, bare matrix products, and ONNX's reference evaluator.

    python benchmarks/bench_executor.py [networks] [layers] [gemm] [onnx] [oneshot]

Everything runs on one thread, and each comparison in turns (A, B, A, B, ...) in one process, so
that whatever else the machine does meets both sides; the figure is the median of the ratios of
neighbouring runs, with the smallest times beside it. Needs torch, and onnx for its part. Prints
Markdown.
"""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import cnncalc
from cnncalc.executor.execution import Executor
from cnncalc.executor.weights import RandomWeights

NETWORKS = (
    "alexnet", "alexnet_torchvision", "vgg16", "resnet50", "resnet18", "googlenet_torchvision",
    "densenet121", "squeezenet1_1", "mobilenet_v2", "efficientnet_b0", "convnext_tiny",
)  # fmt: skip

#: channels, length of the image, kernel, stride of depthwise layers in MobileNet-v2,
#: EfficientNet-B0 and ConvNeXt-T.
DEPTHWISE = (
    (32, 112, 3, 1), (96, 112, 3, 2), (144, 56, 3, 1), (192, 28, 3, 1), (384, 14, 3, 1),
    (960, 7, 3, 1), (240, 28, 5, 2), (480, 14, 5, 1), (1152, 7, 5, 1), (96, 56, 7, 1),
)  # fmt: skip


def in_turns(rounds: int, *calls: Callable[[], Any]) -> list[list[float]]:
    """Seconds of every call in every round, after one round to warm up."""
    times: list[list[float]] = [[] for _ in calls]
    for number in range(rounds + 1):
        for call, own in zip(calls, times, strict=True):
            begun = time.perf_counter()
            call()
            if number:
                own.append(time.perf_counter() - begun)
    return times


def row(name: str, ours: list[float], theirs: list[float]) -> str:
    """One line of a table: the median of the paired ratios, and both smallest times."""
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return f"| {name} | {ratio:.2f} | {min(ours) * 1e3:.2f} | {min(theirs) * 1e3:.2f} |"


def prepared(name: str) -> tuple[Any, Executor, dict[str, np.ndarray], np.ndarray]:
    """A network with weights that are kept, those weights by name, and an input."""
    graph = cnncalc.load(name)
    source = RandomWeights(graph, 0, "float32", keep=True)
    arrays = {}
    for figures, index in zip(
        cnncalc.analyze(graph).rows(), range(len(graph.inputs), len(graph.nodes)), strict=True
    ):
        matrix = figures.node.layer.keyword in ("conv", "conv_transpose", "linear")
        for spec in figures.arrays if figures.node.shares is None else ():
            last = matrix and len(spec.shape) > 1
            arrays[f"{figures.node.name}.{spec.name}"] = source.array(index, spec, last)
    shape = graph.nodes[0].layer.output_shape(())
    x = np.random.default_rng(0).standard_normal((1, *shape), np.float32)
    return graph, Executor(graph, source), arrays, x


def networks(rounds: int = 9) -> None:
    """Whole networks, batch 1, weights at hand."""
    import torch
    from torch_graph import TorchGraph

    torch.set_num_threads(1)
    print("\n| network | ratio | cnncalc ms | PyTorch ms |\n| --- | ---: | ---: | ---: |")
    for name in NETWORKS:
        graph, executor, arrays, x = prepared(name)
        other = TorchGraph(graph, arrays)
        tensor = torch.from_numpy(x)
        output = graph.outputs[0]
        found, wanted = executor.run([x], keep=graph.outputs)[output], other(tensor).numpy()
        assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max(), name
        ours, theirs = in_turns(rounds, lambda: executor.run([x]), lambda: other(tensor))  # noqa: B023  # called before the next turn
        print(row(name, ours, theirs), flush=True)


def layers(rounds: int = 40) -> None:
    """Depthwise convolutions alone."""
    import torch
    import torch.nn.functional as F

    from cnncalc.executor.kernels.convolution import conv
    from cnncalc.executor.workspace import Workspace

    torch.set_num_threads(1)
    print("\n| depthwise layer | ratio | cnncalc ms | PyTorch ms |\n| --- | ---: | ---: | ---: |")
    for channels, length, kernel, stride in DEPTHWISE:
        work = Workspace()
        x = np.random.rand(1, length, length, channels).astype(np.float32)
        weight = (
            np.random.rand(kernel, kernel, 1, channels).astype(np.float32).transpose(3, 2, 0, 1)
        )
        tensor = torch.from_numpy(np.moveaxis(x, -1, 1).copy())
        taps = torch.from_numpy(weight.copy())

        def ours(work: Workspace = work) -> None:
            work.discard(
                conv(work, x, weight, filters=channels, kernel=kernel, stride=stride,  # noqa: B023
                     padding=kernel // 2, groups=channels)  # noqa: B023
            )  # fmt: skip

        def theirs() -> None:
            with torch.inference_mode():
                F.conv2d(tensor, taps, None, stride, kernel // 2, 1, channels)  # noqa: B023

        times = in_turns(rounds, ours, theirs)
        name = f"{channels} channels, {length}x{length}, {kernel}x{kernel}, stride {stride}"
        print(row(name, *times), flush=True)


def gemm(rounds: int = 7) -> None:
    """VGG-16 against its matrix products alone, each in one piece on arrays at hand."""
    _, executor, _, x = prepared("vgg16")
    products = []
    for figures in cnncalc.analyze(executor.graph).rows():
        if figures.node.layer.keyword in ("conv", "linear"):
            positions = int(np.prod(figures.output[1:]))
            taps = figures.ops.macs // (positions * figures.output[0])
            shapes = ((positions, taps), (taps, figures.output[0]))
            a, b = (np.ones(shape, np.float32) for shape in shapes)
            products.append((a, b, np.empty((positions, figures.output[0]), np.float32)))

    def bare() -> None:
        for a, b, out in products:
            np.matmul(a, b, out=out)

    times = in_turns(rounds, lambda: executor.run([x]), bare)
    rate = 2e-9 * sum(a.shape[0] * b.size for a, b, _ in products) / min(times[1])
    print(f"\nbare products: {rate:.0f} GFLOP/s")
    print("\n| against | ratio | cnncalc ms | other ms |\n| --- | ---: | ---: | ---: |")
    print(row("the bare matrix products of VGG-16", *times), flush=True)


def onnx() -> None:
    """AlexNet against the reference evaluator of the onnx package."""
    from onnx.reference import ReferenceEvaluator
    from onnx_graph import model

    graph, executor, arrays, x = prepared("alexnet_torchvision")
    evaluator = ReferenceEvaluator(model(graph, arrays))
    (wanted,) = evaluator.run(None, {"x": x})
    found = executor.run([x], keep=graph.outputs)[graph.outputs[0]]
    assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max()
    times = in_turns(2, lambda: executor.run([x]), lambda: evaluator.run(None, {"x": x}))
    print("\n| against | ratio | cnncalc ms | other ms |\n| --- | ---: | ---: | ---: |")
    print(row("onnx's ReferenceEvaluator, AlexNet", *times), flush=True)


OURS = """
import cnncalc
from cnncalc.executor.verify import verify
assert verify(cnncalc.analyze(cnncalc.load("vgg16"))).passed
"""
THEIRS = """
import torch
from torch import nn
torch.set_num_threads(1)
layers, channels = [], 3
for width, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
    for _ in range(count):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
        channels = width
    layers.append(nn.MaxPool2d(2))
layers += [nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(inplace=True), nn.Linear(4096, 4096)]
layers += [nn.ReLU(inplace=True), nn.Linear(4096, 1000)]
with torch.inference_mode():
    nn.Sequential(*layers).eval()(torch.rand(1, 3, 224, 224))
"""


def oneshot(rounds: int = 5) -> None:
    """A process of its own: imports, random weights, one forward pass of VGG-16."""
    print("\n| one process | time, s | peak memory, MiB |\n| --- | ---: | ---: |")
    figures = []
    for _ in range(rounds):
        figures.append([process(OURS), process(THEIRS)])
    medians = [
        [statistics.median(pair[side][what] for pair in figures) for what in (0, 1)]
        for side in (0, 1)
    ]
    for name, (seconds, peak) in zip(("cnncalc", "PyTorch"), medians, strict=True):
        print(f"| {name} | {seconds:.2f} | {peak:.0f} |")
    ratios = [ours / theirs for ours, theirs in zip(*medians, strict=True)]
    print(f"| ratio | {ratios[0]:.2f} | {ratios[1]:.2f} |", flush=True)


def process(program: str) -> tuple[float, float]:
    """Seconds and MiB that a program takes."""
    # A helper between the two, because the peak of children is the peak over all of them.
    measure = (
        "import resource, subprocess, sys, time; begun = time.perf_counter();"
        "subprocess.run([sys.executable, '-c', sys.argv[1]], check=True);"
        "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss;"
        "print(time.perf_counter() - begun, peak)"
    )
    done = subprocess.run(
        [sys.executable, "-c", measure, program], check=True, capture_output=True, text=True
    )
    seconds, peak = map(float, done.stdout.split())
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return seconds, peak / unit


PARTS = {"networks": networks, "layers": layers, "gemm": gemm, "onnx": onnx, "oneshot": oneshot}

if __name__ == "__main__":
    print(f"NumPy {np.__version__}, {os.uname().machine}, one thread")
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
    print(f"\npeak of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB")
