"""``/about``: what the bot is and what it covers."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot import reply
from bot.delivery import deliver, promise

if TYPE_CHECKING:
    from bot.client import NewsBot


class About(commands.Cog):
    """Introduces the bot."""

    def __init__(self, bot: NewsBot) -> None:
        self._bot = bot

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def about(self, interaction: discord.Interaction[NewsBot]) -> None:
        """What this bot is, and which news it covers"""
        await promise(interaction, private=True)
        stats, rules = await self._bot.newsroom.stats(), self._bot.house.rules_for(interaction.guild_id)
        if rules.sources:
            coverage = await self._bot.newsroom.coverage(rules.sources)
            sources = tuple(await self._bot.house.sources(interaction.guild_id))
            stats = replace(stats, coverage=coverage, sources=sources)
        view = reply.about(stats, version("newsbot"), self._bot.mention("ask"))
        await deliver(interaction, view)
