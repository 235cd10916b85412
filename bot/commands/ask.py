"""``/ask``: a question, answered by the sentence that answers it."""

from __future__ import annotations

import asyncio
import logging
from datetime import date
from typing import TYPE_CHECKING

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import answer_card, reply
from bot.dates import today
from bot.errors import UNSENT
from bot.language import _
from bot.options import Day, Source, read_days
from corpus.errors import NewsbotError
from index.answer import Question

if TYPE_CHECKING:
    from bot.client import NewsBot

log = logging.getLogger(__name__)

_LONGEST = 2000  # characters of a question
_PAUSES = (1, 2, 4, 8, 16)  # seconds before an answer is sent again


class Ask(commands.Cog):
    """Answers questions."""

    def __init__(self, bot: NewsBot) -> None:
        self._bot = bot

    async def cog_load(self) -> None:
        # The first date takes long to read, and nobody's three seconds should go by for it.
        await asyncio.to_thread(read_days, "yesterday")

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.describe(
        question="What you want to know, in a sentence or in words",
        since="Only articles of this day or later: 2026-03-31, March 2026, last week …",
        until="Only articles of this day or earlier",
        source="Only articles of this outlet",
        private="Show the answer only to you",
    )
    async def ask(
        self,
        interaction: discord.Interaction[NewsBot],
        question: app_commands.Range[str, 1, _LONGEST],
        since: app_commands.Transform[date, Day(last=False)] | None = None,
        until: app_commands.Transform[date, Day(last=True)] | None = None,
        source: app_commands.Transform[str, Source] | None = None,
        private: bool = False,
    ) -> None:
        """Find the sentence in the news that answers a question"""
        await interaction.response.defer(ephemeral=private, thinking=True)
        try:
            sources = (await self._known(source),) if source else ()
            answer = await self._bot.newsroom.ask(
                Question(question, today(), since=since, until=until, sources=sources)
            )
            await _deliver(interaction, answer_card.answer(answer))
        except asyncio.CancelledError:
            await _deliver(interaction, reply.notice(_("The bot is being restarted. Ask again in a minute.")))
            raise

    async def _known(self, source: str) -> str:
        """The outlet of this name as it is written in the corpus. Raises NewsbotError."""
        for known in await self._bot.newsroom.sources():
            if known.name.casefold() == source.casefold():
                return known.name
        raise NewsbotError(
            "There are no articles of “{source}”. Choose one of the list under source.", source=source[:100]
        )


async def _deliver(interaction: discord.Interaction[NewsBot], view: ui.LayoutView) -> None:
    """Puts the answer in the place that was promised to it, again if Discord or the connection fails.

    To edit twice is to edit once, so an answer whose receipt was lost is not shown twice.
    """
    for pause in (*_PAUSES, None):
        try:
            await interaction.edit_original_response(view=view)
        except UNSENT as error:
            if pause is None or (isinstance(error, discord.HTTPException) and error.status < 500):
                raise
            log.warning("interaction %d: sending the answer again after %s", interaction.id, error)
            await asyncio.sleep(pause)
        else:
            return
