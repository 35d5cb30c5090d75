"""Which units are alike: what they have in common, and which items some of them lack."""

from __future__ import annotations

from cnncalc.exchange.source.units import Ref, Unit, UnitStep, results_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def places_in(model: Unit, missing: set[int]) -> dict[int, int]:
    """Return for each item of the model where a copy that lacks some has its own."""
    kept = [index for index in range(len(model.items)) if index not in missing]
    return {index: place for place, index in enumerate(kept)}


def lacking(host: Unit, guest: Unit) -> set[int] | None:
    """Return which items of one unit another one lacks, if that is all the difference."""
    own = [key_of(item) for item in guest.items]
    missing, place = set(), 0
    for index, item in enumerate(host.items):
        if place < len(own) and key_of(item) == own[place]:
            place += 1
        else:
            missing.add(index)
    if not missing or place < len(own):
        return None
    if not all(in_chain(host, index, missing) for index in missing):
        return None
    return missing if skeleton(host, missing) == skeleton(guest, set()) else None


def key_of(item: UnitStep) -> str:
    """Return what items of two copies must be called alike; functions have no name to keep."""
    return item.path if item.form is None or item.form.head else ""


def in_chain(unit: Unit, index: int, missing: set[int]) -> bool:
    """Return whether an item may be missing: a part with a name, in a chain with what is too."""
    item = unit.items[index]
    called = item.called
    if called is None and item.auto:
        return False
    if len(item.reads) != 1 or (called is not None and len(called.results) != 1):
        return False
    if index + 1 not in missing:
        return True
    readers = [i for i, other in enumerate(unit.items) if (index, 0) in other.reads]
    return readers == [index + 1]


def skeleton(unit: Unit, missing: set[int]) -> tuple[Any, ...]:
    """Return what units of one blueprint have in common, without the items that are missing."""
    moved: dict[int, int] = {}
    rows: list[Any] = []

    def real(ref: Ref) -> Ref:
        while ref[0] in missing:
            ref = unit.items[ref[0]].reads[0]
        return (moved[ref[0]], ref[1]) if ref[0] >= 0 else ref

    for index, item in enumerate(unit.items):
        if index in missing:
            continue
        moved[index] = len(rows)
        reads = tuple([real(ref) for ref in item.reads])
        called = item.called
        what: Any = item.form.likeness() if item.form is not None else None
        if called is not None:
            what = (id(called.blueprint), bool(item.run))
        rows.append((key_of(item), what, reads, item.shares))
    places = {index: place for place, index in enumerate(i for i in range(len(unit.items))
                                                         if i not in missing)}  # fmt: skip
    results = tuple([result_of(unit, node, places, missing) for node in unit.results])
    return (*rows, len(unit.inputs), results)


def result_of(unit: Unit, node: int, places: dict[int, int], missing: set[int]) -> Ref:
    """Return which item gives a result of a unit."""
    for index, item in enumerate(unit.items):
        found = results_of(item)
        if node in found:
            ref: Ref = (index, found.index(node))
            while ref[0] in missing:
                ref = unit.items[ref[0]].reads[0]
            return (places[ref[0]], ref[1]) if ref[0] >= 0 else ref
    return (-1, unit.inputs.index(node))
