"""When a feed is polled next, and what becomes of one that fails. Pure: clock and chance are handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random

from corpus.errors import NewsbotError
from corpus.feeds import Entry, NoFeed
from corpus.fetching import Fetched, FetchError, Refused
from corpus.said import NOTHING, Said

INTERVAL = timedelta(minutes=15)
PATIENCE = 10  # failures in a row after which a feed is paused: with the waits between them, five days
PATIENCE_REFUSED = 3  # and where it is we who refuse, because of what the address is or gives


class Health(StrEnum):
    """Whether a feed is polled."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class State:
    """How things stand with a feed. ``reason`` tells of the last failure, and is empty when all is well.

    ``etag`` and ``last_modified`` came with the last answer. Only an active feed is polled when it is due.
    """

    url: str
    due: datetime
    health: Health = Health.ACTIVE
    failures: int = 0
    reason: Said = NOTHING
    last_success: datetime | None = None
    etag: str = ""
    last_modified: str = ""


def succeeded(state: State, answer: Fetched, ttl: int | None, now: datetime, chance: Random) -> State:
    """After an answer that was read as a feed, or that nothing has changed.

    ``ttl`` is what the feed itself asks for, in seconds, ``None`` also where it was not sent anew. A feed
    that has moved for good is polled at its new address. The wait gets up to a tenth longer by chance, so
    that feeds added together are not polled together for ever.
    """
    fresh = timedelta(seconds=answer.max_age or 0)
    asked = timedelta(seconds=ttl or 0)
    # Many servers call every file fresh for a year; a feed's own word is believed for longer.
    wait = max(INTERVAL, min(fresh, _DAY), min(asked, _WEEK))
    return replace(
        state,
        url=answer.moved or state.url,
        due=now + wait * chance.uniform(1, 1.1),
        health=Health.ACTIVE,
        failures=0,
        reason=NOTHING,
        last_success=now,
        etag=answer.etag or (state.etag if answer.unchanged else ""),
        last_modified=answer.last_modified or (state.last_modified if answer.unchanged else ""),
    )


def failed(state: State, error: NewsbotError, now: datetime, chance: Random) -> State:
    """After a failure: the wait doubles each time, with a quarter more or less by chance, up to a day.

    Where the site says how long to wait, it is not asked before. 410 ends a feed; one that failed often
    enough is paused, until a person resumes it, and so is at once a page whose site has no feed.
    """
    failures = state.failures + 1
    wait = min(INTERVAL * 2 ** min(failures, 20), _DAY) * chance.uniform(0.75, 1.25)
    if isinstance(error, FetchError) and error.retry_after is not None:
        wait = max(wait, min(timedelta(seconds=error.retry_after), _LONGEST))
    patience = PATIENCE_REFUSED if isinstance(error, Refused) else PATIENCE
    health = state.health
    if isinstance(error, FetchError) and error.status == 410:
        health = Health.ENDED
    elif failures >= patience or isinstance(error, NoFeed):
        health = Health.PAUSED
    return replace(state, due=now + wait, health=health, failures=failures, reason=error.said)


def resumed(state: State, now: datetime) -> State:
    """The feed, to be polled at once whatever happened to it."""
    return replace(state, due=now, health=Health.ACTIVE, failures=0)


def described(state: State, now: datetime) -> str:
    """A line for a list of feeds: whether it is polled, why not, and when it last went well."""
    last = f"last read {state.last_success:%d %b %Y, %H:%M} UTC" if state.last_success else "never read"
    if state.health is Health.ACTIVE and not state.reason:
        return f"{last}; next poll {until(state.due - now)}"
    times = "once" if state.failures == 1 else f"{state.failures} times"
    if state.health is Health.ENDED:
        return f"ended: {state.reason}; {last}"
    if state.health is Health.PAUSED:
        return f"paused after it failed {times}: {state.reason}; {last}"
    return f"failed {times}: {state.reason}; {last}; next try {until(state.due - now)}"


def until(wait: timedelta) -> str:
    """How long it is until something happens: in 12 min."""
    minutes = round(wait.total_seconds() / 60)
    if minutes < 1:
        return "now"
    if minutes < 90:
        return f"in {minutes} min"
    return f"in {round(minutes / 60)} h" if minutes < 48 * 60 else f"in {round(minutes / 1440)} days"


def newest(entries: Sequence[Entry], count: int | None) -> tuple[Entry, ...]:
    """The newest entries of a feed in its own order, all with ``None``: how far back a new feed is read.

    Feeds put the newest first, so that where dates are missing the order decides.
    """
    places = list(range(len(entries)))
    dates = [entry.published or entry.updated for entry in entries]
    if all(dates):
        places.sort(key=lambda place: dates[place] or _NEVER, reverse=True)
    return tuple(entries[place] for place in sorted(places[:count]))


_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_LONGEST = timedelta(days=30)
_NEVER = datetime.min.replace(tzinfo=UTC)
