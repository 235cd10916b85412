"""``/add``: takes in the article of a web page, for those who look after the bot."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot import reply
from bot.delivery import deliver, promise
from bot.language import _
from bot.options import LONGEST_ADDRESS
from bot.permissions import for_keepers
from corpus.errors import NewsbotError

if TYPE_CHECKING:
    from bot.client import NewsBot

log = logging.getLogger(__name__)


class Add(commands.Cog):
    """Takes in articles by their addresses."""

    def __init__(self, bot: NewsBot) -> None:
        self._bot = bot

    @app_commands.command()
    @for_keepers
    @app_commands.describe(url="The address of the article")
    async def add(
        self, interaction: discord.Interaction[NewsBot], url: app_commands.Range[str, 1, LONGEST_ADDRESS]
    ) -> None:
        """Fetch an article from the web, and take it in"""
        await promise(interaction, private=True)
        found = await self._bot.newsroom.add([url.strip()])
        for failure in found.failed:
            raise NewsbotError(
                "This could not be taken in: {place}: {reason}", place=failure.place, reason=failure.reason
            )
        for became, urls in (
            (_("Taken in. It can be asked about now."), found.added),
            (_("It was here already, and is up to date now."), found.changed),
            (_("It is here already, word for word."), found.unchanged),
        ):
            for stored in urls:
                log.info("interaction %d: member %d added %s", interaction.id, interaction.user.id, stored)
                await deliver(interaction, reply.article(stored, await self._title(stored), became))
                return

    async def _title(self, url: str) -> str:
        return next((title for _id, title, _url in await self._bot.newsroom.suggest_articles(url, 1)), "")
