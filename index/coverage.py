"""What the articles say of something that is not a question: a message, or an article that it links to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from corpus.article import Kind
from corpus.store import Store
from index.answer import Answer, Headline
from index.outlets import may_see
from index.quotes import headline_of
from index.retriever import Trace

_RELATED = 3


@dataclass(frozen=True, slots=True)
class Article:
    """An article with its first paragraph, ``lead``, verbatim."""

    headline: Headline
    url: str
    lead: str


@dataclass(frozen=True, slots=True)
class Found:
    """What there is on it: the ``article`` that was linked to, quotes, and more articles, the nearest first.

    There are quotes, of other articles, only in an ``answer`` that is sure enough to be ``answered``.
    """

    article: Article | None
    answer: Answer
    related: tuple[Headline, ...]


async def linked_article(store: Store, links: Iterable[str], allowed: Sequence[str] = ()) -> Article | None:
    """The first article that is at one of these addresses, of the ``allowed`` outlets, or of all if empty."""
    for link in links:
        found = await store.find_article(link)
        if found is None:
            continue
        title, url, source, published = (await store.headlines([found]))[found]
        if may_see(source, allowed):
            paragraphs = await store.article_paragraphs(found)
            texts = (one.text for _, one in paragraphs if one.kind in (Kind.BODY, Kind.QUOTE))
            headline = headline_of(found, title, url, source, published)
            return Article(headline, url, next(texts, ""))
    return None


async def gather(store: Store, trace: Trace, article: Article | None) -> Found:
    """What a search for the words of a message, or for an article's title, has brought."""
    own = article.url if article else ""
    quotes = tuple(quote for quote in trace.answer.quotes if quote.url != own)
    answer = replace(trace.answer, answered=bool(quotes), quotes=quotes, headlines=())
    known = {trace.articles[place] for place, _ in trace.places}
    if article:
        known.add(article.headline.article)
    others = [one for one in dict.fromkeys(trace.articles) if one not in known][:_RELATED]
    headlines = await store.headlines(others)
    related = tuple(headline_of(one, *headlines[one]) for one in others if one in headlines)
    return Found(article, answer, related)
