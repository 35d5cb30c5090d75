"""An assignment as values: questions, their items, what is right, and how an answer compares."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar, Literal, NamedTuple

from cnncalc.diagnostics import Source, Span
from cnncalc.grading.answers import Unread
from cnncalc.grading.conventions import Conventions, Rubric
from cnncalc.grading.marking.believed_network import BelievedNetwork
from cnncalc.grading.marking.drawn_numbers import DrawnNumbers
from cnncalc.graph import Graph

#: How an answer stands: `blank` if nothing was answered, `unreadable` if nothing was understood,
#: `unmarked` if a person has to mark it.
Word = Literal["accept", "accept_note", "partial", "wrong", "unreadable", "blank", "unmarked"]
#: A shape, or a number; a `Fraction` that is whole is found under its integer.
Value = tuple[int, ...] | int | Fraction

ZERO, ONE = Fraction(0), Fraction(1)
#: A size typed in MB is rounded; with this many units in its last place it is precise enough.
FINEST = 50


class Meaning(NamedTuple):
    """One meaning of an answer: a shape `(C, *spatial)` or a number, with its notes."""

    value: tuple[int, ...] | Fraction
    ulp: Fraction = ZERO
    rounded: bool = False
    notes: tuple[str, ...] = ()


class Judged(NamedTuple):
    """The comparison: `shown` is what was understood, `credit` the share earned by itself.

    `reason` is `exact`, `note`, `order`, `parts`, `wrong`, `unreadable`, `blank`, `network`,
    `manual` (a person marks it) or `internal` (a fault of ours: a person must look at it); `slip`
    a misconception that the writing itself shows. `candidates` are the meanings for which the
    marking looks for other reasons; without any the judgement stands.
    """

    verdict: Word
    reason: str
    shown: str
    credit: Fraction = ZERO
    notes: tuple[str, ...] = ()
    slip: str = ""
    candidates: tuple[Meaning, ...] = ()

    @staticmethod
    def wrong(shown: str, *notes: str, candidates: tuple[Meaning, ...] = ()) -> Judged:
        """Return the judgement of a wrong answer."""
        return Judged("wrong", "wrong", shown, ZERO, notes, "", candidates)


def failed(error: Exception) -> Judged:
    """Return the judgement of an answer at which this program failed."""
    what = f"it could not be marked, by a fault of this program ({type(error).__name__})"
    return Judged("unmarked", "internal", "", ZERO, (f"{what}: staff look at it",))


def near(candidate: Meaning, value: Fraction, tolerance: Fraction) -> str | None:
    """Return why a number counts as `value`: '' if exactly, a note if within tolerance, or None."""
    given = candidate.value
    if not isinstance(given, Fraction):
        return None
    if given == value:
        return ""
    if not tolerance and not candidate.rounded:
        return None  # the usual case: differences of fractions are slow
    off = abs(given - value)
    if off <= tolerance * abs(value):
        return "rounded, within the tolerance"
    if candidate.rounded and off <= candidate.ulp / 2 and abs(value) >= FINEST * candidate.ulp:
        return "rounded"
    return None


#: How a quiz program asks: a number, one of several options, accepted spellings, an essay.
Form = Literal["number", "choice", "text", "essay"]


class Truth:
    """What is right for one item. Each kind of truth judges, shows and writes itself.

    A subclass must define `judge` and `show`; what it leaves out is as for an answer that cannot
    be compared by a program: an essay, without options, that follows from nothing.
    """

    __slots__ = ()

    #: Whether `show` is an answer that feedback may give away; whether NumPy runs the network.
    tellable: ClassVar[bool] = True
    executes: ClassVar[bool] = False
    #: The options to choose from, as label and text.
    choices: tuple[tuple[str, str], ...] = ()
    #: The wrong numbers that slips lead to, by the slip's name, where a truth knows them.
    mistakes: tuple[tuple[str, Fraction], ...] = ()

    def judge(self, item: Item, raw: str) -> Judged | Unread:
        """Return how an answer compares with the right one, or why it was not understood."""
        raise NotImplementedError

    def show(self, item: Item) -> str:
        """Return the right answer, as a sheet with answers prints it."""
        raise NotImplementedError

    @property
    def numbers(self) -> tuple[Fraction | int, ...]:
        """The numbers that are right: a number, or the lengths of a shape; of others none."""
        return ()

    def working(self, item: Item) -> list[str]:
        """Return the lines that lead to the answer, where a truth knows them."""
        return []

    @property
    def differs(self) -> str:
        """What is said of a typed key that no usual slip explains."""
        return "no usual slip leads to the typed value"

    @property
    def form(self) -> Form:
        """How a quiz program asks for it."""
        return "essay"

    def texts(self, item: Item) -> tuple[str, ...]:
        """Return the texts that a quiz program takes as right, the shown one first."""
        return (self.show(item),)

    def margin(self, item: Item) -> Fraction:
        """Return how far off a number may be, in the unit of `texts`."""
        return ZERO

    def mistaken(self, item: Item, value: Value) -> tuple[str, ...]:
        """Return the texts of a wrong value; none if it would be taken for the right one."""
        return ()

    def offered(self, item: Item) -> tuple[str, ...]:
        """Return the wrong options of a choice."""
        return ()


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to answer: a question, or one cell of a table.

    `quantity` is what is asked of `nodes`, indices into the question's graph; `whole` if it is a
    sum over several. `row` and `column` are set in tables. `cell` is the place in the node's output
    whose value is asked for, channels first. Of a ratio, `divided` are its two sides.
    """

    id: str
    quantity: str
    nodes: tuple[int, ...]
    points: Fraction
    truth: Truth
    conventions: Conventions
    rubric: Rubric
    whole: bool = False
    row: str = ""
    column: str = ""
    cell: tuple[int, ...] = ()
    divided: tuple[Item, ...] = ()

    @property
    def label(self) -> str:
        """What the cell of a table is called; '' of other questions."""
        return f"{self.row}, {self.column.replace('_', ' ')}" if self.row else ""

    @property
    def right_answer(self) -> str:
        """The right answer, as a sheet with answers prints it."""
        return self.truth.show(self)

    def right(self, shown: str, notes: tuple[str, ...] = (), *meanings: Meaning) -> Judged:
        """Return the judgement of a right answer; notes make it accepted with a note."""
        if notes:
            return Judged("accept_note", "note", shown, self.rubric.note, notes, "", meanings)
        return Judged("accept", "exact", shown, ONE, (), "", meanings)

    def judge(self, raw: str) -> Judged:
        """Return how an answer stands by itself; a fault of ours concerns this answer alone."""
        try:
            found = self.truth.judge(self, raw)
        except Exception as error:  # whatever it is: other answers must not suffer for it
            return failed(error)
        if isinstance(found, Judged):
            return found
        word: Word = "blank" if found.blank else "unreadable"
        return Judged(word, word, "", notes=(found.problem,))


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A graph that questions speak of, with its right shapes."""

    name: str
    graph: Graph
    right: BelievedNetwork


@dataclass(frozen=True, slots=True)
class Question:
    """A question of an assignment; `text` is what students read, `stated` its conventions.

    `own_text` if the text was written by the instructor, who then describes the layer in it;
    `written` are the lines of a network in the names of its parameters, which a question asks for;
    `visibility` is when Gradescope shows its marks, '' by the level of feedback. `numbers` are
    those that a question about values gives.
    """

    id: str
    kind: str
    points: Fraction
    text: str
    items: tuple[Item, ...]
    stated: tuple[str, ...]
    network: Network | None
    span: Span | None = None
    own_text: bool = False
    visibility: str = ""
    written: str = ""
    numbers: DrawnNumbers | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """A whole assignment; `source` is its text, `specs` the texts of the files it names.

    `points` are those of all questions, `items` theirs in the same order.
    """

    name: str
    title: str
    questions: tuple[Question, ...]
    conventions: Conventions
    rubric: Rubric
    source: Source
    deadline: str = ""
    grace: int = 0
    late_penalty: Fraction = Fraction(0)
    attempts: str = "latest"
    specs: dict[str, str] = field(default_factory=dict)
    points: Fraction = field(init=False, compare=False)
    items: tuple[Item, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        points = sum((question.points for question in self.questions), Fraction(0))
        object.__setattr__(self, "points", points)
        items = tuple(item for question in self.questions for item in question.items)
        object.__setattr__(self, "items", items)

    def overview(self) -> str:
        """Return the questions with their conventions, and the computed answers."""
        lines = [f"{self.title}: {len(self.questions)} questions, {_worth(self.points, 's')}"]
        for question in self.questions:
            worth = _worth(question.points, "s" * (question.points != 1))
            lines += ["", f"{question.id} ({question.kind}, {worth}): {question.text}"]
            lines += [f"  convention: {line}" for line in question.stated]
            for item in question.items:
                name = f"{item.row}, {item.column}: " if item.row else ""
                lines.append(f"  {name}{item.right_answer}")
        return "\n".join(lines)


def _worth(points: Fraction, plural: str) -> str:
    return f"{show_points(points)} point{plural}"


def show_points(points: Fraction) -> str:
    """Return points with at most four decimals, without needless zeros."""
    if points.denominator == 1:
        return str(points.numerator)
    return f"{float(points):.4f}".rstrip("0").rstrip(".")
