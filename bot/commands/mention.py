"""Mentions: a question to the bot in a message, and follow-ups in replies to its answers.

Discord shows a bot what a message says where it mentions the bot, or replies with a ping to one of its
messages that no command brought; all other messages on a server arrive empty, and are passed over. A direct
message is always for the bot.
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import discord
from discord import ui
from discord.ext import commands

from bot.buttons import answer_under
from bot.card import BLUE, GREY, Card
from bot.dates import today
from bot.delivery import UNSENT, goodbye, post
from bot.errors import explain, fault_of
from bot.language import _, speak
from bot.logs import handle
from bot.metrics import Fault
from bot.reply import notice
from bot.smalltalk import asks
from corpus.store.answerlog import Given, Place
from index.answer import LONGEST_QUESTION, Earlier, Question

if TYPE_CHECKING:
    from bot.client import NewsBot

log = logging.getLogger(__name__)

_SHORTLY = 20.0  # seconds that a refusal is shown to all
_ASKED_BY = {discord.MessageType.default, discord.MessageType.reply}


class Mention(commands.Cog):
    """Answers who mentions the bot."""

    def __init__(self, bot: NewsBot) -> None:
        self._bot = bot

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answers a message to the bot, if its server wants that and lets the bot speak there."""
        guild = message.guild
        if not self._is_for_us(message):
            return
        if guild is not None:
            if not self._bot.house.rules_for(guild.id).mentions or not _may_speak(message):
                return
            speak(guild.preferred_locale.value)
        handle(message.id)
        if not self._bot.tree.is_new(message.id):
            log.info("message %d was told twice", message.id)
            return
        if task := asyncio.current_task():  # which closing the bot will end
            self._bot.tree.at_work.add(task)
            task.add_done_callback(self._bot.tree.at_work.discard)
        self._bot.promises.make_to_a_message()
        try:
            await self._answer(message)
        except asyncio.CancelledError:
            # By its nonce Discord takes it for the answer, if that was on its way already.
            with suppress(*UNSENT):
                await _reply(message, notice(goodbye()))
            raise
        except UNSENT as error:
            log.warning("message %d could not be answered: %s", message.id, error)
            self._bot.metrics.error(Fault.UNSENT)
        except Exception as error:
            await self._report(message, error)

    def _is_for_us(self, message: discord.Message) -> bool:
        if message.author.bot or message.webhook_id or message.type not in _ASKED_BY or not message.content:
            return False
        if message.guild is None:
            return True
        return bool(self._called().search(message.content)) or self._answer_replied_to(message) is not None

    async def _answer(self, message: discord.Message) -> None:
        wrote = self._called().sub(" ", message.content)
        wrote = " ".join(_readable(wrote, message).split())[:LONGEST_QUESTION]
        if not asks(wrote, goes_on=self._answer_replied_to(message) is not None):
            await _reply(message, self._help())
            return
        house = self._bot.house
        if refusal := house.refuse(message.author, message.channel, message.created_at):
            card = Card(GREY)
            card.say(refusal)
            await _reply(message, card.view, delete_after=_SHORTLY)
            return
        self._bot.newsroom.take_turn()
        typing = asyncio.create_task(_type(message.channel))
        try:
            question = await self._question(message, wrote)
            place = Place(message.author.id, _server(message), message.channel.id, private=False)
            view = await self._bot.asking.answer(question, place)
        finally:
            typing.cancel()
        await _reply(message, view)

    async def _question(self, message: discord.Message, wrote: str) -> Question:
        rules = self._bot.house.rules_for(_server(message))
        before = await self._question_before(message)
        if before is None:
            return Question(wrote, today(), limit=rules.excerpts, allowed=rules.sources)
        quoted = tuple(quote.paragraph for quote in before.quotes[: before.size])
        return Question(
            wrote,
            today(),
            since=before.since,
            until=before.until,
            sources=before.sources,
            limit=rules.excerpts,
            allowed=rules.sources,
            earlier=Earlier(before.question, quoted),
        )

    async def _question_before(self, message: discord.Message) -> Given | None:
        answer = self._answer_replied_to(message)
        return None if answer is None else await self._bot.newsroom.answers.find(answer)

    def _answer_replied_to(self, message: discord.Message) -> int | None:
        replied = message.reference.resolved if message.reference else None
        if not isinstance(replied, discord.Message) or replied.author != self._bot.user:
            return None
        return answer_under(replied)

    def _called(self) -> re.Pattern[str]:
        return re.compile(rf"<@!?{self._bot.user.id if self._bot.user else 0}>")

    def _help(self) -> ui.LayoutView:
        card = Card(BLUE)
        card.say(
            _(
                "Ask about the news behind my name, or with {command}. Reply to an answer to ask on; "
                "{help} has more."
            ).format(command=self._bot.mention("ask"), help=self._bot.mention("help"))
        )
        return card.view

    async def _report(self, message: discord.Message, error: Exception) -> None:
        told = explain(error)
        self._bot.metrics.error(fault_of(error))
        if told is None:
            log.error("message %d could not be answered", message.id, exc_info=error)
            told = _("Something went wrong here. The log has more under {number}.").format(number=message.id)
        try:
            await _reply(message, notice(told))
        except UNSENT as failure:
            log.warning("message %d: the error could not be shown: %s", message.id, failure)


async def _reply(message: discord.Message, view: ui.LayoutView, **options: Any) -> None:
    """Answers a message without a ping; without naming it where the bot may not read what was written."""
    if _rights(message).read_message_history:
        options |= {"reference": message.to_reference(fail_if_not_exists=False), "mention_author": False}
    await post(message.channel, view, nonce=message.id, **options)


def _server(message: discord.Message) -> int | None:
    return message.guild.id if message.guild else None


def _may_speak(message: discord.Message) -> bool:
    allowed = _rights(message)
    in_thread = isinstance(message.channel, discord.Thread)
    return allowed.view_channel and (allowed.send_messages_in_threads if in_thread else allowed.send_messages)


def _rights(message: discord.Message) -> discord.Permissions:
    """What the bot may do where a message was written; all, where that is not known."""
    me = message.guild.me if message.guild else None
    # It is None where Discord has not told the bot of itself, whatever discord.py says.
    return message.channel.permissions_for(me) if me else discord.Permissions.all()


def _readable(text: str, message: discord.Message) -> str:
    """Text with names in the place of mentions and emoji."""
    names = {f"<@{member.id}>": member.display_name for member in message.mentions}
    names |= {f"<@&{role.id}>": role.name for role in message.role_mentions}
    names |= {f"<#{channel.id}>": channel.name for channel in message.channel_mentions if channel.name}
    text = text.replace("<@!", "<@")
    for mention, name in names.items():
        text = text.replace(mention, name)
    return re.sub(r"<a?:(\w+):\d+>|</([^:>]+):\d+>|<[@#][!&]?\d+>", r" \1\2 ", text)


async def _type(channel: discord.abc.Messageable) -> None:
    """Shows that the bot is at work; that it could not be shown matters to nobody."""
    with suppress(*UNSENT):
        async with channel.typing():
            await asyncio.Event().wait()
