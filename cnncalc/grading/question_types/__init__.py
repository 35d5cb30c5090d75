"""The kinds of questions: how each is read from an assignment, and what is right.

Each has a file of its own, and its line here. `question` holds what all share; `measured` asks the
library for a quantity, `parameter_search` tries values.
"""

from __future__ import annotations

from cnncalc.grading.question_types.choice import CHOICE
from cnncalc.grading.question_types.expression import EXPRESSION
from cnncalc.grading.question_types.fits import FITS
from cnncalc.grading.question_types.inverse import INVERSE
from cnncalc.grading.question_types.measured import INTEGER, QUANTITY_KINDS, RATIO, SHAPE, TABLE
from cnncalc.grading.question_types.network_submission import NETWORK
from cnncalc.grading.question_types.question import QuestionType
from cnncalc.grading.question_types.typed import MANUAL, NUMBER, TEXT
from cnncalc.grading.question_types.value import VALUE

QUESTION_TYPES: dict[str, QuestionType] = {
    one.name: one
    for one in (
        SHAPE, INTEGER, CHOICE, FITS, INVERSE, EXPRESSION, TABLE, RATIO, NETWORK, NUMBER, TEXT,
        MANUAL, VALUE, *QUANTITY_KINDS,
    )
}  # fmt: skip
