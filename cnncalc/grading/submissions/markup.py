"""HTML, and the documents of word processors, -> text with the lines that a reader sees."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

_START = re.compile(
    r"\s*<(?:!doctype|html|body|head|meta|script|style|p|div|table|ul|ol|h[1-6]|span|br|b|strong|pre)"
    r"\b[^<>]*>",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    ("p", "div", "li", "title", "dt", "dd", "pre", "section", "article", "blockquote", "ul", "ol")
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_HIDDEN = frozenset(("script", "style", "svg"))
_STRUCK = frozenset(("s", "del", "strike"))
_BOLD = frozenset(("b", "strong"))
#: What Word's and OpenDocument's elements are in HTML.
_NAMES = {
    "w:p": "p", "w:tbl": "table", "w:tr": "tr", "w:tc": "td", "w:br": "br", "w:cr": "br",
    "w:tab": "tab", "w:del": "del", "w:instrtext": "script", "text:p": "p", "text:h": "p",
    "table:table": "table", "table:table-row": "tr", "table:table-cell": "td",
    "text:line-break": "br", "text:tab": "tab", "text:s": "tab",
}  # fmt: skip
#: Where archives of word processors keep the text, and how much of it is read.
_BODIES = ("word/document.xml", "content.xml")
MAX_DOCUMENT = 8 * 1024 * 1024


def looks_like_html(text: str) -> bool:
    """Tell whether a text begins with a tag of HTML."""
    return text.lstrip()[:1] == "<" and _START.match(text) is not None


def html_text(text: str) -> str:
    """Return the text of HTML with its lines, and its tables as Markdown's."""
    page = _Page()
    page.feed(text)
    page.close()
    return page.text()


def document_text(data: bytes) -> str | None:
    """Return the text of a .docx or .odt file, or None if the bytes are none."""
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


class _Page(HTMLParser):
    """Collects lines; cells of a row end up in one line, divided by bars."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._cells: list[list[str]] | None = None
        self._numbers: list[int] = []
        self._hidden = ""
        self._struck = False
        self._pre = 0
        self._bold = False

    def text(self) -> str:
        """Return what was collected."""
        self._end_row()
        return "\n".join(self._lines)

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, a row or a cell."""
        tag = _NAMES.get(tag, tag)
        if tag in _HIDDEN:
            self._hidden = self._hidden or tag
        elif tag in _STRUCK:
            self._struck = True
        elif tag == "tr":
            self._end_row()
            self._cells = []
        elif tag in ("td", "th") and self._cells is not None:
            self._end_cell()
            self._cells.append([])
        elif tag in _BLOCKS or tag in _HEADINGS or tag in ("br", "table"):
            self._begin(tag)
        elif tag == "tab":
            self._line.append("\t")
        elif tag in _BOLD and not self._bold:
            self._bold = True
            self._line.append("**")

    def _begin(self, tag: str) -> None:
        self._end_line()
        if tag == "dd" and self._lines and self._cells is None:
            self._line = [self._lines.pop(), "\t"]  # behind its term
        elif tag in ("ul", "ol"):
            self._numbers.append(0 if tag == "ol" else -1)
        elif tag == "li" and self._numbers and self._numbers[-1] >= 0:
            self._numbers[-1] += 1
            self._line.append(f"{self._numbers[-1]}. ")
        elif tag in _HEADINGS:
            self._line.append("## ")
        self._pre += tag == "pre"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element without content."""
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """End what the tag began."""
        tag = _NAMES.get(tag, tag)
        if tag in _HIDDEN:
            self._hidden = "" if tag == self._hidden else self._hidden
        elif tag in _STRUCK:
            self._struck = False
        elif tag in ("tr", "table"):
            self._end_row()
        elif tag in _BOLD and self._bold:
            self._end_bold()
        elif tag in _BLOCKS or tag in _HEADINGS:
            self._end_line()
            if tag in ("ul", "ol") and self._numbers:
                self._numbers.pop()
            self._pre -= tag == "pre" and self._pre > 0

    def _end_bold(self) -> None:
        """Close bold text; spaces at its end belong outside."""
        self._bold = False
        last = self._line.pop() if self._line else ""
        kept = last.rstrip()
        self._line += [kept, "**", last[len(kept) :]] if kept != "**" else []

    def handle_data(self, data: str) -> None:
        """Add text; line ends are spaces but in `<pre>`."""
        if self._hidden or self._struck:
            return
        if self._pre and self._cells is None:
            first, *rest = data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            self._line.append(first)
            for line in rest:
                self._end_line(blank=True)
                self._line.append(line)
        else:
            if self._cells is not None:
                data = data.replace("|", "\\|")
            self._line.append(re.sub(r"[ \t\r\n]+", " ", data))

    def _end_line(self, blank: bool = False) -> None:
        text = "".join(self._line)
        self._line, self._struck = [], False  # what is struck out and never closed ends here
        if self._bold:
            text, self._line = text + "**", ["**"]
        text = text if self._pre else text.strip()
        if text.strip("* \t") or blank:
            (self._cells[-1] if self._cells else self._lines).append(text)

    def _end_cell(self) -> None:
        self._bold = False
        self._end_line()

    def _end_row(self) -> None:
        """Write the cells of a row as one line; a lone one is a frame around what is in it."""
        self._end_cell()
        cells, self._cells = self._cells, None
        if cells and len(cells) > 1:
            self._lines.append("| " + " | ".join(map(" ".join, cells)) + " |")
        elif cells:
            self._lines += [line.replace("\\|", "|") for line in cells[0]]
