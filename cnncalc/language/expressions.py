"""Arithmetic in a spec: text -> tokens -> closures -> a value; no `eval`, nothing unbounded.

The grammar, loosest first; every operator means what it means in Python:

    choice      any ["if" any "else" choice]
    any         all {"or" all}
    all         negation {"and" negation}
    negation    "not" negation | comparison
    comparison  sum {("==" | "!=" | "<" | "<=" | ">" | ">=") sum}
    sum         product {("+" | "-") product}
    product     sign {("*" | "/" | "//" | "%") sign}
    sign        ("-" | "+") sign | item
    item        atom {"[" choice "]" | "[" [choice] ":" [choice] "]"}
    atom        number | name | true | false | "(" choice ")" | list | function "(" choices ")"

The one difference: `/` of integers is an integer where it comes out even, so that `width / 2` may
stand in an integer field and yet is refused there if it loses a half.
"""

from __future__ import annotations

from cnncalc.diagnostics import quoted, suggest
from cnncalc.language.arithmetic import COMPARISONS, FUNCTIONS, OPERATORS, item_of, slice_of, truth
from cnncalc.language.limits import MAX_BRACKETS
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
from cnncalc.language.tokens import ALLOWED, tokenize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from cnncalc.language.literals import Value
    from cnncalc.language.tokens import Token

    Lookup: TypeAlias = Callable[[str], Value]
    Code: TypeAlias = Callable[[Lookup], Value]  # an expression, compiled
    Selection: TypeAlias = Callable[[Value, Lookup, Token], Value]

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
    """A compiled expression; `names` are those that it may read."""

    __slots__ = ("_code", "names", "text")

    def __init__(self, text: str, names: frozenset[str], code: Code) -> None:
        self.text = text
        self.names = names
        self._code = code

    def evaluate(self, lookup: Mapping[str, Value] | Lookup) -> Value:
        """Return the value, each name read from `lookup`, which raises KeyError if it has none.

        Raises ExpressionError, its offset and length over the part of the text at fault.
        """
        if callable(lookup):
            return self._code(lookup)
        try:
            return self._code(lookup.__getitem__)
        except UnknownName as fault:
            fault.help = _name_help(fault.name, lookup)
            raise

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


class UnknownName(ExpressionError):
    """A name that the lookup does not have."""

    def __init__(self, name: str, offset: int) -> None:
        super().__init__(f"unknown name {quoted(name)}", None, offset, len(name))
        self.name = name


def compile_expression(text: str) -> Expression:
    """Return the expression that `text` is; the same text is compiled once.

    Raises ExpressionError at the first thing that the grammar does not have.
    """
    known = _compiled.get(text)
    if known is None:
        if len(_compiled) >= 10_000:
            _compiled.clear()
        known = _compiled[text] = _Compiler(text).compile()
    return known


_compiled: dict[str, Expression] = {}


def _name_help(name: str, lookup: Mapping[str, Value]) -> str:
    close = suggest(name, lookup)
    if close:
        return f"did you mean {quoted(close)}?"
    known = [quoted(word) for word in list(lookup)[:12]]
    return "known here: " + ", ".join(known) if known else "no names are known here"


class _Compiler:
    """Recursive descent over the tokens; each method compiles one line of the grammar.

    Chains of one precedence become a loop, not a nest of calls, so that a long sum needs no
    deeper stack than a short one; real nesting is counted by `_nested`.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.position = 0
        self.token = self.tokens[0]
        self.depth = 0
        self.names: set[str] = set()

    def compile(self) -> Expression:
        code = self._choice()
        if self.token.kind != "end":
            raise self._unexpected("an operator")
        return Expression(self.text, frozenset(self.names), code)

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

    def _nested(self, compile: Callable[[], Code], token: Token) -> Code:
        if self.depth == MAX_BRACKETS:
            message = f"an expression nested more than {MAX_BRACKETS} deep"
            raise token.error(message, "give parts of it a name in `parameters`")
        self.depth += 1
        code = compile()
        self.depth -= 1
        return code

    def _choice(self) -> Code:
        then = self._any()
        if self.token.kind != "if":
            return then
        token = self._take()
        condition = self._any()
        if self.token.kind != "else":
            raise self._unexpected("`else`")
        self._take()
        otherwise = self._nested(self._choice, token)
        return lambda get: then(get) if truth(condition(get), token) else otherwise(get)

    def _any(self) -> Code:
        return self._junction("or", self._all, decisive=True)

    def _all(self) -> Code:
        return self._junction("and", self._negation, decisive=False)

    def _junction(self, kind: str, operand: Callable[[], Code], decisive: bool) -> Code:
        """Compile `and` or `or`; as in Python, the value is that of the operand that decides."""
        first = operand()
        rest = []
        while self.token.kind == kind:
            token = self._take()
            rest.append((operand(), token))
        if not rest:
            return first

        def evaluate(get: Lookup) -> Value:
            value = first(get)
            for code, token in rest:
                if truth(value, token) is decisive:
                    break
                value = code(get)
            return value

        return evaluate

    def _negation(self) -> Code:
        if self.token.kind != "not":
            return self._comparison()
        token = self._take()
        operand = self._nested(self._negation, token)
        return lambda get: not truth(operand(get), token)

    def _comparison(self) -> Code:
        first = self._sum()
        rest = []
        while self.token.kind in COMPARISONS:
            token = self._take()
            rest.append((COMPARISONS[token.kind], self._sum(), token))
        if not rest:
            return first

        def evaluate(get: Lookup) -> Value:
            left = first(get)
            for compare, operand, token in rest:
                right = operand(get)
                if not compare(left, right, token):
                    return False
                left = right
            return True

        return evaluate

    def _sum(self) -> Code:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Code:
        return self._chain(("*", "/", "//", "%"), self._sign)

    def _chain(self, kinds: tuple[str, ...], operand: Callable[[], Code]) -> Code:
        first = operand()
        rest = []
        while self.token.kind in kinds:
            token = self._take()
            rest.append((OPERATORS[token.kind], operand(), token))
        if not rest:
            return first

        def evaluate(get: Lookup) -> Value:
            value = first(get)
            for operate, code, token in rest:
                value = operate(value, code(get), token)
            return value

        return evaluate

    def _sign(self) -> Code:
        if self.token.kind not in ("-", "+"):
            return self._item()
        token = self._take()
        operate = OPERATORS[token.kind]
        operand = self._nested(self._sign, token)
        return lambda get: operate(0, operand(get), token)

    def _item(self) -> Code:
        first = self._atom()
        rest = []
        while self.token.kind == "[":
            token = self._take()
            rest.append((self._selection(token), token))
            self._close("]", token)
        if not rest:
            return first

        def evaluate(get: Lookup) -> Value:
            value = first(get)
            for select, token in rest:
                value = select(value, get, token)
            return value

        return evaluate

    def _selection(self, opening: Token) -> Selection:
        """Compile what stands between brackets after a value: an item's number, or a range."""
        start = None if self.token.kind == ":" else self._nested(self._choice, opening)
        if start is not None and self.token.kind != ":":
            return _item_selection(start)
        self._take()
        stop = None if self.token.kind == "]" else self._nested(self._choice, opening)

        def select(value: Value, get: Lookup, token: Token) -> Value:
            return slice_of(value, start and start(get), stop and stop(get), token)

        return select

    def _atom(self) -> Code:
        token = self._take()
        if token.kind == "number":
            return _constant(_number(token))
        if token.kind == "name":
            return self._call(token) if self.token.kind == "(" else self._name(token)
        if token.kind == "(":
            code = self._nested(self._choice, token)
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
            items.append(self._nested(self._choice, opening))
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
        name, offset = token.text, token.offset
        if name in TRUTHS:
            return _constant(TRUTHS[name])
        if name.startswith("__"):
            raise token.error(f"{quoted(name)} is not part of an expression", ALLOWED)
        self.names.add(name)

        def evaluate(get: Lookup) -> Value:
            try:
                return get(name)
            except KeyError:
                raise UnknownName(name, offset) from None

        return evaluate


def _item_selection(number: Code) -> Selection:
    return lambda value, get, token: item_of(value, number(get), token)


def _constant(value: Value) -> Code:
    return lambda _get: value


def _number(token: Token) -> int | float:
    try:
        return number(token.text)
    except ExpressionError as fault:
        raise token.error(fault.message, fault.help) from None
