"""What is shown of an article: quotes and headlines, of what the store holds."""

from __future__ import annotations

from datetime import date, datetime

from corpus.store import Passage
from index.answer import Headline, Quote
from index.link import link_to


def quote_of(
    passage: Passage, start: int, end: int, score: float, also_in: tuple[Headline, ...] = ()
) -> Quote:
    """A passage, quoted for the sentence ``[start:end]`` in it."""
    return Quote(
        text=passage.text,
        start=start,
        end=end,
        title=passage.title,
        url=passage.url,
        link=link_to(passage.url, passage.text[start:end]),
        source=passage.source,
        published=passage.published,
        score=score,
        paragraph=passage.id,
        also_in=also_in,
    )


def headline_of(
    article: int, title: str, url: str, source: str, published: date | datetime | None
) -> Headline:
    """The headline of an article, of what ``Store.headlines`` gives."""
    return Headline(title, link_to(url, ""), source, published, article)
