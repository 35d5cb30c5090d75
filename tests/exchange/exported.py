"""Random numbers for a network, and what the executor makes of them: the measure for exports."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import random_layers

from cnncalc.executor.execution import Executor
from cnncalc.executor.initial import declared_arrays
from cnncalc.executor.weights import GivenWeights
from cnncalc.graph import Graph

#: Layers that want positive input: roots, and powers that need not be whole.
POSITIVE = ("sqrt", "lp_pool", "global_lp_pool")

#: Networks with what makes exports hard, as specs.
NETWORKS = {
    "heads and shared weights": """
inputs: {left: 4x8x8, right: 4x8x8}
blocks:
  unit:
    layers:
      - add:
          main: [{conv: {out_channels: 4, kernel_size: 3, padding: same, stride: 1}}, relu]
          shortcut: []
layers:
  - unit: {repeat: 2, name: stem}
  - conv: {name: thin, out_channels: 4, kernel_size: 1, from: right}
  - conv: {share: thin, from: stem_2, name: again, out_channels: 4, kernel_size: 1}
  - concat: {name: both, from: [thin, again, left]}
  - aux: {name: side, layers: [global_avg_pool, flatten, {linear: 3}]}
  - conv: {name: table, out_channels: 3, kernel_size: 3, connections: [[0, 1], [5], [11, 2]]}
outputs: [table, thin]
""",
    "results on the way": """
input: 3x16x16
blocks:
  fuse:
    inputs: [fine, coarse]
    layers:
      - upsample: {name: up, scale_factor: 2, from: coarse}
      - conv: {name: lateral, out_channels: 6, kernel_size: 1, from: fine}
      - add: {name: sum, from: [lateral, up]}
  step:
    layers:
      - concat: {old: [], new: [{conv: {out_channels: 2, kernel_size: 3, padding: same}}, relu]}
layers:
  - step: {name: early, repeat: 3}
  - max_pool: {name: half, kernel_size: 2}
  - step: {name: late, repeat: 2}
  - max_pool: 2
  - conv: {name: low, out_channels: 6, kernel_size: 1}
  - aux:
      name: side
      layers: [global_avg_pool, {layer_norm: {axes: channels}}, flatten, {linear: 3}]
  - conv: {name: lateral, out_channels: 6, kernel_size: 1, from: late_2}
  - fuse: {name: middle, from: [lateral, low]}
  - fuse: {name: high, from: [early_3, middle]}
  - conv: {name: scores, out_channels: 5, kernel_size: 1}
outputs: [scores, middle]
""",
    "skips over scopes": """
input: 3x16x16
blocks:
  down:
    parameters: {channels: }
    layers:
      - conv: {out_channels: channels, kernel_size: 3, padding: 1}
      - batch_norm
      - relu: {name: skip}
      - max_pool: 2
  up:
    parameters: {channels: , skip: }
    layers:
      - upsample: 2
      - conv: {out_channels: channels, kernel_size: 3, padding: 1}
      - leaky_relu: 0.1
layers:
  - down: {name: down1, channels: 4}
  - down: {name: down2, channels: 8}
  - conv: {name: middle, out_channels: 8, kernel_size: 3, stride: 2, padding: same}
  - upsample: {size: 4}
  - conv_transpose: {out_channels: 8, kernel_size: 2, stride: 2}
  - concat: {name: join2, from: [conv_transpose_1, down2/skip]}
  - conv: {out_channels: 4, kernel_size: 3, padding: 1}
  - upsample: {scale_factor: 2, mode: bilinear}
  - concat: {name: join1, from: [upsample_2, down1/skip]}
  - conv: {out_channels: 2, kernel_size: 1}
  - softmax
""",
    "parts that copies lack": """
input: 3x12x12
blocks:
  gate:
    layers:
      - multiply:
          gate: [global_avg_pool, {conv: {out_channels: in_channels, kernel_size: 1}}, sigmoid]
          main: []
  unit:
    parameters: {channels: , stride: 1, gated: false, act: relu}
    layers:
      - add:
          main:
            - conv: {out_channels: channels, kernel_size: 3, stride: stride, padding: 1}
            - layer: {is: act}
            - gate: {if: gated}
          shortcut:
            - conv:
                name: project
                if: stride != 1 or in_channels != channels
                out_channels: channels
                kernel_size: 1
                stride: stride
      - layer: {is: act}
layers:
  - unit: {name: a, channels: 4}
  - unit: {name: b, channels: 4, gated: true}
  - unit: {name: c, channels: 8, stride: 2, act: hard_swish}
  - unit: {name: d, channels: 8, gated: true, repeat: 3}
  - flatten
  - linear: 5
""",
}


def ends(graph: Graph) -> list[int]:
    """Return the outputs of a network, those of auxiliary heads last."""
    return list(dict.fromkeys((*graph.outputs, *graph.aux_outputs)))


def weights_of(graph: Graph, seed: int = 0) -> dict[str, Any]:
    """Return random weights by name, scaled so that values keep their size through the network."""
    generator = np.random.default_rng(seed)
    result = {}
    for name, _node, spec in declared_arrays(graph):
        array = generator.normal(size=spec.shape) / max(1, np.prod(spec.shape[1:])) ** 0.5
        if spec.name in ("weight", "running_var") and len(spec.shape) == 1:
            array = np.abs(array) / 4 + 0.5
        result[name] = array.astype(np.float32)
    return result


def inputs_of(graph: Graph, batch: int = 2, seed: int = 1) -> list[Any]:
    """Return random inputs."""
    generator = np.random.default_rng(seed)
    shapes = [graph.nodes[i].layer.output_shape(()) for i in graph.inputs]
    inputs = [generator.normal(size=(batch, *shape)).astype(np.float32) for shape in shapes]
    if any(node.layer.keyword in POSITIVE for node in graph.nodes):
        inputs = [np.abs(x) + 0.1 for x in inputs]
    return inputs


def executed(graph: Graph, weights: dict[str, Any], inputs: list[Any]) -> list[Any]:
    """Return the outputs of a network as the executor computes them."""
    executor = Executor(graph, GivenWeights(graph, weights, np.float32), np.float32)
    kept = executor.run(inputs, keep=frozenset(ends(graph)))
    return [kept[i] for i in ends(graph)]


def assert_equal(found: list[Any], wanted: list[Any]) -> None:
    """Hold outputs to those of the executor, within 1e-4 of their size."""
    lowest = np.finfo(np.float32).min  # of a window that reads padding only: -inf here
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(
            np.maximum(one, lowest), np.maximum(other, lowest),
            rtol=1e-4, atol=random_layers.tolerance(other),
        )  # fmt: skip


def assert_formatted(text: str, folder: Path) -> None:
    """Hold source to what the usual formatter would make of it."""
    path = folder / "generated.py"
    path.write_text(text)
    ruff = shutil.which("ruff")
    if ruff is not None:
        arguments = [ruff, "format", "--isolated", "--diff", str(path)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
