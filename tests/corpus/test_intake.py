"""What a feed on loopback brings into the store, poll after poll."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from corpus.feeds import parse_opml
from corpus.fetching import Fetcher
from corpus.intake import Intake
from corpus.polling import Health, State
from corpus.reading import Failure
from corpus.store import Entering, Outcome, Record, Store, Subscription, Taken
from tests.corpus.server import Server, answer


class Desk:
    """A feed, a clock, and all that was told of what the feed brought."""

    def __init__(self, store: Store, server: Server) -> None:
        self.store, self.server = store, server
        self.now = datetime(2026, 11, 24, 8, tzinfo=UTC)
        self.failed: list[Failure] = []
        self.outcomes: list[tuple[str, Outcome]] = []
        fetcher = Fetcher(allowed=["localhost"])
        self.intake = Intake(store, fetcher, clock=lambda: self.now, chance=Random(1))

    def give(self, *items: str, status: str = "200 OK", path: str = "/feed", **headers: str) -> None:
        feed = f"<rss version='2.0'><channel><title>The Lamp</title>{''.join(items)}</channel></rss>"
        self.server.routes[path] = answer(feed, status, content_type="application/rss+xml", **headers)

    async def add(self, take: int | None = None, path: str = "/feed") -> None:
        found = await self.intake.find(self.server.url(path))
        await self.intake.subscribe(found, take, self.outcomes.extend)
        await self.fetch_pages()

    async def poll(self, hours: float = 1) -> list[Outcome]:
        self.now += timedelta(hours=hours)
        self.outcomes.clear()
        feeds = await self.store.due_feeds(self.now)
        await self.intake.poll(feeds, self.outcomes.extend, self.failed.append)
        await self.fetch_pages()
        return [outcome for _, outcome in self.outcomes]

    async def fetch_pages(self) -> None:
        while await self.intake.fetch_pages(self.outcomes.extend, self.failed.append):
            pass

    async def texts(self) -> dict[str, str]:
        """What the store holds: the texts of articles by the paths of their addresses."""
        found = [article for number in range(1, 200) if (article := await self.store.article(number))]
        return {
            article.url.removeprefix(self.server.url("")): " ".join(
                paragraph.text for paragraph in article.paragraphs
            )
            for article in found
        }

    def page(self, path: str, text: str, canonical: str = "", title: str = "") -> None:
        """Has the server give a page with this text."""
        head = f"<link rel=canonical href='{canonical}'>" if canonical else ""
        title = title or f"{path[1:]} news of the day"
        paragraphs = "".join(f"<p>{part}</p>" for part in text.split("\n"))
        self.server.routes[path] = answer(
            f"<html><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>{paragraphs}"
            "</article></body></html>",
            content_type="text/html",
        )

    async def articles(self) -> int:
        return (await self.store.counts()).articles

    def item(self, name: str, guid: str = "", text: str = "", day: int = 20) -> str:
        text = text or whole(name)
        return (
            f"<item><title>{name} news of the day</title><guid isPermaLink='false'>{guid or name}</guid>"
            f"<link>{self.server.url('/' + name)}</link><description>{text}</description>"
            f"<pubDate>{day} Nov 2026 08:00:00 GMT</pubDate></item>"
        )


def whole(name: str, paragraphs: int = 4) -> str:
    """A text that is long enough to be an article."""
    return "\n".join(
        f"Of the {name} in district {number} the {name} office said on Friday that it would be looked at"
        f" again by the {name} board of district {number} in spring, when, as its chair put it, the days are"
        f" longer and the roads drier, and the {name} will have been seen to by all who are to vote on part"
        f" {number} of it."
        for number in range(paragraphs)
    )


SHORT = "The ferry sails again from Monday, says its captain."


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    store = await Store.open(tmp_path / "newsbot.db")
    async with Server() as server:
        desk = Desk(store, server)
        async with desk.intake:
            yield desk
    await store.close()


async def test_each_article_comes_once_whatever_its_guid_and_date_do(desk: Desk) -> None:
    desk.give(desk.item("ferry"), desk.item("dam"))
    await desk.add()
    assert await desk.articles() == 2
    desk.give(
        desk.item("ferry", guid="today", day=21), desk.item("dam", guid="now", day=22), desk.item("cup")
    )
    assert await desk.poll() == [Outcome.ADDED]
    assert await desk.poll() == []
    assert await desk.articles() == 3


async def test_only_the_newest_are_taken_and_the_others_never_come(desk: Desk) -> None:
    desk.give(*(desk.item(f"old{number}", day=20 - number) for number in range(5)))
    await desk.add(take=2)
    assert sorted(url[-4:] for url, _ in desk.outcomes) == ["old0", "old1"]
    assert await desk.poll() == []
    (listed,) = await desk.store.listed_feeds()
    assert listed.entries == {Entering.STORED: 2, Entering.SKIPPED: 3}


async def test_an_edit_changes_the_article_and_keeps_its_first_date(desk: Desk) -> None:
    text = " ".join(f"ferry{number}" for number in range(200))
    desk.give(desk.item("ferry", text=f"{text}."))
    await desk.add()
    desk.give(desk.item("ferry", text=f"{text} corrected.", day=22))
    assert await desk.poll() == [Outcome.CHANGED]
    article = await desk.store.article(1)
    assert article is not None
    assert article.paragraphs[0].text.endswith("corrected.")
    assert article.day is not None
    assert article.day.day == 20


async def test_a_summary_is_kept_with_the_reason_why_its_page_is_not(desk: Desk) -> None:
    desk.server.routes["/ferry"] = answer(status="403 Forbidden")
    desk.give(desk.item("ferry", text="The ferry sails again, says its captain."))
    await desk.add()
    assert await desk.articles() == 1
    assert [failure.reason for failure in desk.failed] == ["the site refuses bots: HTTP 403"]
    (entry,) = await desk.store.troubled_entries()
    assert (entry.state, entry.reason) == (Entering.STUB, "the site refuses bots: HTTP 403")


async def test_a_feed_that_is_gone_ends_and_its_articles_stay(desk: Desk) -> None:
    desk.give(desk.item("ferry"))
    await desk.add()
    desk.give(status="410 Gone")
    await desk.poll()
    (feed,) = await desk.store.feeds()
    assert feed.state.health is Health.ENDED
    assert await desk.store.due_feeds(desk.now + timedelta(days=99)) == []
    assert await desk.articles() == 1


async def test_entries_without_link_are_articles_of_their_own(desk: Desk) -> None:
    items = [
        f"<item><description>{' '.join(f'{n}x{i}' for i in range(200))}</description></item>" for n in "ab"
    ]
    desk.give(*items)
    await desk.add()
    assert await desk.articles() == 2
    assert await desk.poll() == []
    assert await desk.articles() == 2


class TestPages:
    async def test_the_page_of_a_summary_takes_its_place(self, desk: Desk) -> None:
        desk.page("/ferry", whole("ferry"))
        desk.give(desk.item("ferry", text=SHORT))
        await desk.add()
        assert await desk.texts() == {"/ferry": whole("ferry").replace("\n", " ")}

    async def test_the_feed_s_text_is_kept_where_it_says_more_than_the_page(self, desk: Desk) -> None:
        told = whole("ferry", 2).replace("\n", " ") + ".."  # which looks cut off
        desk.page("/ferry", whole("ferry", 1))
        desk.give(desk.item("ferry", text=told))
        await desk.add()
        assert await desk.texts() == {"/ferry": told}

    async def test_two_summaries_with_one_page_are_one_article(self, desk: Desk) -> None:
        for path in ("/ferry", "/sea"):
            desk.page(path, whole("ferry"), canonical="/news/ferry", title="Ferry sails")
        desk.give(desk.item("ferry", text=SHORT), desk.item("sea", text=f"{SHORT} Read it all."))
        await desk.add()
        assert await desk.texts() == {"/ferry": whole("ferry").replace("\n", " ")}
        assert desk.outcomes.count((desk.server.url("/sea"), Outcome.REMOVED)) == 1
        records = await desk.store.known_entries(1, ["ferry", "sea"], [], [])
        assert [record.article for record in records] == [1, 1]
        assert await desk.poll() == []

    async def test_an_address_that_all_pages_call_their_own_makes_them_not_one(self, desk: Desk) -> None:
        for name in ("ferry", "dam"):
            desk.page(f"/{name}", whole(name), canonical="/news/all")
        desk.give(desk.item("ferry", text=SHORT), desk.item("dam", text="The dam is repaired, they say."))
        await desk.add()
        assert set(await desk.texts()) == {"/ferry", "/dam"}

    async def test_a_page_that_changed_changes_in_place_even_where_it_says_less(self, desk: Desk) -> None:
        desk.page("/ferry", whole("ferry", 6))
        desk.give(desk.item("ferry", text=SHORT))
        await desk.add()
        desk.page("/ferry", whole("ferry", 3))
        desk.give(desk.item("ferry", text=f"Corrected: {SHORT}"))
        assert await desk.poll(2) == [Outcome.CHANGED]
        assert await desk.texts() == {"/ferry": whole("ferry", 3).replace("\n", " ")}
        assert [len(version.paragraphs) for version in await desk.store.history(1)] == [6, 1]

    async def test_a_page_whose_host_asks_for_quiet_makes_the_others_wait(self, desk: Desk) -> None:
        items = [desk.item(f"n{number}", text=f"{SHORT} {number}") for number in range(5)]
        for number in range(5):
            desk.server.routes[f"/n{number}"] = answer(status="429 Slow Down", retry_after="7200")
        desk.give(*items)
        await desk.add()
        assert [request.path for request in desk.server.requests] == ["/feed", "/n0"]
        for number in range(5):
            desk.page(f"/n{number}", whole(f"ferry{number}"))
        assert await desk.poll(1.9) == []
        assert await desk.poll(0.2) == [Outcome.CHANGED] * 5
        assert await desk.store.troubled_entries() == []

    async def test_a_host_that_is_dead_is_asked_once_a_round(self, desk: Desk, tmp_path: Path) -> None:
        asked: list[str] = []

        async def lookup(host: str) -> list[str]:
            asked.append(host)
            raise OSError("no such host")

        store = await Store.open(tmp_path / "other.db")
        intake = Intake(store, Fetcher(lookup=lookup), clock=lambda: desk.now, chance=Random(1))
        pages = [
            Record(None, "", f"dead.example/{number}", "", b"", url=f"https://dead.example/{number}")
            for number in range(30)
        ]
        await store.take_in([Taken(replace(page, state=Entering.WAITING)) for page in pages], desk.now)
        async with intake:
            for visits in range(1, 5):
                while await intake.fetch_pages(desk.outcomes.extend, desk.failed.append):
                    pass
                assert len(asked) == visits
                desk.now += timedelta(days=1)
        assert len(desk.failed) == 30, "and after four days it is given up, with the reason"
        assert {failure.reason for failure in desk.failed} == {"no site called dead.example is found"}
        await store.close()

    async def test_a_defect_that_one_page_brings_out_holds_up_no_other(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        desk.page("/ferry", whole("ferry"))
        desk.page("/dam", whole("dam"))
        read = desk.intake._take_page

        async def stumble(record: Record, *given: object) -> None:
            if record.url.endswith("/ferry"):
                raise ZeroDivisionError
            await read(record, *given)  # type: ignore[arg-type]

        monkeypatch.setattr(desk.intake, "_take_page", stumble)
        desk.give(desk.item("ferry", text=SHORT), desk.item("dam", text="The dam is repaired."))
        await desk.add()
        assert len((await desk.texts())["/dam"]) > 500
        assert ["ZeroDivisionError" in failure.reason for failure in desk.failed] == [True]
        assert "reading" in caplog.text


class TestTwoFeeds:
    async def test_share_an_article(self, desk: Desk) -> None:
        desk.give(desk.item("ferry"), desk.item("dam"))
        desk.give(desk.item("ferry", guid="other"), desk.item("cup"), path="/second")
        await desk.add()
        await desk.add(path="/second")
        assert await desk.articles() == 3
        assert await desk.poll() == []
        first, second = await desk.store.feeds()
        await desk.store.remove_feed(first.id)
        await desk.store.remove_feed(second.id)
        assert await desk.articles() == 3

    async def test_the_one_that_tells_all_fills_up_what_the_other_left_short(self, desk: Desk) -> None:
        desk.server.routes["/ferry"] = answer(status="403 Forbidden")
        desk.give(desk.item("ferry", text=SHORT))
        desk.give(desk.item("ferry", guid="other"), path="/second")
        await desk.add()
        assert await desk.texts() == {"/ferry": SHORT}
        await desk.add(path="/second")
        assert await desk.texts() == {"/ferry": whole("ferry").replace("\n", " ")}
        assert await desk.store.troubled_entries() == []

    async def test_a_summary_that_changes_does_not_take_the_place_of_what_another_told_in_full(
        self, desk: Desk
    ) -> None:
        desk.server.routes["/ferry"] = answer(status="403 Forbidden")
        desk.give(desk.item("ferry"))
        desk.give(desk.item("ferry", guid="other", text=SHORT), path="/second")
        await desk.add()
        await desk.add(path="/second")
        desk.give(desk.item("ferry", guid="other", text=f"Corrected: {SHORT}"), path="/second")
        assert await desk.poll() == []
        assert await desk.texts() == {"/ferry": whole("ferry").replace("\n", " ")}


class TestOddFeeds:
    async def test_a_list_of_sites_leads_to_their_feeds(self, desk: Desk) -> None:
        desk.give(desk.item("ferry"), path="/news/rss.xml")
        desk.server.routes["/news/"] = answer("<html><body>Welcome</body></html>", content_type="text/html")
        (site,) = parse_opml(
            f"<opml><body><outline htmlUrl='{desk.server.url('/news/')}'/></body></opml>".encode()
        )
        await desk.store.add_feed(Subscription(State(site.url, desk.now)), desk.now)
        assert await desk.poll() == [Outcome.ADDED]
        (feed,) = await desk.store.feeds()
        assert feed.state.url == desk.server.url("/news/rss.xml")
        assert await desk.poll() == []

    async def test_a_page_of_a_site_without_a_feed_is_paused_at_once_and_not_searched_again(
        self, desk: Desk
    ) -> None:
        desk.page("/news", whole("ferry"))
        await desk.store.add_feed(Subscription(State(desk.server.url("/news"), desk.now)), desk.now)
        assert await desk.poll() == []
        (feed,) = await desk.store.feeds()
        assert feed.state.health is Health.PAUSED
        assert "none is found on that site: give the address of the feed itself" in feed.state.reason
        asked = len(desk.server.requests)
        for _ in range(3):
            assert await desk.poll(hours=48) == []
        assert len(desk.server.requests) == asked

    async def test_a_site_whose_feed_cannot_be_read_now_is_asked_again(self, desk: Desk) -> None:
        link = "<link rel=alternate type=application/rss+xml href=/hidden.xml>"
        desk.server.routes["/news"] = answer(f"<html><head>{link}</head></html>", content_type="text/html")
        desk.server.routes["/hidden.xml"] = answer(status="503 Service Unavailable")
        await desk.store.add_feed(Subscription(State(desk.server.url("/news"), desk.now)), desk.now)
        assert await desk.poll() == []
        (feed,) = await desk.store.feeds()
        assert feed.state.health is Health.ACTIVE
        desk.give(desk.item("ferry"), path="/hidden.xml")
        assert await desk.poll() == [Outcome.ADDED]

    async def test_of_thousands_of_entries_ten_come_and_the_others_never(self, desk: Desk) -> None:
        desk.give(
            *(
                f"<item><title>n{n}</title><link>{desk.server.url(f'/n{n}')}</link></item>"
                for n in range(2_000)
            )
        )
        for number in range(10):
            desk.page(f"/n{number}", whole(f"ferry{number}", 2))
        await desk.add(take=10)
        assert len(desk.outcomes) == await desk.articles() == 10
        assert await desk.poll() == []
        (listed,) = await desk.store.listed_feeds()
        assert listed.entries == {Entering.STORED: 10, Entering.SKIPPED: 1_990}

    async def test_an_entry_that_said_nothing_at_first_comes_when_it_does(self, desk: Desk) -> None:
        desk.give("<item><guid>a</guid><title>The ferry of the day</title></item>")
        await desk.add()
        assert await desk.articles() == 0
        text = f"<description>{whole('ferry')}</description>"
        desk.give(f"<item><guid>a</guid><title>The ferry of the day</title>{text}</item>")
        assert await desk.poll() == [Outcome.ADDED]
        assert await desk.store.troubled_entries() == []
