"""``/settings``: what those who manage a server decide for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, cast

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import rules_card
from bot.controls import Control, Form
from bot.delivery import UNSENT, deliver, post, promise
from bot.language import _, speak
from bot.permissions import for_managers, is_manager
from corpus.errors import NewsbotError
from corpus.store.servers import LONGEST_COOLDOWN, MOST_EXCERPTS, Rules

if TYPE_CHECKING:
    from bot.client import NewsBot

log = logging.getLogger(__name__)


class ServerSettings(commands.Cog):
    """Shows and changes what holds on a server."""

    def __init__(self, bot: NewsBot) -> None:
        self._bot = bot

    async def cog_load(self) -> None:
        self._bot.add_dynamic_items(SettingsControl)

    @app_commands.command()
    @for_managers
    async def settings(self, interaction: discord.Interaction[NewsBot]) -> None:
        """Decide where, by whom and how the bot is asked on this server"""
        await promise(interaction, private=True)
        await _show(interaction)


class SettingsControl(Control, template=r"settings:(?P<what>[a-z_]+)(?::(?P<page>\d{1,6}):(?P<search>.*))?"):
    """Everything on the card that can be used."""

    async def act(self, interaction: discord.Interaction[NewsBot]) -> None:
        is_manager(interaction)
        what, page, search = self.state["what"], int(self.state["page"] or 0), self.state["search"] or ""
        rules = _rules(interaction)
        forms: dict[str, Callable[[], Form]] = {
            "excerpts": lambda: _Excerpts(rules),
            "cooldown": lambda: _Cooldown(rules),
            "search": lambda: _Search(search),
        }
        if what in forms:
            await interaction.response.send_modal(forms[what]())
            return
        await promise(interaction, in_place=True)
        values = cast("dict[str, list[str]]", interaction.data).get("values", [])
        match what:
            case "channels" | "roles":
                await _change(interaction, **{what: tuple(int(value) for value in values)})
            case "log_channel":
                await _change(interaction, log_channel=next((int(value) for value in values), None))
            case "private" | "mentions":
                await _change(interaction, **{what: not getattr(rules, what)})
            case "choose":
                await _choose(interaction, page, search, values)
            case "every":
                await _change(interaction, sources=())
            case "sources" | "unsearch":
                await _show_outlets(interaction, page, search)
            case _:
                await _show(interaction)


class _Excerpts(Form):
    def __init__(self, rules: Rules) -> None:
        super().__init__(title=_("Length of an answer"))
        counts = [str(number) for number in range(1, MOST_EXCERPTS + 1)]
        self._excerpts: ui.Select[Any] = ui.Select(
            custom_id="excerpts",
            options=[
                discord.SelectOption(label=one, value=one, default=one == str(rules.excerpts))
                for one in counts
            ],
        )
        self.add_item(ui.Label(text=_("The most excerpts of an answer"), component=self._excerpts))

    async def act(self, interaction: discord.Interaction[NewsBot]) -> None:
        is_manager(interaction)
        await promise(interaction, in_place=True)
        await _change(interaction, excerpts=int(self._excerpts.values[0]))


class _Cooldown(Form):
    def __init__(self, rules: Rules) -> None:
        super().__init__(title=_("Wait between two questions"))
        self._cooldown: ui.TextInput[Any] = ui.TextInput(
            custom_id="cooldown", default=str(rules.cooldown), max_length=len(str(LONGEST_COOLDOWN))
        )
        self.add_item(
            ui.Label(
                text=_("Seconds between two questions of a member"),
                description=_("0 for no wait. Who may manage the server never waits."),
                component=self._cooldown,
            )
        )

    async def act(self, interaction: discord.Interaction[NewsBot]) -> None:
        is_manager(interaction)
        written = self._cooldown.value.strip()
        if not (written.isascii() and written.isdigit() and int(written) <= LONGEST_COOLDOWN):
            raise NewsbotError(
                "“{written}” is no number of seconds. Write one from 0 to {most}.",
                written=written,
                most=LONGEST_COOLDOWN,
            )
        await promise(interaction, in_place=True)
        await _change(interaction, cooldown=int(written))


class _Search(Form):
    def __init__(self, search: str) -> None:
        super().__init__(title=_("Search the outlets"))
        self._name: ui.TextInput[Any] = ui.TextInput(
            custom_id="search", default=search, required=False, max_length=rules_card.LONGEST_SEARCH
        )
        self.add_item(ui.Label(text=_("A part of the name"), component=self._name))

    async def act(self, interaction: discord.Interaction[NewsBot]) -> None:
        is_manager(interaction)
        await promise(interaction, in_place=True)
        await _show_outlets(interaction, 0, self._name.value.strip())


async def _choose(
    interaction: discord.Interaction[NewsBot], page: int, search: str, values: list[str]
) -> None:
    """Takes what is chosen on one page for that page; what is chosen on others stays."""
    rules, known = _rules(interaction), await interaction.client.newsroom.sources()
    shown = {one.name.casefold() for one in rules_card.page_of(rules, known, page, search)}
    kept = [name for name in rules.sources if name.casefold() not in shown]
    changed, before = await _keep(interaction, sources=(*kept, *values))
    await _show_outlets(interaction, page, search)
    await _tell_log(interaction, changed, before)


async def _change(interaction: discord.Interaction[NewsBot], **changes: Any) -> None:
    """Keeps settings, shows that they are kept, and tells the log."""
    changed, before = await _keep(interaction, **changes)
    await _show(interaction, changed)
    await _tell_log(interaction, changed, before)


async def _keep(interaction: discord.Interaction[NewsBot], **changes: Any) -> tuple[list[str], Rules]:
    """Keeps settings. Returns the names of those that are others now, and what held before."""
    before, guild = _rules(interaction), cast(int, interaction.guild_id)
    changed = [setting for setting, value in changes.items() if getattr(before, setting) != value]
    if changed:
        await interaction.client.house.change(guild, **changes)
        log.info("interaction %d: %s of server %d changed", interaction.id, ", ".join(changed), guild)
    return changed, before


async def _tell_log(
    interaction: discord.Interaction[NewsBot], changed: Collection[str], before: Rules
) -> None:
    """Tells the channel that is told of changes, and the one that was."""
    if not changed:
        return
    after = _rules(interaction)
    speak((interaction.guild_locale or interaction.locale).value)
    card = rules_card.change(interaction.user.mention, changed, before, after)
    channels = {channel for channel in (before.log_channel, after.log_channel) if channel}
    for place, channel in enumerate(sorted(channels)):
        try:
            to = interaction.client.get_partial_messageable(channel)
            await post(to, card, nonce=interaction.id + place)
        except UNSENT as error:
            log.warning("interaction %d: channel %d could not be told: %s", interaction.id, channel, error)


async def _show(interaction: discord.Interaction[NewsBot], changed: Collection[str] = ()) -> None:
    guild = cast(discord.Guild, interaction.guild)
    await deliver(interaction, rules_card.settings(_rules(interaction), guild, SettingsControl, changed))


async def _show_outlets(interaction: discord.Interaction[NewsBot], page: int, search: str) -> None:
    known = await interaction.client.newsroom.sources()
    await deliver(interaction, rules_card.outlets(_rules(interaction), known, SettingsControl, page, search))


def _rules(interaction: discord.Interaction[NewsBot]) -> Rules:
    return interaction.client.house.rules_for(interaction.guild_id)
