"""Text that is not ours, made safe for the format that it enters: terminals, Markdown, HTML, LaTeX.

Names, sources and paths may hold anything. Each format has one function here, and whoever writes
that format passes such text through it. A pair of backticks marks code in our own sentences and
stays so; whatever else would be read as markup shows as the signs that it is.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

TAB_WIDTH = 4

#: What moves a cursor, changes colours, breaks lines, turns the direction of writing or cannot be
#: written to a file, as ranges of code points: control characters, separators and directions,
#: halves of pairs, marks of byte order.
UNSEEN = ((0, 0x1F), (0x7F, 0x9F), (0x2028, 0x202E), (0x2066, 0x2069), (0xD800, 0xDFFF),
          (0xFEFF, 0xFEFF), (0xFFFE, 0xFFFF))  # fmt: skip

#: What Markdown would read as markup, wherever it stands.
_MARKDOWN = {c: "\\" + c for c in "\\*[]~$`"} | {"<": "&lt;"}
_SOMEWHERE = frozenset((*_MARKDOWN, "_", "&"))
_LATEX = {
    "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}",
    "…": r"\ldots{}", "×": r"$\times$", "·": r"$\cdot$", "→": r"$\to$", "Δ": r"$\Delta$",
    "<": r"$<$", ">": r"$>$", "≤": r"$\leq$", "≥": r"$\geq$", "≈": r"$\approx$",
    "−": "-", "–": "--",
}  # fmt: skip
#: Letters beyond ASCII that every LaTeX's fonts have; others are named by their number.
_LATEX_LETTERS = "áàâäãåæçéèêëíìîïñóòôöõøúùûüýÿßÁÀÂÄÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝ"


def visible(text: str, keep: str = "") -> str:
    """Return a text with what is `UNSEEN`, but for the characters in `keep`, as escapes."""
    if text.isprintable():  # the usual case
        return text
    return "".join([escape(c) if is_unseen(c) and c not in keep else c for c in text])


def is_unseen(char: str) -> bool:
    """Return whether a character could move or hide what stands around it."""
    code = ord(char)
    return any(first <= code <= last for first, last in UNSEEN)


def visible_char(char: str, column: int = 0) -> str:
    """Return `char`, a tab as spaces up to the next stop, or its escape if it does not print."""
    if char == "\t":
        return " " * (TAB_WIDTH - column % TAB_WIDTH)
    if char.isprintable() or char == "\u3000":  # the ideographic space is harmless
        return char
    return escape(char)


def escape(char: str) -> str:
    """Return the escape of a character, as a program would write it."""
    code = ord(char)
    if code < 0x100:
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible_lines(text: str) -> str:
    """Return a text of many lines with what is `UNSEEN`, but for ends of lines, as escapes."""
    if text.replace("\n", "").isprintable():  # the usual case
        return text
    # CSV ends its lines with `\r\n`.
    lines = [visible(line, keep="\t") for line in text.replace("\r\n", "\n").split("\n")]
    return ("\r\n" if "\r\n" in text else "\n").join(lines)


def markdown(text: str) -> str:
    """Return a text on one line that Markdown shows as it is, but for code between backticks."""
    text = visible(text)
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick without a partner
        parts[-2:] = ["`".join(parts[-2:])]
    shown = [markdown_code(part) if i % 2 else _plain(part) for i, part in enumerate(parts)]
    return _start_kept("".join(shown))


def markdown_code(text: str) -> str:
    """Return a text as code in Markdown, shown letter by letter."""
    text = visible(text)
    if not text.strip():
        return f"`{text}`" if text else ""
    if "`" not in text:
        return f"`{text}`"
    longest = max(
        [len(run) for run in "".join([c if c == "`" else " " for c in text]).split()] or [0]
    )
    fence = "`" * (longest + 1)
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def markdown_row(cells: Iterable[str]) -> str:
    """Return a row of a table in Markdown, of cells that are Markdown already."""
    return "| " + " | ".join([_bars_kept(cell) if "|" in cell else cell for cell in cells]) + " |"


def _bars_kept(cell: str) -> str:
    """Return a cell whose bars each stand behind an odd number of backslashes, in code too."""
    first, *parts = cell.split("|")
    shown = first
    for part in parts:
        before = len(shown) - len(shown.rstrip("\\"))
        shown += ("\\\\|" if before % 2 else "\\|") + part
    return shown


def _plain(text: str) -> str:
    """Return a text without markup; underscores within words are letters."""
    if _SOMEWHERE.isdisjoint(text):  # the usual case
        return text
    last = len(text) - 1
    shown = []
    for i, char in enumerate(text):
        mark = _MARKDOWN.get(char, char)
        if char == "_" and not (0 < i < last and text[i - 1].isalnum() and text[i + 1].isalnum()):
            mark = r"\_"
        elif char == "&" and text[i + 1 : i + 2] and (text[i + 1] == "#" or text[i + 1].isalpha()):
            mark = "&amp;"
        shown.append(mark)
    return "".join(shown)


def _start_kept(text: str) -> str:
    """Return a text that begins no heading, list, quotation or rule."""
    mark, _, _ = text.lstrip(" ").partition(" ")
    if mark[:1] == ">" or (mark and set(mark) <= set("#+-=")):
        return text.replace(mark[0], "\\" + mark[0], 1)
    if mark[:-1].isdigit() and mark[-1] in ".)":
        return text.replace(mark, f"{mark[:-1]}\\{mark[-1]}", 1)
    return text


def html(text: str) -> str:
    """Return a text that HTML, SVG and XML show as it is, within elements and attributes."""
    from html import escape

    return escape(visible(text, keep="\n"))


def latex(text: str) -> str:
    """Return a text that LaTeX prints as it is; letters that its fonts lack go by their number."""
    return "".join([_LATEX.get(char) or _latex_letter(char) for char in visible(text)])


def _latex_letter(char: str) -> str:
    return char if char.isascii() or char in _LATEX_LETTERS else f"[U+{ord(char):04X}]"
