"""The schema of the store, one function a version. A migration that has been released is never edited.

``PRAGMA user_version`` counts the migrations that a database has seen.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import aiosqlite

from corpus.identity import key

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


async def m002_feeds(db: aiosqlite.Connection) -> None:
    """Feeds, their entries, what articles said before, and what tells near-duplicates.

    Moments are seconds since 1970. An entry without a feed is a page that somebody named. Its article may be
    gone; the entry stays, so that the article does not come back. ``take`` is how many entries are taken of a
    feed that was not read yet, -1 for all.
    """
    for statement in (
        "ALTER TABLE articles ADD COLUMN key TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX articles_by_key ON articles (key)",
        """CREATE TABLE feeds (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            url TEXT NOT NULL,
            key TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            site TEXT NOT NULL,
            ttl INTEGER,
            take INTEGER NOT NULL,
            health TEXT NOT NULL,
            due REAL NOT NULL,
            failures INTEGER NOT NULL,
            reason TEXT NOT NULL,
            last_success REAL,
            etag TEXT NOT NULL,
            last_modified TEXT NOT NULL,
            added REAL NOT NULL
        )""",
        """CREATE TABLE entries (
            id INTEGER PRIMARY KEY,
            feed INTEGER REFERENCES feeds ON DELETE CASCADE,
            guid TEXT NOT NULL,
            url TEXT NOT NULL,
            key TEXT NOT NULL,
            title TEXT NOT NULL,
            fingerprint BLOB NOT NULL,
            content BLOB NOT NULL,
            article INTEGER REFERENCES articles ON DELETE SET NULL,
            state TEXT NOT NULL,
            reason TEXT NOT NULL,
            tries INTEGER NOT NULL,
            due REAL NOT NULL,
            paged INTEGER NOT NULL,
            first_seen REAL NOT NULL
        )""",
        "CREATE INDEX entries_by_guid ON entries (feed, guid)",
        "CREATE INDEX entries_by_key ON entries (feed, key)",
        "CREATE INDEX entries_by_fingerprint ON entries (feed, fingerprint)",
        "CREATE INDEX entries_by_state ON entries (state, due)",
        "CREATE INDEX entries_by_article ON entries (article)",
        """CREATE TABLE versions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
            replaced REAL NOT NULL,
            title TEXT NOT NULL,
            paragraphs TEXT NOT NULL
        )""",
        "CREATE INDEX versions_by_article ON versions (article)",
        """CREATE TABLE bands (
            article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
            band INTEGER NOT NULL,
            piece BLOB NOT NULL,
            PRIMARY KEY (article, band)
        ) WITHOUT ROWID""",
        "CREATE INDEX bands_by_piece ON bands (band, piece)",
    ):
        await db.execute(statement)
    rows = await db.execute_fetchall("SELECT id, url FROM articles WHERE url LIKE 'http%'")
    await db.executemany(
        "UPDATE articles SET key = ? WHERE id = ?", [(key(url), identity) for identity, url in rows]
    )


async def m003_servers(db: aiosqlite.Connection) -> None:
    """What those who manage a Discord server decided for it, as JSON."""
    await db.execute("CREATE TABLE servers (id INTEGER PRIMARY KEY, rules TEXT NOT NULL)")


async def m004_answers(db: aiosqlite.Connection) -> None:
    """Answers that were given in Discord, and what members thought of them.

    Days are proleptic ordinals, ``given`` is seconds since 1970. An answer without an asker is kept for its
    votes alone, which are then counted in ``up`` and ``down``. ``private`` is 0 for public, 1 for private, 2
    for what was private and is shared.
    """
    for statement in (
        """CREATE TABLE answers (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            question TEXT NOT NULL,
            wrote TEXT NOT NULL,
            asked INTEGER NOT NULL,
            since INTEGER,
            until INTEGER,
            sources TEXT NOT NULL,
            size INTEGER NOT NULL,
            answered INTEGER NOT NULL,
            quotes TEXT NOT NULL,
            headlines TEXT NOT NULL,
            generation INTEGER NOT NULL,
            given REAL NOT NULL,
            asker INTEGER,
            guild INTEGER,
            channel INTEGER,
            private INTEGER NOT NULL,
            up INTEGER NOT NULL DEFAULT 0,
            down INTEGER NOT NULL DEFAULT 0
        )""",
        "CREATE INDEX answers_by_given ON answers (given)",
        """CREATE TABLE votes (
            answer INTEGER NOT NULL REFERENCES answers ON DELETE CASCADE,
            member INTEGER NOT NULL,
            good INTEGER NOT NULL,
            PRIMARY KEY (answer, member)
        ) WITHOUT ROWID""",
    ):
        await db.execute(statement)


async def m005_encoded(db: aiosqlite.Connection) -> None:
    """Up to which generation everything has its vector of a model: only what changed later is looked at."""
    await db.execute("ALTER TABLE models ADD COLUMN encoded INTEGER NOT NULL DEFAULT 0")


async def m006_followed_up(db: aiosqlite.Connection) -> None:
    """Which articles a follow-up was asked of alone, as a JSON array of ids; all, where it is empty."""
    await db.execute("ALTER TABLE answers ADD COLUMN articles TEXT NOT NULL DEFAULT '[]'")


async def m007_forgetting(db: aiosqlite.Connection) -> None:
    """What is needed to forget what nobody needs any more, and to count passages without reading them all.

    Of what went up to the generation ``forgotten`` not all is known. An entry was last ``seen`` in its feed
    then, give or take a month.
    """
    for statement in (
        "INSERT INTO meta VALUES ('forgotten', 0)",
        "ALTER TABLE entries ADD COLUMN seen REAL NOT NULL DEFAULT 0",
        "UPDATE entries SET seen = CAST(strftime('%s', 'now') AS REAL)",
        "CREATE INDEX entries_by_seen ON entries (feed, seen)",
        "CREATE INDEX paragraphs_unquoted ON paragraphs (kind) WHERE kind IN ('heading', 'title')",
    ):
        await db.execute(statement)


MIGRATIONS: tuple[Migration, ...] = (
    m001_start,
    m002_feeds,
    m003_servers,
    m004_answers,
    m005_encoded,
    m006_followed_up,
    m007_forgetting,
)
