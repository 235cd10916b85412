"""What is open while the bot runs."""

from __future__ import annotations

import asyncio
from unittest.mock import MagicMock

import pytest

from bot import client
from bot.client import Opening
from bot.opening import on_duty
from bot.settings import Settings


async def test_feeds_are_read_until_the_bot_is_closed_and_the_newsroom_is_closed_after_that(
    newsroom: MagicMock,
) -> None:
    happened = []

    async def keep_polling() -> None:
        happened.append("polls")
        try:
            await asyncio.Event().wait()
        finally:
            happened.append("stops")

    newsroom.keep_polling.side_effect = keep_polling
    newsroom.__aexit__.side_effect = lambda *_: happened.append("closes")

    async with on_duty(newsroom) as opened:
        assert opened is newsroom
        await asyncio.sleep(0)
        assert happened == ["polls"]
    assert happened == ["polls", "stops", "closes"]


async def test_what_fails_in_the_bot_ends_the_rest_too(newsroom: MagicMock) -> None:
    newsroom.keep_polling.side_effect = newsroom.keep_current.side_effect = asyncio.Event().wait
    with pytest.raises(ZeroDivisionError):
        async with on_duty(newsroom):
            raise ZeroDivisionError
    newsroom.__aexit__.assert_awaited_once()
    assert not {"polling", "following"} & {task.get_name() for task in asyncio.all_tasks()}


def test_newsbot_run_reads_the_feeds_and_follows_others(
    newsroom: MagicMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def open_newsroom(_: Settings) -> MagicMock:
        return newsroom

    async def run_until_stopped(_: str, opening: Opening, serving: None, keepers: object) -> None:
        async with await opening():
            await asyncio.sleep(0)

    monkeypatch.setattr(client, "open_newsroom", open_newsroom)
    monkeypatch.setattr(client, "run_until_stopped", run_until_stopped)
    monkeypatch.setattr(client, "set_up_logging", lambda *_: None)

    client.run(Settings(DISCORD_TOKEN="a token"))  # type: ignore[call-arg]  # noqa: S106

    newsroom.keep_polling.assert_awaited_once()
    newsroom.keep_current.assert_awaited_once()
    newsroom.__aexit__.assert_awaited_once()
