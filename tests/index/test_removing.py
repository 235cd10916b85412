"""An article that somebody removes is gone, and comes back only when somebody wants it back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from corpus.feeds import FeedLink
from index.answer import Question
from index.newsroom import Newsroom
from tests.conftest import OpenNewsroom, write_articles
from tests.corpus.server import Server, answer

FERRY = "Twelve passengers were on board the ferry. " + "Nothing else is known of it so far. " * 30


def give(server: Server, path: str, text: str = FERRY) -> str:
    """Serves a feed of one article, and returns the feed's address."""
    link = f"<link>{server.url('/ferry?utm_source=rss')}</link>"
    item = f"<item><title>Ferry sails</title>{link}<description>{text}</description></item>"
    server.routes[path] = answer(
        f"<rss version='2.0'><channel><title>Feed {path}</title>{item}</channel></rss>",
        content_type="text/xml",
    )
    return server.url(path)


async def asked(newsroom: Newsroom) -> bool:
    """Whether the ferry's passengers are known."""
    found = await newsroom.ask(Question("How many passengers were on board the ferry?", date(2026, 11, 24)))
    return any("Twelve" in quote.sentence for quote in found.quotes)


async def test_no_feed_brings_it_back_but_adding_its_page_does(open_newsroom: OpenNewsroom) -> None:
    newsroom = await open_newsroom(allowed_hosts=["localhost"])
    async with Server() as server:
        await newsroom.import_feeds([FeedLink(give(server, "/one"), "")])
        await newsroom.poll()
        assert await asked(newsroom)

        diff = await newsroom.remove([server.url("/ferry/#:~:text=Twelve")])
        assert diff.removed == (server.url("/ferry"),)
        assert not await asked(newsroom)

        give(server, "/one", FERRY + "The captain was praised by all of them.")
        await newsroom.import_feeds([FeedLink(give(server, "/two"), "")])
        diff = await newsroom.poll(early=True)
        assert (diff.added, diff.changed, diff.failed) == ((), (), ())
        assert not await asked(newsroom)

        body = "".join(f"<p>{FERRY} The report has a part {number}.</p>" for number in range(3))
        server.routes["/ferry"] = answer(
            f"<title>Ferry sails</title><article><h1>Ferry sails</h1>{body}</article>",
            content_type="text/html",
        )
        assert (await newsroom.add([server.url("/ferry")])).added == (server.url("/ferry"),)
        assert await asked(newsroom)


async def test_a_file_brings_it_back_only_when_it_has_changed(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom()
    ferry = {"url": "https://example.com/ferry", "title": "Ferry sails", "text": FERRY}
    wire = write_articles(tmp_path / "wire.jsonl", ferry)
    await newsroom.index([wire])

    assert (await newsroom.remove(["http://www.example.com/ferry"])).removed == ("https://example.com/ferry",)
    assert (await newsroom.index([wire])).added == ()
    assert not await asked(newsroom)

    write_articles(wire, ferry, {"title": "Another"})
    assert "https://example.com/ferry" in (await newsroom.index([wire])).added
    assert await asked(newsroom)


async def test_an_address_without_article_is_told(open_newsroom: OpenNewsroom) -> None:
    newsroom = await open_newsroom()
    diff = await newsroom.remove(["https://example.com/nothing", 17])
    assert [failure.place for failure in diff.failed] == ["https://example.com/nothing", "17"]


async def test_articles_are_found_by_a_part_of_title_or_address(
    open_newsroom: OpenNewsroom, tmp_path: Path
) -> None:
    newsroom = await open_newsroom()
    wire = write_articles(
        tmp_path / "wire.jsonl",
        {"title": "100% of the ferries sail"},
        {"title": "100 of the ferries sink"},
        {"title": "A storm", "url": "https://example.com/storm_1"},
    )
    await newsroom.index([wire])

    async def suggested(text: str) -> list[str]:
        return [title for _, title, _ in await newsroom.suggest_articles(text, 25)]

    assert await suggested("FERRIES") == ["100 of the ferries sink", "100% of the ferries sail"]
    assert await suggested("100% of") == ["100% of the ferries sail"]
    assert await suggested("example.com/storm_1") == ["A storm"]
    assert await suggested("storm\\") == []
    assert len(await newsroom.suggest_articles("", 2)) == 2
