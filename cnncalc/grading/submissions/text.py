"""Bytes -> text, whatever program wrote them: encodings, HTML, documents of word processors.

What a reader of HTML sees in lines ends up in lines, and its tables as Markdown's.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

from cnncalc.diagnostics import UsageError
from cnncalc.grading.files import MAX_BYTES, why
from cnncalc.language.files import missing

_MAGIC = {
    b"%PDF": "a PDF file", b"PK\x03\x04": "a zip archive or an office document",
    b"{\\rtf": "a rich-text document", b"\xd0\xcf\x11\xe0": "an old office document",
    b"\x89PNG": "an image", b"\xff\xd8\xff": "an image",
}  # fmt: skip
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_START = re.compile(
    r"\s*<(?:!doctype|html|body|head|meta|script|style|p|div|table|ul|ol|h[1-6]|span|br|b|strong|pre)"
    r"\b[^<>]*>",
    re.IGNORECASE,
)
#: What elements do, those of Word and OpenDocument too; all others are text.
_ROLES = {
    tag: role
    for role, tags in {
        "line": "p div li dt dd pre section article blockquote ul ol br table w:p w:tbl w:br"
        " w:cr text:p text:h table:table text:line-break",
        "heading": "h1 h2 h3 h4 h5 h6",
        "row": "tr w:tr table:table-row",
        "cell": "td th w:tc table:table-cell",
        "bold": "b strong",
        "tab": "w:tab text:tab text:s",
        "struck": "s del strike w:del",
        "hidden": "script style svg title w:instrtext",
    }.items()
    for tag in tags.split()
}
#: Where archives of word processors keep the text, and how much of it is read.
_BODIES = ("word/document.xml", "content.xml")
MAX_DOCUMENT = 8 * 1024 * 1024
_BOLD = re.compile("\0([^\0]+)\0")
#: A text that is quoted as a whole, as in mails.
_ALL_QUOTED = re.compile(r"(?:[ \t]*(?:>.*)?\n)*[ \t]*(?:>.*)?")
_UNSEEN = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
_HARD = re.compile(r"(?<!\d)\xa0|\xa0(?!\d)")
#: In Markdown a sign behind a backslash is that sign; what begins LaTeX is left as it is.
_ESCAPED = re.compile(r"\\([*_#+\-.~<>=^`'&])")
#: What Google Docs writes behind a heading: `## **q1 (2 points)** {#q1-(2-points)}`.
_ANCHOR = re.compile(r"(?m)(?<=^#)(.*?)[ \t]*\{#[^\s{}]*\}[ \t]*$")
_BLANK = re.compile("_{3,}")
_BREAK = re.compile(r"(?m)^([^|\n]*?)<br ?/?>")


class Unreadable(Exception):
    """A file holds no answers that could be read; the message says why."""


@contextmanager
def needed(what: str, path: str) -> Iterator[None]:
    """Raise UsageError if a file (`what` it is) that a run cannot do without cannot be read."""
    try:
        yield
    except FileNotFoundError:
        raise missing(path, what) from None
    except (OSError, Unreadable) as error:
        raise UsageError(f"cannot read the {what} `{path}`: {why(error)}") from None


def decode(data: bytes, most: int = MAX_BYTES) -> str:
    """Return the text of a file: UTF-8, UTF-16, or Windows' Latin-1.

    Raises Unreadable for an empty or a too large file and for one that is no text.
    """
    if len(data) > most:
        raise Unreadable(f"larger than {most // 1024:,} KiB")
    for mark, name in _MAGIC.items():
        if data.startswith(mark):
            raise Unreadable(f"{name}, not a text")
    text = data.decode(encoding_of(data), "windows").replace("\x00", "")
    if not text.strip():
        raise Unreadable("the file is empty")
    return text


def encoding_of(head: bytes) -> str:
    """Return the encoding that the first bytes of a file show."""
    marked = next((name for mark, name in _BOMS.items() if head.startswith(mark)), "")
    if not marked and 4 * head.count(0, 0, 400) > len(head[:400]):  # every second byte is a zero
        return "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
    return marked or "utf-8"


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are no UTF-8 as Windows' Latin-1; those that it leaves empty as Latin-1's."""
    assert isinstance(error, UnicodeDecodeError)
    strange = error.object[error.start : error.end]
    return "".join(bytes((b,)).decode("cp1252", "ignore") or chr(b) for b in strange), error.end


codecs.register_error("windows", _as_windows)


def looks_like_html(text: str) -> bool:
    """Tell whether a text begins with a tag of HTML."""
    return text.lstrip()[:1] == "<" and _START.match(text) is not None


def html_text(text: str) -> str:
    """Return the text of HTML with its lines, and its tables as Markdown's."""
    page = _Page()
    page.feed(text)
    page.close()
    page.end_row()
    return "\n".join(page.lines)


def document_text(data: bytes) -> str | None:
    """Return the text of a .docx or .odt file, or None if the bytes are none."""
    if not data.startswith(b"PK"):
        return None
    import zipfile  # not cheap to import, and few submissions are such files

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            name = next((name for name in _BODIES if name in archive.namelist()), None)
            if name is None:
                return None
            with archive.open(name) as file:
                return html_text(file.read(MAX_DOCUMENT).decode("utf-8", "replace"))
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
        return None


def seen(data: bytes) -> str:
    """Return the text of a page or a document as it is seen, and that of any other file."""
    text = document_text(data) or decode(data)
    return html_text(text) if looks_like_html(text) else text


def cleaned(text: str) -> str:
    """Return a text without what editors put into it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = _HARD.sub(" ", _UNSEEN.sub("", text))
    if ">" in text and _ALL_QUOTED.fullmatch(text):
        text = re.sub(r"(?m)^[ \t]*> ?", "", text)
    if "<br" in text or "&nbsp;" in text:
        text = _BREAK.sub(r"\1\n", text.replace("&nbsp;", " "))
    if "{#" in text:
        text = _ANCHOR.sub(r"\1", text)
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    return _BLANK.sub(" ", text) if "___" in text else text


class _Page(HTMLParser):
    """Collects lines; cells of a row end up in one line, divided by bars."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._line: list[str] = []
        self._cells: list[list[str]] | None = None
        self._numbers: list[int] = []  # of the lists that are open; negative for bullets
        self._hidden = ""
        self._struck = False
        self._pre = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, a row or a cell."""
        role = _ROLES.get(tag)
        if role == "hidden":
            self._hidden = self._hidden or tag
        elif role == "struck":
            self._struck = True
        elif role == "row":
            self.end_row()
            self._cells = []
        elif role == "cell" and self._cells is not None:
            self._end_line()
            self._cells.append([])
        elif role in ("tab", "bold"):
            self._line.append("\t" if role == "tab" else "\0")
        elif role in ("line", "heading"):
            self._end_line()
            self._pre += tag == "pre"
            if tag in ("ul", "ol"):
                self._numbers.append(0 if tag == "ol" else -1_000_000)
            elif tag == "li" and self._numbers:
                self._numbers[-1] += 1
                self._line += [f"{self._numbers[-1]}. "] if self._numbers[-1] > 0 else []
            self._line += ["## "] if role == "heading" else []

    def handle_endtag(self, tag: str) -> None:
        """End what the tag began."""
        role = _ROLES.get(tag)
        if tag == self._hidden:
            self._hidden = ""
        elif role == "struck":
            self._struck = False
        elif role == "row" or tag in ("table", "w:tbl", "table:table"):
            self.end_row()
        elif role == "bold":
            self._line.append("\0")
        elif role in ("line", "heading"):
            self._end_line()
            del self._numbers[len(self._numbers) - (tag in ("ul", "ol")) :]
            self._pre = max(0, self._pre - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        """Add text; line ends are spaces but in `<pre>`."""
        if self._hidden or self._struck:
            return
        if self._pre and self._cells is None:
            first, *rest = re.split(r"\r\n|\r|\n", data)
            self._line.append(first)
            for line in rest:
                self._end_line(blank=True)
                self._line.append(line)
        else:
            data = data if self._cells is None else data.replace("|", "\\|")
            self._line.append(re.sub(r"[ \t\r\n]+", " ", data))

    def _end_line(self, blank: bool = False) -> None:
        # Spaces at the ends of bold text belong outside.
        text = _BOLD.sub(lambda bold: f"**{bold[1].strip()}** ", "".join(self._line))
        text = text.replace("**** ", " ").replace("\0", "")
        text = text if self._pre else text.strip()
        if text.strip() or blank:
            (self._cells[-1] if self._cells else self.lines).append(text)
        self._line, self._struck = [], False  # what is struck out and never closed ends here

    def end_row(self) -> None:
        """Write the cells of a row as one line; a lone one is a frame around what is in it."""
        self._end_line()
        cells, self._cells = self._cells, None
        if cells and len(cells) > 1:
            self.lines.append("| " + " | ".join(map(" ".join, cells)) + " |")
        elif cells:
            self.lines += [line.replace("\\|", "|") for line in cells[0]]
