"""Arrays and images in files."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from cnncalc.diagnostics import UsageError
from cnncalc.executor.workspace import Array

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")


class Archive(Mapping[str, Array]):
    """An `.npz` file as a mapping that reads an array when it is asked for.

    Shapes come from the headers alone. Raises `UsageError` for what is no such file; arrays of
    Python objects are refused.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self.file = np.load(path, allow_pickle=False)
            self.shapes = dict(self._headers())
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise UsageError(f"cannot read `{path}`: {_reason(error)}") from None
        except AttributeError:
            raise UsageError(f"`{path}` is not an .npz file") from None

    def _headers(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        for member in self.file.zip.namelist():
            with self.file.zip.open(member) as stream:
                version = np.lib.format.read_magic(stream)
                read = {
                    (1, 0): np.lib.format.read_array_header_1_0,
                    (2, 0): np.lib.format.read_array_header_2_0,
                }.get(version)
                if read is None:
                    raise ValueError(f"{member} has an unknown header")
                shape, _, kind = read(stream)
            if kind.kind not in "fiub":
                raise ValueError(f"{member} does not hold numbers, but {kind}")
            yield member.removesuffix(".npy"), shape

    def __getitem__(self, name: str) -> Array:
        found: Array = self.file[name]
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def __len__(self) -> int:
        return len(self.shapes)


def write_archive(path: str, arrays: Iterable[tuple[str, Array]]) -> None:
    """Write an `.npz` file array by array, so that one of them is in memory at a time.

    Written beside the target and moved there. Raises `UsageError` if that fails.
    """
    partial = f"{path}.{os.getpid()}.partial"
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            for name, array in arrays:
                # A fixed date: the same weights are the same bytes.
                member = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
                with archive.open(member, "w", force_zip64=True) as stream:
                    np.lib.format.write_array(stream, np.ascontiguousarray(array))
        os.replace(partial, path)
    except OSError as error:
        raise UsageError(f"cannot write `{path}`: {error.strerror}") from None
    finally:
        if os.path.exists(partial):
            os.remove(partial)


def read_input(path: str) -> Array:
    """Numbers for a network's input, channels first, from `.npy`, an image, or nested lists.

    An image becomes one channel (grey) or three (red, green, blue) between 0 and 1; a `.npy`
    array and lists such as `[[1, 2], [3, 4]]` are taken as they are. Raises `UsageError` for what
    cannot be read.
    """
    if path.lstrip().startswith("["):
        return read_lists(path)
    if path.lower().endswith(IMAGES):
        return read_image(path)
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UsageError(f"cannot read `{path}`: {_reason(error)}") from None
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiub":
        raise UsageError(f"`{path}` does not hold one array of numbers")
    return found


def read_lists(text: str) -> Array:
    """Numbers written as nested lists of equal lengths."""
    try:
        numbers = json.loads(text)
        found = np.array(numbers, np.float64)
    except (ValueError, TypeError, RecursionError):
        raise UsageError(
            "the input is not made of numbers in nested lists of equal lengths",
            "write it as [[1, 2], [3, 4]]",
        ) from None
    return found


def read_image(path: str) -> Array:
    """An image as (channels, height, width) between 0 and 1."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise UsageError(
            f"reading `{path}` needs Pillow",
            "`pip install 'cnncalc[png]'` brings it; or give an .npy file",
        ) from None
    try:
        with Image.open(path) as image:
            if image.mode.startswith("I"):  # 16 bits of grey
                pixels: Any = np.asarray(image, np.float32) / 65535
            else:
                kind = "L" if image.mode in ("1", "L", "LA") else "RGB"
                pixels = np.asarray(image.convert(kind), np.float32) / 255
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise UsageError(f"cannot read `{path}`: {_reason(error)}") from None
    array: Array = pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)
    return array


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text.splitlines()[0].rstrip(".")
