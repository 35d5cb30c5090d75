"""PyTorch's convolutions, pools and what pads or resizes, in ONNX's words."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    Arguments: TypeAlias = dict[str, Any]
    Said: TypeAlias = tuple[str, list[Any], Arguments]
    Word: TypeAlias = Callable[[Arguments], Said]


def same(kind: str, *inputs: str, **attributes: Any) -> Word:
    """Return the word for an operation that ONNX has too.

    `inputs` are the arguments that are inputs there, by default the first. `attributes` are either
    `name="argument"`, or `name=("argument", default)`.
    """

    def word(a: Arguments) -> Said:
        given = {}
        for name, source in attributes.items():
            argument, default = source if isinstance(source, tuple) else (source, None)
            given[name] = a.get(argument, default)
        first = a.get("self", a.get("input"))
        return kind, [a.get(name) for name in inputs] or [first], given

    return word


def stretched(values: Any, rank: int, default: int = 1) -> list[int]:
    """Return one number per axis of what may be one number for all."""
    if values is None or values == []:
        return [default] * rank
    numbers = list(values) if isinstance(values, list) else [values]
    return numbers * rank if len(numbers) == 1 else numbers


def conv(rank: int) -> Word:
    """Return the word for a convolution over some axes."""

    def word(a: Arguments) -> Said:
        padding = a.get("padding", 0)
        found = {
            "strides": stretched(a.get("stride"), rank),
            "dilations": stretched(a.get("dilation"), rank),
            "group": a.get("groups", 1),
        }
        if padding == "same":
            found["auto_pad"] = "SAME_UPPER"
        elif padding != "valid":
            found["pads"] = stretched(padding, rank, 0) * 2
        return "Conv", [a["input"], a["weight"], a.get("bias")], found

    return word


def conv_transpose(rank: int) -> Word:
    """Return the word for a transposed convolution over some axes."""

    def word(a: Arguments) -> Said:
        _, inputs, found = conv(rank)(a)
        extra = stretched(a.get("output_padding"), rank, 0)
        return "ConvTranspose", inputs, {**found, "output_padding": extra}

    return word


def any_convolution(a: Arguments) -> Said:
    """Return the one operation that programs in pieces have for all convolutions."""
    rank = len(a["stride"])
    if a.get("transposed"):
        return conv_transpose(rank)(a)
    return conv(rank)(a)


def max_pool(rank: int) -> Word:
    """Return the word for max pooling."""

    def word(a: Arguments) -> Said:
        kernel = stretched(a["kernel_size"], rank)
        return "MaxPool", [a["self"]], {
            "kernel_shape": kernel,
            "strides": stretched(a.get("stride") or kernel, rank),
            "pads": stretched(a.get("padding"), rank, 0) * 2,
            "dilations": stretched(a.get("dilation"), rank),
            "ceil_mode": int(a.get("ceil_mode", False)),
        }  # fmt: skip

    return word


def avg_pool(rank: int) -> Word:
    """Return the word for average pooling, whose padding counts unless it says otherwise."""

    def word(a: Arguments) -> Said:
        _, inputs, found = max_pool(rank)(a)
        found["count_include_pad"] = int(a.get("count_include_pad", True))
        if a.get("divisor_override") is not None:
            found["divisor"] = a["divisor_override"]
        return "AveragePool", inputs, found

    return word


def pad(mode: str | None = None) -> Word:
    """Return the word for padding, whose pairs begin with the last axis."""

    def word(a: Arguments) -> Said:
        pairs = a.get("pad", a.get("padding")) or []
        count = len(pairs) // 2
        axes = [-1 - i for i in range(count)]
        found = {
            "mode": {"replicate": "edge", "circular": "wrap"}.get(
                mode or a.get("mode", "constant"), mode or a.get("mode", "constant")
            ),
            "axes": axes,
            "pads": [*pairs[::2], *pairs[1::2]],
            "value": a.get("value") or 0.0,
        }
        return "Pad", [a["self"]], found

    return word


def interpolate(mode: str) -> Word:
    """Return the word for an enlargement, by sizes or by factors."""

    def word(a: Arguments) -> Said:
        found = {
            "size": a.get("output_size"),
            "factors": a.get("scale_factors"),
            "corners": bool(a.get("align_corners", False)),
            "mode": mode,
        }
        return "Interpolate", [a.get("self", a.get("input"))], found

    return word
