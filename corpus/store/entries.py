"""The store's part about entries of feeds: which there were, what they bring, which pages are to be fetched.

What an entry brings is stored in the same transaction as the entry itself, so that a crash neither loses an
article nor brings it twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from corpus.article import Article, Kind, Paragraph
from corpus.identity import NEAR, bands, key, resemblance
from corpus.said import from_column, to_column
from corpus.store.columns import read_published
from corpus.store.database import number
from corpus.store.feeds import Feeds, origin
from corpus.store.records import Entering, Outcome, Record, Subscription, Taken, Version
from corpus.store.removals import BY_HAND, Removals
from corpus.store.texts import Texts

_VERSIONS = 3  # texts that are kept of an article beside the one that is shown
_SEEN_AGAIN = timedelta(days=30)  # how soon it is noted again that an entry is in its feed
_FORGOTTEN = timedelta(days=365)  # and how long one is remembered that is no more
_NEW = 50_000  # articles that are looked through for a title


class Entries(Feeds, Removals, Texts):
    """The store, with entries of feeds and what they bring."""

    async def known_entries(
        self, feed: int, guids: Iterable[str], keys: Iterable[str], fingerprints: Iterable[bytes]
    ) -> list[Record]:
        """The entries of a feed, 0 for named pages, that have one of these guids, keys or fingerprints."""
        return await self._entries(
            "WHERE feed IS ? AND id IN ("
            "SELECT id FROM entries WHERE feed IS ? AND guid <> ''"
            " AND guid IN (SELECT value FROM json_each(?))"
            " UNION SELECT id FROM entries WHERE feed IS ? AND key <> ''"
            " AND key IN (SELECT value FROM json_each(?))"
            " UNION SELECT id FROM entries WHERE feed IS ? AND length(fingerprint) > 0"
            " AND hex(fingerprint) IN (SELECT value FROM json_each(?))) ORDER BY id",
            (
                feed or None,
                *(feed or None, json.dumps(list(guids))),
                *(feed or None, json.dumps(list(keys))),
                *(feed or None, json.dumps([print_.hex().upper() for print_ in fingerprints if print_])),
            ),
        )

    async def waiting_pages(self, now: datetime, limit: int) -> list[Record]:
        """The entries whose pages are to be fetched now, those first that wait longest."""
        return await self._entries(
            "WHERE state = ? AND due <= ? ORDER BY due, id LIMIT ?",
            (Entering.WAITING, now.timestamp(), limit),
        )

    async def entries_at(self, url: str) -> list[Record]:
        """What feeds and people have said of this address; the newest first."""
        return await self._entries("WHERE key IS ? ORDER BY id DESC", (key(url),))

    async def troubled_entries(self, feed: int | None = None, limit: int = 1000) -> list[Record]:
        """The entries that could not be read, or not in full; the newest first. 0 is for named pages."""
        chosen, parameters = ("AND feed IS ?", (feed or None,)) if feed is not None else ("", ())
        return await self._entries(
            f"WHERE reason <> '' AND state <> ? {chosen} ORDER BY id DESC LIMIT ?",
            (Entering.SKIPPED, *parameters, limit),
        )

    async def take_in(
        self, taken: Sequence[Taken], now: datetime, feed: Subscription | None = None
    ) -> list[tuple[str, Outcome]]:
        """Store entries with their articles and the state of their feed, in one transaction.

        Returns what became of the articles that were given, and which ones went into others. What was
        removed meanwhile, a feed or the article of one of its entries, is passed over.
        """
        brings = any(one.article for one in taken)
        outcomes: list[tuple[str, Outcome]] = []
        async with self._taking_in(brings) as generation:
            if feed and not await self._save_feed(feed):
                return []
            feeds = await self._existing_feeds({one.record.feed for one in taken})
            records: list[Record] = []
            for one in taken:
                if one.record.feed not in feeds:
                    continue
                if one.article and one.record.feed and await self._is_removed(one.record.id, one.record.key):
                    continue
                if one.article:
                    identity, outcome = await self._take_article(one, now, generation)
                    outcomes.append(outcome)
                    records.append(replace(one.record, article=identity))
                else:
                    records.append(one.record)
            await self._save_entries(records, now)
            if brings:
                gone = await self._drop_orphans(generation)
                outcomes += [(url, Outcome.REMOVED) for url in gone]
        return outcomes

    async def note_delivered(
        self, feed: int, guids: Iterable[str], keys: Iterable[str], now: datetime
    ) -> None:
        """Note which entries a feed has now, and forget those that it has not had for a year.

        Their articles stay. What was removed by hand is never forgotten, so that it does not come back; nor
        is what waits for its page, or could not be told by guid or key.
        """
        moment = now.timestamp()
        async with self._bookkeeping():
            await self._writer.execute(
                "UPDATE entries SET seen = ? WHERE feed = ? AND seen < ? AND id IN ("
                "SELECT id FROM entries WHERE feed = ? AND guid IN (SELECT value FROM json_each(?))"
                " UNION SELECT id FROM entries WHERE feed = ? AND key IN (SELECT value FROM json_each(?)))",
                (
                    *(moment, feed, moment - _SEEN_AGAIN.total_seconds()),
                    *(feed, json.dumps([guid for guid in guids if guid])),
                    *(feed, json.dumps([key for key in keys if key])),
                ),
            )
            await self._writer.execute(
                "DELETE FROM entries WHERE feed = ? AND seen < ? AND (guid <> '' OR key <> '')"
                " AND state <> ? AND NOT (state = ? AND reason = ?)",
                (
                    *(feed, moment - _FORGOTTEN.total_seconds()),
                    *(Entering.WAITING, Entering.SKIPPED, BY_HAND),
                ),
            )

    # -- articles

    async def articles_by_key(self, keys: Collection[str]) -> dict[str, int]:
        """The article that has each of these keys, as far as there is one; the oldest of several."""
        rows = await self._reader.execute_fetchall(
            "SELECT key, min(id) FROM articles WHERE key <> '' AND key IN (SELECT value FROM json_each(?))"
            " GROUP BY key",
            (json.dumps(list(keys)),),
        )
        return {row[0]: row[1] for row in rows}

    async def article(self, identity: int) -> Article | None:
        """An article as it is stored."""
        row = await self._row(
            "SELECT url, title, source, authors, published, section, language FROM articles WHERE id = ?",
            (identity,),
        )
        if row is None:
            return None
        url, title, source, authors, published, section, language = row
        return Article(
            url=url,
            title=title,
            paragraphs=tuple(paragraph for _, paragraph in await self.article_paragraphs(identity)),
            source=source,
            authors=tuple(json.loads(authors)),
            published=read_published(published),
            section=section,
            language=language,
        )

    async def find_article(self, address: str) -> int | None:
        """The id of the article at this address, however it is written, or at the one that it links into."""
        exact = await self.article_with(address)
        return exact if exact is not None else (await self.articles_by_key([key(address)])).get(key(address))

    async def articles_like(self, text: str, limit: int) -> list[tuple[int, str, str]]:
        """``(id, title, url)`` of new articles that have ``text`` in one of the two, the newest first."""
        wanted = "%" + re.sub(r"[\\%_]", r"\\\g<0>", text.strip()) + "%"
        rows = await self._reader.execute_fetchall(
            "SELECT id, title, url FROM (SELECT id, title, url FROM articles ORDER BY id DESC LIMIT ?)"
            " WHERE title LIKE ? ESCAPE '\\' OR url LIKE ? ESCAPE '\\' LIMIT ?",
            (_NEW, wanted, wanted, limit),
        )
        return [(row[0], row[1], row[2]) for row in rows]

    async def history(self, article: int) -> list[Version]:
        """What an article said before, the latest first."""
        rows = await self._reader.execute_fetchall(
            "SELECT replaced, title, paragraphs FROM versions WHERE article = ? ORDER BY id DESC", (article,)
        )
        return [
            Version(
                datetime.fromtimestamp(replaced, UTC),
                title,
                tuple(Paragraph(text, Kind(kind)) for kind, text in json.loads(paragraphs)),
            )
            for replaced, title, paragraphs in rows
        ]

    async def near(self, article: int) -> list[int]:
        """The articles that say nearly the same as this one, the most similar first."""
        rows = await self._reader.execute_fetchall(
            "SELECT article, piece FROM bands WHERE article IN (SELECT other.article FROM bands AS own"
            " JOIN bands AS other USING (band, piece) WHERE own.article = ?) ORDER BY article, band",
            (article,),
        )
        prints: dict[int, bytes] = {}
        for other, piece in rows:
            prints[other] = prints.get(other, b"") + piece
        own = prints.pop(article, b"")
        likeness = {other: resemblance(own, print_) for other, print_ in prints.items()}
        return sorted((one for one in likeness if likeness[one] >= NEAR), key=lambda one: -likeness[one])

    # -- inside a transaction

    @asynccontextmanager
    async def _taking_in(self, brings: bool) -> AsyncIterator[int]:
        if brings:
            async with self._transaction() as generation:
                yield generation
        else:
            async with self._bookkeeping():
                yield 0

    async def _take_article(
        self, one: Taken, now: datetime, generation: int
    ) -> tuple[int, tuple[str, Outcome]]:
        identity, outcome = await self._put_article(one, now, generation)
        if one.merged is not None and one.merged != identity:
            await self._merge(one.merged, identity)
        if one.whole:
            await self._writer.execute(
                "UPDATE entries SET state = ?, reason = '' WHERE article = ? AND state = ?",
                (Entering.STORED, identity, Entering.STUB),
            )
        return identity, outcome

    async def _put_article(
        self, one: Taken, now: datetime, generation: int
    ) -> tuple[int, tuple[str, Outcome]]:
        article, identity = one.article, one.record.article
        if article is None:
            raise ValueError("there is no article to take in")
        if identity is None:
            # The newsbot that indexes beside this one may have brought it meanwhile.
            known = await self._known([article.url])
            identity = known[article.url][0] if article.url in known else None
            if identity is None and not one.shared:
                identity = await self._article_with_key(key(article.url))
        if identity is None:
            identity = await self._insert(article, generation, one.shared)
            await self._insert_bands(identity, one.near)
            return identity, (article.url, Outcome.ADDED)
        rows = list(
            await self._writer.execute_fetchall(
                "SELECT url, content_hash, title FROM articles WHERE id = ?", (identity,)
            )
        )
        if not rows:  # it was removed meanwhile
            return await self._put_article(
                replace(one, record=replace(one.record, article=None)), now, generation
            )
        ((url, content_hash, title),) = rows
        if content_hash == article.content_hash:
            return identity, (url, Outcome.UNCHANGED)
        await self._keep_version(identity, title, now)
        await self._update(identity, article, generation)
        await self._insert_bands(identity, one.near)
        if not one.shared and article.url != url:
            await self._writer.execute(
                "UPDATE articles SET key = ? WHERE id = ? AND key <> ''", (key(article.url), identity)
            )
        return identity, (url, Outcome.CHANGED)

    async def _article_with_key(self, known_by: str) -> int | None:
        found = await number(
            self._writer,
            "SELECT ifnull((SELECT min(id) FROM articles WHERE key = ? AND key <> ''), 0)",
            (known_by,),
        )
        return found or None

    async def _merge(self, article: int, into: int) -> None:
        """Have whatever brought an article bring another instead."""
        await self._writer.execute("UPDATE entries SET article = ? WHERE article = ?", (into, article))
        await self._writer.execute(
            "INSERT OR IGNORE INTO origins (article, file, run) SELECT ?, file, run FROM origins"
            " WHERE article = ?",
            (into, article),
        )
        await self._writer.execute("DELETE FROM origins WHERE article = ?", (article,))

    async def _keep_version(self, article: int, title: str, now: datetime) -> None:
        rows = await self._writer.execute_fetchall(
            "SELECT kind, text FROM paragraphs WHERE article = ? AND position >= 0 ORDER BY position",
            (article,),
        )
        await self._writer.execute(
            "INSERT INTO versions (article, replaced, title, paragraphs) VALUES (?, ?, ?, ?)",
            (article, now.timestamp(), title, json.dumps([list(row) for row in rows], ensure_ascii=False)),
        )
        await self._writer.execute(
            "DELETE FROM versions WHERE article = ? AND id NOT IN"
            " (SELECT id FROM versions WHERE article = ? ORDER BY id DESC LIMIT ?)",
            (article, article, _VERSIONS),
        )

    async def _insert_bands(self, article: int, print_: bytes) -> None:
        await self._writer.execute("DELETE FROM bands WHERE article = ?", (article,))
        await self._writer.executemany(
            "INSERT INTO bands (article, band, piece) VALUES (?, ?, ?)",
            [(article, band, piece) for band, piece in enumerate(bands(print_))],
        )

    async def _save_entries(self, records: Sequence[Record], now: datetime) -> None:
        await self._writer.executemany(
            "INSERT OR IGNORE INTO origins (article, file, run) VALUES (?, ?, 0)",
            [(one.article, origin(one.feed)) for one in records if one.article is not None],
        )
        await self._writer.executemany(
            "UPDATE entries SET guid = ?, url = ?, key = ?, title = ?, fingerprint = ?, content = ?,"
            " article = ?, state = ?, reason = ?, tries = ?, due = ?, paged = ? WHERE id = ?",
            [(*_entry_columns(one), one.id) for one in records if one.id],
        )
        await self._writer.executemany(
            "INSERT INTO entries (guid, url, key, title, fingerprint, content, article, state, reason,"
            " tries, due, paged, feed, first_seen, seen)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (*_entry_columns(one), one.feed or None, now.timestamp(), now.timestamp())
                for one in records
                if not one.id
            ],
        )

    async def _entries(self, condition: str, parameters: Sequence[object]) -> list[Record]:
        rows = await self._reader.execute_fetchall(
            "SELECT article, guid, key, title, fingerprint, id, ifnull(feed, 0), url, content, state,"  # noqa: S608
            f" reason, tries, due, paged FROM entries {condition}",
            tuple(parameters),
        )
        return [_record(*row) for row in rows]


def _entry_columns(record: Record) -> tuple[object, ...]:
    return (
        *(record.guid, record.url, record.key, record.title, record.fingerprint, record.content),
        *(
            record.article,
            record.state,
            to_column(record.reason),
            record.tries,
            record.due.timestamp(),
            record.paged,
        ),
    )


def _record(
    article: int | None,
    guid: str,
    key: str,
    title: str,
    fingerprint: bytes,
    identity: int,
    feed: int,
    url: str,
    content: bytes,
    state: str,
    reason: str,
    tries: int,
    due: float,
    paged: int,
) -> Record:
    return Record(
        *(article, guid, key, title, fingerprint, identity, feed, url, content, Entering(state)),
        from_column(reason),
        tries=tries,
        due=datetime.fromtimestamp(due, UTC),
        paged=bool(paged),
    )
