"""Practice: one question after another, each answer judged and explained at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from cnncalc.diagnostics import Source
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.feedback import sentence
from cnncalc.grading.marking import Mark, Marker, says
from cnncalc.grading.model import Assignment, Question
from cnncalc.grading.quiz.bank import statement
from cnncalc.grading.quiz.draw import Drawer
from cnncalc.grading.quiz.template import Template
from cnncalc.grading.truths import show_truth, working

Ask = Callable[[str], "str | None"]
Say = Callable[[str], None]
STOP = frozenset(("quit", "exit", "q", "stop"))


def rounds(template: Template, seed: str, count: int) -> Iterator[Assignment]:
    """Yield assignments drawn from a template, one per round; without draws the template itself."""
    drawable = any(one.values for one in template.drawables)
    drawer = Drawer(template, seed) if drawable else None
    texts = template.reading.networks.texts
    folder = template.reading.networks.folder
    for number in range(1, count + 1):
        draws = drawer.variant(f"round {number}") if drawer else {}
        source = Source(template.source.name, template.source.text)
        yield read_assignment_text(source, folder, texts, draws)
        if drawer is None:
            return


def practise(assignments: Iterator[Assignment], ask: Ask, say: Say) -> tuple[Fraction, Fraction]:
    """Ask every question, tell at once what the answer earned; return points earned and possible.

    `ask` shows a prompt and returns a line, or None at the end of the input.
    """
    earned = possible = Fraction(0)
    for assignment in assignments:
        marker = Marker(assignment)
        given: dict[str, str] = {}
        for question in assignment.questions:
            say(f"\n{question.id}. {statement(question)}")
            for item in question.items:
                for label, text in getattr(item.truth, "options", ()):
                    say(f"  {label}) {text}")
                where = f"{item.row}, {item.column.replace('_', ' ')}" if item.row else "answer"
                text = ask(f"{where}: ")
                if text is None or text.strip().lower() in STOP:
                    return earned, possible
                given[item.id] = text
                mark = next(m for m in marker.mark(given) if m.item == item.id)
                possible += item.points
                earned += mark.credit * item.points
                _explain(mark, question, say)
    return earned, possible


def _explain(mark: Mark, question: Question, say: Say) -> None:
    """Say what was understood, what it earned, and the working if it was not right."""
    item = next(item for item in question.items if item.id == mark.item)
    read = f"read as {mark.shown}. " if mark.shown else ""
    say(f"  {read}{sentence(mark)}")
    if mark.verdict == "accept":
        return
    if mark.slip:
        say(f"  {says(mark, 'hint')}")
    say(f"  the answer is {show_truth(item)}")
    for line in working(item, question.network):
        say(f"    {line}")
