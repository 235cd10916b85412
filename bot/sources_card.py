"""How ``/sources`` looks: what is covered, a page of the outlets, and how the feeds do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from discord import ui

from bot import wording
from bot.card import AMBER, BLUE, NAME, Card, ago, some
from bot.controls import Control, pages_of, turning
from bot.language import _, plural, written
from bot.markdown import plain
from corpus.polling import Health

if TYPE_CHECKING:
    from corpus.store import Listed, SourceCount
    from index.answer import Coverage

ON_A_PAGE = 8


def sources(
    coverage: Coverage,
    outlets: Sequence[SourceCount],
    feeds: Sequence[Listed],
    page: int,
    control: type[Control],
) -> ui.LayoutView:
    """A page, from 0, of the outlets. The others have buttons, ``sources:PAGE``, made into ``control``."""
    pages = pages_of(len(outlets), ON_A_PAGE)
    page = min(page, pages - 1)
    failing = [one for one in feeds if one.feed.state.reason]
    card = Card(AMBER if failing else BLUE)
    shown = outlets[page * ON_A_PAGE :][:ON_A_PAGE]
    card.say(f"### {_('Sources')}\n{wording.covers(coverage)}")
    if pages > 1:
        first = page * ON_A_PAGE + 1
        place = _("{first} to {last}").format(first=first, last=first + len(shown) - 1)
        card.say(f"-# {plural('{count} outlet', '{count} outlets', len(outlets))} · {place}")
    for number, outlet in enumerate(shown):
        if number:
            card.gap()
        else:
            card.rule()
        card.say(_outlet(outlet))
    if feeds:
        card.rule()
        card.say(_feeds(feeds))
    if buttons := turning(page, pages, "sources:{}".format, control):
        card.row(*buttons)
    return card.view


def _outlet(source: SourceCount) -> str:
    facts = [plural("{count} article", "{count} articles", source.articles)]
    if source.newest:
        facts.append(_("newest {day}").format(day=written(source.newest)))
    return f"**{plain(source.name, NAME)}**\n-# {' · '.join(facts)}"


def _feeds(feeds: Sequence[Listed]) -> str:
    """How many feeds bring news, when the last was read, and which are not."""
    text = plural("{count} feed brings news by itself", "{count} feeds bring news by themselves", len(feeds))
    read = [one.feed.state.last_success for one in feeds if one.feed.state.last_success]
    failing = [one for one in feeds if one.feed.state.reason and one.feed.state.health is Health.ACTIVE]
    stopped = [one for one in feeds if one.feed.state.health is not Health.ACTIVE]
    lines = [f"**{text}**"]
    if read:
        lines.append(f"-# {_('last read {moment}').format(moment=ago(max(read)))}")
    if failing:
        lines.append(f"-# 🟡 {_('failing now: {feeds}').format(feeds=some(failing, _title, ', ', 300))}")
    if stopped:
        lines.append(
            f"-# 🔴 {_('not read any more: {feeds}').format(feeds=some(stopped, _title, ', ', 300))}"
        )
    if not failing and not stopped:
        lines.append(f"-# 🟢 {_('all well')}")
    return "\n".join(lines)


def _title(listed: Listed) -> str:
    return plain(listed.feed.title, NAME) or _("a feed without a title")
