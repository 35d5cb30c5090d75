"""The lectures' notation `[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX`: read, and laid out.

    chain := item (("-" | "," | "->") item)*
    item  := ("(" chain ")" | "[" chain "]" | WORD) ("*" NUMBER | "*" LETTER | "?")*

A word may carry its sizes: `CONV3-64` and `CONV-3-64` are 64 filters of 3x3, `POOL-2`, `FC-10`,
and in braces everything else: `CONV{16 5x5 s2 p0}`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cnncalc.diagnostics import Diagnostic, Source, Span, SpecError, suggest
from cnncalc.layers import LAYERS, foreign_words, layer_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.layers.base import Layer

#: Words of the notation beyond the layers' own names.
WORDS = {
    "conv": "conv",
    "pool": "max_pool",
    "maxpool": "max_pool",
    "avgpool": "avg_pool",
    "minpool": "min_pool",
    "gap": "global_avg_pool",
    "fc": "linear",
    "dense": "linear",
    "bn": "batch_norm",
    "norm": "batch_norm",
    "lrn": "local_response_norm",
    "do": "dropout",
    "drop": "dropout",
    "lrelu": "leaky_relu",
    "leakyrelu": "leaky_relu",
    "act": "relu",
    "upconv": "conv_transpose",
    "deconv": "conv_transpose",
    "input": "input",
}
#: What the lectures' letters stand for unless they are set.
LETTERS = {"N": 2, "M": 3, "K": 1}
MOST_ITEMS = 2000

TOKEN = re.compile(
    r"(?P<arrow>->|→)|(?P<brace>\{[^{}]*\})|(?P<number>\d+(?:\.\d+)?(?:[x×]\d+)*)"
    r"|(?P<word>[A-Za-z][A-Za-z0-9_]*)|(?P<mark>[\[\]()*?,-])|(?P<space>\s+)"
)


@dataclass(frozen=True)
class PatternToken:
    """A piece of the pattern: its kind, its text and where it stands (from 0)."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True)
class Word:
    """A layer as the pattern names it: its keyword, the sizes it carries, and where it stands.

    `sizes` are the dash numbers and the braces' items, each with its place; `attached` is what
    follows the word without a dash, as the 3 of `CONV3-64`.
    """

    keyword: str
    token: PatternToken
    attached: str | None = None
    sizes: tuple[PatternToken, ...] = ()
    braces: tuple[PatternToken, ...] = ()

    @property
    def numbers(self) -> list[PatternToken]:
        """All sizes beside the braces, that without a dash among them."""
        first = [PatternToken("size", self.attached, self.token.at)] if self.attached else []
        return [*first, *self.sizes]

    @property
    def layer(self) -> type[Layer]:
        """The class of the layer."""
        return layer_class(self.keyword)


@dataclass
class PatternParser:
    """Reads a pattern into the flat list of its words, repetitions carried out."""

    text: str
    values: dict[str, int]
    keep_optional: bool = True
    tokens: list[PatternToken] = field(default_factory=list)
    position: int = 0
    assumed: dict[str, int] = field(default_factory=dict)

    def words(self) -> list[Word]:
        """Return the words of the pattern in order; raises `SpecError` with a caret."""
        self.tokens = list(self.scan())
        result = self.chain(None)
        if len(result) > MOST_ITEMS:
            raise self.error(f"the pattern has {len(result)} layers", self.tokens[0], "repeat less")
        if not result:
            raise self.error("the pattern is empty", None, "write CONV-RELU-POOL-FC")
        return result

    def scan(self) -> list[PatternToken]:
        """Return the tokens of the text."""
        tokens, at = [], 0
        while at < len(self.text):
            found = TOKEN.match(self.text, at)
            if found is None:
                char = PatternToken("mark", self.text[at], at)
                raise self.error(f"`{char.text}` means nothing in a pattern", char, "see --help")
            if found.lastgroup != "space":
                tokens.append(PatternToken(found.lastgroup or "", found.group(), at))
            at = found.end()
        return tokens

    def error(self, message: str, token: PatternToken | None, help: str | None = None) -> SpecError:
        """Return an error with the caret under a token, or at the end of the pattern."""
        at = token.at if token is not None else len(self.text)
        line = self.text.count("\n", 0, at) + 1
        column = at - (self.text.rfind("\n", 0, at) + 1) + 1
        length = len(token.text) if token is not None else 1
        span = Span(Source("<pattern>", self.text), line, column, length)
        return SpecError(Diagnostic(message, span, help))

    def peek(self, offset: int = 0) -> PatternToken | None:
        """Return a token ahead without taking it."""
        at = self.position + offset
        return self.tokens[at] if at < len(self.tokens) else None

    def chain(self, opened: PatternToken | None, depth: int = 0) -> list[Word]:
        """Return the words up to the bracket that closes `opened`, or to the end."""
        result: list[Word] = []
        closing = {"(": ")", "[": "]"}.get(opened.text) if opened else None
        if opened and depth > 20:
            raise self.error("brackets nest too deeply", opened)
        while True:
            token = self.peek()
            if token is None:
                if opened is not None:
                    raise self.error(f"`{opened.text}` is never closed", opened, f"add `{closing}`")
                return result
            if token.text in (")", "]"):
                if token.text != closing:
                    wanted = f"`{closing}` was expected" if closing else "nothing is open here"
                    raise self.error(f"`{token.text}` does not match: {wanted}", token)
                self.position += 1
                return result
            if token.text in ("-", ",") or token.kind == "arrow":
                self.position += 1
                continue
            result += self.item(depth)
            if len(result) > MOST_ITEMS:
                raise self.error(f"more than {MOST_ITEMS} layers", token, "repeat less")

    def item(self, depth: int) -> list[Word]:
        """Return the words of one item, repeated as often as it says."""
        token = self.tokens[self.position]
        self.position += 1
        if token.text in ("(", "["):
            inner = self.chain(token, depth + 1)
            if not inner:
                raise self.error("there is nothing between these brackets", token)
        elif token.kind == "word":
            inner = [self.word(token)]
        else:
            help = "a layer stands here, such as CONV, or a bracket"
            raise self.error(f"`{token.text}` cannot stand here", token, help)
        return self.suffixes(inner)

    def suffixes(self, inner: list[Word]) -> list[Word]:
        """Return words after the `*2` and `?` behind them."""
        while (token := self.peek()) is not None and token.text in ("*", "?"):
            self.position += 1
            if token.text == "?":
                inner = inner if self.keep_optional else []
                continue
            times = self.peek()
            if times is None or times.kind not in ("number", "word"):
                raise self.error("`*` wants a number after it", times or token, "write *2 or *N")
            self.position += 1
            count = self.count(times)
            if count * max(len(inner), 1) > MOST_ITEMS:
                raise self.error(f"more than {MOST_ITEMS} layers", times, "repeat less")
            inner = inner * count
        return inner

    def count(self, token: PatternToken) -> int:
        """Return how often to repeat: a number, or a letter's value."""
        if token.kind == "number":
            if not token.text.isdigit():
                raise self.error("a repetition is a whole number", token)
            return int(token.text)
        if token.text in self.values:
            return self.values[token.text]
        if token.text in LETTERS:
            return self.assumed.setdefault(token.text, LETTERS[token.text])
        raise self.error(f"`{token.text}` has no value", token, f"add --set {token.text}=2")

    def word(self, token: PatternToken) -> Word:
        """Return a layer with the sizes that follow it."""
        keyword, attached = self.keyword(token)
        sizes: list[PatternToken] = []
        braces: list[PatternToken] = []
        brace = self.peek()
        if brace is not None and brace.kind == "brace":
            self.position += 1
            offset = brace.at + 1
            for part in re.finditer(r"[^\s,;]+", brace.text[1:-1]):
                braces.append(PatternToken("size", part.group(), offset + part.start()))
        while True:
            dash, number = self.peek(), self.peek(1)
            if dash is None or number is None or dash.text != "-" or number.kind != "number":
                return Word(keyword, token, attached, tuple(sizes), tuple(braces))
            sizes.append(number)
            self.position += 2

    def keyword(self, token: PatternToken) -> tuple[str, str | None]:
        """Return the layer that a word means, and digits attached to it."""
        lowered = token.text.lower()
        known = {**foreign_words(), **{name: name for name in LAYERS}, **WORDS}
        if lowered in known:
            return known[lowered], None
        found = re.fullmatch(r"([a-z_]+?)_?(\d+(?:x\d+)*)", lowered)
        if found and found[1] in known:
            return known[found[1]], found[2]
        meant = suggest(lowered, known)
        help = (
            f"did you mean {meant.upper()}?" if meant else "such as CONV, RELU, POOL, FC, SOFTMAX"
        )
        raise self.error(f"`{token.text}` is no layer", token, help)
