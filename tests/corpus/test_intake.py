"""What a feed on loopback brings into the store, poll after poll."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from corpus.feedstore import Entering, FeedStore
from corpus.fetching import Fetcher
from corpus.intake import Intake
from corpus.polling import Health
from corpus.reading import Failure
from corpus.store import Outcome
from tests.corpus.server import Server, answer


class Desk:
    """A feed, a clock, and all that was told of what the feed brought."""

    def __init__(self, store: FeedStore, server: Server) -> None:
        self.store, self.server = store, server
        self.now = datetime(2026, 11, 24, 8, tzinfo=UTC)
        self.failed: list[Failure] = []
        self.outcomes: list[tuple[str, Outcome]] = []
        fetcher = Fetcher(allowed=["localhost"])
        self.intake = Intake(store, fetcher, clock=lambda: self.now, chance=Random(1))

    def give(self, *items: str, status: str = "200 OK", **headers: str) -> None:
        feed = f"<rss version='2.0'><channel><title>The Lamp</title>{''.join(items)}</channel></rss>"
        self.server.routes["/feed"] = answer(feed, status, content_type="application/rss+xml", **headers)

    async def add(self, take: int | None = None) -> None:
        found = await self.intake.find(self.server.url("/feed"))
        await self.intake.subscribe(found, take, self.outcomes.extend, self.failed.append)

    async def poll(self, hours: float = 1) -> list[Outcome]:
        self.now += timedelta(hours=hours)
        self.outcomes.clear()
        feeds = await self.store.due_feeds(self.now)
        await self.intake.poll(feeds, self.outcomes.extend, self.failed.append)
        return [outcome for _, outcome in self.outcomes]

    async def articles(self) -> int:
        return (await self.store.counts()).articles

    def item(self, name: str, guid: str = "", text: str = "", day: int = 20) -> str:
        text = text or " ".join(f"{name}{number}" for number in range(200)) + "."
        return (
            f"<item><title>{name} news of the day</title><guid isPermaLink='false'>{guid or name}</guid>"
            f"<link>{self.server.url('/' + name)}</link><description>{text}</description>"
            f"<pubDate>{day} Nov 2026 08:00:00 GMT</pubDate></item>"
        )


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    store = await FeedStore.open(tmp_path / "newsbot.db")
    async with Server() as server:
        desk = Desk(store, server)
        async with desk.intake:
            yield desk
    await store.close()


async def test_each_article_comes_once_whatever_its_guid_and_date_do(desk: Desk) -> None:
    desk.give(desk.item("ferry"), desk.item("dam"))
    await desk.add()
    assert await desk.articles() == 2
    desk.give(
        desk.item("ferry", guid="today", day=21), desk.item("dam", guid="now", day=22), desk.item("cup")
    )
    assert await desk.poll() == [Outcome.ADDED]
    assert await desk.poll() == []
    assert await desk.articles() == 3


async def test_only_the_newest_are_taken_and_the_others_never_come(desk: Desk) -> None:
    desk.give(*(desk.item(f"old{number}", day=20 - number) for number in range(5)))
    await desk.add(take=2)
    assert sorted(url[-4:] for url, _ in desk.outcomes) == ["old0", "old1"]
    assert await desk.poll() == []
    (listed,) = await desk.store.listed_feeds()
    assert listed.entries == {Entering.STORED: 2, Entering.SKIPPED: 3}


async def test_an_edit_changes_the_article_and_keeps_its_first_date(desk: Desk) -> None:
    text = " ".join(f"ferry{number}" for number in range(200))
    desk.give(desk.item("ferry", text=f"{text}."))
    await desk.add()
    desk.give(desk.item("ferry", text=f"{text} corrected.", day=22))
    assert await desk.poll() == [Outcome.CHANGED]
    article = await desk.store.article(1)
    assert article is not None
    assert article.paragraphs[0].text.endswith("corrected.")
    assert article.day is not None
    assert article.day.day == 20


async def test_a_summary_is_kept_with_the_reason_why_its_page_is_not(desk: Desk) -> None:
    desk.server.routes["/ferry"] = answer(status="403 Forbidden")
    desk.give(desk.item("ferry", text="The ferry sails again, says its captain."))
    await desk.add()
    assert await desk.articles() == 1
    assert [failure.reason for failure in desk.failed] == ["the site refuses bots: HTTP 403"]
    (entry,) = await desk.store.troubled_entries()
    assert (entry.state, entry.reason) == (Entering.STUB, "the site refuses bots: HTTP 403")


async def test_a_feed_that_is_gone_ends_and_its_articles_stay(desk: Desk) -> None:
    desk.give(desk.item("ferry"))
    await desk.add()
    desk.give(status="410 Gone")
    await desk.poll()
    (feed,) = await desk.store.feeds()
    assert feed.state.health is Health.ENDED
    assert await desk.store.due_feeds(desk.now + timedelta(days=99)) == []
    assert await desk.articles() == 1


async def test_entries_without_link_are_articles_of_their_own(desk: Desk) -> None:
    items = [
        f"<item><description>{' '.join(f'{n}x{i}' for i in range(200))}</description></item>" for n in "ab"
    ]
    desk.give(*items)
    await desk.add()
    assert await desk.articles() == 2
    assert await desk.poll() == []
    assert await desk.articles() == 2
