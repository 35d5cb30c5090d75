"""Images in pages: PNG without a library, and files as addresses that hold them."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

from cnncalc.diagnostics import UsageError

#: The first bytes of image files that browsers show, and their types.
IMAGES = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"RIFF": "webp"}


def address(data: bytes) -> str:
    """Return an image as an address that holds it; raises `UsageError` for unknown formats."""
    kind = next((kind for magic, kind in IMAGES.items() if data.startswith(magic)), None)
    if kind is None:
        raise UsageError("the image is neither PNG, JPEG, GIF nor WebP")
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def read_image(path: str | None) -> str | None:
    """Return the image in a file as an address, None without one; raises `UsageError`."""
    if not path:
        return None
    try:
        with open(path, "rb") as file:
            return address(file.read())
    except OSError as error:
        raise UsageError(f"cannot read `{path}`: {error.strerror}") from None


def png(pixels: Any) -> bytes:
    """Return an image as a PNG file (8 bits of red, green and blue, without a filter)."""
    import numpy as np

    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)
    rows[:, 1:] = pixels.reshape(height, -1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")
