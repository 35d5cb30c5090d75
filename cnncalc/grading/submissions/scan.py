"""Finds `id: answer` in any text: plain, YAML or Markdown, line by line.

A YAML loader is never asked: it would turn `32:32:10` into a number, `{32,32,10}` into a mapping,
and would give up the whole file for one stray colon. A line that begins with a known id begins an
answer; everything else belongs to the answer before it, or to nobody.
"""

from __future__ import annotations

import re
from textwrap import dedent

from cnncalc.grading.submissions.ids import Ids, folded
from cnncalc.grading.submissions.raw import PERSON, TIMES, Raw
from cnncalc.grading.submissions.tables import read_rows

_BLOCK = re.compile(r"[|>][+-]?\d?[ \t]*(?:#.*)?")
_COMMENT = re.compile(r"(?:^|[ \t]+)#.*$")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")
_OTHER_KEY = re.compile(r"[A-Za-z][\w.-]{0,30}[ \t]*:(?:[ \t]|$)")
_FENCE = re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE)
_META = {folded(word) for word in (*PERSON, *TIMES)}


def scan(text: str, ids: Ids, yaml: bool = False) -> Raw:
    """Return the raw answers of a text; in YAML comments are cut and quotes are taken off."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    raw = Raw()
    matches = list(ids.line.finditer(text))
    answers = [m for m in matches if folded(m.group(2)) not in _META]
    if not answers and ids.numbered_line is not None:
        matches = sorted(
            [*matches, *ids.numbered_line.finditer(text)], key=lambda match: match.start()
        )
    owner = None
    for position, match in enumerate(matches):
        end = matches[position + 1].start() if position + 1 < len(matches) else len(text)
        name = folded(match.group(2))
        rest, below = match.group(3), text[match.end() : end]
        if name in _META and name not in ids.names:
            raw.note(match.group(2), _inline(rest, yaml))
            continue
        found = ids.names.get(name) or ids.numbered.get(match.group(2)) or ""
        if owner in ids.long and match.group(1) and len(match.group(1)) > 0:
            continue  # a line of a network handed in that looks like an id
        owner = found
        _store(raw, found, rest, below, match, ids, yaml)
    return raw


def _store(
    raw: Raw, name: str, rest: str, below: str, match: re.Match[str], ids: Ids, yaml: bool
) -> None:
    if name in raw.answers or name in raw.tables:
        raw.problems.append(f"{name} is answered twice: the first answer counts")
        return
    if name in ids.tables:
        inline = rest if rest and not _BLOCK.fullmatch(rest) else ""
        rows = read_rows((inline + "\n" + below) if inline else below)
        if rows:
            raw.tables[name] = rows
        return
    if name in ids.long:
        raw.answers[name] = _block(rest, below)
        return
    whole_line = match.group(0).lstrip()
    if whole_line.startswith("|"):
        rest = rest.split("|")[0]
    raw.answers[name] = _value(rest.strip(), below, yaml)


def _value(rest: str, below: str, yaml: bool) -> str:
    """Return an answer from what stands behind its id and, if that is nothing, below it."""
    if rest and not (yaml and _BLOCK.fullmatch(rest)):
        opened = sum(map(rest.count, "([{")) - sum(map(rest.count, ")]}"))
        if opened > 0 and yaml:
            rest += " " + " ".join(below.split("\n\n")[0].split())
        return _inline(rest, yaml)
    lines: list[str] = []
    for line in _FENCE.sub("", below).split("\n"):
        word = line.strip()
        if word and (not yaml or line[:1] in " \t") and not (lines and _OTHER_KEY.match(line)):
            lines.append(_inline(word.removeprefix("- ") if yaml else word, yaml))
        elif word or lines:
            break
    return "\n".join(lines)


def _inline(rest: str, yaml: bool) -> str:
    word = rest.strip()
    if not yaml:
        return word
    if word[:1] in ("'", '"'):
        match = _QUOTED.match(word)
        if match and not _COMMENT.sub("", word[match.end() :]).strip():
            return _unquoted(match.group())
    return _COMMENT.sub("", word).strip()


def _unquoted(text: str) -> str:
    inner = text[1:-1]
    if text[0] == "'":
        return inner.replace("''", "'")
    pairs = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\\\": "\\"}
    return re.sub(r"\\[nt\"\\]", lambda match: pairs[match.group()], inner)


def _block(rest: str, below: str) -> str:
    """Return a text of several lines as it stands, without a common indent or a fence."""
    text = below if not rest or _BLOCK.fullmatch(rest) else rest + "\n" + below
    return dedent(_FENCE.sub("", text)).strip("\n")
