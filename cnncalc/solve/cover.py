"""How many layers it takes to see N pixels: the depth that a receptive field needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.diagnostics import LayerError, UsageError
from cnncalc.geometry import Field, Window, output_length, step
from cnncalc.solve.answer import Answer

if TYPE_CHECKING:
    from cnncalc.graph import Graph

MOST_LAYERS = 1_000_000


def layers_to_cover(pixels: int, window: Window) -> Answer:
    """Return the fewest equal layers whose receptive field covers so many pixels.

    With stride 1 each layer adds `extent - 1`, so the number is `ceil((N - 1)/(E - 1))`.
    """
    extent, stride = window.extent, window.stride
    kernel = f"kernel {window.kernel}"
    if window.dilation > 1:
        kernel += f", dilation {window.dilation} (extent {extent})"
    question = f"the fewest layers of {kernel}, stride {stride} that see {pixels} pixels"
    if pixels <= 1:
        return Answer(question, "0 layers: a pixel sees itself", "exact", 0)
    if extent == 1:
        return Answer(
            question, "none: windows of 1 see one pixel, however many", "exact", None, False
        )
    if stride == 1:
        count = -(-(pixels - 1) // (extent - 1))
        lines = [
            f"r = 1 + n·({extent} - 1), as every layer adds E - 1 = {extent - 1}",
            f"n = ⌈({pixels} - 1)/{extent - 1}⌉ = {count}, which sees {1 + count * (extent - 1)}",
        ]
        return Answer(question, said(count), "exact", count, True, tuple(lines))
    return climbed(question, pixels, [(window, "the layer")])


def blocks_to_cover(pixels: int, graph: Graph, axis: int = 0) -> Answer:
    """Return how often a whole network must be repeated until a unit sees so many pixels.

    Each repetition reads the last one's output: its field grows by the network's own field less
    one, times the jump so far. Raises `UsageError` if the network has no such field.
    """
    from cnncalc.analysis.unknown import refuse_opaque
    from cnncalc.analysis.walk import analyze
    from cnncalc.fields.forward import forward

    question = f"how often {graph.name} must be repeated to see {pixels} pixels"
    analysis = analyze(graph)
    refuse_opaque(graph, "the field of what follows is not known")
    shapes = analysis.output_shapes()
    state = forward(graph, shapes, graph.inputs[0])[graph.outputs[0]]
    if state.whole or state.axes is None:
        return Answer(question, "once: it sees the whole input", "exact", 1)
    field = state.axes[axis]
    if not isinstance(field, Field):
        raise UsageError(f"the field of {graph.name} differs from unit to unit")
    return climbed(question, pixels, [(Window(field.size, field.jump), "the block")])


def climbed(question: str, pixels: int, windows: list[tuple[Window, str]]) -> Answer:
    """Return the fewest repetitions, found by adding one after the other."""
    [(window, name)] = windows
    if window.kernel == 1:
        return Answer(question, f"none: {name} sees one pixel only", "exact", None, False)
    field = Field()
    rows: list[tuple[int, int, int]] = []
    while field.size < pixels and len(rows) < MOST_LAYERS:
        field = step(field, window)
        rows.append((len(rows) + 1, field.size, field.jump))
    columns = ("n", "receptive field", "jump")
    lines = (f"{name} adds {window.extent - 1} times the jump, and multiplies the jump by"
             f" {window.stride}",)  # fmt: skip
    shown = tuple(rows[:8] + rows[-2:]) if len(rows) > 10 else tuple(rows)
    count = len(rows)
    return Answer(
        question, said(count), "exact: the field only grows", count, True, lines, columns, shown
    )


def layers_between(length: int, wanted: int, window: Window) -> Answer:
    """Return how many equal layers bring a length to exactly the wanted one.

    Every layer rounds down; the search ends where a layer passes the length over (whose number is
    then the value of the answer that there is none), changes nothing or does not fit.
    """
    question = (
        f"the fewest layers of kernel {window.kernel}, stride {window.stride}, padding"
        f" {window.before} that bring {length} to {wanted}"
    )
    rows, why, passing = [(0, length)], "", None
    more = window.before + window.after + 1 - window.extent
    if window.stride == 1 and more and (wanted - length) // more > 50:
        # Each layer takes or adds the same: all but the last few steps at once.
        jump = (wanted - length) // more - 10
        rows.append((jump, length + jump * more))
    while rows[-1][1] != wanted and not why:
        count, now = rows[-1]
        try:
            then = output_length(now, window)
        except LayerError as error:
            why = error.message
            break
        if then == now:
            why = f"a layer leaves {now} as it is"
        elif (then > now) != (wanted > now):
            why = f"a layer makes {then} of {now}"
        elif (then > wanted) != (now > wanted) and then != wanted:
            before = said(count) if count else "no layer"
            why = f"{before} gives {now}, {said(count + 1)} {then}; {wanted} is passed over"
            passing = count + 1
        else:
            rows.append((count + 1, then))
    columns, shown = ("n", "length"), tuple(rows)
    if why:
        return Answer(question, f"none: {why}", "exact", passing, False, (), columns, shown)
    count = rows[-1][0]
    return Answer(question, said(count), "exact", count, True, (), columns, shown)


def said(count: int) -> str:
    """Return a number of layers in words."""
    return "1 layer" if count == 1 else f"{count:,} layers"


def parameter_to_cover(fields: list[tuple[str, int | None]], name: str, pixels: int) -> Answer:
    """Return the first value of a spec's parameter whose network sees so many pixels.

    `fields` are pairs of value and receptive field, None where the whole input is seen.
    """
    question = f"the first {name} whose receptive field covers {pixels} pixels"
    method = f"search over {fields[0][0]} to {fields[-1][0]}"
    columns = (name, "receptive field")
    rows = tuple((value, "whole input" if size is None else size) for value, size in fields)
    for value, size in fields:
        if size is None or size >= pixels:
            return Answer(question, f"{name} {value}", method, value, True, (), columns, rows)
    last = rows[-1]
    why = f"none: {name} {last[0]} sees {last[1]}"
    return Answer(question, why, method, None, False, (), columns, rows)


def field_of(graph: Graph, axis: int = 0) -> int | None:
    """Return the receptive field of a network's output, None where it sees the whole input."""
    from cnncalc.analysis.unknown import refuse_opaque
    from cnncalc.analysis.walk import analyze
    from cnncalc.fields.node_fields import field_before_head

    analysis = analyze(graph)
    refuse_opaque(graph, "the field of what follows is not known")
    sizes = field_before_head(analysis)
    if sizes is None:
        raise UsageError(f"the field of {graph.name} differs from unit to unit")
    return sizes[axis] if sizes else None
