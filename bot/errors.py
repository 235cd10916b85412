"""The one place where an error becomes a message: short, for its asker's eyes only, with what to do."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.card import MOST_CONTENT
from bot.delivery import UNSENT, deliver, is_lost, is_unsent, refuse, retract, whisper
from bot.language import _, explained, speak
from bot.logs import handle
from bot.markdown import plain
from bot.metrics import Fault
from bot.permissions import NoKeeper
from bot.reply import notice
from corpus.errors import NewsbotError

if TYPE_CHECKING:
    from bot.client import NewsBot

log = logging.getLogger(__name__)

_MOST_SEEN = 10_000  # interactions and messages that are known again


class Tree(app_commands.CommandTree["NewsBot"]):
    """The bot's commands. Knows which are at work, answers each once, and answers for those that fail."""

    def __init__(self, client: NewsBot, **options: Any) -> None:
        super().__init__(client, **options)
        self.at_work: set[asyncio.Task[Any]] = set()
        self._seen: dict[int, None] = {}

    async def interaction_check(self, interaction: discord.Interaction[NewsBot], /) -> bool:
        """Lets each pass once, for Discord may tell of it again when a connection is resumed."""
        speak(interaction.locale.value)
        handle(interaction.id)
        if not self.is_new(interaction.id):
            log.info("interaction %d was told twice", interaction.id)
            return False
        if task := asyncio.current_task():  # which closing the bot will end
            self.at_work.add(task)
            task.add_done_callback(self.at_work.discard)
        return True

    def is_new(self, event: int) -> bool:
        """Whether an interaction or a message with this id comes for the first time."""
        if event in self._seen:
            return False
        self._seen[event] = None
        if len(self._seen) > _MOST_SEEN:
            del self._seen[next(iter(self._seen))]
        return True

    async def on_error(
        self, interaction: discord.Interaction[NewsBot], error: app_commands.AppCommandError, /
    ) -> None:
        """Tells the asker what is wrong."""
        await report(interaction, error)


async def report(interaction: discord.Interaction[NewsBot], error: Exception) -> None:
    """Tells whoever waits what is wrong; a defect is also logged, under the number that they are told."""
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    interaction.client.metrics.error(fault_of(cause))
    if is_lost(cause):
        log.warning("interaction %d (%s) is gone: %s", interaction.id, _name(interaction), cause)
        return
    if is_unsent(cause):
        log.error("interaction %d (%s) could not be answered: %s", interaction.id, _name(interaction), cause)
        return
    message = explain(cause)
    if message is None:
        log.error("interaction %d (%s) failed", interaction.id, _name(interaction), exc_info=error)
        message = _("Something went wrong here. The log has more under {number}.").format(
            number=interaction.id
        )
    try:
        await tell(interaction, message)
    except UNSENT as failure:
        log.warning("interaction %d: the error could not be shown: %s", interaction.id, failure)


def explain(error: BaseException) -> str | None:
    """The message for an error that a person can act on, as a sentence; ``None`` for a defect."""
    match error:
        case app_commands.TransformerError() if error.__cause__:
            return explain(error.__cause__)
        case NewsbotError():
            return explained(error)
        case app_commands.MissingPermissions():
            return _("Only members with the permission Manage Server can do this.")
        case app_commands.NoPrivateMessage():
            return _("This works on a server, not in direct messages.")
        case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
            return _("This command has just been changed. Try again in a minute, or restart Discord.")
        case NoKeeper():
            return _(
                "All servers share the articles and feeds, and only some look after them. "
                "Whoever runs the bot can add this one, {server}, to NEWSBOT_KEEPERS."
            ).format(server=error.server)
        case app_commands.CheckFailure():
            return _("This cannot be done here, or not by you.")
        case _:
            return None


def fault_of(error: BaseException) -> Fault:
    """What kind of error it is, for who counts them."""
    if is_lost(error):
        return Fault.LOST
    if is_unsent(error):
        return Fault.UNSENT
    match error:
        case app_commands.TransformerError() if error.__cause__:
            return fault_of(error.__cause__)
        case app_commands.CheckFailure():
            return Fault.FORBIDDEN
        case _:
            return Fault.DEFECT if explain(error) is None else Fault.REFUSED


async def tell(interaction: discord.Interaction[NewsBot], message: str) -> None:
    """Shows ``message`` to the asker alone, instead of what was promised or shown. Raises UNSENT."""
    text = plain(message, MOST_CONTENT)
    promised = interaction.client.promises.has_place(interaction)
    if not promised and not interaction.response.is_done():
        await refuse(interaction, text)
        return
    # A promised answer has to be given before anything else can be said, and is as public as it was promised.
    if promised:
        await deliver(interaction, notice(_("Not answered; whoever asked is told why.")))
    await whisper(interaction, text)
    if promised:
        await retract(interaction)


def _name(interaction: discord.Interaction[Any]) -> str:
    return interaction.command.qualified_name if interaction.command else "no command"
