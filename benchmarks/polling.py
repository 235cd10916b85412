"""What polling costs those who ask meanwhile, and how soon what came in is found.

    python benchmarks/polling.py [DATA]

50 feeds of 30 entries each, on as many hosts of loopback, are polled into the data folder DATA (a new one by
default; take a copy, since it stays changed), with the real model, as ``newsbot run`` does it. Half of the
feeds give their articles in full, the others summaries, so that 750 pages are fetched too. Meanwhile somebody
asks, once a second, for the article that was fetched last, until it is found. Printed are the delay of the
event loop (how much later than asked for a task wakes that sleeps for 5 ms), how long questions take, and the
seconds from an article's fetch until a question finds it and until all its passages have vectors. Then, on a
quiet loop, one article more comes in; and each file of NEWSBOT_SHARED/feeds (../shared/feeds by default) is
listed with its entries and what they became.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import aiohttp
import numpy as np
from aiohttp import web

from corpus.article import Kind
from corpus.errors import NewsbotError
from corpus.feeds import FeedLink
from corpus.fetching import Fetcher
from corpus.intake import Intake
from corpus.store import Entering, Store
from index.answer import Question
from index.newsroom import Newsroom

FEEDS, ENTRIES, PARAGRAPHS = 50, 30, 3
HOSTS = [f"127.0.1.{number + 1}" for number in range(FEEDS + 1)]
PORT = 8123
SHARED = Path(os.environ.get("NEWSBOT_SHARED", "../shared")) / "feeds"
TYPES = {".json": "application/feed+json", ".opml": "text/x-opml"}


@dataclass
class Watch:
    """What is seen while the feeds come in, in seconds."""

    delays: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    found: list[float] = field(default_factory=list)
    encoded: list[float] = field(default_factory=list)


async def main(data: Path) -> None:
    """Poll, and print the figures."""
    server = get_context("spawn").Process(target=serve, daemon=True)
    server.start()
    try:
        async with await Newsroom.open(data, allowed_hosts=HOSTS) as newsroom:
            await newsroom.warm_up()
            await take_in(newsroom)
            await take_in_one(newsroom)
        if SHARED.exists():
            await list_shared_feeds()
    finally:
        server.terminate()
        server.join()


async def take_in(newsroom: Newsroom) -> None:
    """All feeds at once, with somebody asking."""
    quiet, busy = Watch(), Watch()
    before = (await newsroom.stats()).passages
    for number in range(20):
        await ask(newsroom, quiet, name(number))
    await watched(quiet, asyncio.sleep(5))
    links = [FeedLink(f"http://{host}:{PORT}/feed", host) for host in HOSTS[:FEEDS]]
    await newsroom.import_feeds(links, take=None)
    asker = asyncio.create_task(keep_asking(newsroom, busy))
    began = time.perf_counter()
    diff = await watched(busy, newsroom.poll())
    took = time.perf_counter() - began
    await asyncio.sleep(5)
    asker.cancel()
    with suppress(asyncio.CancelledError):
        await asker
    passages = (await newsroom.stats()).passages
    print(
        f"{len(diff.added)} articles with {passages - before:,} passages came to {before:,} in {took:.0f} s"
    )
    print(f"{len(diff.failed)} failures\n\n{'':<46}   p50     p99     max")
    line("event-loop delay before, ms", quiet.delays, 1000)
    line("event-loop delay meanwhile, ms", busy.delays, 1000)
    line("a question before, ms", quiet.answers, 1000)
    line(f"a question meanwhile ({len(busy.answers)}), ms", busy.answers, 1000)
    line(f"from fetch until found ({len(busy.found)} articles), s", busy.found)
    line(f"from fetch until encoded ({len(busy.encoded)} articles), s", busy.encoded)


async def take_in_one(newsroom: Newsroom) -> None:
    """One article, on a quiet loop."""
    watch = Watch()
    await newsroom.import_feeds([FeedLink(f"http://{HOSTS[FEEDS]}:{PORT}/feed", "")], take=1)
    diff = await watched(watch, newsroom.poll())
    url, fetched = await last_served()
    assert len(diff.added) == 1, diff.failed
    assert HOSTS[FEEDS] in url
    print(f"\none article more: {time.time() - fetched:.1f} s from its fetch until it is encoded; event-loop")
    line("delay meanwhile, ms", watch.delays, 1000)


async def list_shared_feeds() -> None:
    """What each recorded feed holds and brings; its pages are not there, and are not asked for."""
    print(f"\n{'feed':<34} entries  articles  pages to fetch  nothing in them")
    with tempfile.TemporaryDirectory() as folder:
        store = await Store.open(Path(folder) / "newsbot.db")
        async with Intake(store, Fetcher(allowed=HOSTS)) as intake:
            for path in sorted(SHARED.iterdir()):
                try:
                    found = await intake.find(f"http://{HOSTS[0]}:{PORT}/shared/{path.name}")
                    outcomes: list[object] = []
                    feed = await intake.subscribe(found, None, outcomes.extend)
                except NewsbotError as error:
                    print(f"{path.name:<34} {error}")
                    continue
                (states,) = (one.entries for one in await store.listed_feeds() if one.feed.id == feed.id)
                counts = [states.get(state, 0) for state in (Entering.WAITING, Entering.FAILED)]
                print(f"{path.name:<34} {found.entries:7} {len(outcomes):9} {counts[0]:15} {counts[1]:16}")
        await store.close()


# -- somebody who watches and asks


async def watched(watch: Watch, work):  # type: ignore[no-untyped-def]
    """Do the work, and note how late the loop wakes meanwhile."""

    async def look() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            watch.delays.append(time.perf_counter() - began - 0.005)

    task = asyncio.create_task(look())
    try:
        return await work
    finally:
        task.cancel()


async def keep_asking(newsroom: Newsroom, watch: Watch) -> None:
    """Ask for the article that was fetched last until it is found, and then for the one that is by then."""
    waiting: list[tuple[str, float]] = []
    url, fetched = "", 0.0
    while True:
        await asyncio.sleep(1)
        if not fetched:
            url, fetched = await last_served()
        if fetched and await ask(newsroom, watch, url.rpartition("/")[2], url):
            watch.found.append(time.time() - fetched)
            waiting.append((url, fetched))
            fetched = 0.0
        await note_encoded(newsroom, waiting, watch)


async def note_encoded(newsroom: Newsroom, waiting: list[tuple[str, float]], watch: Watch) -> None:
    """Note how long it took until articles had all their vectors."""
    vectors = newsroom._indexes._live.vectors
    for one in list(waiting):
        url, fetched = one
        article = await newsroom._store.find_article(url)
        if article is None or vectors is None:
            continue
        paragraphs = await newsroom._store.article_paragraphs(article)
        passages = [identity for identity, one in paragraphs if one.kind is not Kind.HEADING]
        if vectors.holds(np.array(passages)).all():
            watch.encoded.append(time.time() - fetched)
            waiting.remove(one)


async def ask(newsroom: Newsroom, watch: Watch, named: str, url: str = "") -> bool:
    """Ask about somebody; whether the article with this address is quoted."""
    began = time.perf_counter()
    answer = await newsroom.ask(Question(f"Who named {named}?", date(2026, 11, 24)))
    watch.answers.append(time.perf_counter() - began)
    return any(quote.url == url for quote in answer.quotes)


async def last_served() -> tuple[str, float]:
    """The article that the server gave last, and when."""
    async with aiohttp.ClientSession() as session, session.get(f"http://{HOSTS[0]}:{PORT}/last") as response:
        url, moment = (await response.text()).split()
        return url, float(moment)


def line(what: str, values: list[float], times: float = 1) -> None:
    """A line of the table."""
    figures = times * np.quantile(values or [float("nan")], [0.5, 0.99, 1])
    print(f"{what:<46} {figures[0]:6.1f}  {figures[1]:6.1f}  {figures[2]:6.1f}")


# -- feeds and pages, made up


def serve() -> None:
    """The server: the feeds, their pages, the recorded feeds, and what was given last."""
    last = [f"http://{HOSTS[0]}:{PORT}/none", 0.0]

    def note(url: str) -> None:
        last[:] = url, time.time()

    async def feed(request: web.Request) -> web.Response:
        host = request.host.partition(":")[0]
        number = HOSTS.index(host)
        whole = number % 2 == 0
        items = []
        for place in range(ENTRIES):
            who = name(number * ENTRIES + place)
            url = f"http://{request.host}/{who}"
            told = "".join(f"<p>{text}</p>" for text in article(who)[: None if whole else 1])
            items.append(f"<item><title>{who} in the news</title><link>{url}</link><guid>{who}</guid>")
            items.append(f"<description><![CDATA[{told}]]></description></item>")
            if whole:
                note(url)
        text = f"<rss version='2.0'><channel><title>Gazette {number}</title>{''.join(items)}</channel></rss>"
        return web.Response(text=text, content_type="application/rss+xml")

    async def page(request: web.Request) -> web.Response:
        who = request.path[1:]
        note(f"http://{request.host}/{who}")
        told = "".join(f"<p>{text}</p>" for text in article(who))
        links = "".join(
            f"<li><a href='/{number}'>More of this, part {number}</a></li>" for number in range(200)
        )
        return web.Response(
            text=f"<html><head><title>{who} in the news</title></head><body><nav><ul>{links}</ul></nav>"
            f"<article><h1>{who} in the news</h1>{told}</article></body></html>",
            content_type="text/html",
        )

    async def shared(request: web.Request) -> web.Response:
        path = SHARED / request.match_info["name"]
        kind = TYPES.get(path.suffix, "application/xml")
        return web.Response(body=path.read_bytes(), content_type=kind)

    async def given(request: web.Request) -> web.Response:
        return web.Response(text=f"{last[0]} {last[1]}")

    app = web.Application()
    routes = {"/feed": feed, "/last": given, "/shared/{name}": shared, "/{who}": page}
    app.add_routes([web.get(path, handler) for path, handler in routes.items()])

    async def run() -> None:
        runner = web.AppRunner(app)
        await runner.setup()
        for host in HOSTS:
            await web.TCPSite(runner, host, PORT).start()
        await asyncio.Event().wait()

    with suppress(KeyboardInterrupt):
        asyncio.run(run())


def name(number: int) -> str:
    """A name that nobody has: syllables that count."""
    syllables = [first + vowel for first in "bdfgklmnprstvz" for vowel in "aeiou"]
    digits = [number // 70**place % 70 for place in range(2)]
    return "".join(syllables[digit] for digit in [*digits, (7 * number + 3) % 70]).title()


def article(who: str) -> list[str]:
    """The paragraphs of an article about somebody, some sixty words each; always the same."""
    chance = random.Random(who)
    whose = (
        "harbour",
        "school",
        "water",
        "forest",
        "railway",
        "library",
        "market",
        "health",
        "road",
        "energy",
    )
    did = (
        "opened",
        "closed",
        "sold",
        "repaired",
        "measured",
        "praised",
        "painted",
        "moved",
        "lent",
        "counted",
    )
    what = ("bridge", "archive", "ferry", "orchard", "tunnel", "chapel", "pump", "garden", "tower", "theatre")
    when = ("on Monday", "last week", "in spring", "at noon", "before dawn", "after the vote", "in October")

    def sentence() -> str:
        return (
            f"The {chance.choice(whose)} office {chance.choice(did)} the {chance.choice(what)} of district"
            f" {chance.randrange(900)} {chance.choice(when)}, and the {chance.choice(whose)} board"
            f" {chance.choice(did)} {chance.randrange(2, 90)} others {chance.choice(when)}."
        )

    texts = [" ".join(sentence() for _ in range(3)) for _ in range(PARAGRAPHS)]
    texts[0] = f"{who} was named by the {chance.choice(whose)} office {chance.choice(when)}. {texts[0]}"
    return texts


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else made)))
