"""When feeds are polled, and when no longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from corpus.feeds import Entry, FeedError
from corpus.fetching import Fetched, FetchError, Refused
from corpus.polling import Health, State, described, failed, newest, resumed, succeeded

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
URL = "https://example.com/feed"
NEW = State(URL, due=NOW)


def ok(**fields: object) -> Fetched:
    return Fetched(url=URL, body=b"", content_type="", **fields)  # type: ignore[arg-type]


def wait_after(answer: Fetched, ttl: int | None = None) -> timedelta:
    return succeeded(NEW, answer, ttl, NOW, Random(1)).due - NOW


def fails(state: State, error: Exception, times: int) -> list[State]:
    chance, states, now = Random(2), [state], NOW
    for _ in range(times):
        states.append(failed(states[-1], error, now, chance))  # type: ignore[arg-type]
        now = states[-1].due
    return states[1:]


class TestWhenAllIsWell:
    @pytest.mark.parametrize(
        ("max_age", "ttl", "least"),
        [
            (None, None, timedelta(minutes=15)),
            (0, 0, timedelta(minutes=15)),
            (60, None, timedelta(minutes=15)),
            (3600, None, timedelta(hours=1)),
            (None, 7200, timedelta(hours=2)),
            (7200, 3600, timedelta(hours=2)),
            (31_536_000, None, timedelta(days=1)),
            (None, 31_536_000, timedelta(days=7)),
        ],
    )
    def test_a_feed_is_left_alone_as_long_as_it_asks(
        self, max_age: int | None, ttl: int | None, least: timedelta
    ) -> None:
        assert least <= wait_after(ok(max_age=max_age), ttl) <= least * 1.1

    def test_feeds_that_were_added_together_drift_apart(self) -> None:
        chance = Random(3)
        assert len({succeeded(NEW, ok(), None, NOW, chance).due for _ in range(50)}) == 50

    def test_what_is_needed_to_ask_again_is_kept(self) -> None:
        read = succeeded(NEW, ok(etag="a", last_modified="b"), None, NOW, Random(1))
        assert (read.etag, read.last_modified, read.last_success) == ("a", "b", NOW)
        again = succeeded(read, ok(unchanged=True), None, NOW, Random(1))
        assert (again.etag, again.last_modified) == ("a", "b")
        changed = succeeded(read, ok(), None, NOW, Random(1))
        assert (changed.etag, changed.last_modified) == ("", "")

    def test_a_feed_that_moved_for_good_is_polled_there(self) -> None:
        assert (
            succeeded(NEW, ok(moved="https://example.org/feed"), None, NOW, Random(1)).url
            == "https://example.org/feed"
        )
        assert succeeded(NEW, ok(), None, NOW, Random(1)).url == URL

    def test_success_forgets_failures(self) -> None:
        state = fails(NEW, FetchError("the site has a fault: HTTP 500", status=500), 4)[-1]
        well = succeeded(state, ok(), None, NOW, Random(1))
        assert (well.failures, well.reason, well.health) == (0, "", Health.ACTIVE)


class TestWhenItFails:
    ERROR = FetchError("the site has a fault: HTTP 500", status=500)

    def test_the_waits_double_up_to_a_day(self) -> None:
        states = fails(NEW, self.ERROR, 9)
        starts = [NOW, *(state.due for state in states)]
        waits = [
            (state.due - start) / timedelta(minutes=15) for state, start in zip(states, starts, strict=False)
        ]
        for wait, expected in zip(waits, [2, 4, 8, 16, 32, 64, 96, 96, 96], strict=True):
            assert 0.75 * expected <= wait <= 1.25 * expected

    def test_after_ten_it_is_paused_with_its_reason(self) -> None:
        states = fails(NEW, self.ERROR, 10)
        assert [state.health for state in states] == [Health.ACTIVE] * 9 + [Health.PAUSED]
        assert states[-1].reason == "the site has a fault: HTTP 500"
        assert timedelta(days=3) < states[-2].due - NOW < timedelta(days=6)

    def test_what_we_refuse_is_paused_sooner(self) -> None:
        assert fails(NEW, Refused("not on the public internet"), 3)[-1].health is Health.PAUSED

    def test_a_feed_that_cannot_be_read_fails_too(self) -> None:
        assert fails(NEW, FeedError("this is a web page, not a feed"), 1)[0].reason.startswith(
            "this is a web page"
        )

    def test_gone_is_gone(self) -> None:
        state = fails(NEW, FetchError("gone for good: HTTP 410", status=410), 1)[0]
        assert state.health is Health.ENDED

    @pytest.mark.parametrize(("asked", "least"), [(7200, 7200), (1, 1350), (10**9, 30 * 86_400)])
    def test_a_site_that_says_how_long_is_not_asked_before(self, asked: int, least: int) -> None:
        error = FetchError("come less often: HTTP 429", status=429, retry_after=asked)
        assert fails(NEW, error, 1)[0].due - NOW >= timedelta(seconds=least)

    def test_a_person_can_resume_it(self) -> None:
        paused = fails(NEW, self.ERROR, 10)[-1]
        later = NOW + timedelta(days=30)
        assert resumed(paused, later).health is Health.ACTIVE
        assert resumed(paused, later).due == later


class TestDescription:
    @pytest.mark.parametrize(
        ("state", "line"),
        [
            (State(URL, NOW - timedelta(minutes=12)), "never read; next poll now"),
            (
                State(URL, NOW + timedelta(minutes=12), last_success=NOW),
                "last read 02 Mar 2026, 12:00 UTC; next poll in 12 min",
            ),
            (
                State(URL, NOW + timedelta(hours=5), failures=2, reason="HTTP 500", last_success=NOW),
                "failed 2 times: HTTP 500; last read 02 Mar 2026, 12:00 UTC; next try in 5 h",
            ),
            (
                State(URL, NOW, Health.PAUSED, 10, "HTTP 403", NOW),
                "paused after it failed 10 times: HTTP 403; last read 02 Mar 2026, 12:00 UTC",
            ),
            (State(URL, NOW, Health.ENDED, 1, "HTTP 410"), "ended: HTTP 410; never read"),
        ],
    )
    def test_says_how_things_stand(self, state: State, line: str) -> None:
        assert described(state, NOW) == line


class TestHowFarBack:
    DATED = tuple(Entry(guid=str(day), published=NOW - timedelta(days=day)) for day in (3, 1, 2))
    UNDATED = (Entry(guid="a"), Entry(guid="b", published=NOW), Entry(guid="c"))

    @pytest.mark.parametrize(
        ("entries", "count", "guids"),
        [
            (DATED, 2, ["1", "2"]),
            (DATED, 0, []),
            (DATED, 9, ["3", "1", "2"]),
            (DATED, None, ["3", "1", "2"]),
            (UNDATED, 2, ["a", "b"]),
            ((), 5, []),
        ],
    )
    def test_the_newest_are_taken(
        self, entries: tuple[Entry, ...], count: int | None, guids: list[str]
    ) -> None:
        assert [entry.guid for entry in newest(entries, count)] == guids


def test_the_same_chance_gives_the_same_times() -> None:
    assert fails(NEW, FetchError("x"), 5) == fails(NEW, FetchError("x"), 5)
