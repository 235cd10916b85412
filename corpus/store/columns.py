"""How dates and articles stand in columns."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import lru_cache

from corpus.article import Article


def article_columns(article: Article) -> tuple[object, ...]:
    """The columns of an article from ``title`` to ``content_hash``."""
    return (
        article.title,
        article.source,
        json.dumps(article.authors, ensure_ascii=False),
        article.published.isoformat() if article.published else None,
        article.day.toordinal() if article.day else None,
        article.section,
        article.language,
        article.content_hash,
    )


@lru_cache(maxsize=10_000)
def read_published(text: str | None) -> date | datetime | None:
    """A day, or a moment, of publication."""
    if not text:
        return None
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def read_day(ordinal: int | None) -> date | None:
    """A day from its proleptic ordinal."""
    return None if ordinal is None else date.fromordinal(ordinal)
