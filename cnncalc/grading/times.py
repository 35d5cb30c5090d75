"""Times as learning systems write them. The clock of this machine is never asked."""

from __future__ import annotations

import re
from datetime import datetime, timezone

_FORMATS = (
    "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d",
    "%a %b %d %H:%M:%S %Y", "%Y-%m-%d %H:%M:%S.%f %z", "%Y-%m-%d %H:%M:%S.%f",
    "%d.%m.%Y %H:%M", "%A, %d %B %Y, %I:%M %p", "%b %d, %Y, %I:%M:%S %p",
)  # fmt: skip
_ZONE = re.compile(r"(?<=\d)\s*(Z|UTC|GMT)$")
_DURATION = re.compile(r"(\d{1,6})\s*([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_time(text: str) -> float | None:
    """Return a time as seconds since 1970, or None if it cannot be read.

    A time without a zone counts as UTC, so that times of one export compare among themselves.
    """
    if not text:
        return None
    word = _ZONE.sub(" +0000", text.strip().strip("\"'")).replace("T", " ", 1)
    word = re.sub(r"(?<=\d)([+-]\d\d):(\d\d)$", r" \1\2", word)
    for form in _FORMATS:
        try:
            moment = datetime.strptime(word, form)
        except ValueError:
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    return None


def parse_duration(text: str) -> int | None:
    """Return the seconds of `15m`, `2h` or `1d`, or None."""
    match = _DURATION.fullmatch(text.strip())
    return int(match.group(1)) * _SECONDS[match.group(2)] if match else None
