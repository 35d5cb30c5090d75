"""A picture's structure in the languages of Graphviz and Mermaid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.pictures.pieces import BoxSequence, Piece
from cnncalc.pictures.words import layer_words, shape_range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.pictures.pieces import Structure

#: Graphviz colours of the roles, light enough for black text.
COLOURS = {
    "weighted": "#bcd7f7", "pool": "#f9c3ad", "activation": "#fbe6a2", "norm": "#c9e8cf",
    "merge": "#d9cdf5", "rearrange": "#e2e6eb", "sampling": "#bfe8ea",
    "regularisation": "#f3d6e6", "block": "#dbe5f1", "custom": "#f2eee6",
}  # fmt: skip


def dot(drawn: Structure) -> str:
    """Return the picture in Graphviz's language: blocks as clusters, shapes on edges."""
    ids = names(drawn)
    lines = [
        "digraph network {",
        f"  label={dot_quoted(drawn.analysis.graph.name)}; labelloc=t;",
        '  rankdir=TB; node [shape=box, style=filled, fillcolor="#ffffff", fontname="sans-serif"];',
        '  edge [fontname="sans-serif", fontsize=10];',
    ]

    for part, number, indent in walk(drawn.root):
        if isinstance(part, Piece):
            colour = COLOURS.get(part.role)
            fill = f', fillcolor="{colour}"' if colour else ""
            dashed = ', style="filled,dashed"' if is_aux(drawn, part) else ""
            label = dot_quoted("\n".join(label_lines(drawn, part)))
            lines.append(f"{indent}{ids[part.nodes[0]]} [label={label}{fill}{dashed}];")
        elif part is None:
            lines.append(f"{indent}}}")
        else:
            lines.append(f"{indent}subgraph cluster_{number} {{")
            lines.append(f"{indent}  label={dot_quoted(frame_label(part))}; labeljust=l;")
    for source, target in drawn.edges:
        a, b = drawn.pieces[source], drawn.pieces[target]
        style = ", style=dashed" if is_aux(drawn, b) else ""
        shape = dot_quoted(shape_range(drawn.output_range(a)))
        lines.append(f"  {ids[a.nodes[0]]} -> {ids[b.nodes[0]]} [label={shape}{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def mermaid(drawn: Structure) -> str:
    """Return the picture as a Mermaid flowchart: blocks as subgraphs, shapes on edges."""
    ids = names(drawn)
    lines = ["flowchart TD"]

    for part, number, indent in walk(drawn.root):
        if isinstance(part, Piece):
            label = "<br>".join([mermaid_quoted(line) for line in label_lines(drawn, part)])
            lines.append(f'{indent}{ids[part.nodes[0]]}["{label}"]')
        elif part is None:
            lines.append(f"{indent}end")
        else:
            lines.append(f'{indent}subgraph s{number}["{mermaid_quoted(frame_label(part))}"]')
    for source, target in drawn.edges:
        a, b = drawn.pieces[source], drawn.pieces[target]
        arrow = "-.->" if is_aux(drawn, b) else "-->"
        shape = mermaid_quoted(shape_range(drawn.output_range(a)))
        lines.append(f'  {ids[a.nodes[0]]} {arrow}|"{shape}"| {ids[b.nodes[0]]}')
    return "\n".join(lines) + "\n"


def names(drawn: Structure) -> dict[int, str]:
    """Return an id for each box, by its first node: unique whatever the layers are called."""
    return {piece.nodes[0]: f"n{piece.nodes[0]}" for piece in drawn.pieces}


def walk(root: BoxSequence) -> Iterator[tuple[Piece | BoxSequence | None, int, str]]:
    """Yield boxes, and the frames around them where they open (None: close), with an indent.

    Frames are numbered in their order.
    """
    count = 0

    def visit(scope: BoxSequence, indent: str) -> Iterator[Any]:
        nonlocal count
        if scope.is_framed:
            count += 1
            yield scope, count, indent
        for part in scope.parts:
            inner = indent + "  " * scope.is_framed
            if isinstance(part, BoxSequence):
                yield from visit(part, inner)
            else:
                yield part, 0, inner
        if scope.is_framed:
            yield None, 0, indent

    return visit(root, "  ")


def label_lines(drawn: Structure, piece: Piece) -> list[str]:
    """Return what stands in a box: its name, and a line per layer."""
    copies = f" ×{piece.copies}" if piece.copies > 1 else ""
    if piece.role == "block":
        return [piece.label + copies, piece.block]
    words = [layer_words(drawn, node) for node in piece.nodes]
    return [piece.label + copies, *[word for word in words if word != piece.label]]


def frame_label(scope: BoxSequence) -> str:
    """Return the name of a frame, with its repeats."""
    return f"{scope.label} ×{scope.copies}" if scope.copies > 1 else scope.label


def is_aux(drawn: Structure, piece: Piece) -> bool:
    """Return whether a box stands in an auxiliary head."""
    return drawn.analysis.graph.nodes[piece.nodes[0]].aux


def dot_quoted(words: str) -> str:
    """Return words as a string of Graphviz."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def mermaid_quoted(words: str) -> str:
    """Return words within Mermaid's quotes: signs that mean something there become entities."""
    return "".join([f"#{ord(char)};" if char in '"#&<>`|\\' else char for char in words])
