"""The schema of the store, one function a version. A migration that has been released is never edited.

``PRAGMA user_version`` counts the migrations that a database has seen.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import aiosqlite

Migration = Callable[[aiosqlite.Connection], Awaitable[None]]


async def m001_start(db: aiosqlite.Connection) -> None:
    """Articles, their paragraphs, where they came from, and their vectors.

    The title of an article is also a paragraph, of kind "title" and at position -1, since it is embedded too.

    Ids are never used twice (AUTOINCREMENT), so that an id in an old index file can be gone but never mean
    another paragraph. Every change carries the generation that it made, so that whoever keeps an index over
    articles and vectors reads only what changed after its own generation.
    """
    for statement in (
        """CREATE TABLE meta (
            key TEXT PRIMARY KEY,
            value INTEGER NOT NULL
        ) WITHOUT ROWID""",
        "INSERT INTO meta VALUES ('generation', 0), ('run', 0), ('model', 0), ('identity', abs(random()))",
        """CREATE TABLE articles (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            url TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            source TEXT NOT NULL,
            authors TEXT NOT NULL,
            published TEXT,
            day INTEGER,
            section TEXT NOT NULL,
            language TEXT NOT NULL,
            content_hash BLOB NOT NULL,
            generation INTEGER NOT NULL
        )""",
        "CREATE INDEX articles_by_generation ON articles (generation)",
        """CREATE TABLE paragraphs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
            position INTEGER NOT NULL,
            kind TEXT NOT NULL,
            text TEXT NOT NULL
        )""",
        "CREATE INDEX paragraphs_by_article ON paragraphs (article, position)",
        """CREATE TABLE origins (
            article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
            file TEXT NOT NULL,
            run INTEGER NOT NULL,
            PRIMARY KEY (article, file)
        ) WITHOUT ROWID""",
        "CREATE INDEX origins_by_file ON origins (file)",
        """CREATE TABLE files (
            path TEXT PRIMARY KEY,
            digest BLOB NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE models (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            dimension INTEGER NOT NULL,
            preparation TEXT NOT NULL,
            UNIQUE (fingerprint, preparation)
        )""",
        """CREATE TABLE vectors (
            model INTEGER NOT NULL REFERENCES models ON DELETE CASCADE,
            paragraph INTEGER NOT NULL REFERENCES paragraphs ON DELETE CASCADE,
            generation INTEGER NOT NULL,
            vector BLOB NOT NULL,
            PRIMARY KEY (model, paragraph)
        ) WITHOUT ROWID""",
        "CREATE INDEX vectors_by_paragraph ON vectors (paragraph)",
        "CREATE INDEX vectors_by_generation ON vectors (model, generation)",
        "CREATE TABLE removed_articles (article INTEGER NOT NULL, generation INTEGER NOT NULL)",
        "CREATE INDEX removed_articles_by_generation ON removed_articles (generation)",
        "CREATE TABLE removed_vectors (paragraph INTEGER NOT NULL, generation INTEGER NOT NULL)",
        "CREATE INDEX removed_vectors_by_generation ON removed_vectors (generation)",
    ):
        await db.execute(statement)


MIGRATIONS: tuple[Migration, ...] = (m001_start,)
