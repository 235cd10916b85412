"""Many who ask at once, over real connections: ``benchmarks/load.py`` in small, with the tiny model."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.settings import SAMPLES
from tests.bot.conftest import make_bot, until
from tests.bot.limits import Limits
from tests.bot.stand_in import TOKEN, StandIn, broken, status, too_many
from tests.conftest import OpenNewsroom, write_articles

_FAULTS = [status(502, html=True), too_many(0.01, Via="1.1 discord"), broken(done=False), broken(done=True)]


@pytest.mark.parametrize("faults", [False, True], ids=["all well", "faults"])
async def test_twenty_ask_at_once_while_articles_are_taken_in_and_all_are_answered(
    stand_in: StandIn,
    open_newsroom: OpenNewsroom,
    tmp_path: Path,
    shared: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    faults: bool,
) -> None:
    monkeypatch.setattr("bot.delivery._FIRST_PAUSE", 0.01)
    limits = Limits(shared("discord-openapi.json"))
    newsroom = await open_newsroom(articles=[SAMPLES])
    await newsroom.reindex()
    new = write_articles(tmp_path / "new.jsonl", *({"text": f"Word {n} is new."} for n in range(300)))
    bot = make_bot(newsroom)
    running = asyncio.create_task(bot.start(TOKEN))
    await asyncio.wait_for(stand_in.online.wait(), 10)

    indexing = asyncio.create_task(newsroom.index([new]))
    if faults:
        chance, every = random.Random(3), itertools.count()
        stand_in.chance = lambda _: chance.choice(_FAULTS) if next(every) % 7 == 3 else None
    asked = [await stand_in.ask("Where was the astrolabe found?", member=n) for n in range(10)]
    asked += [await stand_in.ask("Who opened line 6?", member=n) for n in range(10)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(one.done.wait() for one in asked))
        await indexing
    await bot.wait_until_ready()  # or what discord.py has begun for it is left over
    await until(lambda: not bot.tree.at_work)
    await bot.close()
    await running

    assert [len({str(body) for body in one.shown}) for one in asked] == [1] * len(asked)
    assert not any(one.others or one.deleted for one in asked)
    assert not stand_in.posts
    assert limits.violations(stand_in.calls) == []
    if not faults:
        assert sorted(asked, key=lambda one: one.promised or 0) == asked
