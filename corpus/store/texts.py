"""The store's part about what is searched and shown: passages, headlines, outlets, changes since when."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from corpus.article import Kind, Paragraph
from corpus.store.columns import read_day, read_published
from corpus.store.database import Database, number
from corpus.store.records import ArticleFacts, ArticleText, Counts, Opening, Passage, SourceCount


class Texts(Database):
    """The store, with what is read of it."""

    async def generation(self) -> int:
        """The number of the last change."""
        return await number(self._reader, "SELECT value FROM meta WHERE key = 'generation'")

    async def text_generation(self) -> int:
        """The number of the last change to articles."""
        return await number(
            self._reader,
            "SELECT max((SELECT ifnull(max(generation), 0) FROM articles),"
            " (SELECT ifnull(max(generation), 0) FROM removed_articles))",
        )

    async def identity(self) -> int:
        """A number that no other store has, so that what is derived from another one is known as such."""
        return await number(self._reader, "SELECT value FROM meta WHERE key = 'identity'")

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
            "SELECT paragraphs.id, article, text, title, url, source, language, published"
            " FROM paragraphs JOIN articles ON articles.id = article"
            " WHERE kind NOT IN ('heading', 'title') AND paragraphs.id IN (SELECT value FROM json_each(?))",
            (json.dumps([int(identity) for identity in ids]),),
        )
        return {
            identity: Passage(
                identity, article, text, title, url, source, language, read_published(published)
            )
            for identity, article, text, title, url, source, language, published in rows
        }

    async def texts(self, ids: Sequence[int]) -> dict[int, str]:
        """The texts of passages and titles, as far as they exist."""
        rows = await self._reader.execute_fetchall(
            "SELECT id, text FROM paragraphs WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(ids),),
        )
        return {row[0]: row[1] for row in rows}

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
            # By itself SQLite would go through all articles by their ids.
            "SELECT id, title, day, source FROM articles INDEXED BY articles_by_generation"
            " WHERE generation > ? AND id > ? ORDER BY id LIMIT ?",
            (generation, after, limit),
        )
        passages: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for identity, article, text in await self._reader.execute_fetchall(
            "SELECT id, article, text FROM paragraphs WHERE kind NOT IN ('heading', 'title')"
            " AND article IN (SELECT value FROM json_each(?)) ORDER BY article, position",
            (json.dumps([row[0] for row in rows]),),
        ):
            passages[article].append((identity, text))
        return [
            ArticleText(identity, title, tuple(passages[identity]), day, source)
            for identity, title, day, source in rows
        ]

    async def texts_above(self, identity: int, limit: int) -> list[tuple[int, str]]:
        """``(id, text)`` of passages and titles, by rising id, of those with an id above one."""
        rows = await self._reader.execute_fetchall(
            "SELECT id, text FROM paragraphs WHERE id > ? AND kind <> 'heading' ORDER BY id LIMIT ?",
            (identity, limit),
        )
        return [(row[0], row[1]) for row in rows]

    async def articles_removed_since(self, generation: int) -> list[int] | None:
        """The ids of articles that were removed after a generation; ``None`` where not all are known."""
        rows = await self._reader.execute_fetchall(
            "SELECT article FROM removed_articles WHERE generation > ?", (generation,)
        )
        return [article for (article,) in rows] if await self._remembers(generation) else None

    async def text_ids(self) -> tuple[list[int], list[int]]:
        """The ids of all passages that can be quoted, and of all articles."""
        passages = await self._reader.execute_fetchall(
            "SELECT id FROM paragraphs WHERE kind NOT IN ('heading', 'title')"
        )
        articles = await self._reader.execute_fetchall("SELECT id FROM articles")
        return [identity for (identity,) in passages], [identity for (identity,) in articles]

    async def article_facts(self, generation: int = -1) -> list[ArticleFacts]:
        """What is kept in memory of the articles that changed since."""
        rows = await self._reader.execute_fetchall(
            "SELECT id, day, source, (SELECT json_group_array(id) FROM"
            " (SELECT id FROM paragraphs WHERE article = articles.id ORDER BY position))"
            " FROM articles WHERE generation > ?",
            (generation,),
        )
        return [ArticleFacts(*row) for row in rows]

    async def headlines(self, ids: Iterable[int]) -> dict[int, tuple[str, str, str, date | datetime | None]]:
        """``(title, url, source, published)`` of articles by id."""
        rows = await self._reader.execute_fetchall(
            "SELECT id, title, url, source, published FROM articles"
            " WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps([int(identity) for identity in ids]),),
        )
        return {row[0]: (row[1], row[2], row[3], read_published(row[4])) for row in rows}

    async def counts(self) -> Counts:
        """How many articles and passages there are, and from when to when."""
        rows = await self._reader.execute_fetchall(
            # Those that can be quoted are most: it takes a sixth of the time to count all and the others.
            "SELECT count(*), min(day), max(day), (SELECT count(*) FROM paragraphs)"
            " - (SELECT count(*) FROM paragraphs WHERE kind IN ('heading', 'title')) FROM articles"
        )
        ((articles, first, last, passages),) = rows
        return Counts(articles, passages, read_day(first), read_day(last))

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
        return articles, read_day(first), read_day(last)

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
        return [SourceCount(name, articles, read_day(newest)) for name, articles, newest in rows]

    async def _spelt(self, sources: Collection[str]) -> list[str]:
        """These outlets as they are written in the articles, in every way that they are."""
        wanted = {source.casefold() for source in sources}
        known = await self._reader.execute_fetchall("SELECT DISTINCT source FROM articles") if wanted else []
        return [source for (source,) in known if source.casefold() in wanted]
