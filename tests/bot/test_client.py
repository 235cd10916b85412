"""The bot's start, its registration with Discord, and its end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from gettext import NullTranslations
from pathlib import Path
from typing import cast
from unittest.mock import MagicMock

import pytest
import simcord
from discord import Interaction, app_commands
from discord.http import Route

from bot import client
from bot.client import NewsBot
from bot.delivery import Promises
from bot.language import catalogue
from bot.settings import Settings
from corpus.errors import NewsbotError
from index.answer import Answer, Question
from tests.bot.conftest import Server, make_bot, text_of, until
from tests.bot.stand_in import TOKEN, StandIn, texts
from tests.conftest import HashingEmbedder, OpenNewsroom, write_articles


async def bot_is_ready(bot: NewsBot) -> None:
    """Waits until the bot is ready; before it starts, discord.py refuses to."""
    await until(lambda: bot.is_open)
    await bot.wait_until_ready()


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


class Retranslated(NullTranslations):
    """The Korean catalogue, after somebody has mended one description."""

    def gettext(self, message: str) -> str:
        if message == "Find the sentence in the news that answers a question":
            return "뉴스에서 답을 찾습니다"
        return catalogue("ko").gettext(message)

    def pgettext(self, context: str, message: str) -> str:
        return catalogue("ko").pgettext(context, message)


async def test_commands_are_registered_again_when_a_translation_has_changed_and_then_no_more(
    stand_in: StandIn, newsroom: MagicMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def start_and_stop() -> tuple[int, str]:
        """How often the commands were registered until now, and how ``/ask`` is described in Korean."""
        bot = make_bot(newsroom)
        running = asyncio.create_task(bot.start(TOKEN))
        await asyncio.wait_for(bot_is_ready(bot), 10)
        await bot.close()
        await running
        (ask,) = [command for command in stand_in.registered if command["name"] == "ask"]
        sent = [call.what for call in stand_in.calls].count("register")
        return sent, ask["description_localizations"]["ko"]

    before = await start_and_stop()
    assert await start_and_stop() == before
    assert before[0] == 1

    mended = Retranslated()
    monkeypatch.setattr(
        "bot.translator.catalogue", lambda language: mended if language == "ko" else catalogue(language)
    )
    assert before[1] != "뉴스에서 답을 찾습니다"
    assert await start_and_stop() == (2, "뉴스에서 답을 찾습니다")
    assert await start_and_stop() == (2, "뉴스에서 답을 찾습니다")


async def test_commands_come_back_from_discord_with_more_than_was_sent(
    simcord_env: simcord.Env, newsroom: MagicMock
) -> None:
    registered = simcord_env.backend.commands[None]
    for command in registered.values():
        command |= {"version": "1", "nsfw": False, "handler": 1}
        command.setdefault("name_localizations", None)
        command["contexts"] = command["contexts"][::-1]
        if permissions := command["default_member_permissions"]:
            command["default_member_permissions"] = str(permissions)
        if not command["options"]:
            del command["options"]
        for option in command.get("options", []):
            option.setdefault("description_localizations", None)
            if not option.get("required"):  # a command of a group has none
                option.pop("required", None)
    simcord_env.backend.commands[None] = dict(reversed(registered.items()))

    await simcord_env.restart_bot(make_bot(newsroom))

    assert registrations(simcord_env) == 1


async def test_the_bot_asks_for_no_privilege_and_pings_nobody(simcord_bot: NewsBot) -> None:
    wanted = [name for name, wanted in simcord_bot.intents if wanted]
    assert wanted == ["guilds", "guild_messages", "dm_messages"]
    assert simcord_bot.allowed_mentions is not None
    assert simcord_bot.allowed_mentions.to_dict() == {"parse": []}


async def test_the_model_is_loaded_before_anybody_asks(server: Server, newsroom: MagicMock) -> None:
    newsroom.warm_up.assert_awaited_once()


async def test_what_was_loaded_at_the_start_is_not_looked_through_for_garbage_while_people_ask(
    stand_in: StandIn, newsroom: MagicMock
) -> None:
    bot = make_bot(newsroom)
    running = asyncio.create_task(bot.start(TOKEN))
    await until(lambda: bot.can_answer)
    assert gc.get_freeze_count() > 0

    await bot_is_ready(bot)
    await bot.close()
    await running
    assert gc.get_freeze_count() == 0


async def test_who_asks_before_the_model_is_loaded_is_promised_an_answer_at_once_and_gets_it(
    stand_in: StandIn, open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    articles = write_articles(tmp_path / "wire.jsonl", {"text": "The first ferry left Saltmere at dawn."})
    await (await open_newsroom()).index([articles])
    begun, loaded = threading.Event(), threading.Event()

    def load(*_: object) -> HashingEmbedder:
        begun.set()
        assert loaded.wait(30)
        return HashingEmbedder()

    bot = make_bot(await open_newsroom(load=load, threshold=0.0))
    running = asyncio.create_task(bot.start(TOKEN))
    await asyncio.wait_for(bot_is_ready(bot), 10)

    asked = [await stand_in.ask("When did the first ferry leave Saltmere?", member=n) for n in range(5)]
    await until(lambda: begun.is_set() and all(one.promised for one in asked))
    assert not any(one.shown for one in asked)
    assert bot.lacks() == "the model is being loaded"

    loaded.set()
    await asyncio.wait_for(asyncio.gather(*(one.done.wait() for one in asked)), 10)
    assert ["first ferry" in texts(one.shown[-1]["components"]) for one in asked] == [True] * 5
    await bot.close()
    await running


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


async def test_an_answer_that_is_under_way_is_still_given_when_the_bot_is_told_to_stop(
    stand_in: StandIn,
    opening: Callable[[], Awaitable[MagicMock]],
    newsroom: MagicMock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, stopped, settle = newsroom.ask.return_value, asyncio.Event(), Promises.settle

    async def stop(promises: Promises, patience: float) -> None:
        stopped.set()
        await settle(promises, patience)

    monkeypatch.setattr(Promises, "settle", stop)

    async def ask(_: Question) -> Answer:
        await stopped.wait()
        return cast(Answer, found)

    newsroom.ask.side_effect = ask
    running = asyncio.create_task(client.run_until_stopped(TOKEN, opening))
    await asyncio.wait_for(stand_in.online.wait(), 10)
    asked = await stand_in.ask("Who?")
    await until(lambda: newsroom.ask.await_count)

    os.kill(os.getpid(), signal.SIGTERM)
    await running

    (answer,) = asked.shown
    assert "312 passengers on board" in str(answer)


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


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (4004, "does not accept DISCORD_TOKEN.*discord.com/developers"),
        (4011, "on more servers than one connection may serve"),
        (4013, "intents.*Install its newest version"),
        (4014, "intents.*discord.com/developers"),
        (4012, "with code 4012. Install the newest version"),
    ],
)
async def test_what_the_gateway_refuses_for_good_is_one_line(
    stand_in: StandIn,
    opening: Callable[[], Awaitable[MagicMock]],
    newsroom: MagicMock,
    code: int,
    words: str,
) -> None:
    stand_in.close_code = code
    with pytest.raises(NewsbotError, match=words) as error:
        await asyncio.wait_for(client.run_until_stopped(TOKEN, opening), 10)
    assert "\n" not in str(error.value)
    newsroom.__aexit__.assert_awaited_once()


_PROGRAM = """
import sys
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL
from bot.cli import main
Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = sys.argv[1], URL(sys.argv[2])
sys.exit(main(["--data", sys.argv[3], "run"]))
"""


async def test_the_program_ends_with_status_2_and_one_line_where_the_gateway_refuses_it(
    stand_in: StandIn, tmp_path: Path
) -> None:
    stand_in.close_code = 4014
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _PROGRAM, stand_in.api, str(stand_in.gateway), str(tmp_path / "data")),
        env={**os.environ, "DISCORD_TOKEN": TOKEN},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()

    assert (process.returncode, out) == (2, b"")
    assert [line for line in err.decode().splitlines() if line.startswith("newsbot: ")] == [
        err.decode().splitlines()[-1]
    ]
    assert "Traceback" not in err.decode()
    assert TOKEN not in err.decode()


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
