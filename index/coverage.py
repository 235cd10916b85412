"""What the articles say of something that is not a question: a message, or an article that it links to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from corpus.article import Kind
from corpus.feedstore import FeedStore
from corpus.store import Passage
from index.answer import Answer, Headline
from index.given import may_see
from index.link import link_to
from index.retriever import Trace

_RELATED = 5


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


async def linked_article(
    store: FeedStore, links: Iterable[str], allowed: Sequence[str] = ()
) -> Article | None:
    """The first article that is at one of these addresses, of the ``allowed`` outlets, or of all if empty."""
    for link in links:
        found = await store.find_article(link)
        if found is None:
            continue
        title, url, source, published = (await store.headlines([found]))[found]
        if may_see(source, allowed):
            paragraphs = await store.article_paragraphs(found)
            texts = (one.text for _, one in paragraphs if one.kind in (Kind.BODY, Kind.QUOTE))
            headline = Headline(title, link_to(url, ""), source, published, found)
            return Article(headline, url, next(texts, ""))
    return None


def gather(trace: Trace, article: Article | None) -> Found:
    """What a search for the words of a message, or for an article's title, has brought."""
    own = article.url if article else ""
    quotes = tuple(quote for quote in trace.answer.quotes if quote.url != own)
    answer = replace(trace.answer, answered=bool(quotes), quotes=quotes, headlines=())
    known = {own, *(quote.url for quote in quotes)}
    return Found(article, answer, tuple(_others(trace.passages, known)))


def _others(passages: Iterable[Passage], known: set[str]) -> Iterable[Headline]:
    found: dict[int, Headline] = {}
    for passage in passages:
        if passage.url not in known and len(found) < _RELATED:
            headline = Headline(
                passage.title, link_to(passage.url, ""), passage.source, passage.published, passage.article
            )
            found.setdefault(passage.article, headline)
    return found.values()
