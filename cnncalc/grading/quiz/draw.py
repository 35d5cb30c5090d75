"""Draws a variant for every student: reproducible, as much work for all, without ambiguous slips.

The key of each is held against what running its network measures (`check`).
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

from cnncalc.diagnostics import SpecError, UsageError
from cnncalc.grading.marking.reasons import Explainer
from cnncalc.grading.model import Question, Truth
from cnncalc.grading.quiz.check import TooLarge, fault, fits_as, new_meter, steps, windows_of
from cnncalc.grading.quiz.template import Draw, Drawable, Template, Values
from cnncalc.grading.sheet import statement
from cnncalc.grading.work import Draws, Manifest
from cnncalc.grading.yaml_keys import refused

if TYPE_CHECKING:
    from cnncalc.executor.measure import Meter

#: How many draws are tried, and how many that meet the conditions but are no good; how many that
#: cannot be read, and not one that can, are enough.
MAX_TRIES, MAX_BAD, MAX_REFUSED = 20_000, 5_000, 100
#: How many good draws are compared before the best of them is taken.
LOOKED_AT = 40
#: How many good draws show what may be expected; fewer in networks of many layers.
PROBES, PROBED_LAYERS = 24, 600


def stream(seed: str, assignment: str, student: str, question: str) -> Random:
    """Return the random stream of one student's question: a keyed hash of all four words.

    Nobody without the seed can guess a variant, and no other student's draws change it.
    """
    message = "\0".join((assignment, student, question)).encode("utf-8", "replace")
    digest = hmac.new(seed.encode("utf-8", "replace"), message, hashlib.sha256).digest()
    return Random(int.from_bytes(digest, "big"))


class QuestionDrawer:
    """Draws one question, and remembers what was found out about draws and who has which.

    A draw goes by its values. `steps` (None where windows do not fit as wanted, or the question
    cannot be read) and `clashes`, wrong values with two misconceptions behind them, depend on the
    template alone; `alike` are the steps of draws by their shapes, so that draws of other steps
    than those looked for need not be read. `measured` are windows whose fields were. `wanted` are
    the steps that are looked for, then None for any; it is empty when all good draws are taken.
    """

    def __init__(
        self, template: Template, drawable: Drawable, seed: str, meter: Meter | None
    ) -> None:
        self.template, self.drawable, self.seed, self.meter = template, drawable, seed, meter
        self.steps: dict[Values, int | None] = {}
        self.alike: dict[Values, int | None] = {}
        self.clashes: dict[Values, int] = {}
        self.refused: list[SpecError] = []
        self.measured = set[tuple[object, ...]]()
        self.truths: dict[str, list[Truth]] = {}
        self.taken: Counter[Values] = Counter()
        self.wanted: list[int | None] | None = None
        self.fewest = self.uneven = self.large = 0
        self._last: tuple[Values, Question] | None = None

    def draw(self, student: str) -> Draw:
        """Return a student's draw: of the usual steps, which nobody has, as long as there are."""
        random = self._stream(student)
        if self.wanted is None:
            usual, self.fewest = self._usual()
            self.wanted = [usual, None]
        best = None
        while self.wanted and (best := self._best(random, self.wanted[0])) is None:
            self.wanted.pop(0)
        if best is None:  # the least used one of those that others have
            least = min(self.taken.values())
            best = random.choice(sorted(one for one, count in self.taken.items() if count == least))
        elif self.wanted == [None]:
            self.uneven += 1
        if not self.taken[best]:
            self._check(best)
        self.taken[best] += 1
        return self.drawable.named(best)

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

    def _usual(self) -> tuple[int, int]:
        """Return the steps that most good draws have, and the fewest clashes among those."""
        found: dict[int, list[int]] = {}
        for values, number in self._good(self._stream("")):
            found.setdefault(number, []).append(self._clashes(values))
            network = self._question(values).network
            layers = len(network.graph.nodes) if network is not None else 1
            if sum(map(len, found.values())) >= max(3, min(PROBES, PROBED_LAYERS // layers)):
                break
        if not found and self.refused and len(self.refused) == len(self.steps):
            raise self.refused[0]  # at no draw can the question be read
        if not found:
            text = f"no draw of `{self.drawable.id}` meets the conditions"
            help = "widen the ranges, or loosen `where` and `fits`"
            raise refused(self.drawable.place("draw"), text, help)
        usual = max(found, key=lambda number: (len(found[number]), number))
        return usual, min(found[usual])

    def _best(self, random: Random, wanted: int | None) -> Values | None:
        """Return a draw of so many steps that nobody has, with few clashes; None without any."""
        best: Values | None = None
        good = (values for values, number in self._good(random, wanted) if wanted in (None, number))
        for values in islice(good, LOOKED_AT):
            if best is None or self._clashes(values) < self._clashes(best):
                best = values
            if self._clashes(best) <= self.fewest:
                break
        return best

    def _good(self, random: Random, wanted: int | None = None) -> Iterator[tuple[Values, int]]:
        """Yield draws that are not taken and fit, in an order of the stream's own, with steps.

        Those that are known to take others than the `wanted` steps are left out.
        """
        tried, bad = set(self.taken), 0
        for values in self.drawable.some(random, MAX_TRIES):
            if values in tried or not self.drawable.allows(values):
                continue
            tried.add(values)
            alike = self.alike.get(self.drawable.shape(values), wanted)
            if None not in (wanted, alike) and alike != wanted:
                continue
            number = self._steps(values)
            bad += number is None
            if number is not None:
                yield values, number
            elif bad > MAX_BAD or MAX_REFUSED < len(self.refused) == len(self.steps):
                return

    def _steps(self, values: Values) -> int | None:
        shape = self.drawable.shape(values)
        if values not in self.steps and self.alike.get(shape, 0) is not None:
            self.steps[values] = None
            try:
                question = self._question(values)
            except SpecError as error:
                self.refused.append(error)
            else:
                fit = fits_as(self.drawable.fits, question)
                self.steps[values] = self.alike[shape] = steps(question) if fit else None
        return self.steps.get(values)

    def _clashes(self, values: Values) -> int:
        if values not in self.clashes:
            question = self._question(values)
            slips = Explainer(question.network.right) if question.network is not None else None
            items = [item for item in question.items if item.nodes]
            self.clashes[values] = sum(slips.clashes(item) for item in items) if slips else 0
        return self.clashes[values]

    def _question(self, values: Values) -> Question:
        if self._last is None or self._last[0] != values:
            draw = self.drawable.named(values)
            self._last = values, self.template.question(self.drawable, draw)
        return self._last[1]

    def _check(self, values: Values) -> None:
        """Run the network; raises SpecError for a wrong key, or one of what is not shown."""
        question, name = self._question(values), self.drawable.id
        truths, windows = [item.truth for item in question.items], windows_of(question)
        if self.truths.setdefault(statement(question), truths) != truths:
            what = f"draws of `{name}` read the same but have different answers"
            help = "let the text tell what is drawn, such as `{W}`"
            raise refused(self.drawable.place("text"), what, help)
        try:
            found = self.meter and fault(question, windows not in self.measured, self.meter)
        except TooLarge:
            self.large += 1
            return
        self.measured.add(windows)
        if found:
            what = f"`{name}` at {self.drawable.named(values)} is wrong: {found}"
            raise refused(self.drawable.mapping, what)


class Drawer:
    """Draws all questions of a template; with `check` the key of each is held against a run."""

    def __init__(self, template: Template, seed: str, check: bool = True) -> None:
        meter = new_meter() if check else None
        own = [one for one in template.drawables if one.values]
        self.drawers = [QuestionDrawer(template, one, seed, meter) for one in own]

    def variant(self, student: str) -> dict[str, Draw]:
        """Return what is drawn for a student, by question and name."""
        return {one.drawable.id: one.draw(student) for one in self.drawers}


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
    for one in drawer.drawers:
        for text in one.notes():
            if note:
                note(f"{one.drawable.id}: {text}")
    specs = dict(template.reading.networks.texts)
    return Manifest(template.title, template.source.text, specs, draws)
