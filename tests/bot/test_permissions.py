"""Who can do what: each command is sent by each person, and the README tells what comes of it.

``python -m tests.bot.test_permissions`` prints the table for the README.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import MagicMock

import discord
import pytest
import simcord
from discord import AppCommandOptionType as Kind
from discord import app_commands

from bot.client import COGS, NewsBot
from bot.permissions import SHARED, is_manager
from corpus.polling import State
from corpus.store import Listed, Subscription
from index.newsroom import Newsroom
from tests.bot.conftest import Server, make_bot, text_of
from tests.bot.test_language import speaks_korean
from tests.conftest import ROOT, HashingEmbedder, OpenNewsroom

_HEAD = (
    "| command | a member | who may manage the server | who may manage one that is no keeper "
    "| in direct messages |"
)
_REFUSED = "Only members with the permission Manage Server can do this."
_VALUES: dict[Kind, Any] = {Kind.string: "nowhere", Kind.integer: 1, Kind.boolean: True}

Command = app_commands.Command[Any, ..., Any]


async def test_the_readme_tells_who_can_do_what(open_newsroom: OpenNewsroom) -> None:
    lines = await made_table(await open_newsroom())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "\n".join(lines) in readme, "\n".join(["The README should have:", *lines])


async def made_table(newsroom: Newsroom) -> list[str]:
    """The lines of the table, from what happens when each person sends each command."""
    bot = make_bot(newsroom)
    async with simcord.run(bot) as env:
        lines = [line async for line in matrix(Server.of(env))]
        env.errors.clear()  # there is nothing to be found here, and most commands say so
        await bot.close()
    return lines


async def matrix(server: Server) -> AsyncIterator[str]:
    yield _HEAD
    yield "|---|---|---|---|---|"
    elsewhere = Server.of(server.env)
    server.env.bot.keepers = {server.reader.guild.id}  # type: ignore[attr-defined]
    for name, command in sorted(everything(server.env.bot)):
        sent = [
            await _sent_by(server, server.reader, name, command),
            await _sent_by(server, server.editor, name, command),
            await _sent_from(elsewhere, command),
            await _sent_directly(server, name, command),
        ]
        yield f"| `{name}` | {' | '.join('yes' if done else 'no' for done in sent)} |"


def everything(bot: Any) -> Iterator[tuple[str, Any]]:
    """Every slash command, those of groups too, and every command on a message, as Discord shows them."""
    for command in bot.tree.walk_commands():
        if isinstance(command, app_commands.Command):
            yield f"/{command.qualified_name}", command
    for menu in bot.tree.walk_commands(type=discord.AppCommandType.message):
        yield f"Apps → {menu.name}", menu


async def _sent_by(server: Server, member: Any, name: str, command: Any) -> bool:
    """Whether a member can do it. To whom Discord does not offer it, the bot refuses it all the same."""
    offered = _offered(server, member.id, server.channel.id, command)
    if not offered:
        _override(server, command, {member: True})
    result = await _send(server, member, command)
    _override(server, command, {})
    refused = result.response is not None and result.response.content == _REFUSED
    assert refused is not offered, f"{name}: offered {offered}, refused {refused}"
    return offered


async def _sent_from(elsewhere: Server, command: Any) -> bool:
    """Whether a member who may manage a server that is no keeper can do it; Discord offers it there."""
    result = await _send(elsewhere, elsewhere.editor, command)
    refused = result.response is not None and result.response.content == _refused_at(elsewhere)
    assert result.ephemeral or not refused
    return not refused


def _refused_at(server: Server) -> str:
    return (
        "All servers share the articles and feeds, and only some look after them. "
        f"Whoever runs the bot can add this one, {server.reader.guild.id}, to NEWSBOT\\_KEEPERS."
    )


async def _sent_directly(server: Server, name: str, command: Any) -> bool:
    user = server.reader.user
    if not _offered(server, user.id, user.dm_channel.id, command):
        return False
    if isinstance(command, app_commands.Command):
        result = await user.slash(command.qualified_name, **_options(command))
        assert result.acknowledged, name
    return True


async def _send(server: Server, member: Any, command: Any) -> simcord.InteractionResult:
    if isinstance(command, app_commands.ContextMenu):
        message = await server.reader.send(server.channel, "The ferries sail again.")
        result = await member.context_menu(server.channel, command.name, message)
    else:
        result = await member.slash(server.channel, command.qualified_name, **_options(command))
    assert isinstance(result, simcord.InteractionResult)
    assert result.acknowledged
    return result


def _options(command: Command) -> dict[str, Any]:
    return {one.name: _VALUES[one.type] for one in command.parameters if one.required}


def _offered(server: Server, user: int, channel: int, command: Any) -> bool:
    root = getattr(command, "root_parent", None) or command
    kind = command.type.value if isinstance(command, app_commands.ContextMenu) else 1
    seen = server.env.backend.visible_commands(user_id=user, channel_id=channel, type=kind)
    return root.name in {one["name"] for one in seen}


def _override(server: Server, command: Any, permissions: dict[Any, bool]) -> None:
    """To whom those who manage the server offer a command beside those to whom it is offered anyway."""
    root = getattr(command, "root_parent", None) or command
    (number,) = [
        int(one["id"]) for one in server.env.backend.commands[None].values() if one["name"] == root.name
    ]
    server.reader.guild.set_command_permissions(number, permissions)


async def test_a_manager_without_any_other_right_is_enough(server: Server) -> None:
    interaction = MagicMock(guild_id=1, permissions=discord.Permissions(manage_guild=True))
    assert is_manager(interaction)
    interaction.permissions = discord.Permissions.all() ^ discord.Permissions(manage_guild=True)
    with pytest.raises(app_commands.MissingPermissions):
        is_manager(interaction)
    with pytest.raises(app_commands.NoPrivateMessage):
        is_manager(MagicMock(guild_id=None))


@dataclass
class Two:
    """Two servers with the same bot, of which the first is a keeper and the second is not."""

    keeper: Server
    other: Server


@pytest.fixture
async def two(server: Server, simcord_bot: NewsBot, newsroom: MagicMock) -> Two:
    state = State("https://example.com/feed", datetime(2026, 3, 20, tzinfo=UTC))
    newsroom.feeds.return_value = [Listed(Subscription(state, f"Feed {number}"), {}) for number in range(7)]
    newsroom.suggest_articles.return_value = [(1, "Ferries sail again", "https://example.com/ferries")]
    simcord_bot.keepers = {server.reader.guild.id}
    return Two(server, Server.of(server.env))


async def test_only_keepers_change_what_all_servers_share(two: Two, newsroom: MagicMock) -> None:
    for command in ("reindex", "feed poll"):
        refused = await two.other.editor.slash(two.other.channel, command)
        assert refused.ephemeral
        assert refused.response is not None
        assert refused.response.content == _refused_at(two.other)
    newsroom.reindex.assert_not_awaited()
    newsroom.poll.assert_not_awaited()

    await two.keeper.editor.slash(two.keeper.channel, "reindex")

    newsroom.reindex.assert_awaited_once()
    two.keeper.env.errors.clear()


async def test_a_member_of_a_keeper_who_may_not_manage_it_is_no_manager(
    two: Two, newsroom: MagicMock
) -> None:
    _override(two.keeper, two.keeper.env.bot.tree.get_command("reindex"), {two.keeper.reader: True})
    refused = await two.keeper.reader.slash(two.keeper.channel, "reindex")
    assert refused.response is not None
    assert refused.response.content == _REFUSED
    newsroom.reindex.assert_not_awaited()
    two.keeper.env.errors.clear()


async def test_a_button_under_feeds_is_refused_where_the_server_is_no_keeper_any_more(
    two: Two, simcord_bot: NewsBot, newsroom: MagicMock
) -> None:
    simcord_bot.keepers = ()
    listed = await two.other.editor.slash(two.other.channel, "feed list")
    simcord_bot.keepers = {two.keeper.reader.guild.id}
    newsroom.feeds.reset_mock()

    clicked = await two.other.editor.click(listed.response, label="More")

    assert clicked.ephemeral
    assert clicked.response is not None
    assert clicked.response.content == _refused_at(two.other)
    newsroom.feeds.assert_not_awaited()


@pytest.mark.parametrize(
    ("command", "option", "choices"),
    [("remove", "url", 1), ("feed remove", "feed", 7), ("feed poll", "feed", 7)],
)
async def test_nothing_that_is_shared_is_suggested_where_it_may_not_be_changed(
    two: Two, command: str, option: str, choices: int
) -> None:
    kept = await two.keeper.editor.autocomplete(two.keeper.channel, command, option, "fe")
    other = await two.other.editor.autocomplete(two.other.channel, command, option, "fe")
    assert (len(kept), other) == (choices, [])


async def test_help_tells_only_of_commands_that_may_be_used_there(two: Two) -> None:
    kept = text_of((await two.keeper.editor.slash(two.keeper.channel, "help")).response)
    other = text_of((await two.other.editor.slash(two.other.channel, "help")).response)
    for name in SHARED:
        assert f"</{name}" in kept
        assert f"</{name}" not in other
    for name in ("ask", "settings", "why"):
        assert f"</{name}:" in other


async def test_a_korean_reads_in_korean_why_it_is_refused(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    speaks_korean(monkeypatch)
    refused = await two.other.editor.slash(two.other.channel, "reindex")
    assert refused.response is not None
    assert "기사와 피드는 모든 서버가 함께 쓰며" in refused.response.content
    assert str(two.other.reader.guild.id) in refused.response.content
    two.other.env.errors.clear()


@pytest.mark.parametrize("cog", COGS, ids=lambda cog: cog.__name__)
async def test_no_command_works_outside_servers_and_direct_messages(cog: Any, newsroom: MagicMock) -> None:
    bot = make_bot(newsroom)
    await bot.add_cog(cog(bot))
    for command in bot.tree.get_commands():
        assert command.allowed_installs is not None, command.name
        assert not command.allowed_installs.user, command.name
        assert command.guild_only or command.allowed_contexts is not None, command.name
    await bot.close()


async def _print() -> None:
    with TemporaryDirectory() as folder:
        newsroom = await Newsroom.open(Path(folder), model="hashing", load=HashingEmbedder)
        print("\n".join(await made_table(newsroom)))
        await newsroom.close()


if __name__ == "__main__":
    asyncio.run(_print())
