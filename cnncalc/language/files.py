"""From a path, or `-`, to a `Source`: every file that is no spec is refused before it is parsed."""

from __future__ import annotations

import os
import stat
import sys
from functools import lru_cache

from cnncalc.diagnostics import Diagnostic, Source, Span, SpecError, UsageError, quoted, suggest
from cnncalc.escaping import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

MAX_BYTES = 2 * 1024 * 1024

UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read(path: str | os.PathLike[str], most: int = MAX_BYTES) -> Source:
    """Return the text of a file, or of standard input for `-`, under the name it was given.

    `most` are the bytes that a file may have. Raises UsageError if there is no such file or it is
    no regular file, and SpecError if its content cannot be a spec: too large, or not UTF-8 text.
    """
    name = os.fspath(path)
    if name == "-":
        name, data = "<stdin>", _read_standard_input()
    else:
        data = _read_file(name, most)
    if len(data) > most:
        _refuse_size(name)
    return Source(name, _decode(name, data))


def missing(path: str, what: str = "file") -> UsageError:
    """Return the error that there is no such file, with the one in its folder that is meant."""
    folder, name = os.path.split(path)
    try:
        near = suggest(name, sorted(os.listdir(folder or ".")))
        help = f"did you mean `{visible(os.path.join(folder, near))}`?" if near else None
    except (OSError, ValueError):
        help = f"there is no folder `{visible(folder)}` either"
    return UsageError(f"there is no {what} `{visible(path)}`", help)


def check_characters(source: Source) -> None:
    """Raise SpecError at the first character that has no business in a spec.

    Control characters could hide or move what a reader sees. The line ends that only YAML knows
    (NEL, and Unicode's line and paragraph separators) would make our line numbers differ from
    an editor's.
    """
    text = source.text
    if len(text) > MAX_BYTES:
        _refuse_size(source.name)
    positions = [text.find(char) for char in _UNWANTED[: None if not text.isascii() else 30]]
    found = [position for position in positions if position >= 0]
    if not found:
        return
    at = min(found)
    code = ord(text[at])
    what = "a NUL byte" if code == 0 else f"the character U+{code:04X}"
    help = "delete it" if code else "a spec is plain text in UTF-8"
    raise SpecError(Diagnostic(f"{what} is not allowed in a spec", _span_at(source, at), help))


# ASCII's control characters first: an ASCII text is searched for those alone.
_UNWANTED = [chr(code) for code in range(0x20) if chr(code) not in "\t\n\r"] + ["\x7f"]
_UNWANTED += [chr(code) for code in range(0x80, 0xA0)]
_UNWANTED += ["\u2028", "\u2029", "\ufeff", "\ufffe", "\uffff"]


def _read_file(name: str, most: int) -> bytes:
    try:
        # A FIFO or a device is never opened: to open one may wait for ever.
        mode = os.stat(name).st_mode
        if not stat.S_ISREG(mode):
            _refuse_kind(name, mode)
        with open(name, "rb") as file:
            return file.read(most + 1)
    except FileNotFoundError:
        raise missing(name) from None
    except OSError as error:
        raise UsageError(f"cannot read {quoted(name)}: {_reason(error)}") from None
    except ValueError:  # a NUL character in the name
        raise UsageError(f"{quoted(name)} cannot be the name of a file") from None


def _refuse_kind(name: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise UsageError(f"{quoted(name)} is a directory", "give the path of a YAML file")
    kind = "a FIFO" if stat.S_ISFIFO(mode) else "a device or a socket"
    help = "to read a spec from a pipe, give `-` and redirect standard input"
    raise UsageError(f"{quoted(name)} is {kind}, not a file", help)


def _read_standard_input() -> bytes:
    stream: BinaryIO | None = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise UsageError("standard input is closed", "give the path of a YAML file")
    try:
        return _whole(stream)
    except OSError as error:
        raise UsageError(f"cannot read standard input: {_reason(error)}") from None


@lru_cache(maxsize=1)
def _whole(stream: BinaryIO) -> bytes:
    """Return what a stream holds; it can be read once, but a command may ask for it again."""
    return stream.read(MAX_BYTES + 1)


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _refuse_size(name: str) -> None:
    size = f"is larger than {MAX_BYTES // 1024**2} MiB, the most that a spec may have"
    raise SpecError(
        Diagnostic(f"{quoted(name)} {size}", help="`repeat` and `blocks` keep it small")
    )


def _decode(name: str, data: bytes) -> str:
    if data[:2] in UTF16_MARKS or data[:4].count(0) in (2, 3):
        message = f"{quoted(name)} is encoded in UTF-16 or UTF-32"
        raise SpecError(Diagnostic(message, help="save it as UTF-8"))
    data = data.removeprefix(UTF8_MARK)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if b"\0" in data:
            help = "a spec is plain text; a model file is known by its ending, such as `.onnx`"
            raise SpecError(Diagnostic(f"{quoted(name)} is no text", help=help)) from None
        before = data[: error.start].decode("utf-8")
        source = Source(name, before + data[error.start :].decode("utf-8", "replace"))
        message = f"the byte 0x{data[error.start]:02X} is not UTF-8 text"
        span = _span_at(source, len(before))
        raise SpecError(Diagnostic(message, span, "save the file as UTF-8")) from None


def _span_at(source: Source, position: int) -> Span:
    before = source.text[:position].replace("\r\n", "\n").replace("\r", "\n")
    return Span(source, before.count("\n") + 1, position - _line_start(source.text, position) + 1)


def _line_start(text: str, position: int) -> int:
    return max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1
