"""``/reindex``: takes in what is new, changed or gone in the article folders, and what the feeds have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot import reply, wording
from bot.board import Board
from bot.delivery import deliver, promise
from bot.language import _
from bot.permissions import for_keepers
from corpus.errors import Busy

if TYPE_CHECKING:
    from bot.client import NewsBot


class Reindex(commands.Cog):
    """Keeps the index up to the article folders and the feeds, one run at a time."""

    def __init__(self, bot: NewsBot) -> None:
        self._bot = bot
        self._running = False

    @app_commands.command()
    @for_keepers
    async def reindex(self, interaction: discord.Interaction[NewsBot]) -> None:
        """Take in what is new, changed or gone in the article folders, and what the feeds have"""
        if self._running:
            raise Busy(
                "A re-index is under way. Wait until it is done; its progress is shown where it was started."
            )
        self._running = True
        heading = _("Re-indexing")
        try:
            await promise(interaction)
            sent = await deliver(interaction, reply.underway(heading, None))
            await Board(interaction, sent.id, heading).follow(
                lambda note, wait: self._bot.newsroom.reindex(progress=note, on_wait=wait),
                lambda found, seconds: reply.diff(
                    _("Re-indexed in {duration}").format(duration=wording.duration(seconds)), found
                ),
            )
        finally:
            self._running = False
