"""What one typed answer says about a network, whoever gives it."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from cnncalc.grading.marking.believed_network import BelievedNetwork, Partial
from cnncalc.grading.marking.compare import Judged
from cnncalc.grading.model import Item, NumberTruth, ShapeTruth

AXES = {
    "height": slice(1, 2),
    "width": slice(2, 3),
    "size": slice(1, None),
    "length": slice(-1, None),
    "channels": slice(0, 1),
}
#: Lengths beyond this are no answers to go on from.
LONGEST = 10**9


class Claim(NamedTuple):
    """What an answer to an item says, right or `wrong` (then the item's id).

    Of its last node: `lengths` of the shape, as far as told, or the `size` of the receptive field.
    Of all its nodes together: a `number`.
    """

    item: str
    quantity: str
    nodes: tuple[int, ...]
    wrong: str
    number: Fraction | None = None
    lengths: Partial | None = None
    size: tuple[int, ...] | None = None


def claim_of(base: BelievedNetwork, item: Item, judged: Judged) -> Claim | None:
    """Return what a judged answer says of the network `base`; None if it says nothing."""
    if not judged.candidates or not item.nodes:
        return None
    value = judged.candidates[0].value
    correct = judged.verdict in ("accept", "accept_note")
    claim = Claim(item.id, item.quantity, item.nodes, "" if correct else item.id)
    right = base.shapes[item.nodes[-1]] or ()
    if isinstance(item.truth, NumberTruth) and isinstance(value, Fraction):
        value = item.truth.value if correct else value
        claim = claim._replace(number=value)
        if item.quantity in AXES and not item.whole:
            claim = claim._replace(lengths=_believable(_axis(right, item.quantity, value), right))
    elif isinstance(item.truth, ShapeTruth) and isinstance(value, tuple):
        if item.quantity == "receptive_field":
            claim = claim._replace(size=value)
        else:
            lengths = (None, *value) if item.truth.spatial else value
            claim = claim._replace(lengths=_believable(lengths, right))
    return claim


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
