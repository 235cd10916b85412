"""How the bot's messages look, and the one place that keeps Discord's limits.

Every message is one card of Components V2. Seen side by side it beats embeds: an answer is one card and not
three, uses the width of a desktop, reads as well on a phone, and can have buttons beside what they belong to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit

from discord import ui

from bot import wording
from bot.language import _, plural, written
from bot.markdown import address, bold, escape, link, name, plain, size
from index import sentences
from index.answer import Answer, Headline, Question, Quote

if TYPE_CHECKING:
    from corpus.reading import Failure
    from corpus.store import SourceCount
    from index.newsroom import Diff, Progress, Stats
    from index.why import Place, Why

T = TypeVar("T")

MOST_CONTENT = 2000  # Discord's limits, in characters: of a message's plain text, and of all text of a card
MOST_TEXT = 4000

# Ours, so that a card stays a card.
_MOST_QUOTES = 5
_MOST_HEADLINES = 3
_MOST_NAMED = 10
_EXCERPT = 600
_TITLE = 256
_NAME = 80
_QUESTION = 300
_STEP = 400

_NEXT_LINE = "\n-# "

_BLUE = 0x4A8FD6
_GREY = 0x80848E
_GREEN = 0x3BA55D
_AMBER = 0xE0A030


def answer(found: Answer) -> ui.LayoutView:
    """The quotes that answer a question, best first; or that there are none, and the nearest headlines."""
    return _quotes(found) if found.answered and found.quotes else _no_answer(found)


def about(stats: Stats, version: str, ask: str) -> ui.LayoutView:
    """What the bot is and what it covers. ``ask`` is the mention of the command that asks."""
    card = _Card(_BLUE)
    card.say(
        "### newsbot\n"
        + _(
            "Ask about the news with {command}. Every answer is quoted word for word from an article, with a "
            "link to the sentence. The bot writes nothing itself."
        ).format(command=ask)
    )
    card.rule()
    card.say(f"**{wording.covers(stats.coverage)}**\n{_some(stats.sources, _outlet, ', ', 2000)}".strip())
    card.rule()
    facts = [
        plural("{count} passage", "{count} passages", stats.passages),
        plural("{count} of them not encoded yet", "{count} of them not encoded yet", stats.pending)
        if stats.pending
        else "",
        _("model {name}").format(name=plain(stats.model, _NAME)) if stats.model else "",
        _("index generation {number}").format(number=f"{stats.generation:,}"),
        f"newsbot {plain(version, _NAME)}",
    ]
    card.say(f"-# {' · '.join(filter(None, facts))}")
    return card.view


def underway(progress: Progress | None, waiting: str = "") -> ui.LayoutView:
    """How far an indexing run is, or what it is ``waiting`` for."""
    card = _Card(_BLUE)
    if progress is None:
        state = plain(waiting, MOST_CONTENT) or _("Looking for articles…")
    elif progress.stage == "reading":
        state = _("Reading articles: {count}").format(count=_of(progress.done, progress.total))
    else:
        articles = plural("{count} article", "{count} articles", progress.articles)
        state = _("Encoding the passages of {articles}: {count}").format(
            articles=articles, count=_of(progress.done, progress.total)
        )
    card.say(f"### {_('Re-indexing')}\n{state}")
    return card.view


def diff(found: Diff, seconds: float) -> ui.LayoutView:
    """What an indexing run has changed."""
    card = _Card(_AMBER if found.failed else _GREEN)
    counts = [f"{len(urls):,} {change}" for change, urls in _changes(found)]
    counts.append(_("{count} unchanged").format(count=f"{len(found.unchanged):,}"))
    if found.failed:
        counts.append(f"**{_('{count} failed').format(count=f'{len(found.failed):,}')}**")
    heading = _("Re-indexed in {duration}").format(duration=wording.duration(seconds))
    card.say(f"### {heading}\n{', '.join(counts)}")
    for change, urls in _changes(found):
        if urls:
            card.say(f"-# **{change.capitalize()}**\n-# {_some(urls, _short_url, _NEXT_LINE, 600)}")
    if found.failed:
        card.say(f"-# **{_('Failed')}**\n-# {_some(found.failed, _failure, _NEXT_LINE, 1500)}")
    if found.passed_over:
        others = plural(
            "{count} file of another kind passed over",
            "{count} files of other kinds passed over",
            len(found.passed_over),
        )
        card.say(f"-# {others}")
    return card.view


def why(found: Why) -> ui.LayoutView:
    """Why an article is quoted for a question, or is not: the steps up to the verdict."""
    card = _Card(_GREEN if found.steps[-1].passed else _GREY)
    card.say(f"{_heading(found.question)}\n-# {name(found.url, 4 * _NAME)}")
    card.say(f"**{plain(found.verdict.capitalize(), _NAME)}**")
    card.rule()
    for step in found.steps:
        card.say(f"{'✓' if step.passed else '✗'} {plain(step.text, _STEP)}")
    if found.passages:
        card.rule()
        best = found.passages[0]
        card.say(f"-# {_('Its best passage')}\n> {plain(best.text, _STEP)}")
        places = {_("by meaning"): best.dense, _("by words"): best.lexical, _("ranked"): best.ranked}
        card.say(f"-# {' · '.join(f'{label} {_place(place)}' for label, place in places.items())}")
    shares = [
        f"{share.feature} {share.points:+.1f} ({share.best:+.1f})" for share in found.shares[:_MOST_NAMED]
    ]
    if shares:
        label = _("What made its score, and that of the first: {figures}")
        card.say(f"-# {label.format(figures=plain(', '.join(shares), _STEP))}")
    return card.view


def notice(text: str) -> ui.LayoutView:
    """One line in the place of what stood there."""
    card = _Card(_GREY)
    card.say(plain(text, MOST_TEXT))
    return card.view


class _Card:
    """A message of one container, filled from the top."""

    def __init__(self, colour: int) -> None:
        self.left = MOST_TEXT
        self.view = ui.LayoutView(timeout=None)
        self._container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=colour)
        self.view.add_item(self._container)

    def say(self, text: str) -> None:
        """Adds Markdown, of which there must be ``left`` or less."""
        if not text:
            return
        self.left -= size(text)
        if self.left < 0:
            raise ValueError("the card is full")
        self._container.add_item(ui.TextDisplay(text))

    def rule(self) -> None:
        self._container.add_item(ui.Separator())


def _quotes(found: Answer) -> ui.LayoutView:
    card = _Card(_BLUE)
    card.say(_heading(found.question))
    quotes = found.quotes[:_MOST_QUOTES]
    footer = _newest(quotes)
    for position, quote in enumerate(quotes):
        card.rule()
        _say_quote(card, quote, (card.left - size(footer)) // (len(quotes) - position))
    if footer:
        card.rule()
        card.say(footer)
    return card.view


def _say_quote(card: _Card, quote: Quote, room: int) -> None:
    """Adds one quote in ``room`` characters or less."""
    head = _head(quote.title, quote.link or quote.url, _byline(quote), room // 2)
    others = _also_in(quote.also_in, room // 4)
    space = room - size(head) - size(others) - 10  # for the dots and line ends
    left, right = _window(quote, space)
    dots_before = "-# …\n" if quote.text[:left].strip() else ""
    dots_after = "-# …" if quote.text[right:].strip() else ""
    # A link stands apart from the words of an article, which then cannot have a part in it.
    card.say(head)
    card.say(f"{dots_before}{_quotation(quote, left, right)}")
    card.say("\n".join(filter(None, [dots_after, others])))


def _no_answer(found: Answer) -> ui.LayoutView:
    card = _Card(_GREY)
    card.say(_heading(found.question))
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
            _head(headline.title, headline.link, _source_and_day(headline.source, headline.published), 800)
        )
    card.rule()
    card.say(f"-# {_('Searched: {coverage}.').format(coverage=wording.covers(coverage))}")
    return card.view


def _heading(question: Question) -> str:
    """The question, and what its answer was limited to."""
    limits = []
    if question.sources:
        outlets = _some(question.sources, lambda source: plain(source, _NAME), ", ", 300)
        limits.append(_("only {outlets}").format(outlets=outlets))
    if question.since:
        limits.append(_("since {day}").format(day=written(question.since)))
    if question.until:
        limits.append(_("until {day}").format(day=written(question.until)))
    heading = f"### {plain(question.text, _QUESTION)}"
    return f"{heading}\n-# {', '.join(limits)}" if limits else heading


def _head(title: str, url: str, byline: str, room: int) -> str:
    """Title and byline in ``room`` characters or less; the title is a link, if there is one that fits."""
    byline = f"\n-# {byline}"
    room -= size(byline) + len("**[]()**")
    shown = name(title, min(_TITLE, room)) or _("Untitled")
    for target in (address(url), address(url.partition("#")[0])):
        if target and size(shown) + size(target) <= room:
            return f"**{link(shown, target)}**{byline}"
    return f"**{shown}**{byline}"


def _byline(quote: Quote) -> str:
    parts = urlsplit(quote.url)
    if parts.scheme != "file":
        return _source_and_day(quote.source or parts.hostname or "", quote.published)
    file = name(unquote(PurePath(parts.path).name), _NAME)
    return " · ".join(filter(None, [file, _source_and_day(quote.source, quote.published)]))


def _source_and_day(source: str, published: date | datetime | None) -> str:
    return " · ".join(filter(None, [name(source, _NAME), _when(published)]))


def _when(published: date | datetime | None) -> str:
    """A moment in each reader's own time zone; a day without a time as it is, for no zone may move it."""
    if published is None:
        return _("date unknown")
    if isinstance(published, datetime) and published.tzinfo and published.time() != time():
        return f"<t:{int(published.timestamp())}:f>"
    return written(published)


def _newest(quotes: Sequence[Quote]) -> str:
    dated = [quote.published for quote in quotes if quote.published]
    if len(quotes) < 2 or not dated:
        return ""
    newest = max(dated, key=lambda when: (when.year, when.month, when.day))
    return f"-# {_('Newest evidence: {day}').format(day=_when(newest))}"


def _also_in(others: Sequence[Headline], room: int) -> str:
    """The other outlets that tell the story, each once, in ``room`` characters or less, 150 at least."""
    if not others:
        return ""

    def show(other: Headline) -> str:
        shown = name(other.source or other.title, _NAME // 2) or _("another outlet")
        target = address(other.link)
        return link(shown, target) if target and size(target) < room - 80 else shown

    by_name: dict[str, Headline] = {}
    for other in others:
        by_name.setdefault(other.source or other.title, other)
    return f"-# {_('Also in {outlets}').format(outlets=_some(list(by_name.values()), show, ', ', room - 20))}"


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


def _some(items: Sequence[T], show: Callable[[T], str], between: str, room: int) -> str:
    """As many of ``items`` as are fit to read and go into ``room`` characters, and how many are left."""
    shown = ""
    for position, item in enumerate(items):
        longer = f"{shown}{between}{show(item)}".removeprefix("" if position else between)
        more = between + _("and {count} more").format(count=f"{len(items) - position:,}")
        if position and (position == _MOST_NAMED or size(longer) + size(more) > room):
            return f"{shown}{more}"
        shown = longer
    return shown


def _changes(found: Diff) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield _("added"), found.added
    yield _("changed"), found.changed
    yield _("removed"), found.removed


def _outlet(source: SourceCount) -> str:
    return f"{plain(source.name, _NAME) or _('unknown')} ({source.articles:,})"


def _short_url(url: str) -> str:
    return plain(url.removeprefix("https://").removeprefix("http://"), _NAME)


def _failure(failure: Failure) -> str:
    # In which folder the articles lie is nobody's business here.
    return f"{plain(PurePath(failure.place).name, _NAME)}: {plain(failure.reason, 200)}"


def _of(done: int, total: int | None) -> str:
    if not total:
        return f"{done:,}"
    filled = min(10, 10 * done // total)
    numbers = _("{done} of {total}").format(done=f"{done:,}", total=f"{total:,}")
    return f"{numbers}\n{'▰' * filled}{'▱' * (10 - filled)} {100 * done // total} %"


def _place(place: Place | None) -> str:
    return f"{place.rank:,} ({place.score:.2f})" if place else "–"
