"""How ``/help`` looks: what the bot does, questions that it answers here, and its commands."""

from __future__ import annotations

from collections.abc import Sequence

from discord import ui

from bot import wording
from bot.card import BLUE, Card
from bot.controls import Control
from bot.language import _
from bot.markdown import plain, size

_QUESTION = 300
_DESCRIPTION = 150
_LONGEST_ID = 100  # Discord's limit


def help_for(
    ask: str,
    ways: Sequence[str],
    examples: Sequence[str],
    commands: Sequence[tuple[str, str]],
    more: Sequence[tuple[str, str]],
    control: type[Control],
) -> ui.LayoutView:
    """``ask`` is the mention of the command that asks; others come as ``(mention, description)``.

    ``ways`` are other ways to ask, in Markdown; ``more`` are commands for those who may manage the server.
    Examples have buttons with ids ``ask:QUESTION``, made into ``control``.
    """
    card = Card(BLUE)
    card.say(f"### {_('How to ask')}\n{wording.what_it_does(ask)}")
    card.say(
        _(
            "Write a question as you would to a person, or just a few words. Where the articles do not hold "
            "the answer, it says so."
        )
    )
    if ways:
        card.say("\n".join(f"- {way}" for way in ways))
    if examples:
        card.rule()
        card.say(f"**{_('Questions that are answered here')}**")
        for question in examples:
            _say_example(card, question, control)
    card.rule()
    card.say("\n".join(map(_line, commands)))
    if more:
        card.rule()
        card.say(f"**{_('For those who may manage the server')}**")
        card.say("\n".join(map(_line, more)))
    return card.view


def _say_example(card: Card, question: str, control: type[Control]) -> None:
    text, name = f"> {plain(question, _QUESTION)}", f"ask:{question}"
    if size(name) <= _LONGEST_ID:
        card.beside(text, control(ui.Button(label=_("Ask"), custom_id=name)))
    else:
        card.say(text)


def _line(command: tuple[str, str]) -> str:
    mention, description = command
    return f"{mention} · {plain(description, _DESCRIPTION)}"
