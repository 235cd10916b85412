"""What a member sees of ``/help``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock

import simcord

from bot import help_card
from bot.client import NewsBot
from bot.commands.help import Example
from bot.settings import SAMPLES
from corpus.errors import NewsbotError
from tests.bot.conftest import Server, controls, make_bot, text_of
from tests.bot.discord_markdown import shown
from tests.bot.test_reply import payload
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


async def test_an_example_that_is_too_long_for_a_button_has_none(server: Server, newsroom: MagicMock) -> None:
    newsroom.examples.return_value = ("A headline. " * 20, "Who?")
    result = await server.reader.slash(server.channel, "help")
    assert [one["custom_id"] for one in controls(result.response)] == ["ask:Who?"]
    assert "A headline." in text_of(result.response)


def test_the_card_is_what_discord_takes(schema: Callable[[Any], None]) -> None:
    commands = [("</ask:1>", "Find it"), ("</feed add:2>", "Add a feed")]
    schema(
        payload(
            help_card.help_for("</ask:1>", ["Mention it"], ["Who?", "x" * 300], commands, commands, Example)
        )
    )


async def test_the_commands_can_be_clicked_and_each_sees_those_that_are_for_them(server: Server) -> None:
    reader = text_of((await server.reader.slash(server.channel, "help")).response)
    editor = text_of((await server.editor.slash(server.channel, "help")).response)
    direct = text_of((await server.editor.user.slash("help")).response)

    assert f"{mention(server, 'sources')} · Which outlets are covered" in reader
    for name in ("settings", "reindex", "feed add", "remove"):
        assert mention(server, name) in editor
        assert mention(server, name) not in reader + direct
    assert "For those who may manage the server" not in reader + direct


async def test_other_ways_to_ask_are_told_where_they_work(server: Server) -> None:
    bot = server.env.bot
    assert isinstance(bot, NewsBot)
    assert bot.user is not None
    mention_it, reply = f"Mention {bot.user.mention} with your question", "Reply to an answer to ask on"

    there = text_of((await server.reader.slash(server.channel, "help")).response)
    direct = text_of((await server.reader.user.slash("help")).response)
    await bot.house.change(server.reader.guild.id, mentions=False)
    without = text_of((await server.reader.slash(server.channel, "help")).response)

    for text in (there, direct, without):
        assert "**Find coverage** shows you what the articles say" in text
    assert mention_it in there
    assert reply in there
    assert "Write your question here, without any command." in direct
    assert reply in direct
    assert reply not in without
    for text in (direct, without):
        assert mention_it not in text


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
        examples = [one["custom_id"] for one in controls(result.response)]
        assert len(examples) == 3
        for example in examples:
            answer = await server.reader.click(result.response, custom_id=example)
            assert answer.ephemeral
            assert shown(text_of(answer.response), "heading") == example.removeprefix("ask:")
            assert shown(text_of(answer.response), "quote")
        await bot.house.change(server.reader.guild.id, channels=(1,))
        refused = await server.reader.click(result.response, custom_id=examples[0])
        assert refused.response is not None
        assert refused.response.content == "Questions are not answered in this channel."
        await bot.close()
