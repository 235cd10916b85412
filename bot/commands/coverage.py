"""“Find coverage”, in the menu of any message: what the articles say on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot import coverage_card
from bot.dates import today
from bot.delivery import deliver, promise, refuse
from corpus.errors import NewsbotError
from index.answer import LONGEST_QUESTION, Question

if TYPE_CHECKING:
    from bot.client import NewsBot

_MOST_LINKS = 5

_LINK = re.compile(r"https?://[^\s<>\"|]+", re.IGNORECASE)
_MENTION = re.compile(r"<a?:\w+:\d+>|</[^:>]+:\d+>|<[@#][!&]?\d+>|<t:-?\d+(?::\w)?>")


class FindCoverage(commands.Cog):
    """Looks up what somebody has written. Discord shows the bot a message that it is asked about."""

    def __init__(self, bot: NewsBot) -> None:
        self._bot = bot
        self._menu = app_commands.ContextMenu(
            name="Find coverage",
            callback=self.find,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=False
            ),
        )

    async def cog_load(self) -> None:
        self._bot.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        self._bot.tree.remove_command(self._menu.name, type=self._menu.type)

    async def find(self, interaction: discord.Interaction[NewsBot], message: discord.Message) -> None:
        """Shows privately what the articles say on a message, or on the article that it links to."""
        house = self._bot.house
        if refusal := house.refuse(interaction.user, interaction.channel, interaction.created_at):
            await refuse(interaction, refusal)
            return
        await promise(interaction, private=True)
        rules = house.rules_for(interaction.guild_id)
        written = "\n".join(_texts(message))
        links = list(dict.fromkeys(link.rstrip(".,:;!?)'*_`]") for link in _LINK.findall(written)))
        words = " ".join(_MENTION.sub(" ", _LINK.sub(" ", written)).split())[:LONGEST_QUESTION]
        found = await self._bot.newsroom.coverage_of(
            Question(words, today(), limit=rules.excerpts, allowed=rules.sources), links[:_MOST_LINKS]
        )
        if found is None:
            raise NewsbotError(
                "this message has no words to look for, and links to no article that is known here"
            )
        await deliver(interaction, coverage_card.coverage(found, words or " ".join(links)))


def _texts(message: discord.Message) -> Iterator[str]:
    """What a message says, and what it shows of links and of other messages."""
    yield message.content
    yield from (snapshot.content for snapshot in message.message_snapshots)
    embeds = [
        *message.embeds,
        *(embed for snapshot in message.message_snapshots for embed in snapshot.embeds),
    ]
    for embed in embeds:
        yield from (text for text in (embed.url, embed.title, embed.description) if text)
