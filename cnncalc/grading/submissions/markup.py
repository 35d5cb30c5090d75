"""HTML -> text, as far as a homework needs it."""

from __future__ import annotations

import html
import re

_START = re.compile(
    r"\s*<(?:!doctype|html|body|head|script|style|p|div|table|ul|ol|h[1-6]|span|br|b|strong)\b[^<>]*>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/tr|/h\d|/title)\b[^<>]*>", re.IGNORECASE)
_ROW = re.compile(r"<tr\b[^<>]*>", re.IGNORECASE)
_CELL = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_HIDDEN = re.compile(r"<(script|style)\b", re.IGNORECASE)


def looks_like_html(text: str) -> bool:
    """Tell whether a text begins with a tag of HTML."""
    return text.lstrip()[:1] == "<" and _START.match(text) is not None


def html_text(text: str) -> str:
    """Return the text of HTML with its lines, and its tables as Markdown's."""
    text = _without_scripts(text)
    if _ROW.search(text):
        text = re.sub(r"\s*\n\s*", " ", text)  # only tags divide rows
    text = _CELL.sub(" | ", _ROW.sub("\n| ", _BREAK.sub("\n", text)))
    return html.unescape(_TAG.sub("", text))


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
