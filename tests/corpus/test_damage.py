"""A database file that was damaged: what is said of it, and what is left."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from corpus.article import Article, Paragraph
from corpus.errors import NewsbotError
from corpus.store import Store
from corpus.store.answerlog import AnswerLog, Given, Place
from corpus.store.backup import damage

ARTICLES = 200


def article(number: int) -> Article:
    url = f"https://courier.example.com/{number}"
    return Article(url=url, title=f"Title {number}", paragraphs=(Paragraph(f"Text {number}. " * 40),))


async def use(database: Path) -> list[str]:
    """All that is read and written of a store; gives the addresses of its articles."""
    store = await Store.open(database)
    try:
        await store.put([(article(number), "/b") for number in range(ARTICLES)], await store.new_run())
        texts = [text for batch in [await store.articles_since(-1)] for text in batch]
        assert all(passage for one in texts for _, passage in one.passages)
        return [url for _, url, _, _ in (await store.headlines(range(10_000))).values()]
    finally:
        await store.close()


def overwrite(path: Path, start: float, length: int, byte: bytes = b"\xff") -> None:
    with path.open("r+b") as file:
        file.seek(int(start * path.stat().st_size))
        file.write(byte * length)


HARM: dict[str, Callable[[Path], None]] = {
    "a header of zeros": lambda path: overwrite(path, 0, 100, b"\0"),
    "a header of something else": lambda path: overwrite(path, 0, 100, b"?"),
    "a schema that is none": lambda path: overwrite(path, 0, 4096),
    "pages in the middle": lambda path: overwrite(path, 0.5, 20_000),
    "many pages": lambda path: overwrite(path, 0.1, int(0.8 * path.stat().st_size)),
    "its first half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "something else in its place": lambda path: path.write_bytes(b"A letter to my aunt. " * 999),
}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM.keys())
async def test_damage_is_said_in_one_line_with_the_remedy(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    database = tmp_path / "newsbot.db"
    assert len(await use(database)) == ARTICLES
    harm(database)
    with pytest.raises(NewsbotError) as caught:
        await use(database)
    message = str(caught.value)
    assert "\n" not in message
    assert "damaged" in message
    assert "newsbot restore FILE" in message
    assert damage(database)
    assert all("newsbot restore puts a backup in its place" in line for line in damage(database))


def crashed(database: Path, harmed: Path) -> None:
    """Copies a database as a power cut leaves it, with its log beside it."""
    for suffix in ("", "-wal", "-shm"):
        shutil.copyfile(database.with_name(database.name + suffix), harmed.with_name(harmed.name + suffix))


LOG: dict[str, tuple[Callable[[Path, Path], None], int]] = {
    "as it was": (lambda wal, shm: None, ARTICLES),
    "no index of it": (lambda wal, shm: shm.unlink(), ARTICLES),
    "an index of it that is none": (lambda wal, shm: shm.write_bytes(b"\xff" * 32768), ARTICLES),
    "a torn end": (lambda wal, shm: wal.write_bytes(wal.read_bytes()[:-2000]), ARTICLES - 1),
    "a damaged end": (lambda wal, shm: overwrite(wal, 0.999, 50), ARTICLES - 1),
    "none at all": (lambda wal, shm: wal.unlink(), 0),
    "a header that is none": (lambda wal, shm: overwrite(wal, 0, 32), 0),
}


@pytest.mark.parametrize(("harm", "left"), LOG.values(), ids=LOG.keys())
async def test_of_a_damaged_log_whole_transactions_are_left_up_to_the_damage(
    tmp_path: Path, harm: Callable[[Path, Path], None], left: int
) -> None:
    database, harmed = tmp_path / "newsbot.db", tmp_path / "harmed.db"
    await (await Store.open(database)).close()
    store = await Store.open(database)
    await store._writer.execute("PRAGMA wal_autocheckpoint = 0")
    for number in range(ARTICLES):
        await store.put([(article(number), "/a")], 1)
    crashed(database, harmed)
    await store.close()
    harm(tmp_path / "harmed.db-wal", tmp_path / "harmed.db-shm")
    again = await Store.open(harmed)
    assert (await again.counts()).articles == left
    assert await again.generation() == left
    await again.close()
    assert damage(harmed) == []
    assert len(await use(harmed)) == ARTICLES


async def test_where_the_log_of_answers_is_damaged_articles_are_read_all_the_same(tmp_path: Path) -> None:
    database = tmp_path / "newsbot.db"
    store = await Store.open(database)
    await store.put([(article(number), "/a") for number in range(ARTICLES)], 1)
    await store.close()
    with closing(sqlite3.connect(database)) as db:
        ((page,),) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'answers'")
        ((size,),) = db.execute("PRAGMA page_size")
    overwrite(database, (page - 1) * size / database.stat().st_size, size)
    store = await Store.open(database)
    given = Given("Who?", date(2026, 11, 24), 3, False, (), 1, datetime.now(UTC), Place(1, None, None, False))
    with pytest.raises(NewsbotError, match=r"damaged.*newsbot restore FILE"):
        await AnswerLog(store).keep(given)
    assert len(await store.headlines(range(1000))) == ARTICLES
    await store.close()
