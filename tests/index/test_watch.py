"""What another process stores is answered from before anybody asks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import MagicMock, create_autospec

import pytest

from corpus.errors import NewsbotError
from index import watch
from index.indexes import Indexes
from index.newsroom import Newsroom
from tests.conftest import OpenNewsroom, write_articles
from tests.index.test_newsroom import DAM, FERRY, quoted


@pytest.fixture(autouse=True)
def restless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(watch, "_SHARE", 0.0)


@asynccontextmanager
async def followed(newsroom: Newsroom) -> AsyncIterator[None]:
    task = asyncio.create_task(newsroom.keep_current())
    yield
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def until_it_says(caplog: pytest.LogCaptureFixture, words: str) -> None:
    async with asyncio.timeout(10):
        while words not in caplog.text:  # noqa: ASYNC110 - of which nobody tells
            await asyncio.sleep(0.001)


async def test_what_another_newsroom_stores_is_taken_in_unasked_and_said_once(
    open_newsroom: OpenNewsroom, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "index.watch")
    bot, cli = await open_newsroom(threshold=0.0), await open_newsroom()
    path = write_articles(tmp_path / "a.jsonl", FERRY)
    await cli.index([path])
    await bot.warm_up()
    async with followed(bot):
        await cli.index([write_articles(path, FERRY, DAM)])
        generation = (await cli.stats()).generation
        await until_it_says(caplog, f"answers are from generation {generation} of the database now")
        assert bot._indexes.generation == generation
        assert (await quoted(bot, "What did the repair of the dam cost?"))[0] == DAM["url"]
    assert caplog.text.count(f"from generation {generation} ") == 1


async def test_nothing_is_opened_before_somebody_needs_it(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom()
    async with followed(newsroom):
        for _ in range(10):
            await asyncio.sleep(0)
        assert not newsroom._indexes.ready
    assert not (tmp_path / "data" / "lexicon").exists()


async def test_what_goes_wrong_is_said_once_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "index.watch")
    indexes: MagicMock = create_autospec(Indexes, instance=True)
    indexes.ready, indexes.generation = True, 3
    pauses = []

    async def catch_up() -> None:
        pauses.append(None)
        if 1 < len(pauses) < 4:
            raise NewsbotError("the database is locked: wait")
        if 1 < len(pauses) < 6:
            raise ZeroDivisionError
        if len(pauses) > 5:
            indexes.generation = 4

    task = asyncio.create_task(watch.keep_current(indexes, catch_up))
    await until_it_says(caplog, "generation 4")
    task.cancel()
    await asyncio.wait([task])
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "answers stay as they are",
        "answers stay as they are",
        "the database can be followed again",
        "answers are from generation 4 of the database now",
    ]
    assert [record.exc_info is not None for record in caplog.records] == [False, True, False, False]


async def test_what_came_before_the_first_look_is_said_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "index.watch")
    indexes: MagicMock = create_autospec(Indexes, instance=True)
    indexes.generation = 3

    async def catch_up() -> None:
        indexes.generation = 4

    one = watch._Watch(indexes, catch_up)
    for _ in range(3):
        await one.look()
    assert caplog.messages == ["answers are from generation 4 of the database now"]


async def test_where_it_goes_on_being_wrong_it_is_looked_at_ever_more_rarely() -> None:
    async def catch_up() -> None:
        raise NewsbotError("no")

    indexes: MagicMock = create_autospec(Indexes, instance=True)
    one = watch._Watch(indexes, catch_up)
    one.pause = 1.0
    pauses = []
    for _ in range(8):
        await one.look()
        pauses.append(one.pause)
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]
