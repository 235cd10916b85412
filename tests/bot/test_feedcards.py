"""The cards of feeds keep Discord's limits, whatever strangers call their feeds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from discord import ui
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import feedcards, reply
from bot.commands.feed import FeedControl
from corpus.discovery import Discovery
from corpus.errors import NewsbotError
from corpus.feeds import Entry, Feed, FeedLink
from corpus.fetching import Fetched
from corpus.polling import Health, State
from corpus.store import Entering, Listed, Record, Subscription
from index.runs import Diff
from tests.bot.discord_markdown import shown
from tests.bot.test_reply import check_limits, diffs, items, names, texts

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)

moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
addresses = st.one_of(
    names.map("https://example.com/{}".format),
    st.integers(1, 700).map(lambda times: "https://example.com/" + "a%(*)" * times),
)
states = st.builds(
    State,
    url=addresses,
    due=moments,
    health=st.sampled_from(Health),
    failures=st.integers(0, 10**6),
    reason=texts,
    last_success=st.none() | moments,
)
subscriptions = st.builds(Subscription, states, texts)
counts = st.dictionaries(st.sampled_from(Entering), st.integers(0, 10**9))
listings = st.builds(Listed, subscriptions, counts, st.integers(0, 10**9))
feeds = st.lists(listings, max_size=20)
records = st.builds(
    Record,
    st.none(),
    st.just("guid"),
    st.just("key"),
    texts,
    st.just(b""),
    url=addresses,
    state=st.just(Entering.FAILED),
    reason=texts,
)


def discovery(url: str = "https://example.com/feed", title: str = "The Lamp", entries: int = 3) -> Discovery:
    feed = Feed(title, "", "", None, tuple(Entry(guid=str(number)) for number in range(entries)))
    others = (FeedLink(url, title), FeedLink("https://example.com/sport", ""))
    return Discovery(url, feed, Fetched(url, b"", ""), others)


@given(feeds, st.integers(0, 5))
@settings(deadline=None, max_examples=40)
def test_a_list_keeps_the_limits(listed: list[Listed], page: int) -> None:
    check_limits(feedcards.listed(listed, page, NOW, FeedControl, "/{}".format))


@given(addresses.filter(lambda url: len(url) < 700), texts, st.integers(0, 30))
@settings(deadline=None, max_examples=40)
def test_an_offer_keeps_the_limits(url: str, title: str, entries: int) -> None:
    check_limits(feedcards.found(discovery(url, title, entries), FeedControl))


@given(listings, st.lists(records, max_size=30))
@settings(deadline=None, max_examples=30)
def test_the_problems_of_a_feed_keep_the_limits(listed: Listed, troubled: list[Record]) -> None:
    check_limits(feedcards.one(listed, troubled, NOW, "/{}".format))


@given(subscriptions, diffs)
@settings(deadline=None, max_examples=20)
def test_what_was_added_and_removed_keeps_the_limits(feed: Subscription, diff: Diff) -> None:
    check_limits(feedcards.added(feed, diff))
    check_limits(feedcards.added(feed, Diff()))
    check_limits(reply.notice(feedcards.removed(feed)))


def test_an_address_that_no_message_has_room_for_is_refused() -> None:
    with pytest.raises(NewsbotError, match="Add it with newsbot feed add"):
        feedcards.found(discovery("https://example.com/" + "a" * 2000), FeedControl)


@pytest.mark.parametrize(
    ("entries", "labels"),
    [(0, ["Nothing"]), (10, ["Nothing", "All 10"]), (1200, ["Nothing", "The last 10", "All 1,200"])],
)
def test_only_what_makes_a_difference_is_offered(entries: int, labels: list[str]) -> None:
    view = feedcards.found(discovery(entries=entries), FeedControl)
    buttons = [item.item for item in view.walk_children() if isinstance(item, FeedControl)]
    assert [button.label for button in buttons if isinstance(button, ui.Button)] == labels


def test_a_paused_feed_tells_how_it_is_tried_again() -> None:
    state = State("https://example.com/feed", NOW, Health.PAUSED, 10, "the site refuses bots: HTTP 403")
    view = feedcards.listed([Listed(Subscription(state, "The Lamp"), {})], 0, NOW, FeedControl, "/{}".format)
    assert "Paused: the site refuses bots: HTTP 403. /feed poll tries it again." in shown(
        "\n".join(items(view))
    )
