"""Hold cnncalc to torchvision's models: by `from_torch`, and by both of PyTorch's ONNX exporters.

    python benchmarks/exported_models.py [NAME ...] [--ways torch,onnx,onnx_old]

Needs `torch`, `torchvision`, `onnx` and `onnxscript`. For each model and way the figures of cnncalc
stand beside PyTorch's own: the parameters that the output depends on, the products that
`torch.utils.flop_counter` counts, and the shapes of the outputs. Folded batch norms make the ONNX
files have fewer parameters than the module; the script folds them too before it compares.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch.utils.flop_counter import FlopCounterMode

import cnncalc

NAMES = (
    "alexnet", "vgg11_bn", "resnet18", "resnet50", "googlenet", "inception_v3", "squeezenet1_0",
    "squeezenet1_1", "densenet121", "mobilenet_v2", "mobilenet_v3_large", "shufflenet_v2_x1_0",
    "mnasnet0_5", "efficientnet_b0", "regnet_y_400mf", "convnext_tiny", "lraspp_mobilenet_v3_large",
    "fcn_resnet50", "deeplabv3_resnet50", "retinanet_backbone",
)  # fmt: skip
WAYS = ("torch", "onnx", "onnx_old")


class Outputs(torch.nn.Module):
    """A model whose outputs are a tuple, as exporters want them."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: torch.Tensor) -> Any:
        found = self.model(image)
        return tuple(found.values()) if isinstance(found, dict) else found


def build(name: str) -> tuple[torch.nn.Module, tuple[int, ...]]:
    """Return a model and the shape that it is made for."""
    if name == "retinanet_backbone":
        from torchvision.models.detection.backbone_utils import resnet_fpn_backbone

        norm = torch.nn.BatchNorm2d
        found = resnet_fpn_backbone(backbone_name="resnet50", weights=None, norm_layer=norm)
        return Outputs(found).eval(), (3, 256, 256)
    options: dict[str, Any] = {"weights": None}
    if name in ("googlenet", "inception_v3"):
        options["init_weights"] = False
    if "resnet50" in name or "lraspp" in name:
        options |= {} if name == "resnet50" else {"weights_backbone": None}
    model = torchvision.models.get_model(name, **options).eval()
    side = 299 if name == "inception_v3" else 224
    return Outputs(model).eval() if hasattr(model, "backbone") else model, (3, side, side)


def stirred(model: torch.nn.Module) -> torch.nn.Module:
    """Return a model whose arrays differ: exporters join equal ones, and drop biases of zeros."""
    for tensor in model.state_dict().values():
        if tensor.is_floating_point():
            tensor += torch.rand_like(tensor) * 1e-3
    return model.requires_grad_()


def expected(model: torch.nn.Module, image: torch.Tensor) -> tuple[int, int, list[Any]]:
    """Return PyTorch's own figures: parameters in use, products, shapes of the outputs."""
    for parameter in model.parameters():
        parameter.grad = None
    found = model(image)
    outputs = list(found) if isinstance(found, tuple) else [found]
    sum(output.sum() for output in outputs).backward()
    used = sum(p.numel() for p in model.parameters() if p.grad is not None)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(image)
    return used, counter.get_total_flops() // 2, [tuple(output.shape[1:]) for output in outputs]


def folded(model: torch.nn.Module, image: torch.Tensor) -> int:
    """Return by how much the parameters shrink when batch norms are folded into convolutions.

    A norm that follows a convolution loses its 2 C, and the convolution gets a bias of C where it
    has none. What follows what is seen when the model runs.
    """
    before: dict[int, Any] = {}
    change = 0

    def seen(module: torch.nn.Module, inputs: Any, output: Any) -> None:
        nonlocal change
        if isinstance(module, torch.nn.Conv2d):
            before[id(output)] = module, output
        elif isinstance(module, torch.nn.BatchNorm2d) and id(inputs[0]) in before:
            conv = before[id(inputs[0])][0]
            change -= 2 * module.num_features - (module.num_features if conv.bias is None else 0)

    hooks = [module.register_forward_hook(seen) for module in model.modules()]
    with torch.no_grad():
        model(image)
    for hook in hooks:
        hook.remove()
    return change


def read(model: torch.nn.Module, shape: tuple[int, ...], way: str, folder: str) -> Any:
    """Return the graph that cnncalc makes of a model that goes one way."""
    if way == "torch":
        return cnncalc.from_torch(model, shape)
    path = str(Path(folder) / f"{way}.onnx")
    torch.onnx.export(
        model, (torch.zeros(1, *shape),), path, dynamo=way == "onnx", verbose=False,
        external_data=False,
    )  # fmt: skip
    return cnncalc.load(path)


def main() -> int:
    """Compare all models; return 1 if any figure differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--ways", default=",".join(WAYS))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    faults = 0
    for name in options.names:
        model, shape = build(name)
        model = stirred(model)
        image = torch.zeros(1, *shape)
        params, macs, shapes = expected(model, image)
        change = folded(model, image)
        for way in options.ways.split(","):
            start = time.perf_counter()
            with tempfile.TemporaryDirectory() as folder:
                try:
                    graph = read(model, shape, way, folder)
                except Exception as error:  # the exporter's faults are shown too
                    faults += 1
                    text = str(error).split("\n")[0][:150]
                    print(f"{name:26} {way:9} {type(error).__name__}: {text}", flush=True)
                    continue
            analysis = cnncalc.analyze(graph)
            totals = analysis.totals()
            wanted = params if way == "torch" else params + change
            found = [analysis.facts[i].output for i in graph.outputs]
            equal = (totals.params, totals.ops.macs, found) == (wanted, macs, shapes)
            faults += not equal
            print(
                f"{name:26} {way:9} {'equal' if equal else 'DIFFERS'}  params {totals.params:,}"
                f" ({wanted:,})  MACs {totals.ops.macs:,} ({macs:,})  outputs {found}"
                f"{'' if found == shapes else f' ({shapes})'}  {time.perf_counter() - start:.1f} s",
                flush=True,
            )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
