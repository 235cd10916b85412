"""``/why``: why an article is quoted for a question, or is not, for those who look after the bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot import reply
from bot.dates import today
from bot.delivery import deliver, promise
from bot.options import LONGEST_ADDRESS
from bot.permissions import for_managers
from index.answer import LONGEST_QUESTION, Question

if TYPE_CHECKING:
    from bot.client import NewsBot


class Why(commands.Cog):
    """Explains answers."""

    def __init__(self, bot: NewsBot) -> None:
        self._bot = bot

    @app_commands.command()
    @for_managers
    @app_commands.describe(url="The address of the article", question="The question, as it was asked")
    async def why(
        self,
        interaction: discord.Interaction[NewsBot],
        url: app_commands.Range[str, 1, LONGEST_ADDRESS],
        question: app_commands.Range[str, 1, LONGEST_QUESTION],
    ) -> None:
        """See why an article is quoted for a question, or is not"""
        await promise(interaction, private=True)
        rules = self._bot.house.rules_for(interaction.guild_id)
        asked = Question(question, today(), limit=rules.excerpts, allowed=rules.sources)
        await deliver(interaction, reply.why(await self._bot.newsroom.why(asked, url.strip())))
