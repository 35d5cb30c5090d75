"""Times as learning systems write them. The clock of this machine is never asked."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?P<word>(?i:{'|'.join(_MONTHS)}))[a-z]*\.?"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
#: A date, the surest notations first; `1/2/2025` may be January or February and is refused.
_DATES = tuple(
    re.compile(rf"(?<!\d){form}(?!\d)")
    for form in (
        r"(?P<y>\d{4})(?P<mark>[-/.])(?P<m>\d{1,2})(?P=mark)(?P<d>\d{1,2})",
        r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)",
        r"(?P<d>\d{1,2})\. ?(?P<m>\d{1,2})\. ?(?P<y>\d{4})",
        rf"{_DAY}\.?[ -]{_MONTH},?[ -](?P<y>\d{{4}})",
        rf"{_MONTH} +{_DAY}(?:,? +\d\d?:\d\d(?::\d\d)?)?(?: [A-Z]{{3,4}})?,? +(?P<y>\d{{4}})",
        r"(?P<m>\d{1,2})/(?P<d>1[3-9]|2\d|3[01])/(?P<y>\d{4})",
        r"(?P<d>1[3-9]|2\d|3[01])/(?P<m>\d{1,2})/(?P<y>\d{4})",
    )
)
_CLOCK = re.compile(
    r"(?:(?<!\d)|(?<=\dT))(?P<h>\d{1,2}):(?P<m>\d\d)(?::(?P<s>\d\d)(?:[.,](?P<part>\d{1,9}))?)?"
    r"(?!\d) ?(?P<half>[AaPp])?(?(half)\.?[Mm]\b\.?)"
)
_COMPACT = re.compile(r"(?<=\d[T ])(?P<h>\d\d)(?P<m>\d\d)(?P<s>\d\d)?(?P<part>)(?P<half>)(?=\D|$)")
_OFFSET = re.compile(r"(?<=[\dM ])(?:UTC|GMT)? ?([+-])(\d{1,2})(?::?(\d\d))?$")
_ZONE = re.compile(r"(?:(?<=\d)|\b)[A-Z]{1,5}\b|\b[A-Za-z_]+/[A-Za-z_/+-]+")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800}
_DURATION = re.compile(
    r"(\d{1,6})\s*(s|m|h|d|w)(?:ec|in|r|ours?|onds?|econds?|inutes?|ays?|eeks?)?s?(?![a-z])[\s,]*",
    re.IGNORECASE,
)


def parse_time(text: str, end_of_day: bool = False) -> float | None:
    """Return a time as seconds since 1970, or None if it cannot be read for certain.

    A time without a zone counts as UTC, so that times of one export compare among themselves. A
    date alone is its first moment, or with `end_of_day` its last second.
    """
    word = " ".join(text.strip().strip("\"'").split())[:80]
    date = next((found for form in _DATES if (found := form.search(word))), None)
    if date is None:
        return _stamp(word)
    clock = _CLOCK.search(word) or _COMPACT.search(word)
    # `2:05 PM 2025-03-01`: what stands behind the date is no zone; `14:05 CET 2025` has one.
    behind = date.end() if clock is None or clock.start() < date.start() else clock.end()
    parts = date.groupdict()
    try:
        zone = _zone(word[behind:])
        month = int(parts["m"]) if parts.get("m") else _MONTHS.index(parts["word"].lower()) + 1
        day = datetime(int(parts["y"]), month, int(parts["d"]), tzinfo=zone)
        if clock is None:
            return (day + timedelta(seconds=86399 if end_of_day else 0)).timestamp()
        return (day + _hour(clock)).timestamp()
    except (ValueError, OverflowError):
        return None


def _stamp(word: str) -> float | None:
    """Return seconds, or thousandths of seconds, since 1970 as they stand."""
    if not re.fullmatch(r"\d{9,10}(?:\.\d{1,9})?|\d{12,13}", word):
        return None
    return float(word) / (1000 if len(word.partition(".")[0]) > 10 else 1)


def _hour(clock: re.Match[str]) -> timedelta:
    """Return the time of day; raises ValueError for `13:00 PM` or `25:00`."""
    hour, half = int(clock["h"]), (clock["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half == "p" else 0)
    part = int((clock["part"] or "").ljust(6, "0")[:6])
    time = datetime(2000, 1, 1, hour, int(clock["m"]), int(clock["s"] or 0), part)
    return time - datetime(2000, 1, 1)


def _zone(rest: str) -> timezone:
    """Return the zone that stands behind a time, UTC if there is none.

    Raises ValueError for one that is called by a name.
    """
    offset = _OFFSET.search(" " + rest)
    if offset:
        sign, hours, minutes = offset.groups()
        seconds = int(hours) * 3600 + int(minutes or 0) * 60
        return timezone(timedelta(seconds=seconds if sign == "+" else -seconds))
    for word in _ZONE.findall(rest):
        if word not in ("Z", "UTC", "GMT"):
            raise ValueError(word)  # a name means several zones, and daylight saving besides
    return timezone.utc


def parse_duration(text: str) -> int | None:
    """Return the seconds of `15m`, `2h`, `1h 30m` or `2 days`, or None."""
    total, position = 0, 0
    word = text.strip()
    while position < len(word):
        match = _DURATION.match(word, position)
        if match is None:
            return None
        total += int(match.group(1)) * _SECONDS[match.group(2).lower()]
        position = match.end()
    return total if word else None
