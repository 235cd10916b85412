"""The store's part about feeds: which there are, and how things stand with them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import aiosqlite

from corpus.errors import NewsbotError
from corpus.identity import key
from corpus.polling import Health, State
from corpus.said import Said, from_column, to_column
from corpus.store.articles import Articles
from corpus.store.database import number
from corpus.store.records import Entering, Listed, Subscription

_WEB = "web:"  # the origin of what came from no feed, or from one that was removed


class Feeds(Articles):
    """The store, with feeds."""

    async def feeds(self) -> list[Subscription]:
        """All feeds, by title."""
        return await self._feeds("ORDER BY title COLLATE NOCASE, id")

    async def due_feeds(self, now: datetime, *, early: bool = False) -> list[Subscription]:
        """The feeds to be polled now; with ``early`` also those that are not due and did not fail."""
        return await self._feeds(
            "WHERE health = ? AND (due <= ? OR (? AND failures = 0)) ORDER BY due, id",
            (Health.ACTIVE, now.timestamp(), early),
        )

    async def next_due(self) -> datetime | None:
        """When the next feed or page is due; ``None`` where there is none to wait for."""
        row = await self._row(
            "SELECT min(due) FROM (SELECT min(due) AS due FROM feeds WHERE health = ?"
            " UNION ALL SELECT min(due) FROM entries WHERE state = ?)",
            (Health.ACTIVE, Entering.WAITING),
        )
        return None if row is None or row[0] is None else datetime.fromtimestamp(row[0], UTC)

    async def refuse_known_feed(self, url: str) -> None:
        """Raises NewsbotError where this is the address of a feed that is known already."""
        if await self._feed_at(self._reader, url):
            raise _known_already(url)

    async def listed_feeds(self) -> list[Listed]:
        """All feeds, by title, with their entries counted."""
        counts: dict[int, dict[Entering, int]] = {}
        articles: Counter[int] = Counter()
        for feed, state, count, with_article in await self._reader.execute_fetchall(
            "SELECT feed, state, count(*), count(article) FROM entries WHERE feed IS NOT NULL"
            " GROUP BY feed, state"
        ):
            counts.setdefault(feed, {})[Entering(state)] = count
            articles[feed] += with_article
        return [Listed(feed, counts.get(feed.id, {}), articles[feed.id]) for feed in await self.feeds()]

    async def add_feed(self, feed: Subscription, now: datetime) -> Subscription:
        """Keep a feed. Raises NewsbotError where its address is one that is known already."""
        async with self._bookkeeping():
            if await self._feed_at(self._writer, feed.state.url):
                raise _known_already(feed.state.url)
            identity = await number(
                self._writer,
                "INSERT INTO feeds (url, key, title, site, ttl, health, due, failures, reason, last_success,"
                " etag, last_modified, take, added) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " RETURNING id",
                (*_feed_columns(feed), -1 if feed.take is None else feed.take, now.timestamp()),
            )
        return replace(feed, id=identity)

    async def remove_feed(self, feed: int) -> None:
        """Forget a feed. The articles that it brought stay."""
        async with self._bookkeeping():
            name = origin(feed)
            await self._writer.execute(
                "INSERT OR IGNORE INTO origins (article, file, run) SELECT article, ?, run FROM origins"
                " WHERE file = ?",
                (_WEB, name),
            )
            await self._writer.execute("DELETE FROM origins WHERE file = ?", (name,))
            await self._writer.execute("DELETE FROM feeds WHERE id = ?", (feed,))

    async def save_feed(self, feed: Subscription) -> None:
        """Keep how things stand with a feed; one that was removed meanwhile is passed over."""
        async with self._bookkeeping():
            await self._save_feed(feed)

    # -- inside a transaction

    async def _save_feed(self, feed: Subscription) -> bool:
        """Whether the feed is still there. One that has moved to where another is ends."""
        if not await self._feed_exists(feed.id):
            return False
        other = await self._feed_at(self._writer, feed.state.url)
        if other not in (0, feed.id):
            reason = Said("has moved to {url}, which is a feed already: remove this one", url=feed.state.url)
            await self._writer.execute(
                "UPDATE feeds SET health = ?, reason = ? WHERE id = ?",
                (Health.ENDED, to_column(reason), feed.id),
            )
            return True
        await self._writer.execute(
            "UPDATE feeds SET url = ?, key = ?, title = ?, site = ?, ttl = ?, health = ?, due = ?,"
            " failures = ?, reason = ?, last_success = ?, etag = ?, last_modified = ? WHERE id = ?",
            (*_feed_columns(feed), feed.id),
        )
        return True

    async def _feed_at(self, connection: aiosqlite.Connection, url: str) -> int:
        """The id of the feed with this address, 0 if there is none."""
        return await number(connection, "SELECT ifnull((SELECT id FROM feeds WHERE key = ?), 0)", (key(url),))

    async def _feed_exists(self, feed: int) -> bool:
        return feed in await self._existing_feeds({feed})

    async def _existing_feeds(self, feeds: Collection[int]) -> set[int]:
        """Those of these feeds that are there; 0, for what has no feed, always is."""
        rows = await self._writer.execute_fetchall(
            "SELECT id FROM feeds WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(feeds)),)
        )
        return {0, *(row[0] for row in rows)}

    async def _feeds(self, condition: str, parameters: Sequence[object] = ()) -> list[Subscription]:
        rows = await self._reader.execute_fetchall(
            "SELECT id, title, site, ttl, take, url, due, health, failures, reason, last_success, etag,"  # noqa: S608
            f" last_modified FROM feeds {condition}",
            tuple(parameters),
        )
        return [_subscription(*row) for row in rows]


def _known_already(url: str) -> NewsbotError:
    return NewsbotError("{url} is a feed already: it is in the list of feeds", url=url)


def origin(feed: int) -> str:
    """What stands in the place of a file for what a feed brings; 0 is for what has no feed."""
    return f"feed:{feed}" if feed else _WEB


def _feed_columns(feed: Subscription) -> tuple[object, ...]:
    state = feed.state
    return (
        *(state.url, key(state.url), feed.title, feed.site, feed.ttl),
        *(state.health, state.due.timestamp(), state.failures, to_column(state.reason)),
        *(state.last_success.timestamp() if state.last_success else None, state.etag, state.last_modified),
    )


def _subscription(
    identity: int,
    title: str,
    site: str,
    ttl: int | None,
    take: int,
    url: str,
    due: float,
    health: str,
    failures: int,
    reason: str,
    last_success: float | None,
    etag: str,
    last_modified: str,
) -> Subscription:
    state = State(
        url=url,
        due=datetime.fromtimestamp(due, UTC),
        health=Health(health),
        failures=failures,
        reason=from_column(reason),
        last_success=None if last_success is None else datetime.fromtimestamp(last_success, UTC),
        etag=etag,
        last_modified=last_modified,
    )
    return Subscription(state, title, site, ttl, None if take < 0 else take, identity)
