"""The card of an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from discord import ui

from bot import wording
from bot.buttons import AnswerButton, Deed, Press
from bot.card import (
    BLUE,
    GREY,
    NAME,
    Button,
    Card,
    byline,
    head,
    heading,
    headline,
    link_button,
    some,
    when,
)
from bot.language import _
from bot.markdown import address, link, name, size
from bot.quoting import excerpt
from index.answer import Answer, Headline, Quote

if TYPE_CHECKING:
    from index.given import Page

# Ours, so that a card stays a card.
_MOST_QUOTES = 5
_MOST_HEADLINES = 3
_HEADLINE = 800  # characters


def answer(found: Answer, page: Page | None = None, *, pager: int = 0) -> ui.LayoutView:
    """The quotes that answer a question, best first; or that there are none, and the nearest headlines.

    With the ``page`` as which the answer was kept there are buttons under it; the member ``pager`` turns its
    pages.
    """
    card = Card(BLUE if found.answered and found.quotes else GREY)
    card.say(_top(found, page))
    if found.answered:
        say_quotes(card, found, page, pager)
    else:
        _say_no_answer(card, found)
    if page is not None:
        card.press(list(_controls(page, pager)))
    if found.answered:
        card.press(_links(found.quotes))
    return card.view


def _top(found: Answer, page: Page | None) -> str:
    lines = [heading(found.question, page.wrote if page else "")]
    if page and page.place.shared:
        lines.append(f"-# {_('Shared by {member}').format(member=f'<@{page.place.asker}>')}")
    return "\n".join(lines)


def say_quotes(
    card: Card, found: Answer, page: Page | None = None, pager: int = 0, *, reserved: int = 0
) -> None:
    """Adds the quotes of an answer, those of one article together, and leaves ``reserved`` characters."""
    quotes = found.quotes[:_MOST_QUOTES]
    footer = " · ".join(filter(None, [_newest(quotes), *_state(page)]))
    footer = f"-# {footer}" if footer else ""
    waiting = len(quotes)
    for group in _by_article(quotes):
        card.rule()
        room = (card.left - size(footer) - reserved) * len(group) // waiting
        button = _context_button(page, pager, group[0]) if page else None
        _say_article(card, group, room, button)
        waiting -= len(group)
    if footer:
        card.rule()
        card.say(footer)


def _say_article(card: Card, quotes: Sequence[Quote], room: int, button: Button | None) -> None:
    """Adds the quotes of one article in ``room`` characters or less."""
    first = quotes[0]
    told = wording.tellers(first.source, [other for quote in quotes for other in quote.also_in])
    others = _also_in(told, room // 4)
    title = head(wording.title(first), first.link or first.url, byline(first), room // 2)
    title = "\n".join(filter(None, [title, others]))
    space = room - size(title)
    # A link stands apart from the words of an article, which then cannot have a part in it.
    if button:
        card.beside(title, button)
    else:
        card.say(title)
    for position, quote in enumerate(quotes):
        share = space // (len(quotes) - position)
        above = _same_article(quote, share // 3) if position else ""
        text, goes_on = excerpt(quote, share - size(above) - 10)
        for part in (above, text, "-# …" if goes_on else ""):
            card.say(part)
            space -= size(part)


def _say_no_answer(card: Card, found: Answer) -> None:
    card.rule()
    coverage = found.coverage
    if not coverage.articles:
        card.say(_no_articles(chosen=bool(found.question.allowed)))
        return
    card.say(f"**{wording.nothing_found()}**")
    headlines = found.headlines[:_MOST_HEADLINES]
    if headlines:
        card.rule()
        card.say(f"-# {_('Nearest headlines')}")
    for place, one in enumerate(headlines):
        if place:
            card.gap()
        card.say(headline(one, _HEADLINE))
    card.rule()
    card.say(f"-# {_('Searched: {coverage}.').format(coverage=wording.covers(coverage))}")


def _no_articles(*, chosen: bool) -> str:
    """Why there is nothing to answer from, where a server has ``chosen`` its outlets or sees all."""
    if chosen:
        return _(
            "None of the outlets that this server has chosen has articles. Whoever manages it can choose "
            "others with /settings."
        )
    return _(
        "There are no articles to answer from yet. Whoever looks after them can take some in with /reindex, "
        "/add or /feed add."
    )


def _controls(page: Page, pager: int) -> Iterator[Button]:
    def button(deed: Deed, label: str, number: int = page.number, emoji: str | None = None) -> Button:
        return AnswerButton.of(Press(deed, page.id, number, pager), label, emoji)

    if page.number:
        yield button(Deed.TURN, _("Back"), page.number - 1)
    if page.number + 1 < page.pages:
        yield button(Deed.TURN, _("More"), page.number + 1)
    yield button(Deed.UP, _count(page.votes.up), emoji="👍")
    yield button(Deed.DOWN, _count(page.votes.down), emoji="👎")
    if page.place.private and page.place.guild and page.place.asker == pager:
        yield button(Deed.SHARE, _("Share"))


def _count(votes: int) -> str:
    return f"{votes:,}" if votes else ""


def _context_button(page: Page, pager: int, quote: Quote) -> Button:
    press = Press(Deed.CONTEXT, page.id, page.number, pager, quote.paragraph)
    return AnswerButton.of(press, _("Context"))


def _links(quotes: Sequence[Quote]) -> list[Button]:
    """A button for each article, named by its outlet, or by its title where two are of one outlet."""
    first = [group[0] for group in _by_article(quotes)]
    names = [quote.source or urlsplit(quote.url).hostname or "" for quote in first]
    buttons = [
        link_button(source if source and names.count(source) == 1 else wording.title(quote), quote.link)
        for quote, source in zip(first, names, strict=True)
    ]
    return [button for button in buttons if button]


def _state(page: Page | None) -> Iterator[str]:
    if page and page.pages > 1:
        yield _("page {number} of {count}").format(number=page.number + 1, count=page.pages)
    if page and page.gone:
        yield _("some of it is gone: its article was changed or removed, or is not shown here any more")


def _by_article(quotes: Sequence[Quote]) -> list[list[Quote]]:
    groups: dict[str, list[Quote]] = {}
    for quote in quotes:
        groups.setdefault(quote.url, []).append(quote)
    return list(groups.values())


def _newest(quotes: Sequence[Quote]) -> str:
    dated = [quote.published for quote in quotes if quote.published]
    if len(quotes) < 2 or not dated:
        return ""
    newest = max(dated, key=lambda when: (when.year, when.month, when.day))
    return _("Newest evidence: {day}").format(day=when(newest))


def _same_article(quote: Quote, room: int) -> str:
    """What stands above another quote of an article whose title is not said again: a link to the sentence."""
    words, target = _("In the same article"), address(quote.link)
    linked = f"-# {link(words, target)}"
    return linked if target and size(linked) <= room else f"-# {words}"


def _also_in(others: Mapping[str, Headline], room: int) -> str:
    """Who else tells the story, by name or title, in ``room`` characters or less, 150 at least."""
    if not others:
        return ""

    def show(teller: tuple[str, Headline]) -> str:
        label, other = teller
        shown = name(label, NAME // 2) or _("another outlet")
        shown = shown if label == other.source else f"“{shown}”"
        target = address(other.link)
        return link(shown, target) if target and size(target) < room - 80 else shown

    return f"-# {_('Also in {outlets}').format(outlets=some(list(others.items()), show, ', ', room - 20))}"
