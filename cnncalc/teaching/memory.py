"""Where the memory of a layer comes from: its output and its weights, in bytes."""

from __future__ import annotations

from fractions import Fraction

from cnncalc.analysis.walk import Analysis
from cnncalc.quantities import bytes_of
from cnncalc.teaching.derivation import Line
from cnncalc.teaching.formula import decimal
from cnncalc.teaching.frame import LayerFrame


def memory_lines(frame: LayerFrame, analysis: Analysis) -> tuple[list[Line], int]:
    """Return the derivation of the output's and the weights' bytes, and the output's bytes."""
    dtype = frame.row.node.dtype or analysis.dtype
    each, batch = bytes_of(1, dtype), analysis.batch
    volume = frame.volume(frame.output, "_out")
    size = bytes_of(frame.elements * batch, dtype)
    if batch > 1:
        frame.put("n", batch)
        volume += "*n"
    in_pairs = bytes_of(2, dtype) == 1  # two such numbers lie in a byte
    frame.put("b", each)
    formula = f"ceil({volume}/2)" if in_pairs else f"{volume}*b"
    what = "2 numbers a byte" if in_pairs else f"{each} {'byte' if each == 1 else 'bytes'} a number"
    remark = f"{dtype}: {what}; {both_units(size)}"
    lines: list[Line] = [frame.derive("activations", formula, size, "bytes of the output", remark)]
    kept = frame.row.params, frame.row.buffers
    numbers = sum([count for count in kept if count is not None])
    if None in kept:
        lines.append("how much its weights take is not known")
    elif numbers:
        frame.put("numbers", numbers)
        total = bytes_of(numbers, dtype)
        formula = "ceil(numbers/2)" if in_pairs else "numbers*b"
        lines.append(
            frame.derive("weights", formula, total, "bytes of the weights", both_units(total))
        )
    return lines, size


def both_units(size: int) -> str:
    """Return a number of bytes in the binary and the decimal unit, which lectures mix up."""
    for power, binary, plain in ((3, "GiB", "GB"), (2, "MiB", "MB"), (1, "KiB", "KB")):
        if size >= 1000**power:
            return (
                f"{decimal(Fraction(size, 1024**power))} {binary}"
                f" = {decimal(Fraction(size, 1000**power))} {plain}"
            )
    return f"{size} bytes"
