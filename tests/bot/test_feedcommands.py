"""What somebody at a shell sees of feeds: a real newsroom with the tiny model, and a server on loopback."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot import cli
from corpus.feeds import parse_opml
from corpus.workshop import Workshop
from index.newsroom import Newsroom
from tests.conftest import HashingEmbedder
from tests.corpus.server import Server, answer

Run = Callable[..., Awaitable[tuple[int, str, str]]]

TEXT = " ".join(f"The harbour of Saltmere counted {number} boats." for number in range(40))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a command with the tiny model; gives its exit status, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    for name in [*os.environ]:
        if name.startswith("NEWSBOT_"):
            monkeypatch.delenv(name)
    opened = Newsroom.open

    async def open_tiny(*arguments: Any, **options: Any) -> Newsroom:
        return await opened(*arguments, **{**options, "load": HashingEmbedder})

    async def at_once(_: Workshop, work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        return work(*arguments, **options)  # another process for each command would take long to start

    monkeypatch.setattr(Workshop, "run", at_once)
    monkeypatch.setattr(Newsroom, "open", open_tiny)
    monkeypatch.setenv("NEWSBOT_MODEL", "hashing")
    monkeypatch.setenv("NEWSBOT_ALLOWED_HOSTS", "localhost")

    async def run(*arguments: str) -> tuple[int, str, str]:
        status = await asyncio.to_thread(cli.main, arguments)  # the server goes on in this thread
        return status, *capsys.readouterr()

    return run


def item(server: Server, name: str, text: str = "") -> str:
    text = text or TEXT.replace("boats", name)
    link = f"<link>{server.url(f'/{name}')}</link>"
    return f"<item><title>News of {name}</title>{link}<description>{text}</description></item>"


def serve(server: Server, *items: str, path: str = "/feed", title: str = "The Lamp", **headers: str) -> str:
    feed = f"<rss version='2.0'><channel><title>{title}</title>{''.join(items)}</channel></rss>"
    server.routes[path] = answer(feed, content_type="text/xml", **headers)
    return server.url(path)


def titles(opml: str) -> list[str]:
    return [link.title for link in parse_opml(Path(opml).read_bytes())]


def write(file: str, content: bytes) -> None:
    Path(file).write_bytes(content)


def type_at_a_terminal(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    waiting = iter(lines)

    def read(prompt: str) -> str:
        print(prompt)
        line = next(waiting, None)
        if line is None:
            raise EOFError
        return line

    monkeypatch.setattr("builtins.input", read)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)


# add


async def test_the_address_of_a_site_finds_its_feed_and_what_was_found_is_told(run: Run) -> None:
    async with Server() as server:
        serve(server, item(server, "one"), item(server, "two"))
        links = "".join(
            f"<link rel='alternate' type='application/rss+xml' href='{path}' title='{title}'>"
            for path, title in (("/feed", "News"), ("/sport", "Sport"))
        )
        server.routes["/"] = answer(f"<html><head>{links}</head></html>", content_type="text/html")
        status, out, err = await run("feed", "add", server.url("/"))
        assert (status, err) == (0, "")
        assert out.startswith(f"The Lamp\n    {server.url('/feed')}\n    2 entries\n")
        assert f"also there: Sport {server.url('/sport')}\n" in out
        assert f"+ {server.url('/one')}\n+ {server.url('/two')}\n2 added" in out
        assert "next: The Lamp, in 1" in out
        assert "while newsbot run is running, or by newsbot feed poll\n" in out

        status, out, _ = await run("ask", "How many one did the harbour count?")
        assert "The harbour of Saltmere counted" in out


@pytest.mark.parametrize(("take", "added"), [("1", 1), ("all", 12), ("none", 0), (None, 10)])
async def test_as_many_entries_are_taken_as_one_wants(run: Run, take: str | None, added: int) -> None:
    async with Server() as server:
        feed = serve(server, *(item(server, f"n{number}") for number in range(12)))
        status, out, _ = await run("feed", "add", feed, "--json", *(["--take", take] if take else []))
        result = json.loads(out)
        assert (status, len(result["added"])) == (0, added)
        assert result["feed"]["title"] == "The Lamp"
        assert result["feed"]["entries"]["skipped"] == 12 - added


async def test_at_a_terminal_it_asks_how_far_back_until_it_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_at_a_terminal(monkeypatch, "some", "1")
    async with Server() as server:
        feed = serve(server, item(server, "one"), item(server, "two"))
        status, out, err = await run("feed", "add", feed)
    assert status == 0
    assert "A number, all or none [10]" in out
    assert "“some” is not how many entries to take" in err
    assert "1 added" in out


async def test_who_does_not_answer_adds_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    type_at_a_terminal(monkeypatch)
    async with Server() as server:
        status, _, err = await run("feed", "add", serve(server, item(server, "one")))
    assert (status, err) == (2, "newsbot: the feed was not added, since the question was not answered\n")
    assert "There are no feeds yet" in (await run("feed", "list"))[1]


async def test_what_cannot_be_added_is_one_line(run: Run) -> None:
    async with Server() as server:
        feed = serve(server, item(server, "one"), path="/lamp")
        server.routes["/page"] = answer("<html>Nothing here</html>", content_type="text/html")
        server.routes["/gone"] = answer(status="410 Gone")
        server.routes["/list"] = answer("<opml><body/></opml>", content_type="text/xml")
        await run("feed", "add", feed)
        for address, words in (
            ("news", "this is not a web address: write it like https://example.com/news"),
            ("ftp://example.com/feed", "is not a web address"),
            (server.url("/page"), "none is found on that site"),
            (server.url("/gone"), "HTTP 410"),
            (server.url("/list"), "newsbot feed import takes such a file\n"),
            ("http://127.0.0.1/feed", "is not on the public internet"),
            (f"feed:{feed}", "is a feed already"),
        ):
            status, out, err = await run("feed", "add", address)
            assert (status, out) == (2, ""), address
            assert words in err
            assert err.count("\n") == 1


async def test_sites_are_told_whom_to_write_to(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBOT_CONTACT", "news@example.com")
    async with Server() as server:
        await run("feed", "add", serve(server, item(server, "one")))
        agents = {request.headers["user-agent"] for request in server.requests}
    assert len(agents) == 1
    assert re.fullmatch(r"newsbot/\S+ \(\+news@example\.com\)", *agents)


# list, poll, remove


async def test_the_list_tells_how_each_feed_stands_and_why_it_fails(run: Run) -> None:
    async with Server() as server:
        one = serve(server, item(server, "one"), item(server, "two", "Only a summary."))
        other = serve(server, path="/other", title="Northreach \x1b[2J Herald")
        await run("feed", "add", one)
        await run("feed", "add", other)
        server.routes["/other"] = answer(status="403 Forbidden")
        status, out, err = await run("feed", "poll", other)
        assert status == 1
        assert err == f"failed: {other}: the site refuses bots: HTTP 403\n"

        status, out, _ = await run("feed", "list")
        assert f"● Northreach [2J Herald\n    {other}\n    0 articles\n    failed once: " in out
        assert "the site refuses bots: HTTP 403; last read " in out
        assert f"● The Lamp\n    {one}\n    2 articles, 1 not in full\n    last read " in out
        assert "1 of 2 feeds fail\n" in out
        assert "next poll in 1" in out

        listed = json.loads((await run("feed", "list", "--json", "--problems"))[1])
        assert [feed["title"] for feed in listed["feeds"]] == ["Northreach [2J Herald", "The Lamp"]
        assert listed["feeds"][0]["failures"] == 1
        assert listed["feeds"][1]["last_success"] < listed["feeds"][1]["next_poll"]
        assert [problem["url"] for problem in listed["problems"]] == [server.url("/two")]


async def test_entries_that_could_not_be_read_are_listed_with_reasons(run: Run) -> None:
    assert "could be read" in (await run("feed", "list", "--problems"))[1]
    async with Server() as server:
        await run("feed", "add", serve(server, "<item/>", item(server, "one", "Only a summary.")))
        out = (await run("feed", "list", "--problems"))[1]
        assert out == (
            f"The Lamp\n    News of one\n        {server.url('/one')}\n"
            "        not in full: there is nothing at this address: HTTP 404\n"
            "    An entry without a title\n        could not be read: has no text in the feed\n"
        )


async def test_a_page_that_could_not_be_added_is_listed_too(run: Run) -> None:
    async with Server() as server:
        await run("add", server.url("/gone"))
        out = (await run("feed", "list", "--problems"))[1]
        assert out == (
            f"Pages that were added by hand\n    {server.url('/gone')}\n"
            "        could not be read: there is nothing at this address: HTTP 404\n"
        )


async def test_a_poll_takes_in_what_is_new_and_tells_the_next(run: Run) -> None:
    async with Server() as server:
        feed = serve(server, item(server, "one"))
        await run("feed", "add", feed)
        serve(server, item(server, "one"), item(server, "two"))

        status, out, err = await run("feed", "poll")
        assert (status, err) == (0, "")
        assert "0 added" in out, "it is not due yet"
        assert "next: The Lamp, in 1" in out

        status, out, err = await run("feed", "poll", "--all", "--json")
        assert json.loads(out)["added"] == [server.url("/two")]

        serve(server, item(server, "three"))
        assert f"+ {server.url('/three')}" in (await run("feed", "poll", "The", "Lamp"))[1]

    assert await run("feed", "poll", "nobody") == (
        2,
        "",
        "newsbot: there is no feed nobody: newsbot feed list shows them\n",
    )


async def test_a_removed_feed_leaves_its_articles(run: Run) -> None:
    async with Server() as server:
        feed = serve(server, item(server, "one"))
        await run("feed", "add", feed)
        status, out, _ = await run("feed", "remove", "The", "Lamp")
        assert (status, out) == (0, f"removed: The Lamp {feed}; its articles stay\n")
        assert json.loads((await run("stats", "--json"))[1])["articles"] == 1
        assert (await run("feed", "remove", feed))[0] == 2


# import, export


async def test_feeds_are_exported_and_imported_again(run: Run) -> None:
    async with Server() as server:
        feeds = [
            serve(server, item(server, "one")),
            serve(server, item(server, "two"), path="/2", title="Ünsal & Söhne"),
        ]
        for feed in feeds:
            await run("feed", "add", feed)
        assert (await run("feed", "export", "feeds.opml"))[0] == 0
        assert titles("feeds.opml") == ["The Lamp", "Ünsal & Söhne"]

        status, out, err = await run("--data", "new", "feed", "import", "feeds.opml", "--take", "0")
        assert (status, err) == (0, "")
        assert "2 added" in out
        status, out, _ = await run("--data", "new", "feed", "import", "feeds.opml", "--json")
        assert json.loads(out)["unchanged"] == feeds
        assert "0 added" in (await run("--data", "new", "feed", "poll"))[1], "none of the old ones is taken"


async def test_the_list_is_printed_where_no_file_is_named(run: Run) -> None:
    status, out, _ = await run("feed", "export")
    assert status == 0
    assert out.startswith("<?xml version='1.0' encoding='utf-8'?>\n<opml")


async def test_a_list_may_come_through_a_pipe_and_what_is_wrong_in_it_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    opml = b"<opml><outline><outline xmlUrl='http://localhost/feed'/><outline xmlUrl='mailto:x'/></outline>"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(opml)))
    status, out, err = await run("feed", "import", "-")
    assert status == 1
    assert out.startswith("+ http://localhost/feed\n1 added")
    assert err.startswith("failed: mailto:x: this is not a web address")


@pytest.mark.parametrize("content", [b"", b"<opml><body/></opml>", b"no XML at all", b"\x00\xff<opml"])
async def test_a_list_without_feeds_is_one_line(run: Run, content: bytes) -> None:
    write("feeds.opml", content)
    status, out, err = await run("feed", "import", "feeds.opml")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert (await run("feed", "import", "missing.opml"))[2].startswith("newsbot: missing.opml cannot be read")


# newsbot add, newsbot remove


async def test_pages_are_added_and_removed_by_address(run: Run) -> None:
    async with Server() as server:
        body = "".join(f"<p>{TEXT} Part {number}.</p>" for number in range(3))
        page = f"<title>Boats</title><article><h1>Boats in the harbour</h1>{body}</article>"
        server.routes["/boats"] = answer(page, content_type="text/html")
        boats, gone = server.url("/boats"), server.url("/gone")

        status, out, err = await run("add", boats, gone)
        assert status == 1
        assert f"+ {boats}\n1 added" in out
        assert err == f"failed: {gone}: there is nothing at this address: HTTP 404\n"

        status, out, err = await run("remove", boats, gone)
        assert status == 1
        assert f"- {boats}\n0 added, 0 changed, 1 removed" in out
        assert err == f"failed: {gone}: there is no article with this address\n"
        answered = json.loads((await run("ask", "--json", "How many boats did the harbour count?"))[1])
        assert answered["coverage"]["articles"] == 0


async def test_the_group_explains_itself(run: Run) -> None:
    status, out, _ = await run("feed")
    assert status == 0
    assert "newsbot feed add example.com" in out
