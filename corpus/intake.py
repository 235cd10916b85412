"""How news comes in by itself: feeds are polled, what is new in them is stored, and pages are fetched."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

from corpus.article import Article
from corpus.discovery import Discovery, discover
from corpus.entries import Delivery, Item, Reading, deliver, read_delivery, read_items
from corpus.errors import NewsbotError, ReadError
from corpus.feeds import Entry, NotAFeed
from corpus.fetching import Fetched, Fetcher, FetchError, Refused
from corpus.identity import NEAR, clean, fingerprint, key, resemblance, same_article, same_title, web_address
from corpus.pages import Page, better, read_page, says_more
from corpus.polling import State, failed, succeeded
from corpus.reading import Failure
from corpus.said import NOTHING, Said
from corpus.store import Entering, Outcome, Record, Store, StoreError, Subscription, Taken
from corpus.workshop import Workshop

log = logging.getLogger(__name__)

_AT_ONCE = 20  # feeds, and hosts of pages, that are asked at the same time
_CHUNK = 50  # entries that are read and stored together
_PAGES = 1000  # pages that are looked through for those of a round,
_EACH = 10  # which are so many of a host
_TRIES = 4  # of a page
_AGAIN = timedelta(hours=1)  # how soon a page is fetched anew because its feed tells of a change

Told = Callable[[Sequence[tuple[str, Outcome]]], None]
Wrong = Callable[[Failure], None]
T = TypeVar("T")


class Intake:
    """Brings articles from feeds and pages into a store; a context manager.

    ``told`` of each method hears what became of articles as soon as they are stored, ``wrong`` what failed.
    All of them raise StoreError where the store cannot be written.
    """

    def __init__(
        self,
        store: Store,
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
        self._down: dict[str, tuple[datetime, FetchError]] = {}
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

    async def subscribe(self, found: Discovery, take: int | None, told: Told) -> Subscription:
        """Add a feed that was found, and take its newest entries, all with ``None``.

        Raises NewsbotError: it is one already.
        """
        now = self._clock()
        feed = Subscription(State(found.url, now), found.feed.title, found.feed.site, found.feed.ttl, take)
        feed = await self._store.add_feed(feed, now)
        delivery = await self._workshop.run(deliver, found.feed, take)
        await self._take_delivery(feed, delivery, found.answer, told)
        return feed

    async def poll(self, feeds: Sequence[Subscription], told: Told, wrong: Wrong) -> None:
        """Poll these feeds, without the pages of their entries. Where one fails the others go on."""
        await _each(feeds, lambda feed: self._poll(feed, told, wrong))

    async def fetch_pages(self, told: Told, wrong: Wrong) -> bool:
        """Fetch pages that are due, a few of each host, one after the other; whether there were any."""
        pages = await self._store.waiting_pages(self._clock(), _PAGES)
        hosts: dict[str, list[Record]] = {}
        for record in pages:
            hosts.setdefault(_host(record.url), []).append(record)
        await _each(hosts.values(), lambda records: self._visit(records[:_EACH], told, wrong))
        return bool(pages)

    async def add(self, address: str, told: Told, wrong: Wrong) -> None:
        """Take in the article of one page."""
        try:
            url = web_address(address)
        except NewsbotError as error:
            wrong(Failure(address, error.said))
            return
        known = await self._store.known_entries(0, [], [key(url)], [])
        record = known[0] if known else Record(None, "", key(url), "", b"", url=clean(url))
        await self._fetch_page(replace(record, tries=_TRIES), told, wrong)

    # -- feeds

    async def _poll(self, feed: Subscription, told: Told, wrong: Wrong) -> None:
        try:
            feed, answer, delivery = await self._ask(feed)
            if delivery is None:
                await self._succeeded(feed, answer)
            else:
                await self._take_delivery(feed, delivery, answer, told)
        except StoreError:
            raise
        except NewsbotError as error:
            await self._feed_failed(feed, error, wrong)
        except Exception as error:
            # A defect that one feed brings out must not keep the others from being read.
            log.exception("polling %s failed", feed.state.url)
            await self._feed_failed(feed, _fault(error), wrong)

    async def _ask(self, feed: Subscription) -> tuple[Subscription, Fetched, Delivery | None]:
        """What the feed gives, if that has changed. One that was never read may be the address of a site."""
        state = feed.state
        answer = await self._fetcher.fetch(state.url, etag=state.etag, last_modified=state.last_modified)
        if answer.unchanged:
            return feed, answer, None
        try:
            delivery = await self._workshop.run(
                read_delivery, answer.body, url=answer.url, content_type=answer.content_type, take=feed.take
            )
        except NotAFeed:
            if state.last_success is not None:
                raise
            found = await self.find(state.url)
            delivery = await self._workshop.run(deliver, found.feed, feed.take)
            return replace(feed, state=replace(state, url=found.url)), found.answer, delivery
        return feed, answer, delivery

    async def _take_delivery(
        self, feed: Subscription, delivery: Delivery, answer: Fetched, told: Told
    ) -> None:
        """Store what is new, in parts; the feed counts as read only after the last, in case of a crash."""
        for start in range(0, len(delivery.items), _CHUNK):
            told(await self._take_items(feed, delivery, delivery.items[start : start + _CHUNK]))
        guids, keys = [one.entry.guid for one in delivery.items], [one.key for one in delivery.items]
        await self._store.note_delivered(feed.id, guids, keys, self._clock())
        about = delivery.feed
        await self._succeeded(replace(feed, title=about.title, site=about.site, ttl=about.ttl), answer)

    async def _succeeded(self, feed: Subscription, answer: Fetched) -> None:
        state = succeeded(feed.state, answer, feed.ttl, self._clock(), self._chance)
        await self._store.save_feed(replace(feed, state=state))

    async def _feed_failed(self, feed: Subscription, error: NewsbotError, wrong: Wrong) -> None:
        wrong(Failure(feed.state.url, error.said))
        state = failed(feed.state, error, self._clock(), self._chance)
        await self._store.save_feed(replace(feed, state=state))

    # -- entries

    async def _take_items(
        self, feed: Subscription, delivery: Delivery, items: Sequence[Item]
    ) -> list[tuple[str, Outcome]]:
        now, shared = self._clock(), delivery.shared
        known = await self._store.known_entries(
            feed.id, [one.entry.guid for one in items], [one.key for one in items], []
        )
        fresh = _fresh(items, known, shared)
        if not fresh:
            return []
        read = await self._workshop.run(read_items, fresh, delivery.feed, now)
        known += await self._store.known_entries(feed.id, [], [], [one.fingerprint for one in read])
        keys = {one.key for one in fresh} - shared
        elsewhere = await self._store.articles_by_key(keys)
        removed = await self._store.removed_keys(keys)
        taken: list[Taken] = []
        for one in read:
            same = same_article(one.item.entry, one.fingerprint, known, shared=shared)
            if same is not None and same.id == 0:
                continue  # it stands in this feed twice
            unsure = not one.item.key or one.item.key in shared
            if same is not None and not (same.article is None and same.state is Entering.FAILED):
                taken.append(await self._edited(one, same, now, unsure=unsure))
                continue
            old = feed.state.last_success is None and not one.item.wanted
            if same is None and (old or one.item.key in removed):
                found = Taken(replace(_record(feed, one, now), state=Entering.SKIPPED))
            elif (article := elsewhere.get(one.item.key)) is not None:
                found = await self._brought_before(_record(feed, one, now), one, article)
            else:
                found = _new(feed, one, now, unsure=unsure)
            if same is None:
                known.append(found.record)
            else:
                found = replace(found, record=replace(found.record, id=same.id))
            taken.append(found)
        return await self._store.take_in(taken, now)

    async def _brought_before(self, record: Record, one: Reading, article: int) -> Taken:
        """An article that another feed, or a file, has brought: only a fuller text is taken."""
        record = replace(record, article=article)
        stored = await self._store.article(article)
        if stored is None or one.article is None or not one.whole or not says_more(one.article, stored):
            return Taken(record)
        fuller = replace(stored, paragraphs=one.article.paragraphs)
        return Taken(record, fuller, one.fingerprint, whole=True)

    async def _edited(self, one: Reading, same: Record, now: datetime, *, unsure: bool) -> Taken:
        entry = one.item.entry
        record = replace(
            same,
            content=one.item.content,
            title=entry.title,
            fingerprint=one.fingerprint,
            guid=entry.guid or same.guid,
        )
        said = same.content != one.item.content
        if not said or same.article is None or one.article is None or same.state is Entering.SKIPPED:
            return Taken(record)
        stored = await self._store.article(same.article)
        if stored is None:
            return Taken(record)
        if not one.whole and not unsure and (same.paged or says_more(stored, one.article)):
            # A summary has changed: what the page says now is worth a look, and what it said stays till then.
            return Taken(replace(record, state=Entering.WAITING, tries=0, due=max(now, same.due)))
        if one.whole:
            record = replace(record, state=Entering.STORED, reason=NOTHING, paged=False)
        article = replace(one.article, url=stored.url, published=stored.published or one.article.published)
        return Taken(record, article, one.fingerprint, shared=True)

    # -- pages

    async def _visit(self, pages: Sequence[Record], told: Told, wrong: Wrong) -> None:
        """Fetch pages of one host, until it cannot be reached or asks for quiet."""
        for record in pages:
            until, error = self._down.get(_host(record.url), (self._clock(), None))
            if error is None or until <= self._clock():
                await self._fetch_page(record, told, wrong)
            elif error.host:
                await self._page_failed(record, error, wrong)
            else:  # it was not tried, and so has not failed
                await self._keep(replace(record, reason=error.said, due=until))

    async def _fetch_page(self, record: Record, told: Told, wrong: Wrong) -> None:
        try:
            answer = await self._fetcher.fetch(record.url)
            page, print_ = await self._workshop.run(
                _read_page, answer.body, answer.url, answer.content_type, self._clock()
            )
            await self._take_page(record, page, print_, told)
        except StoreError:
            raise
        except NewsbotError as error:
            self._note_host(record, error)
            await self._page_failed(record, error, wrong)
        except Exception as error:
            log.exception("reading %s failed", record.url)
            await self._page_failed(record, _fault(error), wrong)

    async def _take_page(self, record: Record, page: Page, print_: bytes, told: Told) -> None:
        own = await self._store.article(record.article) if record.article is not None else None
        twin, page = await self._twin(record, page, print_)
        stored = await self._store.article(twin) if twin is not None else own
        entry = Entry(url=record.url, title=record.title if twin is None or stored is None else stored.title)
        if stored is not None and twin is None and record.paged and not page.stub:
            stored = replace(stored, paragraphs=())  # an edited page may be shorter than it was
        page = better(stored, page, entry)
        now = self._clock()
        merged = record.article if own is not None and twin is not None else None
        record = replace(
            record,
            article=twin if twin is not None else record.article,
            state=Entering.STUB if page.stub else Entering.STORED,
            reason=Said("is behind a paywall: only the free part is stored") if page.stub else NOTHING,
            due=now + _AGAIN,
            paged=True,
        )
        told(
            await self._store.take_in(
                [Taken(record, page.article, print_, whole=not page.stub, merged=merged)], now
            )
        )

    async def _twin(self, record: Record, page: Page, print_: bytes) -> tuple[int | None, Page]:
        """Another stored article that a page turns out to be, and the page under an address to be believed.

        Some sites give one canonical address for all their pages: it counts only where titles or texts agree.
        """
        address = key(page.article.url)
        known = await self._store.articles_by_key({record.key, address} - {""})
        if address != record.key and (twin := known.get(address)) not in (None, record.article):
            stored = await self._store.article(twin) if twin is not None else None
            if stored is not None and await self._agree(stored, page.article, print_):
                return twin, page
            page = replace(page, article=replace(page.article, url=clean(record.url)))
        twin = known.get(record.key) if record.article is None else None
        return twin, page

    async def _agree(self, stored: Article, article: Article, print_: bytes) -> bool:
        if same_title(stored.title, article.title):
            return True
        return resemblance(await self._workshop.run(_fingerprint, stored), print_) >= NEAR

    def _note_host(self, record: Record, error: NewsbotError) -> None:
        """Remember a host that cannot be reached or wants no more visits for now."""
        now, host = self._clock(), _host(record.url)
        self._down = {name: down for name, down in self._down.items() if down[0] > now}
        if isinstance(error, FetchError) and (error.host == host or error.status in (429, 503)):
            self._down[host] = (now + _wait(error, 0), error)

    async def _page_failed(self, record: Record, error: NewsbotError, wrong: Wrong) -> None:
        now, tries = self._clock(), record.tries + 1
        record = replace(record, reason=error.said, tries=tries)
        if _passes(error) and tries < _TRIES:
            await self._keep(replace(record, due=now + _wait(error, tries)))
            return
        wrong(Failure(record.url, error.said))
        state = Entering.STORED if record.paged else Entering.STUB
        state = Entering.FAILED if record.article is None else state
        await self._keep(replace(record, state=state, due=now + _AGAIN))

    async def _keep(self, record: Record) -> None:
        await self._store.take_in([Taken(record)], self._clock())


async def _each(things: Iterable[T], work: Callable[[T], Awaitable[None]]) -> None:
    """Do the work for each of these, for some of them at once. The first error ends it."""
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(thing: T) -> None:
        async with turn:
            await work(thing)

    tasks = [asyncio.create_task(one(thing)) for thing in things]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _fresh(items: Sequence[Item], known: Sequence[Record], shared: frozenset[str]) -> list[Item]:
    """The items that say what no entry of theirs has said before."""
    seen = {(one.content, mark) for one in known for mark in (f"g{one.guid}", f"k{one.key}")}
    return [
        one
        for one in items
        if not (one.entry.guid and (one.content, f"g{one.entry.guid}") in seen)
        and not (one.key and one.key not in shared and (one.content, f"k{one.key}") in seen)
    ]


def _record(feed: Subscription, one: Reading, now: datetime) -> Record:
    item = one.item
    return Record(
        None,
        *(item.entry.guid, item.key, item.entry.title, one.fingerprint),
        feed=feed.id,
        url=clean(item.entry.url) if item.entry.url else "",
        content=item.content,
        due=now,
    )


def _new(feed: Subscription, one: Reading, now: datetime, *, unsure: bool) -> Taken:
    record, article = _record(feed, one, now), one.article
    if not one.whole and not unsure:
        record = replace(record, state=Entering.WAITING)
    elif article is None:
        record = replace(record, state=Entering.FAILED, reason=one.reason)
    if article is not None and unsure:
        mark = hashlib.sha256((record.guid or record.content.hex()).encode("utf-8", "replace")).hexdigest()[
            :12
        ]
        article = replace(article, url=f"{article.url or feed.state.url}#entry-{mark}")
    return Taken(record, article, one.fingerprint, shared=unsure)


def _passes(error: NewsbotError) -> bool:
    """Whether it may go better another time."""
    if isinstance(error, ReadError | Refused) or not isinstance(error, FetchError):
        return False
    return error.status is None or error.status >= 500 or error.status in (408, 425, 429)


def _wait(error: NewsbotError, tries: int) -> timedelta:
    asked = error.retry_after if isinstance(error, FetchError) else None
    return max(timedelta(minutes=15 * 4**tries), timedelta(seconds=min(asked or 0, 86_400)))


def _fault(error: Exception) -> NewsbotError:
    return NewsbotError(
        "newsbot has a fault with what is there ({kind}); see the log", kind=type(error).__name__
    )


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _read_page(body: bytes, url: str, content_type: str, now: datetime) -> tuple[Page, bytes]:
    page = read_page(body, url=url, content_type=content_type, now=now)
    return page, _fingerprint(page.article)


def _fingerprint(article: Article) -> bytes:
    return fingerprint(" ".join(paragraph.text for paragraph in article.paragraphs))
