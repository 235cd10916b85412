"""The message that shows how far a run of indexing is, and at its end what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING, TypeVar, cast

from discord import ui
from discord.ext import tasks

from bot.delivery import UNSENT, deliver, post, refresh
from bot.language import _, explained
from bot.metrics import Fault
from bot.reply import notice, underway
from corpus.errors import NewsbotError
from corpus.said import NOTHING, Said

if TYPE_CHECKING:
    import discord

    from bot.client import NewsBot
    from index.runs import Notice, Progress, Report

log = logging.getLogger(__name__)

T = TypeVar("T")

_PERIOD = 2.0  # seconds between two reports


class Board:
    """Reports into a message that is an interaction's answer, as long as there is something new.

    ``heading`` says what is going on. What is ``private`` ends in its message or nowhere.
    """

    def __init__(
        self, interaction: discord.Interaction[NewsBot], message: int, heading: str, *, private: bool = False
    ) -> None:
        self._interaction = interaction
        self._message = message
        self._heading = heading
        self._private = private
        self._progress: Progress | None = None
        self._waiting = NOTHING
        self._news = False
        self._editing = asyncio.Lock()

    async def follow(
        self, run: Callable[[Report, Notice], Awaitable[T]], show: Callable[[T, float], ui.LayoutView]
    ) -> None:
        """Report on a run while it goes on. At its end, ``show`` what it returned after so many seconds."""
        began = monotonic()
        self._report.start()
        try:
            found = await run(self._note, self._wait)
        except NewsbotError as error:
            self._interaction.client.metrics.error(Fault.REFUSED)
            await self._finish(notice(explained(error)))
        except BaseException:
            await self._finish(notice(_("Stopped. What was finished is kept; run it again to go on.")))
            raise
        else:
            await self._finish(show(found, monotonic() - began))

    def _note(self, progress: Progress) -> None:
        self._progress, self._news = progress, True

    def _wait(self, reason: Said) -> None:
        self._waiting, self._progress, self._news = reason, None, True

    @tasks.loop(seconds=_PERIOD)
    async def _report(self) -> None:
        """Shows what is new, no more often than Discord likes."""
        async with self._editing:
            if not self._news:
                return
            self._news = False
            try:
                await self._edit(underway(self._heading, self._progress, self._waiting))
            except UNSENT as error:
                log.warning("the progress of a run could not be shown: %s", error)

    async def _finish(self, view: ui.LayoutView) -> None:
        """Shows the end, in a new message where the old one cannot be edited any more."""
        async with self._editing:  # a report on its way must not arrive after this
            self._report.cancel()
        try:
            if self._interaction.is_expired():
                await self._edit(view)
            else:
                await deliver(self._interaction, view)
        except UNSENT as error:
            if self._private:
                log.warning("the end of a run could not be shown: %s", error)
            else:
                await self._finish_below(view)

    async def _finish_below(self, view: ui.LayoutView) -> None:
        try:
            await post(self._channel, view, nonce=self._interaction.id)
        except UNSENT as error:
            log.warning("the end of a run could not be shown: %s", error)

    async def _edit(self, view: ui.LayoutView) -> None:
        if self._interaction.is_expired():
            await self._channel.get_partial_message(self._message).edit(view=view)
        else:
            await refresh(self._interaction, view)

    @property
    def _channel(self) -> discord.PartialMessageable:
        return self._interaction.client.get_partial_messageable(cast(int, self._interaction.channel_id))
