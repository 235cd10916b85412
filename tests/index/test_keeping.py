"""What the newsroom keeps, and keeps whole: backups, and indexes that mend themselves."""

from __future__ import annotations

import asyncio
from pathlib import Path

from index.newsroom import Newsroom
from tests.conftest import HashingEmbedder, OpenNewsroom, write_articles
from tests.index.test_newsroom import DAM, FERRY, quoted


async def test_a_backup_that_is_put_back_answers_in_a_newsroom_that_stayed_open(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    bot = await open_newsroom(threshold=0.0)
    path = write_articles(tmp_path / "a.jsonl", FERRY)
    await bot.index([path])
    assert await bot.backup(tmp_path / "copy.db") == 1
    # What follows gives the numbers of the ferry's future to the dam: no index may take one for the other.
    await bot.index([write_articles(path, FERRY, DAM)])
    assert (await quoted(bot, "What did the repair of the dam cost?"))[0] == DAM["url"]
    assert await Newsroom.restore(tmp_path / "data", tmp_path / "copy.db") == 1
    assert set(await quoted(bot, "What did the repair of the dam cost?")) == {FERRY["url"]}
    storm = {"url": "https://courier.example.com/storm", "text": "A storm took the roof off.\n\nNobody died."}
    await bot.index([write_articles(path, FERRY, storm)])
    assert (await quoted(bot, "What did the storm take?"))[0] == storm["url"]
    assert (await bot.stats()).pending == 0


async def test_a_restore_makes_the_indexes_anew_without_encoding(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    first = await open_newsroom()
    await first.index([write_articles(tmp_path / "a.jsonl", FERRY, DAM)])
    await first.backup(tmp_path / "copy.db")
    await Newsroom.restore(tmp_path / "other", tmp_path / "copy.db")
    assert (tmp_path / "other" / "passages.faiss").exists()
    embedder = HashingEmbedder()
    second = await open_newsroom(tmp_path / "other", load=lambda _: embedder)
    assert (await quoted(second, "When did the ferry sail?"))[0] == FERRY["url"]
    assert embedder.encoded == []


async def test_a_restore_waits_for_whoever_takes_in_news_and_says_so(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom()
    await newsroom.backup(tmp_path / "copy.db")
    notices: list[str] = []
    told = asyncio.Event()

    def note(notice: str) -> None:
        notices.append(notice)
        told.set()

    async with newsroom._turn(None):
        task = asyncio.create_task(Newsroom.restore(tmp_path / "data", tmp_path / "copy.db", on_wait=note))
        await told.wait()
        assert not task.done()
    assert await task == 0
    assert "waiting for another newsbot that polls" in notices[0]
