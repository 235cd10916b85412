"""How feeds look in Discord."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import discord
from discord import ui

from bot import feedwording
from bot.card import AMBER, BLUE, GREEN, NAME, Card, some
from bot.controls import Control
from bot.language import _, plural
from bot.markdown import address, link, name, plain, size
from corpus.errors import NewsbotError
from corpus.polling import Health

if TYPE_CHECKING:
    from corpus.discovery import Discovery
    from corpus.feeds import FeedLink
    from corpus.feedstore import Listed, Subscription
    from corpus.polling import State

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
    card.say(_("What comes from now on is taken in. And what is there already?"))
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


def listed(feeds: Sequence[Listed], page: int, now: datetime, control: type[Control]) -> ui.LayoutView:
    """A page of the feeds, counted from 0: what came of each, how it stands and why it fails.

    Other pages have buttons with the ids ``feed:page:NUMBER``, made into ``control``.
    """
    page = min(page, max(0, len(feeds) - 1) // ON_A_PAGE)
    shown = feeds[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]
    well = all(not one.feed.state.reason for one in feeds)
    card = Card(GREEN if well else AMBER)
    if not feeds:
        card.say(_("There are no feeds yet. Add one with {command}.").format(command="/feed add"))
        return card.view
    heading = f"### {plural('{count} feed', '{count} feeds', len(feeds))}"
    if len(feeds) > ON_A_PAGE:
        place = _("{first} to {last}").format(first=page * ON_A_PAGE + 1, last=page * ON_A_PAGE + len(shown))
        heading += f"\n-# {place}"
    card.say(heading)
    card.rule()
    for one in shown:
        card.say(_feed(one, now, (card.left - 20) // (ON_A_PAGE + 1)))
    pages = {_("Back"): page - 1, _("More"): page + 1}
    buttons = [
        control(ui.Button(label=label, custom_id=f"feed:page:{other}"))
        for label, other in pages.items()
        if 0 <= other * ON_A_PAGE < len(feeds)
    ]
    if buttons:
        card.row(*buttons)
    return card.view


def removed(feed: Subscription) -> str:
    """That a feed is gone."""
    return _("{feed} is not read any more. Its articles stay.").format(feed=feed.title or feed.state.url)


def next_poll(feed: Subscription) -> str:
    """When a feed that was added is read again."""
    return f"-# {_('It is read again {moment}.').format(moment=_moment(feed.state.due))}"


def _feed(one: Listed, now: datetime, room: int) -> str:
    """A feed in some lines of ``room`` characters or less."""
    state = one.feed.state
    light = _TROUBLED if state.reason and state.health is Health.ACTIVE else _LIGHTS[state.health]
    trouble = _trouble(state)
    lines = [
        feedwording.entries(one.entries),
        f"-# {' · '.join(_times(state, now))}",
        *([f"-# {trouble}"] if trouble else []),
    ]
    rest = "\n".join(lines)
    return f"{light} **{_linked(one.feed.title, state.url, room - size(rest) - 10)}**\n{rest}"


def _times(state: State, now: datetime) -> list[str]:
    if state.last_success:
        times = [_("last read {moment}").format(moment=_moment(state.last_success))]
    else:
        times = [_("never read")]
    if state.health is Health.ACTIVE:
        due = _moment(state.due) if state.due > now else _("soon")
        times.append(_("next {moment}").format(moment=due))
    return times


def _trouble(state: State) -> str:
    reason = plain(state.reason, _REASON)
    if state.health is Health.ENDED:
        return _("Ended: {reason}").format(reason=reason)
    if state.health is Health.PAUSED:
        return _("Paused: {reason}. {command} tries it again.").format(reason=reason, command="/feed poll")
    if not reason:
        return ""
    return f"{plural('Failed once', 'Failed {count} times', state.failures)}: {reason}"


def _linked(title: str, url: str, room: int) -> str:
    """The title of a feed, which is a link to it where that goes into ``room`` characters."""
    shown = name(title or url, min(_TITLE, room)) or _("Untitled")
    target = address(url)
    return link(shown, target) if target and size(shown) + size(target) + 4 <= room else shown


def _other(feed: FeedLink) -> str:
    return _linked(name(feed.title, NAME), feed.url, 300)


def _moment(when: datetime) -> str:
    return f"<t:{int(when.timestamp())}:R>"
