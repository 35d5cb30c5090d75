"""Finds `id: answer` in any text: plain, YAML or Markdown, line by line.

A YAML loader is never asked: it would turn `32:32:10` into a number, `{32,32,10}` into a mapping,
and would give up the whole file for one stray colon. A line that begins with a known id begins an
answer; everything else belongs to the answer before it, or to nobody.
"""

from __future__ import annotations

import re
from textwrap import dedent

from cnncalc.grading.submissions.ids import ASKED, Ids, Opening
from cnncalc.grading.submissions.raw import Raw
from cnncalc.grading.submissions.rows import answer_column, read_rows, row_cells

_BLOCK = re.compile(r"[|>][+-]?\d?[ \t]*(?:#.*)?")
_COMMENT = re.compile(r"(?:^|[ \t]+)#.*$")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")
_MAX_FURTHER = 500
_OTHER_KEY = re.compile(r"[A-Za-z][\w.-]{0,30}[ \t]*:(?:[ \t]|$)")
_FENCE = ("```", "~~~")


def scan(text: str, ids: Ids, yaml: bool = False) -> Raw:
    """Return the raw answers of a text; in YAML comments are cut and quotes are taken off."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    openings = [ids.opening(line) for line in lines]
    if not yaml and (simple := _simple(lines, openings)):
        return Raw(simple)
    for further in (ids.numbered_opening, ids.loose_opening):
        if any(opening is not None and opening.name for opening in openings):
            break
        openings = [one or further(line) for one, line in zip(openings, lines, strict=True)]
    plain = {opening.name for opening in openings if opening is not None and not opening.weak}
    raw = Raw()
    owner: Opening | None = None
    below: list[str] = []
    column = 1
    for line, opening in zip(lines, openings, strict=True):
        if "|" in line:
            column = answer_column(line, column)
        elif column > 1 and line.strip():
            column = 1
        if opening is not None and opening.weak and opening.name in plain:
            opening = None  # a sentence about it: the answer has a sign behind its id
        if opening is None or (ids.long and _inside(owner, opening, ids)):
            below.append(line)
            stray = ids.stray(line)
            if stray and (owner is None or owner.name not in ids.long | ids.tables.keys()):
                raw.unknown.append(stray)
            continue
        for part in ids.parted(opening):
            if part.row:
                part = part._replace(rest=_cell(part.rest, column - 1))
            if owner is not None:
                _store(raw, owner, below, ids, yaml)
            owner, below = part, []
    if owner is not None:
        _store(raw, owner, below, ids, yaml)
    return raw


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


def _inside(owner: Opening | None, opening: Opening, ids: Ids) -> bool:
    """Tell whether a line that looks like an id stands in the network that is handed in above.

    A network has keys of its own, among them `name`; its lines are indented or in a fence.
    """
    if owner is None or owner.name not in ids.long:
        return False
    return opening.indented or not opening.name


def _store(raw: Raw, opening: Opening, below: list[str], ids: Ids, yaml: bool) -> None:
    name, rest = opening.name, opening.rest
    if not name:
        raw.note(opening.key, _inline(rest, yaml))
    elif not rest and name in raw.answers and not any(map(str.strip, below)):
        return  # named once more, and nothing said
    elif raw.answers.get(name) or name in raw.tables:
        raw.problems.append(f"{name} is answered twice: the first answer counts")
    elif name in ids.tables:
        inline = [rest] if rest and not _BLOCK.fullmatch(rest) else []
        rows = read_rows("\n".join([*inline, *below]))
        if rows:
            raw.tables[name] = rows
    elif name in ids.long:
        raw.answers[name] = _block(rest, below)
    else:
        if ASKED.match(rest) and (answer := _value("", below, yaml)):
            rest, below = "", [answer]  # the question's text, and the answer below it
        raw.answers[name] = _value(rest, below, yaml)
        if rest and below and below[0].strip() and not (yaml and _BLOCK.fullmatch(rest)):
            raw.further[name] = _paragraph(below)


def _cell(rest: str, position: int) -> str:
    """Return a cell of what stands in a table's row behind an id, or '' if it has no such cell."""
    cells = row_cells(rest)
    return cells[position].strip() if position < len(cells) else ""


def _paragraph(below: list[str]) -> str:
    """Return the lines before the first blank one as one line."""
    until = next((i for i, line in enumerate(below) if not line.strip()), len(below))
    return " ".join(" ".join(below[:until]).split())[:_MAX_FURTHER]


def _value(rest: str, below: list[str], yaml: bool) -> str:
    """Return an answer from what stands behind its id and, if that is nothing, below it."""
    if rest and not (yaml and _BLOCK.fullmatch(rest)):
        if not yaml:
            return _unquoted(rest) if rest[0] in "'\"" and _QUOTED.fullmatch(rest) else rest
        opened = sum(map(rest.count, "([{")) - sum(map(rest.count, ")]}"))
        if opened > 0 and below:
            rest = f"{rest} {_paragraph(below)}"
        return _inline(rest, yaml)
    lines: list[str] = []
    plain = yaml and not rest  # in a block of YAML, quotes and `#` are part of the text
    for line in below:
        word = line.strip()
        if word.startswith(_FENCE):
            continue
        if word and not ((lines or yaml) and _OTHER_KEY.match(line)):
            lines.append(_inline(word.removeprefix("- ") if plain else word, plain))
        elif word or lines:
            break
    return "\n".join(lines)


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


def _block(rest: str, below: list[str]) -> str:
    """Return a text of several lines as it stands, without a common indent or a fence."""
    lines = [line for line in below if not line.strip().startswith(_FENCE)]
    first = [] if not rest or _BLOCK.fullmatch(rest) else [rest]
    return dedent("\n".join([*first, *lines])).strip("\n")
