"""From the words of a pattern to a spec that fits: sizes filled in, printed as YAML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import LayerError, Source, SpecError
from cnncalc.language import Options, build
from cnncalc.quantities import show_shape
from cnncalc.teaching.pattern import PatternParser, PatternToken, Word

if TYPE_CHECKING:
    from cnncalc.quantities import Shape


@dataclass(frozen=True)
class PatternSizes:
    """What a pattern leaves open: sizes of every convolution, pool and dense layer.

    `width` filters in the first stage, `growth` times as many after each pool; `units` in hidden
    dense layers, `classes` in the last.
    """

    kernel: int = 3
    padding: str = "same"
    stride: int = 1
    pool: int = 2
    width: int = 32
    growth: int = 2
    units: int = 512
    classes: int = 10
    bias: bool = True


@dataclass
class PatternLayout:
    """Lays the words of a pattern out as the lines of a spec.

    `owners` holds the token that each line comes from, for errors that the line causes.
    """

    parser: PatternParser
    sizes: PatternSizes
    words: list[Word]
    lines: list[str] = field(default_factory=list)
    owners: list[PatternToken] = field(default_factory=list)
    parameters: dict[str, int] = field(default_factory=dict)
    stage: int = 0
    flat: bool = False
    at: PatternToken | None = None

    def run(self) -> None:
        """Fill `lines` and the `parameters` that they read."""
        for position, word in enumerate(self.words):
            if word.layer.arity == 0:
                if position:
                    raise self.parser.error("INPUT stands at the beginning", word.token)
                continue
            if word.layer.takes == "map" and self.flat:
                help = "put it before the first FC"
                raise self.parser.error(
                    f"{word.keyword} cannot follow a flat layer", word.token, help
                )
            self.place(position, word)

    def place(self, position: int, word: Word) -> None:
        """Add the lines of one word."""
        keyword, layer = word.keyword, word.layer
        self.at = word.token
        if layer.takes == "vector" and not self.flat:
            self.flatten()
        if layer.gives_probabilities and not self.scores(position):
            self.flatten()
            self.entry("linear", {"out_features": self.parameter("classes")}, "the class scores")
        if layer.role == "weighted" and layer.takes == "map":
            self.entry(keyword, self.convolution(word))
        elif layer.role == "pool" and layer.slides:
            self.entry(keyword, self.pool(word))
            self.stage += 1
        elif layer.takes == "vector":
            self.entry(keyword, self.dense(position, word))
        else:
            self.entry(keyword, self.plain(word))
        if layer.flattens:
            self.flat = True

    def scores(self, position: int) -> bool:
        """Return whether the layer before a softmax is dense, and so gives the class scores."""
        return position > 0 and self.words[position - 1].layer.takes == "vector"

    def flatten(self) -> None:
        """Add a flatten, once."""
        if not self.flat:
            self.entry("flatten", {})
            self.flat = True

    def entry(self, keyword: str, fields: dict[str, object], comment: str = "") -> None:
        """Add one line to the spec."""
        body = ", ".join(f"{name}: {value}" for name, value in fields.items())
        line = f"- {keyword}: {{{body}}}" if body else f"- {keyword}"
        self.lines.append(line + (f"  # {comment}" if comment else ""))
        assert self.at is not None
        self.owners.append(self.at)

    def parameter(self, name: str) -> str:
        """Return the name of a parameter that the spec then declares."""
        self.parameters[name] = getattr(self.sizes, name)
        return name

    def width(self) -> str:
        """Return the filters of the present stage as an expression."""
        factor = self.sizes.growth**self.stage
        return self.parameter("width") + (f" * {factor}" if factor != 1 else "")

    def convolution(self, word: Word) -> dict[str, object]:
        """Return the fields of a convolution: given sizes, or those of the stage."""
        given = self.braced(word, "out_channels")
        kernel: object = word.attached
        numbers = list(word.sizes)
        if len(numbers) > 2 or (kernel is not None and len(numbers) > 1):
            raise self.parser.error("a CONV has a kernel and filters", numbers[-1], "CONV3-64")
        if kernel is None and len(numbers) == 2:
            kernel = numbers.pop(0).text
        filters = self.whole(numbers[0]) if numbers else None
        fields: dict[str, object] = {
            "out_channels": given.pop("out_channels", None) or filters or self.width(),
            "kernel_size": given.pop("kernel_size", None) or axes(str(kernel or self.sizes.kernel)),
        }
        if word.layer.slides:
            fields["padding"] = given.pop("padding", self.sizes.padding)
        if self.sizes.stride != 1:
            fields["stride"] = self.sizes.stride
        if not self.sizes.bias:
            fields["bias"] = "false"
        return fields | given

    def pool(self, word: Word) -> dict[str, object]:
        """Return the fields of a pool: `POOL`, `POOL2`, `POOL-3-2` (kernel, then stride)."""
        given = self.braced(word, "kernel_size")
        numbers = word.numbers
        if len(numbers) > 2:
            raise self.parser.error("a POOL has a kernel and a stride", numbers[-1], "POOL-3-2")
        first = numbers[0].text if numbers else str(self.sizes.pool)
        fields: dict[str, object] = {"kernel_size": given.pop("kernel_size", None) or axes(first)}
        if len(numbers) == 2:
            fields["stride"] = self.whole(numbers[1])
        return fields | given

    def dense(self, position: int, word: Word) -> dict[str, object]:
        """Return the fields of a dense layer; the last one has as many units as classes."""
        given = self.braced(word, "out_features")
        numbers = word.numbers
        if len(numbers) > 1:
            raise self.parser.error("an FC has its units alone", numbers[-1], "FC-10")
        units = given.pop("out_features", None) or (self.whole(numbers[0]) if numbers else None)
        if units is None:
            rest = self.words[position + 1 :]
            last = not rest or rest[0].layer.gives_probabilities
            units = self.parameter("classes" if last else "units")
        return {"out_features": units, **given}

    def plain(self, word: Word) -> dict[str, object]:
        """Return the fields of any other layer: at most its first, by value."""
        tokens = [*word.numbers, *word.braces]
        if not tokens:
            return {}
        if len(tokens) > 1 or not word.layer.sized:
            raise self.parser.error(f"{word.keyword} takes no such size", tokens[-1])
        name, text = next(iter(word.layer.fields())), tokens[0].text
        value: Any = int(text) if text.isdigit() else text
        try:
            value = value if isinstance(value, int) else float(text)
            word.layer(**{name: value})
        except (ValueError, LayerError):
            raise self.parser.error(f"{word.keyword} cannot be `{text}`", tokens[0]) from None
        return {name: value}

    def whole(self, token: PatternToken) -> int:
        """Return a size as an integer of at least 1."""
        if not token.text.isdigit() or int(token.text) < 1 or len(token.text) > 9:
            raise self.parser.error(f"`{token.text}` is no size", token, "a whole number from 1")
        return int(token.text)

    def braced(self, word: Word, first: str) -> dict[str, object]:
        """Return the fields that a word's braces give; raises `SpecError` with a caret."""
        fields: dict[str, object] = {}
        for token in word.braces:
            text = token.text.lower()
            found = re.fullmatch(r"([kspdg]|stride|pad|/)?=?(\d+(?:[x×]\d+)*)", text)
            if text in ("same", "valid"):
                fields["padding"] = text
            elif text in ("nobias", "ceil"):
                fields |= {"bias": "false"} if text == "nobias" else {"ceil_mode": "true"}
            elif found is None:
                help = "known: 16, 5x5, k5, s2, p1, d2, g2, same, valid, nobias, ceil"
                raise self.parser.error(f"`{token.text}` is no size", token, help)
            elif found[1] is None and not re.search("[x×]", found[2]):
                fields[first] = self.whole(PatternToken("size", found[2], token.at))
            else:
                name = FIELDS[found[1] or "k"]
                fields[name] = axes(found[2])
            unknown = [name for name in fields if name not in word.layer.fields()]
            if unknown:
                raise self.parser.error(f"{word.keyword} has no {unknown[0]}", token)
        return fields


FIELDS = {
    "k": "kernel_size", "s": "stride", "/": "stride", "stride": "stride", "p": "padding",
    "pad": "padding", "d": "dilation", "g": "groups",
}  # fmt: skip


def axes(text: str) -> str:
    """Return `3` or `[3, 5]` for a size as a spec has it; equal sizes once."""
    parts = [str(int(part)) for part in re.split("[x×]", text)]
    return parts[0] if len(set(parts)) == 1 else "[" + ", ".join(parts) + "]"


def spec_text(parser: PatternParser, shape: Shape, sizes: PatternSizes, assumed: str) -> str:
    """Return the YAML of the spec that a pattern stands for; raises `SpecError`."""
    words = parser.words()
    layout = PatternLayout(parser, sizes, words)
    layout.run()
    if not layout.lines:
        raise parser.error("the pattern has no layers", None, "write CONV-RELU-POOL-FC")
    title = " ".join(parser.text.split()).replace('"', "'")
    lines = [f'name: "{title}"', f"input: {show_shape(shape)}  # {assumed}"]
    if parser.assumed:
        letters = ", ".join(f"{name} = {value}" for name, value in parser.assumed.items())
        lines.append(f"# assumed: {letters}; --set changes them")
    if layout.parameters:
        shown = ", ".join(f"{name}: {value}" for name, value in layout.parameters.items())
        lines.append(f"parameters: {{{shown}}}")
    lines.append("layers:")
    text = "\n".join([*lines, *[f"  {line}" for line in layout.lines]]) + "\n"
    fitting(parser, text, layout.owners, len(lines))
    return text


def fitting(parser: PatternParser, text: str, owners: list[PatternToken], before: int) -> None:
    """Raise `SpecError` for a spec whose layers do not fit, with the caret under the word.

    `owners` are the words that the layers come from, one a line after the first `before` lines.
    """
    try:
        analyze(build(Source("<pattern>", text), Options()))
    except SpecError as error:
        first = error.diagnostics[0]
        if first.span is None or not before < first.span.line <= before + len(owners):
            raise
        owner = owners[first.span.line - before - 1]
        raise parser.error(first.message, owner, first.help) from None
