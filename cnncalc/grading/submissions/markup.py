"""HTML -> text, as far as a homework needs it."""

from __future__ import annotations

import html
import re
from itertools import count

_START = re.compile(
    r"\s*<(?:!doctype|html|body|head|script|style|p|div|table|ul|ol|h[1-6]|span|br|b|strong)\b[^<>]*>",
    re.IGNORECASE,
)
_BREAK = re.compile(
    r"(?:<(?:/?(?:br|p|div|li|h\d|title|dt)|/tr|/dd|/table)\b(?<!/dt)[^<>]*>\s*)+", re.IGNORECASE
)
_ROW = re.compile(r"<tr\b[^<>]*>", re.IGNORECASE)
_CELL = re.compile(r"<t[dh]\b[^<>]*>", re.IGNORECASE)
_EDGES = re.compile(r"(<t[dh]\b[^<>]*>|</(?:t[dhr]|table)\b[^<>]*>)", re.IGNORECASE)
_NUMBERED = re.compile(r"<ol\b[^<>]*>(?:(?!<[ou]l\b|</ol).)*</ol", re.IGNORECASE | re.DOTALL)
_ITEM = re.compile(r"<li\b[^<>]*>", re.IGNORECASE)
_BOLD = re.compile(r"((?<!\s)\s+)?(</?)(?:b|strong)>(\s*)", re.IGNORECASE)
#: Between a term and what is said of it.
_TERM = re.compile(r"</dt>\s*<dd\b[^<>]*>|<dd\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_HIDDEN = re.compile(r"<(script|style)\b", re.IGNORECASE)


def looks_like_html(text: str) -> bool:
    """Tell whether a text begins with a tag of HTML."""
    return text.lstrip()[:1] == "<" and _START.match(text) is not None


def html_text(text: str) -> str:
    """Return the text of HTML with its lines, and its tables as Markdown's."""
    text = _NUMBERED.sub(_counted, _without_scripts(text))
    if _ROW.search(text):
        text = _barred(" ".join(map(str.strip, text.split("\n"))))  # only tags divide rows
    text = _BOLD.sub(_starred, _TERM.sub("\t", _BREAK.sub("\n", text)))
    text = _CELL.sub(" | ", _ROW.sub("\n", text))
    return html.unescape(_TAG.sub("", text))


def _starred(tag: re.Match[str]) -> str:
    """Return the mark of bold text; spaces at its ends belong outside."""
    space = f"{tag[1] or ''}{tag[3]}"
    return f"{space}**" if tag[2] == "<" else f"**{space or ' '}"


def _counted(match: re.Match[str]) -> str:
    """Return a numbered list with the numbers that a reader sees."""
    number = count(1)
    return _ITEM.sub(lambda item: f"{item.group()}{next(number)}. ", match.group())


def _barred(text: str) -> str:
    """Return HTML whose bars within the cells of tables are marked as belonging to them."""
    parts = _EDGES.split(text)
    for i in range(1, len(parts), 2):
        if not parts[i].startswith("</"):
            parts[i + 1] = parts[i + 1].replace("|", "\\|").replace("&#124;", "\\|")
    return "".join(parts)


def _without_scripts(text: str) -> str:
    parts, position = [], 0
    lower = text.lower()
    for match in _HIDDEN.finditer(text):
        if match.start() < position:
            continue
        end = lower.find("</" + match.group(1).lower(), match.end())
        if end < 0:
            break
        parts.append(text[position : match.start()])
        position = end
    return "".join([*parts, text[position:]])
