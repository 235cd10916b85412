"""The card of what stands around a quote in its article."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from discord import ui

from bot import wording
from bot.card import BLUE, MOST_TEXT, Card, byline, head, link_button
from bot.language import _
from bot.markdown import size
from bot.quoting import excerpt, whole

if TYPE_CHECKING:
    from index.given import Context

_DOTS = "-# …"


def context(found: Context) -> ui.LayoutView:
    """The paragraphs around what is quoted of an article, the nearest first to be given a place."""
    card = Card(BLUE)
    card.say(head(wording.title(found), found.link or found.url, byline(found), MOST_TEXT // 2))
    card.rule()
    for text in _texts(found, card.left):
        card.say(text)
    if button := link_button(_("Open the article"), found.link):
        card.press([button])
    return card.view


def _texts(found: Context, room: int) -> Iterator[str]:
    shown = _chosen(found, room - len(_DOTS))
    before = -1
    for place, text in sorted(shown.items()):
        left_out = found.pieces[place].apart or place != before + 1
        yield f"{_DOTS}\n{text}" if left_out else text
        before = place
    if found.more or before + 1 < len(found.pieces):
        yield _DOTS


def _chosen(found: Context, room: int) -> dict[int, str]:
    """Those of the paragraphs that go into ``room`` characters, by their places."""
    quoted = [place for place, piece in enumerate(found.pieces) if piece.quoted]
    shown: dict[int, str] = {}
    for number, place in enumerate(quoted):
        share = room // (len(quoted) - number) - len(_DOTS) - 1
        text = whole(found.pieces[place])
        shown[place] = text if size(text) <= share else excerpt(found.pieces[place], share)[0]
        room -= size(shown[place]) + len(_DOTS) + 1
    others = [place for place, piece in enumerate(found.pieces) if not piece.quoted]
    for place in sorted(others, key=lambda one: min(abs(one - other) for other in quoted)):
        text = whole(found.pieces[place])
        if size(text) + len(_DOTS) + 1 <= room:
            shown[place] = text
            room -= size(text) + len(_DOTS) + 1
    return shown
