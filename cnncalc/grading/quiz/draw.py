"""Draws a variant for every student: reproducible, realistic, without ambiguous slips, checked."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, SpecError, UsageError
from cnncalc.grading.marking.slips import Slips
from cnncalc.grading.model import Question, Truth
from cnncalc.grading.quiz.check import TooLarge, fault, fits, new_meter, steps
from cnncalc.grading.quiz.template import Draw, Drawable, Template
from cnncalc.grading.sheet import statement
from cnncalc.grading.work import Draws, Manifest

if TYPE_CHECKING:
    from cnncalc.executor.measure import Meter

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


class QuestionDrawer:
    """Draws one question: remembers which draws are good, taken and checked.

    `shapes` has the steps of what windows can be drawn (None where they do not fit as wanted),
    `clashes` of good draws how many wrong values have two misconceptions behind them (None of
    others). Both depend on the template and the seed alone. `even` says that draws of the usual
    steps are left, `spent` that none are.
    """

    def __init__(
        self, template: Template, drawable: Drawable, seed: str, meter: Meter | None
    ) -> None:
        self.template, self.drawable, self.seed, self.meter = template, drawable, seed, meter
        self.shapes: dict[Values, int | None] = {}
        self.clashes: dict[Values, int | None] = {}
        self.measured: set[Values] = set()
        self.texts: dict[str, list[Truth]] = {}
        self.taken: Counter[Values] = Counter()
        self.even, self.spent = True, False
        self.uneven = self.large = 0
        self.last: tuple[Values, Question] | None = None
        self.refused: SpecError | None = None
        self._usual: tuple[int, int] | None = None

    def draw(self, student: str) -> dict[str, str]:
        """Return a student's draw: of the usual steps, which nobody has, as long as there are."""
        random = self._stream(student)
        usual, fewest = self._usual = self._usual or self._usual_steps()
        best = self._best(random, usual, fewest) if self.even else None
        if best is None and not self.spent:
            self.even = False
            best = self._best(random, None, fewest)
            self.spent = best is None
            self.uneven += best is not None
        chosen = best or self._again(random)
        if not self.taken[self._values(chosen)]:
            self._check(chosen)
        self.taken[self._values(chosen)] += 1
        return chosen

    def notes(self) -> Iterator[str]:
        """Yield what could not be had for all that were drawn for so far."""
        if sum(self.taken.values()) > len(self.taken):
            yield (
                f"only {len(self.taken)} different draws are good, so that some students have the"
                " same; widen the ranges, or loosen `where` and `fits`"
            )
        if self.uneven:
            yield f"{self.uneven} of the variants take more steps, or fewer, than the others"
        if self.large:
            yield f"{self.large} of the variants are too large to be checked by running them"

    def _stream(self, student: str) -> Random:
        return stream(self.seed, self.template.name, student, self.drawable.id)

    def _values(self, draw: Draw) -> Values:
        """Return what is drawn, in the order of the template."""
        return tuple([draw[name] for name, _ in self.drawable.values])

    def _shape(self, draw: Draw) -> Values:
        """Return that part of a draw on which windows and receptive fields hang."""
        return tuple([draw[name] for name in self.drawable.shaping])

    def _best(self, random: Random, steps: int | None, fewest: int) -> dict[str, str] | None:
        """Return a draw with so many steps that nobody has, and few clashes; None if all are."""
        best: tuple[int, dict[str, str]] | None = None
        for draw, clashes in islice(self._good(random, steps), LOOKED_AT):
            if best is None or clashes < best[0]:
                best = clashes, draw
            if clashes <= fewest:
                break
        return best[1] if best else None

    def _usual_steps(self) -> tuple[int, int]:
        """Return the steps that most good draws have, and the fewest clashes among those."""
        found: list[tuple[int, int]] = []
        most = PROBES
        for draw, clashes in self._good(self._stream("")):
            if not found and self.last is not None and self.last[1].network is not None:
                layers = len(self.last[1].network.graph.nodes)
                most = max(3, min(PROBES, PROBED_LAYERS // layers))
            found.append((self.shapes[self._shape(draw)] or 0, clashes))
            if len(found) >= most:
                break
        if not found and self.refused is not None and not self.shapes:
            raise self.refused  # at no draw can the question be read
        if not found:
            place = self.drawable.mapping.get("draw") or self.drawable.mapping
            text = f"no draw of `{self.drawable.id}` meets the conditions"
            help = "widen the ranges, or loosen `where` and `fits`"
            raise SpecError(Diagnostic(text, place.span, help))
        often = Counter(steps for steps, _ in found)
        usual = max(often, key=lambda number: (often[number], number))
        return usual, min(clashes for steps, clashes in found if steps == usual)

    def _again(self, random: Random) -> dict[str, str]:
        """Return a good draw that is taken already, the least used one; all others are gone."""
        least = min(self.taken.values())
        values = random.choice(sorted(key for key, count in self.taken.items() if count == least))
        return dict(zip([name for name, _ in self.drawable.values], values, strict=True))

    def _good(
        self, random: Random, wanted: int | None = None
    ) -> Iterator[tuple[dict[str, str], int]]:
        """Yield good draws that are not taken, in an order of the stream's own, with clashes."""
        tried: set[Values] = set()
        bad = 0
        for draw in self.drawable.some(random, TRIES, MAX_TRIES):
            values = self._values(draw)
            if values in tried or values in self.taken or not self.drawable.allows(draw):
                continue
            tried.add(values)
            clashes = self._look(draw, values, wanted)
            bad += clashes is None
            if clashes is not None:
                yield draw, clashes
            elif bad > MAX_BAD:
                return

    def _look(self, draw: dict[str, str], values: Values, wanted: int | None) -> int | None:
        """Return the clashes of a draw, or None if it is no good or has not the steps wanted."""
        shape = self._shape(draw)
        if shape in self.shapes and not _meets(self.shapes[shape], wanted):
            return None
        if values not in self.clashes:
            try:
                question = self.template.question(self.drawable, draw)
            except SpecError as error:
                self.clashes[values] = None
                self.refused = self.refused or error
                if len(self.clashes) > MAX_REFUSED and not self.shapes:
                    raise self.refused from None
                return None
            if shape not in self.shapes:
                right = _fitting(question, self.drawable.fits)
                self.shapes[shape] = steps(question) if right else None
            if not _meets(self.shapes[shape], wanted):
                return None
            self.last = values, question
            slips = Slips(question.network.right) if question.network is not None else None
            items = [item for item in question.items if item.nodes]
            self.clashes[values] = sum(slips.clashes(item) for item in items) if slips else 0
        return self.clashes[values]

    def _check(self, draw: Draw) -> None:
        """Run the network and compare; raises SpecError if the key is wrong, or depends on what the
        question does not tell.
        """
        if self.last is not None and self.last[0] == self._values(draw):
            question = self.last[1]
        else:
            question = self.template.question(self.drawable, draw)
        mapping, name = self.drawable.mapping, self.drawable.id
        truths = [item.truth for item in question.items]
        if self.texts.setdefault(statement(question), truths) != truths:
            what = f"draws of `{name}` read the same but have different answers"
            help = "let the text tell what is drawn, such as `{W}`"
            raise SpecError(Diagnostic(what, (mapping.get("text") or mapping).span, help))
        if self.meter is None:
            return
        shape = self._shape(draw)
        try:
            found = fault(question, shape not in self.measured, self.meter)
        except TooLarge:
            self.large += 1
            return
        self.measured.add(shape)
        if found is not None:
            raise SpecError(Diagnostic(f"`{name}` at {dict(draw)} is wrong: {found}", mapping.span))


def _meets(steps: int | None, wanted: int | None) -> bool:
    return steps is not None and wanted in (None, steps)


def _fitting(question: Question, wanted: str) -> bool:
    """Tell whether the windows of a question's network fit as wanted."""
    if wanted == "any" or question.network is None:
        return True
    right = question.network.right
    return all(fits(right, index) for index in range(len(right.layers))) is (wanted == "exactly")


class Drawer:
    """Draws all questions of a template; with `check` the key of each is held against a run."""

    def __init__(self, template: Template, seed: str, check: bool = True) -> None:
        meter = new_meter() if check else None
        drawables = [one for one in template.drawables if one.values]
        self.drawers = [QuestionDrawer(template, one, seed, meter) for one in drawables]

    def variant(self, student: str) -> dict[str, dict[str, str]]:
        """Return what is drawn for a student, by question and name."""
        return {one.drawable.id: one.draw(student) for one in self.drawers}

    def notes(self) -> Iterator[str]:
        """Yield what could not be had for all that were drawn for so far."""
        found: dict[str, list[str]] = {}
        for one in self.drawers:
            for text in one.notes():
                found.setdefault(text, []).append(one.drawable.id)
        for text, names in found.items():
            yield f"{', '.join(names)}: {text}"


def draw_quiz(
    template: Template,
    students: Sequence[str],
    seed: str,
    progress: Callable[[int, int], None] | None = None,
    note: Callable[[str], None] | None = None,
    check: bool = True,
) -> Manifest:
    """Return the manifest of a quiz with a variant for every student.

    `note` is called with what could not be had for all; without `check` nothing is run. Raises
    UsageError if nothing can be drawn, and SpecError where a question has no good draw.
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
