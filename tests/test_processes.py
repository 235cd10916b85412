"""Several processes on one data folder: they wait for each other, and none answers from what is gone."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.bot.stand_in import TOKEN, StandIn, serve, texts
from tests.conftest import ROOT, write_articles
from tests.index.test_newsroom import DAM, FERRY

_PATIENCE = 60  # seconds, for a machine on which much else goes on

Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts newsbot in a process of its own, on one data folder; what still runs in the end is killed."""
    started: list[Process] = []

    async def start(*arguments: str | Path, **environment: str) -> Process:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("NEWSBOT_")}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.program", "--data", tmp_path / "data", *arguments),
            stdout=PIPE,
            stderr=PIPE,
            cwd=tmp_path,
            env={
                **clean,
                "PYTHONPATH": str(ROOT),
                "NEWSBOT_MODEL": "hashing",
                "NEWSBOT_THRESHOLD": "0",
                **environment,
            },
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def printed(process: Process) -> str:
    """What a process prints, once it has ended well and without a word."""
    out, err = await asyncio.wait_for(process.communicate(), _PATIENCE)
    assert (process.returncode, err.decode()) == (0, "")
    return out.decode()


async def done(process: Process) -> Any:
    """What a process prints as JSON, once it has ended well and without a word."""
    return json.loads(await printed(process))


async def says(process: Process, words: str) -> str:
    """The next line on the standard error that has these words."""
    assert process.stderr is not None
    async with asyncio.timeout(_PATIENCE):
        while line := (await process.stderr.readline()).decode():
            if words in line:
                return line
    raise AssertionError(f"it ends without a word of {words!r}")


@asynccontextmanager
async def bot(start: Start) -> AsyncIterator[tuple[Process, StandIn]]:
    """``newsbot run``, ready to answer."""
    async with serve() as stand_in:
        process = await start("run", DISCORD_TOKEN=TOKEN, STAND_IN_PORT=str(stand_in.port))
        await says(process, "ready to answer")
        await asyncio.wait_for(stand_in.online.wait(), _PATIENCE)
        yield process, stand_in
        process.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(process.communicate(), _PATIENCE)
        assert process.returncode == 0
        assert b"Traceback" not in err


async def shown(stand_in: StandIn, question: str, command: str = "ask") -> str:
    """What a member sees."""
    asked = await stand_in.ask(question, command=command)
    await asyncio.wait_for(asked.done.wait(), _PATIENCE)
    return texts(asked.shown[-1]["components"])


async def test_a_running_bot_answers_from_what_is_indexed_and_not_from_what_is_removed_beside_it(
    start: Start, tmp_path: Path
) -> None:
    path = write_articles(tmp_path / "a.jsonl", FERRY)
    await done(await start("index", "--json", path))
    async with bot(start) as (process, discord):
        assert FERRY["url"] in await shown(discord, "What did the repair of the dam cost?")

        write_articles(path, FERRY, DAM)
        assert (await done(await start("index", "--json", path)))["added"] == [DAM["url"]]
        await says(process, "answers are from generation")  # though nobody asks
        assert "4.2 million" in await shown(discord, "What did the repair of the dam cost?")
        assert "2 articles" in await shown(discord, "", command="about")

        assert (await done(await start("remove", "--json", DAM["url"])))["removed"] == [DAM["url"]]
        assert "4.2 million" not in await shown(discord, "What did the repair of the dam cost?")
        await says(process, "answers are from generation")
        assert "1 article" in await shown(discord, "", command="about")


async def test_a_running_bot_answers_while_another_process_indexes(start: Start, tmp_path: Path) -> None:
    path = write_articles(tmp_path / "a.jsonl", FERRY)
    await done(await start("index", "--json", path))
    hold = tmp_path / "hold"
    hold.touch()
    async with bot(start) as (process, discord):
        write_articles(path, FERRY, DAM)
        indexing = await start("index", "--json", path, HOLD=str(hold))
        await says(process, "answers are from generation")  # the words are there, the vectors not yet
        assert "4.2 million" in await shown(discord, "What did the repair of the dam cost?")
        assert indexing.returncode is None
        hold.unlink()
        assert (await done(indexing))["added"] == [DAM["url"]]
        await says(process, "answers are from generation")
        assert "4.2 million" in await shown(discord, "What did the repair of the dam cost?")


async def test_two_that_index_at_once_go_one_after_the_other_and_say_so(start: Start, tmp_path: Path) -> None:
    hold = tmp_path / "hold"
    hold.touch()
    first = await start("index", "--json", write_articles(tmp_path / "a.jsonl", FERRY), HOLD=str(hold))
    while not (tmp_path / "data" / "indexing.lock").exists():  # noqa: ASYNC110 - of which nobody tells
        await asyncio.sleep(0.01)
    second = await start("index", "--json", write_articles(tmp_path / "b.jsonl", DAM), HOLD=str(hold))
    third = await start("reindex", "--json", HOLD=str(hold))
    reason = "waiting for another newsbot that is indexing into the same data folder"
    assert await says(second, "waiting") == f"{reason}\n"
    assert await says(third, "waiting") == f"{reason}\n"
    assert (first.returncode, second.returncode, third.returncode) == (None, None, None)
    hold.unlink()
    assert (await done(first))["added"] == [FERRY["url"]]
    assert (await done(second))["added"] == [DAM["url"]]
    await done(third)
    stats = await done(await start("stats", "--json"))
    assert (stats["articles"], stats["pending"]) == (2, 0)
    answer = await done(await start("ask", "--json", "What did the repair of the dam cost?"))
    assert answer["quotes"][0]["url"] == DAM["url"]
    answer = await done(await start("ask", "--json", "When did the ferry sail?"))
    assert answer["quotes"][0]["url"] == FERRY["url"]


async def test_a_running_bot_answers_while_it_is_backed_up_and_while_that_is_put_back(
    start: Start, tmp_path: Path
) -> None:
    question, copy = "What did the repair of the dam cost?", tmp_path / "copy.db"
    path = write_articles(tmp_path / "a.jsonl", FERRY, DAM)
    await done(await start("index", "--json", path))
    async with bot(start) as (_, discord):

        async def answers_until_the_end_of(work: Process) -> list[str]:
            ended, answers = asyncio.create_task(printed(work)), []
            while not ended.done():
                answers.append(await shown(discord, question))
            await ended
            return answers

        before = await shown(discord, question)
        assert "4.2 million" in before
        assert set(await answers_until_the_end_of(await start("backup", copy))) == {before}

        write_articles(path, FERRY)
        assert (await done(await start("index", "--json", path)))["removed"] == [DAM["url"]]
        after = await shown(discord, question)
        assert "4.2 million" not in after
        assert set(await answers_until_the_end_of(await start("restore", copy))) <= {before, after}
        assert await shown(discord, question) == before
        assert "2 articles" in await shown(discord, "", command="about")
    await done(await start("reindex", "--json"))
    answer = await done(await start("ask", "--json", question))
    assert answer["quotes"][0]["url"] == DAM["url"]
