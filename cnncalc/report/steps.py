"""A window that walks over a map: numbered frames for a terminal or Markdown, and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.layers.working import NumberGrid
from cnncalc.report import cell
from cnncalc.report.cells import as_json

if TYPE_CHECKING:
    from cnncalc.layers.working import Working
    from cnncalc.teaching.cells import CellWalk

#: Input maps are drawn up to this size; larger ones would not fit beside the working.
LARGEST_MAP = 24
#: So many channels of the input are drawn.
MOST_MAPS = 3


def render(walk: CellWalk, format: str, width: int) -> str:
    """Return a walk as `text`, `markdown` or `json`."""
    if format == "json":
        return as_json(walk.cells)
    pages = frames(walk, width, format)
    rule = "\n\n" if format == "markdown" else "\n\n" + "─" * 40 + "\n"
    return rule.join(pages) + "\n"


def frames(walk: CellWalk, width: int, format: str = "text") -> list[str]:
    """Return one page for each step: the window on the maps, the working, the output so far."""
    count = len(walk.cells)
    return [
        markdown_frame(walk, step, f"Step {step + 1} of {count}")
        if format == "markdown"
        else "\n".join(text_frame(walk, step, f"step {step + 1} of {count}", width))
        for step in range(count)
    ]


def text_frame(walk: CellWalk, step: int, title: str, width: int) -> list[str]:
    """Return one page in lines."""
    working = walk.cells[step]
    maps = map_lines(walk, working, width)
    output = ["output so far", *["  " + line for line in so_far(walk, step)]]
    return [title, "", *maps, *cell.text(working, width), "", *output]


def markdown_frame(walk: CellWalk, step: int, title: str) -> str:
    """Return one page as Markdown."""
    working = walk.cells[step]
    lines = [f"# {title}", ""]
    maps = map_lines(walk, working, 100)
    if maps:
        lines += ["```text", *maps[:-1], "```", ""]
    lines += [
        cell.markdown(working),
        "",
        "Output so far:",
        "",
        "```text",
        *so_far(walk, step),
        "```",
    ]
    return "\n".join(lines)


def map_lines(walk: CellWalk, working: Working, width: int) -> list[str]:
    """Return the maps that a unit reads, beside one another, the numbers of its window in
    brackets.
    """
    blocks: list[list[str]] = []
    windows = {part.at[0][0]: part.at[1:] for part in working.parts
               if isinstance(part, NumberGrid) and part.at}  # fmt: skip
    for channel, numbers in list(walk.maps.items())[:MOST_MAPS]:
        rows = numbers if numbers and isinstance(numbers[0], list) else [numbers]
        flat = isinstance(rows[0][0], list)  # three axes: no picture
        if channel not in windows or flat or max(len(rows), len(rows[0])) > LARGEST_MAP:
            continue
        block = marked(rows, windows[channel])
        if max(map(len, block)) + 2 <= width:
            title = f"channel {channel} of the input" if not blocks else f"channel {channel}"
            blocks.append([title, *["  " + line for line in block]])
    return beside(blocks, width)


def beside(blocks: list[list[str]], width: int) -> list[str]:
    """Return blocks of lines beside one another as far as they fit, an empty line after each row
    of them.
    """
    lines: list[str] = []
    while blocks:
        row = [blocks.pop(0)]
        sizes = [max(map(len, row[0]))]
        while blocks and sum(sizes) + 3 * len(sizes) + max(map(len, blocks[0])) <= width:
            row.append(blocks.pop(0))
            sizes.append(max(map(len, row[-1])))
        padded = [
            [f"{line:<{size}}" for line in block] for block, size in zip(row, sizes, strict=True)
        ]
        lines += ["   ".join(parts).rstrip() for parts in zip(*padded, strict=True)]
        lines.append("")
    return lines


def marked(rows: list[list[float]], at: tuple[tuple[int, ...], ...]) -> list[str]:
    """Return a map in lines, the places of a window in brackets."""
    down, across = at if len(at) == 2 else ((0,), at[0])
    texts = [[cell.number(value) for value in row] for row in rows]
    wide = max(len(text) for row in texts for text in row)
    lines = []
    for y, row in enumerate(texts):
        cells = [
            f"[{text:>{wide}}]" if y in down and x in across else f" {text:>{wide}} "
            for x, text in enumerate(row)
        ]
        lines.append("".join(cells).rstrip())
    return lines


def so_far(walk: CellWalk, step: int) -> list[str]:
    """Return the output's map with the cells that are worked out; others are dots."""
    known = {one.cell: cell.number(one.result) for one in walk.cells[: step + 1]}
    return cell.aligned(shape_rows(walk, known))


def shape_rows(walk: CellWalk, known: dict[tuple[int, ...], str]) -> list[list[str]]:
    """Return the cells of the output's map in rows."""
    first = walk.cells[0].cell
    output: list[Any] = walk.output
    if len(first) == 1:
        return [[known.get((i,), ".") for i in range(len(output))]]
    if len(first) == 2:
        return [[known.get((first[0], i), ".") for i in range(len(output))]]
    if len(first) == 3:
        return [
            [known.get((first[0], y, x), ".") for x in range(len(row))]
            for y, row in enumerate(output)
        ]
    return [[known.get(one.cell, ".") for one in walk.cells]]
