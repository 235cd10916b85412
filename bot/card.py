"""One card: the builder of every message, which keeps Discord's limits, and what cards have in common.

Every message is one card of Components V2. Seen side by side it beats embeds: an answer is one card and not
three, uses the width of a desktop, reads as well on a phone, and can have buttons beside what they belong to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit

from discord import ui

from bot import wording
from bot.language import _, written
from bot.markdown import address, link, name, plain, size

if TYPE_CHECKING:
    from index.answer import Headline, Question, Quote
    from index.given import Context

T = TypeVar("T")

# Discord's limits.
MOST_CONTENT = 2000  # characters of a message's plain text,
MOST_TEXT = 4000  # of all text of a card,
_MOST_TARGET = 512  # of where a button leads,
_MOST_PARTS = 40  # parts of a card, those within parts included
_ROW = 5  # buttons beside each other

# Ours, so that a card stays a card.
MOST_NAMED = 10
NAME = 80
_TITLE = 256
_LABEL = 40
_QUESTION = 300

BLUE = 0x4A8FD6
GREY = 0x80848E
GREEN = 0x3BA55D
AMBER = 0xE0A030


Button = ui.Item[Any]


class Card:
    """A message of one container, filled from the top."""

    def __init__(self, colour: int) -> None:
        self.left = MOST_TEXT
        self.parts_left = _MOST_PARTS - 1
        self.view = ui.LayoutView(timeout=None)
        self._container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=colour)
        self.view.add_item(self._container)

    def say(self, text: str) -> None:
        """Adds Markdown, of which there must be ``left`` or less."""
        if text:
            self._take(1, text)
            self._container.add_item(ui.TextDisplay(text))

    def beside(self, text: str, accessory: Button) -> None:
        """Adds Markdown with a button at its side."""
        self._take(3, text)
        self._container.add_item(ui.Section(text, accessory=accessory))

    def row(self, *items: ui.Item[Any]) -> None:
        """Adds a row of up to five buttons, or of one menu."""
        self._take(1 + len(items))
        self._container.add_item(ui.ActionRow(*items))

    def rule(self) -> None:
        """Adds a line across the card."""
        self._take(1)
        self._container.add_item(ui.Separator())

    def gap(self) -> None:
        """Adds a little room between two things that belong together."""
        self._take(1)
        self._container.add_item(ui.Separator(visible=False))

    def press(self, buttons: Sequence[Button]) -> None:
        """Adds buttons, five in a row; the last are left out where the card has no place for them."""
        for start in range(0, len(buttons), _ROW):
            row = buttons[start : start + min(_ROW, self.parts_left - 1)]
            if self.parts_left > 1 and row:
                self.row(*row)

    def _take(self, parts: int, text: str = "") -> None:
        self.parts_left -= parts
        self.left -= size(text)
        if self.parts_left < 0 or self.left < 0:
            raise ValueError("the card is full")


def link_button(label: str, url: str) -> Button | None:
    """A button that opens an address; ``None`` where Discord would not open it."""
    for target in (address(url), address(url.partition("#")[0])):
        if target and size(target) <= _MOST_TARGET:
            return ui.Button(label=_label(label), url=target)
    return None


def _label(text: str) -> str:
    """Text for a button, which Discord shows on one line as it is written."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    shown = " ".join(shown.split())
    while size(shown) > _LABEL:
        shown = f"{shown[:-2].rstrip()}…"
    return shown or "…"


def heading(question: Question, wrote: str = "") -> str:
    """The question, and what its answer was limited to; or what its asker ``wrote``, and what was asked."""
    limits = []
    if question.articles:
        limits.append(_("in the articles quoted before"))
    elif wrote:
        limits.append(_("searched for “{words}”").format(words=plain(question.text, _QUESTION)))
    if question.sources:
        outlets = some(question.sources, lambda source: plain(source, NAME), ", ", 300)
        limits.append(_("only {outlets}").format(outlets=outlets))
    if question.since:
        limits.append(_("since {day}").format(day=written(question.since)))
    if question.until:
        limits.append(_("until {day}").format(day=written(question.until)))
    heading = f"### {plain(wrote or question.text, _QUESTION)}"
    return f"{heading}\n-# {', '.join(limits)}" if limits else heading


def head(title: str, url: str, byline: str, room: int) -> str:
    """Title and byline in ``room`` characters or less; the title is a link, if there is one that fits."""
    byline = f"\n-# {byline}"
    room -= size(byline) + len("**[]()**")
    shown = name(title, min(_TITLE, room)) or _("Untitled")
    for target in (address(url), address(url.partition("#")[0])):
        if target and size(shown) + size(target) <= room:
            return f"**{link(shown, target)}**{byline}"
    return f"**{shown}**{byline}"


def headline(article: Headline, room: int) -> str:
    """An article that nothing is quoted of, in ``room`` characters or less."""
    byline = source_and_day(article.source, article.published)
    return head(wording.title(article), article.link, byline, room)


def byline(article: Quote | Context) -> str:
    """The outlet and the day of an article; its file, too, where it has no address."""
    parts = urlsplit(article.url)
    if parts.scheme != "file":
        return source_and_day(article.source or parts.hostname or "", article.published)
    file = name(unquote(PurePath(parts.path).name), NAME)
    return " · ".join(filter(None, [file, source_and_day(article.source, article.published)]))


def source_and_day(source: str, published: date | datetime | None) -> str:
    """The byline of an article."""
    return " · ".join(filter(None, [name(source, NAME), when(published)]))


def when(published: date | datetime | None) -> str:
    """A moment in each reader's own time zone; a day without a time as it is, for no zone may move it."""
    if published is None:
        return _("date unknown")
    if isinstance(published, datetime) and published.tzinfo and published.time() != time():
        return f"<t:{int(published.timestamp())}:D>"
    return written(published)


def ago(moment: datetime) -> str:
    """How far a moment is away; Discord keeps it right while it is looked at."""
    return f"<t:{int(moment.timestamp())}:R>"


def some(items: Sequence[T], show: Callable[[T], str], between: str, room: int) -> str:
    """As many of ``items`` as are fit to read and go into ``room`` characters, and how many are left."""
    shown = ""
    for position, item in enumerate(items):
        longer = f"{shown}{between}{show(item)}".removeprefix("" if position else between)
        more = between + _("and {count} more").format(count=f"{len(items) - position:,}")
        if position and (position == MOST_NAMED or size(longer) + size(more) > room):
            return f"{shown}{more}"
        shown = longer
    return shown
