"""The card of what the articles say on a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import ui

from bot import wording
from bot.answer_card import say_quotes
from bot.card import BLUE, GREY, Card, headline
from bot.language import _
from bot.markdown import plain, size
from bot.quoting import beginning

if TYPE_CHECKING:
    from index.coverage import Article, Found

_TEXT = 150  # characters of the message
_LEAD = 700
_HEADLINE = 350


def coverage(found: Found, text: str) -> ui.LayoutView:
    """The article that a message links to, quotes on it, and more articles, for the ``text`` of a message."""
    something = found.article or found.answer.answered
    card = Card(BLUE if something else GREY)
    card.say(f"### {_('Coverage')}\n-# {plain(text, _TEXT)}")
    if found.article:
        _say_article(card, found.article)
    related = [headline(one, _HEADLINE) for one in found.related]
    title = f"-# {_('Related articles') if something else _('Nearest headlines')}"
    if found.answer.answered:
        say_quotes(card, found.answer, reserved=size(title) + sum(map(size, related)))
    elif not something:
        card.rule()
        card.say(f"**{wording.nothing_found()}**")
    if related:
        card.rule()
        card.say(title)
        for place, line in enumerate(related):
            if place:
                card.gap()
            card.say(line)
    return card.view


def _say_article(card: Card, article: Article) -> None:
    card.rule()
    card.say(headline(article.headline, 3 * _HEADLINE))
    if article.lead.strip():
        card.say(beginning(article.lead, _LEAD))
