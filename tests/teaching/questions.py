"""Real course questions, each with the commands that answer it.

The questions and their keys are in tests/data/homework_questions.json, with their sources.
`ANSWERS` maps the id of a question to a function that asks the tool and returns the answer in the
key's form.
"""

from __future__ import annotations

import contextlib
import io
import json
import shlex
from collections.abc import Callable
from typing import Any

import cnncalc
from cnncalc.analysis.walk import Analysis
from cnncalc.cli import run
from cnncalc.teaching.figures import receptive_field


def output(command: str) -> tuple[int, str]:
    """Run a command of the tool in this process; returns its status and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(shlex.split(command))
    return status, out.getvalue() + err.getvalue()


def layer(command: str, index: int = -1) -> dict[str, Any]:
    """Run a calculator; returns its last layer's figures by quantity, and the shape as H, W, C."""
    status, text = output(command + " --format json")
    assert status == 0, text
    found = json.loads(text)["layers"][index]
    values = {name: one["value"] for name, one in found["quantities"].items()}
    shape = found["output"]
    return {**values, "hwc": [*shape[1:], shape[0]], "chw": shape, "weights": weights(found)}


def weights(found: dict[str, Any]) -> int | None:
    """The weights without the biases, from the working."""
    for line in found["quantities"].get("params", {}).get("derivation", ()):
        if isinstance(line, dict) and line["remark"]:
            return int(line["remark"].split(" weight")[0].replace(",", ""))
    return None


def weight_bytes(command: str) -> int:
    """The bytes of a layer's weights, from the working of its memory."""
    found = json.loads(output(command + " --format json")[1])["layers"][-1]
    lines = found["quantities"]["memory"]["derivation"]
    return next(int(line["result"]) for line in lines if line["symbol"] == "weights")


def total(command: str, quantity: str) -> int:
    """Run a calculator of several layers; returns a sum over them."""
    return int(json.loads(output(command + " --format json")[1])["totals"][quantity]["value"])


def solved(command: str) -> Any:
    """Run `solve`; returns its solutions, plain values where there is one unknown."""
    value = json.loads(output(f"solve {command} --format json")[1])["value"]
    if isinstance(value, list) and value and len(value[0]) == 1:
        return [next(iter(one.values())) for one in value]
    return value


def network(pattern: str, shape: str, options: str = "--padding valid") -> Analysis:
    """Expand a pattern and analyse it."""
    status, text = output(f'pattern "{pattern}" --input {shape} {options}')
    assert status == 0, text
    return cnncalc.analyze(cnncalc.loads(text))


def spec(text: str) -> Analysis:
    """Analyse a spec."""
    return cnncalc.analyze(cnncalc.loads(text))


def hwc(analysis: Analysis, keywords: tuple[str, ...] | None = None) -> list[list[int]]:
    """The output shapes of layers of some kinds, as H, W, C."""
    rows = [r for r in analysis.rows() if keywords is None or r.node.layer.keyword in keywords]
    return [[*row.output[1:], row.output[0]] for row in rows]


def table(analysis: Analysis, names: list[str]) -> list[dict[str, Any]]:
    """Rows of name, shape and parameters for every layer."""
    shapes = hwc(analysis)
    return [
        {"layer": name, "shape": shape, "params": row.params}
        for name, shape, row in zip(names, shapes, analysis.rows(), strict=True)
    ]


def split(analysis: Analysis, names: list[str]) -> list[dict[str, Any]]:
    """Rows of name, shape, weights and biases for every layer but flatten."""
    rows = [row for row in analysis.rows() if row.node.layer.keyword != "flatten"]
    result = []
    for name, row in zip(names, rows, strict=True):
        counts = {array.name: array.count for array in row.arrays}
        shape = [*row.output[1:], row.output[0]]
        numbers = {"weights": counts.get("weight", 0), "biases": counts.get("bias", 0)}
        result.append({"layer": name, "shape": shape, **numbers})
    return result


def fit(command: str) -> int | str:
    """The output length under strict rounding, or that the setting is invalid."""
    status, _text = output(f"{command} --rounding strict")
    return int(layer(f"{command} --rounding strict")["hwc"][0]) if status == 0 else "invalid"


ERA = "CONV-9-32-POOL-2-CONV-5-64-POOL-2-CONV-5-64-POOL-2"
SMALL, PLAIN = ("conv", "max_pool", "linear"), "--padding valid --no-bias"
UW = "CONV3-100-CONV{50 5x5 s3}-POOL2-CONV3-30-POOL{2x4}-FC10"
BN = "CONV3-8-LRELU-POOL-2-BN-CONV3-16-LRELU-POOL-2-FLATTEN-FC-10"
BN_NAMES = ["CONV3-8", "LeakyReLU", "POOL-2", "BatchNorm", "CONV3-16", "LeakyReLU", "POOL-2",
            "FLATTEN", "FC-10"]  # fmt: skip
ERA_NAMES = ["CONV-9-32", "POOL-2", "CONV-5-64", "POOL-2", "CONV-5-64", "POOL-2", "FC-3"]
INCEPTION = """
input: 500x20x20
layers:
  - concat:
      1x1: [{conv: {out_channels: 200, kernel_size: 1}}]
      3x3: [{conv: {out_channels: 100, kernel_size: 3, padding: 1}}]
      5x5: [{conv: {out_channels: 20, kernel_size: 5, padding: 2}}]
      pool: [{max_pool: {kernel_size: 3, stride: 1, padding: 1}},
             {conv: {out_channels: 75, kernel_size: 1}}]
"""
ONE_D = """
input: 1x200
layers:
  - conv: {out_channels: 1, kernel_size: 5, stride: 2}
  - conv: {out_channels: 1, kernel_size: 3}
  - conv: {out_channels: 1, kernel_size: 5, dilation: 2}
"""
RMIT = """
input: 3x227x227
layers:
  - conv: {out_channels: 8, kernel_size: 5, stride: 1, dilation: %d}
  - max_pool: {kernel_size: 2, stride: 2}
  - conv: {out_channels: 8, kernel_size: 5}
"""


def field(analysis: Analysis) -> list[int]:
    size = receptive_field(analysis)
    return [size, size] if isinstance(size, int) else []


def fields_of(text: str) -> list[int]:
    """The receptive field after each layer of a 1-D network."""
    _status, printed = output(f"explain {text} --what rf --format json")
    layers = json.loads(printed)["layers"]
    return [one["quantities"]["receptive_field"]["value"]["size"][0] for one in layers]


def vgg19_stages() -> list[int]:
    rows = cnncalc.analyze(cnncalc.load("vgg19")).rows()
    stages = [
        sum(r.params for r in rows if r.node.name.startswith(f"conv{n}")) for n in range(1, 6)
    ]
    dense = sum(r.params for r in rows if r.node.layer.keyword == "linear")
    return [*stages, dense, sum(r.params for r in rows)]


def alexnet_activations() -> list[int]:
    rows = cnncalc.analyze(cnncalc.load("alexnet")).rows()
    counts = [row.elements for row in rows if row.node.layer.keyword in SMALL]
    image = 224 * 224 * 3
    pairs = zip([image, *counts], counts, strict=False)
    return [image + sum(counts), max(a + b for a, b in pairs)]


def vgg_norms() -> list[int]:
    plain, normed = (cnncalc.analyze(cnncalc.load(n)) for n in ("vgg16", "vgg16_bn"))
    norms = [row for row in normed.rows() if row.node.layer.keyword == "batch_norm"]
    added = normed.totals().params - plain.totals().params
    return [added, sum(row.buffers for row in norms[:3])]


def flops_table() -> list[int]:
    net = network("CONV3-10-AVGPOOL2-CONV3-5-FC128-FC10", "28x28x1")
    rows = [r for r in net.rows() if r.node.layer.keyword != "flatten"]
    counts = [2 * r.ops.macs or r.ops.flops for r in rows]
    return [*counts, sum(counts)]


def alexnet_weights() -> int:
    rows = cnncalc.analyze(cnncalc.load("alexnet")).rows()
    return sum(array.count for row in rows for array in row.arrays if array.name == "weight")


def separable() -> list[int]:
    command = "conv 56x56x64 -n 128 -k 3 -p same --separable --no-bias"
    return [total(command, "macs"), total(command, "params")]


def turned_into_convolutions() -> list[list[int]]:
    net = network("[CONV{512 same}-POOL]*5-CONV{4096 7x7}-CONV{1000 1x1}", "384x384x3")
    shapes = hwc(net)
    return [shapes[-3], shapes[-1]]


def dqn() -> list[int]:
    one = layer("conv 84x84x4 -n 16 -k 8 -s 4")
    neurons = one["hwc"][0] * one["hwc"][1] * one["hwc"][2]
    return [one["units"] + 1, neurons, one["connections"], one["params"]]


def params(command: str) -> int:
    return int(layer(command)["params"])


ANSWERS: dict[str, Callable[[], Any]] = {
    "dlai-fc-params": lambda: params("linear 300x300x3 -n 100"),
    "cs231n-lec-params": lambda: params("conv 32x32x3 -n 10 -k 5 -p 2"),
    "it5427-c": lambda: [
        layer("conv 32x32x3 -n 20 -k 5")["hwc"], params("conv 32x32x3 -n 20 -k 5")
    ],
    "bank-6to8": lambda: [
        params("conv 20x20x6 -n 8 -k 5 -s 2 -p same --no-bias"),
        params("linear 20x20x6 -n 10x10x8 --no-bias"),
    ],
    "dsf-64-128": lambda: params("conv 3x3x64 -n 128 -k 3"),
    "unicamp-60": lambda: [
        params("conv 256x256x3 -n 60 -k 5 -p same --no-bias"),
        layer("conv 256x256x3 -n 60 -k 5 -p same --no-bias")["dense"],
    ],
    "srm-28": lambda: layer("conv 28x28 -n 32 -k 3")["hwc"],
    "cs231n-11x11": lambda: layer("conv 11x11x4 -k 5 -s 2")["hwc"][0],
    "wit-100": lambda: layer("conv 100x100 -k 2")["hwc"][:2],
    "olin-32": lambda: [layer(f"conv 32x32 -k {k}")["hwc"][:2] for k in (5, 4)],
    "nptel-4": lambda: layer("conv 4x4 -k 3")["hwc"][:2],
    "uda-out": lambda: layer("conv 32x32x3 -n 20 -k 8 -s 2 -p 1")["hwc"],
    "nptel-1024": lambda: layer("conv 1024x1024x3 -n 40 -k 3")["hwc"],
    "srm-saq1": lambda: hwc(network("CONV5-64-POOL2-CONV3-128", "32x32x3")),
    "uw-sizes": lambda: hwc(network(UW, "256x256x3"), ("conv", "max_pool")),
    "cs231n-demo": lambda: layer("conv 5x5x3 -n 2 -k 3 -s 2 -p 1")["hwc"],
    "nptel-128-p2": lambda: [
        layer("conv 128x128x3 -n 16 -k 5 -p 2")["hwc"][:2],
        layer("conv 128x128x3 -n 16 -k 5 -p 2")["hwc"][2],
        hwc(network("CONV{16 5x5 p2}-POOL2", "128x128x3"))[-1][:2],
    ],
    "dlai2-same-5": lambda: solved("conv --input 121x121 --output-size 121x121 -k 5 -p any")[0],
    "dlai-pool": lambda: layer("pool 32x32x16 -k 2")["hwc"],
    "cs231n-pool-224": lambda: [
        layer("pool 224x224x64 -k 2")["hwc"],
        f"{100 * (1 - layer('pool 224x224x64 -k 2')['kept']):g}%",
    ],
    "dlai-inception-direct": lambda: layer("conv 28x28x192 -n 32 -k 5 -p same")["macs"],
    "dlai-inception-bottleneck": lambda: network(
        "CONV1-16-CONV5-32", "28x28x192", "--padding same"
    ).totals().ops.macs,
    "cs231n-w10-s2": lambda: "invalid (4.5 is not a whole number)"
    if "= 4.5," in output("conv 10 -k 3 -s 2 --rounding strict")[1] else None,
    "cs231n-w5-strides": lambda: [fit(f"conv 5 -k 3 -p 1 -s {s}") for s in (1, 2, 3)],
    "bank-four-cases": lambda: [
        params("conv 100x100 -n 100 -k 100"),
        params("conv 100x100 -n 100 -k 10 -s 5"),
        params("conv 100x100 -n 100 -k 10 -s 5 --local"),
        params("conv 100x100 -n 100 -k 10"),
    ],
    "cs231n-neuron-weights": lambda: [
        layer("conv 32x32x3 -k 5")["units"], layer("conv 16x16x20 -k 3")["units"]
    ],
    "unsw-dqn-1": dqn,
    "rmit-rf": lambda: field(spec(RMIT % 1)),
    "rmit-rf-dil": lambda: field(spec(RMIT % 2)),
    "cs231n-stack-rf3": lambda: field(network("CONV*3", "32x32x3")),
    "bank-conv-pool-rf": lambda: field(network("CONV{same}-POOL-3-2", "256x256x3")),
    "cs231n-fc2conv": turned_into_convolutions,
    "num1-chain": lambda: table(
        network("CONV3-20-POOL2-CONV3-90-POOL2", "224x224x3"), ["conv1", "pool1", "conv2", "pool2"]
    ),
    "bank-vgg19": vgg19_stages,
    "cs230-bn-table": lambda: table(network(BN, "32x32x3"), BN_NAMES),
    "cs230-era-fc128": lambda: [
        one["weights"]
        for one in split(network(f"{ERA}-FC-128-FC-3", "128x128x3"), [""] * 8)[-2:]
    ],
    "cs230-era-256": lambda: split(network(f"{ERA}-FC-3", "256x256x3"), ERA_NAMES),
    "mit-alex-acts": alexnet_activations,
    "utm-tconv-b": lambda: layer("conv-transpose 3x5x5 --layout chw -n 4 -k 2 -s 2")["chw"],
    "utm-tconv-params-a": lambda: params("conv-transpose 5x5x3 -n 2 -k 3"),
    "nptel-39": lambda: network(
        "CONV{10 3x3}-CONV{20 5x5 s2}-CONV{40 5x5 s2}-FLATTEN", "39x39x3"
    ).rows()[-1].output[0],
    "udl-10-8": lambda: [
        [layer(f"conv 20x{i} --dims 1 -n {o} -k {k}")["weights"], o]
        for i, o, k in ((3, 4, 3), (4, 10, 5))
    ],
    "srm-saq2": lambda: network(
        "CONV3-32-POOL2-CONV3-64-FC128-FC10", "28x28x1"
    ).totals().params,
    "mit-alex-params": alexnet_weights,
    "bits-vgg-bn": vgg_norms,
    "ovino-flops": flops_table,
    "mit-alex-flops": lambda: 2 * cnncalc.analyze(cnncalc.load("alexnet")).totals().ops.macs,
    "mit-alex-size": lambda: [
        weight_bytes(f"linear 61000000 --no-bias --dtype {dtype}") // 10**6
        for dtype in ("float32", "int8")
    ],
    "bits-dilated": lambda: layer("conv 7x7 -k 3 -d 2")["hwc"][:2],
    "bits-inception": lambda: [
        hwc(spec(INCEPTION))[-1],
        [solved(f"conv --input 20 --output-size 20 -k {k} -p any")[0] for k in (1, 3, 5)],
    ],
    "tai-dw": separable,
    "d2l-double": lambda: layer("conv 14x14x64 -n 128 -k 3")["macs"]
    // layer("conv 14x14x32 -n 64 -k 3")["macs"],
    "dv-inverse-input": lambda: solved("conv --input any --output-size 3 -k 3 -s 2 -p 1"),
}  # fmt: skip

#: Questions whose key is a formula: what the tool answers at the key's point.
AT_A_POINT: dict[str, Callable[[], list[int]]] = {
    "tai-vs5": lambda: [
        network("CONV3-64-CONV3-64", "32x32x64", PLAIN).totals().params,
        params("conv 32x32x64 -n 64 -k 5 --no-bias"),
    ],
    "utm-tconv-d": lambda: [layer("conv-transpose 5 -k 4 -s 3")["hwc"][0]],
    "nyu-formula": lambda: [layer("conv 224 -k 7 -p 3 -d 2 -s 2")["hwc"][0]],
    "wit-solve-pad": lambda: solved("conv --input 63 --output-size 63 -k 7 -p any"),
}
