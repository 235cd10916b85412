"""The feed at an address, or the feed of the site that is there."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from corpus.feeds import Feed, FeedError, FeedLink, NoFeed, NotAFeed, find_feeds, parse_feed, usual_places
from corpus.fetching import Fetched, Fetcher, FetchError
from corpus.identity import web_address
from corpus.said import Said
from corpus.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Discovery:
    """A feed that was found, with the answer that brought it. ``others`` are what the site names too."""

    url: str
    feed: Feed
    answer: Fetched
    others: tuple[FeedLink, ...] = ()

    @property
    def title(self) -> str:
        """What the feed calls itself; may be empty."""
        return self.feed.title

    @property
    def entries(self) -> int:
        """How many entries the feed has now."""
        return len(self.feed.entries)

    @property
    def newest(self) -> date | None:
        """The day of its newest entry, as far as its entries have days."""
        moments = [moment for one in self.feed.entries if (moment := one.published or one.updated)]
        return max(moments).date() if moments else None


async def discover(address: str, fetcher: Fetcher, workshop: Workshop) -> Discovery:
    """The feed at an address that a person wrote, the feed that its page names, or one in the usual places.

    Raises NewsbotError: the address is none, cannot be fetched, or leads to no feed; NoFeed where it will
    not lead to one at another time either, since its page names none that could not be read now.
    """
    url = web_address(address)
    answer = await fetcher.fetch(url)
    with suppress(NotAFeed):
        return await _read(url, answer, workshop)
    named = await workshop.run(find_feeds, answer.body, url=answer.url, content_type=answer.content_type)
    found = await _first((link.url for link in named), fetcher, workshop)
    found = found or await _first(usual_places(answer.url), fetcher, workshop)
    if found is None:
        nothing = Said(
            "this is not a feed, and none is found on that site: give the address of the feed itself"
        )
        raise (FeedError if named else NoFeed)(nothing.template)
    others = tuple(link for link in named if link.url != found.url)
    return Discovery(found.url, found.feed, found.answer, others)


async def _first(urls: Iterable[str], fetcher: Fetcher, workshop: Workshop) -> Discovery | None:
    for url in urls:
        # That nothing is there is what a search is for.
        with suppress(FetchError, FeedError):
            return await _read(url, await fetcher.fetch(url), workshop)
    return None


async def _read(url: str, answer: Fetched, workshop: Workshop) -> Discovery:
    feed = await workshop.run(parse_feed, answer.body, url=answer.url, content_type=answer.content_type)
    return Discovery(answer.moved or url, feed, answer)
