"""The numbers that the bot gives, and what it says to whatever keeps it running."""

from __future__ import annotations

import socket
from typing import Any
from unittest.mock import MagicMock

import aiohttp
import discord
import pytest
import simcord
from discord import app_commands

from bot.client import NewsBot
from bot.errors import fault_of
from bot.metrics import Fault
from corpus.errors import NewsbotError
from tests.bot.conftest import Server, make_answer, make_bot


async def get(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


async def numbers(bot: NewsBot) -> dict[str, float]:
    async with bot.metrics.served(bot, "127.0.0.1", 0) as port:
        status, text = await get(port, "/metrics")
    assert status == 200
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


async def test_questions_are_counted_by_what_became_of_them(
    server: Server, simcord_bot: NewsBot, newsroom: Any
) -> None:
    answer = newsroom.ask.return_value
    newsroom.ask.side_effect = [answer, answer, make_answer(), NewsbotError("too long"), ZeroDivisionError]
    for _ in range(5):
        await server.reader.slash(server.channel, "ask", question="Who?")

    found = await numbers(simcord_bot)

    outcomes = {name: value for name, value in found.items() if name.startswith("newsbot_questions_total")}
    assert outcomes == {
        'newsbot_questions_total{outcome="answered"}': 2,
        'newsbot_questions_total{outcome="nothing_found"}': 1,
        'newsbot_questions_total{outcome="refused"}': 1,
        'newsbot_questions_total{outcome="failed"}': 1,
    }
    assert found["newsbot_answer_seconds_count"] == 5
    assert len(server.env.errors) == 2


async def test_refusals_and_errors_are_counted_by_their_kind(
    server: Server, simcord_bot: NewsBot, newsroom: Any
) -> None:
    newsroom.ask.side_effect = [NewsbotError("too long"), ZeroDivisionError, newsroom.ask.return_value]
    for _ in range(2):
        await server.reader.slash(server.channel, "ask", question="Who?")
    await server.reader.slash(server.channel, "ask", question="Who?", since="one fine day")
    await simcord_bot.house.change(server.reader.guild.id, cooldown=60)
    for _ in range(2):
        await server.reader.slash(server.channel, "ask", question="Who?")
    await simcord_bot.house.change(server.reader.guild.id, channels=(1,))
    await server.reader.slash(server.channel, "ask", question="Who?")
    await simcord_bot.house.change(server.reader.guild.id, channels=(), roles=(1,))
    await server.reader.slash(server.channel, "ask", question="Who?")

    found = await numbers(simcord_bot)
    server.env.errors.clear()

    kinds = {name: value for name, value in found.items() if name.startswith("newsbot_errors_total")}
    assert kinds == {
        'newsbot_errors_total{kind="refused"}': 2,
        'newsbot_errors_total{kind="forbidden"}': 0,
        'newsbot_errors_total{kind="elsewhere"}': 1,
        'newsbot_errors_total{kind="role"}': 1,
        'newsbot_errors_total{kind="cooldown"}': 1,
        'newsbot_errors_total{kind="lost"}': 0,
        'newsbot_errors_total{kind="unsent"}': 0,
        'newsbot_errors_total{kind="defect"}': 1,
    }


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (app_commands.MissingPermissions(["manage_guild"]), Fault.FORBIDDEN),
        (app_commands.NoPrivateMessage(), Fault.FORBIDDEN),
        (app_commands.CommandNotFound("why", []), Fault.REFUSED),
        (aiohttp.ServerDisconnectedError(), Fault.UNSENT),
        (discord.NotFound(MagicMock(status=404), {"code": 10062, "message": ""}), Fault.LOST),
        (KeyError("x"), Fault.DEFECT),
    ],
)
def test_every_error_has_a_kind(error: Exception, fault: Fault) -> None:
    assert fault_of(error) is fault


async def test_what_there_is_is_told(server: Server, simcord_bot: NewsBot, newsroom: MagicMock) -> None:
    found = await numbers(simcord_bot)
    assert found["newsbot_articles"] == 27
    assert found["newsbot_passages"] == 214
    assert found["newsbot_passages_pending"] == 0
    assert found["newsbot_index_generation"] == 7
    assert found['newsbot_feeds{health="paused"}'] == 0
    newsroom.watch.assert_called_once_with(simcord_bot.metrics.stage)


async def test_steps_of_answers_are_timed(simcord_bot: NewsBot) -> None:
    simcord_bot.metrics.stage("encode", 0.02)
    found = await numbers(simcord_bot)
    assert found['newsbot_stage_seconds_count{stage="encode"}'] == 1
    assert found['newsbot_stage_seconds_bucket{le="0.025",stage="encode"}'] == 1
    assert found['newsbot_stage_seconds_bucket{le="0.01",stage="encode"}'] == 0


async def test_a_bot_that_is_there_is_alive_and_ready(server: Server, simcord_bot: NewsBot) -> None:
    async with simcord_bot.metrics.served(simcord_bot, "127.0.0.1", 0) as port:
        assert await get(port, "/health") == (200, "alive\n")
        assert await get(port, "/ready") == (200, "ready\n")
        await simcord_bot.close()
        assert await get(port, "/ready") == (503, "not connected to Discord\n")


async def test_a_bot_that_has_not_begun_is_alive_but_not_ready(simcord_bot: NewsBot) -> None:
    async with simcord_bot.metrics.served(simcord_bot, "127.0.0.1", 0) as port:
        assert (await get(port, "/health"))[0] == 200
        assert (await get(port, "/ready"))[0] == 503
        assert (await get(port, "/metrics"))[0] == 200


async def test_a_bot_without_its_model_is_not_ready_until_it_has_answered(newsroom: MagicMock) -> None:
    newsroom.warm_up.side_effect = NewsbotError("there is no model x")
    bot = make_bot(newsroom)
    async with simcord.run(bot) as env, bot.metrics.served(bot, "127.0.0.1", 0) as port:
        assert await get(port, "/ready") == (503, "the model could not be loaded: see the log\n")
        server = Server.of(env)
        await server.reader.slash(server.channel, "ask", question="Who?")
        assert await get(port, "/ready") == (200, "ready\n")
        await bot.close()


async def test_a_port_that_is_taken_is_told_in_a_line(simcord_bot: NewsBot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NewsbotError, match=f"127.0.0.1:{port} .*choose another NEWSBOT_METRICS_PORT"):
            async with simcord_bot.metrics.served(simcord_bot, "127.0.0.1", port):
                pass
