"""Plain text, Markdown and HTML: text that is safe in each, and the blocks a page is made of.

What students and rosters supply passes `prose` or `verbatim`. Only an instructor's own question may
hold markup (`trusted`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cnncalc import escaping

MAX_SHOWN = 200
#: Control characters, and those that turn the direction of what follows them.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SPAN = re.compile("`([^`]*)`")


def tidy(text: str) -> str:
    """Return a text on one line, without characters that cannot be seen."""
    if text.isprintable() and "  " not in text:  # the usual case, without a pattern
        return text.strip()
    return " ".join(_UNSEEN.sub("", text).split())


def shortened(raw: str) -> str:
    """Return what a student typed on one line and in bounds."""
    text = raw
    if not raw.isprintable():
        text = _UNSEEN.sub("", " ⏎ ".join(raw.splitlines())).replace("\t", " ")
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


class PlainText:
    """Plain text, for systems that show a result as it is."""

    name = "text"

    def prose(self, text: str) -> str:
        """Return a sentence; pairs of backticks in it mark code."""
        return tidy(text)

    def trusted(self, text: str) -> str:
        """Return an instructor's text, which may be markup itself."""
        return text

    def verbatim(self, raw: str) -> str:
        """Return what a student typed, letter by letter; '' for nothing."""
        return shortened(raw)

    def heading(self, _rank: int, text: str) -> str:
        """Return a heading of a rank from 1."""
        return f"{text}\n\n"

    def paragraph(self, text: str) -> str:
        """Return a paragraph of text that is safe already."""
        return f"{text}\n\n"

    def lines(self, lines: Sequence[str], mark: str = "    ") -> str:
        """Return lines, each by itself behind a mark; those of a list begin with `- `."""
        return "".join([f"{mark}{line}\n" for line in lines]) + "\n" if lines else ""

    def row(self, cells: Sequence[str]) -> str:
        """Return one row of a table."""
        return " | ".join(cells) + "\n"

    def table(self, head: Sequence[str], rows: Sequence[str]) -> str:
        """Return a table of rows that `row` made."""
        return self.row(head) + "".join(rows) + "\n"

    def page(self, _title: str, body: str) -> str:
        """Return a whole document."""
        return body


class Markdown(PlainText):
    """Markdown as GitHub reads it."""

    name = "md"

    def prose(self, text: str) -> str:
        return escaping.markdown(tidy(text))

    def trusted(self, text: str) -> str:
        return text.replace("<", "&lt;")

    def verbatim(self, raw: str) -> str:
        text = shortened(raw)
        return escaping.markdown_code(text) if text.strip() else ""

    def heading(self, rank: int, text: str) -> str:
        return "#" * rank + f" {text}\n\n"

    def row(self, cells: Sequence[str]) -> str:
        return escaping.markdown_row(cells) + "\n"

    def table(self, head: Sequence[str], rows: Sequence[str]) -> str:
        return self.row(head) + "|" + " --- |" * len(head) + "\n" + "".join(rows) + "\n"


class Html(PlainText):
    """HTML that needs no other file."""

    name = "html"

    def prose(self, text: str) -> str:
        return coded(escaping.html(tidy(text)))

    def trusted(self, text: str) -> str:
        return self.prose(text)

    def verbatim(self, raw: str) -> str:
        text = shortened(raw)
        return f"<code>{escaping.html(text)}</code>" if text.strip() else ""

    def heading(self, rank: int, text: str) -> str:
        return f"<h{rank}>{text}</h{rank}>\n"

    def paragraph(self, text: str) -> str:
        return f"<p>{text}</p>\n"

    def lines(self, lines: Sequence[str], mark: str = "    ") -> str:
        if mark.strip() and lines:
            items = "".join([f"<li>{self.prose(line)}</li>" for line in lines])
            return f"<ul>{items}</ul>\n"
        return "<pre>" + escaping.html("\n".join(lines)) + "</pre>\n" if lines else ""

    def row(self, cells: Sequence[str]) -> str:
        first, *rest = cells
        return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{c}</td>" for c in rest)}</tr>\n'

    def table(self, head: Sequence[str], rows: Sequence[str]) -> str:
        heads = "".join([f'<th scope="col">{name}</th>' for name in head])
        body = "".join(rows)
        return f"{_TABLE}\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"

    def page(self, title: str, body: str) -> str:
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width">\n'
            f"<title>{escaping.html(tidy(title))}</title>\n<style>{_STYLE}</style>\n</head>\n"
            f"<body>\n{body}</body>\n</html>\n"
        )


def coded(safe: str) -> str:
    """Return safe HTML in which what stands between pairs of backticks is code."""
    return _SPAN.sub(lambda span: f"<code>{span[1]}</code>" if span[1].strip() else span[1], safe)


_TABLE = '<table border="1" cellpadding="6">'  # word processors know no styles
_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#111;"
    "background:#fff}table{border-collapse:collapse}"
    "td,th{border:1px solid #777;padding:.2em .5em;text-align:left;vertical-align:top;"
    "max-width:18em;overflow-wrap:break-word}td:nth-child(5){white-space:nowrap}"
    "tbody th{font-weight:normal}code,pre{background:#eee;overflow-wrap:break-word}"
    "pre{padding:.5em;white-space:pre-wrap}@media print{body{margin:0;max-width:none}"
    "h2{break-after:avoid}tr,pre{break-inside:avoid}}td{min-width:5em}section{break-after:page}"
)
MARKUPS: dict[str, PlainText] = {one.name: one for one in (PlainText(), Markdown(), Html())}
