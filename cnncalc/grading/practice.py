"""Practice: one question after another, each answer judged and explained at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from cnncalc.grading.feedback import sentence
from cnncalc.grading.marking.marker import Mark, Marker, says
from cnncalc.grading.model import Assignment, Item, Question, show_points
from cnncalc.grading.quiz.draw import Drawer
from cnncalc.grading.quiz.template import Template
from cnncalc.grading.sheet import statement, working

Ask = Callable[[str], "str | None"]
Say = Callable[[str], None]
STOP, SKIP = ("quit", "exit", "stop", "q"), ("skip", "next", "answer")
#: How often an answer may be given before the right one is shown.
TRIES = 2
HELP = (
    "Type an answer; or `hint` for the formula, `answer` to see it (counts as skipped),"
    " `quit` to end. After a wrong answer there is a hint and a second try."
)


def rounds(template: Template, seed: str, count: int) -> Iterator[Assignment]:
    """Yield assignments drawn from a template, one per round; without draws the template itself."""
    if not any(one.values for one in template.drawables):
        yield template.assignment()
        return
    drawer = Drawer(template, seed)
    for number in range(1, count + 1):
        yield template.assignment(drawer.variant(f"round {number}"))


@dataclass(slots=True)
class RunningScore:
    """What was earned so far, of what could be, and how many items were skipped."""

    earned: Fraction = Fraction(0)
    possible: Fraction = Fraction(0)
    skipped: int = 0

    def __str__(self) -> str:
        if not self.possible:
            return "no question was answered"
        shown = f"{show_points(self.earned)} of {show_points(self.possible)} points"
        return shown + (f", {self.skipped} skipped" if self.skipped else "")


def practise(assignments: Iterator[Assignment], ask: Ask, say: Say) -> RunningScore:
    """Ask every question, tell at once what the answer earned; return what was earned in all.

    `ask` shows a prompt and returns a line, or None at the end of the input. What is skipped
    counts as nothing, neither earned nor possible.
    """
    tally = RunningScore()
    say(HELP)
    for assignment in assignments:
        marker, given = Marker(assignment), dict[str, str]()
        for question in assignment.questions:
            say(f"\n{question.id}. {statement(question)}")
            for item in question.items:
                mark = _answered(item, question, marker, given, ask, say)
                if mark is None:
                    return tally
                if item.id in given:
                    tally.possible += item.points
                    tally.earned += mark.credit * item.points
                    say(f"  {_read_as(mark)}{sentence(mark)}")
                    if mark.slip:
                        say(f"  {says(mark, 'hint')}")
                else:
                    tally.skipped += 1
                if item.id not in given or mark.verdict != "accept":
                    lines = [f"  {line}" for line in working(item, question.network)]
                    for line in (f"the answer is {item.right_answer}", *lines):
                        say(f"  {line}")
    return tally


def _answered(
    item: Item, question: Question, marker: Marker, given: dict[str, str], ask: Ask, say: Say
) -> Mark | None:
    """Ask until an answer is right, given the second time, or skipped; None at the end."""
    for label, text in item.truth.choices:
        say(f"  {label}) {text}")
    left = TRIES
    while (answer := ask(f"{item.label or 'answer'}: ")) is not None:
        word = answer.strip().lower()
        if word in STOP:
            break
        if word in ("", "?", "help", "hint"):
            say(f"  {hint(item, question) if word == 'hint' else HELP}")
            continue
        tried = given if word in SKIP else given | {item.id: answer}
        mark = next(mark for mark in marker.mark(tried) if mark.item == item.id)
        if word not in SKIP and mark.verdict in ("unreadable", "blank"):
            say(f"  {sentence(mark)} Try again.")
            continue
        left -= 1
        if word in SKIP or not left or mark.credit == 1:
            given.update(tried)
            return mark
        say(f"  {_read_as(mark)}{sentence(mark, 'hint')}")
        say(f"  hint: {hint(item, question)}. Try once more.")
    return None


def hint(item: Item, question: Question) -> str:
    """Return the formula that leads to an answer, without its values."""
    for line in working(item, question.network):
        name, *stages = line.split(" = ")
        if len(stages) > 1:
            return f"{name} = {stages[0]}"
    if item.whole:
        return "work it out for every layer, then add up"
    return "there is no formula for this one: look at the layers one after the other"


def _read_as(mark: Mark) -> str:
    return f"read as {mark.shown}. " if mark.shown else ""
