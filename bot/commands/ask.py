"""``/ask``: a question, answered by the sentence that answers it."""

from __future__ import annotations

import asyncio
import logging
from datetime import date
from typing import TYPE_CHECKING

import discord
from discord import app_commands, ui
from discord.ext import commands, tasks

from bot.dates import today
from bot.delivery import answer, refuse
from bot.options import Day, Source, read_days
from corpus.errors import NewsbotError
from corpus.store.answerlog import Place
from index.answer import LONGEST_QUESTION, Question

if TYPE_CHECKING:
    from bot.client import NewsBot

log = logging.getLogger(__name__)


class Ask(commands.Cog):
    """Answers questions."""

    def __init__(self, bot: NewsBot) -> None:
        self._bot = bot

    async def cog_load(self) -> None:
        # The first date takes long to read, and nobody's three seconds should go by for it.
        await asyncio.to_thread(read_days, "yesterday")

    async def cog_unload(self) -> None:
        self.forget.cancel()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        # Discord says so again after each time that the connection was lost.
        if not self.forget.is_running():
            self.forget.start()

    @tasks.loop(hours=24)
    async def forget(self) -> None:
        """Forgets who asked what long ago."""
        try:
            await self._bot.newsroom.answers.sweep()
        except NewsbotError as error:
            log.warning("old answers are still there: %s", error)

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.describe(
        question="What you want to know, in a sentence or in words",
        since="Only articles of this day or later: 2026-03-31, March 2026, last week …",
        until="Only articles of this day or earlier",
        source="Only articles of this outlet",
        private="Show the answer only to you, or to all",
    )
    async def ask(
        self,
        interaction: discord.Interaction[NewsBot],
        question: app_commands.Range[str, 1, LONGEST_QUESTION],
        since: app_commands.Transform[date, Day(last=False)] | None = None,
        until: app_commands.Transform[date, Day(last=True)] | None = None,
        source: app_commands.Transform[str, Source] | None = None,
        private: bool | None = None,
    ) -> None:
        """Find the sentence in the news that answers a question"""
        house, guild = self._bot.house, interaction.guild_id
        if refusal := house.refuse(interaction.user, interaction.channel, interaction.created_at):
            await refuse(interaction, refusal)
            return
        rules = house.rules_for(guild)
        private = rules.private if private is None else private
        self._bot.newsroom.take_turn()

        async def find() -> ui.LayoutView:
            asked = Question(
                question,
                today(),
                since=since,
                until=until,
                sources=(await self._known(source, guild),) if source else (),
                limit=rules.excerpts,
                allowed=rules.sources,
            )
            place = Place(interaction.user.id, guild, interaction.channel_id, private)
            return await self._bot.asking.answer(asked, place)

        await answer(interaction, find, private=private)

    async def _known(self, source: str, guild: int | None) -> str:
        """The outlet of this name as it is written in the corpus. Raises NewsbotError."""
        for known in await self._bot.house.sources(guild):
            if known.name.casefold() == source.casefold():
                return known.name
        raise NewsbotError(
            "There are no articles of “{source}”. Choose one of the list under source.", source=source[:100]
        )
