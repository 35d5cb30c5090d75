"""Zip archives that hold models: opened with limits, so that none of them can fill the memory."""

from __future__ import annotations

import os

from cnncalc.diagnostics import Diagnostic, SpecError, UsageError

#: An archive with more entries is no model; so many are listed in a few hundredths of a second.
MOST_ENTRIES = 20_000
#: The end of an archive says how many entries it has; a comment of this length may follow.
LONGEST_COMMENT = 1 << 16
END = b"PK\x05\x06"
#: An entry may become so many times longer when it is unpacked; text of ones and zeros does not.
MOST_GROWTH = 200


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
            raise self.error(f"the archive is damaged: {fault}") from None
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
            raise self.error(message, "a model's archive has one for each of its arrays, and a few")

    def has(self, name: str) -> bool:
        """Return whether there is such an entry."""
        return name in self.entries

    def ending(self, *ends: str) -> str | None:
        """Return the first entry whose name ends so, or None."""
        return next((name for end in ends for name in self.entries if name.endswith(end)), None)

    def read(self, name: str, most: int) -> bytes:
        """Return the bytes of an entry; raises `SpecError` if there are more than `most`."""
        entry = self.entries[name]
        if entry.file_size > most:
            raise self.error(f"its {name} is larger than {most >> 20:,} MiB")
        if entry.file_size > MOST_GROWTH * max(entry.compress_size, 1 << 12):
            raise self.error(f"its {name} unpacks to {entry.file_size:,} bytes: no model does that")
        try:
            with self.zip.open(entry) as file:
                data = file.read(most + 1)
        except self.faults as fault:
            raise self.error(f"the archive is damaged at {name}: {fault}") from None
        if len(data) > most:
            raise self.error(f"its {name} is larger than {most >> 20:,} MiB")
        return data

    def text(self, name: str, most: int) -> str:
        """Return an entry as text."""
        return self.read(name, most).decode("utf-8", "replace")

    def error(self, message: str, help: str | None = None) -> SpecError:
        """Return an error about the file, to be raised."""
        return SpecError(Diagnostic(f"{os.path.basename(self.path)}: {message}", None, help))
