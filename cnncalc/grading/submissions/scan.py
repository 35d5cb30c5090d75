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
from cnncalc.grading.submissions.rows import answer_column, read_rows, row_cells, stacked_rows

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
_UNSEEN = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
_HARD = re.compile(r"(?<!\d)\xa0|\xa0(?!\d)")
_STRUCK = re.compile(r"(?<!~)~~(?!~)[^\n]+?(?<!~)~~(?!~)|<(s|del|strike)>[^\n]*?</\1>", re.I)
#: In Markdown a sign behind a backslash is that sign; what begins LaTeX is left as it is.
_ESCAPED = re.compile(r"\\([*_#+\-.~<>=^`'\"&])")
_RULED = re.compile(r"_{3,}")
#: A line with an answer, and the lines below it that may belong to it.
Found = tuple[Opening, list[str]]


def scan(text: str, ids: Ids, yaml: bool = False) -> Raw:
    """Return the raw answers of a text; in YAML comments are cut and quotes are taken off."""
    lines = _cleaned(text, yaml).split("\n")
    openings = [ids.opening(line) for line in lines]
    if not yaml and (simple := _simple(lines, openings)):
        return Raw(simple)
    for further in (ids.numbered_opening, ids.loose_opening):
        if any(opening is not None and opening.name for opening in openings):
            break
        openings = [one or further(line) for one, line in zip(openings, lines, strict=True)]
    raw = Raw()
    found: dict[str, list[Found]] = {}
    for opening, below in _openings(raw, lines, openings, ids, yaml):
        if opening.name:
            found.setdefault(opening.name, []).append((opening, below))
        else:
            raw.note(opening.key, _inline(opening.rest, yaml))
    for name, places in found.items():
        _store(raw, name, places, ids, yaml)
    return raw


def _cleaned(text: str, yaml: bool) -> str:
    """Return a text without what editors put into it, and without what was struck out."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = _HARD.sub(" ", _UNSEEN.sub("", text))
    if yaml:
        return text
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    if "~~" in text or "</" in text:
        text = _STRUCK.sub("", text)
    if "<br" in text or "&nbsp;" in text:
        text = re.sub(r"(?m)^([^|\n]*?)<br ?/?>", r"\1\n", text.replace("&nbsp;", " "))
    return _RULED.sub(" ", text) if "___" in text else text


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
                part = part._replace(rest=_cell(part.rest, column - 1))
            if owner is not None:
                yield owner, below
            owner, below = part, []
    if owner is not None:
        yield owner, below


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


def _store(raw: Raw, name: str, places: list[Found], ids: Ids, yaml: bool) -> None:
    """Store what is answered at one or more places: what stands behind the id, else below it."""
    if name in ids.tables:
        tables = [_rows(opening.rest, below, *ids.rows[name]) for opening, below in places]
        filled = (rows for rows in tables if any(any(row.texts()) for row in rows))
        rows = next(filled, None) or next(filter(None, tables), [])
        if rows:
            raw.tables[name] = rows
        return
    if name in ids.long:
        blocks = [_block(opening.rest, below) for opening, below in places]
        raw.answers[name] = next(filter(None, blocks), "")
        return
    behind, under = [], []
    for opening, below in places:
        rest = opening.rest
        answer = _value("", below, yaml)
        if not rest or (ASKED.match(rest) and answer):
            under.append((answer, False, below))
        else:
            own = not (yaml and _BLOCK.fullmatch(rest))
            behind.append((_value(rest, below, yaml), own, below))
    given = [one for one in (*behind, *under) if one[0]]
    answer, own, below = given[0] if given else ("", False, [])
    raw.answers[name] = answer
    if len({text for text, *_ in given}) > 1:
        raw.problems.append(f"{name} is answered twice: the first answer counts")
    if own and below and below[0].strip():
        raw.further[name] = _paragraph(below)
    elif given and not behind and not yaml:
        raw.others[name] = _paragraphs(below)


def _cell(rest: str, position: int) -> str:
    """Return a cell of what stands in a table's row behind an id, or '' if it has no such cell."""
    cells = row_cells(rest)
    return cells[position].strip() if position < len(cells) else ""


def _paragraph(below: list[str]) -> str:
    """Return the lines before the first blank one as one line."""
    until = next((i for i, line in enumerate(below) if not line.strip()), len(below))
    return " ".join(" ".join(below[:until]).split())[:_MAX_FURTHER]


def _paragraphs(below: list[str]) -> list[str]:
    """Return what stands below a heading, divided at its blank lines."""
    parts = re.split(r"\n\s*\n", "\n".join(below))
    return [value for part in parts if (value := _value("", part.split("\n"), False))]


def _value(rest: str, below: list[str], yaml: bool) -> str:
    """Return an answer from what stands behind its id and, if that is nothing, below it."""
    if rest and not (yaml and _BLOCK.fullmatch(rest)):
        if not yaml:
            return _unquoted(rest) if rest[0] in "'\"" and _QUOTED.fullmatch(rest) else rest
        opened = sum(map(rest.count, "([{")) - sum(map(rest.count, ")]}"))
        if opened > 0 and below:
            rest = f"{rest} {_paragraph(below)}"
        return _inline(rest, yaml)
    if not yaml:
        below = _labelled(below)
    lines: list[str] = []
    plain = yaml and not rest  # in a block of YAML, quotes and `#` are part of the text
    for line in below:
        word = line.strip()
        if word.startswith(_FENCE) or (not yaml and (_HEADING.match(word) or ASKED.match(word))):
            continue
        if word and not ((lines or yaml) and _OTHER_KEY.match(line)):
            lines.append(_inline(word.removeprefix("- ") if plain else word, plain))
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
    if word[0] in "'\"":
        match = _QUOTED.match(word)
        if match and not _COMMENT.sub("", word[match.end() :]).strip():
            return _unquoted(match.group())
    return _COMMENT.sub("", word).strip() if "#" in word else word


def _unquoted(text: str) -> str:
    inner = text[1:-1]
    if text[0] == "'":
        return inner.replace("''", "'")
    pairs = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\\\": "\\"}
    return re.sub(r"\\[nt\"\\]", lambda match: pairs[match.group()], inner)


def _rows(rest: str, below: list[str], labels: list[str], columns: int) -> list[Row]:
    """Return the rows of a table; where some lines have bars, other lines are about them."""
    stacked = [] if rest else stacked_rows(below, labels, columns)
    if stacked:
        return stacked
    barred = [line for line in below if "|" in line]
    inline = [rest] if rest and not _BLOCK.fullmatch(rest) else []
    return read_rows("\n".join(barred if len(barred) > 1 else [*inline, *below]))


def _block(rest: str, below: list[str]) -> str:
    """Return a text of several lines as it stands, without a common indent or a fence."""
    lines = [line for line in below if not line.strip().startswith(_FENCE)]
    first = [] if not rest or _BLOCK.fullmatch(rest) else [rest]
    return dedent("\n".join([*first, *lines])).strip("\n")
