"""Values in a spec: constants, and expressions that wait for the names they read.

A value is compiled once from its place in the tree and evaluated as often as its entry is
expanded. What it must be is the business of the field that receives it.
"""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, SpecError, quoted, suggest
from cnncalc.language.expressions import ExpressionError, compile_expression
from cnncalc.language.limits import MAX_ITEMS
from cnncalc.language.tree import Mapping, Scalar, Sequence
from cnncalc.layers import LAYERS
from cnncalc.layers.option_kinds import PADDING_WORDS
from cnncalc.layers.options import PADDING_MODES, ROUNDINGS
from cnncalc.quantities import DTYPE_BITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, NoReturn

    from cnncalc.language.expressions import Expression
    from cnncalc.language.tree import Node

    Lookup = Callable[[str], Any]

MAX_FAULTS = 50
NOTHING: frozenset[str] = frozenset()
NULLS = ("null", "~", "")
#: Words of the language, which stand for themselves wherever a value of any kind may be given.
LANGUAGE_WORDS = frozenset(
    (
        *PADDING_WORDS,
        *PADDING_MODES,
        *ROUNDINGS,
        *DTYPE_BITS,
        "nearest",
        "linear",
        "bilinear",
        "trilinear",
        "bicubic",
    )
)
#: Words that stand for themselves within an expression: `relu6 if small else relu`.
WORDS = LANGUAGE_WORDS | frozenset(LAYERS)
#: What other formats, and YAML 1.1, write for true and false.
TRUTHS = "true or false"
SWITCHES = {"none": "false", "yes": "true", "on": "true", "no": "false", "off": "false"}
SWITCHES |= {word.capitalize(): truth for word, truth in SWITCHES.items()}
#: Names that an expression may read without anybody having declared them.
AMBIENT = ("in_channels", "index")


class Enough(Exception):
    """So many faults were found that it is time to tell them; `faults` are the latest."""

    def __init__(self, faults: list[Diagnostic]) -> None:
        super().__init__()
        self.faults = faults


class Faults(list["Diagnostic"]):
    """Faults that are reported together; at the fiftieth the search ends with `Enough`.

    To find the word that was meant takes a millisecond, so that sixty thousand misspelt layers
    would take a minute.
    """

    def append(self, fault: Diagnostic) -> None:
        super().append(fault)
        if len(self) >= MAX_FAULTS:
            raise Enough(self)

    def extend(self, faults: Iterable[Diagnostic]) -> None:
        for fault in faults:
            self.append(fault)


class Constant:
    """A value that reads no names."""

    __slots__ = ("node", "value")
    names = NOTHING

    def __init__(self, node: Node, value: Any) -> None:
        self.node = node
        self.value = value

    @property
    def constant(self) -> Any:
        """The value that it always has; None of one that is computed."""
        return self.value

    def evaluate(self, lookup: Lookup) -> Any:  # noqa: ARG002  # a constant asks nobody
        return self.value


class Computed:
    """An expression, evaluated anew wherever its entry is expanded.

    `words` are the names in it that stand for themselves.
    """

    __slots__ = ("code", "expression", "names", "node", "words")
    constant = None

    def __init__(
        self, node: Scalar, expression: Expression, words: frozenset[str] = NOTHING
    ) -> None:
        self.node = node
        self.expression = expression
        self.code = expression.code
        self.names = expression.names - words
        self.words = words

    def evaluate(self, lookup: Lookup) -> Any:
        words = self.words
        try:
            if words:
                return self.code(lambda name: name if name in words else lookup(name))
            return self.code(lookup)
        except ExpressionError as error:
            raise located(self.node, error) from None


class Listed:
    """A list with items that are expressions."""

    __slots__ = ("items", "names", "node")
    constant = None

    def __init__(self, node: Sequence, items: list[Any]) -> None:
        self.node = node
        self.items = items
        self.names = NOTHING.union(*[item.names for item in items])

    def evaluate(self, lookup: Lookup) -> Any:
        return tuple([item.evaluate(lookup) for item in self.items])


if TYPE_CHECKING:
    Value = Constant | Computed | Listed


def check_size(place: Value, value: Any) -> Any:
    """Return the value of a parameter; raises `SpecError` if it is a list of lists too large."""
    if type(value) is tuple and items(value, MAX_ITEMS) > MAX_ITEMS:
        message = f"a value may hold {MAX_ITEMS:,} numbers and words, and this has more"
        fault(place.node, message, "lists of lists grow quickly: name the parts that are needed")
    return value


def items(value: Any, most: int) -> int:
    """Return how many numbers and words a value holds; counting ends beyond `most`."""
    if type(value) is not tuple:
        return 1
    count = len(value) if not value else 0
    for item in value:
        count += items(item, most - count)
        if count > most:
            break
    return count


def fault(node: Node, message: str, help: str | None = None) -> NoReturn:
    """Raise a `SpecError` that points at a node of the tree."""
    raise SpecError(Diagnostic(message, node.span, help))


def located(node: Scalar, error: ExpressionError) -> SpecError:
    """Return an expression's error at its place in the text."""
    span = node.span_within(error.offset, error.length)
    return SpecError(Diagnostic(error.message, span, error.help))


def slip(text: str) -> str | None:
    """Return the help for a word that cannot be one because its colon was not written well."""
    word, brace, _ = text.partition(" {") if " {" in text else text.partition(" [")
    if brace and word.isidentifier():
        return f"a colon is missing: write `{word}: {brace[1]}...`"
    for sign in (":", "="):
        word, found, rest = text.partition(sign)
        if found and word.strip().isidentifier() and rest.strip():
            return f"write `{word.strip()}: {rest.strip()[:40]}`, with a space after the colon"
    return None


def compile_value(
    node: Node, known: Iterable[str], words: Iterable[str] = (), wanted: str = ""
) -> Value:
    """Return the value of a node: nested lists of numbers, words, true, false, null, expressions.

    `known` are the names an expression may read, `words` those that stand for themselves, and
    `wanted` says what the value must be. Raises `SpecError`.
    """
    if isinstance(node, Sequence):
        items = [compile_value(item, known, words, wanted) for item in node.items]
        if all(isinstance(item, Constant) for item in items):
            return Constant(node, tuple([item.evaluate(_no_names) for item in items]))
        return Listed(node, items)
    if isinstance(node, Mapping):
        help = "a colon within a value makes a mapping: remove it, or the braces"
        fault(node, "wanted a number, a word or a list, but found a mapping", help)
    text = node.text
    if text in words or (text in LANGUAGE_WORDS and text not in known):
        return Constant(node, text)
    if not node.quoted and text in NULLS:
        return Constant(node, None)
    try:
        expression = compile_expression(text)
    except ExpressionError as error:
        raise located(node, error) from None
    if not expression.names:
        return Constant(node, Computed(node, expression).evaluate(_no_names))
    unknown = [name for name in sorted(expression.names) if name not in known]
    stand = frozenset([name for name in unknown if name in words or name in WORDS])
    if len(unknown) == len(stand) and text not in stand:
        return Computed(node, expression, stand)
    unknown = [name for name in unknown if name not in stand] or unknown
    if node.quoted and text in unknown:
        return Constant(node, text)
    raise _unknown_name(node, unknown[0], tuple(known), tuple(words), wanted)


def _no_names(name: str) -> Any:
    raise KeyError(name)


def _unknown_name(
    node: Scalar, name: str, known: tuple[str, ...], words: tuple[str, ...], wanted: str
) -> SpecError:
    """Return the fault of a name that nothing declares."""
    truths = ("true", "false") if not wanted or wanted.startswith(TRUTHS) else ()
    meant = suggest(name, [*known, *words, *truths], SWITCHES)
    if meant:
        help = f"did you mean `{meant}`?"
    elif name == "index":
        help = "`index` counts the copies in an entry with `repeat`; pass it on as an argument"
    elif words:
        help = "one of " + ", ".join(words)
    else:
        help = "known here: " + ", ".join(known[:20]) if known else "no names are known here"
        help = f"it must be {wanted}; {help}" if wanted and node.text == name else help
    span = node.span_within(max(node.text.find(name), 0), len(name))
    what = "is not one of the words allowed here" if words else "is not a known name"
    return SpecError(Diagnostic(f"{quoted(name)} {what}", span, help))
