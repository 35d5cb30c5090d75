"""Finds answers in any text, line by line: plain, YAML or Markdown, and sheets that come back.

A line that begins with a known id begins an answer, which stands behind the id or below it; what
the sheet printed is passed over. A YAML loader is never asked: it would turn `32:32:10` into a
number, `{32,32,10}` into a mapping, and would give up the whole file for one stray colon.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise, takewhile
from textwrap import dedent

from cnncalc.grading.model import Assignment
from cnncalc.grading.sheet import asked, preamble, shared_networks
from cnncalc.grading.submissions.columns import read_cells
from cnncalc.grading.submissions.ids import ID_COLUMNS, Ids, Opening, Raw, unwrapped
from cnncalc.grading.submissions.tables import (
    LABELS,
    QUOTED,
    barred,
    names_columns,
    read_rows,
    unquoted,
)
from cnncalc.grading.submissions.text import cleaned

_TABLE = re.compile(r"^[ \t]*\|.*(?:\n\s*\|.*)*", re.MULTILINE)
_LABELLED = re.compile(
    r"(?P<lead>[\W_]*)(?:(?:my|your|final) )?(?:answer|solution|result|antwort)"
    r"(?P<stop>[\s*_`]*[:=])\s*",
    re.IGNORECASE,
)
_FENCE = re.compile(r"(?m)^\s*(?:```|~~~).*\n?")
_LISTED = re.compile(r"^([ \t]*)[–—•](?=\s)", re.MULTILINE)
_UNDERLINE = re.compile(r"\A\s*[-=]{3,}[ \t]*$", re.MULTILINE)
_PASSED = re.compile(r"```|~~~|#{1,6}\s|[-=*]{3,}$")
#: A line that goes on with the formula above it, and one that must go on.
_GOES_ON = re.compile(r"[=×·][ \t]*[\w(\[{.-]|[*+/][\d(]")
_OPEN_END = re.compile(r"[-+*/×·=,(\[{]$")
#: Numbers and signs of a list in front of an answer: `1. -3` is no sum; `- 3` may be a minus.
_NUMBERED = re.compile(r"\A\d{1,2}[.)](?:\s+|(?=[-−–+]))(?=\S)")
_BULLET = re.compile(r"\A(?:[*•>]|[-–](?=\s+[-−–+]))\s+(?=\S)")
_OPTION = re.compile(r"\s*\w\) ")
_MAX_FURTHER = 500
#: As many letters and digits are no chance: they may be a piece of a printed line.
_LONG = 12
#: A line with an answer, and the lines below it that may belong to it.
Section = tuple[Opening, list[str]]


def read_lines(text: str, ids: Ids, printed: Printed) -> Raw:
    """Return the raw answers of a text, in which a sheet may have `printed` something."""
    raw, text = Raw(), cleaned(text)
    bars = "|" in text
    if bars:
        text = _TABLE.sub(lambda table: "" if _take_table(raw, table[0], ids) else table[0], text)
    lines = text.split("\n")
    openings = [() if bars and line.lstrip()[:1] == "|" else ids.openings(line) for line in lines]
    if not raw.answers and (alone := _one_a_line(lines, openings, ids)):
        raw.answers = alone
        return raw
    if not raw.answers and not any(begun and begun[0].name for begun in openings):
        openings = [begun or ids.numbered(line)
                    for begun, line in zip(openings, lines, strict=True)]  # fmt: skip
    found: dict[str, list[Section]] = {}
    for opening, below in _sections(lines, openings, ids, printed):
        if opening.name:
            found.setdefault(opening.name, []).append((opening, below))
        else:
            raw.note(opening.key, opening.rest)
    raw.problems += ids.unread(lines, (*found, *raw.answers, *raw.tables))
    for name, places in found.items():
        if name in ids.tables:
            tables = [_table_text([one.rest, *below], *ids.tables[name]) for one, below in places]
            raw.tables[name] = read_rows(max(tables, key=lambda text: len(_letters(text))))
        elif name in ids.long:
            blocks = (_network(opening.rest, below) for opening, below in places)
            raw.answers[name] = next(filter(None, blocks), "")
        else:
            _store(raw, name, places)
    return raw


def _one_a_line(
    lines: Sequence[str], openings: Sequence[tuple[Opening, ...]], ids: Ids
) -> dict[str, str]:
    """Return the answers of a text of `id: answer` alone, each id once; empty if it is another."""
    answers: dict[str, str] = {}
    for line, begun in zip(lines, openings, strict=True):
        if not begun and line.strip():
            return {}
        for name, _, rest, _, _, weak, _ in begun:
            if not name or not rest or weak or name in answers or name in ids.blocks:
                return {}
            # Most answers have no quotes around them.
            answers[name] = _answer(rest, []) if rest[0] in "\"'" else rest
    return answers


def _take_table(raw: Raw, text: str, ids: Ids) -> bool:
    """Take the answers of a Markdown table with ids in it; returns whether it was one."""
    rows = barred(text)
    if rows and rows[0][0].lower() not in ID_COLUMNS and names_columns(rows[0][1:]):
        return False  # of layers
    found = read_cells(rows, ids, "|")
    raw.answers = found.answers | raw.answers
    raw.tables = found.tables | raw.tables
    raw.problems += found.problems
    return bool(found.answers or found.tables)


def _sections(
    lines: Sequence[str],
    openings: Sequence[tuple[Opening, ...]],
    ids: Ids,
    printed: Printed,
) -> Iterator[Section]:
    """Yield every line that begins an answer, with the lines below it that nobody printed."""
    plain = {one.name for begun in openings for one in begun if not one.unsure}
    places: dict[str, int] = {}
    owner = Opening("", "", "")
    below: list[str] = []
    for line, begun in zip(lines, openings, strict=True):
        aside = begun and begun[0].unsure and begun[0].name in plain  # its answer has a sign
        if aside or (begun and printed.offers(owner.name, line, places)):
            begun = ()  # `b: 28x28x6` picks an option, and is no answer to question b
        if line:
            kept = printed.rest(owner.name, line, places)
            if not kept:
                continue
            if not begun:
                line = kept
            elif begun[0].rest and begun[0].name not in places:
                rest = printed.rest(begun[0].name, begun[0].rest, places)
                begun = (begun[0]._replace(rest=rest), *begun[1:])
        if not begun or _inside(owner, begun[0], ids):
            below.append(line)
            continue
        for opening in begun:
            yield owner, below
            owner, below = opening, []
    yield owner, below


def _inside(owner: Opening, opening: Opening, ids: Ids) -> bool:
    # A line that looks like an id may belong to the table or network above it.
    within = opening.indent > owner.indent or (owner.name in ids.long and not opening.name)
    return within and owner.name in ids.blocks


def _store(raw: Raw, name: str, places: list[Section]) -> None:
    """Store what stands behind an id, on a line of its own if there is one; else below it, else
    below a heading that names it."""
    own = raw.answers.get(name)  # in a table
    if len(places) == 1 and not own:
        raw.answers[name] = _answer(places[0][0].rest, places[0][1])
        return
    given = {0: [own]} if own else {}
    for opening, below in places:
        if answer := _answer(opening.rest, below):
            rank = int(opening.further) if opening.rest else 2 + opening.heading
            given.setdefault(rank, []).append(answer)
    best = given[min(given)] if given else [""]
    raw.answers[name] = best[0]
    if len(set(best)) > 1:
        raw.problems.append(f"{name} is answered twice: the first answer counts")


def _answer(rest: str, below: list[str]) -> str:
    if not rest:
        return _below(below)
    if rest[0] in "\"'" and QUOTED.fullmatch(rest):
        return unquoted(rest)
    if any(map(_LABELLED.match, below)) and (answer := _below(below)):
        return answer  # `## 1. What comes out?`, and `Answer: 28x28x6` below it
    further = " ".join(" ".join(takewhile(str.strip, below)).split())[:_MAX_FURTHER]
    unclosed = sum(map(rest.count, "([{")) > sum(map(rest.count, ")]}"))
    cut = rest[0] != "*" and _OPEN_END.search(rest)  # `**560**` is whole
    goes_on = further and (unclosed or cut or _GOES_ON.match(further))
    return f"{rest} {further}" if goes_on else rest


def _below(below: list[str]) -> str:
    """Return an answer below its id: the first paragraph, or what is labelled as the answer."""
    for position, line in enumerate(below):
        if label := _LABELLED.match(line):
            given = unwrapped(label["lead"], label["stop"], line[label.end() :])
            below = [given, *below[position + 1 :]]
            break
    lines: list[str] = []
    for line in below:
        word = _NUMBERED.sub("", line.strip())
        if not lines or word[:1] == ">":
            word = _BULLET.sub("", word)
        if word and not _PASSED.match(word):
            lines.append(word)
        elif lines:
            break
    return "\n".join(lines)


def _table_text(lines: Sequence[str], labels: set[str], columns: int) -> str:
    """Return the text of a table; where some lines have bars, other lines are about them."""
    words = list(filter(None, map(str.strip, lines)))
    if LABELS[0] in words:  # saved as text by a word processor: a line for each cell
        starts = [at for at, word in enumerate(words) if word in labels]
        rows = [words[at:end] for at, end in pairwise([*starts, len(words)])]
        return "\n".join(["\t".join(row) for row in rows if len(row) == 1 + columns])
    bars = [line for line in lines if "|" in line]
    return "\n".join(bars if len(bars) > 1 else lines)


def _network(rest: str, below: list[str]) -> str:
    """Return a text of several lines as it stands, without a common indent; of a text with fences
    what stands in the first of them that is filled. Word makes other signs of a list's hyphens."""
    first = [rest] if rest else []
    parts = _FENCE.split(_UNDERLINE.sub("", "\n".join([*first, *below])))
    fenced = next(filter(str.strip, parts[1::2]), None)
    return _LISTED.sub(r"\1-", dedent("".join(parts) if fenced is None else fenced).strip("\n"))


@lru_cache(maxsize=8192)
def _letters(text: str) -> str:
    """Return the letters and digits of a text; `x` is a cross, and goes with the other signs."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join([char for char in plain if char.isalnum() and char != "x"])


class Printed:
    """What the sheet of an assignment prints for each question; '' is what stands above them.

    Editors change spaces, quotes, signs and line ends, and wrap lines: letters and digits alone
    are compared, one line after another in their order.
    """

    def __init__(self, assignment: Assignment, ids: Ids) -> None:
        self._assignment = assignment
        begun = ids.openings(assignment.title)
        # A title that is an id and nothing else may be a student's own heading.
        self._title = "" if begun and begun[0].heading else assignment.title

    @cached_property
    def _pieces(self) -> dict[str, tuple[str, list[int], set[str]]]:
        """The letters printed for each question, for each where its line ends, and its options."""
        shared = shared_networks(self._assignment)
        texts = {"": [self._title, *(p.text for p in preamble(self._assignment))]}
        texts |= {q.id: [p.text for p in asked(q, shared)] for q in self._assignment.questions}
        pieces = {}
        for name, parts in texts.items():
            lines = [line for part in parts for line in part.split("\n")]
            ends: list[int] = []
            for line in map(_letters, lines):
                ends += [len(ends) + len(line)] * len(line)
            options = {_letters(line) for line in lines if _OPTION.match(line)}
            pieces[name] = "".join(map(_letters, lines)), ends, options
        return pieces

    def offers(self, question: str, line: str, places: dict[str, int]) -> bool:
        """Tell whether a line below a whole printed question is one of the options it prints."""
        text, _, options = self._pieces.get(question, ("", [], ()))
        return places.get(question, 0) >= len(text) and _letters(line) in options

    def rest(self, question: str, line: str, places: dict[str, int]) -> str:
        """Return what of a line a student has written, behind what is printed up to `places`."""
        piece = _letters(line)
        text, ends, _ = self._pieces.get(question, ("", [], ()))
        place = places.get(question, 0)
        if not piece or place >= len(text):
            return line
        end, own = place + len(piece), text[place : ends[place]]
        if text.startswith(piece, place) and (ends[end - 1] == end or len(piece) >= _LONG):
            places[question] = end
            return ""
        if len(own) < _LONG or not piece.startswith(own):
            return line
        places[question] = place + len(own)
        count = next(i for i in range(len(line) + 1) if _letters(line[:i]) == own)
        return line[count:].lstrip(" \t?.:!*_`)")
