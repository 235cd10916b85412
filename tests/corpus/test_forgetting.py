"""What nobody needs any more is forgotten, and nothing is wrong for that: what needs it is made anew."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from corpus.article import Article, Paragraph
from corpus.identity import key
from corpus.polling import State
from corpus.store import Entering, Record, Store, Subscription, Taken, articles
from tests.conftest import OpenNewsroom, write_articles
from tests.index.test_newsroom import DAM, FERRY, quoted

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def article(number: int, text: str = "It sailed.") -> Article:
    return Article(f"https://courier.example.com/{number}", f"Title {number}", (Paragraph(text),))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "newsbot.db")
    yield opened
    await opened.close()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(articles, "_REMOVALS", 4)


async def remove(store: Store, number: int) -> int:
    """Returns the generation in which the article went."""
    await store.put([(article(number), "/a")], 1)
    await store.remove_articles([number], NOW)
    return await store.generation()


def removals(tmp_path: Path) -> tuple[int, int]:
    with closing(sqlite3.connect(tmp_path / "newsbot.db")) as database:
        (counts,) = database.execute(
            "SELECT (SELECT count(*) FROM removed_articles), (SELECT count(*) FROM removed_vectors)"
        )
    return counts


@pytest.mark.usefixtures("few")
async def test_removals_do_not_grow_for_ever_and_those_that_are_forgotten_are_not_taken_for_none(
    store: Store, tmp_path: Path
) -> None:
    generations = [await remove(store, number) for number in range(1, 21)]
    assert removals(tmp_path) <= (3, 6)
    assert await store.articles_removed_since(generations[0]) is None
    assert await store.vectors_removed_since(generations[0]) is None
    assert await store.articles_removed_since(generations[-2]) == [20]
    assert len(await store.vectors_removed_since(generations[-2]) or []) == 2
    assert await store.articles_removed_since(-1) is not None
    assert await store.text_generation() == generations[-1]


@pytest.mark.usefixtures("few")
async def test_what_one_transaction_removes_is_remembered_as_a_whole(store: Store) -> None:
    await remove(store, 1)
    await store.put([(article(number), "/a") for number in range(2, 30)], 1)
    before = await store.generation()
    await store.remove_articles(range(2, 30), NOW)
    assert await store.articles_removed_since(before) == list(range(2, 30))
    assert await store.articles_removed_since(before - 2) is None


@pytest.mark.usefixtures("few")
async def test_edits_are_forgotten_too(store: Store, tmp_path: Path) -> None:
    for number in range(20):
        await store.put([(article(1, f"It sailed {number} times."), "/a")], number)
    assert removals(tmp_path) <= (0, 5)
    assert await store.vectors_removed_since(1) is None


@pytest.mark.usefixtures("few")
async def test_an_index_that_is_too_far_behind_is_made_anew(
    open_newsroom: OpenNewsroom, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    bot, other = await open_newsroom(threshold=0.0), await open_newsroom(threshold=0.0)
    path, data = tmp_path / "a.jsonl", tmp_path / "data"
    storms = [
        {"url": f"https://courier.example.com/{n}", "text": f"Storm {n} sank the boat."} for n in range(9)
    ]
    await bot.index([write_articles(path, FERRY, DAM, *storms)])
    assert DAM["url"] in await quoted(bot, "What did the repair of the dam cost?")
    shutil.copytree(data, tmp_path / "before")
    for gone in (DAM, *storms):
        await other.remove([gone["url"]])
    quay = {"url": "https://courier.example.com/quay", "text": "The quay at Ostrava was closed on Monday."}
    await other.index([write_articles(tmp_path / "b.jsonl", quay)])
    # One that stayed open,
    assert set(await quoted(bot, "What did the repair of the dam cost?")) == {FERRY["url"], quay["url"]}
    assert await bot.check() == []
    await bot.close()
    await other.close()
    # and files as an old process has left them.
    for name in ("lexicon", "passages.faiss"):
        shutil.rmtree(data / name) if (data / name).is_dir() else (data / name).unlink()
    for file in (tmp_path / "before").iterdir():
        if file.is_dir() and file.name == "lexicon":
            shutil.copytree(file, data / file.name)
        elif file.name.startswith("passages."):
            shutil.copy(file, data)
    caplog.clear()
    again = await open_newsroom(threshold=0.0)
    assert set(await quoted(again, "What did the repair of the dam cost?")) == {FERRY["url"], quay["url"]}
    assert await again.check() == []
    assert [f"{data / 'lexicon'} is too far behind the database: it is made anew from it"] == [
        record.getMessage() for record in caplog.records if "lexicon is too far" in record.getMessage()
    ]
    assert f"{data / 'passages.faiss'} is too far behind the database" in caplog.text


async def entries(store: Store, feed: Subscription) -> set[str]:
    known = await store.known_entries(feed.id, [f"g{n}" for n in range(9)], [], [])
    return {record.guid for record in known}


@pytest.fixture
async def feed(store: Store) -> Subscription:
    """A feed with four entries that have articles."""
    added = await store.add_feed(
        Subscription(State("https://courier.example.com/feed", NOW), "Courier", "", 600, 10), NOW
    )
    taken = [
        Taken(
            Record(None, f"g{n}", key(article(n).url), f"Title {n}", b"", feed=added.id, url=article(n).url),
            article(n),
        )
        for n in range(4)
    ]
    await store.take_in(taken, NOW)
    return added


async def test_an_entry_is_forgotten_a_year_after_its_feed_had_it_last_and_its_article_stays(
    store: Store, feed: Subscription
) -> None:
    for day in range(0, 1000, 20):
        guids = ["g0"] if day > 300 else ["g0", "g1"]
        await store.note_delivered(feed.id, guids, [key(article(2).url)], NOW + timedelta(day))
        wanted = {"g0", "g2"}
        if day <= 280 + 365:  # every other day of these it was noted that the feed still had it
            wanted.add("g1")
        if day <= 365:
            wanted.add("g3")
        assert await entries(store, feed) == wanted, day
    assert len(await store.articles_by_key([key(article(n).url) for n in range(4)])) == 4


async def test_what_was_removed_by_hand_or_waits_is_never_forgotten(store: Store, feed: Subscription) -> None:
    known = await store.articles_by_key([key(article(1).url)])
    await store.remove_articles(known.values(), NOW)
    (waiting,) = await store.known_entries(feed.id, ["g2"], [], [])
    await store.take_in([Taken(replace(waiting, state=Entering.WAITING))], NOW)
    await store.note_delivered(feed.id, [], [], NOW + timedelta(4000))
    assert await entries(store, feed) == {"g1", "g2"}
    assert await store.removed_keys([key(article(1).url)]) == {key(article(1).url)}


async def test_a_feed_does_not_make_another_forget(store: Store, feed: Subscription) -> None:
    other = await store.add_feed(
        Subscription(State("https://radio.example.com/feed", NOW), "Radio", "", 600, 10), NOW
    )
    await store.note_delivered(other.id, [], [], NOW + timedelta(4000))
    assert len(await entries(store, feed)) == 4
