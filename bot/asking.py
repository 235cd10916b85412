"""Questions are answered here, wherever in Discord they are asked, and answers are come back to."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import discord
from discord import ui

from bot import answer_card
from bot.buttons import Deed, Press, without_buttons
from bot.context_card import context as context_card
from bot.delivery import UNSENT, deliver, promise, publish, refuse, whisper
from bot.language import _
from bot.reply import notice
from corpus.errors import NewsbotError
from corpus.store.answerlog import Place
from index.answer import Question

if TYPE_CHECKING:
    from bot.client import NewsBot
    from index.answer import Answer
    from index.given import Page

log = logging.getLogger(__name__)

_PAGES = 3  # of an answer
_KEEP_SECONDS = 3.0  # in which an answer is usually kept a hundred times over


class Asking:
    """Answers, and does what is wanted by the buttons under an answer."""

    def __init__(self, bot: NewsBot) -> None:
        self._bot = bot
        self._late: set[asyncio.Task[Page]] = set()

    async def answer(self, question: Question, place: Place) -> ui.LayoutView:
        """The card that answers a question, ``limit`` quotes at a time, and more of them behind its buttons.

        Raises NewsbotError as ``Newsroom.ask`` does.
        """
        with self._bot.metrics.question() as answered:
            found = await self._bot.newsroom.ask(replace(question, limit=question.limit * _PAGES))
            answered(found)
        self._bot.can_answer = True  # also where the model could not be loaded at the start
        found = replace(found, question=replace(found.question, limit=question.limit))
        wrote = question.text if question.text != found.question.text else ""
        page = await self._keep(found, place, wrote)
        if page is None:
            return answer_card.answer(replace(found, quotes=found.quotes[: question.limit]))
        return answer_card.answer(page.answer, page, pager=place.asker)

    async def _keep(self, answer: Answer, place: Place, wrote: str) -> Page | None:
        """The first page of an answer that is kept; ``None`` where that fails, or takes too long to wait."""
        answers = self._bot.newsroom.answers
        keeping = asyncio.create_task(answers.keep(answer, place, answer.question.limit, wrote))
        self._late.add(keeping)
        keeping.add_done_callback(self._late.discard)
        # What is given up goes on, for it cannot be taken back; how it ends is told nobody.
        keeping.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            async with asyncio.timeout(_KEEP_SECONDS):
                return await asyncio.shield(keeping)
        except NewsbotError as error:
            log.warning("an answer has no buttons: %s", error)
        except TimeoutError:
            log.warning("an answer has no buttons: another program keeps the database busy")
        return None

    async def press(self, interaction: discord.Interaction[NewsBot], press: Press) -> None:
        """Do what a button says."""
        if refusal := self._bot.house.refuse(interaction.user, interaction.channel):
            await refuse(interaction, refusal)
            return
        match press.deed:
            case Deed.TURN:
                await self._turn(interaction, press)
            case Deed.CONTEXT:
                await self._show_context(interaction, press)
            case Deed.UP | Deed.DOWN:
                await self._vote(interaction, press)
            case Deed.SHARE:
                await self._share(interaction, press)

    async def _turn(self, interaction: discord.Interaction[NewsBot], press: Press) -> None:
        """Another page: in place for whoever asked, in a copy of their own for others."""
        mine = interaction.user.id == press.pager
        await promise(interaction, private=True, in_place=mine)
        if page := await self._page(interaction, press):
            await deliver(interaction, answer_card.answer(page.answer, page, pager=interaction.user.id))

    async def _show_context(self, interaction: discord.Interaction[NewsBot], press: Press) -> None:
        await promise(interaction, private=True)
        found = await self._bot.newsroom.answers.context(
            press.answer, press.paragraph, self._allowed(interaction)
        )
        if found is None or not _may_see(found[0], interaction.user.id):
            await self._tell_it_is_over(interaction)
        elif (context := found[1]) is None:
            gone = _("This article was changed or removed, or is not shown here any more.")
            await deliver(interaction, notice(gone))
        else:
            await deliver(interaction, context_card(context))

    async def _vote(self, interaction: discord.Interaction[NewsBot], press: Press) -> None:
        await promise(interaction, in_place=True)
        await self._bot.newsroom.answers.vote(press.answer, interaction.user.id, press.deed is Deed.UP)
        if page := await self._page(interaction, press):
            await deliver(interaction, answer_card.answer(page.answer, page, pager=press.pager))

    async def _share(self, interaction: discord.Interaction[NewsBot], press: Press) -> None:
        """Posts a private answer for all, once; whoever asked turns its pages there, too."""
        await promise(interaction, in_place=True)
        page = await self._page(interaction, press)
        if page is None:
            return
        answers, sharer = self._bot.newsroom.answers, interaction.user.id
        if sharer != page.place.asker or not await answers.share(press.answer):
            await whisper(interaction, _("This answer is shared already."))
            return
        page = replace(page, place=replace(page.place, private=False, shared=True))
        try:
            await publish(interaction, answer_card.answer(page.answer, page, pager=sharer))
        except UNSENT:
            await answers.share(press.answer, shared=False)
            raise
        await deliver(interaction, answer_card.answer(page.answer, page, pager=sharer))

    async def _page(self, interaction: discord.Interaction[NewsBot], press: Press) -> Page | None:
        """The page that a button is about; where it is kept no longer, whoever pressed it is told."""
        page = await self._bot.newsroom.answers.page(press.answer, press.page, self._allowed(interaction))
        if page is not None and _may_see(page.place, interaction.user.id):
            return page
        await self._tell_it_is_over(interaction)
        return None

    async def _tell_it_is_over(self, interaction: discord.Interaction[NewsBot]) -> None:
        """Says that an answer is kept no longer, and takes the buttons off its message."""
        if interaction.message is None:
            return
        bare = without_buttons(interaction.message)
        over = _("This answer is too old for its buttons. Ask again.")
        if not self._bot.promises.has_place(interaction):
            await deliver(interaction, bare)
            await whisper(interaction, over)
            return
        await deliver(interaction, notice(over))
        if not interaction.message.flags.ephemeral:
            try:
                await interaction.message.edit(view=bare)
            except UNSENT as error:
                log.info("the buttons of an old answer are still there: %s", error)

    def _allowed(self, interaction: discord.Interaction[NewsBot]) -> tuple[str, ...]:
        return self._bot.house.rules_for(interaction.guild_id).sources


def _may_see(place: Place, member: int) -> bool:
    return not place.private or member == place.asker
