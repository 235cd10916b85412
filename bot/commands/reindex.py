"""``/reindex``: takes in what is new, changed or gone in the article folders."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, cast

import discord
from discord import app_commands, ui
from discord.ext import commands, tasks

from bot import reply
from bot.delivery import UNSENT, deliver, post, promise
from bot.language import _, explained
from bot.permissions import for_managers
from corpus.errors import Busy, NewsbotError

if TYPE_CHECKING:
    from bot.client import NewsBot
    from index.newsroom import Progress

log = logging.getLogger(__name__)

_PERIOD = 2.0  # seconds between two reports


class Reindex(commands.Cog):
    """Keeps the index up to the article folders, one run at a time."""

    def __init__(self, bot: NewsBot) -> None:
        self._bot = bot
        self._running = False

    @app_commands.command()
    @for_managers
    async def reindex(self, interaction: discord.Interaction[NewsBot]) -> None:
        """Take in what is new, changed or gone in the article folders"""
        if self._running:
            raise Busy(
                "A re-index is under way. Wait until it is done; its progress is shown where it was started."
            )
        self._running = True
        try:
            await promise(interaction)
            sent = await deliver(interaction, reply.underway(None))
            await self._run(_Board(interaction, sent.id))
        finally:
            self._running = False

    async def _run(self, board: _Board) -> None:
        began = time.monotonic()
        board.report.start()
        try:
            found = await self._bot.newsroom.reindex(progress=board.note, on_wait=board.wait)
        except NewsbotError as error:
            await board.finish(reply.notice(explained(error)))
        except BaseException:
            await board.finish(reply.notice(_("Stopped. What was finished is kept; run it again to go on.")))
            raise
        else:
            await board.finish(reply.diff(found, time.monotonic() - began))


class _Board:
    """The message that shows how far a run is, and at its end what it has changed."""

    def __init__(self, interaction: discord.Interaction[NewsBot], message: int) -> None:
        self._interaction = interaction
        self._message = message
        self._progress: Progress | None = None
        self._waiting = ""
        self._news = False
        self._editing = asyncio.Lock()

    def note(self, progress: Progress) -> None:
        """Takes down how far the run is."""
        self._progress, self._news = progress, True

    def wait(self, reason: str) -> None:
        """Takes down what the run waits for."""
        self._waiting, self._progress, self._news = reason, None, True

    @tasks.loop(seconds=_PERIOD)
    async def report(self) -> None:
        """Shows what is new, no more often than Discord likes."""
        async with self._editing:
            if not self._news:
                return
            self._news = False
            try:
                await self._edit(reply.underway(self._progress, self._waiting))
            except UNSENT as error:
                log.warning("the progress of the re-index could not be shown: %s", error)

    async def finish(self, view: ui.LayoutView) -> None:
        """Shows the end of the run, in a new message where the old one cannot be edited any more."""
        async with self._editing:  # a report on its way must not arrive after this
            self.report.cancel()
        try:
            if self._interaction.is_expired():
                await self._edit(view)
            else:
                await deliver(self._interaction, view)
        except UNSENT:
            try:
                await post(self._channel, view, nonce=self._interaction.id)
            except UNSENT as error:
                log.warning("the end of the re-index could not be shown: %s", error)

    async def _edit(self, view: ui.LayoutView) -> None:
        if self._interaction.is_expired():
            await self._channel.get_partial_message(self._message).edit(view=view)
        else:
            await self._interaction.edit_original_response(view=view)

    @property
    def _channel(self) -> discord.PartialMessageable:
        return self._interaction.client.get_partial_messageable(cast(int, self._interaction.channel_id))
