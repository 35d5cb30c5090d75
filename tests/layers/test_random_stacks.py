"""Random stacks of layers in one, two and three dimensions against PyTorch.

Shapes, weight shapes, parameter counts and multiply-accumulates must agree layer by layer, and
what PyTorch refuses must be refused.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.diagnostics import SpecError

torch = pytest.importorskip("torch")
nn = torch.nn
BATCH = 2


class Piece(NamedTuple):
    """One layer: as it is written in a spec, and as PyTorch has it."""

    entry: str
    module: Any


def divisors(number: int) -> list[int]:
    return [d for d in range(1, number + 1) if number % d == 0]


def written(keyword: str, fields: dict[str, Any]) -> str:
    """Return an entry in the spec language."""
    shown = ", ".join(f"{name}: {value}".replace("True", "true").replace("False", "false")
                      for name, value in fields.items())  # fmt: skip
    return f"{keyword}: {{{shown}}}" if fields else keyword


def axes(draw: Any, low: int, high: int, rank: int) -> Any:
    """Return an integer for all axes, or a list with one for each."""
    one = st.integers(low, high)
    return draw(one | st.lists(one, min_size=rank, max_size=rank))


def as_torch(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields as keyword arguments: lists as tuples."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}


def conv(draw: Any, shape: tuple[int, ...]) -> Piece:
    rank = len(shape) - 1
    groups = draw(st.sampled_from(divisors(shape[0])))
    fields = {
        "out_channels": groups * draw(st.integers(1, 3)),
        "kernel_size": axes(draw, 1, 4, rank),
        "stride": axes(draw, 1, 3, rank),
        "padding": axes(draw, draw(st.integers(0, 2)), 3, rank),
        "dilation": axes(draw, 1, 2, rank),
        "groups": groups,
        "bias": draw(st.booleans()),
        "padding_mode": draw(st.sampled_from(["zeros", "zeros", "reflect", "replicate"])),
    }
    kind = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[rank - 1]
    return Piece(written("conv", fields), kind(shape[0], **as_torch(fields)))


def conv_transpose(draw: Any, shape: tuple[int, ...]) -> Piece:
    rank = len(shape) - 1
    groups = draw(st.sampled_from(divisors(shape[0])))
    fields = {
        "out_channels": groups * draw(st.integers(1, 3)),
        "kernel_size": axes(draw, 1, 4, rank),
        "stride": axes(draw, 1, 3, rank),
        "padding": axes(draw, 0, 2, rank),
        "output_padding": axes(draw, 0, draw(st.sampled_from([0, 0, 0, 1])), rank),
        "dilation": axes(draw, 1, 2, rank),
        "groups": groups,
        "bias": draw(st.booleans()),
    }
    kind = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[rank - 1]
    return Piece(written("conv_transpose", fields), kind(shape[0], **as_torch(fields)))


def pool(draw: Any, shape: tuple[int, ...]) -> Piece:
    rank = len(shape) - 1
    keyword = draw(st.sampled_from(["max_pool", "avg_pool", "lp_pool"]))
    # Only its 3-D average pools refuse a kernel larger than the bare input, whatever surrounds it,
    # and its 1-D norm pool wants the kernel as a bare integer.
    most = min(4, *shape[1:]) if rank == 3 and keyword != "max_pool" else 4
    fields: dict[str, Any] = {
        "kernel_size": axes(draw, 1, most, rank) if rank > 1 else draw(st.integers(1, most)),
        "ceil_mode": draw(st.booleans()),
    }
    if draw(st.booleans()):
        fields["stride"] = axes(draw, 1, 3, rank)
    if keyword != "lp_pool":
        fields["padding"] = axes(draw, 0, draw(st.sampled_from([0, 0, 0, 1, 2])), rank)
    if keyword == "max_pool":
        fields["dilation"] = axes(draw, 1, 2, rank)
    prefix = {"max_pool": "MaxPool", "avg_pool": "AvgPool", "lp_pool": "LPPool"}[keyword]
    kind = getattr(nn, f"{prefix}{rank}d")
    first = [2] if keyword == "lp_pool" else []
    return Piece(written(keyword, fields), kind(*first, **as_torch(fields)))


def adaptive(draw: Any, shape: tuple[int, ...]) -> Piece:
    rank = len(shape) - 1
    kind = draw(st.sampled_from(["avg", "max"]))
    size = axes(draw, 1, 9, rank)
    module = getattr(nn, f"Adaptive{kind.title()}Pool{rank}d")
    module = module(tuple(size) if isinstance(size, list) else size)
    if size == 1 and draw(st.booleans()):
        return Piece(f"global_{kind}_pool", module)
    return Piece(written(f"adaptive_{kind}_pool", {"output_size": size}), module)


def norm(draw: Any, shape: tuple[int, ...]) -> Piece:
    rank = len(shape) - 1
    # PyTorch refuses to normalise one element by itself, which would always give 0.
    alone = max(shape[1:]) == 1
    keywords = ["batch_norm", "group_norm", "layer_norm", *(["instance_norm"] * (not alone))]
    keyword = draw(st.sampled_from(keywords))
    affine = draw(st.booleans())
    fields: dict[str, Any] = {"affine": affine}
    if keyword == "batch_norm":
        module = getattr(nn, f"BatchNorm{rank}d")(shape[0], affine=affine)
    elif keyword == "instance_norm":
        module = getattr(nn, f"InstanceNorm{rank}d")(shape[0], affine=affine)
    elif keyword == "group_norm":
        fields["num_groups"] = draw(st.sampled_from(divisors(shape[0])))
        module = nn.GroupNorm(fields["num_groups"], shape[0], affine=affine)
    else:
        module = nn.LayerNorm(shape, elementwise_affine=affine)
    return Piece(written(keyword, fields), module)


class Lambda(nn.Module):  # type: ignore[misc]  # torch has no types here
    """A function as a module."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.forward = function


def other(draw: Any, shape: tuple[int, ...]) -> Piece:
    rank = len(shape) - 1
    what = draw(st.sampled_from(["prelu", "relu", "lrn", "pad", "upsample", "softmax", "slice"]))
    if what == "prelu":
        count = draw(st.sampled_from([1, shape[0]]))
        return Piece(written("prelu", {"num_parameters": count}), nn.PReLU(count))
    if what == "lrn":
        return Piece("local_response_norm: {size: 3}", nn.LocalResponseNorm(3))
    if what == "pad":
        pairs = [[draw(st.integers(0, 3)) for _ in range(2)] for _ in range(rank)]
        mode = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
        flat = [side for pair in reversed(pairs) for side in pair]
        kind = "constant" if mode == "zeros" else mode
        module = Lambda(lambda x: nn.functional.pad(x, flat, mode=kind))
        return Piece(written("pad", {"padding": pairs, "mode": mode}), module)
    if what == "upsample":
        factor = axes(draw, 1, 2, rank)
        mode = draw(st.sampled_from(["nearest", ("linear", "bilinear", "trilinear")[rank - 1]]))
        scale = tuple(map(float, factor)) if isinstance(factor, list) else factor
        module = nn.Upsample(scale_factor=scale, mode=mode)
        return Piece(written("upsample", {"scale_factor": factor, "mode": mode}), module)
    if what == "slice":
        start, step = draw(st.integers(0, shape[0] - 1)), draw(st.integers(1, 2))
        module = Lambda(lambda x: x[:, start::step])
        return Piece(written("slice", {"start": start, "step": step}), module)
    return Piece(what, nn.ReLU() if what == "relu" else nn.Softmax(1))


MAKERS = (conv, conv, conv_transpose, pool, pool, adaptive, norm, other)


def output(module: Any, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the shape that PyTorch computes, or None if it refuses or nothing is left."""
    try:
        with torch.no_grad():
            result = tuple(module(torch.empty(BATCH, *shape)).shape[1:])
    except (RuntimeError, ValueError):
        return None
    return result if min(result) else None


def arrays(module: Any) -> list[tuple[str, tuple[int, ...]]]:
    """Return names and shapes of a module's parameters, then of its statistics."""
    found = [*module.named_parameters(), *module.named_buffers()]
    return [(name, tuple(array.shape)) for name, array in found if array.dim()]


@st.composite
def stacks(draw: Any) -> tuple[tuple[int, ...], list[Piece], list[tuple[int, ...] | None]]:
    """Draw an input shape, layers, and the shapes after them; a last None means refusal."""
    rank = draw(st.integers(1, 3))
    start = (draw(st.integers(1, 6)), *[draw(st.integers(2, 20 // rank)) for _ in range(rank)])
    shape: tuple[int, ...] | None = start
    pieces, shapes = [], []
    for _ in range(draw(st.integers(1, 6))):
        assert shape is not None
        piece = draw(st.sampled_from(MAKERS))(draw, shape)
        piece.module.eval()
        pieces.append(piece)
        shape = output(piece.module, shape)
        shapes.append(shape)
        if shape is None:
            break
    else:
        features = draw(st.integers(1, 5))
        assert shape is not None
        size = 1
        for length in shape:
            size *= length
        linear = Piece(f"linear: {features}", nn.Linear(size, features))
        pieces += [Piece("flatten", nn.Flatten()), linear]
        shapes += [(size,), (features,)]
    return start, pieces, shapes


@settings(max_examples=60)
@given(stacks())
def test_stacks_are_what_pytorch_makes_of_them(
    stack: tuple[tuple[int, ...], list[Piece], list[tuple[int, ...] | None]],
) -> None:
    start, pieces, shapes = stack
    text = f"input: {list(start)}\nlayers:\n" + "".join(f"  - {p.entry}\n" for p in pieces)
    if shapes[-1] is None:
        with pytest.raises(SpecError):
            cnncalc.analyze(cnncalc.loads(text))
        text = text.rpartition("  - ")[0]
        pieces, shapes = pieces[:-1], shapes[:-1]
        if not pieces:
            return
    rows = cnncalc.analyze(cnncalc.loads(text)).rows()
    assert [row.output for row in rows] == shapes
    for row, piece in zip(rows, pieces, strict=True):
        expected = arrays(piece.module)
        assert [(array.name, array.shape) for array in row.arrays] == expected
        assert row.params == sum(p.numel() for p in piece.module.parameters())
    assert 2 * BATCH * sum(row.ops.macs for row in rows) == counted(start, pieces)


def counted(start: tuple[int, ...], pieces: list[Piece]) -> int:
    """Return the operations that PyTorch's own counter sees."""
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        nn.Sequential(*[p.module for p in pieces])(torch.empty(BATCH, *start))
    return int(counter.get_total_flops())


def test_the_drawn_stacks_reach_what_they_are_meant_to_reach() -> None:
    """Many stacks run to their end and some are refused; otherwise nothing was compared."""
    ends: list[bool] = []

    @settings(max_examples=60, database=None)
    @given(stacks())
    def draw(stack: Any) -> None:
        ends.append(stack[2][-1] is not None)

    draw()
    assert sum(ends) > len(ends) // 5
    assert not all(ends)
