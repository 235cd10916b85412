"""What the rules of a server mean for whoever asks there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import MagicMock

import discord
import pytest
import simcord

from bot.client import NewsBot
from corpus.store.servers import Rules
from index.answer import Coverage, Question
from tests.bot.conftest import Server, make_bot, text_of

QUESTION = "When did the ferries sail again?"


class Ruled(Server):
    """A server whose rules can be set."""

    @property
    def bot(self) -> NewsBot:
        bot = self.env.bot
        assert isinstance(bot, NewsBot)
        return bot

    async def rule(self, **changes: Any) -> None:
        await self.bot.house.change(self.reader.guild.id, **changes)

    async def ask(self, who: Any = None, channel: Any = None, **options: Any) -> simcord.InteractionResult:
        asker = who or self.reader
        return await asker.slash(channel or self.channel, "ask", **{"question": QUESTION, **options})


@pytest.fixture
async def server(simcord_env: simcord.Env, simcord_bot: NewsBot) -> AsyncIterator[Ruled]:
    yield Ruled.of(simcord_env)
    await simcord_bot.close()


def said(result: simcord.InteractionResult) -> str:
    """What a refusal says, which is for the asker alone."""
    assert result.response is not None
    assert result.response.ephemeral
    return result.response.content


def excerpts(newsroom: MagicMock) -> int:
    """How many quotes the last answer shows at a time."""
    size = newsroom.answers.keep.await_args.args[2]
    assert isinstance(size, int)
    return size


def questions(newsroom: MagicMock) -> list[Question]:
    return [call.args[0] for call in newsroom.ask.await_args_list]


async def test_where_nobody_decided_anything_everyone_asks_everywhere(
    server: Ruled, newsroom: MagicMock
) -> None:
    for _ in range(3):
        result = await server.ask()
        assert not result.ephemeral
    assert {(excerpts(newsroom), one.allowed) for one in questions(newsroom)} == {(3, ())}


async def test_in_another_channel_the_asker_is_told_where_to_ask(server: Ruled, newsroom: MagicMock) -> None:
    guild = server.reader.guild
    allowed = guild.create_text_channel("questions")
    hidden = guild.create_text_channel(
        "board", overwrites={guild.default_role: discord.PermissionOverwrite(view_channel=False)}
    )
    await server.rule(channels=(allowed.id, hidden.id, 1))

    for who in (server.reader, server.editor):
        refusal = said(await server.ask(who))
        assert refusal == f"Questions are answered elsewhere on this server: <#{allowed.id}>"
    newsroom.ask.assert_not_awaited()

    await server.ask(channel=allowed)
    newsroom.ask.assert_awaited_once()


async def test_where_no_allowed_channel_is_left_nothing_is_given_away(server: Ruled) -> None:
    await server.rule(channels=(1,))
    assert said(await server.ask()) == "Questions are not answered in this channel."


async def test_a_category_and_a_threads_channel_stand_for_what_is_in_them(
    server: Ruled, newsroom: MagicMock
) -> None:
    guild = server.reader.guild
    category = guild.create_category("News")
    inside = guild.create_text_channel("inside", category=category)
    thread = await server.bot.get_channel(inside.id).create_thread(  # type: ignore[union-attr]
        name="a thread", type=discord.ChannelType.public_thread
    )
    (handle,) = inside.threads
    assert handle.id == thread.id

    await server.rule(channels=(inside.id,))
    await server.ask(channel=handle)
    await server.rule(channels=(category.id,))
    await server.ask(channel=handle)
    await server.ask(channel=inside)
    assert newsroom.ask.await_count == 3
    await server.rule(channels=(thread.id,))
    said(await server.ask(channel=inside))


async def test_members_without_a_role_that_may_ask_are_told_which_may(
    server: Ruled, newsroom: MagicMock
) -> None:
    guild = server.reader.guild
    press = guild.create_role("Press")
    await server.rule(roles=(press.id, 1))

    assert said(await server.ask()) == f"Only members with one of these roles may ask here: <@&{press.id}>"
    newsroom.ask.assert_not_awaited()
    await server.ask(guild.add_member(server.env.create_user("ana"), roles=[press]))
    await server.ask(server.editor)
    assert newsroom.ask.await_count == 2
    await server.rule(roles=(guild.id,))  # @everyone
    await server.ask()
    await server.rule(roles=(1,))
    assert said(await server.ask()) == "Only members with certain roles may ask here."


async def test_a_member_waits_after_a_question_and_is_told_until_when(
    server: Ruled, newsroom: MagicMock
) -> None:
    await server.rule(cooldown=30)
    first = await server.ask()
    until = discord.utils.snowflake_time(first._interaction.id).timestamp() + 30

    await server.env.advance_time(10)
    refusal = said(await server.ask())
    assert refusal.startswith("You can ask the next question <t:")
    assert refusal.endswith(":R>.")
    assert 0 <= int(refusal.split(":")[1]) - until < 1
    assert newsroom.ask.await_count == 1

    other = server.reader.guild.add_member(server.env.create_user("other"))
    await server.ask(other)  # each waits alone,
    await server.ask(server.editor)
    await server.ask(server.editor)  # who manages the server never does
    assert newsroom.ask.await_count == 4

    await server.env.advance_time(21)  # a refused question does not make it longer
    await server.ask()
    assert newsroom.ask.await_count == 5

    await server.rule(cooldown=0)
    await server.ask()
    assert newsroom.ask.await_count == 6


async def test_who_waits_is_forgotten_when_the_time_is_over(
    server: Ruled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.house._MANY", 2)
    guild = server.reader.guild
    await server.rule(cooldown=30)
    for name in ("a", "b"):
        await server.ask(guild.add_member(server.env.create_user(name)))
    await server.env.advance_time(31)
    await server.ask()
    assert [member for _, member in server.bot.house._waiting] == [server.reader.id]


async def test_answers_are_private_where_the_server_says_so_and_nobody_else(server: Ruled) -> None:
    await server.rule(private=True)
    assert (await server.ask()).ephemeral
    assert (await server.ask(private=True)).ephemeral
    assert not (await server.ask(private=False)).ephemeral


async def test_a_server_sees_only_its_sources(server: Ruled, newsroom: MagicMock) -> None:
    await server.rule(sources=("northreach herald",), excerpts=5)

    await server.ask()
    refused = await server.ask(source="The Saltmere Post")
    await server.ask(source="NORTHREACH HERALD")
    offered = await server.reader.autocomplete(server.channel, "ask", "source", "")
    newsroom.why.side_effect = ZeroDivisionError
    await server.editor.slash(server.channel, "why", url="https://example.com/", question=QUESTION)

    (message,) = refused.followups
    assert "There are no articles of “The Saltmere Post”" in message.content
    assert [(one.allowed, one.sources) for one in questions(newsroom)] == [
        (("northreach herald",), ()),
        (("northreach herald",), ("Northreach Herald",)),
    ]
    assert excerpts(newsroom) == 5
    assert [choice["value"] for choice in offered] == ["Northreach Herald"]
    assert newsroom.why.await_args.args[0].allowed == ("northreach herald",)
    server.env.errors.clear()


async def test_about_tells_only_of_the_sources_that_the_server_sees(
    server: Ruled, newsroom: MagicMock
) -> None:
    newsroom.coverage.return_value = Coverage(7, None, None)
    await server.rule(sources=("Northreach Herald",))

    text = text_of((await server.reader.slash(server.channel, "about")).response)

    assert "7 articles" in text
    assert "Northreach Herald" in text
    assert "Saltmere" not in text
    newsroom.coverage.assert_awaited_once_with(("Northreach Herald",))


async def test_in_direct_messages_the_defaults_hold(server: Ruled, newsroom: MagicMock) -> None:
    await server.rule(channels=(1,), sources=("Northreach Herald",), cooldown=60)
    for _ in range(2):
        await server.reader.user.slash("ask", question=QUESTION)
    assert [one.allowed for one in questions(newsroom)] == [(), ()]


async def test_rules_are_kept_and_hold_after_a_restart(simcord_env: simcord.Env, newsroom: MagicMock) -> None:
    server = Ruled.of(simcord_env)
    guild = server.reader.guild.id
    await server.rule(private=True)
    await server.rule(excerpts=1)
    newsroom.save_server.assert_awaited_with(guild, Rules(private=True, excerpts=1))

    newsroom.servers.return_value = {guild: Rules(private=True, excerpts=1)}
    bot = make_bot(newsroom)
    await simcord_env.restart_bot(bot)

    assert (await server.ask()).ephemeral
    assert excerpts(newsroom) == 1
    await bot.close()


async def test_of_two_changes_at_once_neither_is_lost(server: Ruled, newsroom: MagicMock) -> None:
    async def slow(*_: object) -> None:
        await asyncio.sleep(0)

    newsroom.save_server.side_effect = slow
    await asyncio.gather(server.rule(private=True), server.rule(excerpts=1))

    guild = server.reader.guild.id
    assert server.bot.house.rules_for(guild) == Rules(private=True, excerpts=1)
    assert newsroom.save_server.await_args.args == (guild, Rules(private=True, excerpts=1))


async def test_a_server_that_the_bot_leaves_is_forgotten(server: Ruled, newsroom: MagicMock) -> None:
    guild = server.reader.guild.id
    await server.rule(private=True)

    server.env.backend.emit("GUILD_DELETE", {"id": str(guild), "unavailable": True})
    await server.env.settle()
    newsroom.forget_server.assert_not_awaited()  # Discord has an outage; the bot is still a member

    server.env.backend.emit("GUILD_DELETE", {"id": str(guild)})
    await server.env.settle()
    newsroom.forget_server.assert_awaited_once_with(guild)
    assert server.bot.house.rules_for(guild) == Rules()
