"""An assignment as values: questions, the items that are answered one by one, and what is right."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import Source, Span
from cnncalc.grading.conventions import Conventions
from cnncalc.grading.marking.believed_network import BelievedNetwork
from cnncalc.grading.rubric import Rubric
from cnncalc.graph import Graph

if TYPE_CHECKING:
    from cnncalc.quantities import Shape

Point = tuple[dict[str, Fraction], Fraction]


@dataclass(frozen=True, slots=True)
class ShapeTruth:
    """A shape `(C, *spatial)`; with `spatial` only the lengths of the spatial axes.

    `single` if one number may stand for equal axes (receptive fields, spatial sizes); `whole` if
    it is a receptive field that takes in the whole input, which may be said in words. `depth` are
    the channels that may be added to a spatial size (0: any).
    """

    shape: Shape
    spatial: bool = False
    single: bool = False
    whole: bool = False
    depth: int = 0


@dataclass(frozen=True, slots=True)
class NumberTruth:
    """A number; `sizes` if it is a number of bytes (which may be typed in MB, rounded)."""

    value: Fraction
    sizes: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ChoiceTruth:
    """The position of the right option among `options` (label, text)."""

    index: int
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FitTruth:
    """Whether windows fit exactly: `value` is the unrounded output length per axis."""

    fits: bool
    value: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class FormulaTruth:
    """A formula, by its values at several points of the question's symbols.

    `formula` is a right one in these symbols; empty if none could be derived. `further` are other
    letters that students may use, each with the symbol it stands for.
    """

    symbols: tuple[str, ...]
    points: tuple[Point, ...]
    formula: str = ""
    further: dict[str, str] = field(default_factory=dict)

    @property
    def rounds(self) -> bool:
        """Tell whether the right formula rounds."""
        return "⌊" in self.formula or "⌈" in self.formula


@dataclass(frozen=True, slots=True)
class ValuesTruth:
    """The solutions of an inverse question, one tuple per solution in the order of `unknowns`.

    With `every` all of them must be listed; otherwise any one is right.
    """

    unknowns: tuple[str, ...]
    solutions: tuple[tuple[int, ...], ...]
    every: bool


@dataclass(frozen=True, slots=True)
class NetworkTruth:
    """What a network handed in must meet."""

    constraints: tuple[Any, ...]
    execute: bool


Truth = (
    ShapeTruth | NumberTruth | ChoiceTruth | FitTruth | FormulaTruth | ValuesTruth | NetworkTruth
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to answer: a question, or one cell of a table.

    `quantity` is what is asked of `nodes` (indices into the question's graph), called `target`.
    `whole` if the quantity is a sum over several nodes. `row` and `column` are set in tables.
    """

    id: str
    quantity: str
    target: str
    nodes: tuple[int, ...]
    points: Fraction
    truth: Truth
    conventions: Conventions
    rubric: Rubric
    whole: bool = False
    row: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """A graph that questions speak of, with its right shapes; `memo` keeps what was computed."""

    name: str
    graph: Graph
    right: BelievedNetwork
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """A question of an assignment; `text` is what students read, `stated` its conventions.

    `own_text` if the text was written by the instructor, who then describes the layer in it.
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


def earned(credit: Fraction, points: Fraction) -> str:
    """Return the points that a share of an item's points is, as text."""
    if credit == 1:
        return show_points(points)
    return show_points(credit * points) if credit else "0"


def show_points(points: Fraction) -> str:
    """Return points with at most four decimals, without needless zeros."""
    if points.denominator == 1:
        return str(points.numerator)
    return f"{float(points):.4f}".rstrip("0").rstrip(".")
