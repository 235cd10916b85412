"""A database of any earlier version becomes one of this version, with all that it holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import aiosqlite
import pytest

from corpus.store import Store
from corpus.store import database as database_module
from corpus.store.backup import damage
from corpus.store.migrations import MIGRATIONS
from index.answer import Question
from tests.conftest import HashingEmbedder, OpenNewsroom, write_articles

SCHEMAS = Path(__file__).parent / "schemas"
VERSIONS = range(1, len(MIGRATIONS) + 1)
DAM = "https://lantern.example.com/dam"


def made_by(version: int, database: Path) -> Path:
    """A database as that version has made it."""
    dump = SCHEMAS / f"v{version}.sql"
    database.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
        assert connection.execute("PRAGMA user_version").fetchone() == (version,)
    return database


def schema_of(database: Path) -> dict[str, str]:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: " ".join(sql.replace(",", " , ").split()) for name, sql in rows}


def columns_of(database: Path) -> dict[str, set[tuple[str, str, int]]]:
    with closing(sqlite3.connect(database)) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            table: {row[1:4] for row in connection.execute(f"PRAGMA table_info({table})")} for table in tables
        }


def rows_of(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM paragraphs").fetchone()[0])


@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_each_earlier_version_is_at_hand(version: int) -> None:
    assert (SCHEMAS / f"v{version}.sql").exists(), "see tests/corpus/schemas/README.md"


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_old_database_gets_the_schema_of_a_new_one(tmp_path: Path, version: int) -> None:
    if not (SCHEMAS / f"v{version}.sql").exists():
        pytest.skip("the newest version needs no dump")
    old, new = made_by(version, tmp_path / "old.db"), tmp_path / "new.db"
    for path in (old, new):
        await (await Store.open(path)).close()
    assert columns_of(old) == columns_of(new)
    assert schema_of(old).keys() == schema_of(new).keys()
    assert damage(old) == []


@pytest.mark.parametrize("version", VERSIONS[:-1])
async def test_an_old_database_answers_without_encoding_and_goes_on(
    open_newsroom: OpenNewsroom, tmp_path: Path, version: int
) -> None:
    made_by(version, tmp_path / "data" / "newsbot.db")
    embedder = HashingEmbedder()
    newsroom = await open_newsroom(load=lambda _: embedder)
    answer = await newsroom.ask(Question("What did the repair of the Hollin dam cost?", date(2026, 11, 24)))
    assert answer.quotes[0].sentence == "The repair cost 4.2 million crowns."
    assert answer.quotes[0].url == DAM
    assert embedder.encoded == []
    assert await newsroom.check() == []
    before = (await newsroom.stats()).coverage.articles
    mill = {"url": "https://courier.example.com/quay", "text": "The quay at Ostrava was closed on Monday."}
    assert (await newsroom.index([write_articles(tmp_path / "b.jsonl", mill)])).added == (mill["url"],)
    assert (await newsroom.stats()).coverage.articles == before + 1
    assert await newsroom.check() == []


async def test_feeds_and_what_articles_said_before_come_along(tmp_path: Path) -> None:
    store = await Store.open(made_by(2, tmp_path / "newsbot.db"))
    (feed,) = await store.feeds()
    assert (feed.title, feed.state.url) == ("Radio Orvenmark", "https://radio.example.com/feed")
    article = await store.article_with("https://radio.example.com/mill")
    assert article is not None
    (version,) = await store.history(article)
    assert version.paragraphs[0].text == "The storm took the roof off the old mill."
    await store.close()


@pytest.mark.parametrize("version", VERSIONS[:-1])
async def test_a_migration_that_dies_leaves_the_old_version_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    database = made_by(version, tmp_path / "newsbot.db")
    before = schema_of(database), rows_of(database)

    async def die(db: aiosqlite.Connection) -> None:
        await db.execute("DELETE FROM paragraphs")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(database_module, "MIGRATIONS", (*MIGRATIONS, die))
        with pytest.raises(KeyboardInterrupt):
            await Store.open(database)
    assert (schema_of(database), rows_of(database)) == before
    await (await Store.open(database)).close()
    assert rows_of(database) == before[1]
