"""News that came in by itself can be asked about."""

from __future__ import annotations

from datetime import date

import pytest

from corpus.errors import NewsbotError
from corpus.feeds import FeedLink
from index.answer import Question
from tests.conftest import OpenNewsroom
from tests.corpus.server import Server, answer


async def test_what_a_feed_brings_is_asked_about_and_stays_when_the_feed_goes(
    open_newsroom: OpenNewsroom,
) -> None:
    newsroom = await open_newsroom(allowed_hosts=["localhost"])
    text = "Twelve passengers were on board the ferry. " + "Nothing else is known of it so far. " * 30
    async with Server() as server:
        link = f"<link>{server.url('/f')}</link>"
        item = f"<item><title>Ferry sails</title>{link}<description>{text}</description></item>"
        server.routes["/feed"] = answer(
            f"<rss version='2.0'><channel><title>The Lamp</title>{item}</channel></rss>",
            content_type="text/xml",
        )
        assert (await newsroom.import_feeds([FeedLink(server.url("/feed"), "")])).added
        assert (await newsroom.poll()).added == (server.url("/f"),)
        assert (await newsroom.poll(early=True)).added == ()
        with pytest.raises(NewsbotError, match="is a feed already"):
            await newsroom.add_feed(server.url("/feed"))
        await newsroom.remove_feed("the lamp")
        found = await newsroom.ask(
            Question("How many passengers were on board the ferry?", date(2026, 11, 24))
        )
    assert found.quotes[0].sentence == "Twelve passengers were on board the ferry."
    assert (await newsroom.stats()).pending == 0
    assert await newsroom.feeds() == []


async def test_a_page_that_cannot_be_fetched_is_told(open_newsroom: OpenNewsroom) -> None:
    newsroom = await open_newsroom()
    diff = await newsroom.add(["http://127.0.0.1/", "no address"])
    assert [failure.place for failure in diff.failed] == ["http://127.0.0.1/", "no address"]
    assert "not on the public internet" in diff.failed[0].reason
