"""What a picture writes: layers, figures and shapes in few signs, and how wide a text is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.quantities import exact_sum
from cnncalc.report.words import describe, integer

if TYPE_CHECKING:
    from cnncalc.pictures.pieces import Piece, Structure
    from cnncalc.quantities import Shape


def layer_words(drawn: Structure, index: int) -> str:
    """Return a layer in a few words: `conv 3×3 s2 p1`."""
    analysis = drawn.analysis
    node = analysis.graph.nodes[index]
    rank = len(analysis.facts[node.inputs[0]].output) - 1 if node.inputs else 2
    words = describe(node.layer, rank).split(" ")
    return " ".join([w.replace("x", "×") if w[:1].isdigit() else w for w in words])


def shape_words(shape: Shape, layout: str = "chw") -> str:
    """Return a shape: `64×56×56`."""
    axes = shape if layout == "chw" or len(shape) == 1 else (*shape[1:], shape[0])
    return "×".join(map(str, axes))


def shape_range(ends: tuple[Shape, Shape], layout: str = "chw") -> str:
    """Return a shape whose first axis runs through a folded repeat: `64…256×56×56`."""
    first, last = ends
    if first == last:
        return shape_words(first, layout)
    axes = [str(a) if a == b else f"{a}…{b}" for a, b in zip(first, last, strict=True)]
    return "×".join(axes if layout == "chw" or len(axes) == 1 else [*axes[1:], axes[0]])


def figure_range(values: list[int | None]) -> str:
    """Return a figure, or its first and last value along a folded repeat; `?` if not known."""
    first, last = ["?" if end is None else integer(end, True) for end in (values[0], values[-1])]
    return first if first == last else f"{first}…{last}"


def per_copy(drawn: Structure, piece: Piece, key: str) -> list[int | None]:
    """Return a figure of a box for each of its copies; None where it is not known."""
    count = max(1, len(piece.nodes))
    firsts: dict[int, list[int | None]] = {}
    for node in piece.members:
        firsts.setdefault(drawn.first(node), []).append(figure(drawn.analysis, node, key))
    return [exact_sum(values) for values in zip(*firsts.values(), strict=True)] or [0] * count


def figure(analysis: Any, index: int, key: str) -> int | None:
    """Return a figure of one node: `params`, `macs` or `memory` (bytes of its output)."""
    facts = analysis.facts[index]
    if key == "macs":
        macs: int | None = facts.ops.macs
        return macs
    if key == "memory":
        size: int = analysis.output_bytes(index)
        return size
    if analysis.graph.nodes[index].shares is not None:
        return 0
    trainable: int | None = facts.trainable
    return trainable


def about(drawn: Structure, piece: Piece) -> str:
    """Return what a box is, in one sentence for a tooltip and a screen reader."""
    analysis = drawn.analysis
    nodes = analysis.graph.nodes
    own = ", ".join([layer_words(drawn, node) for node in piece.nodes[:6]])
    if piece.role == "block":
        own = f"{piece.block}, {len(piece.nodes)} layers"
    name = nodes[piece.nodes[-1] if piece.role == "block" else piece.nodes[0]].name
    words = f"{name}: {own} → {shape_range(drawn.output_range(piece))}"
    for key, title in (("params", "params"), ("macs", "MACs")):
        values = per_copy(drawn, piece, key)
        if any(value != 0 for value in values):
            first, last = ["?" if n is None else f"{n:,}" for n in (values[0], values[-1])]
            words += f"; {first if first == last else f'{first}…{last}'} {title}"
    if len(piece.members) > len(piece.nodes):
        words += f"; stands for {len(piece.members) // len(piece.nodes)} equal copies"
    return words


#: Widths in em of DejaVu Sans, which is wider than Arial, Helvetica, Roboto and Liberation Sans.
NARROW = dict.fromkeys("ijl.,:;'|!/\\ []()", 0.4)
WIDE = dict.fromkeys("mwMWOQ@%…—×·", 0.84) | {"m": 0.98, "M": 0.87, "W": 0.99, "@": 1.0, "…": 1.0}
USUAL, CAPITAL, FOREIGN = 0.637, 0.75, 1.05
BOLD = 1.1


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the room that a text needs, in px, for a font of `size` px."""
    total = 0.0
    for char in text:
        if char in WIDE:
            total += WIDE[char]
        elif char in NARROW:
            total += NARROW[char]
        elif ord(char) > 0x2FF and char not in "–−→":
            total += FOREIGN
        else:
            total += CAPITAL if char.isupper() else USUAL
    return total * size * (BOLD if bold else 1.0)


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many signs, with an ellipsis in the middle if it was cut."""
    if len(text) <= most:
        return text
    ahead = (most - 1) * 2 // 3
    return text[:ahead] + "…" + text[len(text) - (most - 1 - ahead) :]
