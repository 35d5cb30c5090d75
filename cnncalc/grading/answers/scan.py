"""Walks over one typed shape and lists its axes and the words beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from cnncalc.grading.answers.arithmetic import Expr, Parser, evaluate
from cnncalc.grading.answers.axes import AXIS_WORDS, BATCH_WORDS, FILLERS, ORDERS, SIDES, ShapePiece
from cnncalc.grading.answers.clauses import has_number
from cnncalc.grading.answers.reading import show_number
from cnncalc.grading.answers.spelled import NUMBER_WORDS
from cnncalc.grading.answers.tokens import AnswerError, AnswerToken, TokenKind
from cnncalc.grading.answers.units import counted

_SEPARATORS: frozenset[TokenKind] = frozenset(("cross", "comma", "semi", "colon", "pipe"))
_ONE_SIDE = ("word", "word", "axis")


def listed(tokens: list[AnswerToken]) -> tuple[list[ShapePiece], tuple[str, ...]]:
    """Return the axes and words of one shape in their order, and what is to be noted.

    Raises AnswerError for what no shape holds: units of memory, percentages, words on a number.
    """
    scanner = _Scanner(tokens)
    scanner.scan(len(tokens))
    last = max((at for at, token in enumerate(tokens) if token.kind == "cross"), default=-1)
    if last >= 0 and not any(_holds_size(token) for token in tokens[last + 1 :]):
        raise AnswerError("a size is missing at the end")
    return _shared(scanner.items), tuple(scanner.notes)


def _holds_size(token: AnswerToken) -> bool:
    word = token.text.lower()
    return token.kind in ("number", "open", "other") or word in NUMBER_WORDS or word in AXIS_WORDS


def _matching(tokens: list[AnswerToken], at: int) -> int:
    """Return the position of the bracket that closes the one at `at`."""
    depth = 0
    for position in range(at, len(tokens)):
        depth += (tokens[position].kind == "open") - (tokens[position].kind == "close")
        if depth == 0:
            return position
    raise AnswerError(f"`{tokens[at].text}` is never closed")


def _explains(inner: list[AnswerToken]) -> bool:
    """Tell whether a remark is about something else: `(stride 1)`, but not `(depth 10)`."""
    word = inner[0].text.lower() if inner and inner[0].kind == "word" else ""
    return bool(word) and not (word in AXIS_WORDS or word in FILLERS or word in NUMBER_WORDS)


def _shared(items: list[ShapePiece]) -> list[ShapePiece]:
    """Return `items` with the number of `height and width 32` written for each of the two."""
    kinds = [item.kind for item in items]
    for at in range(len(items) - 2):
        if (
            tuple(kinds[at : at + 3]) == _ONE_SIDE
            and {items[at].word, items[at + 1].word} <= SIDES
            and kinds[at + 3 : at + 4] != ["axis"]
            and (at == 0 or kinds[at - 1] != "axis")
        ):
            return [*items[: at + 1], items[at + 2], ShapePiece("separator"), *items[at + 1 :]]
    return items


@dataclass(slots=True)
class _Scanner(Parser):
    """Reads axes where numbers stand; crosses separate them unless a bracket is worked out."""

    items: list[ShapePiece] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    inside: int = 0

    def scan(self, end: int) -> None:
        while self.at < end:
            token = self.peek()
            if token.kind == "word":
                self._noun(self.take())
            elif token.kind in _SEPARATORS or (token.kind == "op" and token.text == "*"):
                crossed = self.take().kind in ("cross", "op")
                self.items.append(ShapePiece("separator", word="x" if crossed else ""))
            elif token.kind == "at":
                self.take()
                self.items.append(ShapePiece("at"))
            elif token.kind == "other" and token.text in "?-":
                self.take()
                self._batch()
            elif token.kind == "percent":
                raise AnswerError("a percentage is no size")
            elif token.kind == "op" and token.text == "^" and not self._has_axes():
                self.take()  # ℝ^{32×32×10}
            elif token.kind == "open" and self._is_list():
                self._nested()
            elif token.kind in ("number", "open", "op"):
                self._axis()
            else:
                self.take()

    def _has_axes(self) -> bool:
        return any(item.kind == "axis" for item in self.items)

    def _noun(self, token: AnswerToken) -> None:
        word = token.text.lower()
        if word in BATCH_WORDS and not self._has_axes():
            following = self.peek().kind
            if following in _SEPARATORS or (following == "op" and self.peek().text == "*"):
                self._batch()
                return
        if word in ORDERS:
            self._legend(word)
        elif word in AXIS_WORDS:
            self.items.append(ShapePiece("word", word=word))
        elif word in NUMBER_WORDS:
            self.items.append(ShapePiece("axis", Fraction(NUMBER_WORDS[word])))
        elif counted(word) == "memory":
            raise AnswerError(f"`{token.text}` is no unit of a shape")
        elif word not in FILLERS:
            before = self.tokens[self.at - 2].kind if self.at > 1 else "end"
            if before == "cross" or (before == "number" and not token.spaced):
                raise AnswerError(f"`{token.text}` where a size should stand")
            self.items.append(ShapePiece("filler"))

    def _legend(self, word: str) -> None:
        words = word if word in ORDERS else (word,) if word in AXIS_WORDS else ()
        self.items += [ShapePiece("legend", word=letter) for letter in words]

    def _batch(self) -> None:
        if not self._has_axes():
            self.items.append(ShapePiece("axis", None))

    def _axis(self) -> None:
        expr = self.sum()
        if expr.op == "^" and expr.args[1].op == "number" and expr.args[1].value in (2, 3):
            base, times = evaluate(expr.args[0], {}), int(expr.args[1].value)
            self.items += [ShapePiece("axis", base), ShapePiece("separator", word="x")] * (
                times - 1
            )
            self.items.append(ShapePiece("axis", base))
            self.notes.append(f"{show_number(base)}^{times} read as {times} axes")
            return
        value = evaluate(expr, {})
        if value == -1 and not self._has_axes():
            self._batch()
            return
        if value < 0 and expr.op == "-" and len(expr.args) == 2:
            raise AnswerError("a range is not an answer")
        self.items.append(ShapePiece("axis", value))

    def _is_list(self) -> bool:
        """Tell whether the bracket here holds axes and not a step of arithmetic."""
        end = _matching(self.tokens, self.at)
        following = self.tokens[end + 1] if end + 1 < len(self.tokens) else None
        if following and following.kind == "op" and following.text in ("/", "//", "+", "-", "^"):
            return False
        depth = 0
        whole = self.at == 0 or self.tokens[self.at - 1].kind in ("word", "open", "other", "equals")
        whole = whole or self.tokens[self.at - 1].text == "^"
        whole = whole and (following is None or following.kind in ("close", "other", "word"))
        for token in self.tokens[self.at + 1 : end]:
            depth += (token.kind == "open") - (token.kind == "close")
            separates = token.kind in ("comma", "semi") or token.text in ("x", "X", "×", "by")
            if depth == 0 and (separates or (whole and token.text == "*")):
                return True
        inner = self.tokens[self.at + 1 : end]
        if inner and inner[0].kind == "open" and _matching(inner, 0) == len(inner) - 1:
            return True  # `torch.Size([-1, 10])`
        return not any(token.kind in ("op", "cross") for token in inner)

    def _nested(self) -> None:
        end = _matching(self.tokens, self.at)
        self.take()
        inner = self.tokens[self.at : end]
        if self._has_axes() and (
            not has_number(inner) or _explains(inner) or self._is_count(inner)
        ):
            self._remark([token.text.lower() for token in inner if token.kind == "word"])
            self.at = end + 1
            return
        self.scan(end)
        self.at = max(self.at, end + 1)

    def _remark(self, words: list[str]) -> None:
        """Take names from a remark: `32 (height)`, `32×32×10 (height × width × channels)`."""
        alone = len(words) == 1 and words[0] in AXIS_WORDS and (words[0] in "hwc" or words[0][1:])
        if alone and self.items[-1].kind == "axis":
            self.items.append(ShapePiece("word", word=words[0]))
            return
        for word in words:
            self._legend(word)

    def _is_count(self, inner: list[AnswerToken]) -> bool:
        """Tell whether a remark gives the number of values: `32×32×10 (10,240 values)`."""
        numbers = [token.number.value for token in inner if token.number]
        axes = [item.value for item in self.items if item.kind == "axis" and item.value]
        product = Fraction(1)
        for axis in axes:
            product *= axis
        return len(axes) > 1 and numbers == [product]

    def crosses(self, token: AnswerToken) -> bool:
        return self.inside > 0 and Parser.crosses(self, token)

    def multiplies(self, token: AnswerToken, _left: Expr) -> bool:
        return self.inside > 0 and token.kind == "open" and not token.spaced

    def group(self, opening: AnswerToken) -> Expr:
        self.inside += 1
        expr = Parser.group(self, opening)
        self.inside -= 1
        return expr
