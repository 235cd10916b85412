"""A backup is one file that holds everything; putting it back loses nothing that it holds."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from corpus.article import Article, Paragraph
from corpus.errors import NewsbotError
from corpus.store import Store
from corpus.store.backup import back_up, restore


def article(number: int) -> Article:
    url = f"https://courier.example.com/{number}"
    return Article(url=url, title=f"Title {number}", paragraphs=(Paragraph(f"Text {number}. " * 50),))


async def urls(store: Store) -> list[str]:
    found = await store.headlines(range(1, 1000))
    return sorted(url for _, url, _, _ in found.values())


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "newsbot.db"


@pytest.fixture
async def store(database: Path) -> AsyncIterator[Store]:
    opened = await Store.open(database)
    await opened.put([(article(number), "/a") for number in range(50)], 1)
    yield opened
    await opened.close()


async def test_a_backup_is_one_private_file_with_all_articles(
    store: Store, database: Path, tmp_path: Path
) -> None:
    target = tmp_path / "elsewhere" / "copy.db"
    target.parent.mkdir()
    assert back_up(database, target) == 50
    assert names(target.parent) == {"copy.db"}
    assert target.stat().st_mode & 0o777 == 0o600
    other = await Store.open(target)
    assert await urls(other) == await urls(store)
    await other.close()


async def test_a_backup_is_one_moment_of_a_store_that_is_written_to(
    store: Store, database: Path, tmp_path: Path
) -> None:
    async def write() -> None:
        for number in range(100, 140, 2):
            await store.put([(article(number), "/b"), (article(number + 1), "/b")], 2)

    writing = asyncio.create_task(write())
    copies = [await asyncio.to_thread(back_up, database, tmp_path / f"{number}.db") for number in range(5)]
    await writing
    assert all(copy % 2 == 0 for copy in copies)  # whole transactions only
    assert copies == sorted(copies)


async def test_what_is_there_is_not_overwritten_unless_that_is_wanted(
    store: Store, database: Path, tmp_path: Path
) -> None:
    target = tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(NewsbotError, match=r"is there already: .*overwrite it with --force"):
        back_up(database, target)
    assert target.read_text() == "mine"
    assert back_up(database, target, overwrite=True) == 50


async def test_what_a_backup_that_was_killed_has_left_goes_with_one_of_a_later_day(
    store: Store, database: Path, tmp_path: Path
) -> None:
    target = tmp_path / "copy[1].db"
    left = [target.with_name(f"{target.name}.{chance}.part") for chance in ("abcdefgh", "12345678")]
    for file in left:
        file.write_text("half of it")
    os.utime(left[0], (0, 0))
    back_up(database, target)
    assert [file.exists() for file in (target, *left)] == [True, False, True]


async def test_a_target_that_cannot_be_is_refused_in_one_line(
    store: Store, database: Path, tmp_path: Path
) -> None:
    with pytest.raises(NewsbotError, match="is a folder: name a file in it"):
        back_up(database, tmp_path, overwrite=True)
    with pytest.raises(NewsbotError, match="is the database itself"):
        back_up(database, tmp_path / "." / "newsbot.db", overwrite=True)
    with pytest.raises(NewsbotError, match=r"cannot be written \(No such file or directory\)"):
        back_up(database, tmp_path / "gone" / "copy.db")


async def test_a_damaged_database_makes_no_backup(database: Path, tmp_path: Path) -> None:
    store = await Store.open(database)
    await store.put([(article(number), "/a") for number in range(50)], 1)
    await store.close()
    damage(database)
    with pytest.raises(NewsbotError, match="is damaged"):
        back_up(database, tmp_path / "copy.db")
    assert not any(name.startswith("copy.db") for name in names(tmp_path))


async def test_an_open_store_shows_the_backup_at_once_and_is_another_store_then(
    store: Store, database: Path, tmp_path: Path
) -> None:
    back_up(database, tmp_path / "copy.db")
    before, kept = await store.identity(), await urls(store)
    await store.put([(article(99), "/b")], 2)
    assert await restore(tmp_path / "copy.db", database) == 50
    assert await urls(store) == kept
    assert await store.identity() != before
    await store.put([(article(98), "/b")], 3)
    assert len(await urls(store)) == 51
    assert not any(".part" in name for name in names(tmp_path))


async def test_a_backup_makes_a_store_where_there_is_none(
    store: Store, database: Path, tmp_path: Path
) -> None:
    back_up(database, tmp_path / "copy.db")
    fresh = tmp_path / "fresh.db"
    assert await restore(tmp_path / "copy.db", fresh) == 50
    opened = await Store.open(fresh)
    assert await urls(opened) == await urls(store)
    await opened.close()


async def test_the_place_of_a_damaged_store_is_taken(store: Store, database: Path, tmp_path: Path) -> None:
    back_up(database, tmp_path / "copy.db")
    kept = await urls(store)
    await store.close()
    for harm in (damage, lambda path: path.write_bytes(b"no database at all" * 999)):
        harm(database)
        assert await restore(tmp_path / "copy.db", database) == 50
        opened = await Store.open(database)
        assert await urls(opened) == kept
        await opened.close()
    # What SQLite could not even open is kept.
    aside = sorted(name for name in names(tmp_path) if name.endswith(".damaged"))
    assert (tmp_path / aside[-1]).read_bytes().startswith(b"no database")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "there is no file"),
        (b"", "is not of newsbot"),
        (b"A letter to my aunt. " * 500, "is no database"),
        ("CREATE TABLE recipes (name); PRAGMA user_version = 1", "is not of newsbot"),
        ("PRAGMA user_version = 4711", "was made by a newer newsbot"),
        ("damage", "is damaged"),
    ],
)
async def test_what_is_no_backup_is_refused_and_nothing_changes(
    store: Store, database: Path, tmp_path: Path, content: bytes | str | None, reason: str
) -> None:
    source = tmp_path / "source.db"
    if isinstance(content, bytes):
        source.write_bytes(content)
    elif content == "damage":
        back_up(database, source)
        damage(source)
    elif content:
        if "4711" in content:
            back_up(database, source)
        with closing(sqlite3.connect(source)) as connection:
            connection.executescript(content)
    before = await urls(store), await store.state()
    with pytest.raises(NewsbotError, match=reason) as caught:
        await restore(source, database)
    assert str(source) in str(caught.value)
    assert (await urls(store), await store.state()) == before
    assert not any(".part" in name for name in names(tmp_path))


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def damage(database: Path) -> None:
    """Overwrites pages in the middle."""
    with database.open("r+b") as file:
        file.seek(database.stat().st_size // 2)
        file.write(b"\xff" * 20_000)
