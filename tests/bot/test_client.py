"""The bot's start, its registration with Discord, and its end."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from unittest.mock import MagicMock

import pytest
import simcord
from discord import Interaction, app_commands
from discord.http import Route

from bot import client
from bot.client import NewsBot
from bot.settings import Settings
from corpus.errors import NewsbotError
from tests.bot.conftest import Server, make_bot, text_of
from tests.bot.stand_in import TOKEN, StandIn


def registrations(env: simcord.Env) -> int:
    return len([call for call in env.http_requests if call.method == "PUT"])


async def test_commands_are_registered_once_and_not_at_each_start(
    simcord_env: simcord.Env, newsroom: MagicMock
) -> None:
    assert registrations(simcord_env) == 1

    await simcord_env.restart_bot(make_bot(newsroom))

    assert registrations(simcord_env) == 1
    server = Server.of(simcord_env)
    result = await server.reader.slash(server.channel, "about")
    assert "</ask:" in text_of(result.response)


async def test_commands_are_registered_again_when_they_have_changed(
    simcord_env: simcord.Env, newsroom: MagicMock
) -> None:
    @app_commands.command()
    async def weather(interaction: Interaction[NewsBot]) -> None:
        """A new command"""

    changed = make_bot(newsroom)
    changed.tree.add_command(weather)
    await simcord_env.restart_bot(changed)

    assert registrations(simcord_env) == 2


async def test_commands_come_back_from_discord_with_more_than_was_sent(
    simcord_env: simcord.Env, newsroom: MagicMock
) -> None:
    registered = simcord_env.backend.commands[None]
    for command in registered.values():
        command |= {"version": "1", "nsfw": False, "name_localizations": None, "handler": 1}
        command["contexts"] = command["contexts"][::-1]
        if permissions := command["default_member_permissions"]:
            command["default_member_permissions"] = str(permissions)
        if not command["options"]:
            del command["options"]
        for option in command.get("options", []):
            option["description_localizations"] = None
            if not option.get("required"):  # a command of a group has none
                option.pop("required", None)
    simcord_env.backend.commands[None] = dict(reversed(registered.items()))

    await simcord_env.restart_bot(make_bot(newsroom))

    assert registrations(simcord_env) == 1


async def test_the_bot_asks_for_no_privilege_and_pings_nobody(simcord_bot: NewsBot) -> None:
    assert [name for name, wanted in simcord_bot.intents if wanted] == ["guilds", "guild_messages"]
    assert simcord_bot.allowed_mentions is not None
    assert simcord_bot.allowed_mentions.to_dict() == {"parse": []}


async def test_the_model_is_loaded_before_anybody_asks(server: Server, newsroom: MagicMock) -> None:
    newsroom.warm_up.assert_awaited_once()


@pytest.mark.parametrize(
    ("error", "logged"),
    [(NewsbotError("there is no model x"), "there is no model x"), (OSError("disk on fire"), "Traceback")],
)
async def test_a_model_that_cannot_be_loaded_is_told_in_the_log_and_in_the_answer(
    newsroom: MagicMock, caplog: pytest.LogCaptureFixture, error: Exception, logged: str
) -> None:
    newsroom.warm_up.side_effect = newsroom.ask.side_effect = error
    bot = make_bot(newsroom)

    async with simcord.run(bot) as env:
        assert logged in caplog.text
        server = Server.of(env)
        result = await server.reader.slash(server.channel, "ask", question="Who?")
        (message,) = result.followups
        assert "model x" in message.content or "The log has more" in message.content
        assert len(env.errors) == 1
        await bot.close()


async def test_closing_closes_the_newsroom_once(server: Server, newsroom: MagicMock) -> None:
    await server.env.bot.close()
    await server.env.bot.close()

    newsroom.__aexit__.assert_awaited_once()


async def test_without_a_token_it_says_where_to_get_one() -> None:
    with pytest.raises(NewsbotError, match=r"DISCORD_TOKEN is not set.*discord.com/developers"):
        client.run(Settings(_env_file=None, DISCORD_TOKEN=None))  # type: ignore[call-arg]


@pytest.fixture
def opening(newsroom: MagicMock) -> Callable[[], Awaitable[MagicMock]]:
    async def opened() -> MagicMock:
        return newsroom

    return opened


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_a_signal_closes_everything_within_five_seconds(
    stand_in: StandIn,
    opening: Callable[[], Awaitable[MagicMock]],
    newsroom: MagicMock,
    number: signal.Signals,
) -> None:
    stand_in.says_goodbye = False
    running = asyncio.create_task(client.run_until_stopped(TOKEN, opening))
    await asyncio.wait_for(stand_in.online.wait(), 10)
    newsroom.__aexit__.assert_not_awaited()

    began = time.monotonic()
    os.kill(os.getpid(), number)
    await running

    assert time.monotonic() - began < 5
    newsroom.__aexit__.assert_awaited_once()


async def test_a_signal_while_the_newsroom_is_being_opened_is_heeded(stand_in: StandIn) -> None:
    opening = asyncio.Event()

    async def never() -> MagicMock:
        opening.set()
        await asyncio.Event().wait()
        raise AssertionError

    running = asyncio.create_task(client.run_until_stopped(TOKEN, never))
    await opening.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 5)


async def test_a_wrong_token_is_refused_in_one_line(
    stand_in: StandIn, opening: Callable[[], Awaitable[MagicMock]]
) -> None:
    with pytest.raises(NewsbotError, match=r"does not accept DISCORD_TOKEN.*discord.com/developers") as error:
        await client.run_until_stopped("wrong", opening)
    assert "\n" not in str(error.value)


async def test_without_a_connection_it_says_so(
    monkeypatch: pytest.MonkeyPatch, opening: Callable[[], Awaitable[MagicMock]]
) -> None:
    monkeypatch.setattr(Route, "BASE", "http://127.0.0.1:9")
    with pytest.raises(NewsbotError, match="Discord cannot be reached"):
        await client.run_until_stopped(TOKEN, opening)


async def test_a_newsroom_that_cannot_be_opened_ends_it_with_the_reason(stand_in: StandIn) -> None:
    async def refused() -> MagicMock:
        raise NewsbotError("the data folder cannot be written")

    with pytest.raises(NewsbotError, match="the data folder cannot be written"):
        await client.run_until_stopped(TOKEN, refused)


async def test_the_newsroom_is_opened_where_the_settings_say(tmp_path: Path) -> None:
    settings = Settings(_env_file=None).model_copy(update={"data": tmp_path / "data"})  # type: ignore[call-arg]
    async with await client.open_newsroom(settings):
        assert (tmp_path / "data" / "articles").is_dir()
