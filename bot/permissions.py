"""Who may look after the bot: the members of a server who may manage it.

Discord offers them the commands and hides them from all others, unless somebody who may manage the server
decides otherwise there; the bot checks again by itself whoever sends one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import discord
from discord import app_commands

T = TypeVar("T", bound="app_commands.Group | app_commands.Command[Any, ..., Any] | Callable[..., Any]")


def for_managers(command: T) -> T:
    """Makes a slash command, below ``@app_commands.command()``, one for those who may manage the server."""
    for condition in (
        app_commands.guild_only(),
        app_commands.allowed_installs(guilds=True, users=False),
        app_commands.default_permissions(manage_guild=True),
        app_commands.check(is_manager),
    ):
        command = condition(command)
    return command


def is_manager(interaction: discord.Interaction[Any]) -> bool:
    """Raises MissingPermissions or NoPrivateMessage for whoever may not manage the server."""
    if interaction.guild_id is None:
        raise app_commands.NoPrivateMessage
    if not interaction.permissions.manage_guild:
        raise app_commands.MissingPermissions(["manage_guild"])
    return True
