"""Numbers as people print them: `4.1G`, `4,089,184,256`, `3.8e9 MACs`, `2 GiB`. The one reader."""

from __future__ import annotations

import re
from fractions import Fraction

from cnncalc.diagnostics import UsageError, quoted
from cnncalc.record import Record

#: Letters after a number, as powers of ten; `B` is a billion of what is counted.
SCALES = {"": 0, "K": 3, "M": 6, "B": 9, "G": 9, "T": 12, "P": 15}
#: Words after a number of operations or parameters: what they say is counted.
COUNTED = {
    "": "", "FLOPS": "FLOPs", "FLOP": "FLOPs", "MACS": "MACs", "MAC": "MACs",
    "MULT-ADDS": "MACs", "MADDS": "MACs", "OPS": "", "PARAMS": "", "PARAMETERS": "", "WEIGHTS": "",
}  # fmt: skip
#: Powers of 1000 in a size of memory; with an `i` after the letter, of 1024.
SIZES = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_MOST_DIGITS = 30
_NUMBER = re.compile(
    r"([0-9][0-9,_]*)(?:\.([0-9]+))?(?:[eE]\+?([0-9]{1,2}))?\s*([A-Za-z-]*)\s*([A-Za-z-]*)"
)


class Amount(Record):
    """A printed count: its `text`, its exact `value`, and what its last printed digit is worth.

    `zeros` are those at the end of a whole number, which may be rounding; `unit` is `FLOPs`,
    `MACs` or, where the text does not say, empty.
    """

    text: str
    value: Fraction
    digit: Fraction
    zeros: int = 0
    unit: str = ""


def amount(text: str) -> Amount | None:
    """Return a printed count such as `11.7M`, `60,000`, `4.1 GFLOPs` or `3.8e9`, None for others.

    Trailing zeros count as printed digits: `60M` is rounded to millions, `60000000` is exact.
    """
    found = _parts(text)
    if found is None:
        return None
    number, digit, zeros, letters = found
    letter, unit = letters[:1], letters[1:]
    if letters in COUNTED or letter not in SCALES:
        letter, unit = "", letters
    if unit not in COUNTED:
        return None
    scale = Fraction(10) ** SCALES[letter]
    return Amount(text, number * scale, digit * scale, zeros if scale == 1 else 0, COUNTED[unit])


def count(text: str) -> int:
    """Return a count such as `5M`, `1.5G` or `1,000,000`; raises `UsageError`."""
    found = amount(text)
    if found is None:
        raise UsageError(f"{quoted(text)} is no count", "write it as 5M, 1.5G or 1000000")
    return int(found.value)


def size(text: str) -> int:
    """Return an amount of memory such as `8GiB`, `500 MB` or `2G` in bytes; raises `UsageError`."""
    found = _parts(text)
    letters = found[3].removesuffix("BYTES").removesuffix("B") if found else ""
    steps = 1024 if letters.endswith("I") else 1000
    power = SIZES.get(letters.removesuffix("I") if len(letters) > 1 else letters)
    if found is None or power is None:
        raise UsageError(f"{quoted(text)} is no amount of memory", "write it as 8GiB or 500MB")
    return int(found[0] * steps**power)


def _parts(text: str) -> tuple[Fraction, Fraction, int, str] | None:
    """Return a number, the worth of its last digit, its last zeros, and the letters after it."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None or len(text) > 4 * _MOST_DIGITS:
        return None
    whole, decimals, power, *letters = match.groups()
    whole = whole.replace(",", "").replace("_", "")
    if len(whole + (decimals or "")) > _MOST_DIGITS:
        return None
    scale = Fraction(10) ** int(power or 0)
    zeros = 0 if decimals or power else len(whole) - len(whole.rstrip("0"))
    number = Fraction(f"{whole}.{decimals or 0}") * scale
    return number, scale / 10 ** len(decimals or ""), zeros, "".join(letters).upper()
