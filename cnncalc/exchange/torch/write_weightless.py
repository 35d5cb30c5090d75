"""How activations, and layers that pad, cut, enlarge and move elements are written in PyTorch."""

from __future__ import annotations

from cnncalc.exchange.source.forms import Argument, Code, Form, sliced
from cnncalc.exchange.targets import alike, regrouped
from cnncalc.exchange.torch.write_windows import flat_pads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.source.forms import Rule, Rules, Shapes
    from cnncalc.quantities import Shape


def activation(function: str) -> Form:
    """Return the form of a function of one element without options."""
    return Form("{activation}({0})", inserts=(("activation", Code(function)),), wraps=True)


def prelu(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    slopes = Argument(None, layer.num_parameters, 1, "channels")
    return Form("{m}({0})", "nn.PReLU", (slopes,), stem="prelu", wraps=True)


def softplus(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    values = (("beta", layer.beta), ("threshold", layer.threshold))
    plain = layer.beta == 1 and layer.threshold == 20
    use = "F.softplus({0})" if plain else "F.softplus({0}, {beta}, {threshold})"
    return Form(use, inserts=() if plain else values, wraps=True)


def gelu(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    if layer.approximate == "none":
        return activation("F.gelu")
    return Form('F.gelu({0}, approximate="tanh")', wraps=True)


def clip(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
    bounds = [(n, getattr(layer, n)) for n in ("min", "max") if getattr(layer, n) is not None]
    given = ", ".join(f"{name}={{{name}}}" for name, _ in bounds)
    return Form(f"torch.clamp({{0}}, {given})", inserts=tuple(bounds), wraps=True)


def softmax(name: str) -> Rule:
    """Return the rule of a softmax along an axis."""

    def make(layer: Any, _shapes: Shapes, _output: Shape) -> Form:
        return Form(f"F.{name}({{0}}, dim={layer.axis + 1})", wraps=True)

    return make


PAD_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate",
             "circular": "circular"}  # fmt: skip


def flatten(_layer: Any, _shapes: Shapes, output: Shape) -> Form:
    if len(output) == 1:
        return Form("torch.flatten({0}, 1)", wraps=True)
    return Form(f"torch.flatten({{0}}, {len(output)})", wraps=True)


def upsample(layer: Any, _shapes: Shapes, output: Shape) -> Form:
    rank = len(output) - 1
    name, value = "size", alike(list(output[1:]))
    if layer.scale_factor is not None:
        factors = list(layer.factors(rank))
        name, value = "scale_factor", factors[0] if len(set(factors)) == 1 else tuple(factors)
    more = ""
    if layer.mode != "nearest":
        more = f', mode="{layer.mode}", align_corners={layer.align_corners}'
    use = f"F.interpolate({{0}}, {name}={{{name}}}{more})"
    return Form(use, inserts=((name, value),))


def pad(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    pairs = layer.around(shapes)
    channels = layer.channels or (0, 0)
    if layer.mode == "zeros":
        pads = flat_pads([channels, *pairs] if any(channels) else pairs)
        more = f", value={layer.value!r}" if layer.value else ""
        return Form(f"F.pad({{0}}, {{pad}}{more})", inserts=(("pad", pads),))
    use = f'F.pad({{0}}, {{pad}}, mode="{PAD_MODES[layer.mode]}")'
    values = [("pad", flat_pads(pairs))]
    if any(channels):
        use = f"F.pad({use}, {{channels}})"
        values.append(("channels", flat_pads([channels, *[(0, 0)] * len(pairs)])))
    return Form(use, inserts=tuple(values))


def part(start: int, stop: int | None, length: int, step: int = 1) -> str:
    """Return a slice as source."""
    last = "" if stop is None or stop >= length else str(stop)
    return f"{start or ''}:{last}" + (f":{step}" if step > 1 else "")


def crop(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    edges = layer.edges(shapes)
    parts = [
        part(before, n - after, n) for n, (before, after) in zip(shapes[0][1:], edges, strict=True)
    ]
    return Form(f"{{0}}[:, :, {', '.join(parts)}]")


def slice_(layer: Any, shapes: Shapes, _output: Shape) -> Form:
    return sliced(layer, shapes[0], ":, " * (layer.axis + 1))


def pixel_shuffle(layer: Any, shapes: Shapes, output: Shape) -> Form:
    if len(output) != 3:
        return rearranged(layer, shapes, output)
    return Form("F.pixel_shuffle({0}, {factor})", inserts=(("factor", layer.upscale_factor),))


def rearranged(layer: Any, shapes: Shapes, output: Shape) -> Form:
    """Return a layer that only moves elements: a grid of factors whose axes change places."""
    grid, order, joined = regrouped(layer, shapes[0])
    use = "{0}" if grid == shapes[0] else f"{{0}}.reshape(-1, {', '.join(map(str, grid))})"
    if order != sorted(order):
        use += f".permute(0, {', '.join(str(axis + 1) for axis in order)})"
    if joined:
        use += f".reshape(-1, {', '.join(map(str, output))})"
    return Form(use)


def reshape(_layer: Any, _shapes: Shapes, output: Shape) -> Form:
    lengths = [(f"length_{axis}", length, "length") for axis, length in enumerate(output)]
    shown = ", ".join(f"{{{name}}}" for name, *_ in lengths)
    return Form(f"{{0}}.reshape(-1, {shown})", inserts=tuple(lengths))


RULES: Rules = {
    "relu": activation("F.relu"),
    "relu6": activation("F.relu6"),
    "leaky_relu": Form("F.leaky_relu({0}, {negative_slope})", wraps=True),
    "prelu": prelu,
    "elu": Form("F.elu({0}, {alpha})", wraps=True),
    "sigmoid": activation("torch.sigmoid"),
    "hard_sigmoid": activation("F.hardsigmoid"),
    "tanh": activation("torch.tanh"),
    "hard_tanh": activation("F.hardtanh"),
    "softplus": softplus,
    "gelu": gelu,
    "silu": activation("F.silu"),
    "hard_swish": activation("F.hardswish"),
    "mish": activation("F.mish"),
    "softsign": activation("F.softsign"),
    "square": activation("torch.square"),
    "sqrt": activation("torch.sqrt"),
    "selu": activation("F.selu"),
    "abs": activation("torch.abs"),
    "clip": clip,
    "softmax": softmax("softmax"),
    "log_softmax": softmax("log_softmax"),
    "flatten": flatten,
    "upsample": upsample,
    "pad": pad,
    "crop": crop,
    "channel_shuffle": Form("torch.channel_shuffle({0}, {groups})", wraps=True),
    "slice": slice_,
    "pixel_shuffle": pixel_shuffle,
    "reshape": reshape,
    "permute": rearranged,
    "space_to_depth": rearranged,
}
