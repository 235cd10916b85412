"""The store's part about articles that files bring: put, and swept when their file has them no more."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

from corpus.article import Article
from corpus.identity import key
from corpus.store.columns import article_columns
from corpus.store.database import Database, number
from corpus.store.records import Outcome

_REMOVALS = 100_000  # removed vectors that are remembered; an index that lacks more is made anew
_TITLE = "title"  # the kind of the paragraph that is an article's title


class Articles(Database):
    """The store, with articles."""

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

    # -- inside a transaction

    async def _known(self, urls: list[str]) -> dict[str, tuple[int, bytes]]:
        rows = await self._writer.execute_fetchall(
            "SELECT url, id, content_hash FROM articles WHERE url IN (SELECT value FROM json_each(?))",
            (json.dumps(urls),),
        )
        return {url: (identity, content_hash) for url, identity, content_hash in rows}

    async def _insert(self, article: Article, generation: int, shared: bool = False) -> int:
        """Store a new article; a ``shared`` address is that of others too, and so tells nothing."""
        known_by = "" if shared or not article.url.startswith("http") else key(article.url)
        identity = await number(
            self._writer,
            "INSERT INTO articles (url, key, title, source, authors, published, day, section, language,"
            " content_hash, generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (article.url, known_by, *article_columns(article), generation),
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
            (*article_columns(article), generation, identity),
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
        await self._forget_removals()

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
        await self._forget_removals()
        return [url for _, url in rows]

    async def _forget_removals(self) -> None:
        """Forget what was removed long ago, all that one transaction removed or nothing of it.

        Each article that goes takes its title's vector with it, so that these bound the articles too.
        """
        for (oldest,) in await self._writer.execute_fetchall(
            "SELECT generation FROM removed_vectors"
            " WHERE rowid <= (SELECT max(rowid) FROM removed_vectors) - ? ORDER BY rowid DESC LIMIT 1",
            (_REMOVALS,),
        ):
            await self._writer.execute("DELETE FROM removed_vectors WHERE generation < ?", (oldest,))
            await self._writer.execute("DELETE FROM removed_articles WHERE generation < ?", (oldest,))
            await self._writer.execute(
                "UPDATE meta SET value = ? WHERE key = 'forgotten' AND value < ?", (oldest - 1, oldest - 1)
            )


def _rows(article: Article) -> list[tuple[int, str, str]]:
    """Position, kind and text of the title and of the paragraphs."""
    paragraphs = [(position, str(one.kind), one.text) for position, one in enumerate(article.paragraphs)]
    return [(-1, _TITLE, article.title), *paragraphs]
