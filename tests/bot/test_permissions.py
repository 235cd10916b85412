"""Who can do what: each command is sent by each person, and the README tells what comes of it.

``python -m tests.bot.test_permissions`` prints the table for the README.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import MagicMock

import discord
import pytest
import simcord
from discord import AppCommandOptionType as Kind
from discord import app_commands

from bot.client import COGS
from bot.permissions import is_manager
from index.newsroom import Newsroom
from tests.bot.conftest import Server, make_bot
from tests.conftest import ROOT, HashingEmbedder, OpenNewsroom

_HEAD = "| command | a member | who may manage the server | in direct messages |"
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
    yield "|---|---|---|---|"
    for name, command in sorted(everything(server.env.bot)):
        sent = [
            await _sent_by(server, server.reader, name, command),
            await _sent_by(server, server.editor, name, command),
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
