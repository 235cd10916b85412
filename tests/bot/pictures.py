"""Pictures of the bot's messages in the browser preview, over the sample articles, wide and narrow.

    python -m tests.bot.pictures             writes those of the README
    python -m tests.bot.pictures FOLDER      writes all of them

What they must show is in ``test_pictures.py``.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Locator

import bot
from bot.preview import open_preview
from bot.settings import SAMPLES
from corpus.feeds import FeedLink
from index.newsroom import Newsroom
from tests.bot.browser import command, open_browser, open_page, press
from tests.corpus.server import Server, answer

WIDTHS = (1000, 400)  # CSS pixels of the window
_HEIGHT = 2000  # so that every message is seen whole
_FOLDER = Path(bot.__file__).with_name("pictures")


@dataclass(frozen=True)
class Scene:
    """A command of a ``member``, and perhaps a ``button`` that is pressed under what it brings."""

    command: str
    options: dict[str, str] = field(default_factory=dict)
    member: str = "reader"
    button: str = ""


SCENES = {
    "answer": Scene("/ask", {"question": "Where was the stolen astrolabe found?"}),
    "story": Scene("/ask", {"question": "When will Storm Berengar reach the coast?"}),
    "nothing": Scene("/ask", {"question": "Who is the chess champion of the moon?"}),
    "context": Scene("/ask", {"question": "Where was the stolen astrolabe found?"}, button="Context"),
    "sources": Scene("/sources"),
    "settings": Scene("/settings", member="editor"),
    "error": Scene("/ask", {"question": "Who won the cup final?", "since": "the day after the flood"}),
}


def _feed(title: str) -> bytes:
    feed = f"<rss version='2.0'><channel><title>{title}</title></channel></rss>"
    return answer(feed, content_type="text/xml")


_FEEDS = {
    **{title: _feed(title) for title in ("The Orven Standard", "Radio Orvenmark")},
    "The Upper Dremme Lantern": answer(status="503 Service Unavailable"),
    "The Hask Islander": answer(status="410 Gone"),
}
_IN_THE_README = {"story": WIDTHS[0], "settings": WIDTHS[0]}


@asynccontextmanager
async def open_samples(data: Path) -> AsyncIterator[Newsroom]:
    """A newsroom that has read the sample articles, and feeds of which one fails and one has ended."""
    async with await Newsroom.open(data, articles=[SAMPLES], allowed_hosts=["localhost"]) as newsroom:
        async with Server({f"/{place}": given for place, given in enumerate(_FEEDS.values())}) as server:
            feeds = [FeedLink(server.url(f"/{place}"), title) for place, title in enumerate(_FEEDS)]
            await newsroom.import_feeds(feeds)
            await newsroom.reindex()  # which reads the feeds, too
        yield newsroom


@asynccontextmanager
async def show(
    newsroom: Newsroom, browser: Browser, scene: Scene, width: int, scale: float = 1
) -> AsyncIterator[Locator]:
    """The message of a scene, in a preview of its own."""
    async with (
        open_preview(newsroom) as preview,
        open_page(browser, preview.url, width=width, height=_HEIGHT, scale=scale) as page,
    ):
        message = await command(page, scene.command, member=scene.member, **scene.options)
        if scene.button:
            message = await press(page, message, scene.button)
        yield message


async def _write(folder: Path | None) -> None:
    wanted = (
        [(name, width, _FOLDER / f"{name}.png") for name, width in _IN_THE_README.items()]
        if folder is None
        else [(name, width, folder / f"{name}-{width}.png") for name in SCENES for width in WIDTHS]
    )
    with TemporaryDirectory() as data:
        async with open_samples(Path(data)) as newsroom, open_browser() as browser:
            for name, width, file in wanted:
                async with show(newsroom, browser, SCENES[name], width, scale=2) as message:
                    await message.screenshot(path=file)
                print(file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Takes pictures of the bot's messages.")
    parser.add_argument("folder", nargs="?", type=Path, help="where to; without it, those of the README")
    asyncio.run(_write(parser.parse_args().folder))
