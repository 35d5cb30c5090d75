"""From the raw text a student typed to what was understood.

Text goes through `plain` (one spelling per sign), `tokenize`, and one reader per kind of answer:
what the reader keeps of the tokens is worked out by `arithmetic`. A reader returns a value that can
show itself ("read as 32×32×10") or an `Unread` with the reason; it never raises, never evaluates
code, and knows nothing of the right answer.

A new kind of answer is a value in `reading`, a file with a reader that hands its work to
`understood` and raises AnswerError where it gives up, and a line here.
"""

from cnncalc.grading.answers.arithmetic import AnswerFormula
from cnncalc.grading.answers.formula import read_formula
from cnncalc.grading.answers.number import read_assignment, read_number, read_values
from cnncalc.grading.answers.picks import read_choice, read_fit
from cnncalc.grading.answers.reading import Number, Unread, Volume, is_blank, plain, show_number
from cnncalc.grading.answers.shape import read_shape
from cnncalc.grading.answers.side import NumberStyle, unit
from cnncalc.grading.answers.tokens import DecimalMark

__all__ = [
    "AnswerFormula", "DecimalMark", "Number", "NumberStyle", "Unread", "Volume", "is_blank",
    "plain", "read_assignment", "read_choice", "read_fit", "read_formula", "read_number",
    "read_shape", "read_values", "show_number", "unit",
]  # fmt: skip
