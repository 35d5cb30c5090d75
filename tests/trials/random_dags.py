"""Random networks in one to three dimensions, as a spec and as what PyTorch makes of it.

Any layer may read any earlier node; merges broadcast. A network ends at the first layer that
PyTorch refuses, and then is to be refused. `random_stacks` of the layers' tests has the chains.
"""

from __future__ import annotations

import math
from random import Random
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional

CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
MAX_POOL = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
ADAPTIVE = {
    1: functional.adaptive_avg_pool1d,
    2: functional.adaptive_avg_pool2d,
    3: functional.adaptive_avg_pool3d,
}
MODES = {1: "linear", 2: "bilinear", 3: "trilinear"}
LONGEST = {1: 40, 2: 20, 3: 9}
Made = tuple[Any, int, int]  # a tensor without values, parameters, multiply-accumulates


class Node(NamedTuple):
    """A named tensor, and what its layer costs."""

    name: str
    value: Any
    params: int = 0
    macs: int = 0


class Refused(Exception):
    """The layer cannot be built."""


class RandomNetwork:
    """A network drawn from a seed: `text` is its spec, `nodes` what PyTorch gives for each layer.

    `refused` is the name of the last layer if PyTorch cannot build it.
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.rank = self.random.choice((1, 2, 2, 2, 3))
        longest = LONGEST[self.rank]
        lengths = [self.random.randint(2, longest) for _ in range(self.rank)]
        self.shape = (self.random.choice((1, 2, 3, 4, 6, 8)), *lengths)
        self.nodes = [Node("input", torch.empty(1, *self.shape, device="meta"))]
        self.lines: list[str] = []
        self.refused: str | None = None
        for _ in range(self.random.randint(1, 12)):
            if self.refused is None:
                self.grow()

    @property
    def text(self) -> str:
        """The network as a spec."""
        head = f"input: {'x'.join(map(str, self.shape))}\nlayers:\n"
        return head + "".join(self.lines or ["  - identity\n"])

    def grow(self) -> None:
        """Add one layer, most often one that PyTorch can build."""
        source = self.nodes[-1] if self.random.random() < 0.8 else self.random.choice(self.nodes)
        if source.value.dim() != self.rank + 2:
            source = self.nodes[0]
        keyword = self.random.choice(KINDS)
        fields, made = self.attempt(keyword, source.value)
        if made is None and self.random.random() > 0.15:
            return
        if made is not None and made[0].numel() > 200_000:
            return
        name = f"n{len(self.nodes)}"
        fields = {"name": name, "from": source.name} | fields
        entry = ", ".join(f"{key}: {written(value)}" for key, value in fields.items())
        self.lines.append(f"  - {keyword}: {{{entry}}}\n")
        if made is None:
            self.refused = name
        else:
            self.nodes.append(Node(name, *made))

    def attempt(self, keyword: str, x: Any) -> tuple[dict[str, Any], Made | None]:
        """Return the fields of a random layer, and what it makes of `x` if it can."""
        fields: dict[str, Any] = {}
        try:
            made = getattr(self, keyword)(x, fields)
        except (Refused, RuntimeError, ValueError):
            return fields, None
        return fields, made if made[0].numel() else None

    def axes(self, *choices: int) -> tuple[Any, list[int]]:
        """Return an integer per axis: as written (one for all, or a list), and as a list."""
        if self.random.random() < 0.6:
            value = self.random.choice(choices)
            return value, [value] * self.rank
        values = [self.random.choice(choices) for _ in range(self.rank)]
        return values, values

    def pads(self, most: int) -> tuple[Any, list[tuple[int, int]]]:
        """Return padding: one number, one per axis, or one per side."""
        written, values = self.axes(*range(most + 1))
        if self.random.random() < 0.6:
            return written, [(value, value) for value in values]
        sides = [(value, self.random.randint(0, most)) for value in values]
        return [list(pair) for pair in sides], sides

    def same(self, x: Any, windows: list[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
        """Return `same` or `same_lower` and its padding for windows of (extent, stride)."""
        word, sides = self.random.choice(("same", "same_lower")), []
        for length, (extent, stride) in zip(x.shape[2:], windows, strict=True):
            total = max((math.ceil(length / stride) - 1) * stride + extent - length, 0)
            less, more = total // 2, total - total // 2
            sides.append((less, more) if word == "same" else (more, less))
        return word, sides

    def divisor(self, channels: int) -> int:
        """Return a number of groups, which most often divides the channels."""
        if self.random.random() < 0.1:
            return self.random.randint(1, 5)
        return self.random.choice([n for n in range(1, channels + 1) if channels % n == 0])

    def conv(self, x: Any, fields: dict[str, Any]) -> Made:
        groups = self.divisor(x.shape[1])
        out = groups * self.random.randint(1, 3)
        fields["kernel_size"], kernel = self.axes(1, 2, 3, 4, 5)
        fields["stride"], stride = self.axes(1, 1, 2, 3)
        fields["dilation"], dilation = self.axes(1, 1, 2, 3)
        extents = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
        if self.random.random() < 0.3:
            fields["padding"], sides = self.same(x, list(zip(extents, stride, strict=True)))
        else:
            fields["padding"], sides = self.pads(3)
        mode = self.random.choice(("zeros", "zeros", "reflect", "replicate", "circular"))
        bias = self.random.random() < 0.5
        fields |= {"out_channels": out, "groups": groups, "padding_mode": mode, "bias": bias}
        if x.shape[1] % groups:
            raise Refused
        module = CONV[self.rank](
            x.shape[1], out, kernel, stride, 0, dilation, groups, bias, device="meta"
        )
        value = module(padded(x, sides, mode))
        return value, numbers(module), value.numel() * module.weight[0].numel()

    def conv_transpose(self, x: Any, fields: dict[str, Any]) -> Made:
        groups = self.divisor(x.shape[1])
        out = groups * self.random.randint(1, 3)
        fields["kernel_size"], kernel = self.axes(1, 2, 3, 4)
        fields["stride"], stride = self.axes(1, 2, 3)
        fields["dilation"], dilation = self.axes(1, 1, 2)
        fields["padding"], sides = self.pads(2)
        fields["output_padding"], extra = self.axes(0, 0, 0, 1, 2)
        fields |= {"out_channels": out, "groups": groups}
        if any(e >= s and e >= d for e, s, d in zip(extra, stride, dilation, strict=True)):
            raise Refused
        if x.shape[1] % groups:
            raise Refused
        module = TRANSPOSED[self.rank](
            x.shape[1], out, kernel, stride, 0, extra, groups, True, dilation, device="meta"
        )
        return cut(module(x), sides), numbers(module), x.numel() * module.weight[0].numel()

    def max_pool(self, x: Any, fields: dict[str, Any]) -> Made:
        fields["kernel_size"], kernel = self.axes(1, 2, 3, 4)
        fields["stride"], stride = self.axes(1, 2, 3)
        fields["dilation"], dilation = self.axes(1, 1, 2)
        fields["padding"], padding = self.axes(*range(min(kernel) // 2 + 1))
        fields["ceil_mode"] = ceil = self.random.random() < 0.5
        return MAX_POOL[self.rank](x, kernel, stride, padding, dilation, ceil), 0, 0

    def adaptive_avg_pool(self, x: Any, fields: dict[str, Any]) -> Made:
        fields["output_size"], size = self.axes(1, 2, 3, 5)
        return ADAPTIVE[self.rank](x, size), 0, 0

    def upsample(self, x: Any, fields: dict[str, Any]) -> Made:
        fields["mode"] = mode = self.random.choice(("nearest", MODES[self.rank]))
        if self.random.random() < 0.5:
            fields["size"], size = self.axes(*range(1, 12))
        else:
            fields["scale_factor"], factor = self.axes(1, 2, 3)
            size = [n * f for n, f in zip(x.shape[2:], factor, strict=True)]
        return functional.interpolate(x, size=tuple(size), mode=mode), 0, 0

    def pad(self, x: Any, fields: dict[str, Any]) -> Made:
        fields["padding"], sides = self.pads(3)
        fields["mode"] = mode = self.random.choice(("zeros", "reflect", "replicate", "circular"))
        return padded(x, sides, mode), 0, 0

    def crop(self, x: Any, fields: dict[str, Any]) -> Made:
        fields["cropping"], sides = self.pads(2)
        return cut(x, sides), 0, 0

    def slice(self, x: Any, fields: dict[str, Any]) -> Made:
        fields["start"] = start = self.random.randrange(x.shape[1])
        fields["step"] = step = self.random.choice((1, 1, 2, 3))
        return x[:, start::step], 0, 0

    def channel_shuffle(self, x: Any, fields: dict[str, Any]) -> Made:
        fields["groups"] = self.divisor(x.shape[1])
        if x.shape[1] % fields["groups"]:
            raise Refused
        return x, 0, 0

    def add(self, x: Any, fields: dict[str, Any]) -> Made:
        others = self.others(x, can_broadcast)
        fields["from"] = [node.name for node in others]
        value = others[0].value
        for node in others[1:]:
            value = value + node.value
        return value, 0, 0

    def concat(self, x: Any, fields: dict[str, Any]) -> Made:
        others = self.others(x, lambda a, b: a[2:] == b[2:])
        fields["from"] = [node.name for node in others]
        return torch.cat([node.value for node in others], 1), 0, 0

    def others(self, x: Any, fits: Any) -> list[Node]:
        """Return two or three nodes to merge, most often such that fit `x`."""
        good = [node for node in self.nodes if fits(node.value.shape, x.shape)]
        pool = good if self.random.random() < 0.9 else self.nodes
        return [self.random.choice(pool) for _ in range(self.random.randint(2, 3))]


KINDS = (
    "conv", "conv", "conv", "conv", "conv_transpose", "max_pool", "max_pool", "adaptive_avg_pool",
    "upsample", "pad", "crop", "slice", "channel_shuffle", "add", "add", "concat", "concat",
)  # fmt: skip


def can_broadcast(first: tuple[int, ...], second: tuple[int, ...]) -> bool:
    """Return whether each axis is equal in both, or 1 in one of them."""
    return all(m == n or 1 in (m, n) for m, n in zip(first, second, strict=False))


def written(value: Any) -> str:
    """Return a field's value as YAML."""
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def numbers(module: Any) -> int:
    """Return how many numbers a module learns."""
    return sum(parameter.numel() for parameter in module.parameters())


def padded(x: Any, sides: list[tuple[int, int]], mode: str) -> Any:
    """Return `x` with elements added at each side of its spatial axes."""
    flat = [amount for pair in reversed(sides) for amount in pair]
    return functional.pad(x, flat, mode="constant" if mode == "zeros" else mode)


def cut(x: Any, sides: list[tuple[int, int]]) -> Any:
    """Return `x` without elements at each side of its spatial axes."""
    for axis, (before, after) in enumerate(sides, 2):
        length = x.shape[axis] - before - after
        if length < 1:
            raise Refused
        x = x.narrow(axis, before, length)
    return x
