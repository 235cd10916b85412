"""The store: articles, paragraphs, origins and vectors in one SQLite file, which is the truth of everything.

All SQL is in this room; a test lists the modules that speak it. Every write to what is searched is one
transaction that ends with a new generation; what it changed carries it, and what it removed is noted with it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import aiosqlite

from corpus.article import Article, Kind, Paragraph
from corpus.errors import NewsbotError
from corpus.identity import key
from corpus.migrations import MIGRATIONS

T = TypeVar("T")

_TITLE = "title"  # the kind of the paragraph that is an article's title

# What has no vector of a model. A vector goes only where its article changes or goes, so that of what was
# encoded once nothing needs to be looked at but the articles that changed since. CROSS JOIN: in this order.
_PENDING = (
    "FROM articles CROSS JOIN paragraphs ON paragraphs.article = articles.id"
    " WHERE articles.generation > (SELECT encoded FROM models WHERE id = ?) AND kind <> 'heading'"
    " AND NOT EXISTS (SELECT 1 FROM vectors WHERE model = ? AND paragraph = paragraphs.id)"
)


class StoreError(NewsbotError):
    """The database cannot be written, or not be read."""


_DAMAGED = (
    "the database is damaged, or is none of newsbot: put a backup in its place with newsbot restore FILE,"
    " or choose another data folder"
)
_BUSY = "another program is writing to the database: try again when it has ended"
_REMEDIES = {
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
}


class Outcome(StrEnum):
    """What became of an article that was handed in, or that another one turned out to be."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Model:
    """An embedding model as the store knows it. ``id`` is 0 for a model that has no vectors yet."""

    name: str
    fingerprint: str
    dimension: int
    preparation: str
    id: int = 0

    def same_as(self, other: Model) -> bool:
        """Whether the vectors of both can stand in one index."""
        return (self.fingerprint, self.preparation) == (other.fingerprint, other.preparation)


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph that can be quoted, with what a reader is told of its article.

    ``paragraphs`` is the number of paragraphs of the article, ``titled`` the id of its title.
    """

    id: int
    article: int
    position: int
    kind: Kind
    text: str
    title: str
    url: str
    source: str
    published: date | datetime | None
    language: str
    paragraphs: int
    titled: int


@dataclass(frozen=True, slots=True)
class ArticleText:
    """What the lexical index holds of an article: its passages as ``(paragraph id, text)``."""

    id: int
    title: str
    passages: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """How an article begins: its first paragraphs."""

    url: str
    title: str
    language: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceCount:
    """An outlet, how many of its articles there are, and the day of the newest."""

    name: str
    articles: int
    newest: date | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the store holds. ``first`` and ``last`` are days of publication, where any is known."""

    articles: int
    passages: int
    first: date | None
    last: date | None


class Store:
    """The SQLite store. One connection reads, another writes, so that no reader sees half a change."""

    def __init__(self, reader: aiosqlite.Connection, writer: aiosqlite.Connection) -> None:
        self._reader = reader
        self._writer = writer
        self._writing = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open the database, make it if it is missing, and bring its schema up to date.

        Raises NewsbotError where the file cannot be opened or written, is no database, or is newer than this.
        """
        connections: list[aiosqlite.Connection] = []
        try:
            for _ in range(2):
                connections.append(await _connect(path))
            writer, reader = connections
            await _migrate(writer, path)
            await reader.execute("PRAGMA query_only = 1")
        except BaseException as error:
            for connection in connections:
                await connection.close()
            if isinstance(error, StoreError):
                raise StoreError(f"{path} cannot be used: {error}") from error
            if not isinstance(error, sqlite3.Error | OSError):
                raise
            raise NewsbotError(
                f"the database {path} cannot be used ({error}): check that you may write there,"
                " or choose another data folder"
            ) from error
        return cls(reader, writer)

    async def close(self) -> None:
        """Wait for a write that is under way, then close. What was reported as done is on disk."""
        async with self._writing:
            await self._writer.close()
            await self._reader.close()

    # -- articles

    async def put(self, articles: Sequence[tuple[Article, str]], run: int) -> list[tuple[str, Outcome]]:
        """Store articles, each with the file that brought it, in one transaction.

        An article is known by its URL. Where it changed, paragraphs that stayed the same keep their ids and,
        unless the title changed (it is embedded with them), their vectors. Where a URL comes twice with
        different texts the later one wins and both outcomes are told.
        """
        async with self._transaction() as generation:
            latest = {article.url: article for article, _ in articles}
            known = await self._known(list(latest))
            told = {url: content_hash for url, (_, content_hash) in known.items()}
            settled = {url for url, article in latest.items() if told.get(url) == article.content_hash}
            outcomes: list[tuple[str, Outcome]] = []
            for article, _ in articles:
                before, after = told.get(article.url), article.content_hash
                if before is None:
                    outcome = Outcome.ADDED
                elif before == after or article.url in settled:
                    outcome = Outcome.UNCHANGED
                else:
                    outcome = Outcome.CHANGED
                told[article.url] = after
                outcomes.append((article.url, outcome))
            for url, article in latest.items():
                if url not in known:
                    identity = await self._insert(article, generation)
                    known[url] = (identity, article.content_hash)
                elif known[url][1] != article.content_hash:
                    await self._update(known[url][0], article, generation)
            await self._writer.executemany(
                "INSERT INTO origins (article, file, run) VALUES (?, ?, ?)"
                " ON CONFLICT (article, file) DO UPDATE SET run = excluded.run",
                [(known[article.url][0], file, run) for article, file in articles],
            )
        return outcomes

    async def new_run(self) -> int:
        """A number for a run of indexing, higher than all before."""
        async with self._transaction():
            await self._writer.execute("UPDATE meta SET value = value + 1 WHERE key = 'run'")
            return await self._meta("run")

    async def sweep(self, file: str, run: int, digest: bytes | None) -> list[str]:
        """Note that ``file`` was read as a whole in this run, and drop what it no longer brings.

        ``digest`` is kept as the mark of the file's bytes; with ``None`` the file is read again next time.
        Returns the URLs of the articles that are gone because no other file brings them.
        """
        async with self._transaction() as generation:
            await self._writer.execute("DELETE FROM origins WHERE file = ? AND run <> ?", (file, run))
            if digest is None:
                await self._writer.execute("DELETE FROM files WHERE path = ?", (file,))
            else:
                await self._writer.execute("REPLACE INTO files (path, digest) VALUES (?, ?)", (file, digest))
            return await self._drop_orphans(generation)

    async def forget_files(self, files: Iterable[str]) -> list[str]:
        """Drop what came from files that are gone. Returns the URLs of the articles that went with them."""
        async with self._transaction() as generation:
            names = [(file,) for file in files]
            await self._writer.executemany("DELETE FROM origins WHERE file = ?", names)
            await self._writer.executemany("DELETE FROM files WHERE path = ?", names)
            return await self._drop_orphans(generation)

    async def file_digest(self, file: str) -> bytes | None:
        """The mark of the bytes of a file that was last read whole and without failures."""
        row = await self._row("SELECT digest FROM files WHERE path = ?", (file,))
        return row[0] if row else None

    async def files_below(self, folder: str) -> list[str]:
        """The files inside a folder that brought articles."""
        prefix = folder.rstrip("/") + "/"
        rows = await self._reader.execute_fetchall(
            "SELECT DISTINCT file FROM origins WHERE substr(file, 1, ?) = ?", (len(prefix), prefix)
        )
        return [file for (file,) in rows]

    async def urls_from(self, file: str) -> list[str]:
        """The URLs of the articles that a file brought."""
        rows = await self._reader.execute_fetchall(
            "SELECT url FROM origins JOIN articles ON articles.id = article WHERE file = ? ORDER BY id",
            (file,),
        )
        return [url for (url,) in rows]

    # -- what is searched

    async def generation(self) -> int:
        """The number of the last change."""
        return await _number(self._reader, "SELECT value FROM meta WHERE key = 'generation'")

    async def text_generation(self) -> int:
        """The number of the last change to articles."""
        return await _number(
            self._reader,
            "SELECT max((SELECT ifnull(max(generation), 0) FROM articles),"
            " (SELECT ifnull(max(generation), 0) FROM removed_articles))",
        )

    async def identity(self) -> int:
        """A number that no other store has, so that what is derived from another one is known as such."""
        return await _number(self._reader, "SELECT value FROM meta WHERE key = 'identity'")

    async def state(self) -> tuple[int, int]:
        """Identity and generation: where both are the same, so is everything that the store holds."""
        rows = await self._reader.execute_fetchall(
            "SELECT value FROM meta WHERE key IN ('identity', 'generation') ORDER BY key = 'generation'"
        )
        identity, generation = (value for (value,) in rows)
        return identity, generation

    async def passages(self, ids: Iterable[int]) -> dict[int, Passage]:
        """The passages with these ids, as far as they exist and can be quoted."""
        rows = await self._reader.execute_fetchall(
            "SELECT paragraphs.id, article, position, kind, text, title, url, source, published, language,"
            " (SELECT max(position) + 1 FROM paragraphs AS every WHERE every.article = articles.id),"
            " (SELECT id FROM paragraphs AS title WHERE title.article = articles.id AND title.position = -1)"
            " FROM paragraphs JOIN articles ON articles.id = article"
            " WHERE kind NOT IN ('heading', 'title') AND paragraphs.id IN (SELECT value FROM json_each(?))",
            (json.dumps([int(identity) for identity in ids]),),
        )
        found = {}
        for identity, article, position, kind, text, title, url, source, published, *rest in rows:
            found[identity] = Passage(
                identity,
                article,
                position,
                Kind(kind),
                text,
                title,
                url,
                source,
                _published(published),
                *rest,
            )
        return found

    async def article_paragraphs(self, article: int) -> list[tuple[int, Paragraph]]:
        """The paragraphs of an article in order, with their ids."""
        rows = await self._reader.execute_fetchall(
            "SELECT id, text, kind FROM paragraphs WHERE article = ? AND position >= 0 ORDER BY position",
            (article,),
        )
        return [(identity, Paragraph(text, Kind(kind))) for identity, text, kind in rows]

    async def article_with(self, url: str) -> int | None:
        """The id of the article with this URL, or with the one that it links into."""
        row = await self._row(
            "SELECT id FROM articles WHERE url IN (?, ?) ORDER BY url = ? DESC", (url, url.split("#")[0], url)
        )
        return int(row[0]) if row else None

    async def articles_since(self, generation: int, after: int = 0, limit: int = 500) -> list[ArticleText]:
        """Articles that changed after a generation, by rising id, those with an id above ``after``."""
        rows = await self._reader.execute_fetchall(
            "SELECT id, title FROM articles WHERE generation > ? AND id > ? ORDER BY id LIMIT ?",
            (generation, after, limit),
        )
        titles: dict[int, str] = dict(rows)  # type: ignore[arg-type]
        passages: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for identity, article, text in await self._reader.execute_fetchall(
            "SELECT id, article, text FROM paragraphs WHERE kind NOT IN ('heading', 'title')"
            " AND article IN (SELECT value FROM json_each(?)) ORDER BY article, position",
            (json.dumps(list(titles)),),
        ):
            passages[article].append((identity, text))
        return [ArticleText(identity, title, tuple(passages[identity])) for identity, title in titles.items()]

    async def articles_removed_since(self, generation: int) -> list[int]:
        """The ids of articles that were removed after a generation."""
        rows = await self._reader.execute_fetchall(
            "SELECT article FROM removed_articles WHERE generation > ?", (generation,)
        )
        return [article for (article,) in rows]

    async def text_ids(self) -> tuple[list[int], list[int]]:
        """The ids of all passages that can be quoted, and of all articles."""
        passages = await self._reader.execute_fetchall(
            "SELECT id FROM paragraphs WHERE kind NOT IN ('heading', 'title')"
        )
        articles = await self._reader.execute_fetchall("SELECT id FROM articles")
        return [identity for (identity,) in passages], [identity for (identity,) in articles]

    async def article_facts(self) -> list[tuple[int, int | None, str]]:
        """``(id, day of publication as a proleptic ordinal, source)`` of every article, by id."""
        rows = await self._reader.execute_fetchall("SELECT id, day, source FROM articles ORDER BY id")
        return [(row[0], row[1], row[2]) for row in rows]

    async def headlines(self, ids: Iterable[int]) -> dict[int, tuple[str, str, str, date | datetime | None]]:
        """``(title, url, source, published)`` of articles by id."""
        rows = await self._reader.execute_fetchall(
            "SELECT id, title, url, source, published FROM articles"
            " WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps([int(identity) for identity in ids]),),
        )
        return {row[0]: (row[1], row[2], row[3], _published(row[4])) for row in rows}

    async def counts(self) -> Counts:
        """How many articles and passages there are, and from when to when."""
        rows = await self._reader.execute_fetchall(
            "SELECT count(*), min(day), max(day),"
            " (SELECT count(*) FROM paragraphs WHERE kind NOT IN ('heading', 'title')) FROM articles"
        )
        ((articles, first, last, passages),) = rows
        return Counts(articles, passages, _day(first), _day(last))

    async def span(self, sources: Collection[str] = ()) -> tuple[int, date | None, date | None]:
        """How many articles there are, and the first and last day of publication, where any is known.

        Of all ``sources`` if none is named; their case does not matter.
        """
        sql = "SELECT count(*), min(day), max(day) FROM articles"
        if not sources:
            rows = await self._reader.execute_fetchall(sql)
        else:
            rows = await self._reader.execute_fetchall(
                sql + " WHERE source IN (SELECT value FROM json_each(?))",  # noqa: S608 - the sql above
                (json.dumps(await self._spelt(sources)),),
            )
        ((articles, first, last),) = rows
        return articles, _day(first), _day(last)

    async def openings(self, articles: int, paragraphs: int, sources: Collection[str] = ()) -> list[Opening]:
        """How so many of the newest articles begin, of all ``sources`` if none is named."""
        spelt = json.dumps(await self._spelt(sources))
        rows = await self._reader.execute_fetchall(
            "SELECT article, url, title, language, text FROM paragraphs JOIN"
            " (SELECT id AS newest, url, title, language, day FROM articles"
            " WHERE ? OR source IN (SELECT value FROM json_each(?)) ORDER BY day DESC, id DESC LIMIT ?)"
            " ON article = newest WHERE kind = ? AND position BETWEEN 0 AND ?"
            " ORDER BY day DESC, article DESC, position",
            (not sources, spelt, articles, Kind.BODY, paragraphs - 1),
        )
        texts: dict[int, list[str]] = defaultdict(list)
        facts: dict[int, tuple[str, str, str]] = {}
        for article, *fact, text in rows:
            facts[article] = fact[0], fact[1], fact[2]
            texts[article].append(text)
        return [Opening(*facts[article], tuple(texts[article])) for article in facts]

    async def sources(self) -> list[SourceCount]:
        """The outlets that are named, the one with the most articles first."""
        rows = await self._reader.execute_fetchall(
            "SELECT source, count(*), max(day) FROM articles WHERE source <> ''"
            " GROUP BY source COLLATE NOCASE ORDER BY count(*) DESC, source"
        )
        return [SourceCount(name, articles, _day(newest)) for name, articles, newest in rows]

    # -- vectors

    async def active_model(self) -> Model | None:
        """The model whose vectors are searched; ``None`` before anything was encoded."""
        row = await self._row(
            "SELECT name, fingerprint, dimension, preparation, id FROM models"
            " WHERE id = (SELECT value FROM meta WHERE key = 'model')"
        )
        return Model(*row) if row else None

    async def register_model(self, model: Model) -> Model:
        """The stored form of a model, under which its vectors are kept. The first one becomes active."""
        async with self._transaction():
            await self._writer.execute(
                "INSERT INTO models (name, fingerprint, dimension, preparation) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (fingerprint, preparation) DO UPDATE SET name = excluded.name",
                (model.name, model.fingerprint, model.dimension, model.preparation),
            )
            identity = await _number(
                self._writer,
                "SELECT id FROM models WHERE fingerprint = ? AND preparation = ?",
                (model.fingerprint, model.preparation),
            )
            await self._writer.execute(
                "UPDATE meta SET value = ? WHERE key = 'model' AND value = 0", (identity,)
            )
        return replace(model, id=identity)

    async def doubt_model(self, model: int) -> None:
        """Forget a model's name, so that the next run loads the model and compares the weights."""
        async with self._transaction():
            await self._writer.execute("UPDATE models SET name = '' WHERE id = ?", (model,))

    async def activate_model(self, model: int) -> None:
        """Search with this model's vectors from now on and drop those of all others."""
        async with self._transaction():
            await self._writer.execute("UPDATE meta SET value = ? WHERE key = 'model'", (model,))
            await self._writer.execute("DELETE FROM models WHERE id <> ?", (model,))

    async def pending(self, model: int) -> list[int]:
        """The passages and titles that have no vector of this model."""
        rows = await self._reader.execute_fetchall(
            f"SELECT paragraphs.id {_PENDING}",
            (model, model),
        )
        return [identity for (identity,) in rows]

    async def pending_passages(self, model: int) -> int:
        """How many passages have no vector of this model."""
        return await _number(
            self._reader,
            f"SELECT count(*) {_PENDING} AND kind <> 'title'",
            (model, model),
        )

    async def note_encoded(self, model: int, generation: int) -> None:
        """Note that nothing which changed up to a generation is pending: it is not looked at again."""
        async with self._bookkeeping():
            await self._writer.execute(
                "UPDATE models SET encoded = ? WHERE id = ? AND encoded < ?", (generation, model, generation)
            )

    async def titled_texts(self, ids: Sequence[int]) -> list[tuple[int, str, str]]:
        """``(paragraph id, title of its article, text)`` of those that still exist; a title has no title."""
        rows = await self._reader.execute_fetchall(
            "SELECT paragraphs.id, CASE kind WHEN 'title' THEN '' ELSE title END, text"
            " FROM paragraphs JOIN articles ON articles.id = article"
            " WHERE paragraphs.id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        return [(row[0], row[1], row[2]) for row in rows]

    async def add_vectors(self, model: int, vectors: Sequence[tuple[int, bytes]], read: int) -> None:
        """Keep vectors (float16, little-endian) of paragraphs that were read at the generation ``read``.

        Where a paragraph is gone, or its article has changed since (and its title perhaps with it), the
        vector is passed over.
        """
        async with self._transaction() as generation:
            await self._writer.executemany(
                "INSERT OR REPLACE INTO vectors (model, paragraph, generation, vector)"
                " SELECT ?, paragraphs.id, ?, ? FROM paragraphs JOIN articles ON articles.id = article"
                " WHERE paragraphs.id = ? AND articles.generation <= ?",
                [(model, generation, vector, paragraph, read) for paragraph, vector in vectors],
            )

    async def vector_count(self, model: int, generation: int) -> int:
        """How many passages had a vector of this model at a generation, and still have it."""
        return await _number(
            self._reader,
            "SELECT count(*) FROM vectors WHERE model = ? AND generation <= ?",
            (model, generation),
        )

    async def vectors_since(
        self, model: int, after: int, until: int, size: int = 8192
    ) -> AsyncIterator[list[tuple[int, int, bytes]]]:
        """Batches of ``(paragraph id, article id, vector)`` added after one generation and until another."""
        cursor = await self._reader.execute(
            "SELECT paragraph, article, vector FROM vectors JOIN paragraphs ON paragraphs.id = paragraph"
            " WHERE model = ? AND vectors.generation > ? AND vectors.generation <= ?",
            (model, after, until),
        )
        async with cursor:
            while rows := await cursor.fetchmany(size):
                yield [(row[0], row[1], row[2]) for row in rows]

    async def vector_ids(self, model: int, generation: int) -> list[int]:
        """The paragraphs that had a vector of this model at a generation, and still have it."""
        rows = await self._reader.execute_fetchall(
            "SELECT paragraph FROM vectors WHERE model = ? AND generation <= ?", (model, generation)
        )
        return [paragraph for (paragraph,) in rows]

    async def vectors_removed_since(self, generation: int) -> list[int]:
        """The ids of paragraphs that lost their vectors after a generation."""
        rows = await self._reader.execute_fetchall(
            "SELECT paragraph FROM removed_vectors WHERE generation > ?", (generation,)
        )
        return [paragraph for (paragraph,) in rows]

    # -- inside a transaction

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[int]:
        """One write transaction. Yields the generation that it makes, if it changes anything."""
        async with self._bookkeeping():
            before = self._writer.total_changes
            generation = 1 + await self._meta("generation")
            yield generation
            if self._writer.total_changes != before:
                await self._writer.execute(
                    "UPDATE meta SET value = ? WHERE key = 'generation'", (generation,)
                )

    @asynccontextmanager
    async def _bookkeeping(self) -> AsyncIterator[None]:
        """One write transaction that changes nothing that is searched, and so makes no generation."""
        async with self._writing:
            try:
                await self._writer.execute("BEGIN IMMEDIATE")
                yield
                await self._writer.execute("COMMIT")
            except BaseException as error:
                # A commit that failed for want of disk space has already rolled back.
                with suppress(sqlite3.OperationalError, StoreError):
                    await self._writer.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise StoreError(
                        f"the database cannot be written ({error}): look at the disk's free space and at the"
                        " rights on the data folder, then try again; what was reported as done is safe"
                    ) from error
                raise

    async def _meta(self, key: str) -> int:
        return await _number(self._writer, "SELECT value FROM meta WHERE key = ?", (key,))

    async def _spelt(self, sources: Collection[str]) -> list[str]:
        """These outlets as they are written in the articles, in every way that they are."""
        wanted = {source.casefold() for source in sources}
        known = await self._reader.execute_fetchall("SELECT DISTINCT source FROM articles") if wanted else []
        return [source for (source,) in known if source.casefold() in wanted]

    async def _row(self, sql: str, parameters: Sequence[object] = ()) -> sqlite3.Row | None:
        rows = await self._reader.execute_fetchall(sql, tuple(parameters))
        return next(iter(rows), None)

    async def _known(self, urls: list[str]) -> dict[str, tuple[int, bytes]]:
        rows = await self._writer.execute_fetchall(
            "SELECT url, id, content_hash FROM articles WHERE url IN (SELECT value FROM json_each(?))",
            (json.dumps(urls),),
        )
        return {url: (identity, content_hash) for url, identity, content_hash in rows}

    async def _insert(self, article: Article, generation: int, shared: bool = False) -> int:
        """Store a new article; a ``shared`` address is that of others too, and so tells nothing."""
        known_by = "" if shared or not article.url.startswith("http") else key(article.url)
        identity = await _number(
            self._writer,
            "INSERT INTO articles (url, key, title, source, authors, published, day, section, language,"
            " content_hash, generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (article.url, known_by, *_columns(article), generation),
        )
        await self._insert_paragraphs(identity, _rows(article))
        return identity

    async def _insert_paragraphs(self, article: int, rows: Iterable[tuple[int, str, str]]) -> None:
        await self._writer.executemany(
            "INSERT INTO paragraphs (article, position, kind, text) VALUES (?, ?, ?, ?)",
            [(article, *row) for row in rows],
        )

    async def _update(self, identity: int, article: Article, generation: int) -> None:
        ((title,),) = await self._writer.execute_fetchall(
            "SELECT title FROM articles WHERE id = ?", (identity,)
        )
        await self._writer.execute(
            "UPDATE articles SET title = ?, source = ?, authors = ?, published = ?, day = ?, section = ?,"
            " language = ?, content_hash = ?, generation = ? WHERE id = ?",
            (*_columns(article), generation, identity),
        )
        old: defaultdict[tuple[str, str], deque[int]] = defaultdict(deque)
        for paragraph, kind, text in await self._writer.execute_fetchall(
            "SELECT id, kind, text FROM paragraphs WHERE article = ? ORDER BY position", (identity,)
        ):
            old[kind, text].append(paragraph)
        kept: list[tuple[int, int]] = []
        new: list[tuple[int, str, str]] = []
        for position, kind, text in _rows(article):
            if same := old[kind, text]:
                kept.append((position, same.popleft()))
            else:
                new.append((position, kind, text))
        gone = [paragraph for paragraphs in old.values() for paragraph in paragraphs]
        await self._forget_vectors(gone, generation)
        await self._writer.executemany("DELETE FROM paragraphs WHERE id = ?", [(one,) for one in gone])
        await self._writer.executemany("UPDATE paragraphs SET position = ? WHERE id = ?", kept)
        await self._insert_paragraphs(identity, new)
        if title != article.title:
            await self._forget_vectors([paragraph for _, paragraph in kept], generation)

    async def _forget_vectors(self, paragraphs: Sequence[int], generation: int) -> None:
        await self._writer.executemany(
            "INSERT INTO removed_vectors (paragraph, generation) VALUES (?, ?)",
            [(paragraph, generation) for paragraph in paragraphs],
        )
        await self._writer.executemany(
            "DELETE FROM vectors WHERE paragraph = ?", [(paragraph,) for paragraph in paragraphs]
        )

    async def _drop_orphans(self, generation: int) -> list[str]:
        rows = list(
            await self._writer.execute_fetchall(
                "SELECT id, url FROM articles"
                " WHERE NOT EXISTS (SELECT 1 FROM origins WHERE article = articles.id) ORDER BY id"
            )
        )
        for identity, _ in rows:
            paragraphs = await self._writer.execute_fetchall(
                "SELECT id FROM paragraphs WHERE article = ?", (identity,)
            )
            await self._forget_vectors([paragraph for (paragraph,) in paragraphs], generation)
            await self._writer.execute("INSERT INTO removed_articles VALUES (?, ?)", (identity, generation))
            await self._writer.execute("DELETE FROM articles WHERE id = ?", (identity,))
        return [url for _, url in rows]


class _Connection(aiosqlite.Connection):
    """A connection that says what to do about what can befall any statement."""

    async def _execute(self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        # Connections and cursors of aiosqlite do all that they do through this.
        try:
            return cast(T, await super()._execute(fn, *args, **kwargs))  # type: ignore[no-untyped-call]
        except sqlite3.DatabaseError as error:
            remedy = _REMEDIES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
            if remedy is None:
                raise
            raise StoreError(f"{remedy} ({error})") from error


async def _connect(path: Path) -> aiosqlite.Connection:
    # SQLite gives its other files the rights of this one.
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT, 0o600))
    connection = _Connection(lambda: sqlite3.connect(path, isolation_level=None), iter_chunk_size=64)
    # A thread that is still at work must not keep the process from ending.
    connection._thread.daemon = True
    await connection
    await connection.execute("PRAGMA busy_timeout = 10000")
    await connection.execute("PRAGMA journal_mode = WAL")
    await connection.execute("PRAGMA foreign_keys = ON")
    # Whatever was reported as added must outlive a power cut.
    await connection.execute("PRAGMA synchronous = FULL")
    return connection


async def _migrate(db: aiosqlite.Connection, path: Path) -> None:
    # Whoever only asks need not wait for whoever writes.
    if await _number(db, "PRAGMA user_version") == len(MIGRATIONS):
        return
    await db.execute("BEGIN IMMEDIATE")
    try:
        version = await _number(db, "PRAGMA user_version")
        if version > len(MIGRATIONS):
            raise NewsbotError(
                f"the database {path} was made by a newer newsbot:"
                " update newsbot, or choose another data folder"
            )
        for migrate in MIGRATIONS[version:]:
            await migrate(db)
        await db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        await db.execute("COMMIT")
    except BaseException:
        await db.execute("ROLLBACK")
        raise


async def _number(db: aiosqlite.Connection, sql: str, parameters: Sequence[object] = ()) -> int:
    ((number,),) = await db.execute_fetchall(sql, tuple(parameters))
    return int(number)


def _rows(article: Article) -> list[tuple[int, str, str]]:
    """Position, kind and text of the title and of the paragraphs."""
    paragraphs = [(position, str(one.kind), one.text) for position, one in enumerate(article.paragraphs)]
    return [(-1, _TITLE, article.title), *paragraphs]


def _columns(article: Article) -> tuple[object, ...]:
    return (
        article.title,
        article.source,
        json.dumps(article.authors, ensure_ascii=False),
        article.published.isoformat() if article.published else None,
        article.day.toordinal() if article.day else None,
        article.section,
        article.language,
        article.content_hash,
    )


def _published(text: str | None) -> date | datetime | None:
    if not text:
        return None
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _day(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)
