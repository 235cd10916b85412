"""What a member sees of ``/help``."""

from __future__ import annotations

import asyncio
from unittest.mock import MagicMock

import simcord

from bot.client import NewsBot
from bot.settings import SAMPLES
from corpus.errors import NewsbotError
from tests.bot.conftest import Server, make_bot, text_of
from tests.bot.discord_markdown import shown
from tests.conftest import OpenNewsroom


def mention(server: Server, name: str) -> str:
    registered = server.env.backend.commands[None].values()
    (number,) = [one["id"] for one in registered if one["name"] == name.split()[0]]
    return f"</{name}:{number}>"


async def test_help_tells_how_to_ask_and_gives_examples(server: Server) -> None:
    result = await server.reader.slash(server.channel, "help")

    assert result.ephemeral
    text = text_of(result.response)
    assert f"Ask about the news with {mention(server, 'ask')}." in text
    assert shown(text, "quote").strip() == "How many passengers were on board?"


async def test_the_commands_can_be_clicked_and_each_sees_those_that_are_for_them(server: Server) -> None:
    reader = text_of((await server.reader.slash(server.channel, "help")).response)
    editor = text_of((await server.editor.slash(server.channel, "help")).response)
    direct = text_of((await server.editor.user.slash("help")).response)

    assert f"{mention(server, 'sources')} · Which outlets are covered" in reader
    for name in ("settings", "reindex", "feed add", "remove"):
        assert mention(server, name) in editor
        assert mention(server, name) not in reader + direct
    assert "For those who may manage the server" not in reader + direct


async def test_examples_respect_what_the_server_sees(server: Server, newsroom: MagicMock) -> None:
    bot = server.env.bot
    assert isinstance(bot, NewsBot)
    await bot.house.change(server.reader.guild.id, sources=("Northreach Herald",))
    await server.reader.slash(server.channel, "help")
    assert newsroom.examples.await_args.args[1] == ("Northreach Herald",)


async def test_without_examples_there_is_help_all_the_same(server: Server, newsroom: MagicMock) -> None:
    async def slow(*_: object) -> None:
        await server.env.external_wait(asyncio.Event().wait(), reason="the examples are being found")

    for effect in (NewsbotError("the model is not there"), slow, [()]):
        newsroom.examples.side_effect = effect
        result = await server.reader.slash(server.channel, "help")
        await server.env.advance_time(6)
        text = text_of(result.response)
        assert "How to ask" in text
        assert "answered here**" not in text


async def test_the_real_newsroom_gives_examples_that_it_answers(open_newsroom: OpenNewsroom) -> None:
    newsroom = await open_newsroom(articles=[SAMPLES])
    await newsroom.reindex()
    bot = make_bot(newsroom)

    async with simcord.run(bot) as env:
        server = Server.of(env)
        result = await server.reader.slash(server.channel, "help")
        examples = shown(text_of(result.response), "quote").splitlines()
        assert len(examples) == 3
        for example in examples:
            answer = await server.reader.slash(server.channel, "ask", question=example)
            assert shown(text_of(answer.response), "strong")
        await bot.close()
