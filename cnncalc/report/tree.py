"""Nodes as a reader sees them: a tree of blocks and merges, repeats folded, down to a depth."""

from __future__ import annotations

from cnncalc.analysis.groups import Group, grow, run_label, signature
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from cnncalc.analysis.walk import Analysis

#: The table opens blocks as long as it has at most this many rows.
COMFORTABLE_ROWS = 32


class TreeRow(Record):
    """One row of a table: a node, a closed group of nodes, or the heading of an open group.

    `nodes` are the indices the row stands for; a heading has none, so that rows sum to totals.
    `label` is the name within the group around it, at nesting `level`. `copies` counts how many
    equal groups the row stands for, and `like` names the open one that they repeat.
    """

    label: str
    nodes: tuple[int, ...]
    level: int = 0
    kind: Literal["node", "group", "heading"] = "node"
    block: str = ""
    copies: int = 1
    like: str = ""


def rows(analysis: Analysis, depth: int | None = None) -> list[TreeRow]:
    """Return the rows of a table with groups opened down to `depth`.

    Depth 1 shows the entries of `layers` only, 0 everything. None opens as far as the table
    stays comfortable.
    """
    graph = analysis.graph
    tree = grow(graph, range(len(graph.inputs), len(analysis.facts)))
    if depth is not None:
        return lay_out(analysis, tree, depth or 1000)
    result = lay_out(analysis, tree, 1)
    for deeper in range(2, 8):
        more = lay_out(analysis, tree, deeper)
        if len(more) > COMFORTABLE_ROWS:
            break
        result = more
        if all(row.kind != "group" for row in more):
            break
    return result


def lay_out(analysis: Analysis, group: Group, depth: int, level: int = 0) -> list[TreeRow]:
    """Return the rows of a group's parts."""
    result: list[TreeRow] = []
    position = 0
    parts = group.parts
    while position < len(parts):
        part = parts[position]
        if not isinstance(part, Group):
            label = group.own_name(analysis.graph.nodes[part].name)
            result.append(TreeRow(label, (part,), level))
            position += 1
            continue
        alike = 1
        mark = mark_of(analysis, part) if part.block else None
        while mark is not None and position + alike < len(parts):
            other = parts[position + alike]
            if not isinstance(other, Group) or mark_of(analysis, other) != mark:
                break
            alike += 1
        copies = [p for p in parts[position : position + alike] if isinstance(p, Group)]
        position += alike
        if level + 1 >= depth:
            result.append(closed(copies, level))
            continue
        result.extend(opened(analysis, part, depth, level))
        if alike > 1:
            result.append(closed(copies[1:], level, like=part.label))
    return result


def opened(analysis: Analysis, group: Group, depth: int, level: int) -> list[TreeRow]:
    """Return the rows of an open group: a heading (merges have none), then its parts."""
    heading = TreeRow(group.label, (), level, "heading", group.block)
    return [heading, *lay_out(analysis, group, depth, level + 1)]


def closed(copies: list[Group], level: int, like: str = "") -> TreeRow:
    """Return the one row of some equal groups."""
    first = copies[0]
    label = run_label(first.label, copies[-1].label)
    nodes = tuple([index for group in copies for index in group.nodes()])
    return TreeRow(label, nodes, level, "group", first.block, len(copies), like)


def mark_of(analysis: Analysis, group: Group) -> Any:
    """Return what makes two groups equal; None for one without nodes."""
    members = group.nodes()
    if members and group.mark is None:
        group.mark = group.block, signature(analysis, members, len(group.path))
    return group.mark
