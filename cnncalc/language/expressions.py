"""Arithmetic in a spec: text -> tokens -> closures -> a value; no `eval`, nothing unbounded.

Operators bind as in Python, loosest first (`POWERS`): a choice `a if condition else b`, `or`,
`and`, `not`, comparisons, `+ -`, `* / // %`, signs; then items and calls. A choice may stand
wherever a value may. They compute as in Python, but for one: `/` of integers is an integer where
it comes out even, so that `width / 2` may stand in an integer field and yet is refused there if it
loses a half.
"""

from __future__ import annotations

from cnncalc.diagnostics import quoted, suggest
from cnncalc.language.arithmetic import COMPARISONS, FUNCTIONS, OPERATORS, truth
from cnncalc.language.limits import MAX_NESTING
from cnncalc.language.literals import (
    TRUTHS,
    ExpressionError,
    decode_bool,
    decode_float,
    decode_int,
    decode_word,
    exact_int,
    number,
)
from cnncalc.language.operations import (
    UnknownName,
    chain,
    choice,
    comparison,
    constant,
    item,
    junction,
    named,
    range_of,
    selected,
)
from cnncalc.language.tokens import ALLOWED, tokenize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.language.literals import Value
    from cnncalc.language.operations import Code, Lookup, Selection
    from cnncalc.language.tokens import Token

__all__ = [
    "Expression",
    "ExpressionError",
    "compile_expression",
    "decode_bool",
    "decode_float",
    "decode_int",
    "decode_word",
    "exact_int",
]


class Expression:
    """A compiled expression; `names` are those that it may read, `code` what it does."""

    __slots__ = ("code", "names", "text")

    def __init__(self, text: str, names: frozenset[str], code: Code) -> None:
        self.text = text
        self.names = names
        self.code = code

    def evaluate(self, lookup: Mapping[str, Value] | Lookup) -> Value:
        """Return the value, each name read from `lookup`, which raises KeyError if it has none.

        Raises ExpressionError, its offset and length over the part of the text at fault.
        """
        if callable(lookup):
            return self.code(lookup)
        try:
            return self.code(lookup.__getitem__)
        except UnknownName as fault:
            fault.help = _name_help(fault.name, lookup)
            raise

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


def compile_expression(text: str) -> Expression:
    """Return the expression that `text` is; the same text is compiled once.

    Raises ExpressionError at the first thing that the grammar does not have.
    """
    known = _compiled.get(text)
    if known is None:
        if len(_compiled) >= 10_000:
            _compiled.clear()
        grammar = Grammar(text)
        code = grammar.compile()
        known = _compiled[text] = Expression(text, frozenset(grammar.names), code)
    return known


_compiled: dict[str, Expression] = {}


def _name_help(name: str, lookup: Mapping[str, Value]) -> str:
    close = suggest(name, lookup)
    if close:
        return f"did you mean {quoted(close)}?"
    known = [quoted(word) for word in list(lookup)[:12]]
    return "known here: " + ", ".join(known) if known else "no names are known here"


OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN = range(7)
#: How tightly each operator between two values binds.
POWERS = {"or": OR, "and": AND}
POWERS |= dict.fromkeys(COMPARISONS, COMPARISON)
POWERS |= dict.fromkeys(("+", "-"), SUM) | dict.fromkeys(("*", "/", "//", "%"), PRODUCT)
#: What joins values by operators that bind alike.
JOINS = {OR: junction, AND: junction, COMPARISON: comparison, SUM: chain, PRODUCT: chain}


class Grammar:
    """Precedence climbing over the tokens.

    Chains of operators that bind alike become a loop, not a nest of calls, so that a long sum
    needs no deeper stack than a short one; real nesting is counted by `_nested`.
    """

    def __init__(self, text: str) -> None:
        self.tokens = tokenize(text)
        self.position = 0
        self.token = self.tokens[0]
        self.depth = 0
        self.names: set[str] = set()

    def compile(self) -> Code:
        """Return what the whole text does; `names` are then those that it may read."""
        code = self._choice()
        if self.token.kind != "end":
            raise self._unexpected("an operator")
        return code

    def _take(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.position += 1
            self.token = self.tokens[self.position]
        return token

    def _close(self, kind: str, opening: Token) -> None:
        if self.token.kind == "," and opening.kind == "(" and kind == ")":
            raise self.token.error("a list stands in square brackets", "write [3, 3]")
        if self.token.kind == "end":
            help = "within YAML's {} and [], an expression with a comma or brackets needs quotes"
            raise opening.error(f"{quoted(opening.text)} is never closed", help)
        if self.token.kind != kind:
            raise self._unexpected(quoted(kind))
        self._take()

    def _unexpected(self, wanted: str) -> ExpressionError:
        if self.token.kind != "end":
            found = quoted(self.token.text)
            return self.token.error(f"{found} where {wanted} should stand", ALLOWED)
        if len(self.tokens) == 1:
            return self.token.error("an expression is missing", "write a number or a name")
        help = "write it, or remove what stands before"
        if wanted == "`else`":
            help = "write `a if condition else b`"
        if self.tokens[-2].kind == "%":
            help = "`%` is the rest of a division: write 0.5 for fifty per cent"
        return self.token.error(f"the expression ends where {wanted} should stand", help)

    def _nested(self, token: Token, least: int | None = None) -> Code:
        if self.depth == MAX_NESTING:
            message = f"an expression nested more than {MAX_NESTING} deep"
            raise token.error(message, "give parts of it a name in `parameters`")
        self.depth += 1
        code = self._choice() if least is None else self._binary(least)
        self.depth -= 1
        return code

    def _choice(self) -> Code:
        then = self._binary(OR)
        if self.token.kind != "if":
            return then
        token = self._take()
        condition = self._binary(OR)
        if self.token.kind != "else":
            raise self._unexpected("`else`")
        self._take()
        otherwise = self._nested(token)
        return choice(condition, then, otherwise, token)

    def _binary(self, least: int) -> Code:
        """Compile values joined by operators that bind at least so tightly."""
        code = self._value(least)
        while (power := POWERS.get(self.token.kind, -1)) >= least:
            rest = []
            while POWERS.get(self.token.kind) == power:
                token = self._take()
                rest.append((token, self._binary(power + 1)))
            code = JOINS[power](code, rest)
        return code

    def _value(self, least: int) -> Code:
        """Compile a value with the sign or the `not` before it."""
        token = self.token
        if token.kind == "not" and least <= NOT:
            self._take()
            operand = self._nested(token, NOT)
            return lambda get: not truth(operand(get), token)
        if token.kind in ("-", "+"):
            self._take()
            operate, operand = OPERATORS[token.kind], self._nested(token, SIGN)
            return lambda get: operate(0, operand(get), token)
        return self._item()

    def _item(self) -> Code:
        first = self._atom()
        rest = []
        while self.token.kind == "[":
            token = self._take()
            rest.append((self._selection(token), token))
            self._close("]", token)
        return selected(first, rest) if rest else first

    def _selection(self, opening: Token) -> Selection:
        """Compile what stands between brackets after a value: an item's number, or a range."""
        start = None if self.token.kind == ":" else self._nested(opening)
        if start is not None and self.token.kind != ":":
            return item(start)
        self._take()
        stop = None if self.token.kind == "]" else self._nested(opening)
        return range_of(start, stop)

    def _atom(self) -> Code:
        token = self._take()
        if token.kind == "number":
            return constant(_number(token))
        if token.kind == "name":
            return self._call(token) if self.token.kind == "(" else self._name(token)
        if token.kind == "(":
            code = self._nested(token)
            self._close(")", token)
            return code
        if token.kind == "[":
            items = self._list("]", token)
            return lambda get: tuple([code(get) for code in items])
        self.token = token
        raise self._unexpected("a value")

    def _list(self, closing: str, opening: Token) -> list[Code]:
        items: list[Code] = []
        while self.token.kind != closing:
            items.append(self._nested(opening))
            if self.token.kind != ",":
                break
            self._take()
        self._close(closing, opening)
        return items

    def _call(self, name: Token) -> Code:
        function = FUNCTIONS.get(name.text)
        if function is None:
            close = suggest(name.text, FUNCTIONS)
            help = (
                f"did you mean {quoted(close)}?" if close else "there are " + ", ".join(FUNCTIONS)
            )
            raise name.error(f"there is no function {quoted(name.text)}", help)
        arguments = self._list(")", self._take())
        return lambda get: function([code(get) for code in arguments], name)

    def _name(self, token: Token) -> Code:
        name = token.text
        if name in TRUTHS:
            return constant(TRUTHS[name])
        if name.startswith("__"):
            raise token.error(f"{quoted(name)} is not part of an expression", ALLOWED)
        self.names.add(name)
        return named(token)


def _number(token: Token) -> int | float:
    try:
        return number(token.text)
    except ExpressionError as fault:
        raise token.error(fault.message, fault.help) from None
