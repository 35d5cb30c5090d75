"""A graph of cnncalc as eager PyTorch calls on the same weights: the yardstick of the executor."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "executor"))
import torch_oracle

from cnncalc.graph import Graph


class TorchGraph:
    """Runs the nodes in order; activations are in place, as torchvision's models have them."""

    def __init__(self, graph: Graph, arrays: dict[str, np.ndarray]) -> None:
        self.graph = graph
        self.readers = [len(r) for r in graph.readers()]
        self.arrays = {
            name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in arrays.items()
        }
        self.weights = []
        for node in graph.nodes:
            owner = graph.nodes[node.shares] if node.shares is not None else node
            prefix = owner.name + "."
            own = {
                n.removeprefix(prefix): t for n, t in self.arrays.items() if n.startswith(prefix)
            }
            self.weights.append({n: t for n, t in own.items() if "/" not in n and "." not in n})

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        values: dict[int, torch.Tensor] = {}
        left = list(self.readers)
        with torch.inference_mode():
            for index, node in enumerate(self.graph.nodes):
                if not node.inputs:
                    values[index] = x
                    continue
                inputs = [values[i] for i in node.inputs]
                values[index] = self.layer(node.layer, inputs, self.weights[index])
                for i in node.inputs:
                    left[i] -= 1
                    if not left[i]:
                        del values[i]
        return values[self.graph.outputs[0]]

    def layer(self, layer, inputs, weights):
        keyword = layer.keyword
        if keyword == "relu":
            return F.relu_(inputs[0])
        if keyword == "relu6":
            return F.relu6(inputs[0], inplace=True)
        if keyword == "hard_swish":
            return F.hardswish(inputs[0], inplace=True)
        if keyword == "silu":
            return F.silu(inputs[0], inplace=True)
        if keyword == "concat":
            return torch.cat(inputs, 1)
        if keyword == "add":
            total = inputs[0] + inputs[1]
            for other in inputs[2:]:
                total += other
            return total
        if keyword == "multiply":
            return inputs[0] * inputs[1]
        if keyword == "dropout":
            return inputs[0]
        return torch_oracle.FUNCTIONS[keyword](layer, inputs[0], weights, inputs[0].ndim - 2)
