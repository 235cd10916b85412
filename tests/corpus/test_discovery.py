"""How the feed of a site is found."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from corpus.discovery import discover
from corpus.errors import NewsbotError
from corpus.feeds import FeedLink
from corpus.fetching import Fetcher
from corpus.workshop import P, T, Workshop
from tests.corpus.server import Server, answer, redirect

FEED = answer(
    "<rss version='2.0'><channel><title>Harbour</title><item><title>Ferry</title></item></channel></rss>",
    content_type="application/rss+xml",
)


class Here(Workshop):
    """Does the work at once, without another process."""

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return work(*args, **kwargs)


@pytest.fixture
def workshop() -> Workshop:
    return Here()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as server:
        yield server


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(allowed=["localhost"]) as fetcher:
        yield fetcher


def page(head: str = "") -> bytes:
    return answer(f"<html><head>{head}</head><body>Hi</body></html>", content_type="text/html")


def link(href: str) -> str:
    return f'<link rel="alternate" type="application/rss+xml" href="{href}">'


class TestDiscovery:
    async def test_an_address_of_a_feed(self, fetcher: Fetcher, workshop: Workshop, server: Server) -> None:
        server.routes["/feed"] = FEED
        found = await discover(server.url("/feed"), fetcher, workshop)
        assert (found.url, found.feed.title, len(found.feed.entries)) == (server.url("/feed"), "Harbour", 1)

    async def test_a_page_that_names_its_feeds(
        self, fetcher: Fetcher, workshop: Workshop, server: Server
    ) -> None:
        server.routes |= {"/": page(link("/gone") + link("/a") + link("/b")), "/a": FEED, "/b": FEED}
        found = await discover(server.url("/"), fetcher, workshop)
        assert found.url == server.url("/a")
        assert found.others == (FeedLink(server.url("/gone"), ""), FeedLink(server.url("/b"), ""))

    async def test_a_page_that_names_none(self, fetcher: Fetcher, workshop: Workshop, server: Server) -> None:
        server.routes |= {"/": page(), "/rss.xml": FEED}
        assert (await discover(server.url("/"), fetcher, workshop)).url == server.url("/rss.xml")

    async def test_a_feed_that_moved_for_good(
        self, fetcher: Fetcher, workshop: Workshop, server: Server
    ) -> None:
        server.routes |= {"/old": redirect("/new", "301 Moved Permanently"), "/new": FEED}
        assert (await discover(server.url("/old"), fetcher, workshop)).url == server.url("/new")

    async def test_nothing_is_said(self, fetcher: Fetcher, workshop: Workshop, server: Server) -> None:
        server.routes["/"] = page(link("/gone"))
        with pytest.raises(NewsbotError, match="this is not a feed, and none is found on that site"):
            await discover(server.url("/"), fetcher, workshop)

    @pytest.mark.parametrize(
        ("address", "reason"), [("news", "not a web address"), ("http://127.0.0.1/feed", "public internet")]
    )
    async def test_what_may_not_be_fetched(
        self, fetcher: Fetcher, workshop: Workshop, address: str, reason: str
    ) -> None:
        with pytest.raises(NewsbotError, match=reason):
            await discover(address, fetcher, workshop)
