"""Takes out of a submission what the sheet printed, so that answers alone are left.

Word processors and editors change spaces, quotes, signs and line ends, and wrap lines. Texts are
therefore compared by their letters and digits alone, piece by piece in their order.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from cnncalc.grading.model import Assignment
from cnncalc.grading.sheet import asked, preamble, shared_networks

#: As many letters and digits are no chance: they may be any piece of what was printed.
LONG = 12
#: The label of a list's item, which word processors number themselves, may be missing.
LABEL = 2


@lru_cache(maxsize=8192)
def letters(text: str) -> str:
    """Return the letters and digits of a text; `x` is a cross, and goes with the other signs."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join([char for char in plain if char.isalnum() and char != "x"])


class Printed:
    """Everything that is printed for an assignment, by question; '' is what stands above them."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._pieces: dict[str, Pieces] = {}

    def reader(self) -> Taken:
        """Return what goes through one submission."""
        if not self._pieces:
            shared = shared_networks(self._assignment)
            top = [block.text for block in preamble(self._assignment)]
            self._pieces[""] = Pieces([self._assignment.title, *top])
            for question in self._assignment.questions:
                texts = [block.text for block in asked(question, shared)]
                stated = ["Conventions: " + "; ".join(question.stated)] if question.stated else []
                self._pieces[question.id] = Pieces([*texts, *stated])
        return Taken(self._pieces)


class Pieces:
    """What is printed at one place: its letters, and where its lines begin and end in them."""

    def __init__(self, texts: Iterable[str]) -> None:
        lines = [letters(line) for text in texts for line in text.split("\n")]
        self.first = next(iter(lines), "")
        self.text = "".join(lines)
        self.begins: set[int] = set()
        self.ends: set[int] = set()
        position = 0
        for line in lines:
            self.begins.update(range(position, position + 1 + LABEL))
            position += len(line)
            self.ends.add(position)

    def after(self, piece: str, place: int) -> int:
        """Return where a piece ends in what is printed from a place on; -1 if it is not there.

        A short piece must be a whole line, or the end of one that was wrapped.
        """
        at = self.text.find(piece, place)
        while at >= 0:
            end = at + len(piece)
            whole = end in self.ends and (at == place or at in self.begins)
            if whole or len(piece) >= LONG:
                return end
            at = self.text.find(piece, at + 1)
        return -1


class Taken:
    """Goes through the lines of one submission, and knows what of the sheet has passed."""

    def __init__(self, pieces: dict[str, Pieces]) -> None:
        self._pieces = pieces
        self._places = dict.fromkeys(pieces, 0)

    def rest(self, question: str, line: str) -> str:
        """Return what of a line a student has written: '' if the sheet printed all of it."""
        pieces = self._pieces.get(question)
        piece = letters(line)
        if pieces is None or not piece:
            return line
        end = pieces.after(piece, self._places[question])
        if end >= 0:
            self._places[question] = end
            return ""
        first = pieces.first
        if len(first) >= LONG and piece.startswith(first) and not self._places[question]:
            self._places[question] = len(first)
            return _behind(line, first)
        return line

    def behind_id(self, question: str, line: str) -> str:
        """Return what stands behind an id, without the question's text if that begins there."""
        pieces = self._pieces.get(question)
        if pieces is None or not pieces.first or self._places[question]:
            return line
        piece = letters(line)
        begins = len(piece) >= LONG and pieces.text.startswith(piece)
        if begins or piece.startswith(pieces.first):
            return self.rest(question, line)
        return line


def _behind(line: str, first: str) -> str:
    """Return what stands in a line behind its first letters."""
    count = next((i for i in range(len(line)) if letters(line[: i + 1]) == first), len(line))
    return line[count + 1 :].lstrip(" \t?.:!*_`)")
