"""Bytes -> text, whatever program wrote them; what is no text at all is said by name."""

from __future__ import annotations

import codecs
import re

MAX_BYTES = 1024 * 1024

_MAGIC = (
    (b"%PDF", "a PDF file"), (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\x89PNG", "a PNG image"), (b"\xff\xd8\xff", "a JPEG image"), (b"GIF8", "a GIF image"),
    (b"\xd0\xcf\x11\xe0", "an old office document"), (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"), (b"7z\xbc\xaf", "a 7z archive"),
    (b"{\\rtf", "a rich-text document"), (b"\x7fELF", "a program"), (b"MZ\x90", "a program"),
)  # fmt: skip
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"), (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_STRANGE = re.compile(r"[^\t\n\r\f -~\xa0-\ud7ff\ue000-\ufffc\U00010000-\U0010ffff]")


class Unreadable(Exception):
    """A file holds no answers that could be read; the message says why."""


def decode(data: bytes) -> str:
    """Return the text of a file: UTF-8, UTF-16 with or without a mark, or Latin-1 (Windows').

    Raises Unreadable for an empty or a too large file and for one that is no text.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(f"larger than {MAX_BYTES // 1024:,} KiB")
    for mark, name in _MAGIC:
        if data.startswith(mark):
            raise Unreadable(f"{name}, not a text")
    encoding, start = encoding_of(data[:400])
    try:
        text = data[start:].decode(encoding, "strict" if encoding == "utf-8" else "replace")
    except UnicodeDecodeError:
        # One stray byte must not spoil what is well written elsewhere.
        text = "".join(map(windows_text, data[start:].splitlines(keepends=True)))
    text = text.replace("\x00", "") if "\x00" in text else text
    if not text.strip():
        raise Unreadable("the file is empty")
    if 10 * len(_STRANGE.findall(text, 0, 4000)) > min(len(text), 4000):
        raise Unreadable("not a text")
    return text


def encoding_of(head: bytes) -> tuple[str, int]:
    """Return the encoding that the first bytes of a file show, and the length of its mark."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, len(mark)
    if head.count(0) * 4 > len(head):
        # Every second byte is zero: UTF-16 without a mark, in one order or the other.
        little = head[1::2].count(0) >= head[::2].count(0)
        return "utf-16-le" if little else "utf-16-be", 0
    return "utf-8", 0


def windows_text(data: bytes) -> str:
    """Return the text of some bytes: UTF-8, or Windows' Latin-1, which has signs such as × and –;
    bytes it leaves empty are Latin-1's."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(bytes((byte,)).decode("cp1252", "ignore") or chr(byte) for byte in data)
