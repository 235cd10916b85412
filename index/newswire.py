"""The newsroom's half about news that comes in by itself: feeds that are polled, pages that are named."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import filelock

from corpus.discovery import Discovery
from corpus.errors import Busy, NewsbotError
from corpus.feeds import FeedLink
from corpus.fetching import Fetcher
from corpus.identity import key, web_address
from corpus.intake import Intake
from corpus.polling import State, resumed
from corpus.reading import Failure
from corpus.said import Said
from corpus.store import Listed, Outcome, Record, Store, Subscription, Version
from index.runs import Diff, Notice, Report, Run

log = logging.getLogger(__name__)

_SEARCHABLE_SECONDS = 2.0  # after which what has come in by then is encoded
_LOOK_SECONDS = 60.0  # after which another process may have added a feed
_BREATH_SECONDS = 1.0  # between two polls
_LONGEST_SECONDS = 900.0  # between two polls where the newsroom cannot keep what they bring

ANOTHER_POLLS = Said("waiting for another newsbot that polls into the same data folder")

T = TypeVar("T")


def now() -> datetime:
    """The time, by which it is decided what is due."""
    return datetime.now(UTC)


class Newswire(ABC):
    """Feeds and pages in, over one data folder. Whatever is stored here is encoded by ``_encode_news``."""

    def __init__(self, data: Path, store: Store, fetcher: Fetcher, clock: Callable[[], datetime]) -> None:
        self._data = data
        self._store = store
        self._clock = clock
        self._intake = Intake(store, fetcher, clock=clock)
        self._polling = asyncio.Lock()
        self._woken = asyncio.Event()
        self._encoded = self._left = False
        self._at_work: set[asyncio.Task[Any]] = set()

    @abstractmethod
    async def _encode_news(self, run: Run, on_wait: Notice | None, *, patient: bool) -> None:
        """Make all that is stored searchable. Without patience raises Busy where another run is indexing."""

    # -- feeds

    async def feeds(self) -> list[Listed]:
        """The feeds, by title, with their entries counted."""
        return await self._store.listed_feeds()

    async def find_feed(self, address: str) -> Discovery:
        """The feed at an address or of its site, so that its adder can choose how far back to go.

        Raises NewsbotError: there is no feed, or it is one already.
        """
        found = await self._start(self._intake.find(address))
        await self._store.refuse_known_feed(found.url)
        return found

    async def add_feed(
        self,
        feed: str | Discovery,
        *,
        take: int | None = 10,
        progress: Report | None = None,
        on_wait: Notice | None = None,
    ) -> tuple[Subscription, Diff]:
        """Add a feed that was found, or is at an address, and take its newest entries, all with ``None``.

        Raises NewsbotError: there is no feed, or it is one already.
        """
        found = await self.find_feed(feed) if isinstance(feed, str) else feed
        run = Run(progress)

        async def subscribe() -> Subscription:
            async with self._turn(on_wait):
                added = await self._intake.subscribe(found, take, run.note)
            await self._fetch_pages(run, on_wait)
            return added

        added = await self._start(self._take_in(subscribe(), run, on_wait))
        self._woken.set()
        return added, run.news()

    async def import_feeds(self, feeds: Sequence[FeedLink], *, take: int | None = 10) -> Diff:
        """Add feeds without reading them yet; the next poll does. The result has their addresses."""
        run, moment = Run(), self._clock()
        known = {key(feed.state.url) for feed in await self._store.feeds()}
        for feed in feeds:
            try:
                state = State(web_address(feed.url), moment)
                if key(state.url) in known:
                    run.outcomes[Outcome.UNCHANGED][state.url] = None
                else:
                    await self._store.add_feed(Subscription(state, feed.title, take=take), moment)
                    run.outcomes[Outcome.ADDED][state.url] = None
                    known.add(key(state.url))
            except NewsbotError as error:
                run.failed.append(Failure(feed.url, error.said))
        self._woken.set()
        return run.diff()

    async def remove_feed(self, address: str) -> Subscription:
        """Forget the feed of this address or title; its articles stay. Raises NewsbotError: there is none."""
        feed = await self._feed(address)
        await self._store.remove_feed(feed.id)
        return feed

    async def troubled_entries(self, feed: str | None = None, *, limit: int = 100) -> list[Record]:
        """The entries of a feed, or of all, that could not be read, or not in full; the newest first.

        Each has its ``url``, ``title``, ``state`` and the ``reason``. Raises NewsbotError: there is no such
        feed.
        """
        one = None if feed is None else (await self._feed(feed)).id
        return await self._store.troubled_entries(one, limit)

    async def history(self, url: str) -> list[Version]:
        """What the article of this address said before it was changed, the latest first.

        Raises NewsbotError where there is no such article.
        """
        article = await self._store.find_article(url)
        if article is None:
            raise NewsbotError("there is no article {url}: add it with newsbot add", url=url[:100])
        return await self._store.history(article)

    # -- taking in

    async def poll(
        self,
        *,
        only: str | None = None,
        early: bool = False,
        progress: Report | None = None,
        on_wait: Notice | None = None,
    ) -> Diff:
        """Poll the feeds that are due; with ``early`` all that may be asked now; or ``only`` one, resumed.

        Waits for a poll that is under way; ``on_wait`` is told so. Where a feed fails the others go on, and
        the reason is in the result and kept with the feed. Raises NewsbotError: there is no such feed.
        """
        run = Run(progress)
        await self._start(self._poll(run, only=only, early=early, on_wait=on_wait))
        return run.news()

    async def keep_polling(self) -> None:
        """Poll the feeds whenever they are due, until cancelled. Nothing that goes wrong ends it.

        Where another process polls the same data folder, this one leaves it to that.
        """
        await self._start(self._keep_polling())

    async def add(
        self, urls: Sequence[str], *, progress: Report | None = None, on_wait: Notice | None = None
    ) -> Diff:
        """Take in the articles of web pages. What fails is told in the result."""
        run = Run(progress)

        async def fetch() -> None:
            for url in urls:
                await self._intake.add(url, run.note, run.failed.append)

        await self._start(self._take_in(fetch(), run, on_wait))
        return run.news()

    # -- inside

    async def _poll(
        self,
        run: Run,
        *,
        only: str | None = None,
        early: bool = False,
        on_wait: Notice | None = None,
        patient: bool = True,
    ) -> None:
        async def poll() -> None:
            async with self._turn(on_wait, patient=patient):
                moment = self._clock()
                if only is None:
                    feeds = await self._store.due_feeds(moment, early=early)
                else:
                    feed = await self._feed(only)
                    feeds = [replace(feed, state=resumed(feed.state, moment))]
                await self._intake.poll(feeds, run.note, run.failed.append)
            await self._fetch_pages(run, on_wait, patient=patient)

        await self._take_in(poll(), run, on_wait, patient=patient)

    async def _fetch_pages(self, run: Run, on_wait: Notice | None, *, patient: bool = True) -> None:
        # In rounds, between which others may have their turn: the pages of one site may take an hour.
        more = True
        while more:
            async with self._turn(on_wait, patient=patient):
                more = await self._intake.fetch_pages(run.note, run.failed.append)

    async def _keep_polling(self) -> None:
        pause, trouble = 0.0, ""
        while True:
            self._woken.clear()
            wait = 0.0
            try:
                wait = await self._seconds_until_due()
                if wait <= 0:
                    await self._poll_in_background()
                    wait = await self._seconds_until_due()
                elif self._left:
                    await self._make_searchable(Run(), None, patient=False)
                pause, trouble = 0.0, ""
            except Busy:
                log.debug("another newsbot is polling")
            except Exception as error:
                # The feeds are still due, but sites must not be asked again and again for what is not kept.
                pause = min(max(2 * pause, _LOOK_SECONDS), _LONGEST_SECONDS)
                if repr(error) != trouble:
                    # A defect must be seen, but news must go on coming in.
                    defect = None if isinstance(error, NewsbotError) else error
                    log.warning("polling: %s", error if defect is None else repr(error), exc_info=defect)
                trouble = repr(error)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause or min(max(wait, _BREATH_SECONDS), _LOOK_SECONDS)):
                    await self._woken.wait()

    async def _poll_in_background(self) -> None:
        run = Run()
        await self._poll(run, patient=False)
        diff = run.news()
        log.info(
            "polled: %d articles added, %d changed, %d failures",
            *(len(diff.added), len(diff.changed), len(diff.failed)),
        )

    async def _seconds_until_due(self) -> float:
        due = await self._store.next_due()
        return _LOOK_SECONDS if due is None else (due - self._clock()).total_seconds()

    async def _take_in(
        self, work: Coroutine[Any, Any, T], run: Run, on_wait: Notice | None, *, patient: bool = True
    ) -> T:
        """Do the work, and make searchable what it has stored while it goes on."""
        task = asyncio.create_task(work)
        try:
            while not task.done():
                await asyncio.wait([task], timeout=_SEARCHABLE_SECONDS)
                await self._make_searchable(run, on_wait, patient=patient)
            # And what was stored while the last of these went on.
            await self._make_searchable(run, on_wait, patient=patient)
            return task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _make_searchable(self, run: Run, on_wait: Notice | None, *, patient: bool) -> None:
        # The first run looks also for what a process that ended early has left.
        if self._encoded and run.articles == run.searchable:
            return
        self._encoded, run.searchable = False, run.articles
        try:
            await self._encode_news(run, on_wait, patient=patient)
        except Busy:
            # A run of hours must not keep feeds from being read. Until it ends, words find what they bring.
            self._left = True
        else:
            self._encoded, self._left = True, False

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Work that ends when the newsroom is closed."""
        task = asyncio.create_task(work)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        return task

    async def _end_work(self) -> None:
        for task in self._at_work:
            task.cancel()
        await asyncio.gather(*self._at_work, return_exceptions=True)

    async def _feed(self, name: str) -> Subscription:
        for feed in await self._store.feeds():
            if key(feed.state.url) == key(name) or feed.title.casefold() == name.strip().casefold():
                return feed
        raise NewsbotError("there is no feed {name}: newsbot feed list shows them", name=name[:100])

    @asynccontextmanager
    async def _turn(self, on_wait: Notice | None, *, patient: bool = True) -> AsyncIterator[None]:
        """While one polls, in this process or another with this data folder, no other does.

        Raises Busy where another does and there is no patience to wait.
        """
        if self._polling.locked():
            if not patient:
                raise Busy("a poll is already under way: wait until it has ended")
            if on_wait:
                on_wait(Said("waiting for a poll that is under way"))
        file = self._data / "polling.lock"
        async with self._polling, locked(file, on_wait, ANOTHER_POLLS, patient=patient):
            yield


def unwritable(data: Path, error: OSError) -> NewsbotError:
    """What is told of a data folder that cannot be used."""
    return NewsbotError(
        "the data folder {folder} cannot be written ({reason}): choose another with --data or NEWSBOT_DATA",
        folder=data,
        reason=error.strerror,
    )


@asynccontextmanager
async def locked(
    path: Path, on_wait: Notice | None, reason: Said, *, patient: bool = True
) -> AsyncIterator[None]:
    """Hold a lock that one process has at a time; ``on_wait`` is told the reason if that takes a while.

    Raises Busy where another process has it and there is no patience to wait, and NewsbotError where the
    folder cannot be written.
    """
    lock, told = filelock.FileLock(path, mode=0o600), False
    while True:
        try:
            lock.acquire(blocking=False)
            break
        except filelock.Timeout:
            if not patient:
                raise Busy(reason.template) from None
            if on_wait and not told:
                on_wait(reason)
            told = True
            await asyncio.sleep(0.2)
        except OSError as error:
            raise unwritable(path.parent, error) from error
    try:
        yield
    finally:
        lock.release()
