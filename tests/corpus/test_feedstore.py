"""What the store keeps of feeds, and that an article and its entry are stored together or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiosqlite
import pytest

from corpus.article import Article, Paragraph
from corpus.errors import NewsbotError
from corpus.identity import fingerprint, key
from corpus.polling import Health, State
from corpus.said import Said
from corpus.store import Entering, Outcome, Record, Store, Subscription, Taken
from corpus.store.migrations import m001_start

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
TEXT = " ".join(f"word{number}" for number in range(60))
ARTICLE = Article("https://news.example.com/ferry", "Ferry sails", (Paragraph("It sailed."), Paragraph(TEXT)))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "newsbot.db")
    yield opened
    await opened.close()


@pytest.fixture
async def feed(store: Store) -> Subscription:
    return await store.add_feed(subscription(), NOW)


def subscription(url: str = "https://news.example.com/feed", **state: object) -> Subscription:
    return Subscription(State(url, NOW, **state), "News", "https://news.example.com/", 600, 10)  # type: ignore[arg-type]


def entry(feed: Subscription, article: Article = ARTICLE, **fields: object) -> Record:
    known = Record(None, "guid-1", key(article.url), article.title, fingerprint(TEXT), feed=feed.id)
    return replace(known, **fields)  # type: ignore[arg-type]


async def test_a_feed_comes_back_as_it_was_kept(store: Store, feed: Subscription) -> None:
    assert await store.feeds() == [feed]
    state = replace(feed.state, health=Health.PAUSED, failures=3, reason=Said("HTTP 500"), last_success=NOW)
    await store.save_feed(replace(feed, state=state))
    assert (await store.feeds())[0].state == state


async def test_one_feed_is_not_added_twice_however_its_address_is_written(
    store: Store, feed: Subscription
) -> None:
    with pytest.raises(NewsbotError, match="is a feed already"):
        await store.add_feed(subscription("http://www.news.example.com/feed/"), NOW)
    assert await store.feeds() == [feed]


async def test_only_active_feeds_are_due_and_early_ones_only_if_they_did_not_fail(store: Store) -> None:
    later = NOW + timedelta(hours=1)
    for name, health, due, failures in (
        ("due", Health.ACTIVE, NOW, 1),
        ("later", Health.ACTIVE, later, 0),
        ("failed", Health.ACTIVE, later, 2),
        ("paused", Health.PAUSED, NOW, 10),
    ):
        feed = subscription(f"https://{name}.example.com/", health=health, failures=failures)
        await store.add_feed(replace(feed, title=name, state=replace(feed.state, due=due)), NOW)
    assert [feed.title for feed in await store.due_feeds(NOW)] == ["due"]
    assert [feed.title for feed in await store.due_feeds(NOW, early=True)] == ["due", "later"]


async def test_an_entry_is_found_by_guid_key_or_fingerprint_in_its_own_feed_only(
    store: Store, feed: Subscription
) -> None:
    await store.take_in([Taken(entry(feed), ARTICLE)], NOW)
    (by_guid,) = await store.known_entries(feed.id, ["guid-1"], [], [])
    assert (by_guid.article, by_guid.state, by_guid.feed) == (1, Entering.STORED, feed.id)
    assert await store.known_entries(feed.id, [], [key(ARTICLE.url)], []) == [by_guid]
    assert await store.known_entries(feed.id, [], [], [fingerprint(TEXT)]) == [by_guid]
    assert await store.known_entries(feed.id, ["", "guid-2"], [""], [b""]) == []
    assert await store.known_entries(0, ["guid-1"], [], []) == []


async def test_an_edit_keeps_the_first_address_and_the_last_three_texts(
    store: Store, feed: Subscription
) -> None:
    await store.take_in([Taken(entry(feed), ARTICLE)], NOW)
    (known,) = await store.known_entries(feed.id, ["guid-1"], [], [])
    for number in range(5):
        edited = replace(ARTICLE, url="https://news.example.com/other", title=f"Ferry {number}")
        assert await store.take_in([Taken(known, edited)], NOW) == [(ARTICLE.url, Outcome.CHANGED)]
    kept = await store.article(1)
    assert kept is not None
    assert (kept.url, kept.title, kept.paragraphs) == (ARTICLE.url, "Ferry 4", ARTICLE.paragraphs)
    assert [version.title for version in await store.history(1)] == ["Ferry 3", "Ferry 2", "Ferry 1"]
    assert await store.articles_by_key([key("https://news.example.com/other")]) == {
        "news.example.com/other": 1
    }


async def test_what_fails_halfway_leaves_neither_entry_nor_article(store: Store, feed: Subscription) -> None:
    broken = entry(feed, guid=object())
    with pytest.raises(sqlite3.Error):
        await store.take_in([Taken(entry(feed), ARTICLE), Taken(broken)], NOW, replace(feed, title="New"))
    assert (await store.counts()).articles == 0
    assert await store.known_entries(feed.id, ["guid-1"], [], []) == []
    assert await store.feeds() == [feed]


async def test_entries_without_articles_do_not_make_the_indexes_look_again(
    store: Store, feed: Subscription
) -> None:
    generation = await store.generation()
    await store.take_in([Taken(entry(feed, state=Entering.SKIPPED))], NOW, feed)
    assert await store.generation() == generation
    await store.take_in([Taken(entry(feed, guid="guid-2"), ARTICLE)], NOW, feed)
    assert await store.generation() == generation + 1


async def test_the_articles_of_a_removed_feed_stay_and_nothing_more_comes(
    store: Store, feed: Subscription
) -> None:
    await store.take_in([Taken(entry(feed), ARTICLE)], NOW)
    await store.remove_feed(feed.id)
    assert await store.feeds() == []
    late = replace(ARTICLE, url="https://news.example.com/late")
    assert await store.take_in([Taken(entry(feed), late)], NOW, feed) == []
    assert await store.forget_files(["/some/file.txt"]) == []  # which drops articles that nothing brings
    assert (await store.counts()).articles == 1


async def test_what_was_removed_while_it_was_fetched_does_not_come_back(
    store: Store, feed: Subscription
) -> None:
    waiting = entry(feed, state=Entering.WAITING)
    await store.take_in([Taken(waiting, ARTICLE, fingerprint(TEXT))], NOW)
    (known,) = await store.known_entries(feed.id, ["guid-1"], [], [])
    assert known.article is not None

    assert await store.remove_articles([known.article], NOW) == [ARTICLE.url]
    for late in (replace(known, state=Entering.STORED), replace(entry(feed), guid="guid-2")):
        assert await store.take_in([Taken(late, ARTICLE, fingerprint(TEXT))], NOW) == []
    assert (await store.counts()).articles == 0
    assert await store.waiting_pages(NOW, 10) == []

    named = entry(replace(feed, id=0), guid="")
    assert await store.take_in([Taken(named, ARTICLE, fingerprint(TEXT))], NOW) != []


async def test_a_feed_that_moves_to_another_one_ends(store: Store, feed: Subscription) -> None:
    other = await store.add_feed(subscription("https://other.example.com/feed"), NOW)
    await store.save_feed(replace(feed, state=replace(feed.state, url=other.state.url)))
    first = next(one for one in await store.feeds() if one.id == feed.id)
    assert first.state.health is Health.ENDED
    assert "is a feed already" in first.state.reason


async def test_pages_wait_until_they_are_due(store: Store, feed: Subscription) -> None:
    waiting = entry(feed, state=Entering.WAITING, due=NOW + timedelta(minutes=5))
    await store.take_in([Taken(waiting)], NOW)
    assert await store.waiting_pages(NOW, 10) == []
    (page,) = await store.waiting_pages(NOW + timedelta(minutes=5), 10)
    await store.take_in([Taken(replace(page, state=Entering.FAILED, reason=Said("HTTP 403")))], NOW)
    assert await store.waiting_pages(NOW + timedelta(days=1), 10) == []
    assert [one.reason for one in await store.troubled_entries()] == ["HTTP 403"]
    (listed,) = await store.listed_feeds()
    assert listed.entries == {Entering.FAILED: 1}


async def test_articles_that_say_nearly_the_same_are_linked(store: Store, feed: Subscription) -> None:
    copied = replace(ARTICLE, url="https://copy.example.com/ferry")
    other = replace(ARTICLE, url="https://other.example.com/dam")
    texts = [TEXT, f"{TEXT} And more.", " ".join(f"else{number}" for number in range(60))]
    await store.take_in(
        [
            Taken(entry(feed, article, guid=article.url), article, fingerprint(text))
            for article, text in zip([ARTICLE, copied, other], texts, strict=True)
        ],
        NOW,
    )
    assert await store.near(1) == [2]
    assert await store.near(3) == []


async def test_a_database_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "newsbot.db"
    async with aiosqlite.connect(path, isolation_level=None) as db:
        await m001_start(db)
        for url in ("https://www.example.com/a/?utm_source=rss", "file:///a.txt"):
            await db.execute(
                "INSERT INTO articles (url, title, source, authors, section, language, content_hash,"
                " generation) VALUES (?, 'T', '', '[]', '', '', x'00', 1)",
                (url,),
            )
        await db.execute("PRAGMA user_version = 1")
    store = await Store.open(path)
    assert (await store.counts()).articles == 2
    assert await store.articles_by_key([key("http://example.com/a"), ""]) == {"example.com/a": 1}
    assert await store.feeds() == []
    await store.close()
