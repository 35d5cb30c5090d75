"""Reads an answer that should be a shape: `32×32×10`, `(10, 32, 32)`, `10@32x32`, `H=32, W=32`.

A shape is a list of axes. Crosses, commas, brackets and words separate them; a product such as
`10240` is one axis and so never a volume. Whether the order is right is decided by the marking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from cnncalc.grading.answers.arithmetic import Expr, Parser, evaluate
from cnncalc.grading.answers.axes import AXIS_WORDS, BATCH_WORDS, FILLERS, ORDERS, Item, named
from cnncalc.grading.answers.clauses import has_number, split
from cnncalc.grading.answers.number import NUMBER_WORDS
from cnncalc.grading.answers.numerals import DecimalMark
from cnncalc.grading.answers.reading import Unread, Volume, is_blank, show_number
from cnncalc.grading.answers.text import plain
from cnncalc.grading.answers.tokens import AnswerError, Token, TokenKind, tokenize

MAX_AXES = 8
_DATE = re.compile(r"(19|20)\d\d-[01]\d-[0-3]\d.*|[0-3]?\d-[A-Za-z]{3}(-\d+)?|[A-Za-z]{3}-\d+")
#: The usual spellings, `30x30x8` and `(30, 30, 8)`, of which the grammar would say the same.
_SIMPLE = re.compile(
    r"[1-9]\d{0,5}(?:[ ]?[x×][ ]?[1-9]\d{0,5}){1,3}|\([1-9]\d{0,5}(?:,[ ]?[1-9]\d{0,5}){1,3}\)"
)
_SIZE = re.compile(r"\d+")
_SIDES = frozenset(("h", "w", "height", "width"))
_SEPARATORS: frozenset[TokenKind] = frozenset(("cross", "comma", "semi", "colon", "pipe"))
_REFUSED: dict[TokenKind, str] = {"pm": "an interval is not an answer"}
_DOUBT = frozenset(("not", "isn", "instead", "between", "to", "less", "more", "least", "most"))


def read_shape(raw: str, decimal: DecimalMark = "point") -> Volume | Unread:
    """Return the axes that `raw` gives, in the typed order, or why no shape was found in it.

    Of working followed by an answer the last shape counts; two different shapes are no answer.
    """
    if len(raw) < 60 and _SIMPLE.fullmatch(raw):
        sizes = tuple([Fraction(int(size)) for size in _SIZE.findall(raw)])
        return Volume(sizes, ("",) * len(sizes), show_axes(sizes))
    text = plain(raw)
    if is_blank(text):
        return Unread("no answer", blank=True)
    if _DATE.fullmatch(text):
        return Unread("looks like a date: a spreadsheet may have changed what was typed")
    try:
        return _read(tokenize(text, "list", decimal)[:-1])
    except AnswerError as error:
        return Unread(str(error))


def _read(tokens: list[Token]) -> Volume:
    for token in tokens:
        if token.kind in _REFUSED or token.text.lower() in _DOUBT:
            raise AnswerError(_REFUSED.get(token.kind, f"`{token.text}` leaves the answer open"))
    lines = split(tokens, frozenset(("line",)))
    found = [_clause(line) for line in lines if has_number(line)]
    if not found:
        raise AnswerError("there is no number in it")
    volumes = [volume for volume in found if len(volume.axes) > 1]
    if len({volume.axes for volume in volumes}) > 1:
        raise AnswerError("two answers: which one is meant?")
    return volumes[-1] if volumes else found[-1]


def _clause(tokens: list[Token]) -> Volume:
    """Return the shape of one line: what stands behind its last arrow or `so`."""
    last = [part for part in split(tokens, frozenset(("arrow",))) if has_number(part)][-1]
    answers = [_sides(part) for part in split(last, frozenset(("or",))) if has_number(part)]
    if len({(answer.axes, answer.names) for answer in answers}) > 1:
        raise AnswerError("two answers: which one is meant?")
    return answers[-1]


def _sides(tokens: list[Token]) -> Volume:
    """Return the shape of a chain `… = …`, unless the signs name axes (`H=32, W=32`)."""
    if _names_axes(tokens):
        return _axes(_each_named(tokens))
    sides = [_axes(side) for side in split(tokens, frozenset(("equals",))) if has_number(side)]
    final = sides[-1]
    if len(final.axes) == 1 and len(sides) > 1 and len(sides[-2].axes) > 1:
        volume, product = sides[-2], Fraction(1)
        for axis in volume.axes:
            product *= 1 if axis is None else axis
        if product == final.axes[0]:  # a volume with its number of elements written behind
            return volume
    return final


def _names_axes(tokens: list[Token]) -> bool:
    return any(
        token.text.lower() in AXIS_WORDS and following.kind in ("equals", "colon")
        for token, following in pairwise(tokens)
        if token.kind == "word"
    ) and not any(
        token.kind == "equals" and before.kind in ("number", "close")
        for before, token in pairwise(tokens)
    )


def _each_named(tokens: list[Token]) -> list[Token]:
    """Return names and numbers in turns; of `H=W=32` the number is repeated for each name."""
    plain_tokens = [token for token in tokens if token.kind not in ("equals", "colon")]
    result: list[Token] = []
    for position, token in enumerate(plain_tokens):
        following = plain_tokens[position + 1 : position + 3]
        result.append(token)
        if [token.kind, *(t.kind for t in following)] == ["word", "word", "number"] and {
            token.text.lower(),
            following[0].text.lower(),
        } <= _SIDES:
            result.append(following[1])
    return result


def _axes(tokens: list[Token]) -> Volume:
    listed = _hyphenated(_unlabelled(tokens))
    if listed:
        return listed
    scanner = _Scanner(_unlabelled(tokens))
    scanner.scan(len(scanner.tokens))
    items = scanner.items
    names = named(items)
    axes = tuple([item.value for item in items if item.kind == "axis"])
    if not axes:
        raise AnswerError("there is no number in it")
    if len(axes) > MAX_AXES:
        raise AnswerError(f"{len(axes)} numbers are no shape")
    return Volume(axes, names, show_axes(axes, names), tuple(scanner.notes))


def show_axes(axes: tuple[Fraction | None, ...], names: tuple[str, ...] = ()) -> str:
    """Return `32×32×10`, the axes that were named with their names."""
    shown = ["N" if axis is None else show_number(axis) for axis in axes]
    if any(names):
        shown = [
            f"{name}={axis}" if name else axis for name, axis in zip(names, shown, strict=True)
        ]
        return ", ".join(shown)
    return "×".join(shown)


def _unlabelled(tokens: list[Token]) -> list[Token]:
    """Return `tokens` without a leading label such as `C1:` or `output shape -`."""
    for position, token in enumerate(tokens):
        if token.kind == "colon" and position:
            head = tokens[:position]
            if head[0].kind == "word" and head[0].text.lower() not in AXIS_WORDS:
                return tokens[position + 1 :]
            if head[0].kind == "word" and len(head) > 1 and not has_number(tokens[:1]):
                return tokens[position + 1 :]
        if token.kind in ("open", "comma"):
            break
    return tokens


def _hyphenated(tokens: list[Token]) -> Volume | None:
    """Return the shape of `32-32-10` or `32/32/10`, which are no differences and no quotients."""
    signs = {token.text for token in tokens[1::2]}
    numbers = [token.number.value for token in tokens[::2] if token.number]
    plain_list = len(numbers) == (len(tokens) + 1) // 2 and len(signs) == 1
    if not plain_list or not signs <= {"-", "/"} or len(tokens) % 2 == 0:
        return None
    if len(numbers) < (2 if signs == {"-"} else 3):
        return None
    note = "hyphens read as ×" if signs == {"-"} else "slashes read as ×"
    axes = tuple(numbers)
    return Volume(axes, ("",) * len(axes), show_axes(axes), (note,))


@dataclass(slots=True)
class _Scanner(Parser):
    """Walks over one shape and lists its axes, the words beside them and the separators."""

    items: list[Item] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    inside: int = 0

    def scan(self, end: int) -> None:
        while self.at < end:
            token = self.peek()
            if token.kind == "word":
                self._noun(self.take())
            elif token.kind in _SEPARATORS or (token.kind == "op" and token.text == "*"):
                self.take()
                self.items.append(Item("separator"))
            elif token.kind == "at":
                self.take()
                self.items.append(Item("at"))
            elif token.kind == "other" and token.text in "?-":
                self.take()
                self._batch()
            elif token.kind == "open" and self._is_list():
                self._nested()
            elif token.kind in ("number", "open", "op"):
                self._axis()
            else:
                self.take()

    def _noun(self, token: Token) -> None:
        word = token.text.lower()
        if word in BATCH_WORDS and not any(item.kind == "axis" for item in self.items):
            following = self.peek().kind
            if following in _SEPARATORS or (following == "op" and self.peek().text == "*"):
                self._batch()
                return
        if word in ORDERS:
            self._legend(word)
        elif word in AXIS_WORDS:
            self.items.append(Item("word", word=word))
        elif word in NUMBER_WORDS:
            self.items.append(Item("axis", Fraction(NUMBER_WORDS[word])))
        elif word not in FILLERS:
            self.items.append(Item("filler"))

    def _legend(self, word: str) -> None:
        words = word if word in ORDERS else (word,) if word in AXIS_WORDS else ()
        self.items += [Item("legend", word=letter) for letter in words]

    def _batch(self) -> None:
        if not any(item.kind == "axis" for item in self.items):
            self.items.append(Item("axis", None))

    def _axis(self) -> None:
        expr = self.sum()
        if expr.op == "^" and expr.args[1].op == "number" and expr.args[1].value in (2, 3):
            base, times = evaluate(expr.args[0], {}), int(expr.args[1].value)
            self.items += [Item("axis", base), Item("separator")] * (times - 1)
            self.items.append(Item("axis", base))
            self.notes.append(f"{show_number(base)}^{times} read as {times} axes")
            return
        value = evaluate(expr, {})
        if value == -1 and not any(item.kind == "axis" for item in self.items):
            self._batch()
            return
        self.items.append(Item("axis", value))

    def _matching(self) -> int:
        depth = 0
        for position in range(self.at, len(self.tokens)):
            kind = self.tokens[position].kind
            depth += (kind == "open") - (kind == "close")
            if depth == 0:
                return position
        raise AnswerError(f"`{self.peek().text}` is never closed")

    def _is_list(self) -> bool:
        """Tell whether the bracket here holds axes and not a step of arithmetic."""
        end = self._matching()
        following = self.tokens[end + 1] if end + 1 < len(self.tokens) else None
        if following and following.kind == "op" and following.text in ("/", "//", "+", "-", "^"):
            return False
        depth = 0
        whole = self.at == 0 or self.tokens[self.at - 1].kind in ("word", "open", "other", "equals")
        whole = whole and (following is None or following.kind in ("close", "other", "word"))
        for token in self.tokens[self.at + 1 : end]:
            depth += (token.kind == "open") - (token.kind == "close")
            listed = token.kind in ("comma", "semi") or token.text in ("x", "X", "×", "by")
            if depth == 0 and (listed or (whole and token.text == "*")):
                return True
        inner = self.tokens[self.at + 1 : end]
        return not any(token.kind in ("op", "cross") for token in inner)

    def _nested(self) -> None:
        end = self._matching()
        self.take()
        if any(item.kind == "axis" for item in self.items) and not has_number(
            self.tokens[self.at : end]
        ):
            for token in self.tokens[self.at : end]:  # `32×32×10 (height × width × channels)`
                if token.kind == "word":
                    self._legend(token.text.lower())
            self.at = end + 1
            return
        self.scan(end)
        self.at = max(self.at, end + 1)

    def crosses(self, token: Token) -> bool:
        return self.inside > 0 and Parser.crosses(self, token)

    def multiplies(self, token: Token, _left: Expr) -> bool:
        return self.inside > 0 and token.kind == "open" and not token.spaced

    def group(self, opening: Token) -> Expr:
        self.inside += 1
        expr = Parser.group(self, opening)
        self.inside -= 1
        return expr
