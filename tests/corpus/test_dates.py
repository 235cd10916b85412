"""A day is told where it is written beyond doubt, and is unknown otherwise."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.dates import find, parse

DAY = date(2024, 5, 3)


@pytest.mark.parametrize(
    "written",
    [
        "2024-05-03",
        " 2024-05-03\n",
        "20240503",
        "2024/05/03",
        "2024.5.3",
        "3 May 2024",
        "3rd of May, 2024",
        "Fri 03 May 2024",
        "May 3, 2024",
        "Friday, May 3rd, 2024 at 8 p.m.",
        "MAY 3 2024",
        "03-May-2024",
        "3.5.2024",
        "03. 05. 2024",
        "2024-05-03T10:15:00",
        "2024-05-03 10:15",
        "May 3, 2024, 07:47 PM EST",
    ],
)
def test_a_day_is_read(written: str) -> None:
    assert parse(written) == DAY
    assert not isinstance(parse(written), datetime)


@pytest.mark.parametrize(
    "written",
    [
        "2024-05-03T10:15:00+02:00",
        "2024-05-03 10:15:00 +0200",
        "2024-05-03T08:15:00Z",
        "2024-05-03T08:15:00.000Z",
        "Fri, 03 May 2024 10:15:00 +0200",
        "Fri, 03 May 2024 08:15:00 GMT",
    ],
)
def test_a_moment_with_its_time_zone_is_read(written: str) -> None:
    found = parse(written)
    assert isinstance(found, datetime)
    assert found == datetime(2024, 5, 3, 10, 15, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    "written",
    [
        "",
        "yesterday",
        "3/4/2024",
        "04/05/24",
        "May 2024",
        "2024",
        "31 June 2024",
        "2024-13-01",
        "0001-01-01",
        "1970 Maybe",
        "12:30",
        "x" * 200 + " 2024-05-03",
    ],
)
def test_what_is_doubtful_is_unknown(written: str) -> None:
    assert parse(written) is None


def test_the_first_of_several_days_is_found() -> None:
    assert find("Published 3 May 2024, updated 2024-05-09") == DAY
    assert find("The ferry sails at noon.") is None


@given(st.dates(min_value=date(1605, 1, 1)))
def test_every_day_is_read_as_it_was_written(day: date) -> None:
    assert parse(day.isoformat()) == day
    assert find(f"on {day.day} {day:%B} {day.year:04} at noon") == day


@given(st.text(max_size=60) | st.from_regex(r"[0-9T:/. +Z-]{1,30}", fullmatch=True))
def test_nothing_raises(written: str) -> None:
    found = parse(written)
    assert found is None or found.year >= 1605
