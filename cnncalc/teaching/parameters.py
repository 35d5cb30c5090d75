"""Where a layer's parameters come from: weights and biases, counted by formula."""

from __future__ import annotations

from cnncalc.quantities import show_shape
from cnncalc.teaching.derivation import Line
from cnncalc.teaching.frame import LayerFrame, plural

NOT_KNOWN = "not known: the spec does not say"


def parameter_lines(frame: LayerFrame) -> list[Line]:
    """Return where the trainable numbers of a layer come from, and its buffers in words."""
    arrays = frame.row.arrays
    trained = sum(array.count for array in arrays if array.trainable)
    kept = sum(array.count for array in arrays if not array.trainable)
    lines: list[Line] = []
    if "params" in frame.layer.unknown:
        lines.append(NOT_KNOWN)
    elif trained:
        formula, remark = frame.layer.explain_params(frame)
        lines.append(frame.derive("params", formula, trained, "trainable numbers", remark))
        stored = [f"{a.name} {show_shape(a.shape)}" for a in arrays if a.trainable]
        lines.append("stored as " + ", ".join(stored))
        if frame.row.frozen:
            lines.append(f"{plural(frame.row.frozen, 'number')} of these stay as they are: frozen")
    elif not kept:
        lines.append("0: nothing is learned here")
    else:
        lines.append("0: nothing is trained here")
    if kept:
        of = f" ({frame.layer.buffers})" if frame.layer.buffers else ""
        lines.append(f"{plural(kept, 'number')} kept but not trained{of}")
    if frame.row.shares is not None:
        lines.append(f"the weights are those of {frame.row.shares}, counted there: 0 more here")
    return lines
