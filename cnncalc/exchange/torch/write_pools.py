"""How pools are written in PyTorch."""

from __future__ import annotations

from cnncalc.exchange.source.forms import Argument, Form, shown_axes
from cnncalc.exchange.targets import Sides, alike, amounts, axes_of, sides_of
from cnncalc.exchange.torch.write_windows import flat_pads, padded_use
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.source.forms import Shapes
    from cnncalc.quantities import Shape


#: The helper for unusual means, with its arguments.
MEAN = "window_mean({0}, {kernel}, {stride}, {dilation}, {pad}, {counted})"


def pools_plainly(sides: list[Sides]) -> bool:
    """Return whether PyTorch's own padding and rounding give these windows."""
    return all(s.before == s.after and 2 * s.before <= s.kernel for s in sides)


def rounds_up(layer: Any) -> bool:
    """Return whether a last window may hang over the end."""
    return bool(layer.rounding_in_force() == "ceil")


def steps(sides: list[Sides]) -> Argument:
    """Return the step of a pool, which is its kernel if nothing else is said."""
    kernel = alike([s.kernel for s in sides])
    return Argument("stride", alike([s.stride for s in sides]), kernel)


def max_pool(layer: Any, shapes: Shapes, output: Shape) -> Form:
    rank, sides = len(output) - 1, sides_of(layer, shapes[0], output)
    plainly = pools_plainly(sides)
    pairs = [] if plainly else amounts(sides)
    use, values = padded_use(pairs, value='float("-inf")')
    return Form(
        use,
        f"nn.MaxPool{rank}d",
        (
            Argument(None, alike([s.kernel for s in sides]), hint="kernel_size"),
            steps(sides),
            Argument("padding", alike([s.before for s in sides]) if plainly else 0, 0),
            Argument("dilation", alike([s.dilation for s in sides]), 1),
            Argument("ceil_mode", plainly and rounds_up(layer), False),
        ),
        values,
        stem="pool",
    )


def min_pool(layer: Any, shapes: Shapes, output: Shape) -> Form:
    return max_pool(layer, shapes, output).negated()


def avg_pool(layer: Any, shapes: Shapes, output: Shape) -> Form:
    rank, sides = len(output) - 1, sides_of(layer, shapes[0], output)
    divisor, shape = layer.divisor_override, shapes[0]
    small = any(n < s.kernel for n, s in zip(shape[1:], sides, strict=True))
    odd = any(s.dilation > 1 for s in sides) or (rank == 1 and divisor is not None)
    hanging = any(s.extra for s in sides)
    whole = not hanging and (layer.count_include_pad or not any(map(any, amounts(sides))))
    if not odd and not (rank == 3 and small) and pools_plainly(sides):
        pairs, inside, ceil = [], alike([s.before for s in sides]), rounds_up(layer)
    elif not odd and (whole or divisor is not None):
        pairs, inside, ceil = amounts(sides), 0, False
    else:
        return window_mean(layer, sides)
    use, values = padded_use(pairs)
    return Form(
        use,
        f"nn.AvgPool{rank}d",
        (
            Argument(None, alike([s.kernel for s in sides]), hint="kernel_size"),
            steps(sides),
            Argument("padding", inside, 0),
            Argument("ceil_mode", ceil and hanging, False),
            Argument("count_include_pad", layer.count_include_pad or not inside, True),
            *([Argument("divisor_override", divisor)] if divisor is not None else []),
        ),
        values,
        stem="pool",
    )


def mean_values(sides: list[Sides], with_padding: bool) -> tuple[tuple[str, Any], ...]:
    """Return the arguments of the helper for unusual means."""
    counted = [(s.before, s.after) if with_padding else (0, 0) for s in sides]
    return (
        ("kernel", tuple([s.kernel for s in sides])),
        ("stride", tuple([s.stride for s in sides])),
        ("dilation", tuple([s.dilation for s in sides])),
        ("pad", flat_pads(amounts(sides))),
        ("counted", flat_pads(counted)),
    )


def window_mean(layer: Any, sides: list[Sides]) -> Form:
    """Return a mean whose divisor is what each window holds, which no layer of PyTorch has."""
    values, divisor = mean_values(sides, layer.count_include_pad), layer.divisor_override
    if divisor is None:
        return Form(MEAN, inserts=values, helpers=("window_mean",))
    taps = product([side.kernel for side in sides])
    use = MEAN.replace("{counted}", "{pad}") + f" * {taps / divisor!r}"
    return Form(use, inserts=values[:-1], operator=True, helpers=("window_mean",))


def lp_pool(layer: Any, shapes: Shapes, output: Shape) -> Form:
    rank, sides = len(output) - 1, sides_of(layer, shapes[0], output)
    p, hanging = layer.norm_type, any(s.extra for s in sides)
    small = rank == 3 and any(n < s.kernel for n, s in zip(shapes[0][1:], sides, strict=True))
    if any(s.dilation > 1 for s in sides) or small or hanging:
        taps = product([side.kernel for side in sides])
        power = MEAN.replace("{0}", f"{{0}}.pow({p:g})")
        use = f"({power} * {taps}).pow({1 / p!r})"
        return Form(use, inserts=mean_values(sides, True), helpers=("window_mean",))
    use, values = padded_use(amounts(sides))
    return Form(
        use,
        f"nn.LPPool{rank}d",
        (
            Argument(None, int(p) if p == int(p) else p, hint="norm_type"),
            Argument(None, alike([s.kernel for s in sides]), hint="kernel_size"),
            steps(sides),
        ),
        values,
        stem="pool",
    )


def subsample(layer: Any, shapes: Shapes, output: Shape) -> Form:
    sides = sides_of(layer, shapes[0], output)
    use, values = padded_use(amounts(sides))
    return Form(
        use,
        "Subsample",
        (
            Argument(None, shapes[0][0], hint="in_channels"),
            Argument(None, tuple([s.kernel for s in sides]), hint="kernel_size"),
            Argument(None, tuple([s.stride for s in sides]), hint="stride"),
        ),
        values,
        stem="pool",
        helpers=("Subsample",),
    )


def global_avg_pool(_layer: Any, _shapes: Shapes, output: Shape) -> Form:
    return Form(f"F.adaptive_avg_pool{len(output) - 1}d({{0}}, 1)")


def global_max_pool(_layer: Any, _shapes: Shapes, output: Shape) -> Form:
    return Form(f"F.adaptive_max_pool{len(output) - 1}d({{0}}, 1)")


def global_lp_pool(layer: Any, _shapes: Shapes, output: Shape) -> Form:
    p, axes = layer.norm_type, shown_axes(range(2, len(output) + 1))
    return Form(f"{{0}}.pow({p:g}).sum({axes}, keepdim=True).pow({1 / p!r})")


def adaptive(kind: str) -> Any:
    """Return the rule of a pool over bins."""

    def make(layer: Any, _shapes: Shapes, output: Shape) -> Form:
        rank = len(output) - 1
        size = alike(axes_of(layer.output_size, rank))
        bins = Argument(None, size, hint="output_size")
        return Form("{m}({0})", f"nn.Adaptive{kind}Pool{rank}d", (bins,), stem="pool")

    return make


RULES = {
    "max_pool": max_pool,
    "min_pool": min_pool,
    "avg_pool": avg_pool,
    "lp_pool": lp_pool,
    "subsample": subsample,
    "global_avg_pool": global_avg_pool,
    "global_max_pool": global_max_pool,
    "global_lp_pool": global_lp_pool,
    "adaptive_avg_pool": adaptive("Avg"),
    "adaptive_max_pool": adaptive("Max"),
}
