"""``/sources``: which outlets are covered, and how the feeds do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot import sources_card
from bot.controls import Control
from bot.delivery import deliver, promise
from index.outlets import may_see

if TYPE_CHECKING:
    from bot.client import NewsBot


class Sources(commands.Cog):
    """Tells what is covered."""

    def __init__(self, bot: NewsBot) -> None:
        self._bot = bot

    async def cog_load(self) -> None:
        self._bot.add_dynamic_items(Turn)

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def sources(self, interaction: discord.Interaction[NewsBot]) -> None:
        """Which outlets are covered, and how the feeds do"""
        await promise(interaction, private=True)
        await _show(interaction, 0)


class Turn(Control, template=r"sources:(?P<page>\d{1,6})"):
    """Turns the page."""

    async def act(self, interaction: discord.Interaction[NewsBot]) -> None:
        await promise(interaction, in_place=True)
        await _show(interaction, int(self.state["page"]))


async def _show(interaction: discord.Interaction[NewsBot], page: int) -> None:
    newsroom, house = interaction.client.newsroom, interaction.client.house
    allowed = house.rules_for(interaction.guild_id).sources
    feeds = [one for one in await newsroom.feeds() if may_see(one.feed.title, allowed)]
    coverage, outlets = await newsroom.coverage(allowed), await house.sources(interaction.guild_id)
    await deliver(interaction, sources_card.sources(coverage, outlets, feeds, page, Turn))
