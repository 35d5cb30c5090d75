"""Where a layer's parameters come from: weights and biases, counted by formula."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.diagnostics import Diagnostic, SpecError
from cnncalc.quantities import show_shape
from cnncalc.teaching.derivation import Line
from cnncalc.teaching.frame import Frame, plural


def parameter_lines(frame: Frame) -> list[Line]:
    """Return where the trainable numbers of a layer come from, and its buffers in words.

    Raises `SpecError` for a layer that has weights and no derivation here.
    """
    arrays = frame.row.arrays
    trained = sum(array.count for array in arrays if array.trainable)
    kept = sum(array.count for array in arrays if not array.trainable)
    lines: list[Line] = []
    if trained:
        rule = RULES.get(frame.layer.keyword)
        if rule is None:
            message = f"there is no derivation of the parameters of {frame.layer.keyword}"
            raise SpecError(Diagnostic(message))
        formula, remark = rule(frame)
        lines.append(frame.derive("params", formula, trained, "trainable numbers", remark))
        stored = [f"{a.name} {show_shape(a.shape)}" for a in arrays if a.trainable]
        lines.append("stored as " + ", ".join(stored))
    elif not kept:
        lines.append("0: nothing is learned here")
    else:
        lines.append("0: nothing is trained here")
    if kept:
        lines.append(
            f"{plural(kept, 'number')} kept but not trained ({BUFFERS[frame.layer.keyword]})"
        )
    if frame.row.shares is not None:
        lines.append(f"the weights are those of {frame.row.shares}, counted there: 0 more here")
    return lines


BUFFERS = {
    "batch_norm": "running mean and variance of each channel",
    "rbf": "the fixed codes",
}


def weights_and_biases(frame: Frame) -> str:
    """Return in words how many of the parameters are weights and how many biases."""
    counts = {array.name: array.count for array in frame.row.arrays}
    weights = plural(counts["weight"], "weight")
    if "bias" not in counts:
        return f"{weights}, no biases"
    return f"{weights} and {plural(counts['bias'], 'bias')}"


def with_bias(frame: Frame, each: str, count: str) -> tuple[str, str]:
    """Return `(each + 1)*count`, without the 1 where there is no bias."""
    remark = weights_and_biases(frame)
    if not frame.layer.bias:
        return f"{each}*{count}", remark
    return f"({each} + 1)*{count}", remark


def input_channels(frame: Frame) -> str:
    """Return the channels that one filter reads: `C_in`, or `(C_in/G)`."""
    frame.put("C_in", frame.input[0])
    groups = getattr(frame.layer, "groups", 1)
    if groups == 1:
        return "C_in"
    frame.put("G", groups)
    return "(C_in/G)"


def conv(frame: Frame) -> tuple[str, str]:
    layer = frame.layer
    taps = frame.taps(layer.kernel_size)
    filters = frame.put("C_out", frame.output[0])
    table = layer.connections
    if table is None:
        return with_bias(frame, f"{taps}*{input_channels(frame)}", filters)
    frame.put("T", sum(len(row) for row in table))
    remark = f"{weights_and_biases(frame)}; the table says which channels a filter reads"
    return f"T*{taps}" + (f" + {filters}" if layer.bias else ""), remark


def conv_transpose(frame: Frame) -> tuple[str, str]:
    taps = frame.taps(frame.layer.kernel_size)
    frame.put("C_out", frame.output[0])
    return with_bias(frame, f"{taps}*{input_channels(frame)}", "C_out")


def locally_connected(frame: Frame) -> tuple[str, str]:
    taps = frame.taps(frame.layer.kernel_size)
    count = frame.put("C_out", frame.output[0]) + "*" + frame.spatial(frame.output, "_out")
    formula, remark = with_bias(frame, f"{taps}*{input_channels(frame)}", count)
    return formula, f"{remark}; every position has filters of its own"


def linear(frame: Frame) -> tuple[str, str]:
    frame.put("F_in", frame.input[0])
    frame.put("F_out", frame.output[0])
    return with_bias(frame, "F_in", "F_out")


def per_channel(frame: Frame) -> tuple[str, str]:
    frame.put("C", frame.input[0])
    return "2*C", "a scale and a shift for each channel"


def layer_norm(frame: Frame) -> tuple[str, str]:
    if frame.layer.axes == "channels":
        return per_channel(frame)
    return f"2*{frame.volume(frame.input)}", "a scale and a shift for each element"


def subsample(frame: Frame) -> tuple[str, str]:
    frame.put("C", frame.input[0])
    return "2*C", "a coefficient and a bias for each channel"


def layer_scale(frame: Frame) -> tuple[str, str]:
    return frame.put("C", frame.input[0]), "a factor for each channel"


def prelu(frame: Frame) -> tuple[str, str]:
    slopes = frame.layer.num_parameters
    return frame.put("X", slopes), "a slope for all channels" if slopes == 1 else "a slope each"


RULES: dict[str, Callable[[Frame], tuple[str, str]]] = {
    "conv": conv,
    "conv_transpose": conv_transpose,
    "locally_connected": locally_connected,
    "linear": linear,
    "batch_norm": per_channel,
    "group_norm": per_channel,
    "instance_norm": per_channel,
    "layer_norm": layer_norm,
    "subsample": subsample,
    "layer_scale": layer_scale,
    "prelu": prelu,
}
