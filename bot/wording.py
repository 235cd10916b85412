"""What Discord and the terminal say in the same words."""

from __future__ import annotations

from datetime import date, datetime

from index.answer import Coverage

NOTHING_FOUND = "I found nothing on that."


def count(number: int, noun: str) -> str:
    """A number of things: 1 article, 2,000 articles."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def day(when: date | datetime) -> str:
    """A day as it is written in English: 3 May 2026."""
    return f"{when.day} {when:%B %Y}"


def duration(seconds: float) -> str:
    """How long something took."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def covers(coverage: Coverage) -> str:
    """How many articles there are, and from when to when."""
    articles = count(coverage.articles, "article")
    if coverage.first is None or coverage.last is None:
        return articles
    if coverage.first == coverage.last:
        return f"{articles} of {day(coverage.first)}"
    return f"{articles}, {day(coverage.first)} to {day(coverage.last)}"
