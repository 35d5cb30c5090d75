"""Times as learning systems write them. The clock of this machine is never asked."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH, _DAY = rf"(?P<word>{'|'.join(_MONTHS)})[a-z]*\.?", r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
#: A date, the surest notations first; `1/2/2025` may be January or February and is refused.
_DATES = tuple(
    re.compile(rf"(?<!\d){form}(?!\d)", re.IGNORECASE)
    for form in (
        r"(?P<y>\d{4})(?P<mark>[-/.]?)(?P<m>\d{1,2})(?P=mark)(?P<d>\d{1,2})",
        r"(?P<d>\d{1,2})\. ?(?P<m>\d{1,2})\. ?(?P<y>\d{4})",
        rf"{_DAY}\.?[ -]{_MONTH},?[ -](?P<y>\d{{4}})",
        rf"{_MONTH} {_DAY},?(?: [A-Z]{{3,4}})?,? +(?P<y>\d{{4}})",
        r"(?P<m>\d{1,2})/(?P<d>1[3-9]|2\d|3[01])/(?P<y>\d{4})",
        r"(?P<d>1[3-9]|2\d|3[01])/(?P<m>\d{1,2})/(?P<y>\d{4})",
    )
)
_CLOCK = re.compile(
    r"(?<!\d)(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?!\d) ?(?:([ap])\.?m\b\.?)?"
    r" ?(?:(?:UTC|GMT)? ?([+-]\d{1,2})(?::?(\d\d))?(?!\d)|(?:UTC|GMT|Z)\b)?",
    re.IGNORECASE,
)
#: A zone by its name means several zones, and daylight saving besides.
_ZONE = re.compile(r"\b(?!(?:UTC|GMT|Z)\b)[A-Z]{1,5}\b|\b[A-Za-z_]+/[A-Za-z_/+-]+|[+-]\d")
_SECONDS = {
    "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hr": 3600,
    "hour": 3600, "d": 86400, "day": 86400, "w": 604_800, "week": 604_800,
}  # fmt: skip


def parse_time(text: str, end_of_day: bool = False) -> float | None:
    """Return a time as seconds since 1970, or None if it cannot be read for certain.

    A time without a zone counts as UTC, so that times of one export compare among themselves. A
    date alone is its first moment, or with `end_of_day` its last second.
    """
    word = " ".join(re.sub(r"(?<=\d)T(?=\d)", " ", text.strip("\"' \t\n")).split())[:80]
    word = re.sub(r"^(\d{8} \d\d)(\d\d)(\d\d)", r"\1:\2:\3", word)
    if re.fullmatch(r"\d{9,10}(?:\.\d{1,9})?|\d{12,13}", word):
        return float(word) / (1000 if len(word.partition(".")[0]) > 10 else 1)
    clock = _CLOCK.search(word)
    rest = word if clock is None else f"{word[: clock.start()].rstrip()} {word[clock.end() :]}"
    date = next((found for form in _DATES if (found := form.search(rest))), None)
    if date is None or _ZONE.search(f"{rest[: date.start()]} {rest[date.end() :]}"):
        return None
    parts = date.groupdict()
    try:
        month = int(parts["m"]) if parts.get("m") else _MONTHS.index(parts["word"].lower()) + 1
        day = datetime(int(parts["y"]), month, int(parts["d"]), tzinfo=timezone.utc)
        if clock is not None:
            return (day + _hour(*clock.groups())).timestamp()
        return (day + timedelta(seconds=86399 if end_of_day else 0)).timestamp()
    except (ValueError, OverflowError):
        return None


def _hour(
    hours: str, minutes: str, seconds: str | None, half: str | None, zone: str | None,
    part: str | None,
) -> timedelta:  # fmt: skip
    """Return the time of day in UTC; raises ValueError for `13:00 PM`, `25:00` or `+99:00`."""
    hour, east = int(hours), timedelta()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    if zone:
        sign = -1 if zone[0] == "-" else 1
        east = sign * timedelta(hours=abs(int(zone)), minutes=int(part or 0))
        timezone(east)
    time = datetime(2000, 1, 1, hour, int(minutes), int(seconds or 0))
    return time - datetime(2000, 1, 1) - east


def parse_duration(text: str) -> int | None:
    """Return the seconds of `15m`, `2h`, `1h 30m` or `2 days`, or None."""
    parts = re.findall(r"(\d{1,6}) *([a-z]+?)s?(?![a-z])|([^\s,])", text.strip().lower())
    known = [int(count) * _SECONDS[unit] for count, unit, _ in parts if unit in _SECONDS]
    return sum(known) if parts and len(known) == len(parts) else None
