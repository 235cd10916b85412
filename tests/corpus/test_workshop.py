"""Work in another process, however it ends."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from corpus.errors import NewsbotError, ReadError
from corpus.workshop import Workshop


def where() -> int:
    return os.getpid()


def double(number: int, *, plus: int = 0) -> int:
    return 2 * number + plus


def refuse() -> None:
    raise ReadError("holds nothing")


def spin() -> None:
    while True:
        with suppress(Exception):
            time.sleep(0.01)


def hold_on() -> None:
    """Never comes back to the interpreter, so that no alarm is heard."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    spin()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
async def workshop() -> AsyncIterator[Workshop]:
    async with Workshop(seconds=0.5) as workshop:
        yield workshop


async def test_work_is_done_elsewhere_and_comes_back(workshop: Workshop) -> None:
    process = await workshop.run(where)
    assert process != os.getpid()
    assert await workshop.run(double, 20, plus=2) == 42
    assert await workshop.run(where) == process, "starting a process takes a second, so one does all"


async def test_its_errors_come_back(workshop: Workshop) -> None:
    with pytest.raises(ReadError, match="holds nothing"):
        await workshop.run(refuse)


@pytest.mark.parametrize("work", [spin, hold_on])
async def test_what_takes_too_long_is_given_up_and_the_next_is_done(workshop: Workshop, work: object) -> None:
    with pytest.raises(NewsbotError, match=re.escape("takes longer than 0.5 seconds")):
        await workshop.run(work)  # type: ignore[arg-type]
    assert await workshop.run(double, 1) == 2


async def test_the_next_is_done_after_a_crash_too(workshop: Workshop) -> None:
    with pytest.raises(NewsbotError, match="could not be read"):
        await workshop.run(die)
    assert await workshop.run(double, 1) == 2


async def test_many_wait_for_their_turn(workshop: Workshop) -> None:
    assert await asyncio.gather(*(workshop.run(double, n) for n in range(30))) == [2 * n for n in range(30)]


async def test_giving_up_waiting_stops_the_work(workshop: Workshop) -> None:
    await workshop.run(where)
    task = asyncio.create_task(workshop.run(spin))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await workshop.run(double, 1) == 2


async def _wait_to_be_killed() -> None:
    async with Workshop() as workshop:
        print(await workshop.run(where), flush=True)
        await asyncio.Event().wait()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_the_other_process_ends_with_one_that_is_killed() -> None:
    program = (
        f"import asyncio; from {__name__} import {_wait_to_be_killed.__name__} as wait; asyncio.run(wait())"
    )
    root = Path(__file__).parents[2]
    newsbot = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=root)  # noqa: S603
    with newsbot:
        assert newsbot.stdout is not None
        assert int(newsbot.stdout.readline()) != newsbot.pid
        newsbot.kill()
        # The other process has this pipe, too: it is at its end once both are gone.
        assert newsbot.communicate(timeout=30) == (b"", None)
