"""Draws a variant for every student: reproducible, realistic, without ambiguous slips, checked."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import Diagnostic, SpecError, UsageError
from cnncalc.grading.manifest import Manifest
from cnncalc.grading.misconceptions.layers import window_of
from cnncalc.grading.model import Network, Question
from cnncalc.grading.quiz.template import Draw, Drawable, Template
from cnncalc.grading.slips import Slips
from cnncalc.layers.conv import ConvTranspose

#: How many draws are tried at random before all are gone through in turn, and how many good ones
#: are compared before the one with the fewest clashes is taken.
TRIES = 60
LOOKED_AT = 6
MAX_SPACE = 20_000
MAX_MACS = 2 * 10**9


def stream(seed: str, assignment: str, student: str, question: str) -> Random:
    """Return the random stream of one student's question: a keyed hash of all four words.

    Nobody without the seed can guess a variant, and no other student's draws change it.
    """
    message = "\0".join((assignment, student, question)).encode("utf-8", "replace")
    digest = hmac.new(seed.encode("utf-8", "replace"), message, hashlib.sha256).digest()
    return Random(int.from_bytes(digest, "big"))


@dataclass(frozen=True, slots=True)
class Tried:
    """A draw that was looked at: `clashes` counts wrong values that two misconceptions share."""

    question: Question | None
    clashes: int = 0


class Drawer:
    """Draws from a template; remembers which draws are good and which are taken."""

    def __init__(self, template: Template, seed: str) -> None:
        self.template = template
        self.seed = seed
        self._tried: dict[tuple[str, tuple[str, ...]], Tried] = {}
        self._taken: dict[tuple[str, tuple[str, ...]], int] = {}
        self._orders: dict[str, list[dict[str, str]]] = {}
        self._verified: set[tuple[str, tuple[str, ...]]] = set()

    def variant(self, student: str) -> dict[str, dict[str, str]]:
        """Return what is drawn for a student, by question and name."""
        result = {}
        for drawable in self.template.drawables:
            if drawable.values:
                result[drawable.id] = self._draw(drawable, student)
        return result

    def _draw(self, drawable: Drawable, student: str) -> dict[str, str]:
        random = stream(self.seed, self.template.name, student, drawable.id)
        best: dict[str, str] | None = None
        fewest, seen = 0, 0
        for draw in self._candidates(drawable, random):
            if seen >= LOOKED_AT:
                break
            key = _key(drawable, draw)
            if key in self._taken:
                continue
            tried = self._try(drawable, draw)
            if tried.question is None:
                continue
            seen += 1
            if best is None or tried.clashes < fewest:
                best, fewest = draw, tried.clashes
            if not fewest:
                break
        best = best or self._again(drawable, random)
        self._verify(drawable, best)
        key = _key(drawable, best)
        self._taken[key] = self._taken.get(key, 0) + 1
        return best

    def _again(self, drawable: Drawable, random: Random) -> dict[str, str]:
        """Return a good draw that is taken already, the least used one; all others are gone."""
        used = [(count, key) for key, count in self._taken.items() if key[0] == drawable.id]
        if not used:
            place = drawable.mapping.get("draw") or drawable.mapping
            help = "widen the ranges, or loosen `where` and `fits`"
            text = f"no draw of `{drawable.id}` meets the conditions"
            raise SpecError(Diagnostic(text, place.span, help))
        least = min(count for count, _ in used)
        _, values = random.choice(sorted(key for count, key in used if count == least))
        return dict(zip([name for name, _ in drawable.values], values, strict=True))

    def _candidates(self, drawable: Drawable, random: Random) -> Iterator[dict[str, str]]:
        for _ in range(TRIES):
            yield drawable.any(random)
        if drawable.space <= MAX_SPACE:
            if drawable.id not in self._orders:
                self._orders[drawable.id] = list(drawable.all())
            order = self._orders[drawable.id]
            start = random.randrange(len(order))
            for offset in range(len(order)):
                yield order[(start + offset) % len(order)]

    def _try(self, drawable: Drawable, draw: Draw) -> Tried:
        key = _key(drawable, draw)
        found = self._tried.get(key)
        if found is None:
            found = self._tried[key] = self._looked_at(drawable, draw)
        return found

    def _looked_at(self, drawable: Drawable, draw: Draw) -> Tried:
        if not drawable.allows(draw):
            return Tried(None)
        try:
            question = self.template.question(drawable, draw)
        except SpecError:
            return Tried(None)
        network = question.network
        if network is None:
            return Tried(question)
        if not _fitting(network, drawable.fits):
            return Tried(None)
        slips = Slips(network.world)
        clashes = sum(slips.clashes(item) for item in question.items if item.nodes)
        return Tried(question, clashes)

    def _verify(self, drawable: Drawable, draw: Draw) -> None:
        """Run the network and compare; raises SpecError if the key were wrong."""
        key = _key(drawable, draw)
        question = self._tried[key].question
        if key in self._verified or question is None or question.network is None:
            return
        self._verified.add(key)
        analysis = analyze(question.network.graph)
        self._tried[key] = Tried(None)  # it is taken now: only the draw is needed from here on
        if analysis.totals().ops.macs > MAX_MACS:
            return
        from cnncalc.executor.verify import verify

        if not verify(analysis).passed:
            text = f"running `{drawable.id}` at {dict(draw)} does not give the computed figures"
            raise SpecError(Diagnostic(text, drawable.mapping.span))


def _key(drawable: Drawable, draw: Draw) -> tuple[str, tuple[str, ...]]:
    return drawable.id, tuple(draw[name] for name, _ in drawable.values)


def _fitting(network: Network, fits: str) -> bool:
    """Tell whether the windows of a network fit as wanted."""
    if fits == "any":
        return True
    exact = True
    world = network.world
    for index, layer in enumerate(world.layers):
        inputs = world.inputs[index] or ()
        for length, window in zip(
            inputs[0][1:] if inputs else (), window_of(layer, inputs) or (), strict=False
        ):
            room = length + window.before + window.after - window.extent
            if not isinstance(layer, ConvTranspose) and room % window.stride:
                exact = False
    return exact is (fits == "exactly")


def draw_quiz(
    template: Template,
    students: Sequence[str],
    seed: str,
    progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """Return the manifest of a quiz with a variant for every student.

    Raises UsageError if nothing can be drawn, and SpecError where a question has no good draw.
    """
    if not any(drawable.values for drawable in template.drawables):
        help = "add for instance `draw: {W: 24..64, F: [3, 5]}` to a question"
        raise UsageError("nothing in the template can be drawn", help)
    drawer = Drawer(template, seed)
    draws = {}
    for position, student in enumerate(students, 1):
        draws[student] = drawer.variant(student)
        if progress:
            progress(position, len(students))
    key = hashlib.sha256(("cnncalc quiz\0" + seed).encode()).hexdigest()[:16]
    specs = dict(template.reading.networks.texts)
    return Manifest(template.title, template.source.text, specs, dict(draws), key)
