"""The keys of an assignment file, each declared once: for reading, messages and editors."""

from __future__ import annotations

from cnncalc.grading.quantities import MEASURES, SYNONYMS
from cnncalc.grading.yaml_keys import KnownKey, Table

_CONVENTIONS = KnownKey("how things are counted", "conventions", also="convention")
_CREDIT = KnownKey("what an answer that is partly right earns", "credit", also="rubric")
ASSIGNMENT: Table = {
    "title": KnownKey("what the assignment is called", "word", also="name"),
    "id": KnownKey("what tells it from others", "word"),
    "description": KnownKey("a sentence about the assignment", "text"),
    "specs": KnownKey("names for networks", "mapping", also="spec network"),
    "networks": KnownKey("networks that a quiz draws once per student", "mapping"),
    "conventions": _CONVENTIONS,
    "credit": _CREDIT,
    "questions": KnownKey("the questions, in order", also="problems items"),
    "deadline": KnownKey("2025-03-01 23:59; a date alone lasts to its end", "word", also="due"),
    "grace": KnownKey("how late is still in time, such as 15m", "word"),
    "late_penalty": KnownKey("what a begun day costs, such as 10%", "share"),
    "attempts": KnownKey("which attempt counts", words=("latest", "best", "first")),
}
#: What a question, or a network that several share, says of its network.
NETWORK: Table = {
    "spec": KnownKey("a name of `specs` or `networks`, a built-in one, a file, a spec", "network",
                     also="network"),
    "set": KnownKey("values of the network's parameters", "mapping", also="parameters"),
    "variant": KnownKey("the variant of the network", "text"),
    "input": KnownKey("another input of the network", "texts"),
    "draw": KnownKey("what is drawn anew for every student", "mapping"),
    "where": KnownKey("conditions on what is drawn", "texts"),
    "fits": KnownKey("whether windows must fit exactly", words=("exactly", "never", "any")),
}  # fmt: skip
#: What every question may say.
COMMON: Table = {
    "id": KnownKey("the name that answers give", "word", also="name"),
    "kind": KnownKey("the kind of question", also="type"),
    "points": KnownKey("what a right answer earns", "share", also="score marks"),
    "text": KnownKey("the question in your own words", "text", also="prompt question"),
    **NETWORK,
    "conventions": _CONVENTIONS,
    "credit": _CREDIT,
    "visibility": KnownKey("when an autograder shows the marks",
                           words=("visible", "hidden", "after_due_date", "after_published")),
}  # fmt: skip
#: What questions of some kinds may say: a kind names its keys, or brings some of its own.
QUESTION: Table = {
    **COMMON,
    "also": KnownKey("further letters for the formula's symbols"),
    "answer": KnownKey("the right answer, or all: where there are several"),
    "axes": KnownKey("which axes of a shape are asked for", words=("all", "spatial")),
    "cell": KnownKey("the cell whose value is asked for, `channel,row,column` from 0, or `map`"),
    "channel": KnownKey("the channel of a map that is asked for"),
    "columns": KnownKey("the quantities of a table"),
    "constraints": KnownKey("what a student's network must meet"),
    "formula": KnownKey("the formula to show", "word"),
    "given": KnownKey("what is known of the layer"),
    "layer": KnownKey("the layer that is solved for"),
    "node": KnownKey("the layer or scope that is asked about", "word", also="layer of"),
    "numbers": KnownKey("another number draws other values"),
    "of": KnownKey("the quantity that is divided"),
    "options": KnownKey("the answers to choose from", also="choices"),
    "pick": KnownKey("how the right option, or one solution of several, is found"),
    "quantity": KnownKey("what is asked for", words=(*MEASURES, *SYNONYMS, "fits"), also="what"),
    "range": KnownKey("the values that are tried"),
    "rows": KnownKey("the layers of a table, or all", also="layers"),
    "symbols": KnownKey("the letters of the formula and what they stand for"),
    "to": KnownKey("the quantity that it is divided by"),
    "tolerance": KnownKey("how far a number may be off", "share"),
    "total": KnownKey("whether a table ends in a total", "flag"),
    "unit": KnownKey("the unit of the answer"),
    "unknown": KnownKey("what is to be found"),
    "want": KnownKey("the result that is to be reached"),
}
