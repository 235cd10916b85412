"""Buttons, menus and forms, with all that is done for a command.

A control holds all that it needs in its id, so it works for as long as its message is there, whichever
process sent that. A form does not: one that is open while the bot is restarted has to be opened again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.errors import report
from bot.language import _

if TYPE_CHECKING:
    from bot.client import NewsBot


class Control(ui.DynamicItem[ui.Item[Any]], template=r"(?!)"):
    """A button or a menu whose id is one that the ``template`` of its class describes."""

    def __init__(self, item: ui.Item[Any]) -> None:
        super().__init__(item)
        found = self.template.fullmatch(self.custom_id)
        self.state: dict[str, Any] = found.groupdict() if found else {}

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: Any, /
    ) -> Control:
        return cls(item)

    async def act(self, interaction: discord.Interaction[NewsBot]) -> None:
        """Does what the control is for. What it raises is told to whoever used it."""
        raise NotImplementedError

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await _attend(interaction, self.act)


class Form(ui.Modal):
    """A form that is filled in and sent."""

    async def act(self, interaction: discord.Interaction[NewsBot]) -> None:
        """Does what the form is for. What it raises is told to whoever sent it."""
        raise NotImplementedError

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        await _attend(interaction, self.act)


def pages_of(count: int, on_a_page: int) -> int:
    """How many pages so many things take; one where there are none."""
    return max(1, -(-count // on_a_page))


def turning(
    page: int, pages: int, custom_id: Callable[[int], str], control: type[Control]
) -> list[ui.Item[Any]]:
    """Buttons to the page before and to the next of ``pages``, from 0, where there are such.

    Their ids are those that ``custom_id`` gives of a page; each is made into ``control``.
    """
    others = {_("Back"): page - 1, _("More"): page + 1}
    return [
        control(ui.Button(label=label, custom_id=custom_id(other)))
        for label, other in others.items()
        if 0 <= other < pages
    ]


async def _attend(
    interaction: discord.Interaction[NewsBot], act: Callable[[discord.Interaction[NewsBot]], Awaitable[None]]
) -> None:
    try:
        if await interaction.client.tree.interaction_check(interaction):
            await act(interaction)
    except Exception as error:
        await report(interaction, error)
