"""How news comes in by itself: feeds are polled, what is new in them is stored, and pages are fetched."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from corpus.article import Article
from corpus.discovery import Discovery, discover
from corpus.errors import NewsbotError, ReadError
from corpus.feeds import Entry, Feed, parse_feed
from corpus.feedstore import Entering, FeedStore, Record, Subscription, Taken
from corpus.fetching import Fetched, Fetcher, FetchError, Refused
from corpus.identity import clean, fingerprint, key, same_article, shared_keys, web_address
from corpus.pages import Page, better, is_whole, read_entry, read_page
from corpus.polling import State, failed, newest, succeeded
from corpus.reading import Failure
from corpus.store import Outcome
from corpus.workshop import Workshop

log = logging.getLogger(__name__)

_AT_ONCE = 20  # feeds, and hosts of pages, that are asked at the same time
_CHUNK = 50  # entries that are read and stored together
_PAGES = 200  # pages that are taken up together
_TRIES = 4  # of a page
_AGAIN = timedelta(hours=1)  # how soon a page is fetched anew because its feed tells of a change

Told = Callable[[Sequence[tuple[str, Outcome]]], None]
Wrong = Callable[[Failure], None]


@dataclass(frozen=True, slots=True)
class _Read:
    """An entry as far as its feed tells it; where that is no text, ``reason`` says so."""

    entry: Entry
    content: bytes
    fingerprint: bytes
    article: Article | None
    whole: bool
    reason: str


class Intake:
    """Brings articles from feeds and pages into a store; a context manager.

    ``told`` of each method hears what became of articles as soon as they are stored, ``wrong`` what failed.
    """

    def __init__(
        self,
        store: FeedStore,
        fetcher: Fetcher,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Random | None = None,
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._workshop = Workshop()
        self._clock = clock
        self._chance = chance or Random()  # noqa: S311 - spreads polls, guards nothing
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._opened.enter_async_context(self._fetcher)
        await self._opened.enter_async_context(self._workshop)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._opened.aclose()

    async def find(self, address: str) -> Discovery:
        """The feed at an address or of its site. Raises NewsbotError: there is none."""
        return await discover(address, self._fetcher, self._workshop)

    async def subscribe(self, found: Discovery, take: int | None, told: Told, wrong: Wrong) -> Subscription:
        """Add a feed that was found, and take its newest entries, all with ``None``.

        Raises NewsbotError: it is one already.
        """
        now = self._clock()
        feed = Subscription(State(found.url, now), found.feed.title, found.feed.site, found.feed.ttl, take)
        feed = await self._store.add_feed(feed, now)
        await self._take_feed(feed, found.feed, found.answer, told)
        await self.fetch_pages(told, wrong)
        return feed

    async def poll(self, feeds: Sequence[Subscription], told: Told, wrong: Wrong) -> None:
        """Poll these feeds, and fetch the pages that are due. Where one fails the others go on."""
        turn = asyncio.Semaphore(_AT_ONCE)

        async def one(feed: Subscription) -> None:
            async with turn:
                await self._poll(feed, told, wrong)

        async with asyncio.TaskGroup() as tasks:
            for feed in feeds:
                tasks.create_task(one(feed))
        await self.fetch_pages(told, wrong)

    async def fetch_pages(self, told: Told, wrong: Wrong) -> None:
        """Fetch all pages that are due, of one host one after the other."""
        turn = asyncio.Semaphore(_AT_ONCE)

        async def host(pages: list[Record]) -> None:
            async with turn:
                for record in pages:
                    await self._fetch_page(record, told, wrong)

        while pages := await self._store.waiting_pages(self._clock(), _PAGES):
            hosts: dict[str, list[Record]] = {}
            for record in pages:
                hosts.setdefault(urlsplit(record.url).netloc, []).append(record)
            async with asyncio.TaskGroup() as tasks:
                for records in hosts.values():
                    tasks.create_task(host(records))

    async def add(self, address: str, told: Told, wrong: Wrong) -> None:
        """Take in the article of one page."""
        try:
            url = web_address(address)
        except NewsbotError as error:
            wrong(Failure(address, str(error)))
            return
        known = await self._store.known_entries(0, [], [key(url)], [])
        record = known[0] if known else Record(None, "", key(url), "", b"", url=clean(url))
        await self._fetch_page(replace(record, tries=_TRIES), told, wrong)

    # -- feeds

    async def _poll(self, feed: Subscription, told: Told, wrong: Wrong) -> None:
        state = feed.state
        try:
            answer = await self._fetcher.fetch(state.url, etag=state.etag, last_modified=state.last_modified)
            if answer.unchanged:
                await self._succeeded(feed, answer, ())
                return
            read = await self._workshop.run(
                parse_feed, answer.body, url=answer.url, content_type=answer.content_type
            )
            await self._take_feed(feed, read, answer, told)
        except NewsbotError as error:
            wrong(Failure(state.url, str(error)))
            state = failed(state, error, self._clock(), self._chance)
            await self._store.save_feed(replace(feed, state=state))
        except Exception as error:
            # A defect that one feed brings out must not keep the others from being read.
            log.exception("polling %s failed", state.url)
            fault = NewsbotError(f"newsbot has a fault with this feed ({type(error).__name__}); see the log")
            wrong(Failure(state.url, str(fault)))
            state = failed(state, fault, self._clock(), self._chance)
            await self._store.save_feed(replace(feed, state=state))

    async def _take_feed(self, feed: Subscription, read: Feed, answer: Fetched, told: Told) -> None:
        """Store what is new, in parts; the feed counts as read only after the last, in case of a crash."""
        about = replace(read, entries=())
        first = feed.state.last_success is None
        wanted = set(map(id, newest(read.entries, feed.take))) if first else None
        shared = shared_keys(read.entries) | {
            known for one in read.entries if one.url and not re.search("[/?]", known := key(one.url))
        }
        for start in range(0, len(read.entries), _CHUNK):
            part = read.entries[start : start + _CHUNK]
            told(await self._take_entries(feed, about, part, shared, wanted))
        await self._succeeded(replace(feed, title=read.title, site=read.site, ttl=read.ttl), answer, ())

    async def _succeeded(self, feed: Subscription, answer: Fetched, taken: Sequence[Taken]) -> None:
        now = self._clock()
        state = succeeded(feed.state, answer, feed.ttl, now, self._chance)
        await self._store.take_in(taken, now, replace(feed, state=state))

    async def _take_entries(
        self,
        feed: Subscription,
        about: Feed,
        entries: Sequence[Entry],
        shared: frozenset[str],
        wanted: set[int] | None,
    ) -> list[tuple[str, Outcome]]:
        now = self._clock()
        known = await self._store.known_entries(
            feed.id, [one.guid for one in entries], [_key(one) for one in entries], []
        )
        seen = {(one.content, mark) for one in known for mark in ("g" + one.guid, "k" + one.key)}
        fresh = [one for one in entries if not _is_seen(one, seen, shared)]
        if not fresh:
            return []
        read = await self._workshop.run(_read_entries, fresh, about, now)
        known += await self._store.known_entries(feed.id, [], [], [one.fingerprint for one in read])
        keys = {_key(one) for one in fresh} - shared
        elsewhere = await self._store.articles_by_key(keys)
        removed = await self._store.removed_keys(keys)
        taken: list[Taken] = []
        for original, one in zip(fresh, read, strict=True):
            same = same_article(one.entry, one.fingerprint, known, shared=shared)
            if same is not None and same.id == 0:
                continue  # it stands in this feed twice
            old = wanted is not None and id(original) not in wanted
            skip = same is None and (old or _key(one.entry) in removed)
            found = await self._edited(one, same, now) if same else None
            found = found or self._new(feed, one, shared, elsewhere, now, skip=skip)
            taken.append(found)
            if not same:
                known.append(found.record)
        return await self._store.take_in(taken, now)

    def _new(
        self,
        feed: Subscription,
        one: _Read,
        shared: frozenset[str],
        elsewhere: dict[str, int],
        now: datetime,
        *,
        skip: bool,
    ) -> Taken:
        address = _key(one.entry)
        record = Record(
            elsewhere.get(address),
            *(one.entry.guid, address, one.entry.title, one.fingerprint),
            feed=feed.id,
            url=clean(one.entry.url) if one.entry.url else "",
            content=one.content,
            due=now,
        )
        if skip:
            return Taken(replace(record, article=None, state=Entering.SKIPPED))
        if record.article is not None:
            return Taken(record)  # another feed, or a file, has brought it
        unsure = not address or address in shared
        if not one.whole and not unsure:
            record = replace(record, state=Entering.WAITING)
        elif one.article is None:
            record = replace(record, state=Entering.FAILED, reason=one.reason)
        if one.article is None:
            return Taken(record)
        article = one.article
        if unsure:
            mark = hashlib.sha256((one.entry.guid or one.content.hex()).encode()).hexdigest()[:12]
            article = replace(article, url=f"{article.url or feed.state.url}#entry-{mark}")
        return Taken(record, article, one.fingerprint, shared=unsure)

    async def _edited(self, one: _Read, same: Record, now: datetime) -> Taken:
        record = replace(same, content=one.content, title=one.entry.title, fingerprint=one.fingerprint)
        said = same.content != one.content
        if not said or same.article is None or one.article is None or same.state is Entering.SKIPPED:
            return Taken(record)
        stored = await self._store.article(same.article)
        if stored is None:
            return Taken(record)
        if same.paged and not one.whole:
            return Taken(replace(record, state=Entering.WAITING, tries=0, due=max(now, same.due)))
        article = replace(one.article, url=stored.url, published=stored.published or one.article.published)
        return Taken(record, article, one.fingerprint, shared=True)

    # -- pages

    async def _fetch_page(self, record: Record, told: Told, wrong: Wrong) -> None:
        try:
            answer = await self._fetcher.fetch(record.url)
            page, print_ = await self._workshop.run(
                _read_page, answer.body, answer.url, answer.content_type, self._clock()
            )
        except NewsbotError as error:
            await self._page_failed(record, error, wrong)
            return
        now = self._clock()
        stored = await self._store.article(record.article) if record.article is not None else None
        if stored is not None and record.paged:
            stored = replace(stored, paragraphs=())  # an edited page may be shorter than it was
        entry = Entry(url=record.url, title=record.title)
        page = better(stored, page, entry)
        if stored is None:
            known = await self._store.articles_by_key({record.key, key(page.article.url)})
            record = replace(record, article=next(iter(known.values()), None))
        record = replace(
            record,
            state=Entering.STUB if page.stub else Entering.STORED,
            reason="is behind a paywall: only the free part is stored" if page.stub else "",
            due=now + _AGAIN,
            paged=True,
        )
        told(await self._store.take_in([Taken(record, page.article, print_)], now))

    async def _page_failed(self, record: Record, error: NewsbotError, wrong: Wrong) -> None:
        now, tries = self._clock(), record.tries + 1
        record = replace(record, reason=str(error), tries=tries)
        if _passes(error) and tries < _TRIES:
            wait = timedelta(minutes=15) * 4**tries
            if isinstance(error, FetchError) and error.retry_after:
                wait = max(wait, timedelta(seconds=min(error.retry_after, 86_400)))
            await self._store.take_in([Taken(replace(record, due=now + wait))], now)
            return
        state = Entering.STORED if record.paged else Entering.STUB
        record = replace(record, state=Entering.FAILED if record.article is None else state, due=now + _AGAIN)
        wrong(Failure(record.url, str(error)))
        await self._store.take_in([Taken(record)], now)


def _passes(error: NewsbotError) -> bool:
    """Whether it may go better another time."""
    if isinstance(error, ReadError | Refused) or not isinstance(error, FetchError):
        return False
    return error.status is None or error.status >= 500 or error.status in (408, 425, 429)


def _key(entry: Entry) -> str:
    return key(entry.url) if entry.url else ""


def _content(entry: Entry) -> bytes:
    """A mark of what an entry says, whatever its dates, its guid and its markup are."""
    text = re.sub(r"<[^>]*>", " ", f"{entry.title} {entry.content} {entry.summary}")
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).digest()


def _is_seen(entry: Entry, seen: set[tuple[bytes, str]], shared: frozenset[str]) -> bool:
    content, address = _content(entry), _key(entry)
    by_guid = bool(entry.guid) and (content, f"g{entry.guid}") in seen
    return by_guid or (bool(address) and address not in shared and (content, f"k{address}") in seen)


def _read_entries(entries: Sequence[Entry], about: Feed, now: datetime) -> list[_Read]:
    return [_read_one(entry, about, now) for entry in entries]


def _read_one(entry: Entry, about: Feed, now: datetime) -> _Read:
    bare = replace(entry, content="", summary="")
    try:
        article = read_entry(entry, about, now=now)
    except ReadError as error:
        return _Read(bare, _content(entry), fingerprint(entry.title), None, False, str(error))
    text = " ".join(paragraph.text for paragraph in article.paragraphs)
    print_ = fingerprint(f"{entry.title} {text}")
    return _Read(bare, _content(entry), print_, article, is_whole(article), "")


def _read_page(body: bytes, url: str, content_type: str, now: datetime) -> tuple[Page, bytes]:
    page = read_page(body, url=url, content_type=content_type, now=now)
    return page, fingerprint(" ".join(paragraph.text for paragraph in page.article.paragraphs))
