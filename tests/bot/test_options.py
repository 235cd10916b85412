"""Days, as people write them to an option."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import options
from bot.options import read_days
from corpus.errors import NewsbotError

_WORDS = st.sampled_from(
    [
        *(
            "last",
            "this",
            "in",
            "ago",
            "week",
            "weeks",
            "month",
            "year",
            "years",
            "day",
            "days",
            "now",
            "the",
        ),
        *("March", "may", "Monday", "Q3", "2026", "0", "12", "31.12.", "9999", "99999999999", "00:30", "UTC"),
        *("-", "/", ".", ",", "+0900", "어제", "gestern", "AM", "yesterday", "tomorrow", "1e9"),
    ]
)


@pytest.fixture(autouse=True, scope="module")
def _day() -> Iterator[None]:
    """It is a Friday."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(options, "today", lambda: date(2026, 3, 20))
        yield


@pytest.mark.parametrize(
    ("text", "locale", "first", "last"),
    [
        ("3/4/2026", "en-US", date(2026, 3, 4), date(2026, 3, 4)),
        ("3/4/2026", "en-GB", date(2026, 4, 3), date(2026, 4, 3)),
        ("2026-03-04", "en-GB", date(2026, 3, 4), date(2026, 3, 4)),
        ("어제", "ko", date(2026, 3, 19), date(2026, 3, 19)),
        ("2026년 2월", "ko", date(2026, 2, 1), date(2026, 2, 28)),
        ("yesterday", "ko", date(2026, 3, 19), date(2026, 3, 19)),
        ("i går", "no", date(2026, 3, 19), date(2026, 3, 19)),
        ("ontem", "pt-BR", date(2026, 3, 19), date(2026, 3, 19)),
        ("12 November", "en-US", date(2025, 11, 12), date(2025, 11, 12)),
        ("monday", "en-US", date(2026, 3, 16), date(2026, 3, 16)),
        ("this week", "en-US", date(2026, 3, 16), date(2026, 3, 22)),
        ("last month", "en-US", date(2026, 2, 1), date(2026, 2, 28)),
        ("Q4 2025", "en-US", date(2025, 10, 1), date(2025, 12, 31)),
        ("last year", "en-US", date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_a_day_is_read_in_the_askers_language(text: str, locale: str, first: date, last: date) -> None:
    assert read_days(text, locale) == (first, last)


@given(
    st.lists(_WORDS, max_size=4).map(" ".join) | st.text(max_size=30),
    st.sampled_from(["en-US", "en-GB", "ko"]),
)
@settings(deadline=None, max_examples=60)
def test_whatever_is_written_is_a_day_or_is_refused(text: str, locale: str) -> None:
    try:
        first, last = read_days(text, locale)
    except NewsbotError:
        return
    assert first <= last
