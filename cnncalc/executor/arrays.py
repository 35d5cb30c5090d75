"""The headers of `.npy` data, read with care: what damaged files hold is refused with a reason."""

from __future__ import annotations

import ast
from math import prod
from typing import IO

import numpy as np

from cnncalc.executor.workspace import Array

#: A header of numbers is a hundred characters; NumPy's own bound is this one.
LONGEST_HEADER = 10_000
MOST_AXES = 32
LONGEST_AXIS = 2**40
#: Kinds of numbers: floats, integers, unsigned ones, and booleans as 0 and 1.
NUMBERS = "fiub"


class DamagedError(Exception):
    """Data that is no array of numbers; the message says why."""


def read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    """Return shape, whether Fortran's order is used, and type; leaves the stream at the numbers.

    Raises `DamagedError`. The format is that of `numpy.lib.format`, versions 1 to 3.
    """
    magic = stream.read(8)
    if len(magic) < 8 or magic[:6] != b"\x93NUMPY":
        raise DamagedError("it does not begin as NumPy's arrays do")
    width = {1: 2, 2: 4, 3: 4}.get(magic[6])
    if width is None:
        raise DamagedError(f"it is of the unknown version {magic[6]}")
    size = int.from_bytes(stream.read(width), "little")
    if size > LONGEST_HEADER:
        raise DamagedError(f"its header would be {size:,} bytes long")
    text = stream.read(size)
    if len(text) < size:
        raise DamagedError("it ends within its header")
    try:
        header = ast.literal_eval(text.decode("latin1" if magic[6] < 3 else "utf-8").strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise DamagedError("its header cannot be read") from None
    return checked(header)


def checked(header: object) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    """Return the three facts of a header; raises `DamagedError` for others."""
    if not isinstance(header, dict) or set(header) != {"descr", "fortran_order", "shape"}:
        raise DamagedError("its header does not say type, order and shape")
    shape, order, kind = header["shape"], header["fortran_order"], header["descr"]
    if not isinstance(shape, tuple) or len(shape) > MOST_AXES:
        raise DamagedError("its shape is no list of lengths")
    if not all(type(length) is int and 0 <= length <= LONGEST_AXIS for length in shape):
        raise DamagedError("a length of its shape is no whole number in bounds")
    if prod(shape) > LONGEST_AXIS or type(order) is not bool or not isinstance(kind, str):
        raise DamagedError("its header does not describe an array of numbers")
    try:
        found = np.dtype(kind)
    except (TypeError, ValueError, SyntaxError):
        raise DamagedError("it is of an unknown type") from None
    if found.kind not in NUMBERS:
        raise DamagedError(f"it does not hold numbers, but {found}")
    return shape, order, found


def read_array(stream: IO[bytes], available: int) -> Array:
    """Return the array of a stream; raises `DamagedError`.

    `available` are the bytes of the whole stream, so that nothing is made for numbers that are
    not there.
    """
    shape, order, kind = read_header(stream)
    size = prod(shape) * kind.itemsize
    data = stream.read(size) if size <= available else b""
    if len(data) < size:
        raise DamagedError(f"it ends before its {prod(shape):,} numbers")
    flat = np.frombuffer(data, kind)
    return flat.reshape(shape[::-1]).T if order else flat.reshape(shape)
