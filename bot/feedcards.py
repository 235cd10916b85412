"""How feeds look in Discord."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import discord
from discord import ui

from bot import feedwording, reply
from bot.card import AMBER, BLUE, GREEN, NAME, Card, ago, some
from bot.controls import Control, pages_of, turning
from bot.language import _, plural, told
from bot.markdown import address, link, name, plain, size
from corpus.errors import NewsbotError
from corpus.polling import Health

if TYPE_CHECKING:
    from corpus.discovery import Discovery
    from corpus.feeds import FeedLink
    from corpus.polling import State
    from corpus.store import Listed, Record, Subscription
    from index.runs import Diff

ON_A_PAGE = 6  # feeds

_ADDRESS = re.compile(r"`(https?://[^`\s]+)`")
_LONGEST = 1500  # characters of an address
_TITLE = 150
_REASON = 200
_LIGHTS = {Health.ACTIVE: "🟢", Health.PAUSED: "🔴", Health.ENDED: "⚫"}
_TROUBLED = "🟡"


def found(feed: Discovery, control: type[Control]) -> ui.LayoutView:
    """The feed that an address has led to, and the question how far back to go. Raises NewsbotError.

    The answers are buttons with the ids ``feed:take:NUMBER`` and ``feed:take:all``, made into ``control``.
    """
    url = feed.url.replace("`", "%60")
    if size(url) > _LONGEST:
        raise NewsbotError("The address of this feed is too long for Discord. Add it with newsbot feed add.")
    card = Card(BLUE)
    card.say(f"### {_linked(feed.title, feed.url, 1000)}\n-# `{url}`\n{feedwording.size(feed)}")
    if feed.others:
        others = some(feed.others, _other, ", ", 800)
        card.say(f"-# {_('The site has other feeds, too: {feeds}').format(feeds=others)}")
    card.rule()
    card.say(_("What comes from now on is taken in. How much of what is there already?"))
    several = feed.entries > feedwording.TAKE
    answers = {"0": _("Nothing")}
    if several:
        answers[str(feedwording.TAKE)] = _("The last {count}").format(count=feedwording.TAKE)
    if feed.entries:
        answers["all"] = _("All {count}").format(count=f"{feed.entries:,}")
    usual = str(feedwording.TAKE) if several else "all"
    styles = {usual: discord.ButtonStyle.primary}
    buttons = [
        ui.Button[ui.LayoutView](
            label=label, custom_id=f"feed:take:{take}", style=styles.get(take, discord.ButtonStyle.secondary)
        )
        for take, label in answers.items()
    ]
    card.row(*map(control, buttons))
    return card.view


def found_in(message: discord.Message) -> str:
    """The address of the feed that a message offers. Raises NewsbotError where there is none."""
    for item in ui.LayoutView.from_message(message).walk_children():
        if isinstance(item, ui.TextDisplay) and (told := _ADDRESS.search(item.content)):
            return told[1]
    raise NewsbotError("This message does not tell its feed any more. Add the feed anew.")


def added(feed: Subscription, diff: Diff) -> ui.LayoutView:
    """That a feed is there now, and what it has brought."""
    heading = _("Added {feed}").format(feed=feed.title or feed.state.url)
    again = f"-# {_('It is read again {moment}.').format(moment=ago(feed.state.due))}"
    if diff.added or diff.changed or diff.failed:
        return reply.diff(heading, diff, again)
    card = Card(GREEN)
    nothing_yet = _("What comes from now on is taken in.")
    card.say(f"### {plain(heading, 2 * _TITLE)}\n{nothing_yet}\n{again}")
    return card.view


def listed(
    feeds: Sequence[Listed],
    page: int,
    now: datetime,
    control: type[Control],
    mention: Callable[[str], str],
) -> ui.LayoutView:
    """A page of the feeds, counted from 0: what came of each, how it stands and why it fails.

    Those that fail come first. Other pages have buttons with the ids ``feed:page:NUMBER``, made into
    ``control``. ``mention`` gives the mention of a command.
    """
    feeds = sorted(feeds, key=lambda one: not one.feed.state.reason)
    pages = pages_of(len(feeds), ON_A_PAGE)
    page = min(page, pages - 1)
    shown = feeds[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]
    failing = sum(bool(one.feed.state.reason) for one in feeds)
    card = Card(AMBER if failing else GREEN)
    if not feeds:
        card.say(_("There are no feeds yet. Add one with {command}.").format(command=mention("feed add")))
        return card.view
    facts = [plural("{count} of them fails", "{count} of them fail", failing)] if failing else []
    if len(feeds) > ON_A_PAGE:
        first = page * ON_A_PAGE + 1
        facts.append(_("{first} to {last}").format(first=first, last=first + len(shown) - 1))
    heading = f"### {plural('{count} feed', '{count} feeds', len(feeds))}"
    card.say("\n-# ".join(filter(None, [heading, " · ".join(facts)])))
    for position, one in enumerate(shown):
        card.rule()
        card.say(_feed(one, now, mention, card.left // (len(shown) - position)))
    if buttons := turning(page, pages, "feed:page:{}".format, control):
        card.rule()
        card.row(*buttons)
    return card.view


def one(
    listed: Listed, troubled: Sequence[Record], now: datetime, mention: Callable[[str], str]
) -> ui.LayoutView:
    """How one feed stands, and which of its entries could not be read, or not in full, and why."""
    card = Card(AMBER if listed.feed.state.reason or troubled else GREEN)
    card.say(_feed(listed, now, mention, 1500))
    if troubled:
        card.rule()
        card.say(some(troubled, _problem, "\n", card.left))
    return card.view


def removed(feed: Subscription) -> str:
    """That a feed is gone."""
    return _("{feed} is not read any more. Its articles stay.").format(feed=feed.title or feed.state.url)


def _feed(one: Listed, now: datetime, mention: Callable[[str], str], room: int) -> str:
    """A feed in some lines of ``room`` characters or less."""
    state = one.feed.state
    light = _TROUBLED if state.reason and state.health is Health.ACTIVE else _LIGHTS[state.health]
    facts = [feedwording.entries(one), *_times(state, now)]
    lines = [f"-# {' · '.join(facts)}", *([f"-# {trouble}"] if (trouble := _trouble(state, mention)) else [])]
    rest = "\n".join(lines)
    return f"{light} **{_linked(one.feed.title, state.url, room - size(rest) - 10)}**\n{rest}"


def _times(state: State, now: datetime) -> list[str]:
    last = _("never read")
    if state.last_success:
        last = _("last read {moment}").format(moment=ago(state.last_success))
    if state.health is not Health.ACTIVE:
        return [last]
    return [last, _("next {moment}").format(moment=ago(state.due) if state.due > now else _("soon"))]


def _trouble(state: State, mention: Callable[[str], str]) -> str:
    reason = plain(told(state.reason), _REASON)
    if state.health is Health.ENDED:
        return _("Ended: {reason}").format(reason=reason)
    if state.health is Health.PAUSED:
        again = mention("feed poll")
        return _("Paused: {reason}. {command} tries it again.").format(reason=reason, command=again)
    if not reason:
        return ""
    return f"{plural('Failed once', 'Failed {count} times', state.failures)}: {reason}"


def _problem(entry: Record) -> str:
    return f"{_linked(entry.title, entry.url, 400)}\n-# {plain(told(entry.reason), _REASON)}"


def _linked(title: str, url: str, room: int) -> str:
    """The title of a feed, which is a link to it where that goes into ``room`` characters."""
    shown = name(title or url, min(_TITLE, room)) or _("Untitled")
    target = address(url)
    return link(shown, target) if target and size(shown) + size(target) + 4 <= room else shown


def _other(feed: FeedLink) -> str:
    return _linked(name(feed.title, NAME), feed.url, 300)
