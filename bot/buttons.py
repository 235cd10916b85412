"""The buttons under an answer. All that they need to know is in their ids, so they outlive the process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.card import GREY, Card
from bot.controls import Control

if TYPE_CHECKING:
    from bot.client import NewsBot


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
    Control,
    template=r"answer:(?P<deed>turn|context|up|down|share)"
    r":(?P<answer>\d{1,19}):(?P<page>\d{1,3}):(?P<pager>\d{1,20}):(?P<paragraph>\d{1,19})",
):
    """A button under an answer."""

    @classmethod
    def of(cls, press: Press, label: str = "", emoji: str | None = None) -> AnswerButton:
        """The button that does what ``press`` says."""
        return cls(ui.Button(label=label or None, emoji=emoji, custom_id=press.id))

    async def act(self, interaction: discord.Interaction[NewsBot]) -> None:
        await interaction.client.asking.press(interaction, _read(self.state))


def answer_under(message: discord.Message) -> int | None:
    """The id of the answer that a message of the bot shows, if it shows one."""
    for custom_id in _ids(message.components):
        if found := AnswerButton.__discord_ui_compiled_template__.fullmatch(custom_id):
            return _read(found.groupdict()).answer
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


def _read(state: dict[str, str]) -> Press:
    numbers = {name: int(state[name]) for name in ("answer", "page", "pager", "paragraph")}
    return Press(Deed(state["deed"]), **numbers)


def _ids(components: Sequence[Any]) -> Iterator[str]:
    for component in components:
        if custom_id := getattr(component, "custom_id", None):
            yield custom_id
        yield from _ids(getattr(component, "children", []))
        if accessory := getattr(component, "accessory", None):
            yield from _ids([accessory])
