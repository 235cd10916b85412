"""News that came in by itself can be asked about."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import filelock
import pytest

from corpus.errors import Busy, NewsbotError
from corpus.feeds import FeedLink
from corpus.polling import Health
from corpus.store import Entering
from index import newswire
from index.answer import Question
from index.encoder import Vectors
from index.newsroom import Newsroom
from index.runs import Notice, Run
from tests.conftest import HashingEmbedder, OpenNewsroom, write_articles
from tests.corpus.server import Request, Server, answer

FERRY = "Twelve passengers were on board the ferry. " + "Nothing else is known of it so far. " * 30
DAM = "Engineers sealed the crack in the Hollin dam. " + "They will come again in the spring. " * 30


class Desk:
    """A newsroom with a feed on loopback and a clock."""

    def __init__(self, newsroom: Newsroom, server: Server) -> None:
        self.newsroom, self.server = newsroom, server
        self.now = datetime(2026, 11, 24, 8, tzinfo=UTC)

    @property
    def feed(self) -> str:
        return self.server.url("/feed")

    def give(self, *items: str, status: str = "200 OK", **headers: str) -> None:
        feed = f"<rss version='2.0'><channel><title>The Lamp</title>{''.join(items)}</channel></rss>"
        self.server.routes["/feed"] = answer(feed, status, content_type="text/xml", **headers)

    def item(self, name: str, text: str = FERRY, day: int = 20) -> str:
        return (
            f"<item><title>{name} news</title><link>{self.server.url(f'/{name}')}</link><guid>{name}</guid>"
            f"<description>{text}</description><pubDate>{day} Nov 2026 08:00:00 GMT</pubDate></item>"
        )


@pytest.fixture
async def desk(open_newsroom: OpenNewsroom) -> AsyncIterator[Desk]:
    async with Server() as server:
        newsroom = await open_newsroom(allowed_hosts=["localhost"], clock=lambda: desk.now)
        desk = Desk(newsroom, server)
        yield desk


def hold(server: Server, path: str) -> tuple[asyncio.Event, asyncio.Event]:
    """Has the server keep its visitor waiting; events for when it has come, and for letting it go."""
    come, go = asyncio.Event(), asyncio.Event()
    given = server.routes[path]
    assert isinstance(given, bytes)

    async def wait(request: Request, writer: asyncio.StreamWriter) -> None:
        come.set()
        await go.wait()
        writer.write(given)

    server.routes[path] = wait
    return come, go


async def until_there_are(articles: int, newsroom: Newsroom) -> None:
    while (await newsroom.coverage()).articles < articles:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_what_a_feed_brings_is_asked_about_and_stays_when_the_feed_goes(desk: Desk) -> None:
    newsroom = desk.newsroom
    desk.give(desk.item("ferry"))
    assert (await newsroom.import_feeds([FeedLink(desk.feed, "")])).added == (desk.feed,)
    assert (await newsroom.poll()).added == (desk.server.url("/ferry"),)
    assert (await newsroom.poll(early=True)).added == ()
    with pytest.raises(NewsbotError, match="is a feed already"):
        await newsroom.add_feed(desk.feed)
    await newsroom.remove_feed("the lamp")
    found = await newsroom.ask(Question("How many passengers were on board the ferry?", date(2026, 11, 24)))
    assert found.quotes[0].sentence == "Twelve passengers were on board the ferry."
    assert (await newsroom.stats()).pending == 0
    assert await newsroom.feeds() == []


async def test_a_feed_is_found_first_so_that_its_adder_can_say_how_far_back_to_go(desk: Desk) -> None:
    desk.give(*(desk.item(f"n{number}", day=20 - number) for number in range(5)))
    found = await desk.newsroom.find_feed(desk.feed)
    assert (found.url, found.title, found.entries, found.newest) == (
        desk.feed,
        "The Lamp",
        5,
        date(2026, 11, 20),
    )
    assert await desk.newsroom.feeds() == [], "finding is not adding"
    feed, diff = await desk.newsroom.add_feed(found, take=1)
    assert diff.added == (desk.server.url("/n0"),)
    assert feed.title == "The Lamp"
    assert len(desk.server.requests) == 1, "what was found need not be fetched again"
    with pytest.raises(NewsbotError, match="is a feed already"):
        await desk.newsroom.find_feed(desk.feed)


async def test_a_page_that_cannot_be_fetched_is_told(desk: Desk) -> None:
    diff = await desk.newsroom.add(["http://127.0.0.1/", "no address"])
    assert [failure.place for failure in diff.failed] == ["http://127.0.0.1/", "no address"]
    assert "not on the public internet" in diff.failed[0].reason


async def test_a_reindex_takes_in_folders_and_feeds(
    open_newsroom: OpenNewsroom, tmp_path: Path, desk: Desk
) -> None:
    write_articles(tmp_path / "news" / "a.jsonl", {"url": "https://courier.example.com/a"})
    newsroom = await open_newsroom(
        tmp_path / "other", articles=[tmp_path / "news"], allowed_hosts=["localhost"], clock=lambda: desk.now
    )
    desk.give(desk.item("ferry"))
    await newsroom.add_feed(desk.feed)
    desk.give(desk.item("ferry"), desk.item("dam", DAM))
    diff = await newsroom.reindex()
    assert diff.added == ("https://courier.example.com/a", desk.server.url("/dam"))
    assert (await newsroom.reindex()).added == ()


async def test_a_poll_in_the_background_does_not_keep_anyone_from_a_reindex(desk: Desk) -> None:
    desk.give(desk.item("ferry"))
    await desk.newsroom.import_feeds([FeedLink(desk.feed, "")])
    come, go = hold(desk.server, "/feed")
    poll = asyncio.create_task(desk.newsroom.poll())
    await come.wait()
    waits: asyncio.Queue[str] = asyncio.Queue()
    again = asyncio.create_task(desk.newsroom.reindex(on_wait=waits.put_nowait))
    assert await waits.get() == "waiting for a poll that is under way"
    with pytest.raises(Busy, match="a re-index is already running"):
        await desk.newsroom.reindex()
    go.set()
    assert len((await poll).added) == 1
    assert (await again).added == ()


async def test_another_process_that_polls_is_waited_for(desk: Desk, tmp_path: Path) -> None:
    desk.give(desk.item("ferry"))
    await desk.newsroom.import_feeds([FeedLink(desk.feed, "")])
    waits: asyncio.Queue[str] = asyncio.Queue()
    with filelock.FileLock(tmp_path / "data" / "polling.lock"):
        poll = asyncio.create_task(desk.newsroom.poll(on_wait=waits.put_nowait))
        assert await waits.get() == "waiting for another newsbot that polls into the same data folder"
        assert desk.server.requests == []
    assert len((await poll).added) == 1


async def test_feeds_are_polled_in_the_background_as_soon_as_they_are_added(desk: Desk) -> None:
    polling = asyncio.create_task(desk.newsroom.keep_polling())
    await asyncio.sleep(0)
    desk.give(desk.item("ferry"))
    await desk.newsroom.import_feeds([FeedLink(desk.feed, "")])
    await until_there_are(1, desk.newsroom)
    while (await desk.newsroom.feeds())[0].feed.state.last_success is None:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    desk.give(desk.item("ferry"), desk.item("dam", DAM))
    desk.now += timedelta(hours=1)
    await desk.newsroom.import_feeds([FeedLink(desk.feed, "")])  # which wakes it
    await until_there_are(2, desk.newsroom)
    polling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await polling


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_long_run_of_indexing_holds_up_no_feed(
    open_newsroom: OpenNewsroom, desk: Desk, monkeypatch: pytest.MonkeyPatch, elsewhere: bool
) -> None:
    monkeypatch.setattr(newswire, "_LOOK_SECONDS", 0.05)
    newsroom = desk.newsroom
    desk.give(desk.item("ferry"))
    await newsroom.add_feed(desk.feed)
    indexing = await open_newsroom() if elsewhere else newsroom
    async with indexing._exclusive(None):
        polling = asyncio.create_task(newsroom.keep_polling())
        for count, names in ((2, ["dam"]), (3, ["dam", "storm"])):
            desk.give(desk.item("ferry"), *(desk.item(name, f"{name}. {DAM}") for name in names))
            while (await newsroom.coverage()).articles < count:
                desk.now += timedelta(hours=1)
                await asyncio.sleep(0.02)
        assert (await newsroom.stats()).pending
    while (await newsroom.stats()).pending:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    polling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await polling


async def test_closing_ends_a_poll_without_a_word(
    open_newsroom: OpenNewsroom, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.give(desk.item("ferry"))
    await desk.newsroom.import_feeds([FeedLink(desk.feed, "")])
    come, _ = hold(desk.server, "/feed")
    polling = asyncio.create_task(desk.newsroom.keep_polling())
    await come.wait()
    with caplog.at_level(logging.WARNING):
        await desk.newsroom.close()
        await asyncio.wait([polling])
    assert polling.cancelled()
    assert caplog.records == []
    desk.give(desk.item("ferry"))
    newsroom = await open_newsroom(allowed_hosts=["localhost"], clock=lambda: desk.now)
    assert len((await newsroom.poll()).added) == 1, "it is still due"


async def test_what_went_wrong_can_be_looked_up(desk: Desk) -> None:
    desk.give(desk.item("ferry", "The ferry sails again, says its captain."), desk.item("dam", DAM))
    desk.server.routes["/ferry"] = answer(status="403 Forbidden")
    await desk.newsroom.add_feed(desk.feed)
    (entry,) = await desk.newsroom.troubled_entries("The Lamp")
    assert (entry.title, entry.url) == ("ferry news", desk.server.url("/ferry"))
    assert (entry.state, entry.reason) == (Entering.STUB, "the site refuses bots: HTTP 403")
    desk.give(status="500 Internal Server Error")
    await desk.newsroom.poll(early=True)
    (listed,) = await desk.newsroom.feeds()
    assert listed.feed.state.health is Health.ACTIVE
    assert listed.feed.state.reason == "the site has a fault: HTTP 500"
    assert listed.feed.state.last_success == desk.now
    assert listed.feed.state.due > desk.now
    with pytest.raises(NewsbotError, match="there is no feed The Lantern"):
        await desk.newsroom.troubled_entries("The Lantern")


async def test_what_an_article_said_before_can_be_looked_up(desk: Desk) -> None:
    desk.give(desk.item("ferry"))
    await desk.newsroom.add_feed(desk.feed)
    desk.give(desk.item("ferry", f"{FERRY} Corrected."))
    assert (await desk.newsroom.poll(early=True)).changed == (desk.server.url("/ferry"),)
    (version,) = await desk.newsroom.history(desk.server.url("/ferry"))
    assert version.paragraphs[0].text == FERRY.strip()
    with pytest.raises(NewsbotError, match="there is no article"):
        await desk.newsroom.history("https://example.com/")


async def test_what_comes_while_the_last_is_encoded_is_encoded_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page arrives while the summary's vectors are made."""
    desk.give(desk.item("ferry", "The ferry sails again, says its captain."))
    body = "".join(f"<p>{DAM} It has a part {number}.</p>" for number in range(3))
    page = f"<title>ferry news</title><article><h1>ferry news</h1>{body}</article>"
    desk.server.routes["/ferry"] = answer(page, content_type="text/html")
    _, go = hold(desk.server, "/ferry")
    newsroom = desk.newsroom
    encode = newsroom._encode_news

    async def slowly(run: Run, on_wait: Notice | None, *, patient: bool) -> None:
        await encode(run, on_wait, patient=patient)
        if not go.is_set():
            go.set()
            while len(newsroom._at_work) and not await newsroom._store.history(1):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    monkeypatch.setattr(newsroom, "_encode_news", slowly)
    monkeypatch.setattr(newswire, "_SEARCHABLE_SECONDS", 0.1)
    await newsroom.add_feed(desk.feed)
    assert (await newsroom.stats()).pending == 0


async def test_an_edited_page_keeps_the_vectors_of_the_paragraphs_that_stayed(
    open_newsroom: OpenNewsroom, tmp_path: Path, desk: Desk
) -> None:
    def page(*parts: str) -> bytes:
        body = "".join(f"<p>{part}</p>" for part in parts)
        text = f"<title>ferry news</title><article><h1>ferry news</h1>{body}</article>"
        return answer(text, content_type="text/html")

    parts = [f"{FERRY}It has a part {number}." for number in range(3)]
    embedder = HashingEmbedder()
    newsroom = await open_newsroom(
        tmp_path / "other", load=lambda _: embedder, allowed_hosts=["localhost"], clock=lambda: desk.now
    )
    desk.give(desk.item("ferry", "The ferry sails again, says its captain."))
    desk.server.routes["/ferry"] = page(*parts)
    await newsroom.add_feed(desk.feed)
    assert set(parts) <= set(embedder.encoded)
    embedder.encoded.clear()
    edited = "The ferry had thirteen passengers, its captain says now."
    desk.give(desk.item("ferry", "Corrected: the ferry sails again, says its captain."))
    desk.server.routes["/ferry"] = page(parts[0], edited, parts[2])
    desk.now += timedelta(hours=2)
    assert (await newsroom.poll()).changed == (desk.server.url("/ferry"),)
    assert set(embedder.encoded) == {"ferry news", edited}
    assert (await newsroom.stats()).pending == 0


async def test_what_a_poll_had_stored_when_the_newsroom_was_closed_is_encoded_by_the_next(
    open_newsroom: OpenNewsroom, tmp_path: Path, desk: Desk
) -> None:
    encoding, go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    class Slow(HashingEmbedder):
        def encode_passages(self, texts: Sequence[str]) -> Vectors:
            loop.call_soon_threadsafe(encoding.set)
            go.wait()
            return super().encode_passages(texts)

    options = {"allowed_hosts": ["localhost"], "clock": lambda: desk.now}
    newsroom = await open_newsroom(tmp_path / "other", load=lambda _: Slow(), **options)
    desk.give(desk.item("ferry"), desk.item("dam", DAM))
    await newsroom.import_feeds([FeedLink(desk.feed, "")])
    poll = asyncio.create_task(newsroom.poll())
    await encoding.wait()
    closing = asyncio.create_task(newsroom.close())
    await asyncio.wait([poll])
    go.set()
    await closing
    assert poll.cancelled()
    embedder = HashingEmbedder()
    newsroom = await open_newsroom(tmp_path / "other", load=lambda _: embedder, **options)
    before = await newsroom.stats()
    assert (before.coverage.articles, before.pending) == (2, before.passages)
    await newsroom.poll()
    assert (await newsroom.stats()).pending == 0
    assert len(embedder.encoded) == len(set(embedder.encoded)) > before.passages, "titles, too"
    found = await newsroom.ask(Question("Who sealed the crack in the Hollin dam?", date(2026, 11, 24)))
    assert found.quotes[0].sentence == "Engineers sealed the crack in the Hollin dam."
    assert await newsroom.check() == []
