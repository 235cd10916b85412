"""``newsbot feed``: the feeds, on the command line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from bot.opening import open_newsroom
from bot.shell import (
    Json,
    complain,
    examples,
    lines_of,
    print_json,
    report,
    settings_of,
    stdout,
    tell_failures,
    waiting,
    watching,
    write_out,
)
from corpus.errors import NewsbotError

if TYPE_CHECKING:
    from bot.settings import Settings
    from corpus.discovery import Discovery
    from corpus.feeds import FeedLink
    from corpus.store import Listed, Record, Subscription
    from index.newsroom import Newsroom
    from index.runs import Diff

_Take = Annotated[
    str | None,
    typer.Option(
        "--take",
        metavar="N",
        help="How many of its newest entries to take in at first: a number, all or none.",
        show_default=False,
    ),
]
_Feed = Annotated[list[str], typer.Argument(metavar="FEED", help="Its address, or its title.")]

app = typer.Typer()


@app.callback(
    invoke_without_command=True,
    epilog=examples(
        "newsbot feed add example.com       find the feed of a site, and add it",
        "newsbot feed list                  how the feeds stand",
        "newsbot feed poll                  read those that are due, for cron",
    ),
)
def feed(context: typer.Context) -> None:
    """Have news come in by itself, from RSS, Atom and JSON feeds."""
    if context.invoked_subcommand is None:
        print(context.get_help(), end="")


@app.command(
    epilog=examples(
        "newsbot feed add example.com",
        "newsbot feed add https://example.com/news.xml --take all",
    )
)
def add(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Of a feed, or of a site that has one.")],
    take: _Take = None,
    as_json: Json = False,
) -> int:
    """Add a feed.

    Without --take it asks how far back to go, where there is somebody to ask, and else takes 10 entries."""
    from bot.feedlist import feed_to_json, show_found, show_next
    from bot.terminal import diff_to_json

    wanted = _read_take(take)
    # The loop stands still while the prompt waits, so that Ctrl-C need not get a thread out of input().
    with asyncio.Runner() as runner:
        newsroom = runner.run(open_newsroom(settings_of(context)))
        try:
            with waiting("Looking for the feed"):
                found = runner.run(newsroom.find_feed(address))
            if not as_json:
                show_found(stdout(), found)
                if take is None and sys.stdin.isatty():
                    wanted = _ask_how_far_back()
            began = monotonic()
            feed, diff = runner.run(_add(newsroom, found, wanted))
            (listed,) = [one for one in runner.run(newsroom.feeds()) if one.feed.id == feed.id]
        finally:
            runner.run(newsroom.close())
    if as_json:
        print_json({"feed": feed_to_json(listed), **diff_to_json(diff)})
        return tell_failures(diff)
    status = report(diff, monotonic() - began, as_json=False)
    show_next(stdout(), [listed])
    return status


@app.command("list", epilog=examples("newsbot feed list", "newsbot feed list --problems --json"))
def list_feeds(
    context: typer.Context,
    problems: Annotated[
        bool, typer.Option("--problems", help="Show the entries that could not be read, or not in full.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the feeds: what came of each, when it was last read, and why it fails."""
    from bot.feedlist import feed_to_json, problem_to_json, show_feeds, show_problems

    feeds, troubled = asyncio.run(_list(settings_of(context), problems=problems))
    if as_json:
        found = {"feeds": [feed_to_json(one) for one in feeds]}
        print_json(found | ({"problems": [problem_to_json(one) for one in troubled]} if problems else {}))
    elif problems:
        show_problems(stdout(), feeds, troubled)
    else:
        show_feeds(stdout(), feeds)


@app.command(epilog=examples("newsbot feed remove example.com/feed", 'newsbot feed remove "The Daily Lamp"'))
def remove(context: typer.Context, feed: _Feed, as_json: Json = False) -> None:
    """Remove a feed. The articles that it brought stay."""
    from bot.terminal import one_line

    gone = asyncio.run(_remove(settings_of(context), " ".join(feed)))
    if as_json:
        print_json({"title": gone.title, "url": gone.state.url})
    else:
        print(one_line(f"removed: {gone.title} {gone.state.url}; its articles stay"))


@app.command(
    epilog=examples(
        "newsbot feed poll                 those that are due",
        "newsbot feed poll example.com/feed",
        "*/15 * * * *  newsbot --data /srv/newsbot feed poll > /dev/null    in a crontab",
    )
)
def poll(
    context: typer.Context,
    feed: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FEED",
            help="Only this one, by address or title, also if it is not due or paused.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that are not due yet.")] = False,
    as_json: Json = False,
) -> int:
    """Read the feeds that are due, and take in what is new.

    newsbot run does this by itself; this is for cron. A feed that fails is named, and tried again later."""
    from bot.feedlist import show_next

    settings, only = settings_of(context), " ".join(feed or ()) or None
    diff, feeds, seconds = asyncio.run(_poll(settings, only, every=every))
    status = report(diff, seconds, as_json=as_json)
    if not as_json:
        show_next(stdout(), feeds)
    return status


@app.command(
    "import",
    epilog=examples("newsbot feed import subscriptions.opml", "newsbot feed import - < subscriptions.opml"),
)
def import_feeds(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.opml", help="A list of feeds, in OPML; - for a pipe.")
    ],
    take: _Take = None,
    as_json: Json = False,
) -> int:
    """Add the feeds of a list, as other programs export it. The next poll reads them.

    Of each, the 10 newest entries are taken in at first, or as many as --take says."""
    from bot.feedlist import show_next
    from corpus.feeds import parse_opml

    wanted = _read_take(take)
    with lines_of(file) as stream:
        feeds = parse_opml(stream.read())
    began = monotonic()
    diff, there = asyncio.run(_import(settings_of(context), feeds, wanted))
    status = report(diff, monotonic() - began, as_json=as_json)
    if not as_json:
        show_next(stdout(), there)
    return status


@app.command(epilog=examples("newsbot feed export > feeds.opml", "newsbot feed export feeds.opml"))
def export(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Where to; else to the standard output.", show_default=False),
    ] = None,
) -> None:
    """Write the feeds as a list in OPML, which other programs can read."""
    from corpus.feeds import FeedLink, write_opml

    feeds, _ = asyncio.run(_list(settings_of(context), problems=False))
    write_out(write_opml(FeedLink(one.feed.state.url, one.feed.title) for one in feeds), file)


def _read_take(text: str | None) -> int | None:
    from bot.feedwording import TAKE, read_take

    return TAKE if text is None else read_take(text)


def _ask_how_far_back() -> int | None:
    from bot.feedwording import TAKE

    while True:
        try:
            answer = input(f"How many of them to take in now? A number, all or none [{TAKE}]: ").strip()
        except (EOFError, KeyboardInterrupt) as end:
            print()  # what is said next begins a line
            if isinstance(end, KeyboardInterrupt):
                raise
            raise NewsbotError("the feed was not added, since the question was not answered") from None
        try:
            return _read_take(answer or None)
        except NewsbotError as error:
            complain(str(error))


async def _add(newsroom: Newsroom, found: Discovery, take: int | None) -> tuple[Subscription, Diff]:
    with watching() as (update, wait):
        return await newsroom.add_feed(found, take=take, progress=update, on_wait=wait)


async def _list(settings: Settings, *, problems: bool) -> tuple[list[Listed], list[Record]]:
    async with await open_newsroom(settings) as newsroom:
        return await newsroom.feeds(), await newsroom.troubled_entries(limit=1000) if problems else []


async def _remove(settings: Settings, feed: str) -> Subscription:
    async with await open_newsroom(settings) as newsroom:
        return await newsroom.remove_feed(feed)


async def _poll(settings: Settings, only: str | None, *, every: bool) -> tuple[Diff, list[Listed], float]:
    began = monotonic()
    async with await open_newsroom(settings) as newsroom:
        with watching() as (update, wait):
            diff = await newsroom.poll(only=only, early=every, progress=update, on_wait=wait)
        return diff, await newsroom.feeds(), monotonic() - began


async def _import(
    settings: Settings, feeds: Sequence[FeedLink], take: int | None
) -> tuple[Diff, list[Listed]]:
    async with await open_newsroom(settings) as newsroom:
        return await newsroom.import_feeds(feeds, take=take), await newsroom.feeds()
