"""Where the memory of a layer comes from: its output and its weights, in bytes."""

from __future__ import annotations

from cnncalc.analysis.walk import Analysis
from cnncalc.teaching.derivation import Line
from cnncalc.teaching.frame import Frame


def memory_lines(frame: Frame, analysis: Analysis) -> tuple[list[Line], int]:
    """Return the derivation of the output's and the weights' bytes, and the output's bytes."""
    each, batch = analysis.itemsize, analysis.batch
    volume = frame.volume(frame.output, "_out")
    frame.put("b", each)
    formula, size = f"{volume}*b", frame.elements * each * batch
    remark = f"{analysis.dtype}: {each} bytes a number"
    if batch > 1:
        frame.put("n", batch)
        formula += "*n"
    lines: list[Line] = [frame.derive("activations", formula, size, "bytes of the output", remark)]
    numbers = 0 if frame.row.shares else frame.row.params + frame.row.buffers
    if numbers:
        frame.put("numbers", numbers)
        lines.append(frame.derive("weights", "numbers*b", numbers * each, "bytes of the weights"))
    return lines, size
