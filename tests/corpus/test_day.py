"""A day of news over a real server, with the clock in hand: what is in the store at its end, exactly."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from corpus.polling import Health
from corpus.store import Entering, Store
from tests.corpus.server import Request, Server, answer, redirect
from tests.corpus.test_intake import Desk, whole


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    store = await Store.open(tmp_path / "newsbot.db")
    async with Server() as server:
        desk = Desk(store, server)
        async with desk.intake:
            yield desk
    await store.close()


def told(text: str) -> str:
    return text.replace("\n", " ")


async def test_a_day_of_polls_leaves_exactly_what_was_told(desk: Desk) -> None:
    store, server = desk.store, desk.server

    # 8:00. Two articles, one of them twice, with tracking in its address the second time.
    again = desk.item("ferry", guid="ferry-again").replace("/ferry<", "/ferry?utm_source=rss<")
    desk.give(desk.item("ferry", guid="8h"), again, desk.item("dam", guid="8h-dam"), etag="one")
    await desk.add()
    assert set(await desk.texts()) == {"/ferry", "/dam"}

    # 9:00. Nothing has changed, and the server says so.
    seen: list[str] = []

    async def unchanged(request: Request, writer: asyncio.StreamWriter) -> None:
        seen.append(request.headers.get("if-none-match", ""))
        writer.write(answer(status="304 Not Modified", etag="one"))

    server.routes["/feed"] = unchanged
    assert await desk.poll() == []
    assert seen == ["one"]

    # 10:00. All guids and all dates are new, an article was edited, another has come.
    corrected = f"{whole('dam')} And it was corrected."
    desk.give(
        desk.item("cup", guid="10h-cup", day=24),
        desk.item("dam", guid="10h-dam", day=24, text=corrected),
        desk.item("ferry", guid="10h", day=24),
    )
    assert sorted(await desk.poll()) == ["added", "changed"]

    # 11:00. The site has had enough until 14:00.
    desk.give(status="429 Too Many Requests", retry_after=str(3 * 3600))
    await desk.poll()
    desk.give(desk.item("fog", guid="11h-fog"))
    visits = len(server.requests)
    for _ in range(2):
        assert await desk.poll() == []
    assert len(server.requests) == visits, "it is not asked before"

    # 14:00. Older entries have vanished, which takes nothing away.
    assert await desk.poll(1.1) == ["added"]

    # 15:00. A guid is used again for another article.
    sale = " ".join(f"At the sale the mill's part {number} went for {number} crowns." for number in range(30))
    mill = desk.item("mill", guid="11h-fog", text=sale).replace("mill news of the day", "Old mill sold")
    desk.give(mill, desk.item("fog", guid="11h-fog"))
    assert await desk.poll() == ["added"]

    # 16:00. The site is out of order, and asked less and less often.
    desk.give(status="500 Internal Server Error")
    visits = len(server.requests)
    for _ in range(24):
        await desk.poll(0.25)
    assert 3 <= len(server.requests) - visits <= 5
    (feed,) = await store.feeds()
    assert (feed.state.health, feed.state.reason) == (Health.ACTIVE, "the site has a fault: HTTP 500")

    # 22:00 and later. It has moved for good, with one article more.
    server.routes["/feed"] = redirect("/moved", "301 Moved Permanently")
    desk.give(desk.item("plum", guid="22h"), desk.item("fog", guid="other"), path="/moved")
    assert await desk.poll(24) == ["added"]
    (feed,) = await store.feeds()
    assert (feed.state.url, feed.state.failures) == (server.url("/moved"), 0)

    assert await desk.texts() == {
        **{f"/{name}": told(whole(name)) for name in ("ferry", "cup", "fog", "plum")},
        "/dam": told(corrected),
        "/mill": sale,
    }
    (listed,) = await store.listed_feeds()
    assert listed.entries == {Entering.STORED: 6}
    (before,) = await store.history(2)
    assert told("\n".join(paragraph.text for paragraph in before.paragraphs)) == told(whole("dam"))
    assert [failure.reason for failure in desk.failed[:1]] == [
        "the site asks us to come less often: HTTP 429"
    ]

    # It is gone, and its articles stay.
    desk.give(status="410 Gone", path="/moved")
    await desk.poll()
    (feed,) = await store.feeds()
    assert feed.state.health is Health.ENDED
    assert await desk.articles() == 6


async def test_a_feed_that_fails_for_days_is_paused_and_says_why(desk: Desk) -> None:
    desk.give(desk.item("ferry"))
    await desk.add()
    read = desk.now
    desk.give(status="500 Internal Server Error")
    for _ in range(30):
        await desk.poll(12)
    (feed,) = await desk.store.feeds()
    assert (feed.state.health, feed.state.failures) == (Health.PAUSED, 10)
    assert (feed.state.reason, feed.state.last_success) == ("the site has a fault: HTTP 500", read)


CRASH = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from corpus.store import Store
from corpus.fetching import Fetcher
from corpus.intake import Intake

async def main(path, url, after):
    store = await Store.open(Path(path))
    stored = 0

    def told(outcomes):
        nonlocal stored
        stored += len(outcomes)
        if stored >= after:
            os.kill(os.getpid(), signal.SIGKILL)

    now = datetime(2026, 11, 24, 8, tzinfo=UTC)
    async with Intake(store, Fetcher(allowed=["localhost"]), clock=lambda: now) as intake:
        await intake.subscribe(await intake.find(url), None, told)

if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


async def test_a_process_that_is_killed_halfway_has_lost_and_doubled_nothing(
    desk: Desk, tmp_path: Path
) -> None:
    names = [f"ferry{number}" for number in range(120)]
    desk.give(*(desk.item(name, text=whole(name, 3)) for name in names))
    program = tmp_path / "crash.py"
    program.write_text(CRASH, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, program, tmp_path / "newsbot.db", desk.server.url("/feed"), "50"
    )
    assert await process.wait() == -9
    assert await desk.articles() == 50
    assert len(await desk.poll()) == 70
    assert await desk.texts() == {f"/{name}": told(whole(name, 3)) for name in names}
    assert await desk.poll() == []
    (listed,) = await desk.store.listed_feeds()
    assert listed.entries == {Entering.STORED: 120}
