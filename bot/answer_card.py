"""The card of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from urllib.parse import unquote, urlsplit

from discord import ui

from bot import wording
from bot.card import BLUE, GREY, MOST_TEXT, NAME, Card, head, heading, some, source_and_day, when
from bot.language import _
from bot.markdown import address, bold, escape, link, name, size
from index import sentences
from index.answer import Answer, Headline, Quote

# Ours, so that a card stays a card.
_MOST_QUOTES = 5
_MOST_HEADLINES = 3
_EXCERPT = 600


def answer(found: Answer) -> ui.LayoutView:
    """The quotes that answer a question, best first; or that there are none, and the nearest headlines."""
    return _quotes(found) if found.answered and found.quotes else _no_answer(found)


def _quotes(found: Answer) -> ui.LayoutView:
    card = Card(BLUE)
    card.say(heading(found.question))
    quotes = found.quotes[:_MOST_QUOTES]
    footer = _newest(quotes)
    for position, quote in enumerate(quotes):
        card.rule()
        _say_quote(card, quote, (card.left - size(footer)) // (len(quotes) - position))
    if footer:
        card.rule()
        card.say(footer)
    return card.view


def _say_quote(card: Card, quote: Quote, room: int) -> None:
    """Adds one quote in ``room`` characters or less."""
    title = head(quote.title, quote.link or quote.url, _byline(quote), room // 2)
    others = _also_in(quote.also_in, room // 4)
    space = room - size(title) - size(others) - 10  # for the dots and line ends
    left, right = _window(quote, space)
    dots_before = "-# …\n" if quote.text[:left].strip() else ""
    dots_after = "-# …" if quote.text[right:].strip() else ""
    # A link stands apart from the words of an article, which then cannot have a part in it.
    card.say(title)
    card.say(f"{dots_before}{_quotation(quote, left, right)}")
    card.say("\n".join(filter(None, [dots_after, others])))


def _no_answer(found: Answer) -> ui.LayoutView:
    card = Card(GREY)
    card.say(heading(found.question))
    card.rule()
    coverage = found.coverage
    if not coverage.articles:
        card.say(_("There are no articles to answer from yet. Whoever manages this server can run /reindex."))
        return card.view
    card.say(f"**{wording.nothing_found()}**")
    headlines = found.headlines[:_MOST_HEADLINES]
    if headlines:
        card.say(f"-# {_('Nearest headlines')}")
    for headline in headlines:
        card.say(
            head(headline.title, headline.link, source_and_day(headline.source, headline.published), 800)
        )
    card.rule()
    card.say(f"-# {_('Searched: {coverage}.').format(coverage=wording.covers(coverage))}")
    return card.view


def _byline(quote: Quote) -> str:
    parts = urlsplit(quote.url)
    if parts.scheme != "file":
        return source_and_day(quote.source or parts.hostname or "", quote.published)
    file = name(unquote(PurePath(parts.path).name), NAME)
    return " · ".join(filter(None, [file, source_and_day(quote.source, quote.published)]))


def _newest(quotes: Sequence[Quote]) -> str:
    dated = [quote.published for quote in quotes if quote.published]
    if len(quotes) < 2 or not dated:
        return ""
    newest = max(dated, key=lambda when: (when.year, when.month, when.day))
    return f"-# {_('Newest evidence: {day}').format(day=when(newest))}"


def _also_in(others: Sequence[Headline], room: int) -> str:
    """The other outlets that tell the story, each once, in ``room`` characters or less, 150 at least."""
    if not others:
        return ""

    def show(other: Headline) -> str:
        shown = name(other.source or other.title, NAME // 2) or _("another outlet")
        target = address(other.link)
        return link(shown, target) if target and size(target) < room - 80 else shown

    by_name: dict[str, Headline] = {}
    for other in others:
        by_name.setdefault(other.source or other.title, other)
    return f"-# {_('Also in {outlets}').format(outlets=some(list(by_name.values()), show, ', ', room - 20))}"


def _window(quote: Quote, space: int) -> tuple[int, int]:
    """Where the excerpt begins and ends: as many whole sentences as are fit to read.

    An answering sentence that does not go into ``space`` characters by itself is cut at its end.
    """
    left, right = quote.start, quote.end
    if size(_quotation(quote, left, right)) > space:
        return left, _cut(quote, space)
    space = min(space, _EXCERPT)
    starts, ends = _sentences_around(quote)
    while starts or ends:
        if starts and size(_quotation(quote, starts[0], right)) <= space:
            left = starts.pop(0)
        else:
            starts.clear()
        if ends and size(_quotation(quote, left, ends[0])) <= space:
            right = ends.pop(0)
        else:
            ends.clear()
    return left, right


def _sentences_around(quote: Quote) -> tuple[list[int], list[int]]:
    """Where the sentences before begin and those after end, in both the nearest first."""
    far_left, far_right = max(0, quote.start - MOST_TEXT), quote.end + MOST_TEXT
    before = sentences.split(quote.text[far_left : quote.start])
    after = sentences.split(quote.text[quote.end : far_right])
    starts = [far_left + start for start, _ in reversed(before)]
    ends = [quote.end + end for _, end in after]
    # The outermost may have been cut.
    return starts[: -1 if far_left else None], ends[: -1 if far_right < len(quote.text) else None]


def _cut(quote: Quote, space: int) -> int:
    """The end, between words if possible, of as much of the answering sentence as ``space`` holds."""
    right = min(quote.end, quote.start + space)
    while (over := size(_quotation(quote, quote.start, right)) - space) > 0 and right > quote.start + 1:
        right -= max(1, over // 3)
    between = max(quote.text.rfind(" ", quote.start, right), quote.text.rfind("\n", quote.start, right))
    return between if between > quote.start else right


def _quotation(quote: Quote, left: int, right: int) -> str:
    """``quote.text[left:right]`` as a block quotation, the answering sentence bold."""
    end = min(quote.end, right)
    before, sentence, after = (
        quote.text[left : quote.start],
        quote.text[quote.start : end],
        quote.text[end:right],
    )
    marked = escape(before) + bold(escape(sentence)) + escape(after)
    return "\n".join(f"> {line}" for line in marked.split("\n"))
