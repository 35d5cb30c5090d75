"""One layer, or two, without a file: the graph around them and the lesson about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.figures import NodeFigures
from cnncalc.analysis.walk import Analysis, analyze
from cnncalc.diagnostics import Diagnostic, LayerError, SpecError
from cnncalc.graph import Graph, Node
from cnncalc.layers import layer_class
from cnncalc.quantities import product, show_shape
from cnncalc.teaching.derivation import Lesson, Section
from cnncalc.teaching.explain import explain
from cnncalc.teaching.frame import LayerFrame, plural

if TYPE_CHECKING:
    from cnncalc.layers.base import Layer
    from cnncalc.quantities import Shape
    from cnncalc.teaching.typed import TypedShape

Call = tuple[str, dict[str, Any]]


def make(keyword: str, fields: dict[str, Any]) -> Layer:
    """Return a layer; raises `SpecError` if a field is wrong."""
    try:
        return layer_class(keyword)(**fields)
    except LayerError as error:
        raise SpecError(Diagnostic(error.message, help=error.help)) from None


def chain(shape: Shape, calls: Sequence[Call], doubt: tuple[str, str] | None = None) -> Graph:
    """Return the graph of some layers in a row after an input, whose axes may be in doubt."""
    nodes = [Node("input", make("input", {"shape": shape}), ())]
    for position, (keyword, fields) in enumerate(calls):
        given = dict(fields)
        name = given.pop("name", keyword)
        padding = given.get("padding")
        if isinstance(padding, tuple) and len(padding) == 1 and isinstance(padding[0], tuple):
            # One pair before:after stands for every axis.
            given["padding"] = padding * (len(shape) - 1)
        nodes.append(Node(name, make(keyword, given), (position,)))
    doubts: tuple[Diagnostic, ...] = ()
    if doubt is not None:
        doubts = (Diagnostic(doubt[0], help=doubt[1], severity="warning", code="axes"),)
    return Graph("", tuple(nodes), (0,), (len(calls),), warnings=doubts)


def lesson(
    typed: TypedShape,
    calls: Sequence[Call],
    what: Sequence[str],
    dtype: str = "float32",
    notes: Sequence[str] = (),
) -> Lesson:
    """Return the working of a few layers on a typed input, with the comparison they invite.

    Raises `SpecError` if a layer cannot take its input, with what would fit.
    """
    analysis = analyze(chain(typed.shape, calls, typed.doubt), typed.batch, dtype)
    explained = explain(analysis, None, what, typed.layout)
    explanations = list(explained.explanations)
    rows = analysis.rows()
    if len(rows) == 1:
        makers = {"connections": unit, "params": dense, "shape": kept}
        found = [maker(rows[0]) for name, maker in makers.items() if name in what]
        more = tuple(one for one in found if one)
        first = explanations[0]
        explanations[0] = type(first)(
            "", first.layer, first.call, first.inputs, first.output, first.sections + more
        )
    seen = [s.result for s in explanations[-1].sections if s.quantity == "receptive_field"]
    doubts = (f"CAUTION: {'; '.join(typed.doubt)}",) if typed.doubt is not None else ()
    field = f", receptive field {seen[0]}" if seen and len(typed.shape) > 1 else ""
    return Lesson(
        headline(analysis, typed) + field,
        typed.layout,
        tuple(explanations),
        explained.totals if len(rows) > 1 else (),
        (*doubts, typed.assumed, *notes),
    )


def headline(analysis: Analysis, typed: TypedShape) -> str:
    """Return the answer in one line: output, parameters, MACs."""
    sums = analysis.totals()
    rows = analysis.rows()
    batch = f"{typed.batch}x" if typed.batch > 1 else ""
    shape = batch + show_shape(rows[-1].output, typed.layout)
    parts = [shape, plural(sums.params, "parameter")]
    each = " for each sample" if typed.batch > 1 else ""
    if sums.ops.macs:
        parts.append(f"{sums.ops.macs:,} MACs{each}")
    else:
        parts.append(f"{sums.ops.flops:,} operations{each}")
    return ", ".join(parts)


def against(shape: Shape, calls: Sequence[Call], others: Sequence[Call], name: str) -> str:
    """Return in words what other layers in the place of some would cost."""
    own, other = (analyze(chain(shape, these)).totals() for these in (calls, others))
    return (
        f"{name} has {other.params:,} parameters ({times(other.params, own.params)} as many)"
        f" and {other.ops.macs:,} MACs ({times(other.ops.macs, own.ops.macs)})"
    )


def is_filter(row: NodeFigures) -> bool:
    """Return whether a layer is a convolution: filters over a map."""
    return row.node.layer.role == "weighted" and row.node.layer.takes == "map"


def unit(row: NodeFigures) -> Section | None:
    """Return what one output unit weighs, for convolutions."""
    frame = LayerFrame(row)
    if not is_filter(row) or not row.node.layer.slides:
        return None
    if getattr(frame.layer, "connections", None) is not None:
        return None
    taps = frame.taps(frame.layer.kernel_size)
    weights = (row.ops.macs or 0) // row.elements
    bias = " and 1 bias" if frame.layer.bias else ""
    line = frame.derive(
        "unit",
        f"{taps}*{frame.input_channels()}",
        weights,
        "weights of one output unit",
        f"products in one window, so {plural(weights, 'weight')}{bias} for each unit",
    )
    count = frame.derive("units", frame.volume(row.output, "_out"), row.elements, "output units")
    return Section("units", f"{weights:,}", weights, (line, count))


def dense(row: NodeFigures) -> Section | None:
    """Return the parameters of the dense layer between the same two volumes."""
    frame = LayerFrame(row)
    if not is_filter(row):
        return None
    frame.put("N_in", product(row.inputs[0]))
    frame.put("N", row.elements)
    bias = getattr(frame.layer, "bias", False)
    count = (product(row.inputs[0]) + (1 if bias else 0)) * row.elements
    weights = product(row.inputs[0]) * row.elements
    remark = f"{plural(weights, 'weight')}"
    if row.params:
        remark += f"; {times(count, row.params)} as many as here"
    line = frame.derive(
        "dense",
        "(N_in + 1)*N" if bias else "N_in*N",
        count,
        "parameters if the same volumes were fully connected",
        remark,
    )
    return Section("dense", f"{count:,}", count, (line,))


def times(a: int, b: int) -> str:
    """Return a ratio as `12.3 times`, exact where it is whole."""
    if a % b == 0:
        return f"{a // b:,} times"
    ratio = a / b
    return f"{ratio:,.1f} times" if ratio >= 10 else f"{ratio:.3g} times"


def kept(row: NodeFigures) -> Section | None:
    """Return which share of the numbers a pool keeps."""
    if not row.node.layer.slides or row.node.layer.role != "pool":
        return None
    given = product(row.inputs[0])
    share = row.elements / given
    lost = f"; {100 * (1 - share):.4g}% are discarded" if share < 1 else ""
    line = f"{row.elements:,} of {given:,} numbers remain, {100 * share:.4g}%{lost}"
    return Section("kept", f"{100 * share:.4g}%", share, (line,))
