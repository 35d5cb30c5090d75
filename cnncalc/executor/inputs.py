"""Numbers for a network's inputs: from files, typed as lists, or from pictures."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import numpy as np

from cnncalc.diagnostics import UsageError, quoted
from cnncalc.executor import scene
from cnncalc.executor.arrays import read_array
from cnncalc.executor.files import reason, refusing
from cnncalc.executor.workspace import Array

#: Luminance of red, green and blue (ITU-R BT.601).
LUMINANCE = (0.299, 0.587, 0.114)
#: Characters that are read of a file of typed lists.
MOST_TEXT = 64 << 20

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")


def is_picture(path: str) -> bool:
    """Return whether a file's name is that of a picture."""
    return path.lower().endswith(IMAGES) or is_scene(path)


def is_scene(path: str) -> bool:
    """Return whether the picture that comes with cnncalc is meant: `scene`, or `scene:64`."""
    name, colon, size = path.partition(":")
    return name == scene.NAME and (not colon or (size.isascii() and size.isdigit()))


def drawn_scene(path: str, colour: str) -> Array:
    """The picture that comes with cnncalc, in the size after its name; raises `UsageError`."""
    size = int(path.partition(":")[2] or scene.SIZE)
    if not 8 <= size <= scene.LARGEST:
        raise UsageError(f"`{path}` is no size of the scene", f"8 to {scene.LARGEST} pixels")
    return in_colour(scene.scene(size), colour)


def read_input(path: str, colour: str = "as-is", size: tuple[int, int] | None = None) -> Array:
    """Numbers for a network's input, channels first, from `.npy`, an image, or nested lists.

    An image becomes one channel (grey) or three (red, green, blue) between 0 and 1; a `.npy`
    array and lists such as `[[1, 2], [3, 4]]`, typed, in a .json or .txt file or on standard input
    (`-`), are taken as they are. `colour` and `size` convert a picture, see `read_image`. Raises
    `UsageError` for what cannot be read or converted.
    """
    if is_scene(path):
        if size is not None and size[0] != size[1]:
            raise UsageError("the scene is square", f"scene:{min(size)} has that size")
        return drawn_scene(path if size is None else f"{scene.NAME}:{size[0]}", colour)
    if is_picture(path):
        return read_image(path, colour, size)
    if colour != "as-is" or size is not None:
        option = "--colour" if size is None else "--resize"
        raise UsageError(f"{option} converts pictures, and {quoted(path)} is none", "leave it out")
    if path.lstrip().startswith("["):
        return read_lists(path)
    if path == "-":
        return read_lists(sys.stdin.read(MOST_TEXT))
    if path.lower().endswith((".json", ".txt")):
        with refusing(path), open(path, encoding="utf-8") as text:
            return read_lists(text.read(MOST_TEXT))
    with refusing(path), open(path, "rb") as file:
        return read_array(file, os.fstat(file.fileno()).st_size)


def read_lists(text: str) -> Array:
    """Numbers written as nested lists of equal lengths."""
    try:
        numbers = json.loads(text)
        if not is_numbers(numbers):
            raise ValueError(text)
        return np.array(numbers, np.float64)
    except OverflowError:
        raise UsageError(
            "a number of the input is too large", "the largest is about 1.8e308"
        ) from None
    except (ValueError, TypeError, RecursionError):
        raise UsageError(
            "the input is not made of numbers in nested lists of equal lengths",
            "write it as [[1, 2], [3, 4]]",
        ) from None


def is_numbers(value: object) -> bool:
    """Return whether nested lists hold numbers alone: no text, no truth, nothing unknown."""
    if isinstance(value, list):
        return all(map(is_numbers, value))
    return type(value) in (int, float)


def read_image(path: str, colour: str = "as-is", size: tuple[int, int] | None = None) -> Array:
    """A picture as (channels, height, width) between 0 and 1: one channel if grey, else three.

    `colour` is `as-is`, `grey` or `rgb`; `size` is a height and a width to which the picture is
    resized (bilinear, averaging where it shrinks). Raises `UsageError` for what cannot be read.
    """
    try:
        from PIL import Image
    except ImportError:
        raise UsageError(
            f"reading `{path}` needs Pillow",
            "`pip install 'cnncalc[png]'` brings it; or give an .npy file",
        ) from None
    try:
        with Image.open(path) as image:
            planes = pixels(image)
            if size is not None:
                shape = size[::-1]
                planes = np.stack(
                    [
                        np.asarray(Image.fromarray(plane).resize(shape, Image.Resampling.BILINEAR))
                        for plane in planes
                    ]
                )
    except Exception as error:  # Pillow's many readers have no common base for damage
        raise UsageError(f"cannot read {quoted(path)}: {reason(error)}") from None
    return in_colour(planes, colour)


def pixels(image: Any) -> Array:
    """The planes of a picture between 0 and 1."""
    if image.mode.startswith("I"):  # 16 bits of grey
        grey: Array = np.asarray(image, np.float32)[None] / 65535
        return grey
    kind = "L" if image.mode in ("1", "L", "LA") else "RGB"
    values = np.asarray(image.convert(kind), np.float32) / 255
    return values[None] if values.ndim == 2 else np.ascontiguousarray(np.moveaxis(values, -1, 0))


def in_colour(planes: Array, colour: str) -> Array:
    """The planes as one of brightness (`grey`), as three (`rgb`), or as they are."""
    if colour == "rgb" and len(planes) == 1:
        return np.repeat(planes, 3, axis=0)
    if colour == "grey" and len(planes) == 3:
        brightness: Array = np.tensordot(np.array(LUMINANCE, planes.dtype), planes, 1)[None]
        return brightness
    return planes
