"""The store's part about embedding models and their vectors."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from corpus.store.database import Database, number
from corpus.store.records import Model

# What has no vector of a model. A vector goes only where its article changes or goes, so that of what was
# encoded once nothing needs to be looked at but the articles that changed since. CROSS JOIN: in this order.
_PENDING = (
    "FROM articles CROSS JOIN paragraphs ON paragraphs.article = articles.id"
    " WHERE articles.generation > (SELECT encoded FROM models WHERE id = ?) AND kind <> 'heading'"
    " AND NOT EXISTS (SELECT 1 FROM vectors WHERE model = ? AND paragraph = paragraphs.id)"
)


class Vectors(Database):
    """The store, with vectors."""

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
            identity = await number(
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
        return await number(
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
        return await number(
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

    async def vectors_removed_since(self, generation: int) -> list[int] | None:
        """The paragraphs that lost their vectors after a generation; ``None`` where not all are known."""
        rows = await self._reader.execute_fetchall(
            "SELECT paragraph FROM removed_vectors WHERE generation > ?", (generation,)
        )
        return [paragraph for (paragraph,) in rows] if await self._remembers(generation) else None
