"""What is said when something is wrong: places, diagnostics, and the frame with the caret.

Everything here is text made from values; nothing prints and nothing exits. Inner code raises a
terse `LayerError`, the walk adds the place and makes a `Diagnostic`, and only the command line
turns diagnostics into `frame`s or JSON.
"""

from __future__ import annotations

from cnncalc.escaping import visible, visible_char
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Literal, TypeAlias

    Severity: TypeAlias = Literal["error", "warning"]
    Aliases: TypeAlias = Mapping[str, str] | tuple[()]

LINE_WIDTH = 96  # columns of a source line that a frame shows before it cuts around the caret
BREAKS = "/,|"  # after which a word is broken that is longer than a line
DRAWN = "─█▏▎▍▌▋▊▉…–−→≤≥≈⌈⌉⌊⌋∏Σ’“”"  # signs of our own, one cell wide each
MOST_WORDS = 1000  # among which the word that was meant is looked for
#: How many letters of a word of 1, 2, ... letters may be wrong.
MOST_LETTERS = (0, 0, 1, 1, 2)
LONGEST_QUOTE = 60  # characters of the user's own text that a message repeats


class Source:
    """A text and the name under which messages speak of it, such as `resnet.yaml` or `<stdin>`."""

    __slots__ = ("_lines", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._lines: list[str] | None = None

    def line(self, number: int) -> str:
        """Return the line of that number (from 1) without its end; empty beyond the text."""
        if self._lines is None:
            self._lines = self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def __repr__(self) -> str:
        return f"Source({self.name!r}, {len(self.text)} characters)"


class Span(Record):
    """A stretch of one line: `line` and `column` count from 1, `length` is at least 1.

    Columns and lengths are characters (not bytes, not terminal cells).
    """

    source: Source
    line: int
    column: int
    length: int = 1


class Diagnostic(Record):
    """One thing that is wrong or doubtful, where it is, and what to type instead.

    `node` is the path name of the layer concerned; `code` is the short name of a lint rule.
    """

    message: str
    span: Span | None = None
    help: str | None = None
    notes: tuple[str, ...] = ()
    severity: Severity = "error"
    node: str | None = None
    code: str | None = None


class SpecError(Exception):
    """A spec was refused; `diagnostics` holds everything that could be said about it."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(*diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        return "\n\n".join(frame(diagnostic) for diagnostic in self.diagnostics)


class UsageError(Exception):
    """The command was called wrongly (exit status 2); `help` says what to type."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(f"{message}\n  = help: {help}" if help else message)
        self.message = message
        self.help = help


class LayerError(Exception):
    """A layer cannot take its input or its fields; it knows no place, only perhaps the `field`."""

    def __init__(self, message: str, help: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.field = field


def quoted(text: str) -> str:
    """Return the user's own `text` in backticks, shortened, on one line, safe to print."""
    if len(text) > LONGEST_QUOTE:
        text = text[: LONGEST_QUOTE - 1] + "…"
    mark = '"' if "`" in text else "`"
    return mark + "".join([visible_char(char) for char in text]) + mark


def as_json(diagnostic: Diagnostic) -> dict[str, object]:
    """Return a diagnostic as `--format json` prints it; what is unknown is None."""
    span = diagnostic.span
    file, line, column = (span.source.name, span.line, span.column) if span else (None,) * 3
    place = {"file": file, "line": line, "column": column}
    return place | {name: getattr(diagnostic, name) for name in ("message", "help", "node")}


def frame(diagnostic: Diagnostic, columns: int | None = None) -> str:
    """Return the lines that a terminal shows: message, place, source line, caret, help, notes.

    Characters that would move the cursor are shown escaped, and the carets stand under the text
    that they mean on a terminal where East Asian wide characters take two cells. With `columns`
    texts are folded at words, and the source line cut, so that no line is longer.
    """
    severity, code = diagnostic.severity, diagnostic.code
    title = f"{severity}[{code}]" if severity == "warning" and code else severity
    span = diagnostic.span
    width = len(str(span.line)) if span else 1
    margin = " " * width
    lines = [_hanging(f"{title}: ", diagnostic.message, columns)]
    if span:
        place = f"{visible(span.source.name)}:{span.line}:{span.column}"
        room = LINE_WIDTH if columns is None else max(columns - width - 5, 24)
        shown, carets = _underlined(span, min(room, LINE_WIDTH))
        lines.append(f"{margin[1:] or ' '}--> {place}")
        lines.append(f"{span.line} | {shown}".rstrip())
        lines.append(f"{margin} | {carets}")
    for label, text in _remarks(diagnostic):
        lines.append(_hanging(f"{margin} = {label}: ", text, columns))
    return "\n".join(lines)


def suggest(word: str, vocabulary: Iterable[str], aliases: Aliases = ()) -> str | None:
    """Return the word of `vocabulary` that was probably meant, or None.

    By spelling alone only where at most two letters differ, in short words one.
    `aliases` maps words of other tools to ours, one or several, and is asked first; a target that
    is not in `vocabulary` does not count, so that one map serves all layers.
    """
    known = list(vocabulary)[:MOST_WORDS]
    pairs = [(alias, one) for alias, ours in dict(aliases).items() for one in ours.split()]
    others = {alias: ours for alias, ours in pairs if ours in known}
    if word in others:
        return others[word]
    if not word or len(word) > LONGEST_QUOTE:
        return None
    wanted = _plain(word)
    # A short word of another tool is near to too many words to be meant by them.
    names = [*known, *(name for name in others if len(name) > 3)]
    best, least = None, MOST_LETTERS[min(len(wanted), len(MOST_LETTERS)) - 1] + 1
    for name in names:
        plain = _plain(name)
        # As many letters as differ are in one word only; most words are passed over by that.
        if abs(len(plain) - len(wanted)) < least and len({*plain} ^ {*wanted}) <= 2 * least:
            count = letters_apart(wanted, plain, least)
            if count < least:
                best, least = name, count
    return others.get(best, best) if best is not None and best not in known else best


def did_you_mean(word: str, known: Iterable[str], otherwise: str, aliases: Aliases = ()) -> str:
    """Return the help for a word that is not known: what was probably meant, or `otherwise`."""
    meant = suggest(word, known, aliases)
    return f"did you mean `{meant}`?" if meant else otherwise


def letters_apart(word: str, other: str, most: int) -> int:
    """Return how many letters differ between two words, or `most` if it is not less.

    Letters that are missing, added, changed, or exchanged with their neighbour count one each
    (the optimal string alignment distance).
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        older, before, row = before, row, [i]
        for j, its in enumerate(other, 1):
            count = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == its:
                count = min(count, older[j - 2] + 1)
            row.append(count)
        if min(row) >= most:
            return most
    return min(row[-1], most)


def _plain(word: str) -> str:
    return word.lower().replace("-", "_").replace(" ", "_")


def _remarks(diagnostic: Diagnostic) -> list[tuple[str, str]]:
    """Return the labelled lines below the source: the node, the help, the notes."""
    remarks = [("in", diagnostic.node), ("help", diagnostic.help)]
    remarks += [("note", note) for note in diagnostic.notes]
    return [(label, text) for label, text in remarks if text]


def _hanging(label: str, text: str, columns: int | None) -> str:
    """Return `label` and `text`, further lines of the text indented below its first."""
    lines = visible(text, keep="\n").split("\n")
    if columns is not None:
        room = max(columns - len(label), 20)
        lines = [piece for line in lines for piece in folded(line, room)]
    return label + ("\n" + " " * len(label)).join(lines)


def folded(text: str, width: int) -> list[str]:
    """Return a text in lines of at most `width` cells, broken at spaces where there are any.

    A word that is longer than a line, such as a path, is broken after a slash or a comma.
    """
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and _cells(lines[-1]) + 1 + _cells(word) > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
        while len(lines[-1]) > width > 0:
            long = lines.pop()
            place = 1 + max([long.rfind(mark, 1, width) for mark in BREAKS])
            lines += [long[: place or width], long[place or width :]]
    return lines


def _underlined(span: Span, width: int) -> tuple[str, str]:
    """Return the source line as a terminal can show it, and the carets below it."""
    text = span.source.line(span.line)
    start = min(span.column - 1, len(text))
    stop = min(start + span.length, max(len(text), start + 1))
    first, last = _cut(text, start, stop, width)
    shown, at = "…" if first else "", 1 if first else 0
    begin = end = at
    for position in range(first, last):
        char = visible_char(text[position], at)
        if position == start:
            begin = at
        shown += char
        at += _cells(char)
        if position < stop:
            end = at
    if start >= last:
        begin, end = at, at + 1
    if last < len(text):
        shown += "…"
    return shown, " " * begin + "^" * max(end - begin, 1)


def _cut(text: str, start: int, stop: int, width: int) -> tuple[int, int]:
    """Return the part of a line to show: all of it, or a window around `start:stop`."""
    if len(text) <= width // 2:
        return 0, len(text)
    # Only the neighbourhood is measured: a line may be as long as the largest file.
    near = [_cells(visible_char(char)) for char in text[: width + 1]]
    if len(text) <= width and sum(near) <= width:
        return 0, len(text)
    first = last = start
    room = width - 2
    while last < min(stop, len(text)) and room > width // 4:
        room -= _cells(visible_char(text[last]))
        last += 1
    while room > 0 and (first > 0 or last < len(text)):
        if first > 0:
            first -= 1
            room -= _cells(visible_char(text[first]))
        if last < len(text) and room > 0:
            room -= _cells(visible_char(text[last]))
            last += 1
    return first, last


def _cells(text: str) -> int:
    """Return the number of terminal cells that `text` takes."""
    if (
        text.isascii()
        or max(set(text).difference(DRAWN), default="") < "\u0300"
        or not any(
            "\u0300" <= char < "\u0370" or (char >= "\u1100" and char not in DRAWN) for char in text
        )
    ):
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "FW" else 1
        for char in text
    )
