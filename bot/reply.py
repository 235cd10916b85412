"""How the bot's messages look, except for answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING

from discord import ui

from bot import wording
from bot.card import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    MOST_CONTENT,
    MOST_NAMED,
    MOST_TEXT,
    NAME,
    Card,
    head,
    heading,
    some,
)
from bot.language import _, pgettext, plural, sentence, told
from bot.markdown import name, plain

if TYPE_CHECKING:
    from corpus.reading import Failure
    from corpus.store import SourceCount
    from index.newsroom import Diff, Progress, Stats
    from index.why import Place, Why

# Ours, so that a card stays a card.
_HEADING = 200
_STEP = 400

_NEXT_LINE = "\n-# "


def about(stats: Stats, version: str, ask: str) -> ui.LayoutView:
    """What the bot is and what it covers. ``ask`` is the mention of the command that asks."""
    card = Card(BLUE)
    card.say(f"### newsbot\n{wording.what_it_does(ask)}")
    card.rule()
    card.say(f"**{wording.covers(stats.coverage)}**\n{some(stats.sources, _outlet, ', ', 2000)}".strip())
    card.rule()
    facts = [
        plural("{count} passage", "{count} passages", stats.passages),
        plural("{count} of them not encoded yet", "{count} of them not encoded yet", stats.pending)
        if stats.pending
        else "",
        _("model {name}").format(name=plain(stats.model, NAME)) if stats.model else "",
        _("index generation {number}").format(number=f"{stats.generation:,}"),
        f"newsbot {plain(version, NAME)}",
    ]
    card.say(f"-# {' · '.join(filter(None, facts))}")
    return card.view


def underway(heading: str, progress: Progress | None, waiting: str = "") -> ui.LayoutView:
    """How far an indexing run is, or what it is ``waiting`` for; ``heading`` says what goes on."""
    card = Card(BLUE)
    if progress is None:
        state = plain(sentence(told(waiting)), MOST_CONTENT) if waiting else _("Looking for articles…")
    elif progress.stage == "reading":
        state = _("Reading articles: {count}").format(count=_of(progress.done, progress.total))
    else:
        articles = plural("{count} article", "{count} articles", progress.articles)
        state = _("Encoding the passages of {articles}: {count}").format(
            articles=articles, count=_of(progress.done, progress.total)
        )
    card.say(f"### {plain(heading, _HEADING)}\n{state}")
    return card.view


def diff(heading: str, found: Diff, footer: str = "") -> ui.LayoutView:
    """What an indexing run has changed; ``heading`` says which, and ``footer``, in Markdown, what is next."""
    card = Card(AMBER if found.failed else GREEN)
    counts = [
        _("{count} {change}").format(count=f"{len(urls):,}", change=change)
        for change, urls in _changes(found)
    ]
    counts.append(_("{count} unchanged").format(count=f"{len(found.unchanged):,}"))
    if found.failed:
        counts.append(f"**{_('{count} failed').format(count=f'{len(found.failed):,}')}**")
    card.say(f"### {plain(heading, _HEADING)}\n{', '.join(counts)}")
    for change, urls in _changes(found):
        if urls:
            card.say(f"-# **{change.capitalize()}**\n-# {some(urls, _short_url, _NEXT_LINE, 600)}")
    if found.failed:
        card.say(f"-# **{_('Failed')}**\n-# {some(found.failed, _failure, _NEXT_LINE, 1500)}")
    if found.passed_over:
        others = plural(
            "{count} file of another kind passed over",
            "{count} files of other kinds passed over",
            len(found.passed_over),
        )
        card.say(f"-# {others}")
    card.say(footer)
    return card.view


def article(url: str, title: str, became: str) -> ui.LayoutView:
    """What became of one article."""
    card = Card(GREEN)
    card.say(head(title or _short_name(url), url, plain(became, _STEP), 2000))
    return card.view


def why(found: Why) -> ui.LayoutView:
    """Why an article is quoted for a question, or is not: the steps up to the verdict."""
    card = Card(GREEN if found.steps[-1].passed else GREY)
    card.say(f"{heading(found.question)}\n-# {name(found.url, 4 * NAME)}")
    card.say(f"**{_(found.verdict.value).capitalize()}**")
    card.rule()
    for step in found.steps:
        card.say(f"{'✓' if step.passed else '✗'} {plain(told(step.text), _STEP)}")
    if found.passages:
        card.rule()
        best = found.passages[0]
        card.say(f"-# {_('Its best passage')}\n> {plain(best.text, _STEP)}")
        places = {_("by meaning"): best.dense, _("by words"): best.lexical, _("ranked"): best.ranked}
        card.say(f"-# {' · '.join(f'{label} {_place(place)}' for label, place in places.items())}")
    shares = [
        f"{pgettext('figure', share.feature)} {share.points:+.1f} ({share.best:+.1f})"
        for share in found.shares[:MOST_NAMED]
    ]
    if shares:
        label = _("What made its score, and that of the first: {figures}")
        card.say(f"-# {label.format(figures=plain(', '.join(shares), _STEP))}")
    return card.view


def notice(text: str) -> ui.LayoutView:
    """One line in the place of what stood there."""
    card = Card(GREY)
    card.say(plain(text, MOST_TEXT))
    return card.view


def _changes(found: Diff) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield _("added"), found.added
    yield _("changed"), found.changed
    yield _("removed"), found.removed


def _outlet(source: SourceCount) -> str:
    return f"{plain(source.name, NAME) or _('unknown')} ({source.articles:,})"


def _short_name(url: str) -> str:
    return url.removeprefix("https://").removeprefix("http://")


def _short_url(url: str) -> str:
    return plain(_short_name(url), NAME)


def _failure(failure: Failure) -> str:
    # In which folder the articles lie is nobody's business here.
    web = failure.place.startswith(("http://", "https://"))
    place = _short_url(failure.place) if web else plain(PurePath(failure.place).name, NAME)
    return f"{place}: {plain(told(failure.reason), 200)}"


def _of(done: int, total: int | None) -> str:
    if not total:
        return f"{done:,}"
    filled = min(10, 10 * done // total)
    numbers = _("{done} of {total}").format(done=f"{done:,}", total=f"{total:,}")
    return f"{numbers}\n{'▰' * filled}{'▱' * (10 - filled)} {100 * done // total} %"


def _place(place: Place | None) -> str:
    return f"{place.rank:,} ({place.score:.2f})" if place else "–"
