"""Arrays in files."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from cnncalc.diagnostics import UsageError, quoted
from cnncalc.executor.arrays import DamagedError, read_array, read_header
from cnncalc.executor.workspace import Array
from cnncalc.replacing import replacing


class NpzArchive(Mapping[str, Array]):
    """An `.npz` file as a mapping that reads an array when it is asked for.

    `shapes` come from the headers alone, each when it is asked for. Raises `UsageError` for what
    is no such file, and for an array in it that is damaged or holds no numbers.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        with refusing(path):
            with open(path, "rb") as file:
                start = file.read(6)
            if start[:2] != b"PK":
                if start == b"\x93NUMPY":
                    raise UsageError(f"`{path}` is not an .npz file", "it holds one array: .npy")
                raise DamagedError("it is no .npz file")
            self.file = zipfile.ZipFile(path)
        self.members = {
            member.filename.removesuffix(".npy"): member for member in self.file.infolist()
        }
        self.shapes = ArchiveShapes(self)

    def __getitem__(self, name: str) -> Array:
        member = self.members[name]
        with refusing(self.path, f" ({quoted(name)})"), self.file.open(member) as stream:
            return read_array(stream, member.file_size)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of an array by its header alone."""
        with (
            refusing(self.path, f" ({quoted(name)})"),
            self.file.open(self.members[name]) as stream,
        ):
            return read_header(stream)[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)


class ArchiveShapes(Mapping[str, tuple[int, ...]]):
    """The shapes of an archive's arrays by their names."""

    def __init__(self, archive: NpzArchive) -> None:
        self.archive = archive

    def __getitem__(self, name: str) -> tuple[int, ...]:
        if name not in self.archive.members:
            raise KeyError(name)
        return self.archive.shape(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.archive)

    def __len__(self) -> int:
        return len(self.archive)


#: What reading a damaged file raises: the file's own libraries are not of one mind.
DAMAGE = (
    OSError, EOFError, ValueError, OverflowError, RuntimeError, NotImplementedError, MemoryError,
    DamagedError, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, SyntaxError,
)  # fmt: skip


@contextmanager
def refusing(path: str, inside: str = "") -> Iterator[None]:
    """Turn whatever reading a damaged file raises into a `UsageError` with the reason."""
    try:
        yield
    except DAMAGE as error:
        raise UsageError(f"cannot read {quoted(path)}{inside}: {reason(error)}") from None


def write_archive(path: str, arrays: Iterable[tuple[str, Array]]) -> int:
    """Write an `.npz` file array by array, so that one of them is in memory at a time.

    Returns how many there were; raises `UsageError` if it cannot be written.
    """
    count = 0
    with replacing(path) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays:
            count += 1
            # A fixed date: the same weights are the same bytes.
            member = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            with archive.open(member, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.ascontiguousarray(array))
    return count


def reason(error: BaseException) -> str:
    """What went wrong with a file, on one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text.splitlines()[0].rstrip(".")
