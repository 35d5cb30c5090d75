"""A picture's structure in the languages of Graphviz and Mermaid."""

from __future__ import annotations

from cnncalc.pictures.pieces import BoxSequence, Piece
from cnncalc.pictures.words import layer_words, shape_range

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

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

    def leaf(piece: Piece, indent: str) -> None:
        colour = COLOURS.get(piece.role)
        fill = f', fillcolor="{colour}"' if colour else ""
        dashed = ', style="filled,dashed"' if is_aux(drawn, piece) else ""
        label = dot_quoted("\n".join(label_lines(drawn, piece)))
        lines.append(f"{indent}{ids[piece.nodes[0]]} [label={label}{fill}{dashed}];")

    def opened(scope: BoxSequence, number: int, indent: str) -> None:
        lines.append(f"{indent}subgraph cluster_{number} {{")
        lines.append(f"{indent}  label={dot_quoted(frame_label(scope))}; labeljust=l;")

    walk(drawn.root, leaf, opened, lambda indent: lines.append(f"{indent}}}"))
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

    def leaf(piece: Piece, indent: str) -> None:
        label = "<br>".join([mermaid_quoted(line) for line in label_lines(drawn, piece)])
        lines.append(f'{indent}{ids[piece.nodes[0]]}["{label}"]')

    def opened(scope: BoxSequence, number: int, indent: str) -> None:
        lines.append(f'{indent}subgraph s{number}["{mermaid_quoted(frame_label(scope))}"]')

    walk(drawn.root, leaf, opened, lambda indent: lines.append(f"{indent}end"))
    for source, target in drawn.edges:
        a, b = drawn.pieces[source], drawn.pieces[target]
        arrow = "-.->" if is_aux(drawn, b) else "-->"
        shape = mermaid_quoted(shape_range(drawn.output_range(a)))
        lines.append(f'  {ids[a.nodes[0]]} {arrow}|"{shape}"| {ids[b.nodes[0]]}')
    return "\n".join(lines) + "\n"


def names(drawn: Structure) -> dict[int, str]:
    """Return an id for each box, by its first node: unique whatever the layers are called."""
    return {piece.nodes[0]: f"n{piece.nodes[0]}" for piece in drawn.pieces}


def walk(
    root: BoxSequence,
    leaf: Callable[[Piece, str], None],
    opened: Callable[[BoxSequence, int, str], None],
    closed: Callable[[str], None],
) -> None:
    """Visit boxes in order, with the frames around them opened and closed."""
    count = 0

    def visit(scope: BoxSequence, indent: str) -> None:
        nonlocal count
        inner = indent
        if scope.is_framed:
            count += 1
            opened(scope, count, indent)
            inner += "  "
        for part in scope.parts:
            if isinstance(part, BoxSequence):
                visit(part, inner)
            else:
                leaf(part, inner)
        if scope.is_framed:
            closed(indent)

    visit(root, "  ")


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
