"""Files that hold networks: opened with limits, and faults shown at their place."""

from __future__ import annotations

import os

from cnncalc.diagnostics import Diagnostic, Source, Span, SpecError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: No description of a network is longer than this; weights lie elsewhere.
MOST_BYTES = 16 << 20
#: No whole number of a network is as large.
LARGEST = 1 << 53
#: An archive with more entries is no model; so many are listed in a few hundredths of a second.
MOST_ENTRIES = 20_000
#: The end of an archive says how many entries it has; a comment of this length may follow.
LONGEST_COMMENT = 1 << 16
END = b"PK\x05\x06"
#: An entry may become so many times longer when it is unpacked; text of ones and zeros does not.
MOST_GROWTH = 200


def error_in(path: str, message: str, help: str | None = None) -> SpecError:
    """Return an error about a file, to be raised."""
    return SpecError(Diagnostic(f"{os.path.basename(path)}: {message}", None, help))


def needed(package: str, what: str, extra: str = "") -> Any:
    """Return a package; raises `UsageError` with what to install where it is missing.

    `what` needs it, and the extra of that name, by default the package's own, brings it.
    """
    try:
        return __import__(package)
    except ImportError:
        help = f"pip install 'cnncalc[{extra or package}]'"
        raise UsageError(f"{what} needs the `{package}` package", help) from None


def read_text(path: str) -> Source:
    """Return the text of a file; raises `UsageError` or `SpecError` where it cannot be read."""
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise UsageError(f"cannot read {path}: {fault.strerror or fault}") from None
    if len(data) > MOST_BYTES:
        raise error_in(path, f"a description of a network has at most {MOST_BYTES >> 20} MiB")
    if b"\0" in data:
        raise error_in(path, "it is not text", "weights cannot be read")
    return Source(os.path.basename(path), data.decode("utf-8", "replace").removeprefix("\ufeff"))


class Place:
    """Where something stands in a text: its line and column, from 1, and how long it is."""

    __slots__ = ("column", "length", "line", "source")

    def __init__(self, source: Source, line: int, column: int = 1, length: int = 1) -> None:
        self.source = source
        self.line = line
        self.column = column
        self.length = length

    def error(self, message: str, help: str | None = None) -> SpecError:
        """Return an error at this place, to be raised."""
        span = Span(self.source, self.line, self.column, max(self.length, 1))
        return SpecError(Diagnostic(message, span, help))

    def placed(self, error: SpecError) -> SpecError:
        """Return an error with this place, unless it has one."""
        first = error.diagnostics[0]
        if first.span is not None:
            return error
        return self.error(first.message.removeprefix(f"{self.source.name}: "), first.help)


class Settings:
    """Named values of a text: each with all that it is given, and their places.

    What is asked for as a number or a word and is none raises `SpecError` at its place.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.fields: dict[str, list[tuple[Any, Place]]] = {}

    def __str__(self) -> str:
        return "{ ... }"

    def has(self, *names: str) -> bool:
        """Return whether one of some fields is given."""
        return any(name in self.fields for name in names)

    def all(self, name: str) -> list[Any]:
        """Return all the values of a field."""
        return [value for value, _ in self.fields.get(name, ())]

    def place_of(self, name: str) -> Place:
        """Return where a field stands, or the whole if it is not given."""
        found = self.fields.get(name)
        return found[-1][1] if found else self.place

    def word(self, name: str, default: str = "") -> str:
        """Return a field as a word, whatever it is."""
        found = self.fields.get(name)
        return str(found[-1][0]) if found else default

    def number(self, name: str, default: float) -> float:
        """Return a field that is a number."""
        given = self.fields.get(name)
        found = given[-1][0] if given else default
        if type(found) not in (int, float):
            raise self.place_of(name).error(f"`{name}` is {found or 'empty'}, not a number")
        return float(found)

    def integer(self, name: str, default: int = 0, least: int = 0) -> int:
        """Return a field that is a whole number."""
        found = self.number(name, default)
        if found != found // 1 or found < least:
            raise self.place_of(name).error(
                f"`{name}` is {self.word(name, 'missing')}, not a whole number from {least} on"
            )
        return int(found)

    def integers(self, name: str) -> list[int]:
        """Return the whole numbers of a field that may be given several times."""
        values = self.all(name)
        if any(type(value) is not int for value in values):
            raise self.place_of(name).error(f"`{name}` must be whole numbers")
        return values


class Archive:
    """A zip archive: which entries it has, and the bytes of each.

    It stays open as long as arrays are left that may be asked for.
    Raises `SpecError` for a file that is no whole archive, or has more than `MOST_ENTRIES`.
    """

    def __init__(self, path: str) -> None:
        import zipfile

        self.path = path
        self.check_count()
        self.faults = (
            zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError, NotImplementedError, EOFError,
            OSError, ValueError,
        )  # fmt: skip
        try:
            self.zip = zipfile.ZipFile(path)
        except self.faults as fault:
            raise error_in(path, f"the archive is damaged: {fault}") from None
        self.entries = {info.filename: info for info in self.zip.infolist()}

    def check_count(self) -> None:
        """Raise `SpecError` for an archive that says it has too many entries."""
        try:
            with open(self.path, "rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(size - LONGEST_COMMENT - 22, 0))
                tail = file.read()
        except OSError as fault:
            raise UsageError(f"cannot read {self.path}: {fault.strerror or fault}") from None
        place = tail.rfind(END)
        count = int.from_bytes(tail[place + 10 : place + 12], "little") if place >= 0 else 0
        if count > MOST_ENTRIES:
            message = f"the archive has more than {MOST_ENTRIES:,} entries"
            help = "a model's archive has one for each of its arrays, and a few"
            raise error_in(self.path, message, help)

    def ending(self, *ends: str) -> str | None:
        """Return the first entry whose name ends so, or None."""
        return next((name for end in ends for name in self.entries if name.endswith(end)), None)

    def read(self, name: str, most: int) -> bytes:
        """Return the bytes of an entry; raises `SpecError` if there are more than `most`."""
        entry = self.entries[name]
        if entry.file_size > MOST_GROWTH * max(entry.compress_size, 1 << 12):
            size = f"{entry.file_size:,} bytes"
            raise error_in(self.path, f"its {name} unpacks to {size}: no model does that")
        try:
            with self.zip.open(entry) as file:
                data = file.read(most + 1) if entry.file_size <= most else b""
        except self.faults as fault:
            raise error_in(self.path, f"the archive is damaged at {name}: {fault}") from None
        if max(len(data), entry.file_size) > most:
            raise error_in(self.path, f"its {name} is larger than {most >> 20:,} MiB")
        return data

    def text(self, name: str, most: int) -> str:
        """Return an entry as text."""
        return self.read(name, most).decode("utf-8", "replace")
