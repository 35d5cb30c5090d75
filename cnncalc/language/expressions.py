"""Arithmetic in a spec: text -> tokens -> closures -> a value; no `eval`, nothing unbounded.

Operators bind and compute as in Python, but for one: `/` of integers is an integer where it comes
out even, so that `width / 2` may
stand in an integer field and yet is refused there if it loses a half.
"""

from __future__ import annotations

from cnncalc.diagnostics import quoted, suggest
from cnncalc.language.grammar import Grammar
from cnncalc.language.literals import (
    ExpressionError,
    decode_bool,
    decode_float,
    decode_int,
    decode_word,
    exact_int,
)
from cnncalc.language.operations import UnknownName

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.language.literals import Value
    from cnncalc.language.operations import Code, Lookup

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
