"""What an answer that is not exactly right is worth."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.grading.marking.slip_names import SLIPS
from cnncalc.grading.yaml_keys import (
    KeyFaults,
    KnownKey,
    Table,
    as_fraction,
    keys_of,
    meant,
    option,
    table_of,
)
from cnncalc.language.tree import Scalar

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

ONE, HALF, ZERO = Fraction(1), Fraction(1, 2), Fraction(0)


@dataclass(frozen=True, slots=True)
class Rubric:
    """Shares of a question's points, each from 0 to 1; `own` are those of slips, by name."""

    note: Fraction = option(ONE, "accepted with a note")
    order: Fraction = option(HALF, "the other order of axes where one is fixed", (), "layout")
    follow_through: Fraction = option(ONE, "right given earlier answers", (), "follow ecf")
    gate: Fraction = option(ZERO, "what those must have earned at least")
    misconception: Fraction = option(HALF, "a recognised slip", (), "slip")
    other_convention: Fraction = option(ZERO, "right under another convention", (), "convention")
    spatial: Fraction = option(HALF, "the spatial part of a shape")
    depth: Fraction = option(HALF, "the channels of a shape", (), "channels")
    charge: str = option("once", "how often a repeated slip costs", ("once", "always"))
    own: dict[str, Fraction] = field(default_factory=dict)

    def slip(self, name: str) -> Fraction:
        """Return what a named misconception is worth."""
        if name in self.own:
            return self.own[name]
        known = SLIPS[name]
        worth = self.misconception if known.worth is None else known.worth
        return max(worth, self.other_convention) if known.convention else worth


RUBRIC: Table = {
    **table_of(Rubric),
    "misconceptions": KnownKey("shares for recognised slips, by name", "mapping", also="slips"),
}


def read_rubric(node: Node | None, base: Rubric, faults: KeyFaults) -> Rubric:
    """Return `base` with what a located mapping changes; None changes nothing."""
    keys = keys_of(node, "credit", RUBRIC, faults)
    if keys is None:
        return base
    own = dict(base.own)
    for name, value in keys.entries("misconceptions"):
        share = as_fraction(value.text) if isinstance(value, Scalar) else None
        if name.text not in SLIPS:
            help = meant(name.text, SLIPS, {}, "one of " + ", ".join(SLIPS))
            faults.add(name, f"there is no misconception `{name.text}`", help)
        elif share is None or not 0 <= share <= 1:
            faults.add(value, "a share of the points is a number from 0 to 1")
        else:
            own[name.text] = share
    found = replace(base, own=own, **keys.options(base))
    if found.spatial + found.depth > 1:
        faults.add(keys.mapping, "the parts `spatial` and `depth` add up to more than 1")
    return found
