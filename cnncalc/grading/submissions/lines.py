"""Finds `id: answer` in any text: plain, YAML or Markdown, line by line.

A YAML loader is never asked: it would turn `32:32:10` into a number, `{32,32,10}` into a mapping,
and would give up the whole file for one stray colon. A line that begins with a known id begins an
answer; what the sheet printed is passed over; everything else belongs to the answer before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from textwrap import dedent

from cnncalc.grading.submissions.ids import ASKED, Ids, Opening
from cnncalc.grading.submissions.raw import Raw, Row
from cnncalc.grading.submissions.rows import (
    answer_column,
    read_rows,
    row_cells,
    stacked_rows,
    unquoted,
)

_BLOCK = re.compile(r"[|>][+-]?\d?[ \t]*(?:#.*)?")
_COMMENT = re.compile(r"(?:^|[ \t]+)#.*$")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")
_MAX_FURTHER = 500
_OTHER_KEY = re.compile(r"[A-Za-z][\w.-]{0,30}[ \t]*:(?:[ \t]|$)")
_LABELLED = re.compile(
    r"[\W_]*(?:(?:my|your|the|final) +)*(?:answer|ans|solution|result|antwort)[\s*_`]*[:=][\s*_`]*",
    re.IGNORECASE,
)
_HEADING = re.compile(r"#{1,6}\s|[-=*]{3,}$")
_FENCE = ("```", "~~~")
#: A line that goes on with the working above it, and one that must go on.
_GOES_ON = re.compile(r"[=×·][ \t]*[\w(\[{.-]|[*+/][\d(]")
_OPEN_END = re.compile(r"[-+*/×·=,(\[{]$")
_UNSEEN = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
_HARD = re.compile(r"(?<!\d)\xa0|\xa0(?!\d)")
#: In Markdown a sign behind a backslash is that sign; what begins LaTeX is left as it is.
_ESCAPED = re.compile(r"\\([*_#+\-.~<>=^`'\"&])")
_RULED = re.compile(r"_{3,}")
#: A line with an answer, and the lines below it that may belong to it.
Found = tuple[Opening, list[str]]


def read_lines(text: str, ids: Ids, yaml: bool = False) -> Raw:
    """Return the raw answers of a text; in YAML comments are cut and quotes are taken off."""
    lines = _cleaned(text, yaml).split("\n")
    openings = [ids.opening(line) for line in lines]
    if not yaml and (simple := _simple(lines, openings)):
        return Raw(simple)
    if not any(opening is not None and opening.name for opening in openings):
        openings = [one or ids.loose_opening(line)
                    for one, line in zip(openings, lines, strict=True)]  # fmt: skip
    raw = Raw()
    found: dict[str, list[Found]] = {}
    for opening, below in _openings(raw, lines, openings, ids, yaml):
        if opening.name:
            found.setdefault(opening.name, []).append((opening, below))
        else:
            raw.note(opening.key, _inline(opening.rest, yaml))
    for name, places in found.items():
        if name in ids.tables:
            tables = [_rows(opening.rest, below, *ids.tables[name]) for opening, below in places]
            filled = (rows for rows in tables if any(any(row.texts()) for row in rows))
            rows = next(filled, None) or next(filter(None, tables), [])
            raw.tables |= {name: rows} if rows else {}
        elif name in ids.long:
            blocks = (_network(opening.rest, below) for opening, below in places)
            raw.answers[name] = next(filter(None, blocks), "")
        else:
            _store(raw, name, places, yaml)
    return raw


def _cleaned(text: str, yaml: bool) -> str:
    """Return a text without what editors put into it."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = _HARD.sub(" ", _UNSEEN.sub("", text))
    if yaml:
        return text
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    if "<br" in text or "&nbsp;" in text:
        text = re.sub(r"(?m)^([^|\n]*?)<br ?/?>", r"\1\n", text.replace("&nbsp;", " "))
    return _RULED.sub(" ", text) if "___" in text else text


def _simple(lines: list[str], openings: list[Opening | None]) -> dict[str, str]:
    """Return the answers of a text in which every line is one, and nothing if it is not so."""
    answers: dict[str, str] = {}
    for line, opening in zip(lines, openings, strict=True):
        if opening is None:
            if line and not line.isspace():
                return {}
        elif not opening.simple or opening.name in answers:
            return {}
        else:
            answers[opening.name] = opening.rest
    return answers


def _openings(
    raw: Raw, lines: Sequence[str], openings: Sequence[Opening | None], ids: Ids, yaml: bool
) -> Iterator[Found]:
    """Yield every line that begins an answer, with the lines below it that nobody printed."""
    plain = {opening.name for opening in openings if opening is not None and not opening.weak}
    printed = None if yaml else ids.printed.reader()
    owner: Opening | None = None
    below: list[str] = []
    column, asked = 1, ""
    for line, opening in zip(lines, openings, strict=True):
        column = answer_column(line, column) if "|" in line else 1 if line.strip() else column
        if opening is not None and opening.weak and opening.name in plain:
            opening = None  # a sentence about it: the answer has a sign behind its id
        if printed is not None and line.strip():
            kept = printed.rest(asked, line)
            if not kept:
                continue
            if opening is None:
                line = kept
            elif opening.name:
                asked = opening.name
                opening = opening._replace(rest=printed.behind_id(asked, opening.rest))
        if opening is None or _inside(owner, opening, ids, below):
            below.append(line)
            stray = ids.stray(line)
            if stray and (owner is None or owner.name not in ids.long | ids.tables.keys()):
                raw.unknown.append(stray)
            continue
        for part in ids.parted(opening):
            if part.row:
                cells = row_cells(part.rest)
                part = part._replace(rest=[*cells[column - 1 : column], ""][0].strip())
            if owner is not None:
                yield owner, below
            owner, below = part, []
    if owner is not None:
        yield owner, below


def _inside(owner: Opening | None, opening: Opening, ids: Ids, below: list[str]) -> bool:
    """Tell whether a line that looks like an id belongs to what is answered above.

    A network has keys of its own, among them `name`; its lines are indented or in a fence. A row
    of a table may be called as a question is.
    """
    if owner is None:
        return False
    if owner.name in ids.tables:
        return opening.row and not owner.row and any("|" in line for line in below)
    return owner.name in ids.long and (opening.indented or not opening.name)


def _store(raw: Raw, name: str, places: list[Found], yaml: bool) -> None:
    """Store what is answered at one or more places: what stands behind the id, else below it."""
    behind, under = [], []
    for opening, below in places:
        rest = opening.rest
        block = yaml and _BLOCK.fullmatch(rest) is not None
        asks = not block and (not rest or ASKED.match(rest) is not None)
        answer = _below(below, yaml, block) if block or asks else ""
        if not rest or (asks and answer):
            under.append(answer)
        else:
            behind.append(answer if block else _behind(rest, below, yaml))
    given = [answer for answer in (*behind, *under) if answer]
    raw.answers[name] = given[0] if given else ""
    if len(set(given)) > 1:
        raw.problems.append(f"{name} is answered twice: the first answer counts")


def _behind(rest: str, below: list[str], yaml: bool) -> str:
    """Return an answer behind its id, with the lines below it if it goes on there."""
    paragraph = _paragraph(below)
    opened = sum(map(rest.count, "([{")) > sum(map(rest.count, ")]}"))
    if yaml:
        return _inline(f"{rest} {paragraph}" if opened and paragraph else rest, yaml)
    if rest[0] in "'\"" and _QUOTED.fullmatch(rest):
        return unquoted(rest)
    leads = " " in rest and not any(map(str.isdigit, rest)) and any(map(str.isdigit, paragraph))
    goes_on = leads or _GOES_ON.match(paragraph) or _OPEN_END.search(rest)
    return f"{rest} {paragraph}" if paragraph and goes_on else rest


def _paragraph(below: list[str]) -> str:
    """Return the lines before the first blank one as one line."""
    until = next((i for i, line in enumerate(below) if not line.strip()), len(below))
    return " ".join(" ".join(below[:until]).split())[:_MAX_FURTHER]


def _below(below: list[str], yaml: bool, block: bool = False) -> str:
    """Return an answer below its id: the first paragraph, or what is labelled as the answer.

    In a block of YAML, quotes and `#` are part of the text.
    """
    if not yaml:
        below = _labelled(below)
    lines: list[str] = []
    for line in below:
        word = line.strip()
        if word.startswith(_FENCE) or (not yaml and (_HEADING.match(word) or ASKED.match(word))):
            continue
        if word and not ((lines or yaml) and _OTHER_KEY.match(line)):
            lines.append(word if block or not yaml else _inline(word.removeprefix("- "), yaml))
        elif word or lines:
            break
    return "\n".join(lines)


def _labelled(below: list[str]) -> list[str]:
    """Return the lines of an answer from a line such as `**Answer:** 42` on, if there is one."""
    for position, line in enumerate(below):
        label = _LABELLED.match(line)
        if label:
            return [line[label.end() :], *below[position + 1 :]]
    return below


def _inline(rest: str, yaml: bool) -> str:
    word = rest.strip()
    if not yaml or not word:
        return word
    match = _QUOTED.match(word)
    if match and not _COMMENT.sub("", word[match.end() :]).strip():
        return unquoted(match.group())
    return _COMMENT.sub("", word).strip() if "#" in word and word[0] not in "'\"" else word


def _rows(rest: str, below: list[str], labels: list[str], columns: int) -> list[Row]:
    """Return the rows of a table; where some lines have bars, other lines are about them."""
    stacked = [] if rest else stacked_rows(below, labels, columns)
    if stacked:
        return stacked
    barred = [line for line in below if "|" in line]
    inline = [rest] if rest and not _BLOCK.fullmatch(rest) else []
    return read_rows("\n".join(barred if len(barred) > 1 else [*inline, *below]))


def _network(rest: str, below: list[str]) -> str:
    """Return a text of several lines as it stands, without a common indent or a fence."""
    lines = [line for line in below if not line.strip().startswith(_FENCE)]
    first = [] if not rest or _BLOCK.fullmatch(rest) else [rest]
    return dedent("\n".join([*first, *lines])).strip("\n")
