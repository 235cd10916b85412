"""Days, as people give them to an option."""

from __future__ import annotations

import re
from datetime import date, datetime

from corpus.errors import NewsbotError


def read_day(text: str) -> date:
    """The day that ``text`` names, as in 2026-03-31. Raises NewsbotError."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip(), re.ASCII):
        raise NewsbotError("“{text}” is not a date: write year-month-day, like 2026-03-31", text=text[:40])
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise NewsbotError(
            "there is no day {text}: write year-month-day, like 2026-03-31", text=text.strip()
        ) from None


def today() -> date:
    """The day that it is here."""
    return datetime.now().astimezone().date()
