"""Input sizes of a network: the smallest, those that lose no pixel, those that give an output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnncalc.analysis.unknown import refuse_opaque
from cnncalc.diagnostics import UsageError
from cnncalc.quantities import show_shape
from cnncalc.solve.answer import Answer, listed
from cnncalc.solve.growth import Growth, Misfit
from cnncalc.teaching.explain import titled

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.graph import Graph

#: A search for a first legal size ends here.
FARTHEST = 4096


@dataclass(frozen=True)
class Sizes:
    """The sizes up to a limit that have a property, and from where on they repeat.

    With a period, `size` has the property if and only if `size + period` has it, for every size
    from `start` on.
    """

    searched: list[int]
    limit: int
    period: int | None
    start: int

    @property
    def found(self) -> list[int]:
        """The sizes up to the limit."""
        return [size for size in self.searched if size <= self.limit]

    def pattern(self) -> str:
        """Return in words how the sizes go on beyond the limit."""
        if self.period is None:
            return ""
        inside = {size % self.period for size in self.searched if size >= self.start}
        if not inside:
            return f"; from {self.start} on there are none"
        if len(inside) == self.period:
            return "; every size from there on does"
        if len(inside) == 1:
            return f"; from there on every {self.period} pixels"
        beyond = [size for size in self.searched if size > self.limit][:3]
        then = f"; then {', '.join(map(str, beyond))}, ..." if beyond else ""
        return f"{then}; the pattern repeats every {self.period}"


def smallest(graph: Graph, axis: int | None = None) -> Answer:
    """Return the smallest legal input size, with the reason why the next smaller is not."""
    growth = Growth(graph, axis)
    question = f"the smallest input of {titled(graph)}"
    first = first_legal(growth)
    if first is None:
        misfit = growth.misfit(FARTHEST)
        why = f"`{misfit.node.name}` refuses {FARTHEST}: {misfit.message}" if misfit else ""
        return Answer(
            question, f"none up to {FARTHEST}: {why}", f"search over 1..{FARTHEST}", None, False
        )
    below = growth.misfit(first - 1) if first > 1 else None
    lines = [f"{first - 1} is too small: {why_not(below)}"] if below else []
    shape = show_shape(growth.input_shape(first))
    output = show_shape(growth.shapes(first)[graph.outputs[0]])
    gaps = [size for size in range(first, first + 65) if growth.misfit(size)]
    notes = []
    if gaps:
        notes.append(f"not every larger size is legal: {listed(gaps)} of the next 64 are not")
        again = growth.misfit(gaps[0])
        if again:
            notes.append(f"{gaps[0]}: {why_not(again)}")
    return Answer(
        question,
        f"{shape} (output {output})",
        f"search from 1 upwards, complete: {first} is the first legal size",
        first,
        True,
        tuple(lines),
        notes=tuple(notes),
    )


def why_not(misfit: Misfit) -> str:
    """Return who refuses a size, and why."""
    return f"`{misfit.node.name}` refuses: {misfit.message}"


def first_legal(growth: Growth) -> int | None:
    """Return the smallest legal size, None if there is none up to `FARTHEST`."""
    return next((size for size in range(1, FARTHEST + 1) if not growth.misfit(size)), None)


def sizes(growth: Growth, limit: int, good: Callable[[int], bool]) -> Sizes:
    """Return the legal sizes up to a limit that have a property, and how they go on.

    `good` is asked about legal sizes only, and must repeat with the period.
    """
    first = first_legal(growth)
    if first is None:
        return Sizes([], limit, None, limit + 1)
    period = growth.period(first)
    start = limit + 1
    if period is not None:
        reach = range(first, first + max(4 * period, FARTHEST // 4))
        settled = (s for s in reach if not growth.misfit(s) and growth.settled(s))
        found_start = next(settled, None)
        if found_start is None:
            period = None
        else:
            start = found_start
    # One whole period is looked at even where it reaches beyond the limit: it tells all the rest.
    end = max(limit, start + period - 1) if period is not None else limit
    found = [s for s in range(first, end + 1) if not growth.misfit(s) and good(s)]
    return Sizes(found, limit, period, start)


def lossless(graph: Graph, limit: int, axis: int | None = None) -> Answer:
    """Return the sizes up to a limit at which every position of every map is read by a layer."""
    refuse_opaque(graph, "nobody can say which pixels are read")
    growth = Growth(graph, axis)
    result = sizes(growth, limit, lambda size: not growth.unread(size))
    question = (
        f"inputs of {titled(graph)} up to {limit} at which no pixel is lost,"
        " in the image or in any map behind it"
    )
    method = f"search over 1..{limit}" + complete(result)
    lines = loss_at(growth, growth.given[1 + (axis or 0)])
    if not result.found:
        why = why_lossy(growth, limit)
        return Answer(question, f"none{why}", method, [], False, lines)
    summary = listed(result.found) + result.pattern()
    return Answer(question, summary, method, result.found, True, lines)


def complete(result: Sizes) -> str:
    """Return the clause that says whether a search says all."""
    if result.period is None:
        return ""
    return f", complete: beyond {result.start} everything repeats every {result.period}"


def loss_at(growth: Growth, size: int) -> tuple[str, ...]:
    """Return what the network loses at one size, in words."""
    if growth.misfit(size):
        return (f"at {size} the network does not fit",)
    lost = growth.unread(size)
    if not lost:
        return (f"at {size} nothing is lost",)
    lines = []
    for index, count, at_end in lost[:6]:
        name = growth.graph.nodes[index].name
        readers = ", ".join(f"`{growth.graph.nodes[i].name}`" for i in growth.readers[index][:3])
        where = "at the far end" if at_end else "between the windows"
        lines.append(f"at {size}: {readers} leaves {count} {where} of `{name}` unread")
    if len(lost) > 6:
        lines.append(f"... and {len(lost) - 6} more maps")
    return tuple(lines)


def why_lossy(growth: Growth, limit: int) -> str:
    """Return the map that loses positions at every size, if one does."""
    culprits: set[int] | None = None
    for size in range(max(1, limit - 64), limit + 1):
        if not growth.misfit(size):
            lost = {index for index, _count, at_end in growth.unread(size) if not at_end}
            culprits = lost if culprits is None else culprits & lost
    if not culprits:
        return ""
    index = min(culprits)
    readers = growth.readers[index]
    names = ", ".join(f"`{growth.graph.nodes[i].name}`" for i in readers[:3])
    return f": the strides of {names} jump over positions of `{growth.graph.nodes[index].name}`"


def with_output(
    graph: Graph,
    wanted: tuple[int, ...],
    limit: int,
    axis: int | None = None,
    node: str | None = None,
) -> Answer:
    """Return the sizes whose output, or the output of `node`, has the wanted spatial size.

    The output never shrinks as the input grows, so the search ends where it is larger.
    """
    growth = Growth(graph, axis)
    index = last_growing(growth) if node is None else graph.index(node)
    name = graph.nodes[index].name
    question = f"inputs of {titled(graph)} for which `{name}` is {show_shape(wanted)}"
    found, passed = [], None
    for size in range(1, limit + 1):
        if growth.misfit(size):
            continue
        got = growth.shapes(size)[index][1:]
        target = wanted * len(got) if len(wanted) == 1 else wanted
        if axis is not None:
            got, target = got[axis : axis + 1], target[-1:]
        if got == target:
            found.append(size)
        elif any(a > b for a, b in zip(got, target, strict=False)):
            passed = size
            break
    if passed is not None:
        method = f"search, complete: at {passed} the output is larger, and it never shrinks again"
    else:
        method = f"search over 1..{limit}; the output is not larger at the end of it"
    if not found:
        near = nearest(growth, index, passed or limit)
        return Answer(question, f"none: {near}", method, [], False)
    endless = ", and perhaps larger ones" if passed is None else ""
    return Answer(question, listed(found) + endless, method, found)


def nearest(growth: Growth, index: int, size: int) -> str:
    """Return the outputs around a size, as the reason why one between them is not reached."""
    around = []
    for near in (size - 1, size):
        if near > 0 and not growth.misfit(near):
            around.append(f"{near} gives {show_shape(growth.shapes(near)[index][1:])}")
    return ", ".join(around) or f"{size} does not fit"


def last_growing(growth: Growth) -> int:
    """Return the last node on the way to the output that still grows with the input."""
    graph = growth.graph
    size = first_legal(growth)
    if size is None:
        raise UsageError(f"no size up to {FARTHEST} fits {graph.name}")
    index, growing = graph.outputs[0], growth.growing(size)
    while not growing[index] and graph.nodes[index].inputs:
        index = graph.nodes[index].inputs[0]
    return index
