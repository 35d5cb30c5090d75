"""What one typed answer states of a network, whoever gives it."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from cnncalc.grading.judgement import Judged
from cnncalc.grading.marking.believed_network import BelievedNetwork, Partial
from cnncalc.grading.model import Item
from cnncalc.grading.quantities import AXES

#: Lengths beyond this are no answers to go on from.
LONGEST = 10**9


class Statement(NamedTuple):
    """What an answer to an item states, right or `wrong` (then the item's id).

    Of its last node: `lengths` of the shape, as far as given, or the `size` of the receptive
    field. Of all its nodes together: a `number`. `position` is that of the item.
    """

    item: str
    quantity: str
    nodes: tuple[int, ...]
    wrong: str
    position: int
    number: Fraction | None = None
    lengths: Partial | None = None
    size: tuple[int, ...] | None = None


def statement_of(
    network: BelievedNetwork, item: Item, judged: Judged, position: int
) -> Statement | None:
    """Return what a judged answer states of the right `network`; None if it says nothing."""
    if not judged.candidates or not item.nodes:
        return None
    value = judged.candidates[0].value
    wrong = "" if judged.verdict in ("accept", "accept_note") else item.id
    stated = Statement(item.id, item.quantity, item.nodes, wrong, position)
    right = network.shapes[item.nodes[-1]] or ()
    if isinstance(value, Fraction):
        lengths = None
        if item.quantity in AXES and not item.whole:
            lengths = _believable(_axis(right, item.quantity, value), right)
        return stated._replace(number=value, lengths=lengths)
    if item.quantity == "receptive_field":
        return stated._replace(size=value)
    given = (None, *value) if item.quantity == "spatial" else value
    return stated._replace(lengths=_believable(given, right))


def _axis(right: tuple[int, ...], quantity: str, value: Fraction) -> Partial:
    lengths: list[int | None] = [None] * len(right)
    if value.denominator == 1:
        count = len(lengths[AXES[quantity]])
        lengths[AXES[quantity]] = [int(value)] * count
    return tuple(lengths)


def _believable(lengths: Partial, right: tuple[int, ...]) -> Partial | None:
    known = [length for length in lengths if length is not None]
    fits = len(lengths) == len(right) and known and min(known) > 0 and max(known) < LONGEST
    return lengths if fits else None
