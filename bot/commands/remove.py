"""``/remove``: takes an article out of the answers, for those who look after the bot."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot import reply
from bot.delivery import deliver, promise
from bot.language import _
from bot.options import LONGEST_ADDRESS, LONGEST_CHOICE, MOST_CHOICES
from bot.permissions import for_keepers, is_keeper
from corpus.errors import NewsbotError

if TYPE_CHECKING:
    from bot.client import NewsBot

log = logging.getLogger(__name__)

# A choice of the list; an address may be longer than Discord allows a choice to be.
_CHOSEN = re.compile(r"article:(\d+)")


class Remove(commands.Cog):
    """Removes articles."""

    def __init__(self, bot: NewsBot) -> None:
        self._bot = bot

    @app_commands.command()
    @for_keepers
    @app_commands.describe(url="The address of the article; type words of its title to find it")
    async def remove(
        self, interaction: discord.Interaction[NewsBot], url: app_commands.Range[str, 1, LONGEST_ADDRESS]
    ) -> None:
        """Quote nothing more from an article"""
        await promise(interaction, private=True)
        chosen = _CHOSEN.fullmatch(url)
        found = await self._bot.newsroom.remove([int(chosen[1]) if chosen else url])
        if not found.removed:
            raise NewsbotError(
                "There is no article with this address. Type words of its title to find it: {place}",
                place=url[:200],
            )
        log.info(
            "interaction %d: member %d removed %s", interaction.id, interaction.user.id, found.removed[0]
        )
        kept = _(
            "Nothing is quoted from it any more, and no feed brings it back. A file that holds it does when "
            "it has changed and is indexed again."
        )
        await deliver(interaction, reply.article(found.removed[0], "", kept))

    @remove.autocomplete("url")
    @app_commands.check(is_keeper)
    async def _suggest(
        self, interaction: discord.Interaction[NewsBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        articles = await self._bot.newsroom.suggest_articles(typed, MOST_CHOICES)
        return [
            app_commands.Choice(name=f"{title or url}"[:LONGEST_CHOICE], value=f"article:{identity}")
            for identity, title, url in articles
        ]
