"""How ``/help`` looks: what the bot does, questions that it answers here, and its commands."""

from __future__ import annotations

from collections.abc import Sequence

from discord import ui

from bot.card import BLUE, Card
from bot.language import _
from bot.markdown import plain

_QUESTION = 300
_DESCRIPTION = 150


def help_for(
    ask: str, examples: Sequence[str], commands: Sequence[tuple[str, str]], more: Sequence[tuple[str, str]]
) -> ui.LayoutView:
    """``ask`` is the mention of the command that asks; others come as ``(mention, description)``.

    ``more`` are the commands for those who may manage the server.
    """
    card = Card(BLUE)
    about = _(
        "Ask about the news with {command}. Every answer is quoted word for word from an article, with a "
        "link to the sentence. The bot writes nothing itself."
    ).format(command=ask)
    card.say(f"### {_('How to ask')}\n{about}")
    card.say(
        _(
            "Write a question as you would to a person, or just a few words. Where the articles do not hold "
            "the answer, it says so."
        )
    )
    if examples:
        card.rule()
        card.say(f"**{_('Questions that are answered here')}**")
        card.say("\n".join(f"> {plain(question, _QUESTION)}" for question in examples))
    card.rule()
    card.say("\n".join(map(_line, commands)))
    if more:
        card.rule()
        card.say(f"**{_('For those who may manage the server')}**")
        card.say("\n".join(map(_line, more)))
    return card.view


def _line(command: tuple[str, str]) -> str:
    mention, description = command
    return f"{mention} · {plain(description, _DESCRIPTION)}"
