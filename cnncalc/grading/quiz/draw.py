"""Draws a variant for every student: reproducible, realistic, without ambiguous slips, checked."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random

from cnncalc.diagnostics import Diagnostic, SpecError, UsageError
from cnncalc.grading.manifest import Draws, Manifest
from cnncalc.grading.marking.slips import Slips
from cnncalc.grading.model import Question, Truth
from cnncalc.grading.quiz.check import TooLarge, fault, new_meter
from cnncalc.grading.quiz.difficulty import fits, steps
from cnncalc.grading.quiz.template import Draw, Drawable, Template
from cnncalc.grading.sheet import statement

#: How many draws are tried at random before all are gone through in turn; how many at most, and
#: how many that meet the conditions but make no good question.
TRIES = 200
MAX_TRIES = 20_000
MAX_BAD = 5_000
#: How many draws at which the question cannot be read, and not one at which it can, are enough.
MAX_REFUSED = 100
#: How many good draws are compared before the best of them is taken.
LOOKED_AT = 40
#: How many good draws show what may be expected; fewer in networks of many layers.
PROBES, PROBED_LAYERS = 24, 600
Values = tuple[str, ...]


def stream(seed: str, assignment: str, student: str, question: str) -> Random:
    """Return the random stream of one student's question: a keyed hash of all four words.

    Nobody without the seed can guess a variant, and no other student's draws change it.
    """
    message = "\0".join((assignment, student, question)).encode("utf-8", "replace")
    digest = hmac.new(seed.encode("utf-8", "replace"), message, hashlib.sha256).digest()
    return Random(int.from_bytes(digest, "big"))


@dataclass(slots=True)
class Drawing:
    """What is known of one question: which draws are good, taken and checked.

    `shapes` has the steps of what windows can be drawn (None where they do not fit as wanted),
    `clashes` of good draws how many wrong values have two misconceptions behind them (None of
    others). Both, and what is `usual`, depend on the template and the seed alone. `even` says that
    draws of the usual steps are left, `spent` that none are.
    """

    drawable: Drawable
    usual: tuple[int, int] | None = None
    shapes: dict[Values, int | None] = field(default_factory=dict)
    clashes: dict[Values, int | None] = field(default_factory=dict)
    measured: set[Values] = field(default_factory=set)
    texts: dict[str, list[Truth]] = field(default_factory=dict)
    taken: Counter[Values] = field(default_factory=Counter)
    even: bool = True
    spent: bool = False
    uneven: int = 0
    large: int = 0
    last: tuple[Values, Question] | None = None
    refused: SpecError | None = None

    def values(self, draw: Draw) -> Values:
        """Return what is drawn, in the order of the template."""
        return tuple([draw[name] for name, _ in self.drawable.values])

    def shape(self, draw: Draw) -> Values:
        """Return that part of a draw on which windows and receptive fields hang."""
        return tuple([draw[name] for name in self.drawable.shaping])


class Drawer:
    """Draws from a template; remembers which draws are good and which are taken."""

    def __init__(self, template: Template, seed: str, check: bool = True) -> None:
        self.template = template
        self.seed = seed
        self.meter = new_meter() if check else None
        self.drawings = [Drawing(one) for one in template.drawables if one.values]

    def variant(self, student: str) -> dict[str, dict[str, str]]:
        """Return what is drawn for a student, by question and name."""
        return {one.drawable.id: self._draw(one, student) for one in self.drawings}

    def notes(self) -> Iterator[str]:
        """Yield what could not be had for all that were drawn for so far."""
        found: dict[str, list[str]] = {}
        for one in self.drawings:
            for text in _wanting(one):
                found.setdefault(text, []).append(one.drawable.id)
        for text, names in found.items():
            yield f"{', '.join(names)}: {text}"

    def _draw(self, one: Drawing, student: str) -> dict[str, str]:
        random = stream(self.seed, self.template.name, student, one.drawable.id)
        steps, fewest = self._usual(one)
        best = self._best(one, random, steps, fewest) if one.even else None
        if best is None and not one.spent:
            one.even = False
            best = self._best(one, random, None, fewest)
            one.spent = best is None
            one.uneven += best is not None
        chosen = best or self._again(one, random)
        if not one.taken[one.values(chosen)]:
            self._check(one, chosen)
        one.taken[one.values(chosen)] += 1
        return chosen

    def _best(
        self, one: Drawing, random: Random, steps: int | None, fewest: int
    ) -> dict[str, str] | None:
        """Return a draw with so many steps that nobody has, and few clashes; None if all are."""
        best: tuple[int, dict[str, str]] | None = None
        for draw, clashes in islice(self._good(one, random, steps), LOOKED_AT):
            if best is None or clashes < best[0]:
                best = clashes, draw
            if clashes <= fewest:
                break
        return best[1] if best else None

    def _usual(self, one: Drawing) -> tuple[int, int]:
        """Return the steps that most good draws have, and the fewest clashes among those."""
        if one.usual is None:
            random = stream(self.seed, self.template.name, "", one.drawable.id)
            found: list[tuple[int, int]] = []
            most = PROBES
            for draw, clashes in self._good(one, random):
                if not found and one.last is not None and one.last[1].network is not None:
                    layers = len(one.last[1].network.graph.nodes)
                    most = max(3, min(PROBES, PROBED_LAYERS // layers))
                found.append((one.shapes[one.shape(draw)] or 0, clashes))
                if len(found) >= most:
                    break
            if not found and one.refused is not None and not one.shapes:
                raise one.refused  # at no draw can the question be read
            if not found:
                place = one.drawable.mapping.get("draw") or one.drawable.mapping
                help = "widen the ranges, or loosen `where` and `fits`"
                text = f"no draw of `{one.drawable.id}` meets the conditions"
                raise SpecError(Diagnostic(text, place.span, help))
            often = Counter(steps for steps, _ in found)
            usual = max(often, key=lambda number: (often[number], number))
            one.usual = usual, min(clashes for steps, clashes in found if steps == usual)
        return one.usual

    def _again(self, one: Drawing, random: Random) -> dict[str, str]:
        """Return a good draw that is taken already, the least used one; all others are gone."""
        least = min(one.taken.values())
        values = random.choice(sorted(key for key, count in one.taken.items() if count == least))
        return dict(zip([name for name, _ in one.drawable.values], values, strict=True))

    def _good(
        self, one: Drawing, random: Random, wanted: int | None = None
    ) -> Iterator[tuple[dict[str, str], int]]:
        """Yield good draws that are not taken, in an order of the stream's own, with clashes."""
        tried: set[Values] = set()
        bad = 0
        for draw in one.drawable.some(random, TRIES, MAX_TRIES):
            values = one.values(draw)
            if values in tried or values in one.taken or not one.drawable.allows(draw):
                continue
            tried.add(values)
            clashes = self._look(one, draw, values, wanted)
            if clashes is not None:
                yield draw, clashes
                continue
            bad += 1
            if bad > MAX_BAD:
                return

    def _look(
        self, one: Drawing, draw: dict[str, str], values: Values, wanted: int | None
    ) -> int | None:
        """Return the clashes of a draw, or None if it is no good or has not the steps wanted."""
        shape = one.shape(draw)
        if shape in one.shapes and not _meets(one.shapes[shape], wanted):
            return None
        if values not in one.clashes:
            try:
                question = self.template.question(one.drawable, draw)
            except SpecError as error:
                one.clashes[values] = None
                one.refused = one.refused or error
                if len(one.clashes) > MAX_REFUSED and not one.shapes:
                    raise one.refused from None
                return None
            if shape not in one.shapes:
                right = _fitting(question, one.drawable.fits)
                one.shapes[shape] = steps(question) if right else None
            if not _meets(one.shapes[shape], wanted):
                return None
            one.last = values, question
            one.clashes[values] = _clashes(question)
        return one.clashes[values]

    def _check(self, one: Drawing, draw: Draw) -> None:
        """Run the network and compare; raises SpecError if the key is wrong, or depends on what the
        question does not tell.
        """
        if one.last is not None and one.last[0] == one.values(draw):
            question = one.last[1]
        else:
            question = self.template.question(one.drawable, draw)
        truths = [item.truth for item in question.items]
        if one.texts.setdefault(statement(question), truths) != truths:
            place = one.drawable.mapping.get("text") or one.drawable.mapping
            what = f"draws of `{one.drawable.id}` read the same but have different answers"
            help = "let the text tell what is drawn, such as `{W}`"
            raise SpecError(Diagnostic(what, place.span, help))
        if self.meter is None:
            return
        shape = one.shape(draw)
        try:
            found = fault(question, shape not in one.measured, self.meter)
        except TooLarge:
            one.large += 1
            return
        one.measured.add(shape)
        if found is not None:
            text = f"`{one.drawable.id}` at {dict(draw)} is wrong: {found}"
            raise SpecError(Diagnostic(text, one.drawable.mapping.span))


def _wanting(one: Drawing) -> Iterator[str]:
    if sum(one.taken.values()) > len(one.taken):
        yield (
            f"only {len(one.taken)} different draws are good, so that some students have the same;"
            " widen the ranges, or loosen `where` and `fits`"
        )
    if one.uneven:
        yield f"{one.uneven} of the variants take more steps, or fewer, than the others"
    if one.large:
        yield f"{one.large} of the variants are too large to be checked by running them"


def _meets(steps: int | None, wanted: int | None) -> bool:
    return steps is not None and wanted in (None, steps)


def _clashes(question: Question) -> int:
    if question.network is None:
        return 0
    slips = Slips(question.network.right)
    return sum(slips.clashes(item) for item in question.items if item.nodes)


def _fitting(question: Question, wanted: str) -> bool:
    """Tell whether the windows of a question's network fit as wanted."""
    if wanted == "any" or question.network is None:
        return True
    right = question.network.right
    return all(fits(right, index) for index in range(len(right.layers))) is (wanted == "exactly")


def draw_quiz(
    template: Template,
    students: Sequence[str],
    seed: str,
    progress: Callable[[int, int], None] | None = None,
    note: Callable[[str], None] | None = None,
    check: bool = True,
) -> Manifest:
    """Return the manifest of a quiz with a variant for every student.

    `note` is called with what could not be had for all; without `check`
    nothing is run. Raises UsageError if nothing can be drawn, and SpecError where a
    question has no good draw.
    """
    if not any(drawable.values for drawable in template.drawables):
        help = "add `draw: {W: 24..64, F: [3, 5]}` to a question, or see `cnncalc sheet`"
        raise UsageError("nothing in the template can be drawn", help)
    drawer = Drawer(template, seed, check)
    draws: dict[str, Draws] = {}
    for position, student in enumerate(students, 1):
        draws[student] = drawer.variant(student)
        if progress:
            progress(position, len(students))
    for text in drawer.notes():
        if note:
            note(text)
    specs = dict(template.reading.networks.texts)
    return Manifest(template.title, template.source.text, specs, draws)
