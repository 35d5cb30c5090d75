"""Times as systems write them; what is not certain is no time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from cnncalc.grading.conventions import parse_duration, parse_time

MOMENT = datetime(2025, 3, 1, 14, 5, 9)
TIMES = {
    "2025-03-01 14:05:09": 0, "2025-03-01T14:05:09Z": 0, "2025-03-01T14:05:09+01:00": 1,
    "2025-03-01 14:05:09 -0800": -8, "2025-03-01 14:05:09.000000000 -08:00": -8,
    "2025-03-01 14:05:09.000000 UTC": 0, "2025/03/01 2:05:09 PM GMT+1": 1,
    "Sat, 01 Mar 2025 14:05:09 +0100": 1, "Sat Mar  1 14:05:09 2025": 0,
    "Sat Mar  1 14:05:09 UTC 2025": 0, "Mar 1, 2025, 2:05:09 PM": 0, "1.3.2025, 14:05:09 Uhr": 0,
    "Saturday, 1 March 2025, 2:05:09 PM": 0, "2:05:09 PM 2025-03-01": 0,
}  # fmt: skip


@pytest.mark.parametrize("text", TIMES)
def test_times_of_every_system(text: str) -> None:
    zone = timezone(timedelta(hours=TIMES[text]))
    assert parse_time(text) == MOMENT.replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "3/4/2025 10:00", "2025-02-30", "2025-03-01 25:00", "2025-03-01 13:00 PM",
     "2025-03-01 14:05 CET", "2025-03-01 14:05 XYZ",
     "2025-03-01 14:05 America/New_York", "2025-03-01 14:05 No/Where", "2025-03-01 14:05 +99:99"],
)  # fmt: skip
def test_what_is_not_certain_is_no_time(text: str) -> None:
    assert parse_time(text) is None


def test_a_day_of_two_notations_is_certain_where_no_month_has_its_number() -> None:
    assert parse_time("3/13/2025 10:00") == parse_time("13/3/2025 10:00") is not None


def test_a_deadline_without_a_clock_is_the_end_of_its_day() -> None:
    start, end = parse_time("2025-03-01"), parse_time("2025-03-01", end_of_day=True)
    assert start is not None
    assert end == start + 86399


def test_durations() -> None:
    assert [parse_duration(text) for text in ("15m", "2h", "1h 30m", "2 days", "90 min")] == [
        900, 7200, 5400, 172800, 5400,
    ]  # fmt: skip
    assert [parse_duration(text) for text in ("", "15", "soon", "5 parsecs")] == [None] * 4
