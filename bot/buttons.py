"""The buttons under an answer. All that they need to know is in their ids, so they outlive the process."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import discord
from discord import ui

from bot.card import GREY, Card
from bot.errors import report


class Deed(StrEnum):
    """What a button does."""

    TURN = "turn"
    CONTEXT = "context"
    UP = "up"
    DOWN = "down"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Press:
    """What a button does, and to what: the id of the answer, and a page of it.

    ``pager`` is the member who turns the pages of the message; others get a copy of their own. To turn means
    to go to ``page``, all else is about the page that is shown. ``paragraph`` is the one to show the context
    of.
    """

    deed: Deed
    answer: int
    page: int
    pager: int
    paragraph: int = 0

    @property
    def id(self) -> str:
        """The id of the button, of 100 characters at most."""
        return f"answer:{self.deed}:{self.answer}:{self.page}:{self.pager}:{self.paragraph}"


class AnswerButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"answer:(?P<deed>turn|context|up|down|share):(\d{1,19}):(\d{1,3}):(\d{1,20}):(\d{1,19})",
):
    """A button under an answer."""

    def __init__(self, press: Press, label: str = "", emoji: str | None = None) -> None:
        super().__init__(ui.Button(label=label or None, emoji=emoji, custom_id=press.id))
        self.press = press

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(_read(match), "…")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        if not await interaction.client.tree.interaction_check(interaction):
            return
        try:
            await interaction.client.asking.press(interaction, self.press)
        except Exception as error:
            await report(interaction, error)


def answer_under(message: discord.Message) -> int | None:
    """The id of the answer that a message of the bot shows, if it shows one."""
    for custom_id in _ids(message.components):
        if found := AnswerButton.__discord_ui_compiled_template__.fullmatch(custom_id):
            return _read(found).answer
    return None


def without_buttons(message: discord.Message) -> ui.LayoutView:
    """The card of a message of the bot as it is, with links for its only buttons."""
    card = Card(GREY)
    for part in _parts(message.components):
        match part:
            case discord.SectionComponent():
                for text in part.children:
                    card.say(text.content)
            case discord.TextDisplay():
                card.say(part.content)
            case discord.SeparatorComponent():
                card.rule()
            case discord.ActionRow():
                links = [child for child in part.children if isinstance(child, discord.Button) and child.url]
                card.press([ui.Button(label=link.label, url=link.url) for link in links])
    return card.view


def _parts(components: Sequence[Any]) -> Iterator[Any]:
    for component in components:
        if isinstance(component, discord.Container):
            yield from _parts(component.children)
        else:
            yield component


def _read(match: re.Match[str]) -> Press:
    deed, *numbers = match.groups()
    return Press(Deed(deed), *map(int, numbers))


def _ids(components: Sequence[Any]) -> Iterator[str]:
    for component in components:
        if custom_id := getattr(component, "custom_id", None):
            yield custom_id
        yield from _ids(getattr(component, "children", []))
        if accessory := getattr(component, "accessory", None):
            yield from _ids([accessory])
