"""Who may look after the bot: the members of a server who may manage it.

Discord offers them the commands and hides them from all others, unless somebody who may manage the server
decides otherwise there; the bot checks again by itself whoever sends one.

Articles and feeds are one for all servers. Where the setting ``NEWSBOT_KEEPERS`` names some, only these
servers, the keepers, may look after them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import discord
from discord import app_commands

if TYPE_CHECKING:
    from bot.client import NewsBot

# The commands, by the first word of their names, that tell or change what all servers share.
SHARED = frozenset({"add", "feed", "reindex", "remove"})

T = TypeVar("T", bound="app_commands.Group | app_commands.Command[Any, ..., Any] | Callable[..., Any]")


def for_managers(command: T) -> T:
    """Makes a slash command, below ``@app_commands.command()``, one for those who may manage the server."""
    return _guarded(command, is_manager)


def for_keepers(command: T) -> T:
    """The same, for those who may manage a server that looks after what all servers share."""
    return _guarded(command, is_keeper)


def is_manager(interaction: discord.Interaction[Any]) -> bool:
    """Raises MissingPermissions or NoPrivateMessage for whoever may not manage the server."""
    if interaction.guild_id is None:
        raise app_commands.NoPrivateMessage
    if not interaction.permissions.manage_guild:
        raise app_commands.MissingPermissions(["manage_guild"])
    return True


def is_keeper(interaction: discord.Interaction[Any]) -> bool:
    """As ``is_manager``. Raises NoKeeper, too, on a server that may not look after what all servers share."""
    is_manager(interaction)
    server = cast(int, interaction.guild_id)
    if not may_keep(interaction.client, server):
        raise NoKeeper(server)
    return True


def may_keep(bot: NewsBot, server: int | None) -> bool:
    """Whether those who manage a server, by its id, may look after what all servers share."""
    return not bot.keepers or server in bot.keepers


class NoKeeper(app_commands.CheckFailure):
    """A server whose managers may not look after what all servers share."""

    def __init__(self, server: int) -> None:
        super().__init__(f"server {server} is none of NEWSBOT_KEEPERS")
        self.server = server


def _guarded(command: T, check: Callable[[discord.Interaction[Any]], bool]) -> T:
    for condition in (
        app_commands.guild_only(),
        app_commands.allowed_installs(guilds=True, users=False),
        app_commands.default_permissions(manage_guild=True),
        app_commands.check(check),
    ):
        command = condition(command)
    return command
