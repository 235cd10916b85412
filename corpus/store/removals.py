"""The store's part about articles that somebody removes: they are gone at once, and no feed brings them back.

The entries that brought such an article stay, as skipped. A feed that is added later has no entry of it; an
entry of no feed stands for them all. Whoever names the page again takes it in, and so does a changed file.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime

from corpus.store.articles import Articles
from corpus.store.database import number
from corpus.store.records import Entering

BY_HAND = "removed by hand"


class Removals(Articles):
    """The store, with removals."""

    async def remove_articles(self, articles: Iterable[int], now: datetime) -> list[str]:
        """Drop these articles, whatever brought them. Returns their URLs."""
        async with self._transaction() as generation:
            for article in articles:
                await self._writer.execute(
                    "INSERT INTO entries (feed, guid, url, key, title, fingerprint, content, article, state,"
                    " reason, tries, due, paged, first_seen)"
                    " SELECT NULL, '', url, key, title, x'', x'', id, '', '', 0, 0, 0, ? FROM articles"
                    " WHERE id = ? AND key <> '' AND NOT EXISTS"
                    " (SELECT 1 FROM entries WHERE feed IS NULL AND key = articles.key)",
                    (now.timestamp(), article),
                )
                await self._writer.execute(
                    "UPDATE entries SET state = ?, reason = ? WHERE article = ?"
                    " OR feed IS NULL AND key <> '' AND key = (SELECT key FROM articles WHERE id = ?)",
                    (Entering.SKIPPED, BY_HAND, article, article),
                )
                await self._writer.execute("DELETE FROM origins WHERE article = ?", (article,))
            return await self._drop_orphans(generation)

    async def removed_keys(self, keys: Collection[str]) -> frozenset[str]:
        """Those of these keys whose articles were removed."""
        rows = await self._reader.execute_fetchall(
            "SELECT key FROM entries WHERE feed IS NULL AND state = ? AND key <> ''"
            " AND key IN (SELECT value FROM json_each(?))",
            (Entering.SKIPPED, json.dumps(list(keys))),
        )
        return frozenset(row[0] for row in rows)

    async def _is_removed(self, entry: int, key: str) -> bool:
        """Whether the article of an entry was removed, perhaps while it was fetched anew."""
        return bool(
            await number(
                self._writer,
                "SELECT EXISTS (SELECT 1 FROM entries WHERE state = ? AND reason = ?"
                " AND (id = ? OR feed IS NULL AND key <> '' AND key = ?))",
                (Entering.SKIPPED, BY_HAND, entry, key),
            )
        )
