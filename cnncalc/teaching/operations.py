"""The formulas of every kind of operation that a layer spends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from cnncalc.geometry import adaptive_bin
from cnncalc.quantities import OPERATIONS, product
from cnncalc.teaching.parameters import input_channels
from cnncalc.teaching.windows import ADAPTIVE, GLOBAL

if TYPE_CHECKING:
    from cnncalc.layers.base import Elementwise
    from cnncalc.teaching.frame import Frame

#: Formula and remark for each kind of operation that a layer spends.
Costs: TypeAlias = dict[str, tuple[str, str]]


def per_element(frame: Frame, layer: Elementwise) -> Costs:
    """Return the operations that are spent on every element alike."""
    volume = frame.volume(frame.output)
    result = {}
    for kind in OPERATIONS:
        count = getattr(layer.per_element, kind)
        if count:
            formula = volume if count == 1 else f"{count}*{volume}"
            result[kind] = (formula, f"{count} per element")
    return result


def positions(frame: Frame) -> str:
    """Return the product of the output's spatial axes."""
    return frame.spatial(frame.output, "_out")


def conv(frame: Frame) -> Costs:
    layer = frame.layer
    taps = frame.taps(layer.kernel_size)
    out = frame.put("C_out", frame.output[0]) + "*" + positions(frame)
    table = getattr(layer, "connections", None)
    if table is None:
        macs = f"{taps}*{input_channels(frame)}*{out}"
        remark = "window times outputs"
    else:
        frame.put("T", sum(len(row) for row in table))
        macs, remark = f"{taps}*T*{positions(frame)}", "one plane per entry of the table"
    result = {"macs": (macs, remark)}
    if layer.bias:
        result["adds"] = (out, "a bias for every output")
    return result


def conv_transpose(frame: Frame) -> Costs:
    layer = frame.layer
    taps = frame.taps(layer.kernel_size)
    read = frame.put("C_in", frame.input[0]) + "*" + frame.spatial(frame.input)
    frame.put("C_out", frame.output[0])
    filters = "C_out"
    if layer.groups > 1:
        frame.put("G", layer.groups)
        filters = "(C_out/G)"
    remark = "every input element scales one kernel per filter"
    result = {"macs": (f"{taps}*{filters}*{read}", remark)}
    if layer.bias:
        result["adds"] = (f"C_out*{positions(frame)}", "a bias for every output")
    return result


def linear(frame: Frame) -> Costs:
    frame.put("F_in", frame.input[0])
    frame.put("F_out", frame.output[0])
    result = {"macs": ("F_in*F_out", "every unit weighs every input")}
    if frame.layer.bias:
        result["adds"] = ("F_out", "a bias for every unit")
    return result


def rbf(frame: Frame) -> Costs:
    frame.put("F_in", frame.input[0])
    frame.put("F_out", frame.output[0])
    return {
        "adds": ("2*F_in*F_out - F_out", "differences, and the sum of their squares"),
        "muls": ("F_in*F_out", "squares"),
    }


def pooled(frame: Frame) -> tuple[str, str, str]:
    """Return the formulas of outputs, of elements in all windows but one each, and of taps."""
    taps = frame.taps(frame.layer.kernel_size)
    outputs = f"{frame.put('C', frame.output[0])}*{positions(frame)}"
    return outputs, f"({taps} - 1)*{outputs}", f"{taps}*{outputs}"


def extreme_pool(frame: Frame) -> Costs:
    _outputs, others, _all = pooled(frame)
    return {"comparisons": (others, "a window of n needs n - 1")}


def avg_pool(frame: Frame) -> Costs:
    outputs, others, _all = pooled(frame)
    return {
        "adds": (others, "a window of n needs n - 1"),
        "divs": (outputs, "one per output"),
    }


def lp_pool(frame: Frame) -> Costs:
    outputs, others, every = pooled(frame)
    sums = {"adds": (others, "a window of n needs n - 1")}
    norm = frame.layer.norm_type
    if norm == 1:
        return sums
    if norm == 2:
        return sums | {"muls": (every, "squares"), "exps": (outputs, "a root per output")}
    return sums | {"exps": (f"{every} + {outputs}", "powers, and a root per output")}


def subsample(frame: Frame) -> Costs:
    outputs, _others, every = pooled(frame)
    return {
        "adds": (every, "n - 1 to sum a window of n, and one for the bias"),
        "muls": (outputs, "one coefficient per output"),
    }


def sized_pool(frame: Frame) -> Costs:
    """Return the operations of global and adaptive pools: all elements of a bin but one."""
    reads = frame.volume(frame.input)
    bins = list(zip(frame.input[1:], frame.output[1:], strict=True))
    if any(length % count for length, count in bins):
        number = frame.input[0] * product(
            sum(hi - lo for lo, hi in (adaptive_bin(i, count, length) for i in range(count)))
            for length, count in bins
        )
        reads = frame.put("R", number)
    outputs = "C" if frame.layer.keyword in GLOBAL else f"C*{positions(frame)}"
    frame.put("C", frame.input[0])
    others = (f"{reads} - {outputs}", "a bin of n needs n - 1")
    if "avg" in frame.layer.keyword:
        return {"adds": others, "divs": (outputs, "one per output")}
    return {"comparisons": others}


def softmax(frame: Frame) -> Costs:
    volume = frame.volume(frame.output)
    where = frame.spatial(frame.output)
    log = frame.layer.keyword == "log_softmax"
    result = {
        "comparisons": (f"{volume} - {where}", "the largest is found"),
        "adds": (
            f"{3 if log else 2}*{volume} - {where}",
            "it is subtracted, the exponentials are summed"
            + (", its log is taken off" if log else ""),
        ),
        "exps": (f"{volume} + {where}" if log else volume, "an exponential each"),
    }
    return result if log else result | {"divs": (volume, "by the sum")}


def local_response_norm(frame: Frame) -> Costs:
    size = frame.layer.size
    channels = frame.output[0]
    before, after = size // 2, (size - 1) // 2
    windows = [min(channels, c + after + 1) - max(0, c - before) for c in range(channels)]
    frame.put("V", sum(windows))
    frame.put("C", channels)
    volume = frame.volume(frame.output)
    where = frame.spatial(frame.output)
    return {
        "adds": (f"(V - C)*{where} + {volume}", "sums over the windows, cut at the ends, and k"),
        "muls": (f"2*{volume}", "a square, and alpha"),
        "divs": (volume, "one per element"),
        "exps": (volume, "a power per element"),
    }


def statistics_norm(frame: Frame) -> Costs:
    volume = frame.volume(frame.output)
    frame.put("Q", frame.layer.groups(frame.output))
    affine = frame.layer.affine
    return {
        "adds": (
            f"{4 if affine else 3}*{volume} + Q",
            "mean, centring, variance" + ", shift" * affine,
        ),
        "muls": (f"{3 if affine else 2}*{volume}", "square, scaling" + ", learned scale" * affine),
        "divs": ("2*Q", "mean and variance"),
        "exps": ("Q", "a root each"),
    }


def merge(frame: Frame) -> Costs:
    volume = frame.volume(frame.output)
    frame.put("B", len(frame.row.inputs))
    kind = "adds" if frame.layer.keyword == "add" else "muls"
    return {kind: (f"{volume}*(B - 1)", "one per element and further branch")}


def upsample(frame: Frame) -> Costs:
    if frame.layer.mode == "nearest":
        return {}
    volume = frame.volume(frame.output, "_out")
    axes = frame.rank
    return {
        "adds": (f"{axes}*{volume}", f"one per element and axis ({axes})"),
        "muls": (f"{2 * axes}*{volume}", f"two per element and axis ({axes})"),
    }


RULES: dict[str, Callable[[Frame], Costs]] = {
    "conv": conv,
    "locally_connected": conv,
    "conv_transpose": conv_transpose,
    "linear": linear,
    "rbf": rbf,
    "max_pool": extreme_pool,
    "min_pool": extreme_pool,
    "avg_pool": avg_pool,
    "lp_pool": lp_pool,
    "subsample": subsample,
    **dict.fromkeys((*GLOBAL, *ADAPTIVE), sized_pool),
    "softmax": softmax,
    "log_softmax": softmax,
    "local_response_norm": local_response_norm,
    "layer_norm": statistics_norm,
    "group_norm": statistics_norm,
    "instance_norm": statistics_norm,
    "add": merge,
    "multiply": merge,
    "upsample": upsample,
}
