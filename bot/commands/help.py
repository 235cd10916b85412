"""``/help``: what the bot does, with questions that it answers here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot import help_card
from bot.controls import Control
from bot.dates import today
from bot.delivery import deliver, promise, refuse
from bot.language import _
from bot.permissions import SHARED, may_keep
from corpus.errors import NewsbotError
from corpus.store.answerlog import Place
from index.answer import Question

if TYPE_CHECKING:
    from bot.client import NewsBot

log = logging.getLogger(__name__)

_PATIENCE = 5.0  # seconds for the examples; who asks for help later finds them


class Help(commands.Cog):
    """Explains the bot."""

    def __init__(self, bot: NewsBot) -> None:
        self._bot = bot

    async def cog_load(self) -> None:
        self._bot.add_dynamic_items(Example)

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def help(self, interaction: discord.Interaction[NewsBot]) -> None:
        """How to ask, with questions that are answered here"""
        await promise(interaction, private=True)
        rules = self._bot.house.rules_for(interaction.guild_id)
        examples: tuple[str, ...] = ()
        try:
            async with asyncio.timeout(_PATIENCE):
                examples = await self._bot.newsroom.examples(today(), rules.sources)
        except TimeoutError:
            log.info("the examples are not there yet")
        except NewsbotError as error:
            log.warning("there are no examples: %s", error)
        known = list(self._commands(interaction.guild_id))
        anybody = [(name, text) for name, text, managers in known if not managers]
        managers = [(name, text) for name, text, managers in known if managers]
        may_manage = interaction.guild_id is not None and interaction.permissions.manage_guild
        view = help_card.help_for(
            self._bot.mention("ask"),
            list(self._ways(interaction)),
            examples,
            anybody,
            managers if may_manage else [],
            Example,
        )
        await deliver(interaction, view)

    def _ways(self, interaction: discord.Interaction[NewsBot]) -> Iterator[str]:
        """How else one may ask there."""
        rules = self._bot.house.rules_for(interaction.guild_id)
        if interaction.guild_id is None:
            yield _("Write your question here, without any command. Reply to an answer to ask on.")
        elif rules.mentions and self._bot.user:
            yield _("Mention {bot} with your question, also in the middle of a conversation.").format(
                bot=self._bot.user.mention
            )
            yield _("Reply to an answer to ask on; mention the bot in it, too, if the answer is a command's.")
        yield _("In a message's menu, under Apps, **Find coverage** shows you what the articles say on it.")

    def _commands(self, server: int | None) -> Iterator[tuple[str, str, bool]]:
        """Mention and description of every slash command of a server, and whether it is for managers only."""
        for command in self._bot.tree.walk_commands():
            if isinstance(command, app_commands.Command) and command.name != "help":
                root = command.root_parent or command
                if root.name in SHARED and not may_keep(self._bot, server):
                    continue
                yield (
                    self._bot.mention(command.qualified_name),
                    _(command.description),
                    root.default_permissions is not None,
                )


class Example(Control, template=r"ask:(?P<question>.+)"):
    """Asks a question, and shows the answer only to whoever wanted to see what comes."""

    async def act(self, interaction: discord.Interaction[NewsBot]) -> None:
        bot, rules = interaction.client, interaction.client.house.rules_for(interaction.guild_id)
        if refusal := bot.house.refuse(interaction.user, interaction.channel, interaction.created_at):
            await refuse(interaction, refusal)
            return
        await promise(interaction, private=True)
        question = Question(self.state["question"], today(), limit=rules.excerpts, allowed=rules.sources)
        place = Place(interaction.user.id, interaction.guild_id, interaction.channel_id, private=True)
        await deliver(interaction, await bot.asking.answer(question, place))
