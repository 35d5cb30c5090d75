"""Equal parts of a network become one block with parameters, and many calls of it.

The part that saves most lines is found first, then the next in what is left, calls included, so
that blocks may hold calls of other blocks.
"""

from __future__ import annotations

import re

from cnncalc.exchange.drafts import Draft, every, telling
from cnncalc.exchange.slots import Slots
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    #: Where a part stands: the list, and the index of its first entry.
    Place: TypeAlias = tuple[list[Draft], int]

#: The longest sequence of entries that one block may hold.
LONGEST = 24
MOST_PARAMETERS = 7
#: How many lines a block must save to be worth its name.
LEAST_SAVED = 3
MOST_BLOCKS = 24


class SpecBlock(Record):
    """A block of the spec: its parameters in order, and its entries."""

    name: str
    parameters: list[str]
    entries: list[Draft]


def fold(entries: list[Draft], reserved: set[str]) -> list[SpecBlock]:
    """Replace equal parts of the entries by calls, in place, and return the blocks called.

    `reserved` are words that no block may be called, such as the keywords of layers. A block
    stands after those that it calls.
    """
    blocks: list[SpecBlock] = []
    refused: set[tuple[Any, ...]] = set()
    while len(blocks) < MOST_BLOCKS:
        found = best(all_lists(entries), refused)
        if found is None:
            break
        likeness, places = found
        length = len(likeness)
        parts = [SpecPart(entries, start, length) for entries, start in places]
        slots = Slots([part.entries for part in parts])
        if len(slots.arguments) > MOST_PARAMETERS:
            refused.add(likeness)
            continue
        name = block_name(parts, reserved | {block.name for block in blocks})
        block, calls = factored(name, parts, slots)
        # From the end, so that the earlier places in a list stay where they are.
        for (lst, start), call in reversed(list(zip(places, calls, strict=True))):
            lst[start : start + length] = [call]
        blocks.append(block)
    for lst in all_lists(entries, *[block.entries for block in blocks]):
        merge_repeats(lst)
    return blocks


def all_lists(*tops: list[Draft]) -> list[list[Draft]]:
    """Return some lists of entries, and all lists within them."""
    result = []
    for top in tops:
        result.append(top)
        for entry in every(top):
            result.extend(entry.lists.values())
    return [entries for entries in result if entries]


def best(
    lists: list[list[Draft]], refused: set[tuple[Any, ...]]
) -> tuple[tuple[Any, ...], list[Place]] | None:
    """Return the likenesses of the part whose block would save most lines, and all its places."""
    codes: dict[Any, int] = {}
    rows = [[codes.setdefault(d.likeness(), len(codes)) for d in entries] for entries in lists]
    named = [[d.label is not None for d in entries] for entries in lists]
    sizes = [[d.size() for d in entries] for entries in lists]
    kinds = list(codes)
    longest = min(LONGEST, max(map(len, lists), default=0))
    chosen, most = None, LEAST_SAVED - 1
    for length in range(1, longest + 1):
        for key, found in places_of(rows, named, length).items():
            likeness = tuple([kinds[code] for code in key])
            which, start = found[0]
            size = sum(sizes[which][start : start + length])
            saved = (len(found) - 1) * size - len(found) - 1
            if all(SpecPart(lists[which], start, length).path for which, start in found):
                saved *= 2
            elif not says_something(lists[which][start : start + length]):
                continue
            if size > 1 and saved > most and likeness not in refused:
                chosen, most = (likeness, found), saved
    if chosen is None:
        return None
    return chosen[0], [(lists[which], start) for which, start in chosen[1]]


class SpecPart:
    """Some neighbouring entries of a list, and the path of the scope of the graph that they are.

    `path` is empty if the entries are not all that the list holds of any scope.
    """

    __slots__ = ("entries", "path")

    def __init__(self, entries: list[Draft], start: int, length: int) -> None:
        self.entries = entries[start : start + length]
        outside = entries[max(start - 1, 0) : start] + entries[start + length : start + length + 1]
        scope = common_scope(self.entries)
        if length == 1 and self.entries[0].kind == "layer":
            scope = scope.rpartition("/")[0]  # a layer's own name is no scope
        self.path = ""
        while scope and not any(f"{entry.path}/".startswith(f"{scope}/") for entry in outside):
            self.path = scope
            scope = scope.rpartition("/")[0]


def says_something(part: list[Draft]) -> bool:
    """Return whether a part that is no scope of the graph can be thought of as one thing.

    A few calls are none, and neither is what begins with the end of something else.
    """
    if all(entry.kind == "call" for entry in part):
        return False
    return part[0].role not in ("activation", "norm") or len(part) == 1


def places_of(
    rows: list[list[int]], named: list[list[bool]], length: int
) -> dict[tuple[int, ...], list[tuple[int, int]]]:
    """Return every part of a length that stands more than once, with places that do not overlap.

    Only the last entry of a part may be one that somebody refers to: a call's name means its end.
    """
    places: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for which, row in enumerate(rows):
        for start in range(len(row) - length + 1):
            if any(named[which][start : start + length - 1]):
                continue
            found = places.setdefault(tuple(row[start : start + length]), [])
            if not found or found[-1][0] != which or start >= found[-1][1] + length:
                found.append((which, start))
    return {key: found for key, found in places.items() if len(found) > 1}


def factored(name: str, parts: list[SpecPart], slots: Slots) -> tuple[SpecBlock, list[Draft]]:
    """Return the block that parts of one likeness share, and the call that replaces each part."""
    calls = []
    for number, part in enumerate(parts):
        given = {parameter: values[number] for parameter, values in slots.arguments.items()}
        calls.append(
            Draft(
                name,
                given,
                [index for entry in part.entries for index in entry.nodes],
                part.entries[0].entering,
                path=part.path or common_scope(part.entries),
                kind="call",
                order=tuple(given),
                label=part.entries[-1].label,
                wish=telling(re.sub("/(?=[0-9]+$)", "_", part.path), name),
            )
        )
    slots.fill()
    parts[0].entries[-1].label = None
    for copies in zip(*[every(part.entries) for part in parts], strict=True):
        if any(copy.wish != copies[0].wish for copy in copies):
            copies[0].wish = None
    return SpecBlock(name, list(slots.arguments), parts[0].entries), calls


def common_scope(part: list[Draft]) -> str:
    """Return the path of the innermost scope in which all entries of a part stand."""
    if len(part) == 1:
        return part[0].path
    scopes = [entry.path.split("/") for entry in part]
    common = scopes[0]
    for scope in scopes[1:]:
        while common != scope[: len(common)]:
            common = common[:-1]
    return "/".join(common)


def block_name(parts: list[SpecPart], taken: set[str]) -> str:
    """Return a name for a block: what its places are called, or what it holds."""
    lasts = {re.sub("/(?=[0-9]+$)", "_", part.path).rpartition("/")[2] for part in parts}
    stems = {re.sub(r"(_*[0-9]+[a-z]?)*$", "", last) for last in lasts}
    stem = stems.pop() if len(stems) == 1 else ""
    if len(stem) < 3 or not stem.isidentifier():
        words = [entry.word for entry in parts[0].entries]
        stem = "_".join(words) if len(words) <= 3 else f"{words[0]}_{len(words)}"
    if stem in taken:
        stem += "_block"
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    return name


def merge_repeats(entries: list[Draft]) -> None:
    """Join neighbouring entries that are equal into one with `repeat`, in place."""
    position = 0
    while position < len(entries):
        run = position + 1
        while run < len(entries) and equal(entries[position], entries[run]):
            run += 1
        if run - position > 1:
            first = entries[position]
            first.repeat = run - position
            first.wish = repeated_name([entry.wish for entry in entries[position:run]])
            first.nodes = [index for entry in entries[position:run] for index in entry.nodes]
            del entries[position + 1 : run]
        position += 1


def equal(one: Draft, other: Draft) -> bool:
    """Return whether two entries would be written alike, but for a name that may be left out."""
    if one.label or other.label or one.origins or other.origins:
        return False
    if one.word != other.word or one.fields != other.fields or list(one.lists) != list(other.lists):
        return False
    pairs = zip(one.lists.values(), other.lists.values(), strict=True)
    return all(
        len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True)) for a, b in pairs
    )


def repeated_name(wishes: list[str | None]) -> str | None:
    """Return the name whose copies are called `name_1`, `name_2` and so on."""
    stem = (wishes[0] or "").removesuffix("_1")
    return stem if wishes == [f"{stem}_{n}" for n in range(1, len(wishes) + 1)] else None
