"""How feeds look in a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.text import Text

from bot import feedwording
from bot.terminal import one_line
from corpus.polling import Health, described, until
from corpus.store import Entering, Listed, Record

if TYPE_CHECKING:
    from rich.console import Console

    from corpus.discovery import Discovery

_COLOURS = {Health.ACTIVE: "green", Health.PAUSED: "red", Health.ENDED: "red"}
_STATES = {
    Entering.STUB: "not in full",
    Entering.WAITING: "will be tried again",
    Entering.FAILED: "could not be read",
}
_NO_FEEDS = "There are no feeds yet. Add one with newsbot feed add ADDRESS."
_MARGIN = 4  # columns left of what belongs to a title
_OTHERS = 5  # feeds of the same site that are named


def feed_to_json(listed: Listed) -> dict[str, Any]:
    """A feed as ``newsbot feed list --json`` prints it; moments are ISO 8601."""
    feed, state = listed.feed, listed.feed.state
    return {
        "title": feed.title,
        "url": state.url,
        "site": feed.site,
        "state": state.health.value,
        "failures": state.failures,
        "reason": state.reason,
        "last_success": state.last_success.isoformat() if state.last_success else None,
        "next_poll": state.due.isoformat() if state.health is Health.ACTIVE else None,
        "articles": listed.articles,
        "entries": {one.value: listed.entries.get(one, 0) for one in Entering},
    }


def problem_to_json(entry: Record) -> dict[str, Any]:
    """An entry that could not be read, or not in full."""
    return {"title": entry.title, "url": entry.url, "state": entry.state.value, "reason": entry.reason}


def show_found(console: Console, found: Discovery) -> None:
    """The feed that an address has led to."""
    _say(console, Text(one_line(found.title) or "A feed without a title", "bold"))
    _say(console, Text(one_line(found.url), "dim"), indent=_MARGIN)
    _say(console, Text(feedwording.size(found)), indent=_MARGIN)
    for other in found.others[:_OTHERS]:
        also = f"also there: {one_line(other.title)} {one_line(other.url)}"
        _say(console, Text(also, "dim"), indent=_MARGIN)


def show_feeds(console: Console, feeds: Sequence[Listed]) -> None:
    """Each feed with what came of it, how it stands and why it fails."""
    if not feeds:
        _say(console, Text(_NO_FEEDS))
        return
    now = datetime.now(UTC)
    for listed in feeds:
        state = listed.feed.state
        colour = "yellow" if state.reason and state.health is Health.ACTIVE else _COLOURS[state.health]
        title = one_line(listed.feed.title) or "A feed without a title"
        _say(console, Text.assemble(("● ", colour), (title, "bold")))
        _say(console, Text(one_line(state.url), "dim"), indent=_MARGIN)
        _say(console, Text(feedwording.entries(listed)), indent=_MARGIN)
        _say(
            console,
            Text(one_line(described(state, now)), "" if colour == "green" else colour),
            indent=_MARGIN,
        )
    failing = sum(bool(listed.feed.state.reason) for listed in feeds)
    paused = any(listed.feed.state.health is not Health.ACTIVE for listed in feeds)
    if failing:
        again = "; newsbot feed poll FEED tries one again that is paused" if paused else ""
        _say(console, Text(f"{failing:,} of {len(feeds):,} feeds fail{again}", "dim"))


def show_next(console: Console, feeds: Sequence[Listed]) -> None:
    """Which feed is read next, when, and by what."""
    active = [listed.feed for listed in feeds if listed.feed.state.health is Health.ACTIVE]
    if not feeds:
        _say(console, Text(_NO_FEEDS))
    elif active:
        following = min(active, key=lambda feed: feed.state.due)
        title = one_line(following.title or following.state.url)
        when = until(following.state.due - datetime.now(UTC))
        reader = "while newsbot run is running, or by newsbot feed poll"
        _say(console, Text(f"next: {title}, {when}, {reader}", "dim"))


def show_problems(console: Console, feeds: Sequence[Listed], entries: Sequence[Record]) -> None:
    """The entries that could not be read, or not in full, under their feeds."""
    titles = {listed.feed.id: listed.feed.title or listed.feed.state.url for listed in feeds}
    if not entries:
        _say(console, Text("Everything that the feeds brought could be read."))
    for feed in dict.fromkeys(entry.feed for entry in entries):
        _say(console, Text(one_line(titles.get(feed, "Pages that were added by hand")), "bold"))
        for entry in entries:
            if entry.feed == feed:
                _show_problem(console, entry)


def _show_problem(console: Console, entry: Record) -> None:
    name, *address = [one_line(part) for part in (entry.title, entry.url) if part] or [
        "An entry without a title"
    ]
    _say(console, Text(name), indent=_MARGIN)
    for line in address:
        _say(console, Text(line, "dim"), indent=2 * _MARGIN)
    reason = f"{_STATES.get(entry.state, entry.state.value)}: {one_line(entry.reason)}"
    _say(console, Text(reason, "yellow"), indent=2 * _MARGIN)


def _say(console: Console, text: Text, *, indent: int = 0) -> None:
    """A line; one that is too long for a terminal goes on under its beginning."""
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent)), highlight=False)
    else:
        console.print(Text(" " * indent) + text, soft_wrap=True, highlight=False)
