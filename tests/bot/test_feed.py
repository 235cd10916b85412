"""What the people who look after a server see of feeds: a real newsroom, and a server on loopback."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import discord
import pytest

from corpus.feeds import FeedLink
from corpus.workshop import Workshop
from index.newsroom import Newsroom
from tests.bot.conftest import Server, make_bot, text_of
from tests.bot.discord_markdown import shown
from tests.conftest import OpenNewsroom
from tests.corpus.server import Server as Web
from tests.corpus.server import answer

TEXT = " ".join(f"The harbour of Saltmere counted {number} boats." for number in range(40))


@dataclass
class Desk:
    """A server in Discord, the bot's newsroom, and a web site."""

    server: Server
    newsroom: Newsroom
    web: Web

    def serve(self, *names: str, path: str = "/lamp", title: str = "The Lamp", text: str = TEXT) -> str:
        items = "".join(
            f"<item><title>News of {name}</title><link>{self.web.url(f'/{name}')}</link>"
            f"<description>{text.replace('boats', name)}</description></item>"
            for name in names
        )
        feed = f"<rss version='2.0'><channel><title>{title}</title>{items}</channel></rss>"
        self.web.routes[path] = answer(feed, content_type="text/xml")
        return self.web.url(path)

    async def feed(self, command: str, **options: Any) -> Any:
        return await self.server.editor.slash(self.server.channel, f"feed {command}", **options)

    async def articles(self) -> int:
        return (await self.newsroom.coverage()).articles


@pytest.fixture
async def newsroom(open_newsroom: OpenNewsroom, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    """A real one, in the place of the stand-in."""

    async def at_once(_: Workshop, work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        return work(*arguments, **options)  # another process for each test would take long to start

    monkeypatch.setattr(Workshop, "run", at_once)
    return await open_newsroom(allowed_hosts=["localhost"])


@pytest.fixture
async def desk(server: Server, newsroom: Newsroom) -> AsyncIterator[Desk]:
    async with Web() as web:
        yield Desk(server, newsroom, web)


def text(result: Any) -> str:
    return shown(text_of(result.response))


# add


async def test_what_was_found_is_told_and_a_button_says_how_far_back_to_go(desk: Desk) -> None:
    desk.web.routes["/"] = answer(
        "<link rel='alternate' type='application/rss+xml' href='/lamp'>"
        "<link rel='alternate' type='application/rss+xml' href='/sport' title='Sport'>",
        content_type="text/html",
    )
    desk.serve(*(f"n{number}" for number in range(12)))
    offer = await desk.feed("add", address=desk.web.url("/"))
    assert offer.ephemeral
    assert "The Lamp" in text(offer)
    assert "12 entries" in text(offer)
    assert "Sport" in text(offer)
    assert await desk.newsroom.feeds() == []

    added = await desk.server.editor.click(offer.response, label="The last 10")
    assert "Added The Lamp" in text(added)
    assert "10 added" in text(added)
    (feed,) = await desk.newsroom.feeds()
    assert f"It is read again <t:{int(feed.feed.state.due.timestamp())}:R>" in text_of(added.response)
    assert await desk.articles() == 10


@pytest.mark.parametrize(("button", "articles"), [("Nothing", 0), ("All 3", 3)])
async def test_nothing_or_all_may_be_taken(desk: Desk, button: str, articles: int) -> None:
    offer = await desk.feed("add", address=desk.serve("one", "two", "three"))
    added = await desk.server.editor.click(offer.response, label=button)
    assert (f"{articles} added" if articles else "What comes from now on is taken in") in text(added)
    assert await desk.articles() == articles


async def test_who_says_how_many_is_not_asked(desk: Desk) -> None:
    added = await desk.feed("add", address=desk.serve("one", "two", "three"), take="2")
    assert "Added The Lamp" in text(added)
    assert "2 added" in text(added)
    refused = await desk.feed("add", address=desk.serve("four", path="/other"), take="some")
    assert "“some” is not how many entries to take" in refused.followups[0].content
    assert len(desk.server.env.errors) == 1


async def test_the_button_works_after_a_restart(desk: Desk, newsroom: Newsroom) -> None:
    offer = await desk.feed("add", address=desk.serve("one"))
    await desk.server.env.restart_bot(make_bot(newsroom))
    await desk.server.editor.click(offer.response, label="All 1")
    assert await desk.articles() == 1


async def test_a_button_that_is_pressed_too_late_says_so(desk: Desk) -> None:
    offer = await desk.feed("add", address=desk.serve("one"))
    await desk.newsroom.add_feed(desk.web.url("/lamp"))
    late = await desk.server.editor.click(offer.response, label="Nothing")
    assert "is a feed already" in text(late)


async def test_what_cannot_be_added_is_told_with_the_reason(desk: Desk) -> None:
    desk.web.routes["/page"] = answer("<html>Nothing here</html>", content_type="text/html")
    for address, words in (
        ("news", "This is not a web address: write it like https://example.com/news."),
        (desk.web.url("/page"), "none is found on that site"),
        ("http://127.0.0.1/feed", "is not on the public internet"),
    ):
        refused = await desk.feed("add", address=address)
        assert words in shown(refused.followups[0].content)
    assert len(desk.server.env.errors) == 3


# list


async def test_without_feeds_the_list_tells_how_to_add_one(desk: Desk) -> None:
    listed = await desk.feed("list")
    assert listed.ephemeral
    assert re.search(r"There are no feeds yet\. Add one with </feed add:\d+>\.", text(listed))


async def test_the_list_tells_how_each_feed_stands_and_why_it_fails(desk: Desk) -> None:
    await desk.newsroom.add_feed(desk.serve("one"))
    other = desk.serve("two", path="/other", title="Northreach **Herald**")
    await desk.newsroom.add_feed(other)
    desk.web.routes["/other"] = answer(status="403 Forbidden")
    await desk.newsroom.poll(only=other)

    listed = await desk.feed("list")
    assert "2 feeds1 of them fails🟡" in text(listed).replace("\n", "")
    assert "🟢 The Lamp" in text(listed)
    assert "🟡 Northreach **Herald**" in text(listed)
    assert "Failed once: the site refuses bots: HTTP 403" in text(listed)
    assert re.search(r"last read <t:\d+:R> · next <t:\d+:R>", text_of(listed.response))

    for _ in range(9):
        await desk.newsroom.poll(only=other)
    desk.web.routes["/other"] = answer(status="410 Gone")
    await desk.newsroom.poll(only=other)
    assert "Ended: the site says that this is gone for good: HTTP 410" in text(await desk.feed("list"))


async def test_a_long_list_has_pages_that_turn_in_place(desk: Desk) -> None:
    links = [FeedLink(f"https://example.com/{number}", f"Feed {number}") for number in range(8)]
    await desk.newsroom.import_feeds(links)
    listed = await desk.feed("list")
    assert "8 feeds1 to 6" in text(listed).replace("\n", "")
    assert "Feed 5" in text(listed)
    assert "Feed 6" not in text(listed)

    await desk.server.editor.click(listed.response, label="More")
    assert "7 to 8" in text(listed)
    assert "Feed 7" in text(listed)
    assert "never read · next soon" in text(listed)
    await desk.newsroom.remove_feed("https://example.com/7")
    await desk.newsroom.remove_feed("https://example.com/6")
    await desk.server.editor.click(listed.response, label="Back")
    assert "6 feeds" in text(listed)
    assert "1 to 6" not in text(listed)


async def test_of_one_feed_the_list_tells_what_could_not_be_read(desk: Desk) -> None:
    await desk.newsroom.add_feed(desk.serve("one", text="Only a summary."))
    await desk.newsroom.add_feed(desk.serve("two", path="/other", title="Herald"))
    lamp = text(await desk.feed("list", feed="The Lamp"))
    assert "1 article, 1 not in full" in lamp
    assert "News of one\nthere is nothing at this address: HTTP 404" in lamp
    herald = text(await desk.feed("list", feed="Herald"))
    assert "News of" not in herald
    assert "The Lamp" not in herald


# poll, remove


async def test_a_poll_takes_in_what_is_new_and_names_what_fails(desk: Desk) -> None:
    await desk.newsroom.add_feed(desk.serve("one"))
    desk.serve("one", "two")
    polled = await desk.feed("poll")
    assert polled.ephemeral
    assert "Read the feeds in" in text(polled)
    assert "1 added" in text(polled)
    assert "localhost" in text(polled)

    desk.web.routes["/lamp"] = answer(status="500 Oops")
    failed = await desk.feed("poll", feed="the lamp")
    assert re.search(r"1 failed.*localhost:\d+/lamp: .*HTTP 500", text(failed), re.DOTALL)


async def test_without_feeds_a_poll_says_how_to_get_one(desk: Desk) -> None:
    assert re.search(r"Add one with </feed add:\d+>\.", text(await desk.feed("poll")))


async def test_a_feed_is_chosen_by_its_title_or_address(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="bot")
    await desk.newsroom.import_feeds(
        [
            FeedLink("https://example.com/a", "The Lamp"),
            FeedLink("https://example.com/b", "The Lamp"),
            FeedLink("https://example.com/c", ""),
        ]
    )
    choices = await desk.server.editor.autocomplete(desk.server.channel, "feed remove", "feed", "lamp")
    names = [choice["name"] for choice in choices]
    assert sorted(names) == ["The Lamp · example.com/a", "The Lamp · example.com/b"]

    gone = await desk.feed("remove", feed=names[0])
    assert "The Lamp is not read any more. Its articles stay." in text(gone)
    await desk.feed("remove", feed="https://example.com/c")
    assert len(await desk.newsroom.feeds()) == 1
    editor = desk.server.editor.id
    assert f"member {editor} removed the feed https://example.com/c" in caplog.text
    missing = await desk.feed("remove", feed="The Candle")
    assert "There is no feed “The Candle”. Choose one of the list." in missing.followups[0].content
    assert len(desk.server.env.errors) == 1


# /add, /remove


async def test_a_page_is_added_and_removed_by_those_who_look_after_the_bot(desk: Desk) -> None:
    server, page = desk.server, desk.web.url("/boats")
    body = "".join(f"<p>{TEXT} Part {number}.</p>" for number in range(3))
    desk.web.routes["/boats"] = answer(
        f"<title>Boats</title><article><h1>Boats in the harbour</h1>{body}</article>",
        content_type="text/html",
    )
    added = await server.editor.slash(server.channel, "add", url=page)
    assert added.ephemeral
    assert "Boats in the harbour" in text(added)
    assert "It can be asked about now" in text(added)
    again = await server.editor.slash(server.channel, "add", url=page)
    assert "word for word" in text(again)

    choices = await server.editor.autocomplete(server.channel, "remove", "url", "harbour")
    assert [choice["name"] for choice in choices] == ["Boats in the harbour"]
    removed = await server.editor.slash(server.channel, "remove", url=choices[0]["value"])
    assert "Nothing is quoted from it any more" in text(removed)
    asked = await server.reader.slash(server.channel, "ask", question="How many boats did Saltmere count?")
    assert "There are no articles" in text(asked)

    for command in ("add", "remove"):
        refused = await server.editor.slash(server.channel, command, url=desk.web.url("/nothing"))
        assert "/nothing" in refused.followups[0].content
    assert len(server.env.errors) == 2


# who may


@pytest.mark.parametrize("command", ["feed add", "feed list", "feed remove", "feed poll", "add", "remove"])
async def test_readers_are_refused_even_where_a_server_shows_them_the_command(
    desk: Desk, command: str
) -> None:
    server, root = desk.server, command.split()[0]
    assert root not in server.reader.available_commands(server.channel)
    registered = server.env.backend.commands[None].values()
    (identity,) = [int(one["id"]) for one in registered if one["name"] == root]
    server.reader.guild.set_command_permissions(identity, {server.reader: True})

    option = {"feed add": "address", "feed remove": "feed", "add": "url", "remove": "url"}.get(command)
    options = {option: desk.serve("one")} if option else {}
    refused = await server.reader.slash(server.channel, command, **options)

    assert refused.ephemeral
    assert refused.response.content == "Only members with the permission Manage Server can do this."
    assert await desk.articles() == 0
    assert await desk.newsroom.feeds() == []
    assert isinstance(server.env.errors[0], discord.app_commands.MissingPermissions)


async def test_a_button_asks_again_who_presses_it(desk: Desk) -> None:
    offer = await desk.feed("add", address=desk.serve("one"))
    editor = desk.server.editor
    desk.server.env.backend.remove_member_role(editor.guild.id, editor.id, editor.guild.roles["Editors"].id)
    refused = await desk.server.editor.click(offer.response, label="All 1")
    assert "Only members with the permission Manage Server" in refused.response.content
    assert await desk.articles() == 0


async def test_discord_offers_the_commands_on_servers_to_those_who_may_manage_them(desk: Desk) -> None:
    commands = {one["name"]: one for one in desk.server.env.backend.commands[None].values()}
    for name in ("feed", "add", "remove"):
        command = commands[name]
        assert command["contexts"] == [0]
        assert command["integration_types"] == [0]
        assert int(command["default_member_permissions"]) == discord.Permissions(manage_guild=True).value
