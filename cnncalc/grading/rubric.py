"""What an answer that is not exactly right is worth."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.diagnostics import suggest
from cnncalc.grading.marking.slip_names import SLIPS
from cnncalc.grading.yaml_keys import KeyFaults, Keys, Values, as_fraction, keys_of
from cnncalc.language.tree import Scalar

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

#: What a file may say of credit beside `misconceptions`: shares, and `charge`.
VALUES: Values = {
    "note": None, "order": None, "follow_through": None, "gate": None, "misconception": None,
    "other_convention": None, "spatial": None, "depth": None, "charge": ("once", "always"),
}  # fmt: skip
KEYS = (*VALUES, "misconceptions")
ALIASES = {
    "follow": "follow_through", "ecf": "follow_through", "carried_forward": "follow_through",
    "convention": "other_convention", "slip": "misconception", "slips": "misconceptions",
    "channels": "depth", "layout": "order",
}  # fmt: skip
ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Rubric:
    """Shares of a question's points, each from 0 to 1.

    `note` for answers accepted with a note; `order` for the other order of axes where the question
    fixes one; `follow_through` for what is right given the student's own earlier answers, provided
    that those earned at least `gate`; `misconception` for a recognised slip, `own` by its name;
    `other_convention` for what another convention would make right; `spatial` and `depth` for the
    parts of a shape. `charge` is `once` or `always`: whether a repeated slip costs again.
    """

    note: Fraction = ONE
    order: Fraction = Fraction(1, 2)
    follow_through: Fraction = ONE
    gate: Fraction = Fraction(0)
    misconception: Fraction = Fraction(1, 2)
    own: dict[str, Fraction] = field(default_factory=dict)
    other_convention: Fraction = Fraction(0)
    spatial: Fraction = Fraction(1, 2)
    depth: Fraction = Fraction(1, 2)
    charge: str = "once"

    def slip(self, name: str) -> Fraction:
        """Return what a named misconception is worth."""
        if name in self.own:
            return self.own[name]
        known = SLIPS[name]
        worth = self.misconception if known.worth is None else known.worth
        return max(worth, self.other_convention) if known.convention else worth


def read_rubric(node: Node | None, base: Rubric, faults: KeyFaults) -> Rubric:
    """Return `base` with what a located mapping changes; None changes nothing."""
    keys = keys_of(node, "credit", KEYS, faults, ALIASES)
    if keys is None:
        return base
    found = keys.fields(base, VALUES)
    if found["spatial"] + found["depth"] > 1:
        faults.add(keys.mapping, "the parts `spatial` and `depth` add up to more than 1")
        found |= {"spatial": base.spatial, "depth": base.depth}
    return replace(base, own={**base.own, **_own(keys, faults)}, **found)


def _own(keys: Keys, faults: KeyFaults) -> dict[str, Fraction]:
    result = {}
    for name, value in keys.entries("misconceptions"):
        if name.text not in SLIPS:
            meant = suggest(name.text, SLIPS)
            help = f"did you mean `{meant}`?" if meant else "one of " + ", ".join(SLIPS)
            faults.add(name, f"there is no misconception `{name.text}`", help)
            continue
        share = as_fraction(value.text) if isinstance(value, Scalar) else None
        if share is None or not 0 <= share <= 1:
            faults.add(value, "a share of the points is a number from 0 to 1")
            continue
        result[name.text] = share
    return result
