"""Constraints and objectives: the expressions of the spec language over figures and parameters.

Two things are added in front of that language: amounts with a unit (`5M`, `64MiB`), and names with
a point: `stage4.macs`, `"stage1/block_1".params`, `flops.thop`, `set.depth` for a parameter and
`net.depth` for a figure where both have one name. They are replaced by plain numbers and names
before the text is compiled, and a fault is brought back to its place in the text as written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnncalc.amounts import count, size
from cnncalc.diagnostics import Diagnostic, Source, Span, SpecError
from cnncalc.language.expressions import Expression, ExpressionError, compile_expression
from cnncalc.language.tokens import tokenize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from cnncalc.search.names import FormulaName, Names

    Place = Callable[[int, int], Span | None]

STAND_IN = "ƒ"  # begins the plain name that stands for one with a point
WRITTEN = re.compile(
    r'(?P<dotted>"(?P<path>[^"]*)"(?:\.\w+)+|[^\W\d]\w*(?:\.\w+)+)'
    r"|(?P<word>[^\W\d]\w*)"
    r"|(?P<amount>\d[\d_]*(?:\.\d+)?)\s?(?P<unit>[kKMGT]i?B|[kKMGT])(?!\w)"
    r"|(?P<number>\d[\w.]*)"
)


class CompiledFormula:
    """One compiled expression; `names` says what it reads, `tier` what its dearest figure costs."""

    __slots__ = ("expression", "names", "text", "tier")

    def __init__(self, text: str, expression: Expression, names: dict[str, FormulaName]) -> None:
        self.text = text
        self.expression = expression
        self.names = names  # by the plain name
        self.tier = max([name.tier for name in names.values()], default=0)

    def evaluate(self, value_of: Callable[[FormulaName], Any]) -> Any:
        """Return the value, each name read from `value_of`; raises `ExpressionError`."""
        names = self.names
        return self.expression.evaluate(lambda name: value_of(names[name]))


class Written:
    """A text as written and as compiled, and where its parts went."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: dict[str, str] = {}  # the name as written, by the plain name
        self.moves: list[tuple[int, int, int, int]] = []  # start and end, compiled and written
        parts: list[str] = []
        done = length = 0
        for found in WRITTEN.finditer(text):
            plain = self.plain(found)
            between = text[done : found.start()]
            length += len(between)
            self.moves.append((length, length + len(plain), *found.span()))
            parts += [between, plain]
            length += len(plain)
            done = found.end()
        self.compiled = "".join([*parts, text[done:]])

    def plain(self, found: re.Match[str]) -> str:
        """Return what the language of expressions has for a name or a number."""
        if found["dotted"]:
            name = f"{STAND_IN}{len(self.names)}"
            self.names[name] = found["dotted"]
            return name
        if found["amount"]:
            return str(size(found[0]) if found["unit"].endswith("B") else count(found[0]))
        return found[0]

    def written(self, offset: int, length: int) -> tuple[int, int]:
        """Return the place in the text as written of a place in the compiled one."""
        shift = 0
        for start, end, first, last in self.moves:
            if start <= offset < end:
                return first, last - first
            if end <= offset:
                shift = last - end
        return offset + shift, length

    def message(self, text: str) -> str:
        """Return a message with names as they were written."""
        for plain, name in self.names.items():
            text = text.replace(f"`{plain}`", f"`{name}`")
        return text


def formula(text: str, names: Names, place: Place) -> CompiledFormula:
    """Return a compiled expression; raises `SpecError` at a fault.

    `place` returns the span of a part of the text, from its offset and length.
    """
    written = Written(text)

    def fault(offset: int, length: int, message: str, help: str | None) -> SpecError:
        span = place(*written.written(offset, length))
        return SpecError(Diagnostic(written.message(message), span, help))

    try:
        expression = compile_expression(written.compiled)
    except ExpressionError as error:
        raise fault(error.offset, error.length, error.message, error.help) from None
    read = {}
    for plain in sorted(expression.names):
        name = written.names.get(plain, plain)
        try:
            read[plain] = names.find(name)
        except LookupError as error:
            offset = written.compiled.find(plain)
            message, help = error.args
            raise fault(offset, len(plain), message, help) from None
    return CompiledFormula(text, expression, read)


def conjuncts(text: str) -> list[tuple[int, str]]:
    """Return the parts that `and` joins at the outermost level, with their offsets.

    A text with `or` or `if` out there is one part, and so is one that is faulty.
    """
    written = Written(text)
    try:
        tokens = tokenize(written.compiled)
    except ExpressionError:
        return [(0, text)]
    depth, cuts = 0, []
    for token in tokens:
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if depth == 0 and token.kind in ("or", "if", "else"):
            return [(0, text)]
        if depth == 0 and token.kind == "and":
            cuts.append(written.written(token.offset, 3)[0])
    ends = [*cuts, len(text)]
    starts = [0, *[cut + 3 for cut in cuts]]
    parts = []
    for start, end in zip(starts, ends, strict=True):
        part = text[start:end]
        parts.append((start + len(part) - len(part.lstrip()), part.strip()))
    return parts


def constraints(texts: Iterable[tuple[str, Place]], names: Names) -> list[CompiledFormula]:
    """Return every condition that must hold, cheapest first; raises `SpecError` with all faults."""
    result: list[CompiledFormula] = []
    faults: list[Diagnostic] = []
    for text, place in texts:
        for offset, part in conjuncts(text):

            def within(at: int, length: int, place: Place = place, start: int = offset) -> Any:
                return place(start + at, length)

            try:
                result.append(formula(part, names, within))
            except SpecError as error:
                faults.extend(error.diagnostics)
    if faults:
        raise SpecError(*faults)
    return sorted(result, key=lambda formula: formula.tier)


def objective(text: str, names: Names, place: Place) -> CompiledFormula:
    """Return what is to be made small: `macs`, `max field`, `-field`, `params / 2`."""
    word, space, rest = text.strip().partition(" ")
    if space and word in ("min", "max"):
        start = text.index(rest)
        inner = formula(rest, names, lambda at, length: place(start + at, length))
        if word == "min":
            return inner
        return CompiledFormula(
            text.strip(), compile_expression(f"-({inner.expression.text})"), inner.names
        )
    return formula(text.strip(), names, place)


def option_place(option: str, text: str) -> Place:
    """Return the places in a text that an option gives."""
    source = Source(option, text)
    return lambda offset, length: Span(source, 1, offset + 1, length)
