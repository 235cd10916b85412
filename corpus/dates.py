"""Dates as they are written in files and pages."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_WRITTEN = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\d)(?P<year>\d{4})(?P<between>[-/.])(?P<number>\d{1,2})(?P=between)(?P<day>\d{1,2})(?!\d)",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[\s-]+{_MONTH}[\s,-]+(?P<year>\d{{4}})\b",
        rf"\b{_MONTH}[\s-]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s,-]+(?P<year>\d{{4}})\b",
        r"(?<!\d)(?P<day>\d{1,2})\.\s?(?P<number>\d{1,2})\.\s?(?P<year>\d{4})(?!\d)",
    )
)
_SPACED_OFFSET = re.compile(r"(?<=\d)\s+(?=[+-]\d{2}:?\d{2}$)")
_FIRST_NEWSPAPER = 1605  # earlier years are a database's way of saying that it does not know


def parse(written: str) -> date | datetime | None:
    """A day, or a moment that says its time zone, from ISO 8601, RFC 2822 or English words.

    None where no day can be told for certain: 3/4/2024 is two different days. A moment without a time zone is
    known by its day only.
    """
    text = " ".join(written.split())
    if len(text) > 100:
        return None
    found = _iso(text) or _mail(text) or find(text)
    return found if found and found.year >= _FIRST_NEWSPAPER else None


def find(text: str) -> date | None:
    """The first day written in ``text`` in figures that mean one day only, or with an English month."""
    matches = (pattern.search(text) for pattern in _WRITTEN)
    days = [(match.start(), day) for match in matches if match and (day := _day(match))]
    return min(days)[1] if days else None


def _day(match: re.Match[str]) -> date | None:
    parts = match.groupdict()
    month = int(parts["number"]) if parts.get("number") else 1 + _MONTHS.index(parts["month"][:3].lower())
    try:
        return date(int(parts["year"]), month, int(parts["day"]))
    except ValueError:
        return None


def _iso(text: str) -> date | datetime | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(_SPACED_OFFSET.sub("", text))
    except ValueError:
        return None
    return _with_zone_or_day(moment)


def _mail(text: str) -> date | datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return _with_zone_or_day(moment)
    except (ValueError, IndexError, OverflowError):
        return None


def _with_zone_or_day(moment: datetime) -> date | datetime:
    if moment.tzinfo is None:
        return moment.date()
    try:
        moment.astimezone(UTC)
    except OverflowError:
        return moment.date()
    return moment
